//! Orders that come as files: imported in pieces, broken off, again, and by two processes at once.

use crate::support::{done, drain, run};
use bytes::Bytes;
use engine::{Control, Engine};
use kernel::ReasonCode;
use sha2::{Digest, Sha256};
use sim::Profile;
use sim::bounds::Processes;
use sim::chance::Chance;
use sim::clock::ProcessClock;
use sim::evidence;
use sim::world::World;
use sources::csv::{Mapping, open};
use std::collections::BTreeMap;
use std::sync::Arc;
use workload::{DeliveryFaults, OrderSystem};

const MAPPING: &str = r#"
    source = "csv:shop"
    format = "csv"
    zone = "UTC"
    currency = "USD"
    settlement = "on_account"
    group_by = "No"
    [columns]
    placed_at = "Date"
    title = "Text"
    quantity = "Qty"
    unit_price = "Price"
"#;

/// Imports a file that tells an invoice with this price, and does what is to be done.
fn import(world: &mut World, price: &'static str) {
    import_by(world.engine.clone(), world, price);
}

/// The same by a process of the caller's.
fn import_by(engine: Engine, world: &mut World, price: &'static str) {
    let text = format!("No,Date,Text,Qty,Price\n7,2026-02-02T09:00:00Z,Lantern,2,{price}\n");
    let work = async move {
        let mapping = Mapping::parse(MAPPING).unwrap();
        let sha256 = Sha256::digest(&text).into();
        let parts = std::iter::once(Ok(Bytes::from(text.clone())));
        let currency = "USD".parse().unwrap();
        let mut file =
            engine.import_begin("csv:shop", price, sha256, parts, currency).await.unwrap();
        if file.is_complete() {
            return;
        }
        let groups = open(&mapping, text.as_bytes()).unwrap();
        let groups: Vec<_> = groups.map(|record| (record.place(), record.normalised)).collect();
        assert!(engine.import_rest(&mut file, groups.into_iter(), 10, |_| true).await.unwrap());
        let exact_sum = String::new();
        let control = Control { lines: 2, exact_sum, booked_minor: 0, cut: None };
        engine.import_end(&mut file, &control).await.unwrap();
    };
    done(world, Box::pin(work));
    drain(world);
    run(world, 60);
}

/// A company in which nothing goes wrong.
fn company(summary: bool) -> World {
    let profile = |chance: &Chance| {
        let company = quickbooks_sim::Profile::ALL[0];
        Profile { summary, company, multi_currency: false, ..Profile::draw(chance) }
    };
    let mut world = World::of(profile, 3, false).unwrap();
    world.faults(false);
    world
}

/// The ids and amounts of what stands in the ledger.
fn standing(world: &World) -> Vec<(u32, i64)> {
    let company = world.company();
    company.transactions().filter(|t| !t.voided).map(|t| (t.id, t.total)).collect()
}

#[test]
fn what_stands_is_left_where_it_is_when_it_is_told_again_and_cannot_be_read() {
    for summary in [false, true] {
        let mut world = company(summary);
        import(&mut world, "10.00");
        let before = standing(&world);
        assert_eq!(before.len(), 1);
        import(&mut world, "ten");
        assert_eq!(standing(&world), before, "summary: {summary}");
        let evidence = evidence::gather(&mut world);
        let open: Vec<_> = evidence.open.iter().map(|e| e.code).collect();
        assert_eq!(open, [ReasonCode::MalformedDelivery], "summary: {summary}");
        assert_eq!(evidence.error, None);
        assert_eq!(evidence.breaks, [""; 0], "summary: {summary}");
    }
}

#[test]
fn the_file_that_is_imported_last_has_the_last_word() {
    let mut world = company(false);
    let total = |world: &World| -> Vec<i64> { standing(world).iter().map(|(_, n)| *n).collect() };
    // Neither the greater nor the smaller amount wins, nor what is told again as it was.
    for (price, cents) in [("10.00", 2_000), ("9.50", 1_900), ("11.00", 2_200), ("9.50", 2_200)] {
        import(&mut world, price);
        assert_eq!(total(&world), [cents], "after {price}");
    }
}

#[test]
fn the_clock_of_who_imports_decides_nothing() {
    let mut world = company(false);
    for (price, seconds, cents) in
        [("10.00", 0, 2_000), ("9.50", -90, 1_900), ("11.00", -40, 2_200)]
    {
        let clock = Arc::new(ProcessClock::new(world.executor.clock(), seconds * 1_000_000));
        import_by(Engine { clock, ..world.engine.clone() }, &mut world, price);
        let total: Vec<i64> = standing(&world).iter().map(|(_, total)| *total).collect();
        assert_eq!(total, [cents], "{price} by a clock {seconds} s ahead");
    }
}

#[test]
fn files_that_are_imported_badly_come_to_the_books_of_the_shop() {
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for (order_system, seed) in [OrderSystem::Csv, OrderSystem::Ndjson]
        .into_iter()
        .flat_map(|s| (40..52).map(move |n| (s, n)))
    {
        let profile = |chance: &Chance| {
            let drawn = Profile::draw(chance);
            let deliveries = DeliveryFaults {
                duplicated_per_mille: 300,
                reordered_per_mille: 500,
                unfooting_per_mille: 100,
                ..drawn.deliveries
            };
            let processes = Processes { cut: 200, crashes_per_100k: 600, ..drawn.processes };
            Profile { order_system, deliveries, processes, ..drawn }.paid()
        };
        let report = sim::run_as(profile, seed, false).unwrap();
        let who = format!("{order_system:?}, seed {seed}");
        assert!(report.violations.is_empty(), "{who}: {:#?}", report.violations);
        assert!(report.verified > 1, "{who}: {} documents", report.verified);
        for (kind, n) in report.troubles {
            *met.entry(kind).or_default() += n;
        }
    }
    for kind in ["again", "broken off", "stopped", "failed", "crashed", "at the same time"] {
        let n = met.get(&format!("import: {kind}")).copied().unwrap_or(0);
        assert!(n > 3, "import: {kind} happened {n} times: {met:?}");
    }
}
