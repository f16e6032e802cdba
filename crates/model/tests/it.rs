//! The protocol holds within its bounds, and each of its rules is needed.

use model::{Bounds, Lane, Mutation, Protocol, check, has_no_cycle};

fn lane(bounds: Bounds) -> Lane {
    Lane { protocol: Protocol::default(), bounds }
}

#[test]
fn within_the_bounds_nothing_is_doubled_lost_or_decided_by_a_stale_worker() {
    let verdict = check(&lane(Bounds::TINY), None, 2);
    assert!(verdict.broken.is_empty(), "{:#?}", verdict.broken);
    assert!(verdict.states > 10_000, "{} states prove nothing", verdict.states);
    assert!(verdict.missed.is_empty(), "{:?}", verdict.missed);
}

#[test]
fn every_history_ends() {
    assert!(has_no_cycle(&lane(Bounds::TINY)));
}

#[test]
fn each_rule_switched_off_is_found() {
    for mutation in Mutation::all() {
        let verdict = check(&mutation.lane(), Some(mutation.breaks), 2);
        let found = verdict.broken.iter().any(|(rule, _)| *rule == mutation.breaks);
        assert!(found, "`{}` does no harm within {:?}", mutation.name, mutation.bounds);
    }
}
