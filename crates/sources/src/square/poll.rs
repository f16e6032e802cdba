//! Square's lists: orders, payments and refunds by their last change, payouts with their entries,
//! disputes, movements on gift cards (sources-and-cases.md A5). Most are asked for by location.

use super::ENVIRONMENT_HEADER;
use crate::kit::poll::{
    address, check, credential, escape, get, is_id, join, json, polled, second,
};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use ports::{PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The version of the API whose shapes are read.
const VERSION: &str = "2025-08-20";
/// Objects on a page; all lists but that of orders give no more.
const PAGE: usize = 100;
/// Locations in one search for orders, the most Square takes.
const LOCATIONS: usize = 10;
const DAY: i64 = 86_400;
/// Lists begin a year back unless told otherwise.
const EVER: &str = "2009-01-01T00:00:00Z";
/// A payout changes its state for some days, and so do its entries.
const PAYOUT_DAYS: i64 = 7;

const fn stream(name: &'static str, window_s: i64, late_s: i64) -> Stream {
    Stream { name, window_s, late_s, memory_s: 0 }
}

const ORDERS: Stream = stream("orders", DAY, 600);
const PAYMENTS: Stream = stream("payments", DAY, 600);
const REFUNDS: Stream = stream("refunds", DAY, 600);
const PAYOUTS: Stream = stream("payouts", 31 * DAY, PAYOUT_DAYS * DAY);
const GIFT_CARDS: Stream = stream("gift_cards", 31 * DAY, 600);
/// The list cannot be asked for changes, so all of it is read.
const DISPUTES: Stream = stream("disputes", 100 * 366 * DAY, 600);

/// What was read because a webhook named it.
const NAMED: &str = "named";
/// Under which the id of an order is handed over that Square does not have.
pub const MISSING_ORDER: &str = "missing_order";

/// All states: some versions of the API list open disputes only unless told otherwise.
const STATES: &str = "INQUIRY_EVIDENCE_REQUIRED,INQUIRY_PROCESSING,INQUIRY_CLOSED,\
                      EVIDENCE_REQUIRED,PROCESSING,WON,LOST,ACCEPTED";

/// How the API of one account is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://connect.squareup.com`, without a slash at the end.
    pub address: String,
    /// Access token that may read locations, orders, payments, payouts, disputes and gift cards.
    pub token: Secret,
    /// Whether Square's own orders are the sales; with an `order_source` they say nothing.
    pub reads_orders: bool,
}

/// Reads the lists of one account.
#[derive(Debug, Clone)]
pub struct SquarePoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    address: String,
    token: HeaderValue,
    reads_orders: bool,
    is_sandbox: bool,
}

impl SquarePoller {
    /// A poller of one account.
    ///
    /// # Errors
    /// When address or token cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        address(&access.address).map_err(|e| e.to_string())?;
        let token = credential(&format!("Bearer {}", access.token.reveal()))?;
        let Access { address, reads_orders, .. } = access;
        let is_sandbox = address.contains("sandbox");
        Ok(Self(Arc::new(Door { address, token, reads_orders, is_sandbox })))
    }
}

impl Poller for SquarePoller {
    fn streams(&self) -> &'static [Stream] {
        if self.0.reads_orders {
            &[ORDERS, PAYMENTS, REFUNDS, PAYOUTS, GIFT_CARDS, DISPUTES]
        } else {
            &[PAYMENTS, REFUNDS, PAYOUTS, GIFT_CARDS, DISPUTES]
        }
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "orders" => &["sale"],
            "payments" => &["payment"],
            "refunds" => &["refund"],
            "payouts" => &["payout"],
            "disputes" => &["dispute"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let (since, until) = (second(window.since), second(window.until));
        let created = format!("begin_time={since}&end_time={until}&sort_order=ASC");
        let updated = format!(
            "begin_time={EVER}&end_time={until}&updated_at_begin_time={since}\
             &updated_at_end_time={until}&sort_field=UPDATED_AT&sort_order=ASC"
        );
        let list = |kind, path: String| Ask::List(List { kind, path, cursor: None });
        let asks = match stream.name {
            "refunds" => vec![list(Kind::Refunds, format!("refunds?{updated}&limit={PAGE}"))],
            "gift_cards" => {
                let path = format!("gift-cards/activities?{created}&limit={PAGE}");
                vec![list(Kind::GiftCards, path)]
            }
            "disputes" => vec![list(Kind::Disputes, format!("disputes?states={STATES}"))],
            // These are asked for location by location.
            _ => vec![Ask::Locations],
        };
        let each = match stream.name {
            "orders" => Each::Orders { since, until },
            "payments" => Each::List(Kind::Payments, format!("payments?{updated}&limit={PAGE}")),
            _ => Each::List(Kind::Payouts, format!("payouts?{created}&limit={PAGE}")),
        };
        let door = Arc::clone(&self.0);
        Ok(Box::new(Run { door, stream: stream.name, each, asks: asks.into() }))
    }

    fn fetches(&self) -> bool {
        self.0.reads_orders
    }

    fn fetch(&self, name: &str) -> Result<Box<dyn PollRun>, PollFault> {
        let id = name.strip_prefix("orders/").filter(|id| is_id(id));
        let id = id.ok_or_else(|| PollFault::Failed("an order without a usable id".to_owned()))?;
        let (door, asks) = (Arc::clone(&self.0), VecDeque::from([Ask::Order(id.to_owned())]));
        Ok(Box::new(Run { door, stream: NAMED, each: Each::Nothing, asks }))
    }
}

/// The name under which a webhook's order is fetched; nothing for what is no id.
pub fn order_name(id: &str) -> Option<String> {
    is_id(id).then(|| format!("orders/{id}"))
}

/// What is asked for at each location.
enum Each {
    Orders { since: String, until: String },
    List(Kind, String),
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Orders,
    Payments,
    Refunds,
    Payouts,
    GiftCards,
    Disputes,
}

impl Kind {
    /// The name of the list in an answer, and of one object in a delivery.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Orders => ("orders", "order"),
            Self::Payments => ("payments", "payment"),
            Self::Refunds => ("refunds", "refund"),
            Self::Payouts => ("payouts", "payout"),
            Self::GiftCards => ("gift_card_activities", "gift_card_activity"),
            Self::Disputes => ("disputes", "dispute"),
        }
    }
}

/// A list of which one page is read after the other.
struct List {
    kind: Kind,
    path: String,
    cursor: Option<String>,
}

enum Ask {
    /// One order by its id.
    Order(String),
    Locations,
    List(List),
    /// Orders of some locations: the body of the search without its end, and the cursor.
    Search(String, Option<String>),
    /// The payout, the cursor, the entries of the pages before.
    Entries(String, Option<String>, Vec<Box<RawValue>>),
}

struct Run {
    door: Arc<Door>,
    stream: &'static str,
    each: Each,
    asks: VecDeque<Ask>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    status: Option<String>,
}

/// A page of the list `name` with its cursor. An answer with errors is no empty list.
fn page(
    answer: &Response<Bytes>,
    name: &str,
    asked: Option<&String>,
) -> Result<(Vec<Box<RawValue>>, Option<String>), PollFault> {
    check(answer)?;
    let mut fields: BTreeMap<String, Box<RawValue>> = json(answer)?;
    let broken = || PollFault::Failed(format!("the answer holds no list `{name}`"));
    if fields.keys().any(|n| n != name && n != "cursor") {
        return Err(broken());
    }
    let list = fields.remove(name).map(|raw| serde_json::from_str(raw.get()));
    let list: Vec<Box<RawValue>> = list.transpose().map_err(|_| broken())?.unwrap_or_default();
    let cursor = fields.remove("cursor").map(|raw| serde_json::from_str::<String>(raw.get()));
    let cursor = cursor.transpose().map_err(|_| broken())?.filter(|c| !c.is_empty());
    if cursor.is_some() && cursor.as_ref() == asked {
        return Err(PollFault::Failed("the list goes in a circle".to_owned()));
    }
    Ok((list, cursor))
}

fn named(raw: &RawValue) -> Result<Named, PollFault> {
    serde_json::from_str(raw.get())
        .ok()
        .filter(|n: &Named| is_id(&n.id))
        .ok_or_else(|| PollFault::Failed("an object of the list has no usable id".to_owned()))
}

impl Run {
    fn request(&self, path: &str) -> Option<Request<Bytes>> {
        let uri = address(&format!("{}/v2/{path}", self.door.address)).ok()?;
        let mut request = get(&uri, "authorization", &self.door.token);
        request.headers_mut().insert("square-version", HeaderValue::from_static(VERSION));
        Some(request)
    }

    fn search(&self, body: &str, cursor: Option<&String>) -> Option<Request<Bytes>> {
        let mut request = self.request("orders/search")?;
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let cursor = cursor.map_or_else(String::new, |c| {
            format!(",\"cursor\":{}", serde_json::Value::String(c.clone()))
        });
        *request.body_mut() = Bytes::from(format!("{body}{cursor}}}"));
        Some(request)
    }

    /// What is to be asked for at these locations.
    fn at(&self, locations: &[Named]) -> Vec<Ask> {
        match &self.each {
            Each::Nothing => Vec::new(),
            Each::List(kind, path) => {
                let path = |l: &Named| format!("{path}&location_id={}", escape(&l.id));
                let list = |l| Ask::List(List { kind: *kind, path: path(l), cursor: None });
                locations.iter().map(list).collect()
            }
            Each::Orders { since, until } => locations
                .chunks(LOCATIONS)
                .map(|some| {
                    let ids: Vec<String> = some.iter().map(|l| format!("\"{}\"", l.id)).collect();
                    let body = format!(
                        "{{\"location_ids\":[{}],\"limit\":{PAGE},\"query\":{{\"filter\":\
                         {{\"date_time_filter\":{{\"updated_at\":{{\"start_at\":\"{since}\",\
                         \"end_at\":\"{until}\"}}}}}},\"sort\":{{\"sort_field\":\"UPDATED_AT\",\
                         \"sort_order\":\"ASC\"}}}}",
                        ids.join(",")
                    );
                    Ask::Search(body, None)
                })
                .collect(),
        }
    }

    fn delivered(&self, kind: Kind, list: &[Box<RawValue>]) -> Vec<Polled> {
        let (_, one) = kind.names();
        list.iter().map(|raw| self.mark(&format!("{{\"{one}\":{}}}", raw.get()))).collect()
    }

    fn mark(&self, body: &str) -> Polled {
        let mut polled = polled(self.stream, body);
        if self.door.is_sandbox {
            polled.headers.push((ENVIRONMENT_HEADER.to_owned(), "Sandbox".to_owned()));
        }
        polled
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let with = |path: &str, cursor: &Option<String>, sign: char| match cursor {
            Some(cursor) => format!("{path}{sign}cursor={}", escape(cursor)),
            None => path.to_owned(),
        };
        match self.asks.front()? {
            Ask::Order(id) => self.request(&format!("orders/{}", escape(id))),
            Ask::Locations => self.request("locations"),
            Ask::List(list) => self.request(&with(&list.path, &list.cursor, '&')),
            Ask::Search(body, cursor) => self.search(body, cursor.as_ref()),
            Ask::Entries(payout, cursor, _) => {
                let path = format!("payouts/{payout}/payout-entries?limit={PAGE}");
                self.request(&with(&path, cursor, '&'))
            }
        }
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        match self.asks.front_mut() {
            None => Ok(Vec::new()),
            Some(Ask::Order(id)) => {
                let body = if answer.status() == StatusCode::NOT_FOUND {
                    format!("{{\"{MISSING_ORDER}\":\"{id}\"}}")
                } else {
                    check(answer)?;
                    let mut fields: BTreeMap<String, Box<RawValue>> = json(answer)?;
                    let missing = || PollFault::Failed("the answer holds no order".to_owned());
                    let order = fields.remove(Kind::Orders.names().1).ok_or_else(missing)?;
                    format!("{{\"order\":{}}}", order.get())
                };
                self.asks.pop_front();
                Ok(vec![self.mark(&body)])
            }
            Some(Ask::Locations) => {
                let (list, _) = page(answer, "locations", None)?;
                let locations = list.iter().map(|raw| named(raw)).collect::<Result<Vec<_>, _>>()?;
                if locations.is_empty() {
                    return Err(PollFault::Failed("the token sees no location".to_owned()));
                }
                self.asks = self.at(&locations).into();
                Ok(Vec::new())
            }
            Some(Ask::List(list)) => {
                let kind = list.kind;
                let (found, cursor) = page(answer, kind.names().0, list.cursor.as_ref())?;
                let mut paid = Vec::new();
                if kind == Kind::Payouts {
                    for raw in &found {
                        let payout = named(raw)?;
                        if payout.status.as_deref() == Some("PAID") {
                            paid.push(Ask::Entries(payout.id, None, Vec::new()));
                        }
                    }
                }
                // Nothing fails from here on.
                list.cursor = cursor;
                if list.cursor.is_none() {
                    self.asks.pop_front();
                }
                self.asks.extend(paid);
                Ok(self.delivered(kind, &found))
            }
            Some(Ask::Search(_, cursor)) => {
                let (found, next) = page(answer, Kind::Orders.names().0, cursor.as_ref())?;
                *cursor = next;
                if cursor.is_none() {
                    self.asks.pop_front();
                }
                Ok(self.delivered(Kind::Orders, &found))
            }
            Some(Ask::Entries(_, cursor, all)) => {
                let (found, next) = page(answer, "payout_entries", cursor.as_ref())?;
                all.extend(found);
                *cursor = next;
                if cursor.is_some() {
                    return Ok(Vec::new());
                }
                // A payout counts as a whole.
                let body = format!("{{\"payout_entries\":{}}}", join(all));
                self.asks.pop_front();
                Ok(vec![self.mark(&body)])
            }
        }
    }
}
