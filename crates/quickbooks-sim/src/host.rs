//! Several companies behind one app: one OAuth, one clock, webhooks, and a way to control it all.
//!
//! A host is as pure as a company: configuration, past requests and the given instants decide every
//! answer. Every change, also one by the control API, is an HTTP request in the log.

mod clock;
mod control;
mod seen;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::config::{CompanyPrefs, Config};
use crate::exchange::{self, Answer, Incoming};
use crate::faults::{Carried, FaultKind};
use crate::gateway;
use crate::meter::Meter;
use crate::network::{self, FarEnd, UnderWay};
use crate::oauth::OAuth;
use crate::oauth::endpoints::{self, Company};
use crate::persistence::Record;
use crate::silent::{self, Lost};
use crate::simulator::{LogSink, Simulator};
use crate::snapshot;
use crate::state::State;
use crate::webhooks::{Delivery, WebhookRules, Webhooks};
use crate::windows::Window;
use clock::HostClock;
use seen::{Seen, SeenRing};

/// The path under which everything is controlled.
pub const CONTROL: &str = "/_sim";
const WELCOME: &str = "<!doctype html><title>QuickBooks, simulated</title><p>Simulated QuickBooks \
                       Online companies. Clients begin at <a href=\"/.well-known/openid_sandbox_configuration\">\
                       /.well-known/openid_sandbox_configuration</a>; \
                       <a href=\"/_sim\">/_sim</a> controls everything.";
/// How many CorePlus calls of a month may be forgotten by a crash: so often they are logged.
const METERED: u64 = 1_000;

/// What a host is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostConfig {
    /// The app, limits, faults and lifetimes; `realm_id` and `prefs` are those of the first company.
    pub base: Config,
    /// More companies: realm and preferences.
    pub others: Vec<(String, CompanyPrefs)>,
    /// Where changes are told; can be changed later.
    pub webhooks: Option<WebhookRules>,
    /// How many of the latest requests are remembered for `/_sim/requests`.
    pub seen_max: usize,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self { base: Config::default(), others: Vec::new(), webhooks: None, seen_max: 1_000 }
    }
}

/// A record of a log that another version wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Where it begins, bytes.
    pub at: usize,
    /// Its name.
    pub event: String,
}

/// Companies, the app that is connected to them, and what is around them. No socket, no clock, no
/// thread: a request and an instant go in, an answer comes out.
pub struct Host {
    start: HostConfig,
    /// What all companies share; its realm and preferences are the first company's.
    base: Config,
    oauth: OAuth,
    companies: BTreeMap<String, Simulator>,
    webhooks: Webhooks,
    clock: HostClock,
    snapshots: BTreeMap<String, Vec<u8>>,
    changes: u64,
    meter: Meter,
    calls: u64,
    faults_drawn: BTreeMap<FaultKind, u64>,
    seen: SeenRing,
    /// Requests of the app, all companies together.
    window: Window,
    /// A logged request was let through once; no limit holds it up again.
    replaying: bool,
    under_way: UnderWay,
    log: Option<LogSink>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("companies", &self.companies.keys())
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// Fresh companies.
    pub fn new(config: HostConfig) -> Self {
        let base = config.base.clone();
        let mut host = Self {
            oauth: OAuth::new(base.seed),
            companies: BTreeMap::new(),
            webhooks: Webhooks::new(base.seed, config.webhooks.clone()),
            clock: HostClock::default(),
            snapshots: BTreeMap::new(),
            changes: 0,
            meter: Meter::default(),
            calls: 0,
            faults_drawn: BTreeMap::new(),
            seen: SeenRing::new(config.seen_max),
            window: Window::minute(),
            replaying: false,
            under_way: UnderWay::default(),
            log: None,
            base,
            start: config,
        };
        host.found();
        host
    }

    /// Puts the companies of the configuration in.
    fn found(&mut self) {
        let first = (self.start.base.realm_id.clone(), self.start.base.prefs.clone());
        for (realm, prefs) in std::iter::once(first).chain(self.start.others.clone()) {
            self.add(realm, prefs, self.base.seed_data);
        }
    }

    fn add(&mut self, realm_id: String, prefs: CompanyPrefs, seed_data: bool) {
        let config = Config { realm_id: realm_id.clone(), prefs, seed_data, ..self.base.clone() };
        self.companies.insert(realm_id, Simulator::new(config));
    }

    /// Gives every change to `sink` from now on, before it is answered.
    pub fn set_log(&mut self, sink: LogSink) {
        self.log = Some(sink);
    }

    /// Rebuilds a host from its configuration and log, see [`Self::catch_up`].
    ///
    /// # Errors
    /// As [`Self::catch_up`].
    pub fn replay(config: HostConfig, log: &[u8]) -> Result<(Self, usize), NotUnderstood> {
        let mut host = Self::new(config);
        let good = host.catch_up(log)?;
        Ok((host, good))
    }

    /// Repeats a log, or the part of it that came after a snapshot. How many bytes of it were whole
    /// records; what follows is cut or damaged. Request windows, the list of requests seen and all of
    /// the meter but the month's calls start anew.
    ///
    /// # Errors
    /// A whole record that this program cannot repeat: it must not be cut off.
    pub fn catch_up(&mut self, log: &[u8]) -> Result<usize, NotUnderstood> {
        self.replaying = true;
        let mut good = 0;
        while let Some((record, length)) = log.get(good..).and_then(Record::decode) {
            if !self.repeat(&record) {
                return Err(NotUnderstood { at: good, event: record.method });
            }
            good += length;
        }
        self.replaying = false;
        let (month, used) = (self.meter.month, self.meter.core_plus_this_month);
        self.meter = Meter { month, core_plus_this_month: used, ..Meter::default() };
        for company in self.companies.values_mut() {
            company.forget_calls();
        }
        self.seen.clear();
        Ok(good)
    }

    /// Changes what all companies share.
    fn reconfigure(&mut self, change: impl Fn(&mut Config)) {
        change(&mut self.base);
        for company in self.companies.values_mut() {
            change(&mut company.config);
        }
    }

    fn repeat(&mut self, record: &Record) -> bool {
        let number = || std::str::from_utf8(&record.body).ok().and_then(|b| b.parse::<u64>().ok());
        match record.method.as_str() {
            "WEBHOOK-ANSWERED" => {
                let status = number().and_then(|n| u16::try_from(n).ok()).filter(|s| *s != 0);
                let Ok(id) = record.uri.parse() else { return false };
                self.answered(id, status, record.now_us);
                true
            }
            "METER" => {
                let Some(used) = number() else { return false };
                self.meter.turn(self.clock.at(record.now_us));
                self.meter.core_plus_this_month = used;
                true
            }
            _ => match record.request() {
                Some(request) => {
                    self.handle(&request, record.now_us);
                    true
                }
                None => false,
            },
        }
    }

    fn changed(&mut self, record: impl FnOnce() -> Record) {
        self.changes += 1;
        if let Some(log) = &mut self.log {
            log(&record().encode());
        }
    }

    /// What is answered at `now_us` (microseconds UTC): authentication, limits and rules, but no
    /// fault of the network.
    pub fn handle(&mut self, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
        network::arrive(self, now_us);
        let response = self.answer(req, now_us);
        self.see(req, Some(response.status()), None);
        response
    }

    /// The same request seen through the network: a fault may be drawn from the seed and the number of
    /// the call. The control API has a good line.
    pub fn call(&mut self, req: &Request<Bytes>, now_us: i64) -> Carried {
        if req.uri().path().starts_with(CONTROL) {
            return Carried::Reply { after_us: 0, response: self.handle(req, now_us) };
        }
        self.calls += 1;
        let number = self.calls;
        let fault = self.base.faults.draw(self.base.seed, number);
        if let Some(kind) = fault {
            *self.faults_drawn.entry(kind).or_default() += 1;
        }
        let carried = network::carry(self, (number, fault), req, now_us);
        let status = match &carried {
            Carried::Reply { response, .. } => Some(response.status()),
            Carried::Cut { status, .. } => Some(*status),
            Carried::NotSent | Carried::Lost | Carried::Broken { .. } => None,
        };
        self.see(req, status, fault);
        carried
    }

    fn see(&mut self, req: &Request<Bytes>, status: Option<StatusCode>, fault: Option<FaultKind>) {
        if req.uri().path().starts_with(CONTROL) {
            return;
        }
        let at_us = self.clock.last_us();
        self.seen.push(|number| Seen::of(number, req, status, fault, at_us));
    }

    fn answer(&mut self, req: &Request<Bytes>, real_us: i64) -> Response<Bytes> {
        let now_us = self.clock.at(real_us);
        let converted = exchange::converted(req);
        let mut incoming = Incoming::new(req, converted.as_ref(), now_us);
        incoming.arrived_us = real_us;
        incoming.replayed = self.replaying;
        let tid = exchange::tracing_id(self.base.seed, self.changes, &incoming);
        let answer = self.route(&incoming).formatted(&incoming);
        if answer.changed {
            self.changed(|| Record::of_request(req, real_us));
        }
        answer.into_response(&tid)
    }

    fn route(&mut self, req: &Incoming<'_>) -> Answer {
        if let Some(answer) = control::route(self, req) {
            return answer;
        }
        if req.path == "/" {
            return Answer::html(StatusCode::OK, WELCOME.to_owned());
        }
        let names: Vec<_> = self
            .companies
            .iter()
            .filter(|_| req.path == "/connect/oauth2")
            .map(|(realm, c)| Company { realm, name: &c.state.books.prefs.company_name })
            .collect();
        if let Some(answer) = endpoints::route(&mut self.oauth, &self.base, &names, req) {
            return answer;
        }
        if let Err(answer) = gateway::authenticate(&self.oauth, req) {
            return *answer;
        }
        let realm = gateway::company_path(req.path).map_or("", |(realm, _)| realm);
        let Some(company) = self.companies.get_mut(realm) else {
            return Answer::forbidden(req.now_us);
        };
        let limits = &self.base.limits;
        if self.window.full(req.arrived_us, limits.requests_per_minute_app)
            && !limits.lifted
            && !req.replayed
        {
            company.refuse();
            return Answer::throttled(req.now_us);
        }
        self.window.hit(req.arrived_us);
        // The month's calls are counted for the app, not for a company.
        let (month, used) = (self.meter.month, self.meter.core_plus_this_month);
        company.use_month(month, used);
        let answer = company.serve(req);
        let meter = company.meter();
        for change in company.last_changes() {
            self.webhooks.note(realm, &change, req.now_us);
        }
        self.meter.month = meter.month;
        self.meter.core_plus_this_month = meter.core_plus_this_month;
        let now_used = meter.core_plus_this_month;
        if used / METERED != now_used / METERED && self.log.is_some() {
            let text = now_used.to_string();
            self.changed(|| Record::of_event("METER", "", text, req.arrived_us));
        }
        answer
    }

    /// Notifications to send now. Each must be followed by [`Self::answered`].
    pub fn due(&mut self, now_us: i64) -> Vec<Delivery> {
        network::arrive(self, now_us);
        let now_us = self.clock.at(now_us);
        self.webhooks.due(now_us)
    }

    /// What came of a notification: the status, none when nobody answered in time.
    pub fn answered(&mut self, id: u64, status: Option<u16>, now_us: i64) {
        let at_us = self.clock.at(now_us);
        if self.webhooks.answered(id, status, at_us) {
            let text = status.unwrap_or(0).to_string();
            self.changed(|| Record::of_event("WEBHOOK-ANSWERED", &id.to_string(), text, now_us));
        }
    }

    /// Everything as bytes, for [`Self::resume`]. Only the program that wrote them can read them; a
    /// log outlives versions.
    ///
    /// # Errors
    /// When the state cannot be written down, which would be a fault of this crate.
    pub fn save(&self) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        self.save_to(&mut out)?;
        Ok(out)
    }

    /// Writes [`Self::save`] piece by piece, in many small parts.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn save_to(&self, to: &mut impl std::io::Write) -> std::io::Result<()> {
        let quota = (self.meter.month, self.meter.core_plus_this_month);
        let rest = (&self.webhooks, &self.clock, self.changes, quota, &self.snapshots);
        snapshot::write_to(&(self.books(), rest), to)
    }

    /// The host of [`Self::save`] again; `config` says what a reset goes back to. None when the bytes
    /// are cut, damaged or of another program.
    pub fn resume(config: HostConfig, bytes: &[u8]) -> Option<Self> {
        type Rest = (Webhooks, HostClock, u64, (i64, u64), BTreeMap<String, Vec<u8>>);
        let (books, rest) = snapshot::read::<(KeptBooks, Rest)>(bytes)?;
        let mut host = Self::new(config);
        host.set_books(books);
        let (month, used);
        (host.webhooks, host.clock, host.changes, (month, used), host.snapshots) = rest;
        host.meter = Meter { month, core_plus_this_month: used, ..Meter::default() };
        Some(host)
    }

    /// What a named snapshot brings back: settings, tokens, companies.
    fn books(&self) -> Books<'_> {
        let companies = self.companies.values().map(|c| (&c.config, &c.state));
        (&self.base, &self.oauth, companies.collect())
    }

    fn set_books(&mut self, (base, oauth, companies): KeptBooks) {
        self.base = base;
        self.oauth = oauth;
        self.under_way = UnderWay::default();
        self.companies = companies
            .into_iter()
            .map(|(config, state)| {
                // The host's clock sees to it that time does not run backwards.
                (config.realm_id.clone(), Simulator::of_parts(config, i64::MIN, state))
            })
            .collect();
    }

    /// The companies by realm.
    pub fn companies(&self) -> &BTreeMap<String, Simulator> {
        &self.companies
    }

    /// The realm and preferences first named, and what all companies share.
    pub fn config(&self) -> &Config {
        &self.base
    }
}

type Books<'h> = (&'h Config, &'h OAuth, Vec<(&'h Config, &'h State)>);
type KeptBooks = (Config, OAuth, Vec<(Config, State)>);

impl FarEnd for Host {
    fn config(&self) -> &Config {
        &self.base
    }

    fn changes(&self) -> u64 {
        self.changes
    }

    fn answer(&mut self, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
        Self::answer(self, req, now_us)
    }

    fn under_way(&mut self) -> &mut UnderWay {
        &mut self.under_way
    }

    fn lost(&self, req: &Incoming<'_>) -> Option<Lost> {
        gateway::authenticate(&self.oauth, req).ok()?;
        let company = self.companies.get(gateway::company_path(req.path)?.0)?;
        silent::lost(&company.state, &company.config, req)
    }
}
