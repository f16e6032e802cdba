//! The log of what changed the company, and how to read it back.
//!
//! A record is `length: u32 LE`, `checksum: u64 LE` (FNV-1a over the payload), payload. A payload is
//! `now: i64 LE` and six parts, each `length: u32 LE` and bytes: method, address, authorization,
//! whether the hard expiry was asked for, body, type of the body. Reading stops at the first record that is cut or
//! damaged.

use bytes::Bytes;
use http::{Method, Request};

use crate::faults::{HASH_START, hash};

/// One logged event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub now_us: i64,
    /// An HTTP method, or the name of an event that is not a request.
    pub method: String,
    pub uri: String,
    pub authorization: String,
    pub hard_expiry: bool,
    pub body: Bytes,
    /// Type of the body where it is not JSON.
    pub content: String,
}

impl Record {
    pub(crate) fn of_request(req: &Request<Bytes>, now_us: i64) -> Self {
        let text = |name: &str| {
            req.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        Self {
            now_us,
            method: req.method().as_str().to_owned(),
            uri: req.uri().to_string(),
            authorization: text("authorization"),
            hard_expiry: text("x-include-refresh-token-hard-expires-in") == "true",
            body: req.body().clone(),
            content: Some(text("content-type"))
                .filter(|c| !c.contains("/json"))
                .unwrap_or_default(),
        }
    }

    /// An event that is not a request.
    pub(crate) fn of_event(name: &str, detail: &str, body: String, now_us: i64) -> Self {
        Self {
            now_us,
            method: name.to_owned(),
            uri: detail.to_owned(),
            authorization: String::new(),
            hard_expiry: false,
            body: body.into(),
            content: String::new(),
        }
    }

    /// The request again; none when the record is an event of another kind.
    pub(crate) fn request(&self) -> Option<Request<Bytes>> {
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let mut builder = Request::builder().method(method).uri(&self.uri);
        if !self.authorization.is_empty() {
            builder = builder.header("authorization", &self.authorization);
        }
        if self.hard_expiry {
            builder = builder.header("x-include-refresh-token-hard-expires-in", "true");
        }
        if !self.content.is_empty() {
            builder = builder.header("content-type", &self.content);
        }
        builder.body(self.body.clone()).ok()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let flag: &[u8] = if self.hard_expiry { b"1" } else { b"" };
        let parts: [&[u8]; 6] = [
            self.method.as_bytes(),
            self.uri.as_bytes(),
            self.authorization.as_bytes(),
            flag,
            &self.body,
            self.content.as_bytes(),
        ];
        let length = 8 + parts.iter().map(|p| 4 + p.len()).sum::<usize>();
        let mut out = Vec::with_capacity(12 + length);
        out.extend(length32(length));
        out.extend([0; 8]);
        out.extend(self.now_us.to_le_bytes());
        for part in parts {
            out.extend(length32(part.len()));
            out.extend(part);
        }
        let checksum = hash(HASH_START, &out[12..]);
        out[4..12].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// The first record of a log and its length; none when it is cut or damaged.
    pub(crate) fn decode(log: &[u8]) -> Option<(Self, usize)> {
        let (length, rest) = take32(log)?;
        let checksum = u64::from_le_bytes(rest.get(..8)?.try_into().ok()?);
        let payload = rest.get(8..8_usize.checked_add(length)?)?;
        if hash(HASH_START, payload) != checksum {
            return None;
        }
        let now_us = i64::from_le_bytes(payload.get(..8)?.try_into().ok()?);
        let mut at = &payload[8..];
        let mut part = || {
            let (length, rest) = take32(at)?;
            let bytes = rest.get(..length)?;
            at = &rest[length..];
            Some(bytes)
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let record = Self {
            now_us,
            method: text(part()?)?,
            uri: text(part()?)?,
            authorization: text(part()?)?,
            hard_expiry: part()? == b"1",
            body: Bytes::copy_from_slice(part()?),
            // Logs of earlier versions end here.
            content: part().map_or(Some(String::new()), text)?,
        };
        Some((record, 12 + length))
    }
}

fn length32(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Whether the end of a log is one record cut short, as a process leaves it that was killed while it
/// wrote, and not damage.
pub fn is_torn(tail: &[u8]) -> bool {
    let whole = take32(tail).and_then(|(length, _)| length.checked_add(12));
    whole.is_none_or(|whole| tail.len() < whole)
}

fn take32(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    Some((usize::try_from(length).ok()?, &bytes[4..]))
}
