//! Real processes under fire: the binary with its SQLite file, a simulated company over HTTP, a line
//! between them that breaks, SIGKILL at random moments, and a disk that is full for a while. After each
//! round the company's own books have the last word.
//!
//! Ten rounds by default; `cargo xtask torture --rounds 200` runs more of them with the release build.

#[path = "torture/judge.rs"]
mod judge;
#[path = "torture/line.rs"]
mod line;
#[path = "torture/stage.rs"]
mod stage;

use crate::support::now;
use stage::{Stage, Trouble};
use std::time::Duration;

/// Rounds on one set of books: each brings a part of the month's deliveries.
const ROUNDS_OF_BOOKS: u64 = 10;

/// A small generator of numbers: equal seeds give equal plans, though never equal moments.
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }

    /// True in `percent` of 100 cases.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Waits.
pub fn pause(ms: u64) {
    let start = now();
    let whole = Duration::from_millis(ms);
    while let Some(left) = whole.checked_sub(start.elapsed()).filter(|d| !d.is_zero()) {
        std::thread::park_timeout(left);
    }
}

/// A number that the caller of the tests may set.
#[expect(clippy::disallowed_methods, reason = "what a developer asks for on the command line")]
fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn killed_cut_off_and_out_of_space_the_books_are_equal_after_every_round() {
    let (rounds, from) = (asked("TIEOUT_TORTURE_ROUNDS", 10), asked("TIEOUT_TORTURE_SEED", 1));
    let start = now();
    let mut total = Trouble::default();
    let mut done = 0;
    for seed in from.. {
        let mut stage = Stage::new(seed);
        let of_books = ROUNDS_OF_BOOKS.min(rounds - done);
        for n in 0..of_books {
            stage.round(n + 1 == of_books);
            judge::round(&stage);
        }
        judge::month(&stage);
        done += of_books;
        total.add(&stage.trouble);
        println!("{done} rounds in {} s, {total:?}", start.elapsed().as_secs());
        if done == rounds {
            break;
        }
    }
    assert!(total.kills > 0 && total.cuts > 0, "nothing went wrong: {total:?}");
}
