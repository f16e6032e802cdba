use kernel::{Currency, Decimal, ReasonCode, Timestamp};
use matching::{CreditAllocation, CreditLine, LineRef, Outcome, SaleLine, UnmatchedClass, credits};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// `number line day customer item quantity`, e.g. `1 1 d3 ann mug 5`; customer `-` is unknown.
fn words(text: &str) -> (LineRef, Timestamp, Option<String>, String, Decimal) {
    let w: Vec<&str> = text.split_whitespace().collect();
    let day = w[2][1..].parse().expect("a day");
    let customer = (w[3] != "-").then(|| w[3].to_owned());
    let at = LineRef::new(w[0], w[1]);
    (at, Timestamp::from_seconds(day), customer, w[4].to_owned(), w[5].parse().expect("a quantity"))
}

fn sale(text: &str) -> SaleLine {
    let (at, sold_at, customer, sku, quantity) = words(text);
    SaleLine { at, sold_at, customer, sku, currency: Currency::GBP, quantity }
}

fn credit(text: &str) -> CreditLine {
    let (at, credited_at, customer, sku, quantity) = words(text);
    let amount_minor = i64::try_from((quantity * Decimal::from(100)).mantissa()).expect("small");
    let currency = Currency::GBP;
    CreditLine { at, credited_at, customer, sku, currency, quantity, amount_minor }
}

/// `credit/line quantity <- sale/line left n` or `credit/line quantity class`.
fn shown(a: &CreditAllocation) -> String {
    let what = match &a.outcome {
        Outcome::Matched(c) => {
            assert_eq!(c.quantity, a.quantity);
            let sale = &c.sale;
            format!("<- {}/{} left {} of {}", sale.number, sale.line, c.remaining, c.candidates)
        }
        Outcome::Unmatched(u) => format!("{:?}", u.class),
    };
    format!("{}/{} {} {what}", a.credit.number, a.credit.line, a.quantity)
}

#[test]
fn first_in_first_out() {
    type Row =
        (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);
    let table: &[Row] = &[
        (
            "the earliest sale with something left is taken first, over several sales",
            &["2 1 d2 ann mug 4", "1 1 d1 ann mug 3", "3 1 d3 ann mug 5"],
            &["C9 1 d9 ann mug 5"],
            &["C9/1 3 <- 1/1 left 0 of 3", "C9/1 2 <- 2/1 left 2 of 2"],
        ),
        (
            "a later credit finds what the earlier one left, whatever the input order",
            &["1 1 d1 ann mug 3", "2 1 d2 ann mug 4"],
            &["C9 1 d9 ann mug 4", "C8 1 d8 ann mug 2"],
            &[
                "C8/1 2 <- 1/1 left 1 of 2",
                "C9/1 1 <- 1/1 left 0 of 2",
                "C9/1 3 <- 2/1 left 1 of 1",
            ],
        ),
        (
            "a sale at the very moment counts, a later one never does",
            &["1 1 d5 ann mug 1", "2 1 d6 ann mug 9"],
            &["C1 1 d5 ann mug 2"],
            &["C1/1 1 <- 1/1 left 0 of 1", "C1/1 1 Exhausted"],
        ),
        (
            "a later sale does not serve an earlier credit, and is still there for a later one",
            &["2 1 d6 ann mug 3"],
            &["C1 1 d5 ann mug 1", "C2 1 d7 ann mug 1"],
            &["C1/1 1 SoldLater", "C2/1 1 <- 2/1 left 2 of 1"],
        ),
        (
            "another customer or another item is no sale of this",
            &["1 1 d1 bob mug 9", "1 2 d1 ann cup 9"],
            &["C1 1 d5 ann mug 1"],
            &["C1/1 1 NeverSold"],
        ),
        (
            "unknown is not equal to unknown",
            &["1 1 d1 - mug 9"],
            &["C1 1 d5 - mug 1"],
            &["C1/1 1 NoCustomer"],
        ),
        (
            "ties go by number, then line, where 9 precedes 10",
            &["10 1 d1 ann mug 1", "9 10 d1 ann mug 1", "9 9 d1 ann mug 1"],
            &["C1 10 d1 ann mug 1", "C1 9 d1 ann mug 2"],
            &[
                "C1/9 1 <- 9/9 left 0 of 3",
                "C1/9 1 <- 9/10 left 0 of 2",
                "C1/10 1 <- 10/1 left 0 of 1",
            ],
        ),
        (
            "lines that sell nothing are no supply; credits of nothing are reported",
            &["1 1 d1 ann mug 0", "1 2 d1 ann mug -3"],
            &["C1 1 d5 ann mug 1", "C1 2 d5 ann mug 0", "C1 3 d5 ann mug -2"],
            &["C1/1 1 NeverSold", "C1/2 0 NotPositive", "C1/3 -2 NotPositive"],
        ),
        (
            "fractions of a unit",
            &["1 1 d1 ann oil 1.5", "2 1 d2 ann oil 0.25"],
            &["C1 1 d5 ann oil 1.6"],
            &["C1/1 1.5 <- 1/1 left 0.0 of 2", "C1/1 0.1 <- 2/1 left 0.15 of 1"],
        ),
    ];
    for (name, sold, given_back, expected) in table {
        let sold: Vec<_> = sold.iter().map(|t| sale(t)).collect();
        let given_back: Vec<_> = given_back.iter().map(|t| credit(t)).collect();
        let found: Vec<_> = credits(&sold, &given_back).iter().map(shown).collect();
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn a_sale_in_another_currency_is_not_given_back() {
    let dollars = SaleLine { currency: Currency::USD, ..sale("1 1 d1 ann mug 3") };
    let found = credits(&[dollars], &[credit("C1 1 d2 ann mug 1")]);
    assert_eq!(shown(&found[0]), "C1/1 1 NeverSold");
    let Outcome::Unmatched(why) = found[0].outcome else { panic!("{found:?}") };
    assert_eq!(why.code(), ReasonCode::CreditWithoutSale);
}

#[test]
fn the_shares_of_a_line_add_up_to_its_amount() {
    let sold = [sale("1 1 d1 ann mug 1"), sale("2 1 d2 ann mug 1"), sale("3 1 d3 ann mug 1")];
    for amount_minor in [100, -100, 1, 0, i64::MAX, i64::MIN + 1] {
        let line = CreditLine { amount_minor, ..credit("C1 1 d5 ann mug 4") };
        let found = credits(&sold, &[line]);
        assert_eq!(found.len(), 4);
        let sum: i128 = found.iter().map(|a| i128::from(a.amount_minor)).sum();
        assert_eq!(sum, i128::from(amount_minor));
        let even = i128::from(amount_minor) / 4;
        assert!(found.iter().all(|a| (i128::from(a.amount_minor) - even).abs() <= 1), "{found:?}");
    }
}

fn world() -> impl Strategy<Value = (Vec<SaleLine>, Vec<CreditLine>)> {
    let line = |prefix: &'static str| {
        let fields = (0_u8..30, 0_u8..3, 0_i64..12, 0_usize..4, 0_usize..3, -2_i64..40);
        let line = fields.prop_map(move |(number, line, day, who, what, tenths)| {
            let who = ["ann", "bob", "cyd", "-"][who];
            let what = ["mug", "cup", "oil"][what];
            let quantity = Decimal::new(tenths, 1);
            format!("{prefix}{number} {line} d{day} {who} {what} {quantity}")
        });
        proptest::collection::btree_map(0_u16..500, line, 0..40)
            .prop_map(|lines| lines.into_values().collect::<Vec<_>>())
    };
    (line(""), line("C")).prop_map(|(sold, back)| {
        // Numbered by position, so that every line is one of its own.
        let own =
            |n: usize, at: &LineRef| LineRef::new(at.number.clone(), format!("{}{n}", at.line));
        let sold = sold.iter().map(|t| sale(t)).enumerate();
        let back = back.iter().map(|t| credit(t)).enumerate();
        (
            sold.map(|(n, s)| SaleLine { at: own(n, &s.at), ..s }).collect(),
            back.map(|(n, c)| CreditLine { at: own(n, &c.at), ..c }).collect(),
        )
    })
}

proptest! {
    #[test]
    fn never_more_than_sold_never_before_it_was_sold_and_all_is_accounted_for(
        (sold, back) in world()
    ) {
        let found = credits(&sold, &back);
        let sales: BTreeMap<_, _> = sold.iter().map(|s| (&s.at, s)).collect();
        let mut used: BTreeMap<&LineRef, Decimal> = BTreeMap::new();
        for line in &back {
            let parts: Vec<_> = found.iter().filter(|a| a.credit == line.at).collect();
            prop_assert!(!parts.is_empty());
            prop_assert_eq!(parts.iter().map(|a| a.quantity).sum::<Decimal>(), line.quantity);
            prop_assert_eq!(parts.iter().map(|a| a.amount_minor).sum::<i64>(), line.amount_minor);
            for part in &parts {
                let Outcome::Matched(certificate) = &part.outcome else { continue };
                let sale = sales[&certificate.sale];
                prop_assert!(sale.sold_at <= line.credited_at);
                prop_assert_eq!((&sale.customer, &sale.sku), (&line.customer, &line.sku));
                prop_assert!(line.customer.is_some() && part.quantity > Decimal::ZERO);
                *used.entry(&sale.at).or_default() += part.quantity;
            }
        }
        for (at, quantity) in used {
            prop_assert!(quantity <= sales[at].quantity, "{:?} {}", at, quantity);
        }
        // Nothing is left unmatched while an eligible sale has something left at the end.
        for part in &found {
            let Outcome::Unmatched(why) = part.outcome else { continue };
            let line = back.iter().find(|c| c.at == part.credit).unwrap();
            let any = sold.iter().any(|s| {
                (&s.customer, &s.sku) == (&line.customer, &line.sku)
                    && s.customer.is_some()
                    && s.quantity > Decimal::ZERO
                    && s.sold_at <= line.credited_at
            });
            prop_assert_eq!(any && line.quantity > Decimal::ZERO, why.class == UnmatchedClass::Exhausted);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter((sold, back) in world(), turn in 0_usize..40) {
        let expected = credits(&sold, &back);
        let (mut sold, mut back) = (sold, back);
        sold.reverse();
        let (n, m) = (sold.len().max(1), back.len().max(1));
        sold.rotate_left(turn % n);
        back.rotate_left(turn % m);
        prop_assert_eq!(credits(&sold, &back), expected);
    }

    #[test]
    fn with_one_customer_and_item_all_that_can_be_matched_is(
        sold in proptest::collection::vec((0_i64..20, 1_i64..9), 0..12),
        back in proptest::collection::vec((0_i64..20, 1_i64..9), 0..12),
    ) {
        let sales: Vec<_> = sold.iter().enumerate()
            .map(|(n, (day, q))| sale(&format!("{n} 1 d{day} ann mug {q}"))).collect();
        let lines: Vec<_> = back.iter().enumerate()
            .map(|(n, (day, q))| credit(&format!("C{n} 1 d{day} ann mug {q}"))).collect();
        let matched: Decimal = credits(&sales, &lines).iter()
            .filter(|a| matches!(a.outcome, Outcome::Matched(_))).map(|a| a.quantity).sum();
        // Day by day: stock grows by sales and shrinks by what credits can take.
        let (mut stock, mut most) = (0, 0);
        for day in 0..20 {
            stock += sold.iter().filter(|s| s.0 == day).map(|s| s.1).sum::<i64>();
            let wanted = back.iter().filter(|c| c.0 == day).map(|c| c.1).sum::<i64>();
            most += wanted.min(stock);
            stock -= wanted.min(stock);
        }
        prop_assert_eq!(matched, Decimal::from(most));
    }
}
