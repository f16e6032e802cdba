//! The simulator: state, configuration, and the two ways of calling it.

use bytes::Bytes;
use http::{Request, Response};
use std::collections::BTreeMap;

use crate::books::Books;
use crate::changes::Change;
use crate::config::{CompanyPrefs, Config, Limits};
use crate::exchange::{self, Answer, Incoming};
use crate::faults::{Carried, FaultKind, Faults};
use crate::gateway;
use crate::meter::Meter;
use crate::network::{self, UnderWay};
use crate::oauth::{ALL_SCOPES, Grant};
use crate::persistence::Record;
use crate::person::{self, PersonEdit};
use crate::snapshot;
use crate::state::State;
use crate::windows::Windows;

/// Receives the log, one record per call.
pub type LogSink = Box<dyn FnMut(&[u8]) + Send>;

/// A simulated QuickBooks Online company and the gateway in front of it. No socket, no clock, no
/// thread: a request and an instant go in, an answer comes out.
pub struct Simulator {
    pub(crate) config: Config,
    pub(crate) state: State,
    windows: Windows,
    meter: Meter,
    pub(crate) calls: u64,
    pub(crate) faults_drawn: BTreeMap<FaultKind, u64>,
    last_us: i64,
    pub(crate) under_way: UnderWay,
    log: Option<LogSink>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("realm_id", &self.config.realm_id)
            .field("calls", &self.calls)
            .field("changes", &self.state.changes)
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// A fresh company.
    pub fn new(config: Config) -> Self {
        Self {
            state: State::new(&config),
            config,
            windows: Windows::default(),
            meter: Meter::default(),
            calls: 0,
            faults_drawn: BTreeMap::new(),
            last_us: i64::MIN,
            under_way: UnderWay::default(),
            log: None,
        }
    }

    /// A fresh company whose every change is given to `sink` before it is answered.
    pub fn with_log(config: Config, sink: LogSink) -> Self {
        let mut simulator = Self::new(config);
        simulator.log = Some(sink);
        simulator
    }

    /// Continues logging, after [`Self::replay`].
    pub fn set_log(&mut self, sink: LogSink) {
        self.log = Some(sink);
    }

    /// Rebuilds a company from its configuration and log. The second value is how many bytes of the
    /// log were good; what follows is a torn tail and should be cut off. Books, tokens and kept
    /// answers are as before; request windows and meter start anew.
    pub fn replay(config: Config, log: &[u8]) -> (Self, usize) {
        let limits = config.limits;
        let mut simulator = Self::new(config);
        simulator.config.limits.lifted = true;
        let mut good = 0;
        while let Some((record, length)) = Record::decode(&log[good..]) {
            if !simulator.repeat(&record) {
                break;
            }
            good += length;
        }
        simulator.config.limits = limits;
        simulator.windows = Windows::default();
        simulator.meter = Meter::default();
        (simulator, good)
    }

    /// Books, tokens and kept answers as bytes, for [`Self::resume`]. Only the program that wrote them
    /// can read them; a log outlives versions.
    ///
    /// # Errors
    /// When the state cannot be written down, which would be a fault of this crate.
    pub fn save(&self) -> Result<Vec<u8>, String> {
        snapshot::write(&(&self.config.realm_id, self.last_us, &self.state))
            .ok_or_else(|| "the state cannot be written as a snapshot".to_owned())
    }

    /// The company of [`Self::save`] again, request windows and meter new. None when the bytes are
    /// cut, damaged, of another program or of another realm.
    pub fn resume(config: Config, snapshot: &[u8]) -> Option<Self> {
        let (realm, last_us, state) = snapshot::read::<(String, i64, State)>(snapshot)?;
        if realm != config.realm_id {
            return None;
        }
        Some(Self::of_parts(config, last_us, state))
    }

    /// Repeats one logged event. False: it cannot be understood.
    fn repeat(&mut self, record: &Record) -> bool {
        let now_us = record.now_us;
        let body = String::from_utf8_lossy(&record.body).into_owned();
        if let Some(edit) = PersonEdit::parse(&record.method, &body) {
            return record
                .uri
                .parse()
                .is_ok_and(|id| self.edit_by_person(id, &edit, now_us).is_ok());
        }
        match record.method.as_str() {
            "ISSUE-TOKENS" => {
                self.issue_tokens(now_us);
                true
            }
            "DISCONNECT" => {
                self.disconnect(now_us);
                true
            }
            "EXPIRE-TOKENS" => {
                self.expire_tokens(now_us);
                true
            }
            "SET-PREFS" => match serde_json::from_str(&body) {
                Ok(prefs) => {
                    self.set_prefs(prefs, now_us);
                    true
                }
                Err(_) => false,
            },
            _ => match record.request() {
                Some(request) => {
                    self.handle(&request, now_us);
                    true
                }
                None => false,
            },
        }
    }

    /// Time never runs backwards inside the company: what was held up on its way until now comes first,
    /// whoever acts.
    fn tick(&mut self, now_us: i64) -> i64 {
        self.arrive(now_us);
        self.last_us = self.last_us.max(now_us);
        self.last_us
    }

    fn changed(&mut self, record: impl FnOnce() -> Record) {
        self.state.changes += 1;
        if let Some(log) = &mut self.log {
            log(&record().encode());
        }
    }

    /// What the company answers at `now_us` (microseconds UTC): authentication, limits and rules, but
    /// no fault of the network.
    pub fn handle(&mut self, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
        let now_us = self.tick(now_us);
        self.state.books.told.clear();
        let converted = exchange::converted(req);
        let incoming = Incoming::new(req, converted.as_ref(), now_us);
        let tid = exchange::tracing_id(self.config.seed, self.state.changes, &incoming);
        let mut answer = gateway::answer(
            &mut self.state,
            &self.config,
            &mut self.windows,
            &mut self.meter,
            &incoming,
        );
        answer = answer.formatted(&incoming);
        if answer.changed {
            self.changed(|| Record::of_request(req, now_us));
        }
        answer.into_response(&tid)
    }

    /// Answers a request that a host let in and logs itself.
    pub(crate) fn serve(&mut self, req: &Incoming<'_>) -> Answer {
        self.tick(req.now_us);
        self.state.books.told.clear();
        let Self { state, config, windows, meter, .. } = self;
        let answer = gateway::within(state, config, windows, meter, req);
        self.state.changes += u64::from(answer.changed);
        answer
    }

    /// Counts a request that the host refused because of the app's limit.
    pub(crate) fn refuse(&mut self) {
        self.meter.requests += 1;
        self.meter.violations += 1;
        self.meter.throttled += 1;
    }

    /// A company from what a snapshot holds of it; windows and meter are new.
    pub(crate) fn of_parts(config: Config, last_us: i64, state: State) -> Self {
        Self { state, last_us, ..Self::new(config) }
    }

    /// Windows and meter as new.
    pub(crate) fn forget_calls(&mut self) {
        self.windows = Windows::default();
        self.meter = Meter::default();
    }

    /// The month's CorePlus calls are those of the app.
    pub(crate) fn use_month(&mut self, month: i64, used: u64) {
        (self.meter.month, self.meter.core_plus_this_month) = (month, used);
    }

    /// What the last call changed, a person's edit included: what webhooks would tell.
    pub fn last_changes(&self) -> impl Iterator<Item = Change> {
        self.state.books.told.list()
    }

    /// The same request seen through the network: a fault may be drawn from the seed and the number of
    /// the call. See [`Faults`].
    pub fn call(&mut self, req: &Request<Bytes>, now_us: i64) -> Carried {
        self.calls += 1;
        let number = self.calls;
        let fault = self.config.faults.draw(self.config.seed, number);
        if let Some(kind) = fault {
            *self.faults_drawn.entry(kind).or_default() += 1;
        }
        network::carry(self, (number, fault), req, now_us)
    }

    /// The same with faults and travel times by the caller's draws instead of the seed: `draw(n)` gives
    /// a number below n. Zeros leave a call alone.
    pub fn call_drawn(
        &mut self,
        req: &Request<Bytes>,
        now_us: i64,
        draw: &mut dyn FnMut(u64) -> u64,
    ) -> Carried {
        self.calls += 1;
        let number = self.calls;
        let fault = self.config.faults.drawn(number, draw);
        if let Some(kind) = fault {
            *self.faults_drawn.entry(kind).or_default() += 1;
        }
        let span = u64::try_from(self.config.faults.jitter_us).unwrap_or(0);
        let jitter = if span == 0 { 0 } else { i64::try_from(draw(span + 1)).unwrap_or(0) };
        let after_us = self.config.faults.base_us + jitter;
        network::carry_for(self, (number, fault), after_us, req, now_us)
    }

    /// Handles what was held up on its way and is due: before whatever is done, and whenever somebody
    /// looks.
    pub fn arrive(&mut self, now_us: i64) {
        network::arrive(self, now_us);
    }

    /// Replaces rates and schedule; calls keep their numbers.
    pub fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    /// Faults that calls met since the simulator was made, by kind.
    pub fn faults_drawn(&self) -> &BTreeMap<FaultKind, u64> {
        &self.faults_drawn
    }

    /// Replaces the limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.config.limits = limits;
    }

    /// Changes the company's preferences, as a person would on the settings page. Region and home
    /// currency stay as they are, and several currencies once on stay on.
    pub fn set_prefs(&mut self, prefs: CompanyPrefs, now_us: i64) {
        let now_us = self.tick(now_us);
        let text = serde_json::to_string(&prefs).unwrap_or_default();
        self.state.books.told.clear();
        if !self.state.books.set_prefs(prefs, now_us) {
            return;
        }
        self.changed(|| Record::of_event("SET-PREFS", "", text, now_us));
    }

    /// The company's preferences now.
    pub fn prefs(&self) -> &CompanyPrefs {
        &self.state.books.prefs
    }

    /// The configuration; preferences may have been changed since, see [`Self::prefs`].
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Goes through the consent page: a new connection, access token and refresh token.
    pub fn issue_tokens(&mut self, now_us: i64) -> (String, String) {
        let now_us = self.tick(now_us);
        let grant = Grant { realm: self.config.realm_id.clone(), scopes: ALL_SCOPES.to_owned() };
        let issued = self.state.oauth.connect(grant, &self.config, now_us);
        self.changed(|| Record::of_event("ISSUE-TOKENS", "", String::new(), now_us));
        (issued.access, issued.refresh)
    }

    /// Ends the connection from the company's side, as a person does on the apps page.
    pub fn disconnect(&mut self, now_us: i64) {
        let now_us = self.tick(now_us);
        self.state.oauth.disconnect(&self.config.realm_id);
        self.changed(|| Record::of_event("DISCONNECT", "", String::new(), now_us));
    }

    /// Lets every access token end now; refresh tokens live on. How many there were.
    pub fn expire_tokens(&mut self, now_us: i64) -> usize {
        let now_us = self.tick(now_us);
        let expired = self.state.oauth.expire(None, &self.config.realm_id, now_us);
        if expired > 0 {
            self.changed(|| Record::of_event("EXPIRE-TOKENS", "", String::new(), now_us));
        }
        expired
    }

    /// Whether an app is connected to the company.
    pub fn is_connected(&self) -> bool {
        self.state.oauth.connected().contains(self.config.realm_id.as_str())
    }

    /// A person changes, voids or deletes a transaction in the product, or merges a customer or vendor
    /// into another; `id` is the transaction's, or that of the name.
    ///
    /// # Errors
    /// The fault the product would show, as JSON, when the edit is not possible.
    pub fn edit_by_person(
        &mut self,
        id: u32,
        edit: &PersonEdit,
        now_us: i64,
    ) -> Result<(), String> {
        let now_us = self.tick(now_us);
        let limits = self.config.limits;
        self.state.books.told.clear();
        let changed = person::edit(&mut self.state, &limits, id, edit, now_us)
            .map_err(|fault| fault.envelope(now_us))?;
        if changed {
            let detail = edit.detail();
            self.changed(|| Record::of_event(edit.name(), &id.to_string(), detail, now_us));
        }
        Ok(())
    }

    /// What the calls so far would have cost.
    pub fn meter(&self) -> Meter {
        let (second, minute, batches) = self.windows.maxima();
        Meter {
            max_per_second: second,
            max_per_minute: minute,
            max_batches_per_minute: batches,
            ..self.meter
        }
    }

    pub(crate) fn books(&self) -> &Books {
        &self.state.books
    }
}
