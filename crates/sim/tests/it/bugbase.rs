//! Tapes of failures that were found once: none of them may fail again.

use sim::{Tape, bounds, bugbase, run_in};

#[test]
fn no_tape_fails_again() {
    for entry in bugbase::all().unwrap() {
        let report = run_in(&entry.bounds, Tape::of_bytes(entry.tape), false).unwrap();
        assert!(report.violations.is_empty(), "{}: {:#?}", entry.name, report.violations);
    }
}

#[test]
fn a_tape_tells_the_same_story_twice_and_a_cut_one_still_comes_to_an_end() {
    for name in bounds::names() {
        let bounds = sim::Bounds::named(name).unwrap();
        let first = run_in(&bounds, Tape::of_seed(1), true).unwrap();
        assert!(first.violations.is_empty(), "{name}: {:#?}", first.violations);
        assert_eq!(first, run_in(&bounds, Tape::of_bytes(first.tape.clone()), true).unwrap());
        let half = first.tape[..first.tape.len() / 2].to_vec();
        let cut = run_in(&bounds, Tape::of_bytes(half), false).unwrap();
        assert!(cut.violations.is_empty(), "{name}, cut: {:#?}", cut.violations);
    }
}
