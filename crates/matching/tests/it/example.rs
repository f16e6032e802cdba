//! The rules beside the example mapping: their own tests, and the whole file through them.

use book::{ClaimOutcome, Context, CreditMatch, Rules, decide, fold};
use kernel::{DocumentKind, Fact, ReasonCode, Timestamp};
use matching::{LineRef, Outcome, credits, tie_out};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn read(name: &str) -> String {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/online-retail"));
    std::fs::read_to_string(folder.join(name)).expect(name)
}

#[test]
fn the_example_rules_pass_their_tests() {
    let rules = Rules::parse(&read("rules.toml")).unwrap_or_else(|e| panic!("{e}"));
    let report = rules.run_tests(&read("rules-test.toml")).unwrap_or_else(|e| panic!("{e}"));
    assert!(report.passed(), "{report}");
}

/// Per credit number, which of its lines belongs to which sale.
fn matches(facts: &[Fact]) -> BTreeMap<String, Vec<CreditMatch>> {
    let (sales, lines) = super::online_retail::goods(facts);
    let mut found: BTreeMap<String, Vec<CreditMatch>> = BTreeMap::new();
    for part in credits(&sales, &lines) {
        let Outcome::Matched(certificate) = part.outcome else { continue };
        let (LineRef { number, line }, sale) = (part.credit, certificate.sale);
        found.entry(number).or_default().push(CreditMatch {
            line_id: line,
            sale_subject: format!("csv:online-retail/order/{}", sale.number),
            sale_number: sale.number,
            quantity: part.quantity,
        });
    }
    found
}

/// The trial balance in pence, debit positive, added up from the rows of the file by stock code
/// with another program.
const EXPECTED: [(&str, i64); 12] = [
    ("Accounts Receivable (A/R)", 974_774_793),
    ("Bad Debt", 1_106_206),
    ("Bank and Marketplace Fees", 22_869_614),
    ("Discounts Given", 569_622),
    ("Donations Payable", 793_343),
    ("Gift Vouchers Outstanding", -68_581),
    ("Manual Adjustments", 6_867_164),
    ("Postage and Carriage", -27_946_212),
    ("Sales Returns", 45_058_178),
    ("Sales of Goods", -1_027_143_306),
    ("Samples", 304_939),
    ("Unmatched Credits", 2_814_240),
];

#[test]
fn every_penny_of_the_file_is_posted_or_nothing_to_post() {
    let Some(facts) = super::online_retail::facts() else { return };
    let rules = Rules::parse(&read("rules.toml")).expect("the example rules");
    let matches = matches(&facts);
    let (mut kinds, mut claimed, mut accounts) = (BTreeMap::new(), 0_i64, BTreeMap::new());
    let mut zero = 0;
    for fact in &facts {
        let number = fact.subject.key.rsplit('/').next().expect("a key");
        let cx = Context {
            now: Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment"),
            closed_until: None,
            currencies: kernel::Currencies::Unknown,
            credit_matches: matches.get(number).map_or(&[], Vec::as_slice),
            posted_elsewhere: false,
            disputed: None,
            contributions: &[],
        };
        let desired = decide(&fold(&fact.subject, std::slice::from_ref(fact)), &rules, &cx);
        assert_eq!(desired.holds, [], "{number}");
        for document in &desired.documents {
            *kinds.entry(document.kind).or_insert(0) += 1;
            for posting in document.postings() {
                *accounts.entry(posting.account).or_insert(0_i64) += posting.amount_minor;
            }
        }
        for claim in &desired.claims {
            claimed += claim.amount.minor;
            zero += u32::from(claim.outcome == ClaimOutcome::Excluded(ReasonCode::ZeroValue));
        }
    }
    assert_eq!(claimed, 974_774_793);
    assert_eq!((zero, kinds[&DocumentKind::JournalEntry]), (2_102, 3));
    assert_eq!(kinds[&DocumentKind::CreditMemo], 3_836);
    assert_eq!(kinds.values().sum::<u32>() + zero, 25_900);
    let expected = EXPECTED.map(|(account, minor)| (account.to_owned(), minor)).into();
    assert_eq!(tie_out(&expected, &accounts), []);
}
