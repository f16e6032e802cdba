//! A person merges a customer of ours: it is no edit of its documents, and what comes next goes to
//! the one that stays, or to one newly made where nobody can tell which that is.

use crate::support::{ask, finish, now};
use kernel::ReasonCode;
use ports::Clock;
use quickbooks_sim::{PersonEdit, TxnKind};
use sim::evidence::{self, Evidence};
use sim::world::World;
use sim::{Profile, oracle};
use store::document::DocState;
use store::hint::Hint;

const SEEDS: std::ops::Range<u64> = 900..903;
/// The customer of the web channel, by the default rules.
const OURS: &str = "Online sales – web";
const STAYS: &str = "Web shop";

/// A worker stays at its lane for some virtual time and then hands it over.
fn stay(world: &mut World, seconds: i64) {
    let (worker, clock) = (world.start_worker(false), world.executor.clock());
    let until = clock.now().plus_seconds(seconds);
    let night = async move { clock.sleep_until(until).await };
    let night = world.executor.spawn("night", Box::pin(night));
    finish(world, night);
    world.stop_workers(true);
    finish(world, worker);
    world.stop_workers(false);
}

/// A world without faults, with another customer in its company, and the id of that.
fn world(seed: u64) -> (World, u32) {
    let calm = |chance: &_| Profile { orders: 12, summary: false, ..Profile::draw(chance) };
    let mut world = World::of(calm, seed, false).unwrap();
    world.faults(false);
    let body = serde_json::json!({ "DisplayName": STAYS });
    let made = ask(&mut world, "POST", "customer", &body);
    let id = made["Customer"]["Id"].as_str().unwrap().parse().unwrap();
    (world, id)
}

/// Our customer's id in the company; the first that is made after the one that stays.
const fn ours(stays: u32) -> u32 {
    stays + 1
}

fn edit(world: &World, id: u32, edit: &PersonEdit) {
    world.company().edit_by_person(id, edit, now(world).0).unwrap();
}

/// The month is delivered to a worker; somebody merges when so many transactions stand.
fn merged_within(seed: u64, transactions: usize) -> (World, u32) {
    let (mut world, stays) = world(seed);
    let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
    let far = now(&world).plus_seconds(86_400);
    while world.company().transactions().count() < transactions {
        assert!(world.executor.step(far, u64::MAX).is_none());
    }
    edit(&world, ours(stays), &PersonEdit::Merge { into: stays });
    finish(&mut world, vendors);
    world.stop_workers(true);
    finish(&mut world, worker);
    world.stop_workers(false);
    stay(&mut world, 1_000);
    (world, stays)
}

fn told(found: &Evidence, code: ReasonCode) -> usize {
    found.unposted.iter().filter(|line| line.contains(code.code())).count()
}

/// The books are right, and nothing of ours names another customer than `name`.
fn judge(world: &mut World, name: &str, seed: u64) {
    let found = evidence::gather(world);
    for code in [ReasonCode::LedgerEditedOutside, ReasonCode::MappingTargetInactive] {
        assert_eq!(told(&found, code), 0, "seed {seed}: {:#?}", found.unposted);
    }
    let names: Vec<String> = world
        .company()
        .transactions()
        .filter(|t| t.private_note.contains("tieout:") && t.kind == TxnKind::SalesReceipt)
        .map(|t| t.customer)
        .collect();
    assert!(!names.is_empty() && names.iter().all(|n| n == name), "seed {seed}: {names:?}");
    let verdict = oracle::judge(world);
    assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
}

#[test]
fn a_merge_is_no_edit_and_new_documents_go_to_the_survivor() {
    for seed in SEEDS {
        let (mut world, _) = merged_within(seed, 8);
        judge(&mut world, STAYS, seed);
    }
}

#[test]
fn a_merge_after_everything_was_posted_is_understood_by_the_watch() {
    for seed in SEEDS {
        let (mut world, stays) = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        stay(&mut world, 1_000);
        edit(&world, ours(stays), &PersonEdit::Merge { into: stays });
        stay(&mut world, 1_000);
        judge(&mut world, STAYS, seed);
        let found = evidence::gather(&mut world);
        let resting = |s: &DocState| matches!(s, DocState::Verified | DocState::Removed);
        assert!(found.documents.iter().any(|(.., s)| resting(s)), "seed {seed}");
    }
}

#[test]
fn a_webhook_names_the_survivor_before_a_document_does() {
    let (mut world, stays) = world(900);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    stay(&mut world, 1_000);
    edit(&world, ours(stays), &PersonEdit::Merge { into: stays });
    let at = now(&world);
    let engine = world.engine.clone();
    let hint = Hint {
        id: engine.id(),
        lane: engine.lane.clone(),
        event: "merge".to_owned(),
        realm: "9130350000000001".to_owned(),
        entity: "Customer".to_owned(),
        entity_id: stays.to_string(),
        operation: "merged".to_owned(),
        other_id: ours(stays).to_string(),
        occurred_at: at,
        received_at: at,
    };
    let hear = async move {
        let mut tx = engine.store.write().await.unwrap();
        store::hint::insert(tx.as_mut(), &[hint]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let task = world.executor.spawn("webhook", Box::pin(hear));
    finish(&mut world, task);
    // Long before the next look at the changes.
    let before = world.company().meter().requests;
    stay(&mut world, 60);
    assert!(world.company().meter().requests - before <= 12, "it is looked for, once");
    stay(&mut world, 1_000);
    judge(&mut world, STAYS, 900);
}

#[test]
fn a_customer_merged_before_its_first_document_is_made_anew() {
    for seed in SEEDS {
        let (mut world, stays) = world(seed);
        let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
        let far = now(&world).plus_seconds(86_400);
        let merge = PersonEdit::Merge { into: stays };
        let merged = |world: &World| {
            let at = now(world).0;
            world.company().edit_by_person(ours(stays), &merge, at).is_ok()
        };
        while !merged(&world) {
            assert!(world.executor.step(far, u64::MAX).is_none());
        }
        // What names no customer may be there already.
        let named = world.company().transactions().filter(|t| t.customer == OURS).count();
        assert_eq!(named, 0, "seed {seed}");
        finish(&mut world, vendors);
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        stay(&mut world, 1_000);
        judge(&mut world, OURS, seed);
    }
}

#[test]
fn another_customer_on_one_document_is_still_an_edit() {
    for seed in SEEDS {
        let (mut world, stays) = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        stay(&mut world, 1_000);
        let receipt = world
            .company()
            .transactions()
            .find(|t| t.private_note.contains("tieout:") && t.kind == TxnKind::SalesReceipt)
            .unwrap();
        let change = serde_json::json!({ "CustomerRef": { "value": stays.to_string() } });
        edit(&world, receipt.id, &PersonEdit::Change(change.to_string()));
        stay(&mut world, 1_500);
        let found = evidence::gather(&mut world);
        let code = ReasonCode::LedgerEditedOutside;
        assert_eq!(told(&found, code), 1, "seed {seed}: {:#?}", found.unposted);
        let divergent = found.documents.iter().filter(|(.., s)| *s == DocState::Divergent);
        assert_eq!(divergent.count(), 1, "seed {seed}");
        let company = world.company();
        let receipts = company.transactions().filter(|t| t.kind == TxnKind::SalesReceipt);
        let strangers = receipts.filter(|t| t.customer != OURS).count();
        assert_eq!(strangers, 1, "seed {seed}: one edited, none restored, none moved after it");
    }
}
