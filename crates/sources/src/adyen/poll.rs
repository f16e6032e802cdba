//! Adyen's settlement details reports, by the numbers of their batches (sources-and-cases.md A6).
//! Adyen lists no reports, and numbers them without a gap: each is asked for by name, and a number
//! that is passed over is missing.

use super::report::is_report;
use crate::kit::poll::{address, basic, check, credential, escape, get, is_id, polled_bytes};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use kernel::ReasonCode;
use ports::{Finding, PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Read on from the last number, whatever the time.
const SETTLEMENTS: Stream =
    Stream { name: "settlements", window_s: 100 * 366 * 86_400, late_s: 0, memory_s: 0 };
/// Numbers that are asked for beyond one that is not there.
const AHEAD: u64 = 3;

/// How the reports of one merchant account are reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://ca-live.adyen.com`, without a slash at the end.
    pub address: String,
    /// The report user, `report@Company.Acme`; without it the secret is an API key.
    pub user: Option<Secret>,
    /// Its password, or an API key that may read reports.
    pub secret: Secret,
    /// The merchant account: `AcmeECOM`.
    pub merchant_account: String,
    /// Number of the first settlement batch that is read.
    pub first_batch: u64,
}

/// Reads the reports of one merchant account.
#[derive(Debug, Clone)]
pub struct AdyenPoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    /// Where the reports of the account are.
    folder: String,
    merchant_account: String,
    header: &'static str,
    login: HeaderValue,
    first_batch: u64,
}

impl AdyenPoller {
    /// A poller of one merchant account.
    ///
    /// # Errors
    /// When address, account or secrets cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        let Access { merchant_account, first_batch, .. } = access;
        if !is_id(&merchant_account) {
            return Err(format!("`{merchant_account}` is no merchant account"));
        }
        let account = escape(&merchant_account);
        let folder = format!("{}/reports/download/MerchantAccount/{account}", access.address);
        address(&folder).map_err(|e| e.to_string())?;
        let secret = access.secret.reveal();
        let (header, login) = match &access.user {
            Some(user) => ("authorization", basic(user.reveal(), secret)?),
            None => ("x-api-key", credential(secret)?),
        };
        Ok(Self(Arc::new(Door { folder, merchant_account, header, login, first_batch })))
    }
}

impl Poller for AdyenPoller {
    fn streams(&self) -> &'static [Stream] {
        &[SETTLEMENTS]
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "settlements" => &["payout"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        self.resume(stream, window, "")
    }

    fn resume(&self, _: &Stream, _: Window, place: &str) -> Result<Box<dyn PollRun>, PollFault> {
        let place = Place::parse(place, self.0.first_batch)?;
        let again = place.missing.iter().copied().collect();
        let door = Arc::clone(&self.0);
        Ok(Box::new(Run { door, next: place.next, place, again, ahead: 0 }))
    }
}

/// How far the numbers were read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// All below it were there or are missing.
    next: u64,
    missing: BTreeSet<u64>,
}

impl Place {
    /// Reads `13 missing 4 7`; nothing is the beginning.
    fn parse(text: &str, first: u64) -> Result<Self, PollFault> {
        let mut words = text.split_whitespace().filter(|w| *w != "missing").map(str::parse);
        let broken = |_| PollFault::Failed(format!("`{text}` says nothing about batches"));
        let next = words.next().unwrap_or(Ok(first)).map_err(broken)?;
        let missing = words.collect::<Result<BTreeSet<u64>, _>>().map_err(broken)?;
        Ok(Self { next, missing })
    }
}

struct Run {
    door: Arc<Door>,
    place: Place,
    /// Missing ones that are asked for again.
    again: VecDeque<u64>,
    /// The number asked for after those.
    next: u64,
    /// How many were not there in a row.
    ahead: u64,
}

impl Run {
    fn number(&self) -> Option<u64> {
        let on = (self.ahead < AHEAD).then_some(self.next);
        self.again.front().copied().or(on)
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let number = self.number()?;
        let path = format!("{}/settlement_detail_report_batch_{number}.csv", self.door.folder);
        Some(get(&address(&path).ok()?, self.door.header, &self.door.login))
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let is_again = !self.again.is_empty();
        let Some(number) = self.number() else { return Ok(Vec::new()) };
        if answer.status() == StatusCode::NOT_FOUND {
            if !is_again {
                self.ahead += 1;
                self.next += 1;
            }
            self.again.pop_front();
            return Ok(Vec::new());
        }
        check(answer)?;
        if !std::str::from_utf8(answer.body()).is_ok_and(is_report) {
            return Err(PollFault::Failed(format!(
                "what Adyen gives as settlement batch {number} is no settlement details report"
            )));
        }
        if is_again {
            self.again.pop_front();
            self.place.missing.remove(&number);
        } else {
            self.place.missing.extend(self.place.next..number);
            self.place.next = number + 1;
            self.next = number + 1;
            self.ahead = 0;
        }
        Ok(vec![polled_bytes(SETTLEMENTS.name, answer.body())])
    }

    fn place(&self) -> String {
        let missing: Vec<String> = self.place.missing.iter().map(|n| format!(" {n}")).collect();
        let word = if missing.is_empty() { "" } else { " missing" };
        format!("{}{word}{}", self.place.next, missing.concat())
    }

    fn findings(&self) -> Vec<Finding> {
        let numbers: Vec<String> = self.place.missing.iter().map(u64::to_string).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let detail = format!(
            "settlement batches {} of {} have no report, though later ones have; let Adyen make \
             their settlement details reports again, as CSV",
            numbers.join(", "),
            self.door.merchant_account
        );
        vec![Finding { code: ReasonCode::SourceGap, detail }]
    }
}
