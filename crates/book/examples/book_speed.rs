//! How long a decision takes: `cargo run -p book --release --example book_speed`.

use book::{Context, Rules, decide, fold};
use kernel::time::EventTime;
use kernel::{
    BusinessDate, Currency, Decimal, EconomicKey, Fact, FactBody, LineKind, Order, OrderLine,
    Payment, SourceName, Subject, SubjectKind, TaxLine, Timestamp,
};
use std::hint::black_box;
use std::time::Duration;

const ROUNDS: u32 = 20_000;

/// Rules that look at what differs most between lines.
const RULES: &str = r#"
[[rule]]
name = "postage"
when = 'line.sku == "POST" || line.sku == "DOT"'
then = { role = "shipping" }
[[rule]]
name = "manual"
when = 'line.sku == "M" && line.title.startsWith("Manual")'
then = { role = "suspense" }
[[rule]]
name = "gifts"
when = 'line.sku.startsWith("gift_")'
then = { role = "gift_cards" }
"#;

fn main() {
    let plain = Rules::parse(Rules::default_text()).expect("the default rules compile");
    let mapped = Rules::parse(&format!("{}{RULES}", Rules::default_text())).expect("compiles");
    println!("fold + decide of a 3-line order, {ROUNDS} rounds");
    report("default rules", ROUNDS, || round(&plain, 3, ROUNDS));
    report("3 line rules", ROUNDS, || round(&mapped, 3, ROUNDS));
    // As many lines and about as many products as the Online Retail data has.
    let orders = 25_900;
    println!("lines of {orders} orders of 21 lines, 4000 products");
    report("3 line rules, per line", orders * 21, || round(&mapped, 21, orders));
}

fn report(name: &str, count: u32, work: impl FnOnce() -> Duration) {
    let took = work();
    let each = took.as_nanos() / u128::from(count);
    println!("  {name}: {each} ns each, {} ms together", took.as_millis());
}

#[expect(clippy::disallowed_methods, reason = "this program measures time")]
fn round(rules: &Rules, lines: u32, rounds: u32) -> Duration {
    let subjects: Vec<(Subject, Vec<Fact>)> = (0..rounds).map(|i| sale(i, lines)).collect();
    let cx = Context {
        now: Timestamp::from_seconds(1_767_225_600),
        closed_until: None,
        currencies: kernel::Currencies::Unknown,
        credit_matches: &[],
        posted_elsewhere: false,
        disputed: None,
        contributions: &[],
    };
    let start = std::time::Instant::now();
    for (subject, facts) in &subjects {
        let desired = decide(&fold(subject, facts), rules, &cx);
        assert!(black_box(desired).holds.is_empty());
    }
    start.elapsed()
}

fn sale(i: u32, lines: u32) -> (Subject, Vec<Fact>) {
    let subject = Subject::new(SubjectKind::Sale, format!("test:shop/order/{i}"));
    let now = Timestamp::from_seconds(1_767_225_600);
    let date = BusinessDate::from_days(20_450);
    let goods = |n: u32| OrderLine {
        id: n.to_string(),
        kind: if n == 2 { LineKind::Shipping } else { LineKind::Goods },
        sku: format!("{}", 20_000 + (i * lines + n) * 7 % 4_000),
        title: "White hanging heart T-light holder".to_owned(),
        quantity: Decimal::TWO,
        unit_price: Decimal::new(255, 2),
        gross_minor: 510,
        discount_minor: 0,
    };
    let total = i64::from(lines) * 510 + 40;
    let order = Order {
        number: i.to_string(),
        placed_at: now,
        business_date: date,
        currency: Currency::USD,
        channel: "web".to_owned(),
        customer: None,
        lines: (0..lines).map(goods).collect(),
        taxes: vec![TaxLine {
            jurisdiction: "State".to_owned(),
            rate: None,
            base_minor: None,
            amount_minor: 40,
            parts: 1,
            marketplace: false,
        }],
        tax_included: false,
        rounding_minor: 0,
        total_minor: total,
        paid_at_checkout: true,
        test: false,
        draft: false,
        credit: false,
        changed_on: None,
    };
    let payment = Payment {
        processor: "stripe".to_owned(),
        payment_id: format!("ch_{i}"),
        amount_minor: total,
        currency: Currency::USD,
        business_date: date,
        test: false,
    };
    let fact = |key: String, body| Fact {
        source: SourceName::new("test:shop"),
        subject: subject.clone(),
        key: EconomicKey::new(key),
        version: 0,
        occurred_at: EventTime(now),
        body,
    };
    let order = fact(format!("order/{i}"), FactBody::OrderCreated(order));
    let payment = fact(format!("stripe/ch_{i}/capture"), FactBody::PaymentCaptured(payment));
    (subject, vec![order, payment])
}
