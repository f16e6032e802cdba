//! Money, dates and invariants through their public edges.
#![expect(clippy::unwrap_used, reason = "fixtures are right")]

use kernel::time::Zone;
use kernel::{
    BusinessDate, BusinessKey, Currency, Decimal, Document, DocumentKind, DocumentLine,
    EconomicKey, EventTime, Fact, FactBody, LineKind, Money, MoneyConvention, MoneyError, Order,
    OrderLine, Payment, ReasonCode, Share, SourceName, Subject, SubjectKind, TaxLine, Timestamp,
};
use proptest::prelude::*;

fn cur(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn every_iso_code_has_its_exponent() {
    for (code, exponent) in [
        ("USD", 2),
        ("usd", 2),
        ("JPY", 0),
        ("BHD", 3),
        ("CLF", 4),
        ("ISK", 0),
        ("HUF", 2),
        ("AED", 2),
        ("ZWG", 2),
        ("MGA", 2),
        ("KWD", 3),
        ("UYW", 4),
        ("VND", 0),
        ("EUR", 2),
    ] {
        assert_eq!(cur(code).exponent(), exponent, "{code}");
    }
    for bad in ["", "US", "USDT", "ZZZ", "12A", "ÄÖÜ", "U$D"] {
        assert!(bad.parse::<Currency>().is_err(), "{bad}");
    }
}

#[test]
fn vendors_write_some_currencies_their_own_way() {
    use MoneyConvention::{Adyen, Iso, Stripe};
    for (amount, code, convention, minor) in [
        (500, "ISK", Stripe, Some(5)),
        (501, "ISK", Stripe, None),
        (500, "UGX", Stripe, Some(5)),
        (7, "MGA", Stripe, Some(700)),
        (1050, "USD", Stripe, Some(1050)),
        (5120, "KWD", Stripe, Some(5120)),
        (1000, "JPY", Stripe, Some(1000)),
        (12300, "CLP", Adyen, Some(123)),
        (5, "CVE", Adyen, Some(500)),
        (5, "ISK", Iso, Some(5)),
    ] {
        let got = Money::from_vendor(amount, cur(code), convention).ok().map(|m| m.minor);
        assert_eq!(got, minor, "{amount} {code} {convention:?}");
    }
}

#[test]
fn amounts_are_read_exactly_or_not_at_all() {
    for (text, minor) in [
        ("10.50", 1050),
        ("-10.5", -1050),
        ("0", 0),
        ("-0", 0),
        ("-0.00", 0),
        ("1e2", 10_000),
        ("1E-2", 1),
        ("10.5000", 1050),
        ("+3", 300),
        (".5", 50),
        ("5.", 500),
        ("92233720368547758.07", i64::MAX),
    ] {
        assert_eq!(Money::parse(text, Currency::USD).unwrap().minor, minor, "{text}");
    }
    for bad in [
        "",
        " ",
        "abc",
        "NaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e-400",
        "0x10",
        "1,5",
        "1.2.3",
        "--1",
        "10.501",
        "0.001",
        "92233720368547758.08",
        "1e99999999999",
        "١٢",
        "1 000",
    ] {
        assert!(Money::parse(bad, Currency::USD).is_err(), "{bad}");
    }
    assert!(matches!(Money::parse("1.5", cur("JPY")), Err(MoneyError::TooPrecise { .. })));
    assert_eq!(Money::parse("0.1", Currency::USD).unwrap().minor, 10);
}

#[test]
fn half_a_cent_goes_where_the_rule_says() {
    for (text, away, even) in [
        ("0.005", 1, 0),
        ("0.015", 2, 2),
        ("-0.005", -1, 0),
        ("0.585", 59, 58),
        ("22.425", 2243, 2242),
    ] {
        let value: Decimal = kernel::decimal::parse_decimal(text).unwrap();
        assert_eq!(Money::round(value, Currency::USD).unwrap().minor, away, "{text}");
        assert_eq!(Money::round_half_even(value, Currency::USD).unwrap().minor, even, "{text}");
    }
}

#[test]
fn discount_of_ten_over_three_equal_lines() {
    let parts = Money::new(1_000, Currency::USD).allocate(&[19_900, 19_900, 19_900]);
    assert_eq!(parts.iter().map(|m| m.minor).collect::<Vec<_>>(), [334, 333, 333]);
    assert_eq!(Money::new(5, Currency::USD).allocate(&[0, 0])[1].minor, 5);
    assert!(Money::new(5, Currency::USD).allocate(&[]).is_empty());
}

proptest! {
    #[test]
    fn allocation_loses_no_penny(minor in -1_000_000_000_000_i64..1_000_000_000_000, weights in proptest::collection::vec(-5_i64..1_000_000, 1..40)) {
        let whole = Money::new(minor, Currency::USD);
        let parts = whole.allocate(&weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::sum(Currency::USD, parts.clone()).unwrap(), whole);
        let total: i128 = weights.iter().map(|w| i128::from((*w).max(0))).sum();
        if total > 0 {
            for (p, w) in parts.iter().zip(&weights) {
                let exact = i128::from(minor) * i128::from((*w).max(0));
                prop_assert!((i128::from(p.minor) * total - exact).abs() < total, "{p} for {w}");
            }
        }
    }

    #[test]
    fn text_of_money_reads_back(minor in any::<i64>()) {
        for code in ["USD", "JPY", "BHD"] {
            let m = Money::new(minor, cur(code));
            prop_assert_eq!(Money::parse(&m.to_text(), cur(code)).unwrap(), m);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        let _ = Money::parse(&text, Currency::USD);
        let _ = text.parse::<BusinessDate>();
        let _ = Timestamp::parse(&text);
    }

    #[test]
    fn dates_read_back(days in -100_000_i32..100_000) {
        let date = BusinessDate::from_days(days);
        prop_assert_eq!(date.to_string().parse::<BusinessDate>().unwrap(), date);
        prop_assert!(date.plus_days(1) > date);
    }
}

#[test]
fn sums_refuse_two_currencies_and_overflow() {
    let usd = Money::new(i64::MAX, Currency::USD);
    assert!(matches!(usd.checked_add(Money::new(1, Currency::USD)), Err(MoneyError::Overflow(_))));
    assert!(matches!(
        usd.checked_add(Money::new(1, Currency::EUR)),
        Err(MoneyError::CurrencyMismatch(..))
    ));
    assert!(Money::new(i64::MIN, Currency::USD).checked_neg().is_err());
}

#[test]
fn the_shops_zone_decides_the_date() {
    let zone = Zone::named("America/New_York").unwrap();
    let at = Timestamp::parse("2026-01-01T04:30:00Z").unwrap();
    assert_eq!(at.date_in(&zone).to_string(), "2025-12-31");
    assert_eq!(at.date_in(&Zone::UTC).to_string(), "2026-01-01");
    assert_eq!(at.date_in(&zone).period(), "2025-12");
    // 02:30 does not exist on the day clocks go forward; it is read as 03:30.
    let gap = zone.local("2026-03-08 02:30:00").unwrap();
    assert_eq!(gap.to_string(), "2026-03-08T07:30:00Z");
    assert!(Zone::named("Mars/Olympus").is_err());
    for bad in ["2026-02-30", "2026-1-1", "", "20260101", "2026-01-01T00:00:00Z"] {
        assert!(bad.parse::<BusinessDate>().is_err(), "{bad}");
    }
}

fn order() -> Order {
    let line = |id: &str, gross, discount| OrderLine {
        id: id.into(),
        kind: LineKind::Goods,
        sku: "MUG".into(),
        title: "Mug".into(),
        quantity: Decimal::ONE,
        unit_price: Decimal::TEN,
        gross_minor: gross,
        discount_minor: discount,
    };
    Order {
        number: "1001".into(),
        placed_at: Timestamp::from_seconds(1_700_000_000),
        business_date: "2026-03-01".parse().unwrap(),
        currency: Currency::USD,
        channel: "default".into(),
        customer: None,
        lines: vec![line("1", 1_000, 100), line("2", 2_000, 0)],
        taxes: vec![TaxLine {
            jurisdiction: "State tax".into(),
            rate: Some(kernel::decimal::parse_decimal("0.0825").unwrap()),
            base_minor: Some(2_900),
            amount_minor: 239,
            parts: 2,
            marketplace: false,
        }],
        tax_included: false,
        rounding_minor: 0,
        total_minor: 3_139,
        paid_at_checkout: true,
        test: false,
        draft: false,
        credit: false,
        changed_on: None,
    }
}

#[test]
fn an_order_must_foot_and_keep_its_tax_within_the_boundary() {
    let codes =
        |o: &Order| kernel::validate::order(o).into_iter().map(|v| v.code).collect::<Vec<_>>();
    assert_eq!(codes(&order()), []);
    let mut off = order();
    off.total_minor += 1;
    assert_eq!(codes(&off), [ReasonCode::SourceNotFooting]);
    let mut rounded = order();
    rounded.rounding_minor = -4;
    rounded.total_minor -= 4;
    assert_eq!(codes(&rounded), []);
    // Two parts may be off by half a cent each, plus one cent.
    for (tax, allowed) in [(241, true), (242, false), (238, true), (237, false)] {
        let mut taxed = order();
        taxed.total_minor += tax - 239;
        taxed.taxes[0].amount_minor = tax;
        let expected = if allowed { vec![] } else { vec![ReasonCode::TaxBeyondBoundary] };
        assert_eq!(codes(&taxed), expected, "{tax}");
    }
    let mut marketplace = order();
    marketplace.taxes[0].marketplace = true;
    marketplace.total_minor = 2_900;
    assert_eq!(codes(&marketplace), [], "tax that a marketplace keeps is not in the total");
    let mut huge = order();
    huge.lines[0].gross_minor = i64::MAX;
    assert!(codes(&huge).contains(&ReasonCode::ValueInvalid));
}

#[test]
fn a_payment_says_by_what_it_came() {
    let paid = |processor: &str| Payment {
        processor: processor.to_owned(),
        payment_id: "1".to_owned(),
        amount_minor: 100,
        currency: Currency::USD,
        business_date: "2026-01-05".parse().unwrap(),
        test: false,
    };
    let broken = |body| -> Vec<ReasonCode> {
        let at = Timestamp::parse("2026-01-05T10:00:00Z").unwrap();
        let fact = Fact {
            source: SourceName::new("own:shop"),
            subject: Subject { kind: SubjectKind::Sale, key: "own:shop/order/1".to_owned() },
            key: EconomicKey("own/1/capture".to_owned()),
            version: 0,
            occurred_at: EventTime(at),
            body,
        };
        kernel::validate::fact(&fact, at).into_iter().map(|v| v.code).collect()
    };
    assert_eq!(broken(FactBody::PaymentCaptured(paid("cash"))), []);
    assert_eq!(broken(FactBody::PaymentCaptured(paid(""))), [ReasonCode::ValueInvalid]);
    assert_eq!(broken(FactBody::PaymentAuthorised(paid(""))), [ReasonCode::ValueInvalid]);
}

#[test]
fn postings_of_each_kind_balance() {
    let line = |account: &str, amount| DocumentLine {
        item: None,
        account: account.into(),
        description: String::new(),
        quantity: None,
        unit_price: None,
        amount_minor: amount,
        customer: None,
        class: None,
        location: None,
    };
    for (kind, first) in [
        (DocumentKind::SalesReceipt, ("Clearing", 143)),
        (DocumentKind::Invoice, ("Clearing", 143)),
        (DocumentKind::RefundReceipt, ("Clearing", -143)),
        (DocumentKind::CreditMemo, ("Clearing", -143)),
        (DocumentKind::Expense, ("Clearing", -143)),
        (DocumentKind::Deposit, ("Clearing", 143)),
        (DocumentKind::Transfer, ("Clearing", -143)),
        (DocumentKind::Payment, ("Clearing", 143)),
        (DocumentKind::JournalEntry, ("Sales", 130)),
    ] {
        let mut lines = vec![line("Sales", 130), line("Tax", 13)];
        if kind == DocumentKind::JournalEntry {
            lines.push(line("Clearing", -143));
        }
        let document = Document {
            key: BusinessKey::new("k"),
            kind,
            date: "2026-03-01".parse().unwrap(),
            currency: Currency::USD,
            rate: None,
            number: None,
            customer: None,
            location: None,
            lines,
            account: "Clearing".into(),
            counter_account: Some("Bank".into()),
            links: vec![],
            memo: String::new(),
            total_minor: 143,
        };
        let postings = document.postings();
        assert_eq!(postings.iter().map(|p| p.amount_minor).sum::<i64>(), 0, "{kind:?}");
        assert!(
            postings.iter().any(|p| (p.account.as_str(), p.amount_minor) == first),
            "{kind:?}: {postings:?}"
        );
    }
}

#[test]
fn shares_keep_locations_and_classes_apart() {
    let line = |account: &str, class: Option<&str>, location: Option<&str>, amount| DocumentLine {
        item: None,
        account: account.into(),
        description: String::new(),
        quantity: None,
        unit_price: None,
        amount_minor: amount,
        customer: None,
        class: class.map(Into::into),
        location: location.map(Into::into),
    };
    let receipt = Document {
        key: BusinessKey::new("k"),
        kind: DocumentKind::SalesReceipt,
        date: "2026-03-01".parse().unwrap(),
        currency: Currency::USD,
        rate: None,
        number: None,
        customer: None,
        location: Some("Berlin".into()),
        lines: vec![
            line("Sales", Some("Lamps"), None, 100),
            line("Sales", Some("Lamps"), None, 30),
            line("Sales", None, None, 13),
        ],
        account: "Clearing".into(),
        counter_account: None,
        links: vec![],
        memo: String::new(),
        total_minor: 143,
    };
    let told = |document: &Document| -> Vec<String> {
        let text = |s: Share| {
            let (location, class) = (s.location.unwrap_or_default(), s.class.unwrap_or_default());
            format!("{} {location} {class} {}", s.account, s.amount_minor)
        };
        document.shares().into_iter().map(text).collect()
    };
    let whole = ["Clearing Berlin  143", "Sales Berlin  -13", "Sales Berlin Lamps -130"];
    assert_eq!(told(&receipt), whole);
    let lines = vec![
        line("Clearing", None, Some("Berlin"), 143),
        line("Sales", None, Some("Hamburg"), -143),
    ];
    let kind = DocumentKind::JournalEntry;
    let journal = Document { kind, location: None, lines, ..receipt };
    assert_eq!(told(&journal), ["Clearing Berlin  143", "Sales Hamburg  -143"]);
}

#[test]
fn markers_differ_and_are_stable() {
    let marker = BusinessKey::new("shopify:acme/order/1001/receipt").marker();
    assert_eq!(marker.len(), 16);
    assert_eq!(marker, BusinessKey::new("shopify:acme/order/1001/receipt").marker());
    let all: std::collections::BTreeSet<String> = (0..100_000)
        .map(|n| BusinessKey(format!("shopify:acme/order/{n}/receipt")).marker())
        .collect();
    assert_eq!(all.len(), 100_000);
}

#[test]
fn the_committed_schema_is_the_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/canonical-event.schema.json");
    let committed = std::fs::read_to_string(path).expect("schemas/canonical-event.schema.json");
    assert!(committed == kernel::envelope::schema(), "out of date: run `cargo xtask codegen`");
}

#[test]
fn a_fiscal_year_begins_with_its_month() {
    for (day, month, first, last) in [
        ("2026-03-31", 4, "2025-04-01", "2026-03-31"),
        ("2026-04-01", 4, "2026-04-01", "2027-03-31"),
        ("2024-02-29", 1, "2024-01-01", "2024-12-31"),
        ("2026-12-31", 12, "2026-12-01", "2027-11-30"),
        ("2026-07-01", 0, "2026-01-01", "2026-12-31"),
    ] {
        let day: BusinessDate = day.parse().unwrap();
        let (from, to) = day.fiscal_year(month);
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), (first, last), "{day}");
    }
}

/// Found by the fuzz target of Adyen: a settlement report dated in the year 26.
#[test]
fn every_date_that_can_be_written_is_read_back() {
    for text in ["0000-01-01", "0026-03-05", "0053-06-19", "1969-12-31", "9950-01-01", "9999-12-31"]
    {
        let date: BusinessDate = text.parse().unwrap();
        assert_eq!(date.to_string(), text);
    }
}
