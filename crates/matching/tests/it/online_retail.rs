//! Credits of the UCI Online Retail file, when it is there: 3,836 real credit notes that never
//! name the invoice they give back.

use kernel::{Currency, Decimal, Fact, FactBody, LineKind, OrderLine};
use matching::{CreditAllocation, CreditLine, LineRef, Outcome, SaleLine, UnmatchedClass, credits};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The facts of the file.
pub(crate) fn facts() -> Option<Vec<Fact>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let path = root.join("../shared/data/datasets/online_retail.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mapping = std::fs::read_to_string(root.join("examples/online-retail/import.toml"));
    let mapping = sources::csv::Mapping::parse(&mapping.expect("the example")).expect("a mapping");
    let records = sources::csv::open(&mapping, file).expect("the header");
    Some(records.flat_map(|r| r.normalised.facts).collect())
}

/// The lines that sell and credit goods.
pub(crate) fn goods(facts: &[Fact]) -> (Vec<SaleLine>, Vec<CreditLine>) {
    let (mut sales, mut credits) = (Vec::new(), Vec::new());
    let orders = facts.iter().filter_map(|f| match &f.body {
        FactBody::OrderCreated(order) => Some(order),
        _ => None,
    });
    let goods = |l: &&OrderLine| l.kind == LineKind::Goods;
    for (order, line) in orders.flat_map(|o| o.lines.iter().filter(goods).map(move |l| (o, l))) {
        let at = LineRef::new(order.number.as_str(), line.id.as_str());
        let customer = order.customer.as_ref().map(|c| c.id.clone());
        let (sku, currency) = (line.sku.clone(), order.currency);
        if order.credit {
            let (quantity, amount_minor) = (-line.quantity, -line.gross_minor);
            let credited_at = order.placed_at;
            let credit =
                CreditLine { at, credited_at, customer, sku, currency, quantity, amount_minor };
            credits.push(credit);
        } else {
            let (sold_at, quantity) = (order.placed_at, line.quantity);
            sales.push(SaleLine { at, sold_at, customer, sku, currency, quantity });
        }
    }
    (sales, credits)
}

/// Quantity and pence per class; `None` is matched.
type Classes = BTreeMap<Option<UnmatchedClass>, (usize, Decimal, i64)>;

fn classes(found: &[CreditAllocation]) -> Classes {
    let mut classes = Classes::new();
    for part in found {
        let class = match &part.outcome {
            Outcome::Matched(_) => None,
            Outcome::Unmatched(why) => Some(why.class),
        };
        let (count, quantity, minor) = classes.entry(class).or_default();
        *count += 1;
        *quantity += part.quantity;
        *minor += part.amount_minor;
    }
    classes
}

#[test]
fn every_unit_credited_is_matched_or_explained() {
    let Some(facts) = facts() else { return };
    let (mut sales, mut lines) = goods(&facts);
    let found = credits(&sales, &lines);
    let classes = classes(&found);
    for (class, (count, quantity, minor)) in &classes {
        let name = class.map_or("matched".to_owned(), |c| format!("{c:?}"));
        let pounds = kernel::Money::new(*minor, Currency::GBP);
        println!("{name}: {count} allocations, {quantity} units, {pounds}");
    }
    let quantity: Decimal = lines.iter().map(|c| c.quantity).sum();
    let minor: i64 = lines.iter().map(|c| c.amount_minor).sum();
    println!("goods credited: {} lines, {quantity} units, {minor} pence", lines.len());
    assert_eq!(classes.values().map(|c| c.1).sum::<Decimal>(), quantity);
    assert_eq!(classes.values().map(|c| c.2).sum::<i64>(), minor);

    let mut used: BTreeMap<&LineRef, Decimal> = BTreeMap::new();
    for part in &found {
        if let Outcome::Matched(certificate) = &part.outcome {
            *used.entry(&certificate.sale).or_default() += certificate.quantity;
        }
    }
    let sold: BTreeMap<&LineRef, Decimal> = sales.iter().map(|s| (&s.at, s.quantity)).collect();
    assert!(used.iter().all(|(at, quantity)| *quantity <= sold[*at]));
    assert!(classes[&None].1 > Decimal::ZERO && classes.len() > 2);

    sales.reverse();
    lines.reverse();
    assert_eq!(credits(&sales, &lines), found);
}
