//! How long to wait before trying again.

use crate::config::Limits;
use kernel::Timestamp;

/// Exponential backoff with full jitter on its upper half: between half and all of
/// `first × 2^tries`, at most `max`. `random` is any number.
pub fn next(limits: &Limits, now: Timestamp, tries: i64, random: u64) -> Timestamp {
    let doublings = u32::try_from(tries.clamp(0, 30)).unwrap_or(0);
    let full = limits
        .backoff_first_ms
        .saturating_mul(1_i64 << doublings)
        .clamp(1, limits.backoff_max_ms.max(1));
    let half = full / 2;
    let spread = u64::try_from(full - half + 1).unwrap_or(1);
    let jitter = i64::try_from(random % spread).unwrap_or(0);
    now.plus_micros((half + jitter).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_stay_within_their_half() {
        let limits = Limits::default();
        let now = Timestamp(0);
        for (tries, full_ms) in [(0, 500), (1, 1_000), (4, 8_000), (20, 300_000), (60, 300_000)] {
            for random in [0, 1, 17, u64::MAX] {
                let wait = next(&limits, now, tries, random).0 / 1_000;
                assert!(wait >= full_ms / 2 && wait <= full_ms, "{tries}: {wait} of {full_ms}");
            }
        }
    }
}
