//! One file per vendor.

pub mod adyen;
pub mod amazon;
pub mod bigcommerce;
pub mod paypal;
pub mod square;
pub mod woocommerce;

use crate::Lists;
use bytes::Bytes;
use kernel::Timestamp;
use ports::{RawDelivery, Window};
use std::sync::Mutex;
use std::sync::PoisonError;

/// What one vendor tells of a month.
pub struct Month {
    /// What it delivers by webhook, in order, unsigned.
    pub webhooks: Vec<RawDelivery>,
    /// Its lists when all of it has happened.
    pub lists: Lists,
}

/// The month: March 2026.
pub const MARCH: Window =
    Window { since: Timestamp(1_772_323_200_000_000), until: Timestamp(1_775_001_600_000_000) };

/// The moment of happening `n`: some hours after the one before.
fn at(n: u32) -> Timestamp {
    Timestamp(MARCH.since.0).plus_seconds(i64::from(n) * 17_041 + 3_600)
}

fn webhook(headers: &[(&str, &str)], body: String, received_at: Timestamp) -> RawDelivery {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    RawDelivery { headers, body: Bytes::from(body), received_at }
}

/// A page of what is listed.
fn page<T: AsRef<str>>(all: &[T], from: usize, size: usize) -> String {
    let texts: Vec<&str> = all.iter().skip(from).take(size).map(AsRef::as_ref).collect();
    texts.join(",")
}

/// Tokens that are granted one after the other; only the last is good.
#[derive(Default)]
struct Tokens(Mutex<Last>);

#[derive(Default)]
struct Last {
    number: u32,
    is_good: bool,
    is_used: bool,
}

impl Tokens {
    fn grant(&self) -> String {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Last { number: last.number + 1, is_good: true, is_used: false };
        format!("token-{}", last.number)
    }

    fn is_good(&self, token: &str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_used = true;
        last.is_good && token == format!("token-{}", last.number)
    }

    /// Ends the last one, unless it was just granted: no vendor takes back what it has just given.
    fn end(&self) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_good &= !last.is_used;
    }
}
