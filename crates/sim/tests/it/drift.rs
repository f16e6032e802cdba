//! People change the books behind our back: it is seen, told, and never overwritten.

use crate::support::drain;
use engine::Resolution;
use kernel::ReasonCode;
use ports::Clock;
use quickbooks_sim::{Faults, Limits, LiveTransaction, PersonEdit, TxnKind};
use sim::evidence::{self, Evidence};
use sim::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::document::DocState;
use store::hint::Hint;

/// Seeds whose month is posted document by document.
const SEEDS: std::ops::Range<u64> = 900..906;

/// A month without faults, posted and verified.
fn month(seed: u64) -> World {
    let mut world = World::new(seed, false).unwrap();
    world.faults(false);
    let vendors = world.start_vendors();
    while world.executor.is_alive(vendors) {
        assert!(world.executor.step(far(&world), u64::MAX).is_none());
    }
    drain(&mut world);
    world
}

fn far(world: &World) -> kernel::Timestamp {
    world.executor.clock().now().plus_seconds(30 * 86_400)
}

/// A worker stays at its lane for some virtual time.
fn stay(world: &mut World, seconds: i64) {
    let worker = world.start_worker(false);
    let until = world.executor.clock().now().plus_seconds(seconds);
    while world.executor.step(until, u64::MAX).is_none() {}
    world.executor.kill(worker);
    // The lease of a worker that died runs out.
    wait(world, 120);
}

/// Nothing happens for some virtual time.
fn wait(world: &mut World, seconds: i64) {
    let clock = world.executor.clock();
    let until = clock.now().plus_seconds(seconds);
    world.executor.spawn("night", Box::pin(async move { clock.sleep_until(until).await }));
    while world.executor.step(until.plus_seconds(1), u64::MAX).is_none() {}
}

fn ours(world: &World) -> BTreeMap<u32, LiveTransaction> {
    let company = world.company();
    let live = company.transactions().filter(|t| t.private_note.contains("tieout:"));
    live.map(|t| (t.id, t)).collect()
}

/// A transaction of ours that a person is free to change.
fn pick(world: &World, kind: TxnKind, not: &[u32]) -> Option<u32> {
    let found = ours(world)
        .into_values()
        .find(|t| t.kind == kind && t.links.is_empty() && !not.contains(&t.id));
    found.map(|t| t.id)
}

fn edit(world: &World, id: u32, edit: &PersonEdit) {
    let now = world.executor.clock().now();
    world.company().edit_by_person(id, edit, now.0).unwrap();
}

fn states(evidence: &Evidence) -> BTreeMap<&str, DocState> {
    evidence.documents.iter().map(|(_, marker, state)| (marker.as_str(), *state)).collect()
}

fn marker(t: &LiveTransaction) -> String {
    let from = t.private_note.find("tieout:").unwrap() + "tieout:".len();
    t.private_note[from..].split_whitespace().next().unwrap().to_owned()
}

/// What people did: the markers of the documents they touched.
fn meddle(world: &World) -> Vec<String> {
    let before = ours(world);
    let mut touched = Vec::new();
    let changed = pick(world, TxnKind::SalesReceipt, &touched)
        .or_else(|| pick(world, TxnKind::JournalEntry, &touched))
        .unwrap();
    edit(world, changed, &PersonEdit::Change(r#"{"TxnDate":"2026-03-31"}"#.to_owned()));
    touched.push(changed);
    for kind in [TxnKind::SalesReceipt, TxnKind::RefundReceipt, TxnKind::Purchase] {
        if let Some(deleted) = pick(world, kind, &touched) {
            edit(world, deleted, &PersonEdit::Delete);
            touched.push(deleted);
        }
    }
    if let Some(voided) = pick(world, TxnKind::SalesReceipt, &touched) {
        edit(world, voided, &PersonEdit::Void);
        touched.push(voided);
    }
    touched.iter().map(|id| marker(&before[id])).collect()
}

fn judge(world: &mut World, touched: &[String], seed: u64) {
    let code = ReasonCode::LedgerEditedOutside.code();
    let found = evidence::gather(world);
    assert_eq!(found.error, None, "seed {seed}");
    let states = states(&found);
    for marker in touched {
        assert_eq!(states[marker.as_str()], DocState::Divergent, "seed {seed}, {marker}");
    }
    let divergent = states.values().filter(|s| **s == DocState::Divergent).count();
    assert_eq!(divergent, touched.len(), "seed {seed}: others were taken for edits");
    let told = found.unposted.iter().filter(|line| line.contains(code)).count();
    assert_eq!(told, touched.len(), "seed {seed}: {:#?}", found.unposted);
    assert!(found.audit.is_empty(), "seed {seed}: {:?}", found.audit);
    assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);
}

#[test]
fn edits_of_people_are_seen_within_the_interval_and_left_alone() {
    for seed in SEEDS {
        let mut world = month(seed);
        // The first look only says from when on to watch.
        stay(&mut world, 1_000);
        let touched = meddle(&world);
        let after = ours(&world);
        stay(&mut world, 1_000);
        judge(&mut world, &touched, seed);
        assert_eq!(ours(&world), after, "seed {seed}: an edit was overwritten");
    }
}

#[test]
fn an_answer_that_is_full_hides_nothing() {
    for seed in SEEDS {
        let mut world = month(seed);
        stay(&mut world, 1_000);
        let limits = Limits { changed_objects: 4, ..world.company().config().limits };
        world.company().set_limits(limits);
        let touched = meddle(&world);
        // Nothing of ours is at rest forever: more changes than fit, of documents that stay equal.
        for t in ours(&world).into_values().take(8) {
            let note = format!("{} seen by the accountant", t.private_note);
            let body = serde_json::json!({ "PrivateNote": note }).to_string();
            let _ = world.company().edit_by_person(
                t.id,
                &PersonEdit::Change(body),
                world.executor.clock().now().0,
            );
        }
        let after = ours(&world);
        stay(&mut world, 1_500);
        judge(&mut world, &touched, seed);
        assert_eq!(ours(&world), after, "seed {seed}: an edit was overwritten");
    }
}

#[test]
fn a_gap_longer_than_the_ledgers_memory_is_told_and_closed() {
    let mut world = month(SEEDS.start);
    stay(&mut world, 1_000);
    let touched = meddle(&world);
    let limits = Limits { change_days: 30, ..world.company().config().limits };
    world.company().set_limits(limits);
    wait(&mut world, 40 * 86_400);
    stay(&mut world, 1_500);
    let gap = ReasonCode::LedgerChangesMissed.code();
    let found = evidence::gather(&mut world);
    let told = found.unposted.iter().filter(|line| line.contains(gap)).count();
    assert_eq!(told, 1, "{:#?}", found.unposted);
    judge(&mut world, &touched, SEEDS.start);
}

#[test]
fn a_hint_is_followed_at_once_by_reading() {
    for seed in SEEDS {
        let mut world = month(seed);
        // An edit so soon after our write would count as its echo.
        wait(&mut world, 120);
        let touched = meddle(&world);
        let edited: Vec<u32> = world
            .company()
            .transactions()
            .filter(|t| t.private_note.contains("tieout:") && t.sync_token > 0)
            .map(|t| t.id)
            .collect();
        hint(&mut world, &edited);
        stay(&mut world, 60);
        let found = evidence::gather(&mut world);
        let divergent =
            found.documents.iter().filter(|(_, _, s)| *s == DocState::Divergent).count();
        // What was deleted is not among the ids that were hinted at.
        assert!(divergent > 0 && divergent <= touched.len(), "seed {seed}: {divergent}");
        let pending = found.documents.iter().filter(|(_, _, s)| *s == DocState::Posted).count();
        assert_eq!(pending, 0, "seed {seed}: hinted at and not read");
    }
}

fn hint(world: &mut World, ids: &[u32]) {
    let now = world.executor.clock().now();
    let engine = world.engine.clone();
    let hints: Vec<Hint> = ids
        .iter()
        .flat_map(|id| {
            ["SalesReceipt", "JournalEntry", "Purchase", "Customer"].map(|entity| (*id, entity))
        })
        .map(|(id, entity)| Hint {
            id: engine.id(),
            lane: engine.lane.clone(),
            event: format!("{entity}-{id}"),
            realm: "9130350000000001".to_owned(),
            entity: entity.to_owned(),
            entity_id: id.to_string(),
            operation: "updated".to_owned(),
            other_id: String::new(),
            occurred_at: now,
            received_at: now,
        })
        .collect();
    world.executor.spawn(
        "hints",
        Box::pin(async move {
            let mut tx = engine.store.write().await.unwrap();
            store::hint::insert(tx.as_mut(), &hints).await.unwrap();
            tx.commit().await.unwrap();
        }),
    );
    while world.executor.step(now.plus_seconds(1), u64::MAX).is_none() {}
}

#[test]
fn a_page_that_fails_is_not_asked_for_without_pause() {
    let mut world = month(SEEDS.start);
    stay(&mut world, 1_000);
    let limits = Limits { changed_objects: 4, ..world.company().config().limits };
    world.company().set_limits(limits);
    // The first full answer makes everything be read again, the next one is paged through.
    for query_rows in [1_000, 10] {
        let limits = Limits { query_rows, ..limits };
        world.company().set_limits(limits);
        for t in ours(&world).into_values().take(8) {
            let note = format!("{} {query_rows}", t.private_note);
            let body = serde_json::json!({ "PrivateNote": note }).to_string();
            edit(&world, t.id, &PersonEdit::Change(body));
        }
        let before = world.company().meter().requests;
        stay(&mut world, 1_000);
        // Pages of 1,000 rows are refused by a company that gives 10.
        let calls = world.company().meter().requests - before;
        assert!((2..60).contains(&calls), "{calls} calls in 1,000 seconds");
    }
}

#[test]
fn documents_that_cannot_be_read_back_for_long_are_told_until_they_can() {
    let mut world = World::new(SEEDS.start, false).unwrap();
    world.faults(false);
    // Everything is posted, nothing was read back.
    world.engine.limits.verify_after_s = 86_400;
    world.engine.limits.watch_every_s = 0;
    let vendors = world.start_vendors();
    while world.executor.is_alive(vendors) {
        assert!(world.executor.step(far(&world), u64::MAX).is_none());
    }
    stay(&mut world, 600);
    let count = |world: &mut World, state: DocState| {
        let found = evidence::gather(world);
        found.documents.iter().filter(|(.., s)| *s == state).count()
    };
    assert!(count(&mut world, DocState::Posted) > 0);
    // Where the answer to a refresh is lost, consent is given again.
    world.start_operator();
    let garbage = Faults { garbage: 1_000, ..Faults::default() };
    world.company().set_faults(garbage);
    world.engine.limits.verify_after_s = 1;
    let told = |world: &mut World| {
        let found = evidence::gather(world);
        let code = ReasonCode::UpstreamUnavailable.code();
        let lines = found.unposted.into_iter().filter(|l| l.contains(code));
        lines.filter(|l| l.contains("read-back/")).collect::<Vec<_>>()
    };
    stay(&mut world, 120);
    assert!(told(&mut world).is_empty(), "a short time is nobody's business");
    stay(&mut world, 3 * 3_600);
    let lines = told(&mut world);
    assert!(!lines.is_empty() && lines.len() <= 9, "one for each kind: {lines:#?}");
    assert!(lines.iter().all(|l| l.contains("count as posted, not as verified")), "{lines:#?}");
    world.company().set_faults(Faults::default());
    stay(&mut world, 900);
    assert_eq!(told(&mut world), Vec::<String>::new());
    assert_eq!(count(&mut world, DocState::Posted), 0, "all are verified");
}

/// A person has these documents made anew.
fn restore(world: &mut World, wanted: fn(&str) -> bool) -> usize {
    resolve(world, Resolution::Restore, wanted)
}

/// A person decides the same about all exceptions of these documents. How many there were.
fn resolve(world: &mut World, how: Resolution, wanted: fn(&str) -> bool) -> usize {
    let (engine, done) = (world.engine.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&done);
    let decide = async move {
        let mut tx = engine.store.read().await.unwrap();
        let open = store::exception::list(tx.as_mut(), 1_000).await.unwrap();
        drop(tx);
        for e in open.into_iter().filter(|e| wanted(&e.document)) {
            let note = "deleted by mistake, ours was right";
            engine.resolve(e.id, &how, "ann", note).await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
        }
    };
    let task = world.executor.spawn("person", Box::pin(decide));
    while world.executor.is_alive(task) {
        assert!(world.executor.step(far(world), u64::MAX).is_none());
    }
    done.load(Ordering::SeqCst)
}

/// The edit was found while a lost answer was looked for: nothing says since when the document stands
/// in the ledger.
fn answer_lost(world: &mut World, marker: &str) {
    let found = evidence::gather(world);
    let mut row = found.docs.into_iter().find(|r| r.key.marker() == marker).unwrap();
    row.posted_at = None;
    let store = world.engine.store.clone();
    let lose = async move {
        let mut tx = store.write().await.unwrap();
        store::document::settle(tx.as_mut(), &[row]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let task = world.executor.spawn("past", Box::pin(lose));
    while world.executor.is_alive(task) {
        assert!(world.executor.step(far(world), u64::MAX).is_none());
    }
}

#[test]
fn an_edit_that_is_looked_at_again_is_still_told_as_an_edit() {
    for seed in SEEDS {
        let mut world = month(seed);
        stay(&mut world, 1_000);
        let Some(id) = pick(&world, TxnKind::SalesReceipt, &[]) else { continue };
        let touched = [marker(&ours(&world)[&id])];
        edit(&world, id, &PersonEdit::Change(r#"{"TxnDate":"2026-03-31"}"#.to_owned()));
        stay(&mut world, 1_000);
        judge(&mut world, &touched, seed);
        for answered in [true, false] {
            if !answered {
                answer_lost(&mut world, &touched[0]);
            }
            assert_eq!(resolve(&mut world, Resolution::Retry, |key| !key.is_empty()), 1);
            stay(&mut world, 120);
            judge(&mut world, &touched, seed);
        }
    }
}

#[test]
fn a_payment_restored_before_its_invoice_waits_for_it() {
    // A month with an invoice that is paid.
    let mut world = month(901);
    stay(&mut world, 1_000);
    let live: Vec<_> = ours(&world).into_values().filter(|t| !t.voided).collect();
    let pays = |t: &LiveTransaction, id: u32| t.kind == TxnKind::Payment && t.links.contains(&id);
    let invoice = live
        .iter()
        .find(|i| i.kind == TxnKind::Invoice && live.iter().any(|t| pays(t, i.id)))
        .expect("the month has an invoice with payments");
    let paying: Vec<u32> = live.iter().filter(|t| pays(t, invoice.id)).map(|t| t.id).collect();
    for id in paying.iter().chain([&invoice.id]) {
        edit(&world, *id, &PersonEdit::Delete);
    }
    stay(&mut world, 1_000);
    let before = evidence::gather(&mut world).unposted.len();

    assert_eq!(restore(&mut world, |key| key.contains("/payment/")), paying.len());
    drain(&mut world);
    let found = evidence::gather(&mut world);
    let waiting = found.documents.iter().filter(|(.., s)| *s == DocState::Waiting).count();
    assert_eq!(waiting, paying.len(), "nothing is sent that names what is not there");
    assert_eq!(found.unposted.len(), before - paying.len(), "and nobody is asked again");

    assert_eq!(restore(&mut world, |key| key.ends_with("/invoice")), 1);
    drain(&mut world);
    let found = evidence::gather(&mut world);
    assert_eq!(found.unposted.len(), before - paying.len() - 1, "{:#?}", found.unposted);
    let done = |s: &DocState| matches!(s, DocState::Verified | DocState::Removed);
    assert!(found.documents.iter().all(|(.., s)| done(s)), "{:?}", found.documents);
    let again = ours(&world).into_values().filter(|t| !t.voided).count();
    assert_eq!(again, live.len());
}
