//! An invoice with payments is taken back: the payments go first, and nothing of it stays.

use crate::support::{drain, finish};
use bytes::Bytes;
use engine::{PolledSource, Polling, Resolution};
use http::{Request, Response};
use kernel::time::Zone;
use kernel::{ReasonCode, Timestamp};
use ports::{BoxFuture, Clock, Http, HttpFailure, Secret};
use quickbooks_sim::{CompanyPrefs, PersonEdit, TxnKind};
use sim::evidence;
use sim::world::World;
use sources::shopify::{self, ShopifyPoller};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::document::{self, AttemptRow};

/// A company that refuses to void an invoice with payments on it (odd seeds).
const SEED: u64 = 901;

/// Lists one order.
struct OneOrder(String);

impl Http for OneOrder {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        let body = match request.uri().path() {
            path if path.ends_with("/orders.json") => format!("{{\"orders\":[{}]}}", self.0),
            path if path.ends_with("/transactions.json") => "{\"transactions\":[]}".to_owned(),
            _ => "{\"payouts\":[],\"disputes\":[]}".to_owned(),
        };
        Box::pin(async move { Ok(Response::new(Bytes::from(body))) })
    }
}

#[test]
fn payments_are_voided_before_the_invoice_they_settle() {
    let mut world = World::new(SEED, false).unwrap();
    world.faults(false);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    let live: Vec<_> = world.company().transactions().filter(|t| !t.voided).collect();
    let payments = |id: u32| {
        live.iter().filter(|t| t.kind == TxnKind::Payment && t.links.contains(&id)).count()
    };
    // An invoice of the month with payments and nothing else on it.
    let invoice = live
        .iter()
        .filter(|t| t.kind == TxnKind::Invoice && payments(t.id) > 0 && t.open == 0)
        .find(|t| t.links.len() == payments(t.id))
        .expect("the month has an invoice with payments");
    becomes_a_test(&mut world, &invoice.doc_number);
    drain(&mut world);
    let left: Vec<_> = world
        .company()
        .transactions()
        .filter(|t| !t.voided && (t.id == invoice.id || t.links.contains(&invoice.id)))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    // One batch keeps no order of its items (quickbooks.md §4): they travel one after the other.
    let gone = |id: u32| {
        let note = live.iter().find(|t| t.id == id).map(|t| t.private_note.clone()).unwrap();
        voids(&mut world, note.split("tieout:").nth(1).unwrap())
    };
    let paying: Vec<u32> =
        live.iter().filter(|t| t.links.contains(&invoice.id)).map(|t| t.id).collect();
    let ended: Vec<_> = std::iter::once(invoice.id).chain(paying).map(gone).collect();
    let (invoice, payments) = ended.split_first().unwrap();
    assert!(!payments.is_empty());
    for payment in payments {
        assert!(payment.ended_at.unwrap() <= invoice.started_at, "{payment:?} {invoice:?}");
        assert_ne!(payment.call_id, invoice.call_id);
    }
}

/// The shop says that an order was a test after all.
fn becomes_a_test(world: &mut World, number: &str) {
    let order = workload::month(&world.shape)
        .filter(|d| d.raw.header("x-shopify-topic").is_some_and(|t| t.starts_with("orders/")))
        .map(|d| String::from_utf8(d.raw.body.to_vec()).unwrap())
        .find(|text| text.contains(&format!("\"name\":\"#{number}\"")))
        .unwrap_or_else(|| panic!("no order {number}"));
    let from = order.find("\"updated_at\":\"").unwrap() + 14;
    let stamp = &order[from..from + order[from..].find('"').unwrap()];
    let order = order
        .replace("\"test\":false", "\"test\":true")
        .replace(stamp, "2026-04-02T11:00:00-04:00");
    let access = shopify::Access {
        address: "https://demo.myshopify.example".to_owned(),
        token: Secret::new("shpat"),
        zone: Zone::named("America/New_York").unwrap(),
        webhook_address: None,
    };
    let source = PolledSource {
        source: "shopify:demo".to_owned(),
        poller: Arc::new(ShopifyPoller::new(access).unwrap()),
        every_s: 900,
    };
    let polling =
        Polling::new(world.engine.clone(), Arc::new(OneOrder(order)), vec![source], || false);
    let task = world.executor.spawn(
        "poll",
        Box::pin(async move {
            polling.run_due().await.unwrap();
        }),
    );
    finish(world, task);
}

/// What the statement says about sales: received, held for `code`, excluded as tests.
fn sales(world: &mut World, code: ReasonCode) -> (i64, i64, i64) {
    let found = evidence::gather(world);
    assert_eq!((found.error.as_deref(), found.breaks.len()), (None, 0), "{:?}", found.breaks);
    let rows = found.rows.iter().filter(|r| r.class == "sale");
    rows.fold((0, 0, 0), |(received, held, excluded), r| {
        let of = |by: &BTreeMap<ReasonCode, matching::Term>, code| {
            by.get(&code).map_or(0, |t: &matching::Term| t.minor)
        };
        (
            received + r.received,
            held + of(&r.held_by, code),
            excluded + of(&r.excluded_by, ReasonCode::TestOrder),
        )
    })
}

/// Closes or opens the company's books, and has that read.
fn close_books(world: &mut World, until: Option<&str>) {
    let prefs = CompanyPrefs {
        book_close_date: until.map(str::to_owned),
        ..world.company().prefs().clone()
    };
    let now = world.executor.clock().now().0;
    world.company().set_prefs(prefs, now);
    let engine = world.engine.clone();
    let read = async move {
        engine.read_company().await.unwrap();
    };
    let task = world.executor.spawn("read", Box::pin(read));
    finish(world, task);
}

#[test]
fn what_cannot_be_taken_out_of_closed_books_is_not_said_to_be_excluded() {
    let mut world = World::new(SEED, false).unwrap();
    world.faults(false);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    let receipt = world
        .company()
        .transactions()
        .find(|t| t.kind == TxnKind::SalesReceipt && !t.voided && t.total > 0)
        .expect("the month has a receipt");
    let code = ReasonCode::SourceEditedAfterPosting;
    let (received, held, excluded) = sales(&mut world, code);
    assert_eq!(held, 0);

    close_books(&mut world, Some("2026-04-30"));
    becomes_a_test(&mut world, &receipt.doc_number);
    drain(&mut world);
    let stands =
        |world: &World| world.company().transactions().any(|t| t.id == receipt.id && !t.voided);
    assert!(stands(&world), "closed books are left alone");
    assert_eq!(sales(&mut world, code), (received, receipt.total, excluded));

    close_books(&mut world, None);
    drain(&mut world);
    assert!(!stands(&world), "open books let it go");
    assert_eq!(sales(&mut world, code), (received, 0, excluded + receipt.total));
}

/// A worker stays for some virtual time, and its lease ends.
fn stay(world: &mut World, seconds: i64) {
    let worker = world.start_worker(false);
    for (seconds, last) in [(seconds, true), (120, false)] {
        let until = world.executor.clock().now().plus_seconds(seconds);
        let clock = world.executor.clock();
        let night = async move { clock.sleep_until(until).await };
        world.executor.spawn("night", Box::pin(night));
        while world.executor.step(until, u64::MAX).is_none() {}
        if last {
            world.executor.kill(worker);
        }
    }
}

/// A person has made anew what somebody took away in the ledger.
fn restore(world: &mut World) {
    let engine = world.engine.clone();
    let decide = async move {
        let mut tx = engine.store.read().await.unwrap();
        let open = store::exception::list(tx.as_mut(), 1_000).await.unwrap();
        drop(tx);
        let edited = open.iter().find(|e| e.code == ReasonCode::LedgerEditedOutside).unwrap();
        let note = "deleted by mistake, ours was right";
        engine.resolve(edited.id, &Resolution::Restore, "ann", note).await.unwrap();
    };
    let task = world.executor.spawn("person", Box::pin(decide));
    finish(world, task);
}

#[test]
fn what_somebody_took_away_and_nobody_wants_any_more_leaves_the_sub_ledger() {
    let mut world = World::new(SEED, false).unwrap();
    world.faults(false);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    stay(&mut world, 1_000);
    let receipt = world
        .company()
        .transactions()
        .find(|t| t.kind == TxnKind::SalesReceipt && !t.voided && t.total > 0 && t.links.is_empty())
        .expect("the month has a receipt");
    let now = world.executor.clock().now().0;
    world.company().edit_by_person(receipt.id, &PersonEdit::Delete, now).unwrap();
    stay(&mut world, 1_000);
    becomes_a_test(&mut world, &receipt.doc_number);
    restore(&mut world);
    drain(&mut world);
    let live = world.company().transactions().any(|t| t.doc_number == receipt.doc_number);
    assert!(!live, "nobody wants it any more");
    let found = evidence::gather(&mut world);
    assert!(found.breaks.is_empty(), "{:?}", found.breaks);
    let ours: BTreeMap<String, i64> =
        found.balances.iter().map(|(name, minor)| (name.to_lowercase(), *minor)).collect();
    let ledger = world.company().trial_balance();
    let ledger = ledger.into_iter().map(|(name, minor)| (name.to_lowercase(), minor)).collect();
    assert_eq!(matching::tie_out(&ours, &ledger), []);
}

/// The first attempt to void the document with this marker.
fn voids(world: &mut World, marker: &str) -> AttemptRow {
    let marker = marker.split_whitespace().next().unwrap().to_owned();
    let (store, slot) = (world.engine.store.clone(), Arc::new(Mutex::new(None)));
    let place = Arc::clone(&slot);
    let task = async move {
        let mut tx = store.read().await.unwrap();
        let rows = document::all(tx.as_mut()).await.unwrap();
        let row = rows.into_iter().find(|r| r.key.marker() == marker).unwrap();
        let attempts = document::attempts(tx.as_mut(), &row.key).await.unwrap();
        *place.lock().unwrap() = attempts.into_iter().find(|a| a.act == "void");
    };
    let task = world.executor.spawn("look", Box::pin(task));
    finish(world, task);
    slot.lock().unwrap().take().unwrap()
}
