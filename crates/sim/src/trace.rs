//! What happened, one line per event with virtual time: what `explain` prints.

use kernel::Timestamp;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Lines with their time, and their digest.
#[derive(Clone, Default)]
pub struct Trace {
    kept: Arc<Mutex<Vec<(Timestamp, String)>>>,
    keep: bool,
}

impl Trace {
    /// A trace that keeps its lines, or nothing at all.
    pub fn new(keep: bool) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Whether lines are kept. Where they are not, none should be made.
    pub fn keeps(&self) -> bool {
        self.keep
    }

    /// Adds a line: who does what. `what` is made only when it is kept.
    pub fn note(&self, now: Timestamp, who: &str, what: impl FnOnce() -> String) {
        if self.keep {
            let line = format!("{who:<12} {}", what());
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push((now, line));
        }
    }

    /// The lines so far, in order of time.
    pub fn lines(&self) -> Vec<String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.sort_by_key(|(at, _)| *at);
        let line = |(at, line): &(Timestamp, String)| {
            let mut text = String::new();
            let _ = write!(text, "{at}.{:06}  {line}", at.0.rem_euclid(1_000_000));
            text
        };
        kept.iter().map(line).collect()
    }
}

/// A digest of words that does not change between runs or machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Adds a word.
    pub fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
