//! Draws from the tape, shared by everything in one run.

use crate::tape::Tape;
use ports::Entropy;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The only chance of a run. A tape of zeros draws 0, false and the first.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<Tape>>);

impl Chance {
    /// The chance of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::of(Tape::of_seed(seed))
    }

    /// The chance on a tape.
    pub fn of(tape: Tape) -> Self {
        Self(Arc::new(Mutex::new(tape)))
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read of the tape so far.
    pub fn read(&self) -> Vec<u8> {
        self.tape().read().to_vec()
    }

    /// Eight bytes of the tape: a key for what needs numbers of its own.
    pub fn key(&self) -> u64 {
        self.tape().number(8)
    }

    /// A number below `bound`; 0 when `bound` is 0. Reads as few bytes as keep the bias of the
    /// remainder below one in sixteen.
    pub fn below(&self, bound: u64) -> u64 {
        let bytes = match bound {
            0 | 1 => return 0,
            2..=16 => 1,
            17..=4_096 => 2,
            4_097..=0x0fff_ffff => 4,
            _ => 8,
        };
        self.tape().number(bytes) % bound
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn happens(&self, per_mille: u32) -> bool {
        per_mille > 0 && self.below(1_000) >= 1_000_u64.saturating_sub(u64::from(per_mille))
    }

    /// One of `choices`.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<T: Copy>(&self, choices: &[T]) -> T {
        let n = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices[n]
    }

    /// A number from `from` to `to`, both included.
    pub fn within(&self, [from, to]: [u32; 2]) -> u32 {
        let span = u64::from(to.saturating_sub(from)) + 1;
        from + u32::try_from(self.below(span)).unwrap_or(0)
    }

    /// Up to `max`, and nothing at all in every other run: swarm testing.
    pub fn swarm(&self, max: u32) -> u32 {
        if max == 0 || self.below(2) == 0 { 0 } else { self.within([1, max]) }
    }
}

/// Randomness that only has to differ: ids, and jitter of waits. It is not on the tape but grows from
/// a key on it, because a tape of zeros would make equal ids.
pub struct Ids(Mutex<ChaCha8Rng>);

impl Ids {
    /// The ids of a run.
    pub fn new(chance: &Chance) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(chance.key())))
    }
}

impl Entropy for Ids {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_the_quiet_choice() {
        let quiet = Chance::of(Tape::of_bytes(vec![0; 8]));
        assert_eq!((quiet.below(1_000), quiet.happens(999), quiet.pick(&[3, 4])), (0, false, 3));
        assert_eq!((quiet.within([5, 9]), quiet.swarm(100)), (5, 0));
        assert!(quiet.happens(1_000), "what always happens needs no luck");
    }

    #[test]
    fn rates_are_met() {
        let chance = Chance::new(3);
        let happened = (0..20_000).filter(|_| chance.happens(200)).count();
        assert!((3_600..4_400).contains(&happened), "{happened}");
        assert!((0..1_000).all(|_| chance.within([2, 4]) >= 2 && chance.within([2, 4]) <= 4));
    }
}
