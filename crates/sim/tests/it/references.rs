//! List objects and settings change in the ledger: what is remembered of them is renewed, by its hints
//! at once and by its changes within the interval, and by nothing else.

use crate::support::{ask, drain, finish, now, run};
use kernel::ReasonCode;
use quickbooks_sim::{CompanyPrefs, PersonEdit, TxnKind};
use serde_json::{Value, json};
use sim::evidence::{self, Evidence};
use sim::world::World;
use sim::{Profile, oracle};
use store::document::DocState;
use store::hint::Hint;

const SEEDS: std::ops::Range<u64> = 820..823;
/// The item of every sale, by the default rules.
const ITEM: &str = "Sales";

fn world(seed: u64) -> World {
    let calm = |chance: &_| Profile { orders: 30, summary: false, ..Profile::draw(chance) };
    let mut world = World::of(calm, seed, false).unwrap();
    world.faults(false);
    world
}

/// The accountant changes the item of sales, active or not.
fn change_item(world: &mut World, change: &Value) -> String {
    let query = "query?query=select%20*%20from%20Item%20where%20Active%20in%20(true,false)%20\
                 maxresults%201000";
    let found = ask(world, "GET", query, &Value::Null);
    let items = found["QueryResponse"]["Item"].as_array().unwrap();
    let named = |i: &&Value| i["Name"].as_str().is_some_and(|n| n.starts_with(ITEM));
    let item = items.iter().find(named).unwrap();
    let mut body = json!({ "Id": item["Id"], "SyncToken": item["SyncToken"], "sparse": true });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    ask(world, "POST", "item", &body);
    item["Id"].as_str().unwrap().to_owned()
}

/// The ledger's webhook tells of it. So late that it is no echo of our own writing.
fn hint(world: &mut World, entity: &str, id: &str) {
    let (engine, at) = (world.engine.clone(), now(world));
    let hint = Hint {
        id: engine.id(),
        lane: engine.lane.clone(),
        event: format!("{entity}-{id}-{}", at.0),
        realm: "9130350000000001".to_owned(),
        entity: entity.to_owned(),
        entity_id: id.to_owned(),
        operation: "updated".to_owned(),
        other_id: String::new(),
        occurred_at: at.plus_seconds(120),
        received_at: at,
    };
    let hear = async move {
        let mut tx = engine.store.write().await.unwrap();
        store::hint::insert(tx.as_mut(), &[hint]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let task = world.executor.spawn("webhook", Box::pin(hear));
    finish(world, task);
}

fn told(found: &Evidence, code: ReasonCode) -> Vec<&String> {
    found.unposted.iter().filter(|line| line.contains(code.code())).collect()
}

#[test]
fn what_needs_an_item_that_became_inactive_waits_until_it_is_active_again() {
    for seed in SEEDS {
        let mut world = world(seed);
        let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
        let far = now(&world).plus_seconds(86_400);
        while world.company().transactions().count() < 8 {
            assert!(world.executor.step(far, u64::MAX).is_none());
        }
        let id = change_item(&mut world, &json!({ "Active": false }));
        hint(&mut world, "Item", &id);
        run(&mut world, 30);
        let before = world.company().meter().faults;
        finish(&mut world, vendors);
        run(&mut world, 600);
        let found = evidence::gather(&mut world);
        let inactive = told(&found, ReasonCode::MappingTargetInactive);
        assert_eq!(inactive.len(), 1, "seed {seed}: one for the item: {inactive:#?}");
        assert!(inactive[0].contains("ref/item/"), "seed {seed}: {inactive:?}");
        let waiting = found.documents.iter().filter(|(.., s)| *s == DocState::Waiting).count();
        assert!(waiting > 3, "seed {seed}: {waiting} documents wait");
        let refused = world.company().meter().faults - before;
        assert_eq!(refused, 0, "seed {seed}: what is known to be refused is not sent");

        let change = json!({ "Active": true, "Name": ITEM });
        assert_eq!(change_item(&mut world, &change), id, "seed {seed}");
        hint(&mut world, "Item", &id);
        run(&mut world, 60);
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        drain(&mut world);
        let found = evidence::gather(&mut world);
        assert!(told(&found, ReasonCode::MappingTargetInactive).is_empty(), "seed {seed}");
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
}

/// The rules give every line a class.
fn with_classes(world: &mut World) {
    let rules = world.engine.rules.with("[classes]\ndefault = \"Retail\"").unwrap();
    world.engine.rules = std::sync::Arc::new(rules);
    "the rules with classes".clone_into(&mut world.engine.rules_sha256);
}

fn track_classes(world: &mut World, on: bool) {
    let at = now(world).0;
    let mut company = world.company();
    let prefs = CompanyPrefs { class_tracking_per_line: on, ..company.prefs().clone() };
    company.set_prefs(prefs, at);
}

/// The accountant adds a location to all sales receipts; Tieout sees it. Returns its id.
fn place_receipts(world: &mut World) -> Value {
    let made = ask(world, "POST", "department", &json!({ "Name": "Berlin" }));
    let id = made["Department"]["Id"].clone();
    let add = json!({ "DepartmentRef": { "value": id } }).to_string();
    let at = now(world).0;
    let mut company = world.company();
    let receipts: Vec<u32> =
        company.transactions().filter(|t| t.kind == TxnKind::SalesReceipt).map(|t| t.id).collect();
    assert!(!receipts.is_empty());
    for id in receipts {
        company.edit_by_person(id, &PersonEdit::Change(add.clone()), at).unwrap();
    }
    drop(company);
    let worker = world.start_worker(false);
    // Changes are asked for several times.
    run(world, 4_000);
    world.stop_workers(true);
    finish(world, worker);
    world.stop_workers(false);
    id
}

#[test]
fn a_location_that_the_accountant_adds_stays_when_its_document_changes() {
    for seed in SEEDS {
        let mut world = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        drain(&mut world);
        let berlin = place_receipts(&mut world);
        let rules = world.engine.rules.with("[numbers]\nreceipt = \"S{number}\"").unwrap();
        world.engine.rules = std::sync::Arc::new(rules);
        "the rules with other numbers".clone_into(&mut world.engine.rules_sha256);
        drain(&mut world);
        let query = "query?query=select%20*%20from%20SalesReceipt%20maxresults%201000";
        let found = ask(&mut world, "GET", query, &Value::Null);
        let receipts = found["QueryResponse"]["SalesReceipt"].as_array().unwrap();
        let ours = |r: &&Value| r["PrivateNote"].as_str().is_some_and(|n| n.contains("tieout:"));
        let live = receipts.iter().filter(ours).filter(|r| r["TotalAmt"] != 0);
        let mut changed = 0;
        for receipt in live.filter(|r| r["DocNumber"].as_str().is_some_and(|n| n.starts_with('S')))
        {
            assert_eq!(receipt["DepartmentRef"]["value"], berlin, "seed {seed}: {receipt}");
            changed += 1;
        }
        assert!(changed > 3, "seed {seed}: {changed} receipts have another number");
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
}

#[test]
fn a_location_that_the_accountant_adds_where_the_rules_give_none_is_no_edit() {
    for seed in SEEDS {
        let mut world = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        drain(&mut world);
        place_receipts(&mut world);
        let found = evidence::gather(&mut world);
        let told = told(&found, ReasonCode::LedgerEditedOutside);
        assert!(told.is_empty(), "seed {seed}: {told:#?}");
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
}

#[test]
fn what_has_a_class_waits_until_the_company_tracks_classes() {
    for seed in SEEDS {
        let mut world = world(seed);
        with_classes(&mut world);
        track_classes(&mut world, false);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        drain(&mut world);
        let found = evidence::gather(&mut world);
        let held = told(&found, ReasonCode::MappingTargetInactive);
        assert!(held.len() > 10, "seed {seed}: {held:#?}");
        let moved = [TxnKind::Payment, TxnKind::Transfer];
        let written: Vec<_> =
            world.company().transactions().filter(|t| !moved.contains(&t.kind)).collect();
        assert!(written.is_empty(), "seed {seed}: only what has no class is written: {written:#?}");

        track_classes(&mut world, true);
        let worker = world.start_worker(false);
        // The settings are read every hour.
        run(&mut world, 4_000);
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        drain(&mut world);
        let found = evidence::gather(&mut world);
        let held = told(&found, ReasonCode::MappingTargetInactive);
        assert!(held.is_empty(), "seed {seed}: {held:#?}");
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
}

#[test]
fn the_watch_hears_of_a_renamed_item_once_and_keeps_it() {
    for seed in SEEDS {
        let mut world = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        drain(&mut world);
        let worker = world.start_worker(false);
        run(&mut world, 1_900);
        change_item(&mut world, &json!({ "Name": "Sales of goods" }));
        let before = world.company().meter().queries;
        run(&mut world, 1_000);
        let looked = world.company().meter().queries - before;
        assert!((1..=2).contains(&looked), "seed {seed}: by name, then by id: {looked}");
        run(&mut world, 3_000);
        let again = world.company().meter().queries - before - looked;
        assert_eq!(again, 0, "seed {seed}: it is looked for once");
        world.stop_workers(true);
        finish(&mut world, worker);
        let found = evidence::gather(&mut world);
        let codes = [ReasonCode::LedgerEditedOutside, ReasonCode::MappingTargetInactive];
        assert!(codes.iter().all(|c| told(&found, *c).is_empty()), "{:?}", found.unposted);
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
}

#[test]
fn settings_are_read_when_the_ledger_says_that_they_changed() {
    let mut world = world(SEEDS.start);
    let worker = world.start_worker(false);
    run(&mut world, 120);
    let closed = Some("2026-03-10".to_owned());
    let prefs = CompanyPrefs { book_close_date: closed, ..world.company().prefs().clone() };
    let at = now(&world).0;
    world.company().set_prefs(prefs, at);
    run(&mut world, 60);
    let found = evidence::gather(&mut world);
    assert!(told(&found, ReasonCode::ClosingDateChanged).is_empty(), "nobody has said so");
    hint(&mut world, "Preferences", "1");
    run(&mut world, 60);
    let found = evidence::gather(&mut world);
    assert_eq!(told(&found, ReasonCode::ClosingDateChanged).len(), 1, "long before the hour");
    world.stop_workers(true);
    finish(&mut world, worker);
}
