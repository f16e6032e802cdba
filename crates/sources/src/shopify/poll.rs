//! Shopify's lists: orders with their transactions, payouts with their movements, disputes
//! (sources-and-cases.md A1). Payouts have no webhook at all.

use crate::kit::poll::{address, check, credential, get, join, next_page, objects, polled};
use crate::kit::webhooks::{self, Subscription};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use kernel::Timestamp;
use kernel::time::Zone;
use ports::{Finding, PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;

/// The version of the Admin API whose shapes are read.
const VERSION: &str = "2026-07";
/// Objects on a page, the most Shopify gives.
const PAGE: usize = 250;
const DAY: i64 = 86_400;
/// A payout changes its state for some days around its date.
const PAYOUT_DAYS: i64 = 7;

const ORDERS: Stream = Stream { name: "orders", window_s: DAY, late_s: 600, memory_s: 0 };
const PAYOUTS: Stream =
    Stream { name: "payouts", window_s: 31 * DAY, late_s: PAYOUT_DAYS * DAY, memory_s: 0 };
/// The list cannot be asked for changes, so all of it is read.
const DISPUTES: Stream =
    Stream { name: "disputes", window_s: 100 * 366 * DAY, late_s: 600, memory_s: 0 };
/// Shopify deletes a subscription after eight failures in a row.
const WEBHOOKS: Stream =
    Stream { name: "webhooks", window_s: 100 * 366 * DAY, late_s: 0, memory_s: 0 };

/// Topics without which money is only read from the lists.
const WANTED: [&str; 4] =
    ["orders/create", "orders/updated", "order_transactions/create", "refunds/create"];

/// How the Admin API of one shop is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://acme.myshopify.com`, without a slash at the end.
    pub address: String,
    /// Access token of an app that may read orders, payouts and disputes. Orders older than 60
    /// days also need `read_all_orders`.
    pub token: Secret,
    /// The shop's time zone: payouts are listed by its dates.
    pub zone: Zone,
    /// Where webhooks are delivered, to see whether they still are. Only subscriptions that were
    /// made with this token are listed; those of an app's configuration stay by themselves.
    pub webhook_address: Option<String>,
}

/// Reads the lists of one shop.
#[derive(Debug, Clone)]
pub struct ShopifyPoller(Arc<Door>);

#[derive(Debug)]
struct Door {
    address: String,
    /// The API under the address.
    root: String,
    token: HeaderValue,
    zone: Zone,
    webhook_address: Option<String>,
}

impl ShopifyPoller {
    /// A poller of one shop.
    ///
    /// # Errors
    /// When address or token cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        let root = format!("{}/admin/api/{VERSION}", access.address);
        address(&root).map_err(|e| e.to_string())?;
        let token = credential(access.token.reveal())?;
        let Access { address, zone, webhook_address, .. } = access;
        let webhook_address = webhook_address.map(|a| a.trim_end_matches('/').to_owned());
        Ok(Self(Arc::new(Door { address, root, token, zone, webhook_address })))
    }
}

impl Poller for ShopifyPoller {
    fn streams(&self) -> &'static [Stream] {
        if self.0.webhook_address.is_some() {
            &[ORDERS, PAYOUTS, DISPUTES, WEBHOOKS]
        } else {
            &[ORDERS, PAYOUTS, DISPUTES]
        }
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "orders" => &["sale", "payment", "refund"],
            "payouts" => &["payout"],
            "disputes" => &["dispute"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let day = |at: Timestamp| at.date_in(&self.0.zone);
        let (ask, path): (fn(Uri) -> Ask, _) = match stream.name {
            "orders" => (
                Ask::Orders,
                format!(
                    "orders.json?status=any&limit={PAGE}&order=updated_at+asc\
                     &updated_at_min={}&updated_at_max={}",
                    window.since, window.until
                ),
            ),
            "payouts" => (
                Ask::Payouts,
                format!(
                    "shopify_payments/payouts.json?limit={PAGE}&date_min={}&date_max={}",
                    day(window.since),
                    day(window.until)
                ),
            ),
            "webhooks" => (Ask::Webhooks, format!("webhooks.json?limit={PAGE}")),
            _ => (Ask::Disputes, format!("shopify_payments/disputes.json?limit={PAGE}")),
        };
        let door = Arc::clone(&self.0);
        let first = ask(door.uri(&path)?);
        Ok(Box::new(Run { door, asks: VecDeque::from([first]), subscriptions: None }))
    }
}

impl Door {
    fn uri(&self, path: &str) -> Result<Uri, PollFault> {
        address(&format!("{}/{path}", self.root))
    }
}

/// What is asked for, with its address.
enum Ask {
    Orders(Uri),
    Transactions(Uri),
    Payouts(Uri),
    /// The address, the movements of the pages before.
    Movements(Uri, Vec<Box<RawValue>>),
    Disputes(Uri),
    Webhooks(Uri),
}

impl Ask {
    fn uri(&self) -> &Uri {
        match self {
            Self::Orders(uri)
            | Self::Transactions(uri)
            | Self::Payouts(uri)
            | Self::Movements(uri, _)
            | Self::Disputes(uri)
            | Self::Webhooks(uri) => uri,
        }
    }
}

struct Run {
    door: Arc<Door>,
    asks: VecDeque<Ask>,
    /// What is subscribed to, where that is what is read.
    subscriptions: Option<Vec<Subscription>>,
}

#[derive(Deserialize)]
struct Webhook {
    topic: String,
    address: String,
}

/// The id of an object, a JSON number, and its state.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    status: Option<String>,
}

fn named(raw: &RawValue) -> Result<Named<'_>, PollFault> {
    let named: Option<Named<'_>> = serde_json::from_str(raw.get()).ok();
    let is_number = |n: &Named<'_>| n.id.get().bytes().all(|b| b.is_ascii_digit());
    named
        .filter(is_number)
        .ok_or_else(|| PollFault::Failed("an object of the list has no numeric id".to_owned()))
}

impl Run {
    /// Takes a page of subscriptions; nothing of them is kept.
    fn webhooks(
        &mut self,
        answer: &Response<Bytes>,
        next: Option<Uri>,
    ) -> Result<Vec<Polled>, PollFault> {
        let list = objects(answer, "webhooks")?;
        let read = list.iter().map(|raw| serde_json::from_str::<Webhook>(raw.get()));
        let read = read.collect::<Result<Vec<_>, _>>();
        let read = read.map_err(|_| PollFault::Failed("a webhook without a topic".to_owned()))?;
        let listed = self.subscriptions.get_or_insert_default();
        listed.extend(read.into_iter().map(|w| Subscription {
            topic: w.topic,
            address: w.address,
            is_active: true,
        }));
        self.asks.pop_front();
        self.asks.extend(next.map(Ask::Webhooks));
        Ok(Vec::new())
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        Some(get(self.asks.front()?.uri(), "x-shopify-access-token", &self.door.token))
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let Some(ask) = self.asks.front() else { return Ok(Vec::new()) };
        let is_payments = !matches!(ask, Ask::Orders(_) | Ask::Transactions(_) | Ask::Webhooks(_));
        if is_payments && answer.status() == StatusCode::NOT_FOUND {
            // The shop has no Shopify Payments.
            self.asks.pop_front();
            return Ok(Vec::new());
        }
        check(answer)?;
        let next = next_page(answer, &self.door.address)?;
        if let Ask::Webhooks(_) = ask {
            return self.webhooks(answer, next);
        }
        let (stream, list) = match ask {
            Ask::Orders(_) => (ORDERS.name, objects(answer, "orders")?),
            Ask::Transactions(_) => (ORDERS.name, objects(answer, "transactions")?),
            Ask::Payouts(_) => (PAYOUTS.name, objects(answer, "payouts")?),
            Ask::Movements(..) => (PAYOUTS.name, objects(answer, "transactions")?),
            Ask::Disputes(_) | Ask::Webhooks(_) => (DISPUTES.name, objects(answer, "disputes")?),
        };
        let mut follow = Vec::new();
        for raw in &list {
            match ask {
                Ask::Orders(_) => {
                    let path = format!("orders/{}/transactions.json", named(raw)?.id.get());
                    follow.push(Ask::Transactions(self.door.uri(&path)?));
                }
                Ask::Payouts(_) => {
                    let payout = named(raw)?;
                    if payout.status.as_deref() == Some("paid") {
                        let path = format!(
                            "shopify_payments/balance/transactions.json?limit={PAGE}&payout_id={}",
                            payout.id.get()
                        );
                        follow.push(Ask::Movements(self.door.uri(&path)?, Vec::new()));
                    }
                }
                _ => {}
            }
        }
        // Nothing fails from here on.
        let read = match (self.asks.pop_front(), next) {
            (Some(Ask::Movements(_, mut all)), next) => {
                all.extend(list);
                if let Some(uri) = next {
                    self.asks.push_front(Ask::Movements(uri, all));
                    return Ok(Vec::new());
                }
                // A payout counts as a whole.
                let body = format!("{{\"transactions\":{}}}", join(&all));
                return Ok(vec![polled(stream, &body)]);
            }
            (Some(ask), Some(uri)) => {
                self.asks.push_front(match ask {
                    Ask::Transactions(_) => Ask::Transactions(uri),
                    Ask::Payouts(_) => Ask::Payouts(uri),
                    Ask::Disputes(_) | Ask::Webhooks(_) => Ask::Disputes(uri),
                    Ask::Orders(_) | Ask::Movements(..) => Ask::Orders(uri),
                });
                list
            }
            _ => list,
        };
        for ask in follow.into_iter().rev() {
            self.asks.push_front(ask);
        }
        Ok(read.iter().map(|raw| polled(stream, raw.get())).collect())
    }

    fn findings(&self) -> Vec<Finding> {
        let here = self.door.webhook_address.as_deref().unwrap_or_default();
        let listed = self.subscriptions.as_deref();
        listed.map_or_else(Vec::new, |listed| webhooks::findings(listed, here, &WANTED))
    }
}
