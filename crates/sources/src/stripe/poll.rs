//! Stripe's lists: the events of the last thirty days, and the movements of each payout that is
//! reconciled (sources-and-cases.md A2).

use super::PAYOUT_HEADER;
use crate::kit::poll::{address, check, credential, get, join, json, polled};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use ports::{PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;

/// Objects on a page, the most Stripe gives.
const PAGE: usize = 100;
const DAY: i64 = 86_400;

const EVENTS: Stream = Stream { name: "events", window_s: DAY, late_s: 600, memory_s: 30 * DAY };

/// How the API of one account is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://api.stripe.com`, without a slash at the end.
    pub address: String,
    /// A secret or restricted key that may read events and balance transactions.
    pub key: Secret,
}

/// Reads the lists of one account.
#[derive(Debug, Clone)]
pub struct StripePoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    address: String,
    key: HeaderValue,
}

impl StripePoller {
    /// A poller of one account.
    ///
    /// # Errors
    /// When address or key cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        address(&access.address).map_err(|e| e.to_string())?;
        let key = credential(&format!("Bearer {}", access.key.reveal()))?;
        Ok(Self(Arc::new(Door { address: access.address, key })))
    }
}

impl Poller for StripePoller {
    fn streams(&self) -> &'static [Stream] {
        &[EVENTS]
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "events" => &["payment", "refund", "payout", "dispute"],
            _ => &[],
        }
    }

    fn begin(&self, _: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let door = Arc::clone(&self.0);
        let path = format!(
            "/v1/events?limit={PAGE}&created%5Bgte%5D={}&created%5Blt%5D={}",
            window.since.seconds(),
            window.until.seconds()
        );
        let first = Ask::Events(Pages { after: None, uri: door.uri(&path)?, path });
        Ok(Box::new(Run { door, asks: VecDeque::from([first]) }))
    }
}

impl Door {
    fn uri(&self, path: &str) -> Result<Uri, PollFault> {
        address(&format!("{}{path}", self.address))
    }
}

/// A list of which one page is read after the other.
struct Pages {
    path: String,
    after: Option<String>,
    uri: Uri,
}

enum Ask {
    Events(Pages),
    /// The payout, the pages, the movements of those before.
    Movements(String, Pages, Vec<Box<RawValue>>),
}

struct Run {
    door: Arc<Door>,
    asks: VecDeque<Ask>,
}

#[derive(Deserialize)]
struct List {
    has_more: bool,
    data: Vec<Box<RawValue>>,
}

/// What is known of an object before it is read: its id, and of an event what it is about.
#[derive(Deserialize)]
struct Named {
    id: String,
    #[serde(rename = "type")]
    event_type: Option<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    object: Box<RawValue>,
}

/// As much of a payout as says whether its movements are complete.
#[derive(Deserialize)]
struct Payout {
    id: String,
    reconciliation_status: Option<String>,
}

fn named(raw: &RawValue) -> Result<Named, PollFault> {
    serde_json::from_str(raw.get())
        .ok()
        .filter(|n: &Named| is_id(&n.id))
        .ok_or_else(|| PollFault::Failed("an object of the list has no usable id".to_owned()))
}

/// Ids go into addresses.
fn is_id(id: &str) -> bool {
    (1..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The payout whose movements are complete by what the event says.
fn reconciled(event: &Named) -> Option<String> {
    let kind = event.event_type.as_deref()?;
    if !kind.starts_with("payout.") {
        return None;
    }
    let payout: Payout = serde_json::from_str(event.data.as_ref()?.object.get()).ok()?;
    let is_complete = payout.reconciliation_status.as_deref() == Some("completed")
        && matches!(kind, "payout.paid" | "payout.reconciliation_completed");
    (is_complete && is_id(&payout.id)).then_some(payout.id)
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let (Ask::Events(pages) | Ask::Movements(_, pages, _)) = self.asks.front()?;
        Some(get(&pages.uri, "authorization", &self.door.key))
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        check(answer)?;
        let list: List = json(answer)?;
        let names = list.data.iter().map(|raw| named(raw)).collect::<Result<Vec<_>, _>>()?;
        let Some(ask) = self.asks.front() else { return Ok(Vec::new()) };
        let (Ask::Events(pages) | Ask::Movements(_, pages, _)) = ask;
        let next = match names.last().filter(|_| list.has_more) {
            Some(last) => {
                let path = format!("{}&starting_after={}", pages.path, last.id);
                let uri = self.door.uri(&path)?;
                Some(Pages { path: pages.path.clone(), after: Some(last.id.clone()), uri })
            }
            None => None,
        };
        if next.as_ref().is_some_and(|n| n.after == pages.after) {
            return Err(PollFault::Failed("the list goes in a circle".to_owned()));
        }
        let mut follow = Vec::new();
        if matches!(ask, Ask::Events(_)) {
            for payout in names.iter().filter_map(reconciled) {
                let path = format!("/v1/balance_transactions?payout={payout}&limit={PAGE}");
                let pages = Pages { after: None, uri: self.door.uri(&path)?, path };
                follow.push(Ask::Movements(payout, pages, Vec::new()));
            }
        }
        // Nothing fails from here on.
        let Some(ask) = self.asks.pop_front() else { return Ok(Vec::new()) };
        match ask {
            Ask::Events(_) => {
                self.asks.extend(follow);
                if let Some(pages) = next {
                    self.asks.push_front(Ask::Events(pages));
                }
                Ok(list.data.iter().map(|raw| polled(EVENTS.name, raw.get())).collect())
            }
            Ask::Movements(payout, _, mut all) => {
                all.extend(list.data);
                if let Some(pages) = next {
                    self.asks.push_front(Ask::Movements(payout, pages, all));
                    return Ok(Vec::new());
                }
                let body = format!(
                    "{{\"object\":\"list\",\"url\":\"/v1/balance_transactions?payout={payout}\",\
                     \"has_more\":false,\"data\":{}}}",
                    join(&all)
                );
                let mut whole = polled(EVENTS.name, &body);
                whole.headers.push((PAYOUT_HEADER.to_owned(), payout));
                Ok(vec![whole])
            }
        }
    }
}
