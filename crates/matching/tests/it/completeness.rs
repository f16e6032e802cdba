//! What a source lists and what is known: a hole, a change and a word that is gone are seen, each
//! on its day and with its amount.

use kernel::fact::Cancellation;
use kernel::{
    BusinessDate, Currency, EconomicKey, EventTime, Fact, FactBody, Money, Payment, SourceName,
    Subject, SubjectKind, Timestamp,
};
use matching::{Day, Kind, Movement, Movements, completeness};

fn day(n: i32) -> BusinessDate {
    BusinessDate::from_days(20_500 + n)
}

fn fact(key: &str, version: i64, body: FactBody) -> Fact {
    Fact {
        source: SourceName::new("shopify:acme"),
        subject: Subject::new(SubjectKind::Sale, "shopify:acme/order/1"),
        key: EconomicKey::new(key),
        version,
        occurred_at: EventTime(Timestamp(0)),
        body,
    }
}

fn payment(minor: i64, on: i32) -> Payment {
    Payment {
        processor: "stripe".to_owned(),
        payment_id: "ch_1".to_owned(),
        amount_minor: minor,
        currency: Currency::USD,
        business_date: day(on),
        test: false,
    }
}

fn captured(key: &str, minor: i64, on: i32) -> Fact {
    fact(key, 0, FactBody::PaymentCaptured(payment(minor, on)))
}

fn moved(facts: &[Fact]) -> Vec<Movement> {
    let mut movements = Movements::default();
    for fact in facts {
        movements.add(fact);
    }
    movements.moved()
}

fn compare(listed: &[Fact], known: &[Fact]) -> Vec<Day> {
    completeness(&moved(listed), &moved(known), (day(0), day(9)), |_| true)
}

#[test]
fn what_is_on_both_sides_is_complete() {
    let facts = [captured("a", 100, 1), captured("b", 250, 1), captured("c", 7, 2)];
    let days = compare(&facts, &facts);
    assert!(days.iter().all(Day::is_complete));
    let sums: Vec<_> = days.iter().map(|d| (d.day, d.listed.count, d.known.total_minor)).collect();
    assert_eq!(sums, [(day(1), 2, 350), (day(2), 1, 7)]);
}

#[test]
fn a_hole_is_seen_on_its_day_with_its_amount() {
    let listed = [captured("a", 100, 1), captured("b", 250, 1), captured("c", -40, 1)];
    let days = compare(&listed, &listed[..1]);
    assert_eq!(days.len(), 1);
    let missing: Vec<&str> = days[0].missing.iter().map(|m| m.key.as_str()).collect();
    assert_eq!(missing, ["b", "c"]);
    assert_eq!(days[0].missing_amount(), Money::new(290, Currency::USD), "they do not make up");
    assert!(!days[0].is_complete());
    // The same totals hide nothing: what is missing is told by its id.
    let days = compare(&[captured("a", 100, 1)], &[captured("x", 100, 1)]);
    assert_eq!((days[0].missing.len(), days[0].unlisted.len()), (1, 1));
}

#[test]
fn what_is_gone_at_the_source_is_seen_where_the_list_would_hold_it() {
    let known = [captured("a", 100, 1), captured("b", 250, 2)];
    let days = completeness(&moved(&known[..1]), &moved(&known), (day(0), day(9)), |m| {
        m.kind == Kind::Payment
    });
    let gone: Vec<_> = days.iter().flat_map(|d| &d.unlisted).map(|m| m.key.as_str()).collect();
    assert_eq!(gone, ["b"]);
    assert_eq!(days[1].changed_amount(), Money::new(250, Currency::USD));
    let silent = completeness(&[], &moved(&known), (day(0), day(9)), |_| false);
    assert!(silent.iter().all(Day::is_complete), "the list says nothing about them");
}

#[test]
fn another_amount_counts_unless_it_is_an_older_word() {
    let listed = |version| fact("a", version, FactBody::PaymentCaptured(payment(90, 1)));
    let known = fact("a", 5, FactBody::PaymentCaptured(payment(100, 1)));
    for (version, differing) in [(4, 0), (5, 1), (6, 1)] {
        let days = compare(&[listed(version)], std::slice::from_ref(&known));
        assert_eq!(days[0].differing.len(), differing, "version {version}");
    }
    let days = compare(&[listed(6)], &[known]);
    assert_eq!(days[0].changed_amount().minor, 10);
}

#[test]
fn only_the_last_word_moves_anything() {
    let words = [
        fact("a", 0, FactBody::PaymentAuthorised(payment(100, 1))),
        fact("a", 0, FactBody::PaymentCaptured(payment(100, 1))),
        fact("a", 1, FactBody::PaymentFailed(payment(100, 1))),
    ];
    assert_eq!(moved(&words[..2]).len(), 1);
    let mut backwards = words.to_vec();
    backwards.reverse();
    for facts in [words.as_slice(), &backwards] {
        assert_eq!(moved(facts), [], "it failed in the end");
    }
    let test = fact("t", 0, FactBody::PaymentCaptured(Payment { test: true, ..payment(1, 1) }));
    assert_eq!(moved(&[test]), []);
    let cancelled = Cancellation { business_date: day(1), reason: String::new() };
    let missing = compare(&[fact("x", 0, FactBody::OrderCancelled(cancelled))], &[]);
    assert_eq!(missing[0].missing.len(), 1, "a cancellation that never came is a hole too");
}

#[test]
fn days_outside_are_left_out() {
    let listed = [captured("a", 100, -1), captured("b", 100, 10)];
    assert_eq!(compare(&listed, &[]), []);
}
