//! Two ways of doing one thing, measured against each other.

/// How long one round may take, seconds: shorter than the turn that the system gives a process, so
/// that most rounds are not interrupted by what else the machine does.
const ROUND_S: f64 = 0.000_2;

/// Takes turns between `first` and `second`, for `rounds` rounds of each, and returns the seconds
/// that one run of each takes in its best round: other work on the machine only ever makes one
/// slower. `now` is a clock in seconds.
pub fn race(
    now: impl Fn() -> f64,
    rounds: u32,
    mut first: impl FnMut(),
    mut second: impl FnMut(),
) -> (f64, f64) {
    let timed = |work: &mut dyn FnMut(), repeats: u32| {
        let began = now();
        for _ in 0..repeats {
            work();
        }
        (now() - began) / f64::from(repeats)
    };
    // The first runs find out how many fit into a round.
    let alone = timed(&mut first, 50).max(timed(&mut second, 50));
    let mut repeats = 1;
    while f64::from(repeats) * alone < ROUND_S && repeats < 1_000 {
        repeats += 1;
    }
    let (mut best_first, mut best_second) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds {
        best_first = best_first.min(timed(&mut first, repeats));
        best_second = best_second.min(timed(&mut second, repeats));
    }
    (best_first, best_second)
}
