//! Orders that come as files: imported in pieces, broken off, again, and by two processes at once.

use sim::Profile;
use sim::bounds::Processes;
use sim::chance::Chance;
use std::collections::BTreeMap;
use workload::{DeliveryFaults, OrderSystem};

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
