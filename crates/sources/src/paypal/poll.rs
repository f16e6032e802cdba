//! PayPal's lists: webhook events, the movements of Transaction Search, disputes
//! (sources-and-cases.md A4). Only the movements tell of transfers to the bank.

use crate::kit::bearer::{Authorised, Bearer};
use crate::kit::poll::{address, basic, check, escape, is_id, json, polled, second};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, Uri};
use kernel::Timestamp;
use ports::{PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;

const DAY: i64 = 86_400;
/// Events, movements and disputes on a page: the most PayPal gives.
const EVENTS_PAGE: usize = 300;
const ROWS_PAGE: usize = 500;
const DISPUTES_PAGE: usize = 50;

const EVENTS_PATH: &str = "/v1/notifications/webhooks-events";
const ROWS_PATH: &str = "/v1/reporting/transactions";
const DISPUTES_PATH: &str = "/v1/customer/disputes";

/// How long events are remembered is UNCONFIRMED; a month is what the dashboard shows.
const EVENTS: Stream = Stream { name: "events", window_s: DAY, late_s: 600, memory_s: 30 * DAY };
/// Movements are listed up to three hours late, and again when what was pending ends.
const MOVEMENTS: Stream =
    Stream { name: "movements", window_s: DAY, late_s: 7 * DAY, memory_s: 3 * 365 * DAY };
const DISPUTES: Stream =
    Stream { name: "disputes", window_s: 30 * DAY, late_s: 600, memory_s: 180 * DAY };

/// Movements are never asked for from later than this before the end, seconds: what PayPal's search
/// has not taken in yet, it answers with an error.
const MOVEMENTS_AT_LEAST_S: i64 = 6 * 3_600;
/// In an error answer: more than 10,000 movements, of which PayPal gives none.
const TOO_LARGE: &[u8] = b"RESULTSET_TOO_LARGE";

/// How the API of one account is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://api-m.paypal.com`, without a slash at the end.
    pub address: String,
    /// Client id of a REST app that may search transactions and read disputes.
    pub client_id: Secret,
    /// Its secret.
    pub secret: Secret,
}

/// Reads the lists of one account.
#[derive(Debug, Clone)]
pub struct PayPalPoller {
    address: Arc<str>,
    bearer: Arc<Bearer>,
}

impl PayPalPoller {
    /// A poller of one account.
    ///
    /// # Errors
    /// When address, id or secret cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        let mut ask = Request::new(Bytes::from_static(b"grant_type=client_credentials"));
        *ask.method_mut() = Method::POST;
        *ask.uri_mut() =
            address(&format!("{}/v1/oauth2/token", access.address)).map_err(|e| e.to_string())?;
        let login = basic(access.client_id.reveal(), access.secret.reveal())?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        ask.headers_mut().insert(AUTHORIZATION, login);
        ask.headers_mut().insert(CONTENT_TYPE, form);
        ask.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let bearer = Bearer::new(ask, "authorization", "Bearer ", access.address.clone());
        Ok(Self { address: access.address.into(), bearer: Arc::new(bearer) })
    }
}

impl Poller for PayPalPoller {
    fn streams(&self) -> &'static [Stream] {
        &[EVENTS, MOVEMENTS, DISPUTES]
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "movements" => &["payment", "refund", "fee", "payout"],
            "disputes" => &["dispute"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        let (since, until) = (second(window.since), second(window.until));
        let ask = match stream.name {
            "events" => Ask::Events(format!(
                "{EVENTS_PATH}?page_size={EVENTS_PAGE}&start_time={since}&end_time={until}"
            )),
            "movements" => {
                let until = window.until.seconds();
                let since = window.since.seconds().min(until - MOVEMENTS_AT_LEAST_S);
                Ask::Movements { since, until, page: 1 }
            }
            _ => Ask::Disputes(format!(
                "{DISPUTES_PATH}?page_size={DISPUTES_PAGE}&update_time_after={since}\
                 &update_time_before={until}"
            )),
        };
        let run = Run { address: Arc::clone(&self.address), asks: VecDeque::from([ask]) };
        Ok(Box::new(Authorised::new(run, Arc::clone(&self.bearer))))
    }
}

enum Ask {
    Events(String),
    /// A page of the movements between two moments, seconds.
    Movements {
        since: i64,
        until: i64,
        page: u64,
    },
    Disputes(String),
    Dispute(String),
}

struct Run {
    address: Arc<str>,
    asks: VecDeque<Ask>,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Box<RawValue>>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Movements {
    transaction_details: Vec<Box<RawValue>>,
    page: u64,
    total_items: u64,
    total_pages: u64,
}

#[derive(Deserialize)]
struct Disputes {
    #[serde(default)]
    items: Vec<Named>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Named {
    dispute_id: String,
}

#[derive(Deserialize)]
struct Link {
    href: String,
    rel: String,
}

/// The next page, asked for at our own address whatever host the link names: PayPal answers under
/// several, and a token is shown at one only.
fn next(links: &[Link], path: &str, asked: &str) -> Result<Option<String>, PollFault> {
    let Some(link) = links.iter().find(|l| l.rel.eq_ignore_ascii_case("next")) else {
        return Ok(None);
    };
    let refused = || PollFault::Failed("the next page is not one of this list".to_owned());
    let uri = Uri::try_from(link.href.as_str()).map_err(|_| refused())?;
    let query = uri.query().ok_or_else(refused)?;
    if uri.path().trim_end_matches('/') != path {
        return Err(refused());
    }
    let next = format!("{path}?{query}");
    if next == asked {
        return Err(PollFault::Failed("the list goes in a circle".to_owned()));
    }
    Ok(Some(next))
}

impl Run {
    fn movements(
        &mut self,
        (since, until): (i64, i64),
        page: u64,
        answer: &Response<Bytes>,
    ) -> Result<Vec<Polled>, PollFault> {
        let is_too_large = answer.body().windows(TOO_LARGE.len()).any(|w| w == TOO_LARGE);
        if answer.status().is_client_error() && is_too_large && until - since > 1 {
            let half = since + (until - since) / 2;
            self.asks.pop_front();
            self.asks.push_front(Ask::Movements { since: half, until, page: 1 });
            self.asks.push_front(Ask::Movements { since, until: half, page: 1 });
            return Ok(Vec::new());
        }
        check(answer)?;
        let read: Movements = json(answer)?;
        let is_last = page >= read.total_pages;
        let before = (page - 1).saturating_mul(ROWS_PAGE as u64);
        let due = read.total_items.saturating_sub(before).min(ROWS_PAGE as u64);
        if read.page != page || read.transaction_details.len() as u64 != due {
            return Err(PollFault::Failed(format!(
                "page {page} of {} movements holds {} and not {due}",
                read.total_items,
                read.transaction_details.len()
            )));
        }
        self.asks.pop_front();
        if !is_last {
            self.asks.push_front(Ask::Movements { since, until, page: page + 1 });
        }
        // One by one: a page says when it was asked for, a movement is the same every time.
        let one = |raw: &RawValue| format!("{{\"transaction_details\":[{}]}}", raw.get());
        Ok(read.transaction_details.iter().map(|r| polled(MOVEMENTS.name, &one(r))).collect())
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let path = match self.asks.front()? {
            Ask::Events(path) | Ask::Disputes(path) => path.clone(),
            Ask::Movements { since, until, page } => format!(
                "{ROWS_PATH}?fields=transaction_info&page_size={ROWS_PAGE}&start_date={}\
                 &end_date={}&page={page}",
                Timestamp::from_seconds(*since),
                Timestamp::from_seconds(*until)
            ),
            Ask::Dispute(id) => format!("{DISPUTES_PATH}/{}", escape(id)),
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = address(&format!("{}{path}", self.address)).ok()?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        Some(request)
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        if let Some(Ask::Movements { since, until, page }) = self.asks.front() {
            let (range, page) = ((*since, *until), *page);
            return self.movements(range, page, answer);
        }
        check(answer)?;
        match self.asks.front() {
            None | Some(Ask::Movements { .. }) => Ok(Vec::new()),
            Some(Ask::Events(asked)) => {
                let read: Events = json(answer)?;
                let next = next(&read.links, EVENTS_PATH, asked)?;
                self.asks.pop_front();
                self.asks.extend(next.map(Ask::Events));
                Ok(read.events.iter().map(|raw| polled(EVENTS.name, raw.get())).collect())
            }
            Some(Ask::Disputes(asked)) => {
                let read: Disputes = json(answer)?;
                let next = next(&read.links, DISPUTES_PATH, asked)?;
                if let Some(bad) = read.items.iter().find(|d| !is_id(&d.dispute_id)) {
                    let shown: String = bad.dispute_id.chars().take(40).collect();
                    return Err(PollFault::Failed(format!("a dispute with the id `{shown}`")));
                }
                // The list is a summary: each dispute is asked for itself.
                self.asks.pop_front();
                self.asks.extend(next.map(Ask::Disputes));
                for dispute in read.items.into_iter().rev() {
                    self.asks.push_front(Ask::Dispute(dispute.dispute_id));
                }
                Ok(Vec::new())
            }
            Some(Ask::Dispute(_)) => {
                let raw: Box<RawValue> = json(answer)?;
                self.asks.pop_front();
                Ok(vec![polled(DISPUTES.name, raw.get())])
            }
        }
    }
}
