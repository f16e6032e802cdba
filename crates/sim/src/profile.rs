//! What one run is like, drawn from its tape within the bounds of its profile.

use crate::bounds::{self, Bounds};
use crate::chance::Chance;
use crate::faulty_sql::SqlFaults;
use kernel::BusinessDate;
use quickbooks_sim::{Faults, Profile as Company};
use workload::{DeliveryFaults, OrderSystem, Processor};

/// Requests a minute, requests a second and batches a minute of a company that allows little.
pub const TIGHT: [u32; 3] = [24, 3, 2];

/// The character of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Orders in the run.
    pub orders: u32,
    /// Processes that work and compete for the lane.
    pub workers: u32,
    /// What happens to processes.
    pub processes: bounds::Processes,
    /// Over which time deliveries are spread, seconds.
    pub spread_s: u32,
    /// Faults between us and the ledger.
    pub ledger: Faults,
    /// The ledger's faults never end: everything must be done in spite of them.
    pub relentless: bool,
    /// Faults of the database.
    pub sql: SqlFaults,
    /// Faults of deliveries.
    pub deliveries: DeliveryFaults,
    /// Deliveries that come long after everything else, per mille.
    pub delayed: u32,
    /// How much later at most, seconds.
    pub delay_s: u32,
    /// Deliveries that never come, per mille, where the vendor's lists tell of them.
    pub lost: u32,
    /// Requests to those lists that fail, per mille, and what they show late.
    pub unread: u32,
    /// Webhooks about orders only name them.
    pub thin_webhooks: bool,
    /// How clocks are wrong.
    pub clocks: bounds::Clocks,
    /// What people do.
    pub people: bounds::People,
    /// The mapping rules are changed half-way.
    pub rules_change: bool,
    /// The ledger's real throttles are on.
    pub throttled: bool,
    /// And where they are, they are those of [`TIGHT`].
    pub tight: bool,
    /// The ledger refuses duplicate document numbers.
    pub custom_numbers: bool,
    /// Whether an invoice with payments on it can be voided; companies differ.
    pub void_paid_invoice: bool,
    /// What kind of company it is.
    pub company: Company,
    /// Longest sleep of a worker with nothing to do, milliseconds, and ten times its pause between two
    /// looks for deliveries: how fine time runs while all wait.
    pub idle_ms: i64,
    /// How often the ledger is asked what changed, seconds.
    pub watch_every_s: i64,
    /// Whether the company has multi-currency switched on.
    pub multi_currency: bool,
    /// The shop sells in this currency; `None` for the home currency of the company.
    pub sells_in: Option<kernel::Currency>,
    /// The company decides by itself which credit settles which invoice.
    pub applies_credits: bool,
    /// One summary journal per day and channel instead of a document per order.
    pub summary: bool,
    /// Access tokens live for five minutes only.
    pub short_tokens: bool,
    /// The ledger answers repeated request ids only for five minutes.
    pub short_memory: bool,
    /// An answer about changes holds eight objects only.
    pub short_changes: bool,
    /// First day of the shop's month.
    pub month: BusinessDate,
    /// The shop's time zone.
    pub zone: &'static str,
    /// Who tells of orders.
    pub order_system: OrderSystem,
    /// Who pays out.
    pub processor: Processor,
}

/// 2026-03-01.
const MARCH: BusinessDate = BusinessDate::from_days(20_513);
/// The zones that a profile may name; names live as long as the program.
const ZONES: [&str; 8] = [
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "UTC",
];

impl Profile {
    /// Draws within the bounds of profile `crashy`, for a company with Shopify and Stripe whose
    /// deliveries all come: most tests build on it.
    ///
    /// # Panics
    /// Never: the profile is read by a test of its own.
    #[expect(clippy::expect_used, reason = "a text of this program, proved by a test")]
    pub fn draw(chance: &Chance) -> Self {
        let crashy = Bounds::named("crashy").expect("a profile of this crate");
        let deliveries = crashy.deliveries.all_told();
        Self::within(&Bounds { vendors: bounds::Vendors::default(), deliveries, ..crashy }, chance)
    }

    /// Draws within `bounds`.
    pub fn within(bounds: &Bounds, chance: &Chance) -> Self {
        let orders = chance.within(bounds.orders);
        let workers = chance.within(bounds.workers);
        let spread_s = chance.pick(&bounds.spread_s);
        let b = &bounds.books;
        let month = if b.months.is_empty() {
            MARCH
        } else {
            let named = &b.months[index(chance, b.months.len())];
            named.parse().unwrap_or(MARCH)
        };
        let zone = if b.zones.is_empty() {
            ZONES[0]
        } else {
            let named = &b.zones[index(chance, b.zones.len())];
            ZONES.into_iter().find(|zone| zone == named).unwrap_or(ZONES[0])
        };
        let (deliveries, delayed, delay_s) = deliveries(&bounds.deliveries, chance);
        Self {
            orders,
            workers,
            processes: processes(bounds.processes, chance),
            spread_s,
            ledger: ledger(&bounds.ledger, chance),
            relentless: false,
            sql: sql(bounds.sql, chance),
            deliveries,
            delayed,
            delay_s,
            clocks: bounds::Clocks {
                skew_ms: chance.swarm(bounds.clocks.skew_ms),
                steps: chance.swarm(bounds.clocks.steps),
                step_ms: bounds.clocks.step_ms,
            },
            people: people(bounds.people, chance),
            rules_change: chance.happens(bounds.people.rule_changes),
            throttled: chance.happens(bounds.throttled),
            tight: chance.happens(bounds.tight),
            custom_numbers: chance.happens(500),
            void_paid_invoice: chance.happens(500),
            company: chance.pick(&Company::ALL),
            // A long time is made of coarse moments.
            idle_ms: (i64::from(spread_s) * 1_000 / 100).clamp(1_000, 20_000),
            watch_every_s: if spread_s > 100 && chance.happens(500) { 120 } else { 900 },
            multi_currency: chance.happens(b.several_currencies),
            sells_in: None,
            applies_credits: false,
            summary: chance.happens(b.summary),
            short_tokens: chance.happens(b.short_tokens),
            short_memory: chance.happens(b.short_memory),
            short_changes: chance.happens(b.short_changes),
            month,
            zone,
            order_system: one(&bounds.vendors.orders, chance, OrderSystem::named),
            processor: one(&bounds.vendors.processors, chance, Processor::named),
            lost: chance.swarm(bounds.deliveries.lost),
            unread: chance.swarm(bounds.deliveries.unread),
            thin_webhooks: chance.happens(bounds.deliveries.thin),
        }
        .paid()
    }

    /// The same, paid by the processor that its order system brings along, if it does.
    #[must_use]
    pub fn paid(self) -> Self {
        let processor = self.order_system.processor().unwrap_or(self.processor);
        Self { processor, ..self }
    }

    /// Whether what the vendors list is read.
    pub fn reads_lists(&self) -> bool {
        self.lost > 0 || self.names_orders()
    }

    /// Whether webhooks about orders name them and do not hold them.
    pub fn names_orders(&self) -> bool {
        self.thin_webhooks && self.order_system.names_orders()
    }

    /// Whether clocks are wrong enough for limits to be exceeded as the ledger counts them: a clock
    /// that steps lets a minute go by in less, and so does a process after another whose clock was
    /// behind.
    pub fn clocks_mislead(&self) -> bool {
        let follows = self.workers > 1 || self.processes.crashes_per_100k > 0;
        self.clocks.steps > 0 || (self.clocks.skew_ms > 0 && follows)
    }
}

fn index(chance: &Chance, length: usize) -> usize {
    usize::try_from(chance.below(length as u64)).unwrap_or(0)
}

/// One of the named; the usual one where nothing is named.
fn one<T: Default>(kinds: &[String], chance: &Chance, named: fn(&str) -> Option<T>) -> T {
    kinds.get(index(chance, kinds.len())).and_then(|kind| named(kind)).unwrap_or_default()
}

fn processes(max: bounds::Processes, chance: &Chance) -> bounds::Processes {
    bounds::Processes {
        crashes_per_100k: chance.swarm(max.crashes_per_100k),
        restart_s: chance.swarm(max.restart_s),
        pauses_per_100k: chance.swarm(max.pauses_per_100k),
        pause_s: max.pause_s,
        cut: chance.swarm(max.cut),
        split_intake: if chance.happens(max.split_intake) { 1_000 } else { 0 },
    }
}

fn ledger(max: &Faults, chance: &Chance) -> Faults {
    let jitter = u32::try_from(max.jitter_us).unwrap_or(u32::MAX);
    Faults {
        refused: chance.swarm(max.refused),
        lost_before: chance.swarm(max.lost_before),
        lost_after: chance.swarm(max.lost_after),
        held_up: chance.swarm(max.held_up),
        late: chance.swarm(max.late),
        cut: chance.swarm(max.cut),
        garbage: chance.swarm(max.garbage),
        unauthorized: chance.swarm(max.unauthorized),
        throttled: chance.swarm(max.throttled),
        server_error: chance.swarm(max.server_error),
        ok_fault: chance.swarm(max.ok_fault),
        ambiguous: chance.swarm(max.ambiguous),
        silent_noop: chance.swarm(max.silent_noop),
        jitter_us: i64::from(chance.within([0, jitter])),
        ..max.clone()
    }
}

fn sql(max: bounds::Sql, chance: &Chance) -> SqlFaults {
    SqlFaults {
        begin: chance.swarm(max.begin),
        busy: chance.swarm(max.busy),
        statement: chance.swarm(max.statement),
        not_committed: chance.swarm(max.not_committed),
        commit_unknown: chance.swarm(max.commit_unknown),
        slow: chance.swarm(max.slow),
        slow_s: max.slow_s,
    }
}

fn deliveries(max: &bounds::Deliveries, chance: &Chance) -> (DeliveryFaults, u32, u32) {
    let rate = |max: u32| u16::try_from(chance.swarm(max)).unwrap_or(0);
    let faults = DeliveryFaults {
        duplicated_per_mille: rate(max.duplicated),
        reordered_per_mille: rate(max.reordered),
        reordered_by_max: 1 + rate(max.reordered_by),
        stale_update_per_mille: rate(max.stale),
        wrong_signature_per_mille: rate(max.wrong_signature),
        unfooting_per_mille: rate(max.unfooting),
        unknown_topic_per_mille: rate(max.unknown_topic),
    };
    (faults, chance.swarm(max.delayed), max.delay_s)
}

fn people(max: bounds::People, chance: &Chance) -> bounds::People {
    bounds::People {
        edits: chance.swarm(max.edits),
        ledger_closings: chance.swarm(max.ledger_closings),
        closings: chance.swarm(max.closings),
        expiries: chance.swarm(max.expiries),
        disconnects: chance.swarm(max.disconnects),
        rule_changes: 0,
        idle_decisions: chance.swarm(max.idle_decisions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_profiles_are_known() {
        for name in bounds::names() {
            let bounds = Bounds::named(name).unwrap();
            assert!(bounds.books.zones.iter().all(|z| ZONES.contains(&z.as_str())), "{name}");
            for month in &bounds.books.months {
                month.parse::<BusinessDate>().unwrap();
            }
        }
        assert_eq!(MARCH.to_string(), "2026-03-01");
    }
}
