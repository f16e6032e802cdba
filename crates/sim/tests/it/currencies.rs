//! A shop sells in another currency than that of the company's books.

use crate::support::{finish, now};
use bytes::Bytes;
use engine::{Engine, Resolution, SubLedgerCheck};
use http::Request;
use kernel::{BusinessDate, Currency, DocumentKind, ReasonCode};
use quickbooks_sim::PersonEdit;
use sim::profile::Profile;
use sim::world::World;
use std::sync::{Arc, Mutex};
use store::document::{DocRow, DocState};
use store::exception::Exception;

const SEED: u64 = 40;
/// Home units for one unit of each currency.
const RATES: [(&str, &str); 3] = [("EUR", "1.0873"), ("GBP", "1.2719"), ("JPY", "0.006431")];

/// A US company and a shop that sells in `currency`.
fn world(currency: Currency, multi_currency: bool, summary: bool) -> World {
    let profile = |chance: &sim::chance::Chance| Profile {
        company: quickbooks_sim::Profile::UsNoTax,
        multi_currency,
        summary,
        sells_in: Some(currency),
        throttled: false,
        ..Profile::draw(chance)
    };
    let mut world = World::of(profile, SEED, false).unwrap();
    world.faults(false);
    world
}

fn post(world: &mut World) {
    // The tokens of whoever entered the rates ended the connection.
    world.start_operator();
    let vendors = world.start_vendors();
    finish(world, vendors);
    let worker = world.start_worker(true);
    finish(world, worker);
}

/// What the engine knows once all is at rest.
struct Known {
    rows: Vec<DocRow>,
    exceptions: Vec<Exception>,
    statement: matching::Statement,
    check: Option<SubLedgerCheck>,
}

fn known(world: &mut World, home: Currency) -> Known {
    let slot = Arc::new(Mutex::new(None));
    let (place, engine): (_, Engine) = (Arc::clone(&slot), world.engine.clone());
    let task = world.executor.spawn(
        "person",
        Box::pin(async move {
            let mut tx = engine.store.read().await.unwrap();
            let rows = store::document::all(tx.as_mut()).await.unwrap();
            let exceptions = store::exception::list(tx.as_mut(), 1_000).await.unwrap();
            drop(tx);
            let statement = engine::statement(&engine.store).await.unwrap();
            let check = engine.check_sub_ledger(home, 1).await.ok();
            *place.lock().unwrap() = Some(Known { rows, exceptions, statement, check });
        }),
    );
    finish(world, task);
    let known = slot.lock().unwrap().take();
    known.unwrap()
}

/// Sets the company's rates of the month as its own service does for listed currencies.
fn set_rates(world: &World, days: std::ops::Range<i32>) {
    let at = now(world).0;
    let first: BusinessDate = "2026-03-01".parse().unwrap();
    let mut company = world.company();
    let (access, _) = company.issue_tokens(at);
    for (currency, rate) in RATES {
        for day in days.clone() {
            let date = first.plus_days(day);
            let body = format!(
                r#"{{"SourceCurrencyCode":"{currency}","AsOfDate":"{date}","Rate":{rate}}}"#
            );
            let request = Request::post(
                "https://quickbooks.example/v3/company/9130350000000001/exchangerate",
            )
            .header("authorization", format!("Bearer {access}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Bytes::from(body))
            .unwrap();
            assert_eq!(company.handle(&request, at).status(), 200);
        }
    }
}

#[test]
fn a_month_in_another_currency_is_posted_verified_and_ties_out() {
    for (code, _) in RATES {
        for summary in [false, true] {
            let currency: Currency = code.parse().unwrap();
            let mut world = world(currency, true, summary);
            set_rates(&world, 0..45);
            post(&mut world);
            let known = known(&mut world, Currency::USD);
            let documents: Vec<_> =
                known.rows.iter().filter_map(|r| Some((r, r.document()?))).collect();
            assert!(documents.len() > 5, "{code}: {} documents", documents.len());
            for (row, document) in &documents {
                let about = format!("{code}: {} {:?} {}", row.key, row.state, row.reason);
                assert_eq!(document.currency, currency, "{about}");
                assert!(matches!(row.state, DocState::Verified | DocState::Removed), "{about}");
                assert!(row.ledger_rate.is_some() || row.state == DocState::Removed, "{about}");
            }
            for name in [format!("Stripe Clearing - {code}"), "Sales".to_owned()] {
                let there = known.rows.iter().any(|r| r.key.0 == format!("ref/account/{name}"));
                assert!(there, "{name}: {:?}", known.exceptions);
            }
            assert_eq!(known.statement.breaks().count(), 0, "{code}");
            let check = known.check.unwrap();
            assert!(check.accounts > 3 && check.breaks.is_empty(), "{code}: {check:?}");
        }
    }
}

#[test]
fn without_multicurrency_foreign_documents_are_held_and_nothing_is_written() {
    let mut world = world(Currency::EUR, false, false);
    post(&mut world);
    assert!(!world.company().transactions().any(|t| t.private_note.contains("tieout:")));
    let known = known(&mut world, Currency::USD);
    assert!(known.rows.iter().all(|r| r.document().is_none()));
    let held: Vec<_> =
        known.exceptions.iter().filter(|e| e.code == ReasonCode::CurrencyMismatch).collect();
    assert!(held.len() > 5);
    assert!(
        held[0].detail.contains("USD only") && held[0].detail.contains("ledger.multi_currency")
    );
    assert_eq!(known.statement.breaks().count(), 0, "what is held is told");
}

#[test]
fn a_document_booked_without_a_rate_is_told_and_verified_once_there_is_one() {
    let mut world = world(Currency::EUR, true, false);
    // The rates of the last days are missing.
    set_rates(&world, 0..20);
    post(&mut world);
    let known = known(&mut world, Currency::USD);
    let without: Vec<_> = known.rows.iter().filter(|r| r.state == DocState::Divergent).collect();
    assert!(!without.is_empty());
    for row in &without {
        let document = row.document().unwrap();
        assert!(document.date >= "2026-03-21".parse().unwrap(), "{}", document.date);
        let told = known.exceptions.iter().find(|e| e.document == row.key.0).unwrap();
        assert!(told.detail.contains("ExchangeRate"), "{}", told.detail);
    }
    let dated = |r: &&DocRow| r.document().is_some_and(|d| d.date < "2026-03-21".parse().unwrap());
    assert!(known.rows.iter().filter(dated).all(|r| r.state != DocState::Divergent));

    // A person enters the rate in QuickBooks and has the documents looked at again.
    let receipt = |r: &DocRow| r.document().is_some_and(|d| d.kind != DocumentKind::Payment);
    for row in without.iter().filter(|r| receipt(r)) {
        let id = row.ledger.as_ref().unwrap().id.parse().unwrap();
        let edit = PersonEdit::Change(r#"{"ExchangeRate":1.0911}"#.to_owned());
        let at = now(&world).0;
        world.company().edit_by_person(id, &edit, at).unwrap();
    }
    let engine = world.engine.clone();
    let open: Vec<_> = known.exceptions.iter().filter(|e| !e.document.is_empty()).collect();
    let ids: Vec<_> = open.iter().map(|e| e.id).collect();
    let task = world.executor.spawn(
        "person",
        Box::pin(async move {
            for id in ids {
                engine.resolve(id, &Resolution::Retry, "ann", "").await.unwrap();
            }
        }),
    );
    finish(&mut world, task);
    let worker = world.start_worker(true);
    finish(&mut world, worker);
    let known = self::known(&mut world, Currency::USD);
    let left = known.rows.iter().filter(|r| r.state == DocState::Divergent && receipt(r)).count();
    assert_eq!(left, 0, "{:?}", known.exceptions);
    let check = known.check.unwrap();
    assert!(check.breaks.is_empty(), "{check:?}");
}
