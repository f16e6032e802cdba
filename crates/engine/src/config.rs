//! Every limit of the engine, with its unit.

/// Limits and pace. Defaults are QuickBooks Online's documented limits (quickbooks.md §6) and the
/// batch sizes measured in performance.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Requests per minute and realm.
    pub requests_per_minute: u32,
    /// Requests per second and realm.
    pub requests_per_second: u32,
    /// Batch requests per minute, realm and app.
    pub batches_per_minute: u32,
    /// No throttle at all (a simulator with its throttle lifted).
    pub unthrottled: bool,
    /// Added to each window so that requests which travel at different speeds stay within it,
    /// milliseconds. Half of it is for the way to the ledger, half for the time between a permit and
    /// its call.
    pub window_margin_ms: i64,
    /// Requests kept free for verification and looking, per minute.
    pub read_reserve_per_minute: u32,
    /// Also send single writes while no batch may be sent. Raises throughput to the ceiling of
    /// performance.md §5 and costs more calls.
    pub use_singles: bool,
    /// Calls under way at once.
    pub in_flight_max: usize,
    /// Deadline of one call, seconds. QuickBooks ends a request after 120 s.
    pub call_timeout_s: i64,
    /// Deliveries normalised in one transaction.
    pub normalise_batch: i64,
    /// Pause between two looks for new deliveries and undecided items when the last look did not
    /// fill its batch, milliseconds: what trickles in is gathered into fewer commits.
    pub gather_ms: i64,
    /// Items decided in one transaction.
    pub decide_batch: i64,
    /// Documents verified by one read-back at most; a full page is read at once.
    pub verify_batch: i64,
    /// A confirmed document waits at most this long for its read-back, seconds.
    pub verify_after_s: i64,
    /// How often the ledger is asked what changed, seconds; 0 for never. One metered call each.
    pub watch_every_s: i64,
    /// How often every document may be read again when changes may have been missed, seconds. One
    /// metered call for each thousand of a kind.
    pub reread_every_s: i64,
    /// First wait after a failure that may pass, milliseconds; doubles each time, with jitter.
    pub backoff_first_ms: i64,
    /// Longest such wait, milliseconds.
    pub backoff_max_ms: i64,
    /// Failures in a row after which a person is asked.
    pub tries_max: i64,
    /// Pause after the ledger said that a limit was hit, milliseconds.
    pub throttle_wait_ms: i64,
    /// How old what is known of the company may become before it is read again, seconds. Two
    /// metered calls each time.
    pub company_refresh_s: i64,
    /// How long after sending a write that cannot be found counts as not done, milliseconds: until
    /// its deadline it may still be sent, and the ledger works up to 120 s on it.
    pub settle_ms: i64,
    /// How long a repeated request id is trusted to be answered from the ledger's memory,
    /// milliseconds; at most what the ledger promises, less the 120 s that it may work on a request and
    /// what the clocks of processes may differ by. Nothing is repeated later, however long a process
    /// stood still.
    pub replay_ms: i64,
    /// Validity of the lane lease, seconds.
    pub lease_s: i64,
    /// Longest sleep when there is nothing to do, milliseconds.
    pub idle_ms: i64,
    /// Refused deliveries kept for inspection.
    pub refused_kept_max: i64,
    /// Deliveries stored in one commit of the intake.
    pub intake_batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 500,
            requests_per_second: 10,
            batches_per_minute: 40,
            unthrottled: false,
            window_margin_ms: 250,
            read_reserve_per_minute: 4,
            use_singles: true,
            in_flight_max: 10,
            call_timeout_s: 130,
            normalise_batch: 500,
            gather_ms: 100,
            decide_batch: 500,
            verify_batch: 1_000,
            verify_after_s: 60,
            watch_every_s: 900,
            reread_every_s: 86_400,
            backoff_first_ms: 500,
            backoff_max_ms: 300_000,
            tries_max: 8,
            throttle_wait_ms: 60_000,
            company_refresh_s: 3_600,
            settle_ms: 250_000,
            replay_ms: 170_000,
            lease_s: 60,
            idle_ms: 1_000,
            refused_kept_max: 1_000,
            intake_batch: 500,
        }
    }
}
