//! Ids: UUID version 7 made from a given moment and given randomness.

use crate::Timestamp;
use std::fmt;

/// A 16-byte UUIDv7. Grows with time, so that index pages fill in order (performance.md §3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// An id for something made at `now`, with 10 bytes of entropy.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        let millis = u64::try_from(now.0 / 1000).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &entropy).into_uuid().into_bytes())
    }

    /// Reads 16 stored bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The moment that was given when the id was made, to the millisecond.
    pub fn made_at(&self) -> Timestamp {
        let millis = self.0[..6].iter().fold(0_i64, |n, b| (n << 8) | i64::from(*b));
        Timestamp(millis.saturating_mul(1_000))
    }

    /// Thirty-two lower-case hexadecimal digits: fits QuickBooks' 36-byte request id for batches.
    pub fn simple(&self) -> String {
        uuid::Uuid::from_bytes(self.0).simple().to_string()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&uuid::Uuid::from_bytes(self.0), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Id {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        uuid::Uuid::parse_str(text)
            .map(|u| Self(u.into_bytes()))
            .map_err(|_| format!("`{text}` is not an id"))
    }
}
