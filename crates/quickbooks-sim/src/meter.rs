//! What the calls of an app cost (quickbooks.md §6).

use serde::Serialize;

use crate::clock;
use crate::config::Limits;

/// Counts since the simulator was made; a replay from a log starts at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Meter {
    /// Requests received, all kinds, throttled and refused ones included.
    pub requests: u64,
    /// Successful creates, batch items included.
    pub creates: u64,
    /// Successful updates, batch items included.
    pub updates: u64,
    /// Successful deletes, batch items included.
    pub deletes: u64,
    /// Successful voids, batch items included.
    pub voids: u64,
    /// Successful queries, batch items included.
    pub queries: u64,
    /// Successful reads by id.
    pub reads: u64,
    /// Batch requests answered.
    pub batches: u64,
    /// Items of those batches.
    pub batch_items: u64,
    /// Successful change-data calls.
    pub cdc: u64,
    /// Successful reports.
    pub reports: u64,
    /// OAuth calls; not metered by the partner program.
    pub oauth: u64,
    /// Refused requests and batch items: not metered.
    pub faults: u64,
    /// Writes answered from the store of request ids: nothing happened again.
    pub replayed: u64,
    /// Core calls: writes, free of charge.
    pub core: u64,
    /// CorePlus calls: reads, queries, change data, reports; metered.
    pub core_plus: u64,
    /// CorePlus calls of the month under way.
    pub core_plus_this_month: u64,
    /// That month: years since 0 times twelve, plus the month counted from zero.
    pub month: i64,
    /// Calls and batch items refused because the month's CorePlus calls are used up.
    pub blocked: u64,
    /// Requests answered 429.
    pub throttled: u64,
    /// Requests beyond a limit, also while limits are lifted.
    pub violations: u64,
    /// Most requests let through in any 60 seconds.
    pub max_per_minute: u32,
    /// Most requests let through in any second.
    pub max_per_second: u32,
    /// Most batches let through in any 60 seconds.
    pub max_batches_per_minute: u32,
}

/// One countable thing that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Create,
    Update,
    Delete,
    Void,
    Query,
    Read,
    Batch,
    Cdc,
    Report,
    Replay,
    Fault,
    OAuth,
}

impl Meter {
    /// Begins a new month when there is one (assumed: in UTC).
    pub(crate) fn turn(&mut self, now_us: i64) {
        let month = clock::month_of(now_us.div_euclid(1_000_000 * clock::DAY_SECONDS));
        if self.month != month {
            self.month = month;
            self.core_plus_this_month = 0;
        }
    }

    /// Whether the month's CorePlus calls are used up; then counts a refusal.
    pub(crate) fn is_blocked(&mut self, limits: &Limits) -> bool {
        let most = limits.core_plus_per_month;
        let blocked = most != 0 && self.core_plus_this_month >= most;
        self.blocked += u64::from(blocked);
        blocked
    }

    pub(crate) fn count(&mut self, what: Count) {
        let (counter, core, plus) = match what {
            Count::Create => (&mut self.creates, 1, 0),
            Count::Update => (&mut self.updates, 1, 0),
            Count::Delete => (&mut self.deletes, 1, 0),
            Count::Void => (&mut self.voids, 1, 0),
            Count::Replay => (&mut self.replayed, 1, 0),
            Count::Query => (&mut self.queries, 0, 1),
            Count::Read => (&mut self.reads, 0, 1),
            Count::Cdc => (&mut self.cdc, 0, 1),
            Count::Report => (&mut self.reports, 0, 1),
            Count::Batch => (&mut self.batches, 0, 0),
            Count::Fault => (&mut self.faults, 0, 0),
            Count::OAuth => (&mut self.oauth, 0, 0),
        };
        *counter += 1;
        self.core += core;
        self.core_plus += plus;
        self.core_plus_this_month += plus;
    }
}
