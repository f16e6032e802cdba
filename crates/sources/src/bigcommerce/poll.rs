//! BigCommerce's lists: orders that changed and refunds that were made, each as the whole order
//! with its products, taxes, transactions and refunds (sources-and-cases.md A7). Webhooks only name
//! an order, so the same reading answers them.

use crate::kit::Scalar;
use crate::kit::poll::{address, check, credential, get, join, json, polled};
use crate::kit::scalar::filled;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use ports::{PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;

/// From which id on orders are listed.
const FROM: &str = "&min_id=";
/// Objects on a page, the most BigCommerce gives.
const PAGE: usize = 250;
/// Pages of one list at most: an order of 10,000 products has 40.
const PAGES_MAX: usize = 1_000;
const DAY: i64 = 86_400;
/// Longest wait after too many requests, seconds; the quota starts anew every 30 seconds.
const WAIT_MAX_S: i64 = 3_600;

const ORDERS: Stream = Stream { name: "orders", window_s: DAY, late_s: 600, memory_s: 0 };
/// A refund is a change of its order too; this list does not rely on it.
const REFUNDS: Stream = Stream { name: "refunds", window_s: 7 * DAY, late_s: 600, memory_s: 0 };
/// What was read because a webhook named it.
const NAMED: &str = "named";

/// What an order consists of, in the order it is read.
const PARTS: [Part; 6] = [
    Part { name: "products", path: "v2/orders/{id}/products", is_v3: false },
    Part { name: "taxes", path: "v2/orders/{id}/taxes", is_v3: false },
    Part { name: "coupons", path: "v2/orders/{id}/coupons", is_v3: false },
    Part { name: "shipments", path: "v2/orders/{id}/shipments", is_v3: false },
    Part { name: "transactions", path: "v3/orders/{id}/transactions", is_v3: true },
    Part { name: "refunds", path: "v3/orders/{id}/payment_actions/refunds", is_v3: true },
];

struct Part {
    name: &'static str,
    path: &'static str,
    is_v3: bool,
}

/// How the API of one store is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://api.bigcommerce.com/stores/abc123`, without a slash at the end.
    pub address: String,
    /// Access token of an API account that may read orders and order transactions.
    pub token: Secret,
}

/// Reads the lists of one store.
#[derive(Debug, Clone)]
pub struct BigCommercePoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    address: String,
    token: HeaderValue,
}

/// The name under which a webhook's order is fetched; nothing for what is no id.
pub fn order_name(id: &str) -> Option<String> {
    is_id(id).then(|| format!("orders/{id}"))
}

/// Ids go into addresses.
fn is_id(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

impl BigCommercePoller {
    /// A poller of one store.
    ///
    /// # Errors
    /// When address or token cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        address(&access.address).map_err(|e| e.to_string())?;
        let token = credential(access.token.reveal())?;
        Ok(Self(Arc::new(Door { address: access.address, token })))
    }

    fn run(&self, stream: &'static str, first: Ask) -> Box<dyn PollRun> {
        Box::new(Run { door: Arc::clone(&self.0), stream, asks: VecDeque::from([first]) })
    }
}

impl Poller for BigCommercePoller {
    fn streams(&self) -> &'static [Stream] {
        &[ORDERS, REFUNDS]
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        if stream.name == ORDERS.name { &["sale", "payment", "refund"] } else { &[] }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let (since, until) = (window.since.to_string(), window.until.to_string());
        let first = if stream.name == ORDERS.name {
            let path = format!(
                "v2/orders?include=fees&sort=id:asc&min_date_modified={since}\
                 &max_date_modified={until}"
            );
            Ask::Orders(self.0.list(path)?)
        } else {
            let path = format!(
                "v3/orders/payment_actions/refunds?created%3Amin={since}&created%3Amax={until}"
            );
            Ask::Refunds(self.0.list(path)?)
        };
        Ok(self.run(stream.name, first))
    }

    fn fetches(&self) -> bool {
        true
    }

    fn fetch(&self, name: &str) -> Result<Box<dyn PollRun>, PollFault> {
        let id = name.strip_prefix("orders/").filter(|id| is_id(id)).ok_or_else(unusable)?;
        Ok(self.run(NAMED, self.0.order(id)?))
    }
}

impl Door {
    fn uri(&self, path: &str) -> Result<Uri, PollFault> {
        address(&format!("{}/{path}", self.address))
    }

    /// A list from its first page on.
    fn list(&self, path: String) -> Result<List, PollFault> {
        self.page(path, 1)
    }

    fn page(&self, path: String, page: usize) -> Result<List, PollFault> {
        if page > PAGES_MAX {
            return Err(PollFault::Failed(format!("a list of more than {PAGES_MAX} pages")));
        }
        let sign = if path.contains('?') { '&' } else { '?' };
        let uri = self.uri(&format!("{path}{sign}page={page}&limit={PAGE}"))?;
        Ok(List { path, page, uri })
    }

    /// The orders of a list behind the `last` one of a page. They come by their ids: one that changes
    /// meanwhile leaves the window, and moves none of the others to a page that was read already.
    fn behind(&self, list: &List, last: &RawValue) -> Result<Ask, PollFault> {
        let order: Order<'_> = serde_json::from_str(last.get()).map_err(|_| unusable())?;
        let id: u64 = order.id.as_str().parse().map_err(|_| unusable())?;
        let (window, from) = list.path.split_once(FROM).unwrap_or((&list.path, "0"));
        if from.parse().is_ok_and(|from: u64| id < from) {
            return Err(PollFault::Failed("the list goes in a circle".to_owned()));
        }
        Ok(Ask::Orders(self.list(format!("{window}{FROM}{}", id.saturating_add(1)))?))
    }

    fn order(&self, id: &str) -> Result<Ask, PollFault> {
        let uri = self.uri(&format!("v2/orders/{id}?include=fees"))?;
        Ok(Ask::Order { id: id.to_owned(), uri })
    }

    /// The first part of an order that has been read.
    fn whole(&self, raw: Box<RawValue>) -> Result<Ask, PollFault> {
        let order: Order<'_> = serde_json::from_str(raw.get()).map_err(|_| unusable())?;
        let id = order.id.as_str().to_owned();
        if !is_id(&id) {
            return Err(unusable());
        }
        let is_free = |a: &Option<Scalar<'_>>| {
            a.as_ref().and_then(|a| a.decimal().ok()).is_some_and(|d| d.is_zero())
        };
        let mut absent = Vec::new();
        if is_free(&order.coupon_discount) {
            absent.push("coupons");
        }
        if is_free(&order.items_shipped) {
            absent.push("shipments");
        }
        let whole = Whole { id, order: raw, absent, parts: Vec::new(), now: Vec::new() };
        self.part(whole)
    }

    /// Asks for the next part of an order.
    fn part(&self, mut whole: Whole) -> Result<Ask, PollFault> {
        // The last parts are always there.
        while whole.absent.contains(&PARTS[whole.parts.len()].name) {
            whole.parts.push(Vec::new());
        }
        let path = PARTS[whole.parts.len()].path.replace("{id}", &whole.id);
        Ok(Ask::Part(self.list(path)?, whole))
    }
}

fn unusable() -> PollFault {
    PollFault::Failed("an order without a usable id".to_owned())
}

/// One page of a list.
struct List {
    path: String,
    page: usize,
    uri: Uri,
}

/// An order that is being read.
#[derive(Clone)]
struct Whole {
    id: String,
    order: Box<RawValue>,
    /// Parts that the order says it does not have.
    absent: Vec<&'static str>,
    /// Parts read to their end.
    parts: Vec<Vec<Box<RawValue>>>,
    /// The pages of the part that is being read.
    now: Vec<Box<RawValue>>,
}

impl Whole {
    /// Everything as one delivery.
    fn body(&self) -> String {
        let parts: Vec<String> = PARTS
            .iter()
            .zip(&self.parts)
            .map(|(part, list)| format!(",\"{}\":{}", part.name, join(list)))
            .collect();
        format!("{{\"order\":{}{}}}", self.order.get(), parts.concat())
    }
}

enum Ask {
    Orders(List),
    Refunds(List),
    Order { id: String, uri: Uri },
    Part(List, Whole),
}

impl Ask {
    const fn uri(&self) -> &Uri {
        match self {
            Self::Orders(list) | Self::Refunds(list) | Self::Part(list, _) => &list.uri,
            Self::Order { uri, .. } => uri,
        }
    }
}

struct Run {
    door: Arc<Door>,
    stream: &'static str,
    asks: VecDeque<Ask>,
}

/// As much of an order as says what else there is to read.
#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow, default, deserialize_with = "filled")]
    coupon_discount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    items_shipped: Option<Scalar<'a>>,
}

/// As much of a refund as says which order it belongs to.
#[derive(Deserialize)]
struct Refund<'a> {
    #[serde(borrow)]
    order_id: Scalar<'a>,
}

/// An answer of V3.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Box<RawValue>>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    current_page: usize,
    total_pages: usize,
}

/// The objects of a page, and whether another one follows. V2 says 204 where there is nothing, and
/// ends with a page that is not full.
fn page(answer: &Response<Bytes>, is_v3: bool) -> Result<(Vec<Box<RawValue>>, bool), PollFault> {
    if answer.status() == StatusCode::NO_CONTENT {
        return Ok((Vec::new(), false));
    }
    if !is_v3 {
        let list: Vec<Box<RawValue>> = json(answer)?;
        let is_full = list.len() >= PAGE;
        return Ok((list, is_full));
    }
    let answer: Answer = json(answer)?;
    let pages = answer.meta.and_then(|m| m.pagination);
    let more = pages.is_some_and(|p| p.current_page < p.total_pages);
    if more && answer.data.is_empty() {
        return Err(PollFault::Failed("an empty page that is not the last".to_owned()));
    }
    Ok((answer.data, more))
}

/// Too many requests: BigCommerce says after how many milliseconds the quota starts anew.
fn throttled(answer: &Response<Bytes>) -> Option<PollFault> {
    let left = answer.headers().get("x-rate-limit-time-reset-ms")?.to_str().ok()?;
    let ms: i64 = left.trim().parse().ok()?;
    let wait_s = (ms.max(0) / 1_000).saturating_add(1).min(WAIT_MAX_S);
    Some(PollFault::Throttled { wait_s })
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        Some(get(self.asks.front()?.uri(), "x-auth-token", &self.door.token))
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let Some(ask) = self.asks.front() else { return Ok(Vec::new()) };
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS
            && let Some(fault) = throttled(answer)
        {
            return Err(fault);
        }
        if let (Ask::Order { id, .. }, StatusCode::NOT_FOUND) = (ask, status) {
            let gone = polled(self.stream, &format!("{{\"deleted_order\":{id}}}"));
            self.asks.pop_front();
            return Ok(vec![gone]);
        }
        check(answer)?;
        let (next, read) = self.door.next(self.stream, ask, answer)?;
        // Nothing fails from here on.
        self.asks.pop_front();
        for ask in next.into_iter().rev() {
            self.asks.push_front(ask);
        }
        Ok(read)
    }
}

impl Door {
    /// What is asked next in place of `ask`, and what its answer makes complete.
    fn next(
        &self,
        stream: &'static str,
        ask: &Ask,
        answer: &Response<Bytes>,
    ) -> Result<(Vec<Ask>, Vec<Polled>), PollFault> {
        let after = |list: &List| self.page(list.path.clone(), list.page + 1);
        let mut asks = Vec::new();
        match ask {
            Ask::Order { .. } => asks.push(self.whole(json(answer)?)?),
            Ask::Orders(list) => {
                let (orders, more) = page(answer, false)?;
                let last = orders.last().filter(|_| more);
                let behind = last.map(|last| self.behind(list, last)).transpose()?;
                for raw in orders {
                    asks.push(self.whole(raw)?);
                }
                asks.extend(behind);
            }
            Ask::Refunds(list) => {
                let (refunds, more) = page(answer, true)?;
                let mut ids: Vec<String> = Vec::new();
                for raw in &refunds {
                    let refund: Refund<'_> =
                        serde_json::from_str(raw.get()).map_err(|_| unusable())?;
                    let id = refund.order_id.as_str().to_owned();
                    if !is_id(&id) {
                        return Err(unusable());
                    }
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                for id in ids {
                    asks.push(self.order(&id)?);
                }
                if more {
                    asks.push(Ask::Refunds(after(list)?));
                }
            }
            Ask::Part(list, whole) => {
                let (read, more) = page(answer, PARTS[whole.parts.len()].is_v3)?;
                let mut whole = whole.clone();
                whole.now.extend(read);
                if more {
                    asks.push(Ask::Part(after(list)?, whole));
                } else {
                    let part = std::mem::take(&mut whole.now);
                    whole.parts.push(part);
                    if whole.parts.len() == PARTS.len() {
                        return Ok((asks, vec![polled(stream, &whole.body())]));
                    }
                    asks.push(self.part(whole)?);
                }
            }
        }
        Ok((asks, Vec::new()))
    }
}
