//! Faults: upper case from the API, lower case from the gateway (quickbooks.md §1, §7).

use super::text::Text;
use serde::Deserialize;

/// The content of `Fault` or `fault`.
#[derive(Debug, Deserialize)]
pub(crate) struct FaultBody<'a> {
    /// All errors of the fault.
    #[serde(borrow, default, rename = "Error", alias = "error")]
    pub(crate) errors: Vec<ErrorBody<'a>>,
}

/// One error. `message` is localised; only `code` is compared (quickbooks.md §7).
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorBody<'a> {
    #[serde(borrow, default)]
    pub(crate) code: Text<'a>,
    #[serde(borrow, default, rename = "Message", alias = "message", deserialize_with = "nullable")]
    pub(crate) message: Text<'a>,
    /// Holds names and amounts: never logged (quickbooks.md §1).
    #[serde(borrow, default, rename = "Detail", alias = "detail", deserialize_with = "nullable")]
    pub(crate) detail: Text<'a>,
}

fn nullable<'de: 'a, 'a, D: serde::Deserializer<'de>>(d: D) -> Result<Text<'a>, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

impl<'a> FaultBody<'a> {
    /// Reads the raw JSON of a fault; `None` when it has another shape. Leading zeros of codes
    /// (`003001`) are dropped.
    pub(crate) fn read(raw: &'a str) -> Option<Self> {
        let mut body: Self = serde_json::from_str(raw).ok()?;
        for error in &mut body.errors {
            let trimmed = error.code.trim_start_matches('0');
            if trimmed.len() != error.code.len() {
                error.code = Text(trimmed.to_owned().into());
            }
        }
        Some(body)
    }
}
