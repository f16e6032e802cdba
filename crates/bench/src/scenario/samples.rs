//! The steady pace of something that a start and an end distort.

use crate::report::float;
use kernel::Timestamp;
use ports::Clock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Looks once a minute.
const EVERY_SECONDS: i64 = 60;

/// A count per minute of the clock.
#[derive(Default)]
pub struct Samples(Vec<u64>);

impl Samples {
    /// Asks `count` each minute until `done`.
    pub async fn take(clock: &dyn Clock, done: &AtomicBool, count: impl Fn() -> u64) -> Self {
        let mut samples = Vec::new();
        let mut at: Timestamp = clock.now();
        loop {
            at = at.plus_seconds(EVERY_SECONDS);
            clock.sleep_until(at).await;
            if done.load(Ordering::SeqCst) {
                return Self(samples);
            }
            samples.push(count());
        }
    }

    /// Per minute, from the end of the first minute (whose windows were empty at its start) to
    /// the last full minute before `total` was reached. `None` when there is no such minute.
    pub fn per_minute(&self, total: u64) -> Option<f64> {
        let going = self.0.iter().take_while(|n| **n < total).count();
        let (first, last) = (self.0.first()?, self.0.get(going.checked_sub(1)?)?);
        let minutes = u64::try_from(going - 1).ok().filter(|n| *n > 0)?;
        Some(float(last - first) / float(minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_minute_and_the_tail_are_left_out() {
        let samples = Samples(vec![2_400, 3_600, 4_800, 5_000, 5_000]);
        assert_eq!(samples.per_minute(5_000), Some(1_200.0));
        assert_eq!(Samples(vec![2_400, 5_000]).per_minute(5_000), None);
        assert_eq!(Samples::default().per_minute(1), None);
    }
}
