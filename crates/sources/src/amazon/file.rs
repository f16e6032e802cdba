//! From bytes to a table: gzip, encoding, and which of the two flat files it is.

use super::MANIFEST;
use crate::kit::{Parsed, malformed};
use flate2::read::MultiGzDecoder;
use ports::RawDelivery;
use std::borrow::Cow;
use std::io::Read;

/// Most bytes of text, also after decompression.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// The text of a delivery.
pub fn text(delivery: &RawDelivery) -> Parsed<Cow<'_, str>> {
    read(&delivery.body)
}

/// The text of a file: gzip undone; UTF-8, or Latin-1 as some marketplaces write it
/// (sources-and-cases.md A8). Every sequence of bytes is some Latin-1 text.
pub fn read(body: &[u8]) -> Parsed<Cow<'_, str>> {
    if body.len() > MANIFEST.body_bytes_max {
        let detail = format!("{} bytes; at most {}", body.len(), MANIFEST.body_bytes_max);
        return Err(malformed("body", detail));
    }
    let bytes = if body.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let read = MultiGzDecoder::new(body).take(TEXT_BYTES_MAX + 1).read_to_end(&mut plain);
        read.map_err(|e| malformed("body", format!("the gzip cannot be undone: {e}")))?;
        if plain.len() as u64 > TEXT_BYTES_MAX {
            let detail = format!("more than {TEXT_BYTES_MAX} bytes of text; this is no settlement");
            return Err(malformed("body", detail));
        }
        Cow::Owned(plain)
    } else {
        Cow::Borrowed(body)
    };
    let text = match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
        },
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => e.as_bytes().iter().map(|b| char::from(*b)).collect(),
        }),
    };
    if text.trim().is_empty() {
        return Err(malformed("body", "the file is empty; download it again"));
    }
    Ok(text)
}

/// Whether a download is a table with columns, perhaps packed, whatever they are called: no error that a
/// server between us and the file calls a success, and not the half of a packed file.
pub fn is_whole_table(body: &[u8]) -> bool {
    read(body).is_ok_and(|text| {
        let head = trimmed(&text).lines().next().unwrap_or_default();
        is_table(&text) && !head.starts_with('<') && columns(head).len() > 1
    })
}

/// Whether the text is a table and no JSON.
pub fn is_table(text: &str) -> bool {
    !trimmed(text).starts_with(['{', '['])
}

/// The text without a mark of byte order.
pub fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim_start()
}

/// The flat files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 36 columns, several amounts in a row.
    V1,
    /// One amount in a row.
    V2,
    /// Neither.
    Unknown,
}

impl Format {
    /// By the names of the columns in the first line.
    pub fn of(text: &str) -> Self {
        Self::by(&columns(trimmed(text).lines().next().unwrap_or_default()))
    }

    /// By the names of the columns.
    pub fn by(names: &[&str]) -> Self {
        let has = |name: &str| names.iter().any(|n| is_named(n, name));
        match (has("settlement-id"), has("amount-type"), has("price-type")) {
            (true, true, _) => Self::V2,
            (true, _, true) => Self::V1,
            _ => Self::Unknown,
        }
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "settlement_v1",
            Self::V2 => "settlement_v2",
            Self::Unknown => "unknown",
        }
    }
}

/// Names of columns, as written.
pub fn columns(line: &str) -> Vec<&str> {
    line.split('\t').map(|name| name.trim().trim_matches('"')).collect()
}

/// Whether a column is the one called `wanted` (lower case with hyphens): marketplaces differ in case
/// and in what stands between words.
pub fn is_named(column: &str, wanted: &str) -> bool {
    let plain = |byte: u8| if byte == b' ' { b'-' } else { byte.to_ascii_lowercase() };
    column.len() == wanted.len() && column.bytes().map(plain).eq(wanted.bytes())
}
