//! The summary of a day stands in closed books: what comes for that day later is held with its
//! amount, what stands there is told as it stands, and all of it is booked once the books open.

use crate::support::{drain, finish};
use book::Rules;
use kernel::time::Zone;
use kernel::{BusinessDate, ReasonCode, SourceName};
use ports::{Clock, EventSource, RawDelivery};
use serde_json::{Value, json};
use sim::evidence;
use sim::profile::Profile;
use sim::world::World;
use sources::woocommerce::{self, WooCommerce};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::Unsigned;

const ORDER: &str = include_str!("../../../sources/src/woocommerce/fixtures/order_paid.json");
const NAME: &str = "woocommerce:acme";
/// What the order of the fixture costs, minor units.
const TOTAL: i64 = 8_938;

/// A company in dollars that gets one journal per day.
fn world(closed: &str) -> World {
    let profile = |chance: &sim::chance::Chance| Profile {
        company: quickbooks_sim::Profile::UsAst,
        multi_currency: false,
        sells_in: None,
        summary: true,
        ..Profile::draw(chance)
    };
    let mut world = World::of(profile, 3, false).unwrap();
    world.faults(false);
    let zone = Zone::named("America/New_York").unwrap();
    let settings = woocommerce::Settings { secrets: Vec::new(), zone };
    let source: Arc<dyn EventSource> =
        Arc::new(Unsigned(Arc::new(WooCommerce::new(SourceName::new(NAME), settings))));
    world.engine.sources = Arc::new(BTreeMap::from([(NAME.to_owned(), source)]));
    let rules = format!(
        "version = \"1\"\n[posting]\nmode = \"daily_summary\"\nclosed_period = \"{closed}\"\n\
         [clearing]\nstripe = \"Stripe Clearing\""
    );
    world.engine.rules = Arc::new(Rules::parse(&rules).unwrap());
    world.engine.rules_sha256 = "closed days".to_owned();
    // The month is over.
    let clock = world.executor.clock();
    let later = clock.now().plus_seconds(40 * 86_400);
    let task =
        world.executor.spawn("time", Box::pin(async move { clock.sleep_until(later).await }));
    finish(&mut world, task);
    world
}

/// The order `id` as WooCommerce tells it, and what a worker makes of it.
fn told(world: &mut World, id: u32, change: impl Fn(&mut Value)) {
    let mut order: Value = serde_json::from_str(ORDER).unwrap();
    order["id"] = json!(id);
    order["number"] = json!(id.to_string());
    order["transaction_id"] = json!(format!("ch_woo{id}"));
    change(&mut order);
    let delivery = RawDelivery {
        headers: vec![("x-wc-webhook-topic".to_owned(), "order.updated".to_owned())],
        body: order.to_string().into(),
        received_at: world.executor.clock().now(),
    };
    let intake = engine::Intake::new(world.engine.clone());
    world.ask(async move { intake.receive_many(NAME, vec![delivery]).await.unwrap() }).unwrap();
    drain(world);
}

fn close(world: &mut World, until: Option<&str>) {
    let until: Option<BusinessDate> = until.map(|day| day.parse().unwrap());
    let engine = world.engine.clone();
    let done = world.ask(async move {
        let note = "a receipt was missing, agreed with the controller";
        engine.close_books(until, "ann", note).await.unwrap();
    });
    done.unwrap();
    drain(world);
}

/// Debits of the journals of the company.
fn journals(world: &World) -> Vec<i64> {
    world.company().transactions().filter(|t| !t.voided).map(|t| t.total).collect()
}

/// Received, posted and held of all sales, and what waits for a person.
fn stand(world: &mut World) -> ((i64, i64, i64), Vec<(ReasonCode, i64)>) {
    let found = evidence::gather(world);
    assert_eq!((found.error, found.breaks), (None, Vec::new()), "{}", found.statement);
    let sales = found.rows.iter().filter(|r| r.class == "sale");
    let sums = sales.fold((0, 0, 0), |(received, posted, held), r| {
        let more: i64 = r.held_by.values().map(|t| t.minor).sum();
        (received + r.received, posted + r.posted, held + more)
    });
    let open = found.open.iter().map(|e| (e.code, e.amount.map_or(0, |a| a.minor)));
    (sums, open.collect())
}

#[test]
fn a_late_sale_into_a_closed_day_is_held_until_the_books_open() {
    let mut world = world("hold");
    told(&mut world, 1, |_| {});
    assert_eq!(stand(&mut world), ((TOTAL, TOTAL, 0), vec![]));
    let day = journals(&world);
    assert_eq!(day.len(), 1);

    close(&mut world, Some("2026-03-31"));
    told(&mut world, 2, |_| {});
    let (sums, open) = stand(&mut world);
    assert_eq!(sums, (2 * TOTAL, TOTAL, TOTAL), "what stands is posted, what came late is held");
    assert_eq!(open, [(ReasonCode::OurPeriodLocked, TOTAL)]);
    assert_eq!(journals(&world), day, "closed books are left alone");
    // Told again, it is still one.
    told(&mut world, 2, |order| order["note"] = json!("called"));
    assert_eq!(stand(&mut world), ((2 * TOTAL, TOTAL, TOTAL), open));

    close(&mut world, None);
    assert_eq!(stand(&mut world), ((2 * TOTAL, 2 * TOTAL, 0), vec![]));
    assert_eq!(journals(&world), [2 * day[0]]);
}

#[test]
fn a_sale_that_changes_in_a_closed_day_stays_as_it_was_posted() {
    let mut world = world("hold");
    told(&mut world, 1, |_| {});
    told(&mut world, 2, |_| {});
    let day = journals(&world);
    close(&mut world, Some("2026-03-31"));
    let later = |order: &mut Value| order["date_modified_gmt"] = json!("2026-03-03T12:00:00");
    told(&mut world, 2, |order| {
        later(order);
        order["status"] = json!("failed");
        order["date_paid"] = json!(null);
        order["date_paid_gmt"] = json!(null);
    });
    let (sums, open) = stand(&mut world);
    assert_eq!(sums, (2 * TOTAL, TOTAL, TOTAL), "it is not taken out of the journal");
    assert!(open.iter().any(|(code, _)| *code == ReasonCode::OurPeriodLocked), "{open:?}");
    assert_eq!(journals(&world), day);
}

#[test]
fn where_the_rules_say_so_a_late_sale_goes_to_the_first_open_day() {
    let mut world = world("next_open_day");
    told(&mut world, 1, |_| {});
    let day = journals(&world);
    close(&mut world, Some("2026-03-31"));
    told(&mut world, 2, |_| {});
    assert_eq!(stand(&mut world), ((2 * TOTAL, 2 * TOTAL, 0), vec![]));
    assert_eq!(journals(&world), [day[0], day[0]], "a correction of its own");
}
