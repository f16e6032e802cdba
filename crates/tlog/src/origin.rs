//! The name of a log.

use std::fmt;

/// Longest origin in bytes; keeps the entry header small beside the 65,535 bytes of an entry.
pub const ORIGIN_BYTES_MAX: usize = 255;

/// The unique name of a log, such as `books.example.com/t/01k2v9`: first line of its checkpoints,
/// second word of each of its entries.
///
/// A schema-less URL is recommended, and a tenant is named by an opaque id so that one tenant
/// learns nothing about another (audit-and-close.md §1.2, §2.3). Refused are spaces and control
/// characters of any script, which would blur the fields of an entry, and `+`, which a signed
/// note does not allow in the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<Self, OriginError> {
        let name = name.into();
        check(&name)?;
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn check(name: &str) -> Result<(), OriginError> {
    if name.is_empty() {
        return Err(OriginError::Empty);
    }
    if name.len() > ORIGIN_BYTES_MAX {
        return Err(OriginError::TooLong { len: name.len() });
    }
    match name.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '+') {
        Some(found) => Err(OriginError::Forbidden { found }),
        None => Ok(()),
    }
}

/// A text that cannot name a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// There is no text.
    #[error("the origin is empty: name the log, for example books.example.com/t/01k2v9")]
    Empty,
    /// The text is longer than [`ORIGIN_BYTES_MAX`].
    #[error("the origin has {len} bytes, at most {ORIGIN_BYTES_MAX} fit: choose a shorter name")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The text has a space, a control character or `+`.
    #[error("the origin contains {found:?}: spaces, control characters and + are not allowed")]
    Forbidden {
        /// The first such character.
        found: char,
    },
}
