//! The table of plans.

use book::{Known, Stage, Step, plan};
use kernel::{BusinessKey, Closing, Currency, Document, DocumentKind, DocumentLink, ReasonCode};

fn document(key: &str, memo: &str) -> Document {
    Document {
        key: BusinessKey::new(key),
        kind: DocumentKind::SalesReceipt,
        date: "2026-01-31".parse().expect("a date"),
        currency: Currency::USD,
        rate: None,
        number: None,
        customer: None,
        location: None,
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

fn receipt(date: &str, minor: i64) -> Document {
    let line = |account: &str, amount_minor| kernel::DocumentLine {
        item: Some(account.to_owned()),
        account: account.to_owned(),
        description: String::new(),
        quantity: None,
        unit_price: None,
        amount_minor,
        customer: None,
        class: None,
        location: None,
    };
    let date = date.parse().expect("a date");
    let lines = vec![line("Sales", minor)];
    Document { date, lines, total_minor: minor, ..document("a", "Order 1") }
}

fn stands(document: Document, stage: Stage) -> Known {
    Known { document, stage, voided: false }
}

/// Key, date, memo, and the movement of `Sales` (credit negative).
fn short(documents: &[Document]) -> Vec<String> {
    let sales = |d: &Document| -> i64 {
        d.postings().iter().filter(|p| p.account == "Sales").map(|p| p.amount_minor).sum()
    };
    documents.iter().map(|d| format!("{} {} {:?} {}", d.key, d.date, d.memo, sales(d))).collect()
}

#[test]
fn a_document_of_another_currency_is_made_anew() {
    let euro = Document { currency: Currency::EUR, ..receipt("2026-02-20", 100) };
    let dollars = [receipt("2026-02-20", 108)];
    let known = stands(euro, Stage::Posted);
    let steps = |known: &Known| -> Vec<String> {
        plan(&dollars, std::slice::from_ref(known), Closing::default()).iter().map(name).collect()
    };
    assert_eq!(steps(&known), ["remove a"]);
    assert_eq!(steps(&Known { voided: true, ..known }), ["create a"]);
}

#[test]
fn what_is_closed_goes_to_the_first_open_day_and_stays_there() {
    let january = closed_until("2026-01-31");
    let new = book::into_open_days(vec![receipt("2026-01-20", 100)], &[], january);
    let moved = ["a 2026-02-01 \"Order 1 (of 2026-01-20)\" -100"];
    assert_eq!(short(&new), moved);
    // Once it stands there, closing February too does not move it again.
    let known = [stands(new[0].clone(), Stage::Posted)];
    for closing in [january, closed_until("2026-02-28"), Closing::default()] {
        let again = book::into_open_days(vec![receipt("2026-01-20", 100)], &known, closing);
        if closing != Closing::default() {
            assert_eq!(short(&again), moved, "{closing:?}");
            assert!(plan(&again, &known, closing).iter().all(|s| matches!(s, Step::Keep(_))));
        }
    }
    // What is not closed is left alone.
    let open = book::into_open_days(vec![receipt("2026-02-20", 100)], &[], january);
    assert_eq!(short(&open), ["a 2026-02-20 \"Order 1\" -100"]);
}

#[test]
fn what_stands_in_closed_books_is_corrected_on_the_first_open_day() {
    let january = closed_until("2026-01-31");
    let february = closed_until("2026-02-28");
    let sale = |minor| receipt("2026-01-20", minor);
    let mut known = vec![stands(sale(100), Stage::Posted)];
    let first = book::into_open_days(vec![sale(80)], &known, january);
    let original = "a 2026-01-20 \"Order 1\" -100";
    let correction = "a/correction/1 2026-02-01 \"Correction of Order 1, dated 2026-01-20\" 20";
    assert_eq!(short(&first), [original, correction]);
    let steps: Vec<String> = plan(&first, &known, january).iter().map(name).collect();
    assert_eq!(steps, ["keep a", "create a/correction/1"]);
    known.push(stands(first[1].clone(), Stage::Posted));
    // Changed once more while the correction is open: it is written anew.
    let again = book::into_open_days(vec![sale(70)], &known, january);
    assert_eq!(short(&again)[1], correction.replace("\" 20", "\" 30"));
    // Changed once more when it is closed too: a second one says the rest.
    let later = book::into_open_days(vec![sale(70)], &known, february);
    let second = "a/correction/2 2026-03-01 \"Correction of Order 1, dated 2026-01-20\" 10";
    assert_eq!(short(&later), [original, correction, second]);
    // Back to what it was, or taken away altogether.
    let back = book::into_open_days(vec![sale(100)], &known, february);
    assert_eq!(short(&back)[2], second.replace("\" 10", "\" -20"));
    let gone = book::into_open_days(Vec::new(), &known, february);
    assert_eq!(short(&gone)[2], second.replace("\" 10", "\" 80"));
    // Nothing changed: nothing is new.
    let same = book::into_open_days(vec![sale(80)], &known, february);
    assert_eq!(short(&same), [original, correction]);
    let steps: Vec<String> = plan(&same, &known, february).iter().map(name).collect();
    assert_eq!(steps, ["keep a", "keep a/correction/1"]);
}
