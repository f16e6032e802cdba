//! WooCommerce's list of orders by their last change, each with its refunds, and its webhooks
//! (sources-and-cases.md A3). The shop never repeats a webhook, so this is no luxury.

use super::with_refunds;
use crate::kit::poll::{address, basic, check, get, join, json, polled};
use crate::kit::webhooks::{self, Subscription};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use kernel::Timestamp;
use ports::{Finding, PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;

/// Objects on a page, the most WooCommerce gives.
const PAGE: u64 = 100;
const DAY: i64 = 86_400;
/// How often a list may change under the reading before it is given up until its next turn.
const RESTARTS_MAX: u32 = 5;

const ORDERS: Stream = Stream { name: "orders", window_s: DAY, late_s: 600, memory_s: 0 };
/// Read whole, whatever the time.
const WEBHOOKS: Stream =
    Stream { name: "webhooks", window_s: 100 * 366 * DAY, late_s: 0, memory_s: 0 };

/// Topics without which orders are only read from the list.
const WANTED: [&str; 2] = ["order.created", "order.updated"];

/// How the REST API of one shop is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://shop.example.com`, without a slash at the end.
    pub address: String,
    /// Consumer key (`ck_…`) of an API key that may read.
    pub key: Secret,
    /// Its consumer secret (`cs_…`).
    pub secret: Secret,
    /// Where webhooks are delivered, to see whether they still are. The API key's user has to be
    /// able to manage the shop.
    pub webhook_address: Option<String>,
}

/// Reads the lists of one shop.
#[derive(Debug, Clone)]
pub struct WooCommercePoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    /// The API under the address.
    root: String,
    login: HeaderValue,
    webhook_address: Option<String>,
}

impl WooCommercePoller {
    /// A poller of one shop.
    ///
    /// # Errors
    /// When address, key or secret cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        let root = format!("{}/wp-json/wc/v3", access.address);
        address(&root).map_err(|e| e.to_string())?;
        let login = basic(access.key.reveal(), access.secret.reveal())?;
        let here = access.webhook_address.map(|a| a.trim_end_matches('/').to_owned());
        Ok(Self(Arc::new(Door { root, login, webhook_address: here })))
    }
}

impl Poller for WooCommercePoller {
    fn streams(&self) -> &'static [Stream] {
        if self.0.webhook_address.is_some() { &[ORDERS, WEBHOOKS] } else { &[ORDERS] }
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "orders" => &["sale", "payment", "refund"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let door = Arc::clone(&self.0);
        if stream.name == WEBHOOKS.name {
            return Ok(Box::new(Hooks { door, page: 1, listed: Vec::new(), is_done: false }));
        }
        // Both ends are exclusive, and moments are told to the second.
        let list = format!(
            "orders?status=any&orderby=id&order=asc&per_page={PAGE}&dates_are_gmt=true\
             &modified_after={}&modified_before={}",
            local(window.since.plus_seconds(-1)),
            local(window.until)
        );
        let asks = VecDeque::from([Ask::Orders(1)]);
        Ok(Box::new(Run { door, list, asks, total: None, restarts: 0 }))
    }
}

/// A moment in UTC, as WordPress writes it: without saying so.
fn local(at: Timestamp) -> String {
    let text = Timestamp::from_seconds(at.seconds()).to_string();
    text.trim_end_matches('Z').to_owned()
}

impl Door {
    fn uri(&self, path: &str) -> Result<Uri, PollFault> {
        address(&format!("{}/{path}", self.root))
    }

    fn get(&self, path: &str) -> Option<Request<Bytes>> {
        // Paths are made of numbers and moments, so each is an address.
        Some(get(&self.uri(path).ok()?, "authorization", &self.login))
    }
}

enum Ask {
    /// A page of orders.
    Orders(u64),
    /// The refunds of an order: its id, the order, the page, the refunds of the pages before.
    Refunds { id: u64, order: Box<RawValue>, page: u64, all: Vec<Box<RawValue>> },
}

struct Run {
    door: Arc<Door>,
    /// The list without the page.
    list: String,
    asks: VecDeque<Ask>,
    /// Orders in the list, as its first page said.
    total: Option<u64>,
    restarts: u32,
}

/// What is known of an order before it is read.
#[derive(Deserialize)]
struct Named {
    id: u64,
    refunds: Option<Vec<IgnoredAny>>,
}

/// Objects in the whole list.
fn total(answer: &Response<Bytes>) -> Result<u64, PollFault> {
    let stated = answer.headers().get("x-wp-total").and_then(|v| v.to_str().ok());
    stated.and_then(|v| v.trim().parse().ok()).ok_or_else(|| {
        PollFault::Failed("the answer does not say how long the list is (X-WP-Total)".to_owned())
    })
}

/// A page of a list of `total` objects: as many as must be on it.
fn whole(list: &[Box<RawValue>], total: u64, page: u64) -> Result<(), PollFault> {
    let before = (page - 1).saturating_mul(PAGE);
    let due = total.saturating_sub(before).min(PAGE);
    if list.len() as u64 == due {
        return Ok(());
    }
    Err(PollFault::Failed(format!(
        "page {page} of {total} objects holds {} and not {due}; see whether the key may read all",
        list.len()
    )))
}

impl Run {
    fn orders(&mut self, page: u64, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let total = total(answer)?;
        if self.total.is_some_and(|before| before != total) {
            // An order was changed meanwhile and left this stretch of time, so all behind it moved
            // up one place; from the start again, so that none is passed over.
            if self.restarts >= RESTARTS_MAX {
                return Err(PollFault::Failed("the list changes while it is read".to_owned()));
            }
            self.restarts += 1;
            self.total = None;
            self.asks = VecDeque::from([Ask::Orders(1)]);
            return Ok(Vec::new());
        }
        let list: Vec<Box<RawValue>> = json(answer)?;
        whole(&list, total, page)?;
        let unnamed = |_| PollFault::Failed("an object of the list is no order".to_owned());
        let names = list.iter().map(|raw| serde_json::from_str::<Named>(raw.get()));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(unnamed)?;
        // Nothing fails from here on.
        self.total = Some(total);
        self.asks.pop_front();
        if page.saturating_mul(PAGE) < total {
            self.asks.push_front(Ask::Orders(page + 1));
        }
        let mut read = Vec::new();
        for (order, named) in list.into_iter().zip(names).rev() {
            if named.refunds.is_none_or(|r| r.is_empty()) {
                read.push(polled(ORDERS.name, order.get()));
            } else {
                let ask = Ask::Refunds { id: named.id, order, page: 1, all: Vec::new() };
                self.asks.push_front(ask);
            }
        }
        read.reverse();
        Ok(read)
    }

    fn refunds(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let total = total(answer)?;
        let list: Vec<Box<RawValue>> = json(answer)?;
        let Some(Ask::Refunds { page, all, order, .. }) = self.asks.front_mut() else {
            return Ok(Vec::new());
        };
        whole(&list, total, *page)?;
        all.extend(list);
        if page.saturating_mul(PAGE) < total {
            *page += 1;
            return Ok(Vec::new());
        }
        let read = polled(ORDERS.name, &with_refunds(order.get(), &join(all)));
        self.asks.pop_front();
        Ok(vec![read])
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        match self.asks.front()? {
            Ask::Orders(page) => self.door.get(&format!("{}&page={page}", self.list)),
            Ask::Refunds { id, page, .. } => {
                self.door.get(&format!("orders/{id}/refunds?per_page={PAGE}&page={page}"))
            }
        }
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        check(answer)?;
        match self.asks.front() {
            Some(Ask::Orders(page)) => {
                let page = *page;
                self.orders(page, answer)
            }
            Some(Ask::Refunds { .. }) => self.refunds(answer),
            None => Ok(Vec::new()),
        }
    }
}

/// The webhooks of the shop. Nothing of them is kept.
struct Hooks {
    door: Arc<Door>,
    page: u64,
    listed: Vec<Subscription>,
    is_done: bool,
}

#[derive(Deserialize)]
struct Hook {
    topic: String,
    delivery_url: String,
    status: String,
}

impl PollRun for Hooks {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let path = format!("webhooks?status=all&per_page={PAGE}&page={}", self.page);
        if self.is_done { None } else { self.door.get(&path) }
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        check(answer)?;
        let total = total(answer)?;
        let list: Vec<Hook> = json(answer)?;
        self.listed.extend(list.into_iter().map(|h| Subscription {
            topic: h.topic,
            address: h.delivery_url,
            is_active: h.status == "active",
        }));
        self.is_done = self.page.saturating_mul(PAGE) >= total;
        self.page += 1;
        Ok(Vec::new())
    }

    fn findings(&self) -> Vec<Finding> {
        let here = self.door.webhook_address.as_deref().unwrap_or_default();
        webhooks::findings(&self.listed, here, &WANTED)
    }
}
