//! What the facts of processors come to in the books, under the rules that are built in.

use crate::support::{adyen, amazon, facts, fixture, raw, square};
use book::{Context, Desired, Hold, Rules, decide, fold};
use kernel::{Fact, Subject, Timestamp};
use ports::{EventSource, RawDelivery};
use std::collections::BTreeMap;

const CLEARING: &str = "[clearing]\nadyen = \"Adyen Clearing\"\namazon = \"Amazon Clearing\"\n\
                        square = \"Square Clearing\"";

/// What the facts come to under `rules`, per subject.
pub fn decided_under(facts: &[Fact], rules: &Rules) -> Vec<(Subject, Desired)> {
    let cx = Context {
        now: Timestamp::from_seconds(1_775_001_600),
        closed_until: None,
        currencies: kernel::Currencies::Unknown,
        credit_matches: &[],
        posted_elsewhere: false,
        disputed: None,
        contributions: &[],
    };
    let mut subjects: BTreeMap<&Subject, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        subjects.entry(&fact.subject).or_default().push(fact.clone());
    }
    let decide = |(subject, facts): (&Subject, Vec<Fact>)| {
        (subject.clone(), decide(&fold(subject, &facts), rules, &cx))
    };
    subjects.into_iter().map(decide).collect()
}

/// What the facts come to under the built-in rules, which take every processor here.
pub fn decided(facts: &[Fact]) -> Vec<(Subject, Desired)> {
    let rules = Rules::parse(Rules::default_text()).unwrap();
    let rules = rules.with("[clearing]\ndefault = \"Other Processors Clearing\"").unwrap();
    decided_under(facts, &rules)
}

/// Balance of every account that is not zero, debit positive, and what waits for a person.
fn books(facts: &[Fact], rules: &str) -> (BTreeMap<String, i64>, Vec<Hold>) {
    let (mut balances, mut holds) = (BTreeMap::<String, i64>::new(), Vec::new());
    let rules = Rules::parse(&format!("version = \"1\"\n{CLEARING}\n{rules}")).unwrap();
    for (_, desired) in decided_under(facts, &rules) {
        for posting in desired.documents.iter().flat_map(kernel::Document::postings) {
            *balances.entry(posting.account.clone()).or_default() += posting.amount_minor;
        }
        holds.extend(desired.holds);
    }
    assert_eq!(balances.values().sum::<i64>(), 0, "debits equal credits");
    balances.retain(|_, balance| *balance != 0);
    (balances, holds)
}

fn told(balances: &BTreeMap<String, i64>) -> Vec<(&str, i64)> {
    balances.iter().map(|(account, balance)| (account.as_str(), *balance)).collect()
}

fn file(source: &str, name: &str) -> RawDelivery {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let body = std::fs::read(root.join("src").join(source).join("fixtures").join(name)).unwrap();
    RawDelivery { body: body.into(), ..raw(&[], "") }
}

#[test]
fn a_settlement_of_amazon_leaves_nothing_on_its_clearing_account() {
    let said = amazon().normalise(&file("amazon", "settlement_v2_us.txt"));
    let (balances, holds) = books(&said.facts, "");
    assert_eq!(holds, []);
    // Cases 151, 152, 154 and 156 in one settlement: 63.46 in the bank, 50 more in our hands than
    // in Amazon's reserve.
    assert_eq!(
        told(&balances),
        [
            ("Advertising", 3_520),
            ("Checking", 6_346),
            ("Discounts Given", 200),
            ("Fulfilment Fees", 321),
            ("Marketplace Reimbursements", -2_499),
            ("Payment Processing Fees", 510),
            ("Processor Reserve", -5_000),
            ("Sales", -2_999 - 1_999),
            ("Sales Returns", 1_999),
            ("Shipping Income", -399),
        ]
    );
    // Case 150: a kind of row that nobody knows holds what it would leave out.
    let text = String::from_utf8(file("amazon", "settlement_v2_us.txt").body.to_vec()).unwrap();
    let strange = text.replace("WAREHOUSE_DAMAGE", "X").replace("FBA Inventory Reimb", "New B");
    let strange = RawDelivery { body: strange.into(), ..raw(&[], "") };
    let facts = amazon().normalise(&strange).facts;
    let (_, holds) = books(&facts, "");
    assert_eq!(holds.len(), 1);
    assert_eq!(holds[0].amount.unwrap().minor, 2_499);
    let named = "[entries]\n\"other transaction / newbursement / x\" = \"reimbursements\"";
    assert_eq!(books(&facts, named), (balances, Vec::new()), "a line in the rules is enough");
}

#[test]
fn a_sale_at_square_and_what_came_back_of_it_are_booked_with_their_tax() {
    let mut all = Vec::new();
    for name in ["orders", "payment_completed", "order_returned"] {
        all.extend(facts(&square(), &[], &fixture("square", name)));
    }
    let (balances, holds) = books(&all, "");
    assert_eq!(holds, []);
    // Cases 1 and 66.
    assert_eq!(
        told(&balances),
        [
            ("Fees Charged to Customers", -1_000),
            ("Sales", -12_000),
            ("Sales Returns", 2_000),
            ("Sales Tax Collected", -1_300 + 200),
            ("Square Clearing", 14_300 - 2_200),
        ]
    );
    all.reverse();
    let doubled: Vec<Fact> = all.iter().chain(&all).cloned().collect();
    assert_eq!(books(&doubled, ""), (balances, Vec::new()), "in any order, however often");
}

#[test]
fn a_batch_of_adyen_pays_out_what_its_movements_come_to() {
    let mut all = adyen().normalise(&file("adyen", "settlement_details.csv")).facts;
    // The webhook states another amount and no fee; the report has the last word.
    all.extend(facts(&adyen(), &[], &fixture("adyen", "chargeback")));
    let (balances, holds) = books(&all, "");
    // The orders are not here, so what was paid and given back waits for them.
    let waits: Vec<_> = holds.iter().map(|h| (h.code, h.amount.unwrap().minor)).collect();
    let unknown = kernel::ReasonCode::PaymentWithoutOrder;
    assert_eq!(waits, [(unknown, 14_300), (unknown, -2_200), (unknown, 50_000)]);
    // The balance of the batch before is not here either.
    let (charges, refund, before) = (14_300 + 50_000, 2_200, 2_000);
    assert_eq!(
        told(&balances),
        [
            ("Adyen Clearing", -(charges - refund + before)),
            ("Checking", 52_330),
            ("Dispute Fees", 750),
            ("Disputes Receivable", 10_000),
            ("Payment Processing Fees", 210 + 500 + 10 + 300),
        ]
    );
}
