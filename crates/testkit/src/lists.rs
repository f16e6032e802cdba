//! A vendor's list API: requests judged, answers spoiled, and a driver that reads all of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use kernel::Timestamp;
use ports::{BoxFuture, Http, HttpFailure, PollFault, Polled, Poller, Window};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most requests by which one list is read.
const REQUESTS_MAX: u32 = 10_000;

/// A request, taken apart.
pub struct Asked<'r> {
    /// The whole of it.
    pub request: &'r Request<Bytes>,
    /// Host, path and parameters.
    pub host: &'r str,
    /// The path.
    pub path: &'r str,
    query: BTreeMap<String, String>,
}

impl<'r> Asked<'r> {
    fn of(request: &'r Request<Bytes>) -> Self {
        let uri = request.uri();
        let pairs = uri.query().unwrap_or_default().split('&').filter(|p| !p.is_empty());
        let query = pairs
            .map(|p| p.split_once('=').unwrap_or((p, "")))
            .map(|(n, v)| (decoded(n), decoded(v)))
            .collect();
        Self { request, host: uri.host().unwrap_or_default(), path: uri.path(), query }
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn get(&self, name: &str) -> Result<&str, String> {
        let found = self.query.get(name).map(String::as_str);
        found.ok_or_else(|| format!("{} without `{name}`", self.path))
    }

    /// A parameter that may be left out.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A number that must be there.
    ///
    /// # Errors
    /// When it is not, or none.
    pub fn number(&self, name: &str) -> Result<usize, String> {
        self.get(name)?.parse().map_err(|_| format!("`{name}` is no number"))
    }

    /// A moment that must be there, as RFC 3339.
    ///
    /// # Errors
    /// When it is not, or none.
    pub fn moment(&self, name: &str) -> Result<i64, String> {
        let text = self.get(name)?;
        Timestamp::parse(text).map(Timestamp::seconds).map_err(|e| format!("`{name}`: {e}"))
    }

    /// Refuses parameters that the vendor does not know.
    ///
    /// # Errors
    /// When there are any.
    pub fn only(&self, allowed: &[&str]) -> Result<(), String> {
        match self.query.keys().find(|name| !allowed.contains(&name.as_str())) {
            Some(strange) => Err(format!("{} knows no `{strange}`", self.path)),
            None => Ok(()),
        }
    }

    /// Refuses a parameter of another value.
    ///
    /// # Errors
    /// When it has one.
    pub fn is(&self, name: &str, value: &str) -> Result<(), String> {
        let found = self.get(name)?;
        if found == value { Ok(()) } else { Err(format!("`{name}` is `{found}`, not `{value}`")) }
    }

    /// A header as text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        let digit = |b: Option<u8>| char::from(b.unwrap_or(b'0')).to_digit(16).unwrap_or(0);
        bytes.push(match b {
            b'%' => u8::try_from(digit(rest.next()) * 16 + digit(rest.next())).unwrap_or(b'?'),
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The list API of one vendor.
pub trait Vendor: Send + Sync {
    /// Answers a request.
    ///
    /// # Errors
    /// When the vendor would refuse it: the poller asks wrongly.
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String>;
    /// Ends every token that was granted.
    fn end_tokens(&self) {}
}

/// An answer with a body.
pub fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}

/// An answer with headers.
pub fn with(mut answer: Response<Bytes>, headers: &[(&'static str, String)]) -> Response<Bytes> {
    let map: &mut HeaderMap = answer.headers_mut();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            map.insert(*name, value);
        }
    }
    answer
}

/// A vendor on the network.
pub struct Lists {
    vendor: Box<dyn Vendor>,
    /// State of the dice that spoil answers; 0 spoils none.
    dice: AtomicU64,
    wrong: Mutex<Vec<String>>,
    asked: AtomicU64,
}

impl Lists {
    /// `vendor`, always well.
    pub fn new(vendor: impl Vendor + 'static) -> Self {
        Self {
            vendor: Box::new(vendor),
            dice: AtomicU64::new(0),
            wrong: Mutex::default(),
            asked: AtomicU64::new(0),
        }
    }

    /// From now on one request in three is answered badly in some way.
    pub fn spoil(&self, seed: u64) {
        self.dice.store(seed | 1, Ordering::Relaxed);
    }

    /// What the vendor would have refused.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests there were.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn throw(&self) -> u64 {
        let mut x = self.dice.load(Ordering::Relaxed);
        if x == 0 {
            return u64::MAX;
        }
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.dice.store(x, Ordering::Relaxed);
        (x >> 33) % 15
    }

    /// The answer to a request; `None` is none at all.
    pub fn ask(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let asked = Asked::of(request);
        let thrown = self.throw();
        match thrown {
            0 => return Some(with(answer(429, "slow down"), &[("retry-after", "2.0".into())])),
            1 => return Some(answer(503, "try again")),
            2 => return None,
            3 => self.vendor.end_tokens(),
            _ => {}
        }
        let mut good = self.vendor.answer(&asked).unwrap_or_else(|wrong| {
            self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(wrong.clone());
            answer(400, wrong)
        });
        // What is no JSON says by itself how long it is.
        if thrown == 4 && matches!(good.body().first(), Some(b'{' | b'[')) {
            let half = good.body().len() / 2;
            good.body_mut().truncate(half);
        }
        Some(good)
    }
}

impl Http for Lists {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            self.ask(&request).ok_or_else(|| HttpFailure::Unknown("no answer".to_owned()))
        })
    }
}

/// Everything that `poller` reads of `window`, stream by stream, whatever fails on the way.
///
/// # Panics
/// When the vendor lets nobody in, or there is no end.
pub fn read(poller: &dyn Poller, lists: &Lists, window: Window) -> Vec<Polled> {
    let mut all = Vec::new();
    for stream in poller.streams() {
        let run = poller.resume(stream, window, "");
        let mut run = run.unwrap_or_else(|e| panic!("{}: {e}", stream.name));
        let mut requests = 0;
        while let Some(request) = run.ask() {
            requests += 1;
            assert!(requests < REQUESTS_MAX, "{} has no end", stream.name);
            let Some(answer) = lists.ask(&request) else { continue };
            match run.take(&answer) {
                Ok(polled) => all.extend(polled),
                Err(PollFault::Throttled { wait_s }) => assert!(wait_s > 0),
                Err(PollFault::Failed(_)) => {}
                Err(PollFault::Denied(why)) => panic!("{}: {why}", stream.name),
            }
        }
    }
    all
}
