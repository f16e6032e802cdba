//! Answers kept under their request id, so that a repeated request changes nothing and is answered
//! with the same bytes, even after the object is gone (quickbooks.md §2, requestid).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, Result};
use crate::squeeze::{Squeezer, expand};

/// Stored answers of one company.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Replies {
    kept: BTreeMap<Box<str>, (i64, Box<[u8]>)>,
    #[serde(skip)]
    squeezer: Squeezer,
}

/// Checks a request id: at most 50 characters, 36 on a batch (2130).
pub(crate) fn check(id: &str, batch: bool) -> Result<()> {
    let most = if batch { 36 } else { 50 };
    if id.is_empty() || id.chars().count() > most { Err(Fault::request_id()) } else { Ok(()) }
}

/// The key of one batch item: request id and bId together (quickbooks.md §2).
pub(crate) fn item_key(request: &str, item: &str) -> String {
    format!("{request}\u{0}{item}")
}

impl Replies {
    /// The answer kept under a key, unless it is older than the retention.
    pub(crate) fn get(&self, key: &str, now_us: i64, seconds: Option<i64>) -> Option<Bytes> {
        let (at, body) = self.kept.get(key)?;
        let fresh = seconds.is_none_or(|s| now_us - at <= s.saturating_mul(1_000_000));
        fresh.then(|| Bytes::from(expand(body)))
    }

    pub(crate) fn keep(&mut self, key: &str, now_us: i64, body: &str) {
        self.kept.insert(key.into(), (now_us, self.squeezer.squeeze(body.as_bytes())));
    }
}
