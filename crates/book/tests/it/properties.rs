//! What holds for every set of facts.

use crate::dice::{self, Dice, NOW};
use book::{
    ClaimClass, ClaimOutcome, Context, Contribution, CreditMatch, Desired, Rules, decide, fold,
};
use kernel::{
    Decimal, DocumentKind, Fact, FactBody, Money, Payment, Posting, Refund, Subject, SubjectKind,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const SWITCHES: &str = include_str!("../cases/switches.rules.toml");

/// What else accountants may have chosen.
const OTHERWISE: [&str; 2] = [
    r#"
    [posting]
    edits = "delta"
    refund_date = "sale"
    marketplace_tax = "gross"
    cash_rounding = "revenue"
    fee_tax = "recoverable"
    loss_tax = "relief"
    platform = "agent"
    [tenders]
    loyalty = "loyalty"
    promotional_card = "gift_cards"
    [clearing]
    "paypal/EUR" = "PayPal Euro Clearing"
    "#,
    r#"
    [posting]
    revenue = "at_fulfilment"
    loss_tax = "relief"
    fees = "per_fee"
    "#,
];

/// How many sets of rules there are.
const RULES: usize = 4;

static PER_ORDER: LazyLock<[Rules; RULES]> = LazyLock::new(|| {
    let [defaults, switches] =
        [Rules::default_text(), SWITCHES].map(|text| Rules::parse(text).expect("rules compile"));
    let [delta, later] =
        OTHERWISE.map(|settings| defaults.with(settings).expect("settings compile"));
    [defaults, switches, delta, later]
});

static SUMMARY: LazyLock<[Rules; RULES]> = LazyLock::new(|| {
    let daily = "[posting]\nmode = \"daily_summary\"";
    PER_ORDER.each_ref().map(|rules| rules.with(daily).expect("settings compile"))
});

/// Credits of every test belong in part to earlier sales.
static MATCHES: LazyLock<Vec<CreditMatch>> = LazyLock::new(|| {
    let found = |line: u32| CreditMatch {
        line_id: line.to_string(),
        sale_subject: format!("test:shop/order/9{line}"),
        sale_number: format!("9{line}"),
        quantity: Decimal::from(line + 1),
    };
    (0..3).chain(0..2).map(found).collect()
});

fn context(contributions: &[Contribution]) -> Context<'_> {
    Context {
        now: NOW,
        closed_until: None,
        currencies: kernel::Currencies::Unknown,
        credit_matches: &MATCHES,
        posted_elsewhere: false,
        disputed: None,
        contributions,
    }
}

fn any_subject(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    match dice.below(8) {
        0 => dice::payout(dice),
        1 => dice::dispute(dice),
        2 => dice::movement(dice),
        3 | 4 => dice::sale(dice),
        _ => dice::long_sale(dice),
    }
}

fn numbers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..160)
}

fn add(sums: &mut BTreeMap<String, i64>, postings: Vec<Posting>) {
    for posting in postings {
        *sums.entry(posting.account).or_default() += posting.amount_minor;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fold_forgets_order_and_repetition(numbers in numbers(), shuffled in any::<u64>()) {
        let (subject, facts) = any_subject(&mut Dice(numbers.iter()));
        let expected = fold(&subject, &facts);
        let mut other: Vec<Fact> = facts.iter().chain(&facts).cloned().collect();
        let mut seed = shuffled;
        for i in (1..other.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap() % (i + 1);
            other.swap(i, at);
        }
        prop_assert_eq!(fold(&subject, &other), expected);
    }

    #[test]
    fn every_document_balances(numbers in numbers(), which in 0..RULES) {
        let (subject, facts) = any_subject(&mut Dice(numbers.iter()));
        let desired = decide(&fold(&subject, &facts), &PER_ORDER[which], &context(&[]));
        let mut keys = BTreeSet::new();
        for document in &desired.documents {
            let sum: i64 = document.postings().iter().map(|p| p.amount_minor).sum();
            prop_assert_eq!(sum, 0, "{:?}", document);
            let lines: i64 = document.lines.iter().map(|l| match document.kind {
                DocumentKind::JournalEntry => l.amount_minor.max(0),
                _ => l.amount_minor,
            }).sum();
            let without_lines = matches!(document.kind, DocumentKind::Payment | DocumentKind::Transfer);
            prop_assert!(without_lines || lines == document.total_minor, "{:?}", document);
            prop_assert!(document.total_minor >= 0, "{:?}", document);
            prop_assert!(keys.insert(document.key.clone()), "two documents {}", document.key);
            prop_assert!(document.number.as_ref().is_none_or(|n| n.chars().count() <= 21));
            for link in &document.links {
                prop_assert!(keys.contains(&link.to), "{} settles a later {}", document.key, link.to);
            }
        }
        named_by_the_rules(&desired, &PER_ORDER[which])?;
    }

    #[test]
    fn claims_cover_every_movement_once(numbers in numbers(), which in 0..RULES) {
        let (subject, facts) = any_subject(&mut Dice(numbers.iter()));
        let state = fold(&subject, &facts);
        let desired = decide(&state, &PER_ORDER[which], &context(&[]));
        let keys: BTreeSet<&str> = desired.claims.iter().map(|c| c.key.as_str()).collect();
        prop_assert_eq!(keys.len(), desired.claims.len(), "{:#?}", desired.claims);
        covered(state.facts(), state.order(), &desired)?;
        let documents: BTreeSet<_> = desired.documents.iter().map(|d| &d.key).collect();
        let mut answered = BTreeSet::new();
        for claim in &desired.claims {
            match &claim.outcome {
                ClaimOutcome::Document(key) => {
                    prop_assert!(documents.contains(key), "{} has no document", claim.key);
                    answered.insert(key);
                }
                ClaimOutcome::Held(code) => {
                    prop_assert!(desired.holds.iter().any(|h| h.code == *code), "{}", claim.key);
                }
                _ => {}
            }
        }
        let own = |d: &&kernel::Document| !d.key.as_str().ends_with("/small-difference");
        let moving = |d: &&kernel::Document| own(d) && !d.moves_nothing();
        for document in desired.documents.iter().filter(moving) {
            prop_assert!(answered.contains(&document.key), "nobody claims {}", document.key);
        }
    }

    #[test]
    fn a_daily_summary_holds_the_same_accounts(
        many in prop::collection::vec(numbers(), 1..6),
        which in 0..RULES,
    ) {
        let (mut apart, mut together) = (BTreeMap::new(), BTreeMap::new());
        let mut shares: BTreeMap<Subject, Vec<Contribution>> = BTreeMap::new();
        for (i, numbers) in many.iter().enumerate() {
            let (mut subject, facts) = any_subject(&mut Dice(numbers.iter()));
            subject.key = format!("{}/{i}", subject.key);
            let state = fold(&subject, &facts);
            let one = decide(&state, &PER_ORDER[which], &context(&[]));
            let other = decide(&state, &SUMMARY[which], &context(&[]));
            let expected: Vec<_> = one.claims.iter().map(|c| (&c.key, c.class, c.amount)).collect();
            let found: Vec<_> = other.claims.iter().map(|c| (&c.key, c.class, c.amount)).collect();
            prop_assert_eq!(expected, found);
            one.documents.iter().for_each(|d| add(&mut apart, d.postings()));
            other.documents.iter().for_each(|d| add(&mut together, d.postings()));
            let mut own = BTreeSet::new();
            for share in other.contributions {
                prop_assert!(own.insert(share.claim.clone()), "two shares of {}", share.claim);
                shares.entry(share.summary.clone()).or_default().push(share);
            }
        }
        for (summary, mut shares) in shares {
            prop_assert_eq!(summary.kind, SubjectKind::Summary);
            let journal = decide(&fold(&summary, &[]), &SUMMARY[which], &context(&shares));
            shares.reverse();
            let again = decide(&fold(&summary, &[]), &SUMMARY[which], &context(&shares));
            prop_assert_eq!(&journal, &again);
            prop_assert!(journal.documents.len() < 2, "one currency, one journal");
            for document in journal.documents {
                prop_assert!(summary.key.ends_with(&document.date.to_string()));
                add(&mut together, document.postings());
            }
        }
        apart.retain(|_, sum| *sum != 0);
        together.retain(|_, sum| *sum != 0);
        prop_assert_eq!(apart, together);
    }
}

/// Amounts at the edge of 64 bits are held or excluded, never computed with.
#[test]
fn absurd_amounts_never_reach_a_document() {
    const HUGE: i64 = i64::MAX / 2;
    for seed in 0..6_000_u32 {
        let mix = |i: u32| (seed ^ (i << 7)).wrapping_mul(2_246_822_519).rotate_left(i % 29);
        let numbers: Vec<u32> = (1..120).map(mix).collect();
        let (subject, mut facts) = any_subject(&mut Dice(numbers.iter()));
        let mut dice = Dice(numbers[60..].iter());
        let mut edge = |amount: &mut i64| match dice.below(4) {
            0 => *amount = HUGE,
            1 => *amount = -HUGE,
            _ => {}
        };
        for fact in &mut facts {
            match &mut fact.body {
                FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => {
                    edge(&mut o.total_minor);
                    o.lines.iter_mut().for_each(|l| edge(&mut l.gross_minor));
                }
                FactBody::PaymentCaptured(p) => edge(&mut p.amount_minor),
                FactBody::OrderEdited(e) => {
                    edge(&mut e.order.total_minor);
                    e.order.lines.iter_mut().for_each(|l| edge(&mut l.gross_minor));
                }
                FactBody::OrderFulfilled(f) => {
                    f.lines.iter_mut().for_each(|l| edge(&mut l.gross_minor));
                }
                FactBody::PaymentReturned(r) => {
                    edge(&mut r.amount_minor);
                    edge(&mut r.fee_minor);
                }
                FactBody::PaymentSettled(s) => edge(&mut s.settled_minor),
                FactBody::BalanceConverted(c) => {
                    edge(&mut c.from_minor);
                    edge(&mut c.to_minor);
                }
                FactBody::CreditGranted(g) => edge(&mut g.amount_minor),
                FactBody::SellerPaid(s) => edge(&mut s.amount_minor),
                FactBody::ReceivableWrittenOff(w) => edge(&mut w.amount_minor),
                FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => {
                    edge(&mut r.total_minor);
                    r.payments.iter_mut().for_each(|p| edge(&mut p.amount_minor));
                }
                FactBody::FeeCharged(f) => edge(&mut f.amount_minor),
                FactBody::PayoutPaid(p) | FactBody::PayoutFailed(p) => edge(&mut p.amount_minor),
                FactBody::PayoutItemised(items) => {
                    items.entries.iter_mut().for_each(|e| edge(&mut e.gross_minor));
                }
                FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
                    edge(&mut d.amount_minor);
                    edge(&mut d.fee_minor);
                }
                _ => {}
            }
        }
        for rules in PER_ORDER.iter().chain(SUMMARY.iter()) {
            let desired = decide(&fold(&subject, &facts), rules, &context(&[]));
            for document in desired.documents {
                assert!(document.total_minor < HUGE, "{document:?}");
                assert!(document.lines.iter().all(|l| l.amount_minor.abs() < HUGE), "{document:?}");
            }
        }
    }
}

#[test]
fn a_sale_settled_in_another_currency_is_what_arrived() {
    let cx =
        Context { currencies: kernel::Currencies::Only(kernel::Currency::USD), ..context(&[]) };
    let mut posted = 0;
    for seed in 0..6_000_u32 {
        let mix = |i: u32| (seed ^ (i << 9)).wrapping_mul(2_654_435_761).rotate_left(i % 27);
        let numbers: Vec<u32> = (1..150).map(mix).collect();
        let (subject, mut facts) = dice::long_sale(&mut Dice(numbers.iter()));
        dice::settle_in_dollars(&mut facts, &mut Dice(numbers[70..].iter()));
        for rules in PER_ORDER.iter() {
            let desired = decide(&fold(&subject, &facts), rules, &cx);
            for document in &desired.documents {
                let sum: i64 = document.postings().iter().map(|p| p.amount_minor).sum();
                assert_eq!(sum, 0, "{document:?}");
                assert_eq!(document.currency, kernel::Currency::USD, "{document:?}");
            }
            posted += usize::from(!desired.documents.is_empty());
        }
    }
    assert!(posted > 2_000, "only {posted} sales were posted");
}

#[test]
fn rules_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Rules>();
}

/// Every account and item that documents name can be looked up in the rules.
fn named_by_the_rules(desired: &Desired, rules: &Rules) -> Result<(), TestCaseError> {
    use kernel::{ReferenceKey, ReferenceKind};
    let known = |kind, name: &str| {
        name.is_empty()
            || rules.reference(&ReferenceKey { kind, name: name.to_owned() }, None).is_some()
    };
    for document in &desired.documents {
        let counter = document.counter_account.as_deref().unwrap_or_default();
        prop_assert!(known(ReferenceKind::Account, &document.account));
        prop_assert!(known(ReferenceKind::Account, counter));
        for line in &document.lines {
            prop_assert!(known(ReferenceKind::Account, &line.account), "{}", line.account);
            let item = line.item.as_deref().unwrap_or_default();
            prop_assert!(known(ReferenceKind::Item, item), "{item}");
        }
    }
    Ok(())
}

fn covered(
    facts: &[Fact],
    order: Option<&kernel::Order>,
    desired: &Desired,
) -> Result<(), TestCaseError> {
    let sum = |classes: &[ClaimClass]| -> i64 {
        let of = desired.claims.iter().filter(|c| classes.contains(&c.class));
        of.map(|c| c.amount.minor).sum()
    };
    let sales = [ClaimClass::Sale, ClaimClass::Credit, ClaimClass::CreditUnmatched];
    let total = order.map_or(0, |o| o.total_minor);
    prop_assert_eq!(sum(&sales), total, "{:#?}", desired.claims);
    let total = |wanted: &dyn Fn(&FactBody) -> Option<i64>| -> i64 {
        facts.iter().filter_map(|f| wanted(&f.body)).sum()
    };
    let refunds = total(&|body| match body {
        FactBody::RefundIssued(r) => Some(-worth(r)),
        FactBody::RefundFailed(r) => Some(worth(r)),
        _ => None,
    });
    prop_assert_eq!(sum(&[ClaimClass::Refund]), refunds);
    let payouts = total(&|body| match body {
        FactBody::PayoutPaid(p) => Some(p.amount_minor),
        _ => None,
    });
    let paid = facts.iter().any(|f| matches!(f.body, FactBody::PayoutPaid(_)));
    if paid {
        prop_assert_eq!(sum(&[ClaimClass::Payout]), payouts);
    }
    let disputes = total(&|body| match body {
        FactBody::DisputeOpened(d) => Some(-d.amount_minor - d.fee_minor),
        FactBody::DisputeWon(d) => Some(d.amount_minor - d.fee_minor),
        FactBody::DisputeLost(d) => Some(-d.fee_minor),
        _ => None,
    });
    let itemised = facts.iter().any(|f| matches!(f.body, FactBody::PayoutItemised(_)));
    if !itemised {
        prop_assert_eq!(sum(&[ClaimClass::Dispute]), disputes);
    }
    let invoiced = desired.documents.iter().any(|d| d.kind == DocumentKind::Invoice);
    let tests = captured(facts, &|p| p.test);
    let money = captured(facts, &|p| {
        p.test || !["gift_card", "store_credit"].contains(&p.processor.as_str())
    });
    let all = captured(facts, &|_| true);
    let returned = |c: &&book::Claim| c.key.starts_with("returned/");
    let returned = desired.claims.iter().filter(returned).map(|c| c.amount.minor);
    let claimed =
        sum(&[ClaimClass::Payment]) - returned.sum::<i64>() + sum_of_fees_returned(desired);
    let edited = desired.documents.iter().any(|d| d.key.as_str().contains("/edit/"));
    if edited {
        // The first payment may be told by the receipt, those after it by documents of their own.
        prop_assert!(claimed <= money, "{claimed} of {money}");
    } else if invoiced {
        prop_assert_eq!(claimed, money);
    } else if let Some(order) = order.filter(|o| !o.paid_at_checkout).map(|o| o.total_minor) {
        // Nothing else tells of the payments of an order that is not paid at checkout.
        prop_assert!([money, all].contains(&claimed) || order == 0, "{claimed} of {money}");
    } else if order.is_some() {
        prop_assert!([tests, money, all].contains(&claimed), "{claimed} of {money}");
    }
    Ok(())
}

/// Fees of returns are claims beside them and no payments.
fn sum_of_fees_returned(desired: &Desired) -> i64 {
    let fees = desired.claims.iter();
    let fees = fees.filter(|c| c.class == ClaimClass::Fee && c.key.starts_with("returned/"));
    fees.map(|c| c.amount.minor).sum()
}

fn captured(facts: &[Fact], counts: &dyn Fn(&Payment) -> bool) -> i64 {
    let amount = |f: &Fact| match &f.body {
        FactBody::PaymentCaptured(p) if counts(p) => p.amount_minor,
        FactBody::GiftCardRedeemed(g) => {
            let test = Payment {
                processor: "gift_card".to_owned(),
                payment_id: String::new(),
                amount_minor: g.amount_minor,
                currency: g.currency,
                business_date: g.business_date,
                test: false,
            };
            if counts(&test) { g.amount_minor } else { 0 }
        }
        _ => 0,
    };
    facts.iter().map(amount).sum()
}

/// What a refund moves: its payments when it has any, else its worth as a credit.
fn worth(refund: &Refund) -> i64 {
    if refund.payments.is_empty() {
        refund.total_minor
    } else {
        refund.payments.iter().map(|p| p.amount_minor).sum()
    }
}

#[test]
fn a_payout_is_claimed_to_the_cent() {
    let mut held = 0;
    for seed in 0..3_000_u32 {
        let mix = |i: u32| (seed ^ i).wrapping_mul(2_654_435_761).rotate_left(i % 31);
        let numbers: Vec<u32> = (1..40).map(mix).collect();
        let (subject, facts) = dice::payout(&mut Dice(numbers.iter()));
        let state = fold(&subject, &facts);
        let desired = decide(&state, &PER_ORDER[0], &context(&[]));
        let items = facts.iter().find_map(|f| match &f.body {
            FactBody::PayoutItemised(items) => Some(items),
            _ => None,
        });
        let Some(items) = items else { continue };
        if desired.claims.iter().any(|c| matches!(c.outcome, ClaimOutcome::Pending(_))) {
            continue;
        }
        held += usize::from(!desired.holds.is_empty());
        // Charges and refunds are booked by their own facts, so are disputes that name a payment.
        let own: i64 = items
            .entries
            .iter()
            .map(|e| match e.category.as_str() {
                "charge" | "refund" => -e.fee_minor,
                "dispute" if e.of.is_some() => 0,
                _ => e.net_minor(),
            })
            .sum();
        let parts = desired.claims.iter().filter(|c| c.class != ClaimClass::Payout);
        let claimed: i64 = parts.map(|c| c.amount.minor).sum();
        assert_eq!(
            Money::new(claimed, items.currency),
            Money::new(own, items.currency),
            "{desired:#?}"
        );
    }
    assert!(held > 50, "only {held} payouts were held");
}
