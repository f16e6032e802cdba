//! A company that applies open credits by itself: what it applies to what is its own business, and no
//! edit by anybody.

use crate::support::{ask, finish, now, run};
use kernel::ReasonCode;
use quickbooks_sim::TxnKind;
use serde_json::{Value, json};
use sim::evidence;
use sim::world::World;
use sim::{Profile, weather};
use store::document::DocState;

const SEEDS: std::ops::Range<u64> = 830..836;
/// The customer of the web channel, by the default rules.
const CUSTOMER: &str = "Online sales – web";

fn profile(chance: &sim::chance::Chance) -> Profile {
    let company = quickbooks_sim::Profile::ALL[0];
    let drawn = Profile::draw(chance);
    Profile {
        orders: 60,
        summary: false,
        applies_credits: true,
        company,
        multi_currency: false,
        ..drawn
    }
}

/// The accountant gives the customer a credit, which the company applies to what is open and to what
/// comes.
fn goodwill(world: &mut World, cents: i64) {
    let found = ask(world, "GET", "query?query=select%20*%20from%20Customer", &Value::Null);
    let customers = found["QueryResponse"]["Customer"].as_array().unwrap();
    let ours = customers.iter().find(|c| c["DisplayName"] == CUSTOMER).unwrap();
    let line = json!({
        "Amount": cents / 100, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": { "ItemRef": { "value": "1" }, "TaxCodeRef": { "value": "NON" } },
    });
    let memo = json!({ "CustomerRef": { "value": ours["Id"] }, "Line": [line] });
    ask(world, "POST", "creditmemo", &memo);
}

#[test]
fn what_the_company_applies_by_itself_is_no_difference() {
    let mut applied = 0;
    for seed in SEEDS {
        let mut world = World::of(profile, seed, false).unwrap();
        world.faults(false);
        let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
        let far = now(&world).plus_seconds(86_400);
        while world.company().transactions().count() < 12 {
            assert!(world.executor.step(far, u64::MAX).is_none());
        }
        goodwill(&mut world, 30_000);
        finish(&mut world, vendors);
        // Two looks at what changed: other people's links come along.
        run(&mut world, 2_000);
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        let worker = world.start_worker(true);
        finish(&mut world, worker);
        let found = evidence::gather(&mut world);
        for code in [ReasonCode::LedgerEditedOutside, ReasonCode::ReadbackDivergent] {
            let told = found.unposted.iter().filter(|line| line.contains(code.code()));
            assert_eq!(told.count(), 0, "seed {seed}: {:#?}", found.unposted);
        }
        assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);
        assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
        let done = |s: &DocState| matches!(s, DocState::Verified | DocState::Removed);
        let open: Vec<_> = found.documents.iter().filter(|(.., s)| !done(s)).collect();
        // An invoice that the company itself has settled can be refused to be voided, in some
        // companies: a person takes the credit off first, and is told so.
        let refused = |key: &String| {
            let told = |line: &String| line.contains(key.as_str());
            !world.profile.void_paid_invoice
                && key.ends_with("/invoice")
                && found.unposted.iter().any(told)
        };
        let stuck: Vec<_> = open.into_iter().filter(|(key, ..)| !refused(key)).collect();
        assert!(stuck.is_empty(), "seed {seed}: {stuck:#?} {:#?}", found.unposted);
        let company = world.company();
        let own = company.transactions().filter(|t| {
            t.kind == TxnKind::Payment && t.private_note.starts_with("Created by QB Online")
        });
        let unapplied = company.transactions().filter(|t| {
            t.kind == TxnKind::Payment && t.private_note.contains("tieout:") && t.open > 0
        });
        applied += own.count().min(unapplied.count());
        assert_eq!(company.duplicates(), []);
    }
    assert!(applied > 0, "a credit of the company was never in the way of a payment of ours");
}

#[test]
fn the_books_are_those_of_the_shop_also_under_faults() {
    for seed in SEEDS {
        let faults =
            if seed % 2 == 0 { weather::together() } else { quickbooks_sim::Faults::default() };
        let calm = |chance: &_| Profile {
            ledger: faults,
            processes: sim::bounds::Processes::default(),
            sql: sim::faulty_sql::SqlFaults::default(),
            ..profile(chance)
        };
        let report = sim::run_as(calm, seed, false).unwrap();
        assert!(report.violations.is_empty(), "seed {seed}: {:#?}", report.violations);
        assert!(report.verified > 0);
    }
}
