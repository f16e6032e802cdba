//! From a fault of QuickBooks to what the engine does about it.

mod catalogue;

use crate::wire_in::FaultBody;
use kernel::ReasonCode;
use ports::{FaultClass, TargetFault};

pub use catalogue::{CATALOGUE, Ending, Entry, entry};

/// Longest raw fault kept, bytes. Details can hold whole property lists (quickbooks.md §2, 2010).
const RAW_BYTES_MAX: usize = 16 * 1024;

/// A fault as read: what to do and the record of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) ending: Ending,
    pub(crate) fault: TargetFault,
}

/// Judges the raw JSON of a `Fault` object. `tid` is the `intuit_tid` of the answer: the only
/// handle Intuit's support accepts (quickbooks.md §2).
pub(crate) fn judge(raw_fault: &str, tid: &str) -> Verdict {
    let errors = FaultBody::read(raw_fault).map(|body| body.errors).unwrap_or_default();
    let judged = errors.iter().map(|e| {
        let found = refine(entry(&e.code), &e.code, &e.message, &e.detail);
        (found, e)
    });
    // With several errors the one that leaves most doubt decides.
    let Some((found, error)) = judged.min_by_key(|(found, _)| doubt(found)) else {
        return Verdict {
            ending: Ending::Refused,
            fault: TargetFault {
                upstream: "unknown".to_owned(),
                code: ReasonCode::BusinessValidation,
                class: FaultClass::Structural,
                summary: with_tid("QuickBooks refused without naming an error", tid),
                raw: bounded(raw_fault),
                conflicting_id: None,
            },
        };
    };
    let names_another = matches!(found.code, ReasonCode::DocumentNumberUsed | ReasonCode::NameUsed);
    Verdict {
        ending: found.ending,
        fault: TargetFault {
            upstream: plain(&error.code).unwrap_or("unknown").to_owned(),
            code: found.code,
            class: found.class,
            summary: with_tid(found.summary, tid),
            raw: bounded(raw_fault),
            conflicting_id: if names_another { conflicting_id(&error.detail) } else { None },
        },
    }
}

/// A code as codes are: it is shown in logs, so it may be nothing else.
fn plain(code: &str) -> Option<&str> {
    let is_code = (1..=16).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_code.then_some(code)
}

/// Two codes mean different things by their text (quickbooks.md §7).
fn refine(found: Entry, code: &str, message: &str, detail: &str) -> Entry {
    match code {
        // The object may exist all the same (quickbooks.md §9.28).
        "6000" if detail.contains("-30003") => Entry {
            class: FaultClass::Ambiguous,
            code: ReasonCode::OutcomeUnknown,
            summary: "unexpected internal error (-30003); the object may have been written",
            ..found
        },
        // One user met a closed period under the code of stale objects.
        "5010" if message.contains("Period Closed") || detail.contains("period has closed") => {
            Entry {
                class: FaultClass::Structural,
                code: ReasonCode::LedgerPeriodClosed,
                summary: "the books are closed for the date of this entry",
                ..found
            }
        }
        _ => found,
    }
}

fn doubt(found: &Entry) -> u8 {
    match (found.ending, found.class) {
        (Ending::Unknown, _) => 0,
        (Ending::Throttled, _) => 1,
        (Ending::Disconnected, _) => 2,
        (Ending::Refused, FaultClass::Ambiguous) => 3,
        (Ending::Refused, _) => 4,
    }
}

/// The digits after `TxnId=` or, for names, `Id=` in the text of 6140 and 6240.
fn conflicting_id(detail: &str) -> Option<String> {
    let at = detail.find("TxnId=").map(|i| i + 6).or_else(|| detail.find("Id=").map(|i| i + 3))?;
    let digits: String = detail[at..].chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// A refusal that Tieout itself makes before anything is sent.
pub(crate) fn local(code: ReasonCode, summary: impl Into<String>) -> TargetFault {
    let summary = summary.into();
    TargetFault {
        upstream: "not sent".to_owned(),
        code,
        class: FaultClass::Structural,
        raw: summary.clone(),
        summary,
        conflicting_id: None,
    }
}

/// The connection needs a person.
pub(crate) fn disconnected(upstream: &str, summary: &str, raw: &str, tid: &str) -> TargetFault {
    TargetFault {
        upstream: upstream.to_owned(),
        code: ReasonCode::AuthorisationRevoked,
        class: FaultClass::Structural,
        summary: with_tid(summary, tid),
        raw: bounded(raw),
        conflicting_id: None,
    }
}

/// Adds the tracing id when there is one.
pub(crate) fn with_tid(text: &str, tid: &str) -> String {
    if tid.is_empty() { text.to_owned() } else { format!("{text} (intuit_tid {tid})") }
}

fn bounded(raw: &str) -> String {
    let mut end = raw.len().min(RAW_BYTES_MAX);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw[..end].to_owned()
}
