//! What becomes of a document: the decisions of `engine::settle` and `engine::look`, without their
//! times and texts.

use crate::protocol::Protocol;
use crate::state::{Outcome, Row, RowState};

/// After a write: `engine::settle`.
pub fn after_write(protocol: &Protocol, row: Row, outcome: Outcome, repeated: bool) -> Row {
    let mut next = row;
    let doubted = repeated && protocol.doubt_stays && leaves_doubt(outcome);
    if doubted {
        next.state = RowState::Unknown;
        if matches!(outcome, Outcome::RefusedForGood | Outcome::Ambiguous) {
            next.call = None;
        }
        return next;
    }
    match outcome {
        Outcome::Applied(object) => {
            next.state = RowState::Posted;
            next.call = None;
            next.object = Some(object);
        }
        Outcome::NotSent | Outcome::RefusedForNow => {
            next.state = RowState::Ready;
            next.call = None;
        }
        Outcome::Throttled | Outcome::Unknown => next.state = RowState::Unknown,
        Outcome::Ambiguous => {
            next.state = RowState::Unknown;
            next.call = None;
        }
        Outcome::RefusedForGood => {
            // Refused outright: it never stood in the books.
            next.state = RowState::Held;
            next.call = None;
            next.sent = false;
        }
    }
    next
}

fn leaves_doubt(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::NotSent | Outcome::RefusedForGood | Outcome::RefusedForNow | Outcome::Ambiguous
    )
}

/// After a search: `engine::look::after_find`.
pub fn after_search(row: Row, found: &[u8]) -> Row {
    let mut next = Row { call: None, ..row };
    match found {
        [] => {
            next.state = RowState::Ready;
            next.sent = false;
            next.object = None;
        }
        [one] => {
            next.state = RowState::Verified;
            next.object = Some(*one);
        }
        _ => {
            next.state = RowState::Held;
            next.sent = true;
        }
    }
    next
}

/// After a reading by id: `engine::verify::after_verify`. What is not there as it should is a
/// person's.
pub fn after_read(row: Row, stands: bool) -> Row {
    Row { state: if stands { RowState::Verified } else { RowState::Held }, ..row }
}

/// A person retries: `engine::settle::let_go`. What may stand in the ledger is looked for first.
pub fn let_go(row: Row) -> Row {
    let doubted = row.object.is_none() && row.sent;
    let state = if doubted { RowState::Unknown } else { RowState::Ready };
    Row { state, call: None, ..row }
}
