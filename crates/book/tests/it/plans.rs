//! The table of plans.

use book::{Known, Stage, Step, plan};
use kernel::{BusinessKey, Closing, Currency, Document, DocumentKind, DocumentLink, ReasonCode};

fn document(key: &str, memo: &str) -> Document {
    Document {
        key: BusinessKey::new(key),
        kind: DocumentKind::SalesReceipt,
        date: "2026-01-31".parse().expect("a date"),
        currency: Currency::USD,
        number: None,
        customer: None,
        lines: Vec::new(),
        account: "Bank".to_owned(),
        counter_account: None,
        links: Vec::new(),
        memo: memo.to_owned(),
        total_minor: 0,
    }
}

/// Books closed in the ledger.
fn closed_until(date: &str) -> Closing {
    Closing { ledger: Some(date.parse().expect("a date")), ours: None }
}

/// A step without its content.
fn name(step: &Step) -> String {
    let word = match step {
        Step::Keep(_) => "keep",
        Step::Create(_) => "create",
        Step::Replace(_) => "replace",
        Step::Update(_) => "update",
        Step::Remove(_) => "remove",
        Step::Drop(_) => "drop",
        Step::Wait(_) => "wait",
        Step::Hold { code: ReasonCode::LedgerPeriodClosed, .. } => "hold",
        Step::Hold { code: ReasonCode::OurPeriodLocked, .. } => "hold for our lock",
        Step::Hold { .. } => "hold for another reason",
    };
    format!("{word} {}", step.key())
}

#[test]
fn one_document_against_everything_that_may_be_known_of_it() {
    let open = Closing::default();
    let closed = closed_until("2026-01-31");
    let before = closed_until("2026-01-30");
    let locked = Closing { ours: closed.ledger, ledger: before.ledger };
    use Stage::{InFlight, NotSent, Posted, Refused};
    let same = ("new", false);
    let other = ("old", false);
    let voided = ("old", true);
    let rows = [
        // wanted, known (memo, voided) and stage, closed until, step
        (true, None, open, "create a"),
        (true, None, before, "create a"),
        (true, None, closed, "hold a"),
        (true, None, locked, "hold for our lock a"),
        (true, Some((same, NotSent)), open, "keep a"),
        (true, Some((same, InFlight)), closed, "keep a"),
        (true, Some((same, Refused)), open, "keep a"),
        (true, Some((same, Posted)), closed, "keep a"),
        (true, Some((other, NotSent)), open, "replace a"),
        (true, Some((other, NotSent)), closed, "replace a"),
        (true, Some((other, Refused)), open, "replace a"),
        (true, Some((other, InFlight)), open, "wait a"),
        (true, Some((other, InFlight)), closed, "wait a"),
        (true, Some((other, Posted)), open, "update a"),
        (true, Some((other, Posted)), before, "update a"),
        (true, Some((other, Posted)), closed, "hold a"),
        (true, Some((other, Posted)), locked, "hold for our lock a"),
        (true, Some((voided, Posted)), open, "create a"),
        (true, Some((voided, Posted)), closed, "hold a"),
        (false, Some((other, NotSent)), open, "drop a"),
        (false, Some((other, Refused)), closed, "drop a"),
        (false, Some((other, InFlight)), open, "wait a"),
        (false, Some((other, Posted)), open, "remove a"),
        (false, Some((other, Posted)), closed, "hold a"),
        (false, Some((other, Posted)), locked, "hold for our lock a"),
        (false, Some((voided, Posted)), closed, ""),
    ];
    for (wanted, known, closing, expected) in rows {
        let desired = if wanted { vec![document("a", "new")] } else { Vec::new() };
        let known: Vec<Known> = known
            .into_iter()
            .map(|((memo, voided), stage)| Known { document: document("a", memo), stage, voided })
            .collect();
        let steps: Vec<String> = plan(&desired, &known, closing).iter().map(name).collect();
        assert_eq!(steps.join(", "), expected, "{desired:?} {known:?} {closing:?}");
    }
}

#[test]
fn a_document_moved_out_of_a_closed_period_is_held_too() {
    let mut moved = document("a", "new");
    moved.date = "2026-02-01".parse().unwrap();
    let known = Known { document: document("a", "old"), stage: Stage::Posted, voided: false };
    let steps = plan(&[moved], &[known], closed_until("2026-01-31"));
    assert_eq!(steps.iter().map(name).collect::<Vec<_>>(), ["hold a"]);
}

#[test]
fn another_kind_under_one_key_is_removed_before_it_is_made_anew() {
    let open = Closing::default();
    let mut other = document("a", "new");
    other.kind = DocumentKind::Invoice;
    let mut known = Known { document: document("a", "new"), stage: Stage::Posted, voided: false };
    let first = plan(std::slice::from_ref(&other), std::slice::from_ref(&known), open);
    assert_eq!(first.iter().map(name).collect::<Vec<_>>(), ["remove a"]);
    known.voided = true;
    let second = plan(&[other], &[known], open);
    assert_eq!(second.iter().map(name).collect::<Vec<_>>(), ["create a"]);
}

/// A receipt that becomes an invoice and a payment, and back.
#[test]
fn removals_come_first_and_what_settles_goes_before_what_it_settles() {
    let invoice = document("invoice", "");
    let mut payment = document("payment", "");
    payment.links = vec![DocumentLink { to: invoice.key.clone(), amount_minor: 1 }];
    let posted = |document: &Document| Known {
        document: document.clone(),
        stage: Stage::Posted,
        voided: false,
    };
    let receipt = document("receipt", "");
    let desired = [invoice.clone(), payment.clone()];
    let there = plan(&desired, &[posted(&receipt)], Closing::default());
    let names: Vec<String> = there.iter().map(name).collect();
    assert_eq!(names, ["remove receipt", "create invoice", "create payment"]);
    let back = plan(&[receipt], &[posted(&invoice), posted(&payment)], Closing::default());
    let names: Vec<String> = back.iter().map(name).collect();
    assert_eq!(names, ["remove payment", "remove invoice", "create receipt"]);
}
