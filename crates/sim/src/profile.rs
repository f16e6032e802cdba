//! What goes wrong in a run, drawn from its seed: swarm testing, many rates at zero.

use crate::chance::Chance;
use crate::faulty_sql::SqlFaults;
use quickbooks_sim::Faults;
use workload::DeliveryFaults;

/// The character of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Orders in the run.
    pub orders: u32,
    /// Workers that compete for the lane.
    pub workers: u32,
    /// Chance that a worker dies at one of its steps, per 100,000 polls.
    pub crash_per_100k: u64,
    /// Faults between us and the ledger.
    pub ledger: Faults,
    /// The ledger's faults never end: everything must be done in spite of them.
    pub relentless: bool,
    /// Faults of the database.
    pub sql: SqlFaults,
    /// Faults of deliveries.
    pub deliveries: DeliveryFaults,
    /// Chance that intake is cut off within a delivery, per mille.
    pub intake_cut: u32,
    /// The ledger's real throttles are on.
    pub throttled: bool,
    /// The ledger refuses duplicate document numbers.
    pub custom_numbers: bool,
    /// What kind of company it is.
    pub company: quickbooks_sim::Profile,
    /// Longest sleep of a worker with nothing to do, milliseconds, and ten times its pause between two
    /// looks for deliveries: how fine time runs while all wait.
    pub idle_ms: i64,
    /// Whether the company has multi-currency switched on.
    pub multi_currency: bool,
    /// The shop sells in this currency; `None` for the home currency of the company.
    pub sells_in: Option<kernel::Currency>,
    /// The company decides by itself which credit settles which invoice.
    pub applies_credits: bool,
    /// One summary journal per day and channel instead of a document per order.
    pub summary: bool,
}

impl Profile {
    /// Draws a profile.
    pub fn draw(chance: &Chance) -> Self {
        let rate = |max: u64| -> u32 {
            if chance.below(2) == 0 { 0 } else { u32::try_from(chance.below(max)).unwrap_or(0) }
        };
        let small = |max: u64| u16::try_from(rate(max)).unwrap_or(0);
        let ledger = Faults {
            refused: rate(80),
            lost_before: rate(80),
            lost_after: rate(80),
            late: rate(40),
            cut: rate(60),
            garbage: rate(60),
            unauthorized: rate(40),
            throttled: rate(60),
            server_error: rate(80),
            ok_fault: rate(40),
            ambiguous: rate(30),
            late_us: 200_000_000,
            base_us: 50_000,
            jitter_us: i64::try_from(chance.below(2_000_000)).unwrap_or(0),
            ..Faults::default()
        };
        let sql = SqlFaults {
            begin: rate(10),
            statement: rate(10),
            not_committed: rate(20),
            commit_unknown: rate(20),
        };
        let deliveries = DeliveryFaults {
            duplicated_per_mille: small(300),
            reordered_per_mille: small(500),
            reordered_by_max: 1 + small(40),
            stale_update_per_mille: small(200),
            wrong_signature_per_mille: small(50),
            unfooting_per_mille: small(50),
            unknown_topic_per_mille: small(50),
        };
        Self {
            orders: 12 + u32::try_from(chance.below(40)).unwrap_or(0),
            workers: 1 + u32::try_from(chance.below(2)).unwrap_or(0),
            crash_per_100k: if chance.below(2) == 0 { 0 } else { chance.below(600) },
            ledger,
            relentless: false,
            sql,
            deliveries,
            intake_cut: rate(100),
            throttled: chance.below(2) == 0,
            custom_numbers: chance.below(2) == 0,
            summary: chance.below(5) == 0,
            company: chance.pick(&quickbooks_sim::Profile::ALL),
            multi_currency: chance.below(3) == 0,
            idle_ms: 1_000,
            sells_in: None,
            applies_credits: false,
        }
    }
}
