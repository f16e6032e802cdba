//! Makes a failing tape short and quiet: what is left is what the failure needs.

use crate::bounds::Bounds;
use crate::run::run_in;
use crate::tape::Tape;

/// Smallest stretch that is written over with zeros, bytes: about one draw.
const SMALLEST: usize = 2;

/// Cuts the tape and writes zeros over it as long as the judge named `oracle` still finds something.
/// `go_on` is asked before each run, with the tape so far.
pub fn minimise(
    bounds: &Bounds,
    tape: Vec<u8>,
    oracle: &str,
    mut go_on: impl FnMut(&[u8]) -> bool,
) -> Vec<u8> {
    let fails = |bytes: &[u8]| {
        let found = run_in(bounds, Tape::of_bytes(bytes.to_vec()), false);
        found.is_ok_and(|r| r.violations.iter().any(|v| v.oracle == oracle))
    };
    shrink(tape, fails, &mut go_on)
}

fn shrink(
    mut tape: Vec<u8>,
    fails: impl Fn(&[u8]) -> bool,
    go_on: &mut dyn FnMut(&[u8]) -> bool,
) -> Vec<u8> {
    // The shortest beginning that still fails, if shorter ones fail less.
    let (mut from, mut to) = (0, tape.len());
    while from < to && go_on(&tape[..to]) {
        let middle = from.midpoint(to);
        if fails(&tape[..middle]) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    tape.truncate(to);
    let mut size = (tape.len() / 2).next_power_of_two().max(SMALLEST);
    while size >= SMALLEST {
        for at in (0..tape.len()).step_by(size) {
            let end = (at + size).min(tape.len());
            if tape[at..end].iter().all(|b| *b == 0) {
                continue;
            }
            if !go_on(&tape) {
                return tape;
            }
            let mut quiet = tape.clone();
            quiet[at..end].fill(0);
            if fails(&quiet) {
                tape = quiet;
            }
        }
        size /= 2;
    }
    let used = tape.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    tape.truncate(used);
    tape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failure_needs_is_left() {
        let tape: Vec<u8> = (1..=255).cycle().take(4_000).collect();
        let needs =
            |bytes: &[u8]| bytes.get(1_000) == Some(&tape[1_000]) && bytes.get(7) == Some(&8);
        let mut runs = 0;
        let shrunk = shrink(tape.clone(), needs, &mut |_| {
            runs += 1;
            true
        });
        assert_eq!(shrunk.len(), 1_001);
        assert!(shrunk.iter().filter(|b| **b != 0).count() <= 4, "{runs} runs");
        assert!(runs < 200, "{runs} runs");
    }

    #[test]
    fn it_ends_when_told() {
        let tape = vec![1; 1_000];
        let mut left = 5;
        let shrunk = shrink(tape, |bytes| bytes.len() > 900, &mut |_| {
            left -= 1;
            left > 0
        });
        assert!(shrunk.len() > 900);
    }
}
