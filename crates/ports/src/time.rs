//! Time and randomness as parameters.

use crate::BoxFuture;
use kernel::Timestamp;

/// The only way to know the time or to wait.
pub trait Clock: Send + Sync {
    /// The current moment, microseconds UTC. May step backwards: never subtract two readings and
    /// expect a positive number.
    fn now(&self) -> Timestamp;
    /// Completes when the clock has reached `at`; at once when it already has.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The only source of randomness.
pub trait Entropy: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);

    /// A random number below `bound` (0 when `bound` is 0). The bias of the modulo is below
    /// 2^-32 for the bounds used here (jitter, sampling).
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        if bound == 0 { 0 } else { u64::from_le_bytes(bytes) % bound }
    }
}
