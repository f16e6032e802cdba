//! What becomes of a document by what the ledger answered, where believing too soon would be wrong.
#![expect(clippy::unwrap_used, reason = "a fixture that breaks is a test that fails")]

use engine::{Limits, settle};
use kernel::{BusinessKey, ReasonCode, Reference, ReferenceKind, Timestamp};
use ports::{Act, ApplyOutcome, FaultClass, LedgerRef, TargetFault, TargetSubject};
use store::document::{DocRow, DocState};

fn row(act: Act, tries: i64) -> DocRow {
    let reference = Reference::Customer { name: "Ann".to_owned(), currency: None };
    assert_eq!(reference.key().kind, ReferenceKind::Customer);
    DocRow {
        key: BusinessKey::new("shopify:acme/order/1/receipt"),
        item: None,
        lane: "books".to_owned(),
        state: DocState::InFlight,
        act,
        subject: TargetSubject::Reference(reference),
        ledger: Some(LedgerRef { id: "7".to_owned(), version: "0".to_owned() }),
        ledger_total_minor: None,
        ledger_digest: None,
        ledger_rate: None,
        due_at: Timestamp(0),
        tries,
        generation: 1,
        call: None,
        sent_at: Some(Timestamp(0)),
        posted_at: None,
        verified_at: None,
        redo: false,
        reason: String::new(),
    }
}

fn gone() -> ApplyOutcome {
    ApplyOutcome::Refused(TargetFault {
        class: FaultClass::Structural,
        code: ReasonCode::from_code("REF-001").unwrap(),
        upstream: "610".to_owned(),
        summary: "Object Not Found".to_owned(),
        raw: String::new(),
        conflicting_id: None,
    })
}

#[test]
fn what_is_said_to_be_gone_is_read_before_it_counts_as_removed() {
    let limits = Limits::default();
    for act in [Act::Void, Act::Delete] {
        let settled = settle(&limits, &row(act, 0), &gone(), &[], false, Timestamp(1), 0);
        assert_eq!(settled.row.state, DocState::Stale);
        assert!(settled.row.ledger.is_some(), "it is read by its id");
        let last = row(act, limits.tries_max);
        let settled = settle(&limits, &last, &gone(), &[], false, Timestamp(1), 0);
        assert_eq!(settled.row.state, DocState::Quarantined);
        assert!(settled.raise.is_some(), "a person is told");
    }
}

#[test]
fn a_doubt_that_lasts_is_told_and_looked_into_further() {
    let limits = Limits::default();
    let unknown = ApplyOutcome::Unknown("HTTP 500".to_owned());
    let mut current = row(Act::Create, 0);
    let mut told = Vec::new();
    for tries in 1..=4 * limits.tries_max {
        let settled = settle(&limits, &current, &unknown, &[], false, Timestamp(1), 0);
        assert_eq!(settled.row.state, DocState::Unknown);
        if let Some(raise) = settled.raise {
            assert_eq!(raise.code, ReasonCode::OutcomeUnknown);
            assert!(raise.detail.contains("HTTP 500"), "{}", raise.detail);
            told.push(tries);
        }
        current = settled.row;
    }
    assert_eq!(told, [2 * limits.tries_max, 4 * limits.tries_max]);
}
