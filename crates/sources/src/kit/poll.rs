//! What every poller needs: answers judged by their status, lists cut into their objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, LINK, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use kernel::Timestamp;
use ports::{PollFault, Polled};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Says of a delivery by which stream it was fetched.
pub const POLLED_HEADER: &str = "tieout-polled";
/// Pause after too many requests where the vendor names none, seconds.
const WAIT_S: i64 = 10;
/// Longest pause a vendor may ask for, seconds.
const WAIT_MAX_S: i64 = 3_600;
/// Most of an error answer that is told, characters.
const TOLD: usize = 200;

/// A request with a secret in one header.
pub fn get(uri: &Uri, name: &'static str, secret: &HeaderValue) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(name, secret.clone());
    request
}

/// The value of the header that opens the door.
///
/// # Errors
/// When the secret holds what a header cannot carry.
pub fn credential(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| "the token holds signs that no token has".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The value of `Authorization` by name and password.
///
/// # Errors
/// When they hold what no header can carry.
pub fn basic(name: &str, password: &str) -> Result<HeaderValue, String> {
    credential(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

/// `text` as a value in an address or a form: everything but letters, digits and `-._~` escaped.
pub fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// A moment to the second, the part of a second cut off: `2026-03-01T00:00:00Z`.
pub fn second(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_string()
}

/// Whether an id may stand in an address: letters, digits and `-_.` only.
pub fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=255).contains(&id.len()) && id.bytes().all(plain) && !id.bytes().all(|b| b == b'.')
}

/// Whether `uri` lies at `base`, an address without a slash at the end: a credential is sent
/// nowhere else.
pub fn is_at(uri: &Uri, base: &str) -> bool {
    let rest = uri.to_string();
    rest.strip_prefix(base).is_some_and(|rest| rest.starts_with(['/', '?']))
}

/// An address.
///
/// # Errors
/// When it is none.
pub fn address(text: &str) -> Result<Uri, PollFault> {
    Uri::try_from(text).map_err(|e| PollFault::Failed(format!("an address that is none: {e}")))
}

/// Whether the answer is one: its status says so.
///
/// # Errors
/// For every status but 2xx. The text of the vendor is told in part; it names no amounts.
pub fn check(answer: &Response<Bytes>) -> Result<(), PollFault> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(answer.body());
    let told: String = text.chars().filter(|c| !c.is_control()).take(TOLD).collect();
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let asked = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
            // Shopify writes `2.0`.
            let whole = asked.and_then(|v| v.trim().split('.').next()?.parse::<i64>().ok());
            let wait_s = whole.map_or(WAIT_S, |s| s.saturating_add(1)).clamp(1, WAIT_MAX_S);
            PollFault::Throttled { wait_s }
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => PollFault::Denied(format!(
            "the vendor answers {status}: {told}; see whether the token is valid and may read this"
        )),
        _ => PollFault::Failed(format!("the vendor answers {status}: {told}")),
    })
}

/// The address of the next page in a `Link` header, when it leads to the same host: a token is
/// never sent elsewhere.
///
/// # Errors
/// When it leads to another host.
pub fn next_page(answer: &Response<Bytes>, base: &str) -> Result<Option<Uri>, PollFault> {
    let links = answer.headers().get_all(LINK).iter().filter_map(|v| v.to_str().ok());
    let next = links.flat_map(|text| text.split(',')).find_map(|link| {
        let (uri, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"next\"").then(|| uri.to_owned())
    });
    match next {
        Some(uri) if !uri.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')) => {
            Err(PollFault::Failed(format!("the next page is not at {base}: the link is refused")))
        }
        Some(uri) => address(&uri).map(Some),
        None => Ok(None),
    }
}

/// Reads a JSON answer.
///
/// # Errors
/// When it is none, with the place and never the content.
pub fn json<T: DeserializeOwned>(answer: &Response<Bytes>) -> Result<T, PollFault> {
    serde_json::from_slice(answer.body()).map_err(|e| {
        PollFault::Failed(format!(
            "the answer is not what the vendor documents, line {} column {}",
            e.line(),
            e.column()
        ))
    })
}

/// The objects of a list that the answer wraps under `name`, byte for byte.
///
/// # Errors
/// When there is no such list.
pub fn objects(answer: &Response<Bytes>, name: &str) -> Result<Vec<Box<RawValue>>, PollFault> {
    let mut wrapped: BTreeMap<String, Box<RawValue>> = json(answer)?;
    let list = wrapped.remove(name).and_then(|raw| serde_json::from_str(raw.get()).ok());
    list.ok_or_else(|| PollFault::Failed(format!("the answer holds no list `{name}`")))
}

/// A fetched delivery of `stream`.
pub fn polled(stream: &str, body: &str) -> Polled {
    Polled {
        headers: vec![(POLLED_HEADER.to_owned(), stream.to_owned())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// Fetched bytes of `stream` that are no JSON.
pub fn polled_bytes(stream: &str, body: &Bytes) -> Polled {
    Polled { headers: vec![(POLLED_HEADER.to_owned(), stream.to_owned())], body: body.clone() }
}

/// The texts of `list` as one JSON array.
pub fn join(list: &[Box<RawValue>]) -> String {
    let texts: Vec<&str> = list.iter().map(|raw| raw.get()).collect();
    format!("[{}]", texts.join(","))
}
