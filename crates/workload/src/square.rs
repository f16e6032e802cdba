//! Square's events about payments, refunds, disputes and payouts, its orders as its API answers them,
//! and the entries of its payouts (sources-and-cases.md A5).

mod money;
mod order;

use crate::draw::mix;
use crate::event::What;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::plan::{Plan, Step, World};
use bytes::Bytes;
use kernel::Timestamp;

/// Where Square's events go, as it is registered there: the signature covers it.
pub const SQUARE_NOTIFICATION_URL: &str = "https://tieout.example/webhooks/square";

/// What is sent of `step` of one of its own orders: an event, or the order as it is read when an
/// event names it, signed like an event.
pub fn letter(world: &World, index: u32, step: Step, sending: &Sending<'_>) -> Letter {
    let plan = Plan::of(world, index);
    // Where its detail would be told after the month, a refund comes with it.
    let is_itemised = step.is_refund_detail()
        || step.detail().is_some_and(|detail| plan.at(world, detail).is_none());
    let is_order = matches!(
        step,
        Step::Created | Step::Edited | Step::Cancelled | Step::Updated | Step::Stale
    );
    let body = match step {
        _ if (is_order || is_itemised) && world.shape.thin_webhooks => {
            named(world, &plan, (step, is_itemised), sending)
        }
        _ if is_itemised => order::returned(world, &plan, step),
        _ if is_order => order::body(world, &plan, step),
        Step::Unknown => unknown(world, &plan, sending),
        _ => money::event(world, &plan, step, sending),
    };
    signed(body, sending)
}

/// What Square tells as the processor, also of what another order system sold.
pub fn told(world: &World, what: &What, sending: &Sending<'_>) -> Letter {
    let body = match what {
        What::Order { index, step } => {
            money::event(world, &Plan::of(world, *index), *step, sending)
        }
        What::Payout(batch) => money::payout(world, batch, sending),
        What::PayoutItems(batch) => money::entries(world, batch),
    };
    signed(body, sending)
}

fn signed(body: String, sending: &Sending<'_>) -> Letter {
    let body = Bytes::from(body);
    let signature = sending.signer.square(SQUARE_NOTIFICATION_URL, &body);
    let headers = vec![
        header("content-type", "application/json"),
        header("x-square-hmacsha256-signature", sending.signature(signature)),
    ];
    Letter { headers, body }
}

/// The event that names an order.
fn named(
    world: &World,
    plan: &Plan,
    (step, is_return): (Step, bool),
    sending: &Sending<'_>,
) -> String {
    let mut json = Json::new(world, 500);
    let id = order_id(plan) + if is_return { "R" } else { "" };
    let (kind, name) = if step == Step::Created || is_return {
        ("order.created", "order_created")
    } else {
        ("order.updated", "order_updated")
    };
    json.event((kind, name, &id), sending).put("{\"order_id\":\"").put(&id).put("\",");
    json.instant("created_at", plan.placed).instant("updated_at", sending.happened);
    json.put("\"location_id\":\"LMAIN\",\"state\":\"OPEN\",\"version\":1}}}}");
    json.text
}

/// An event with money in it that no rule knows.
fn unknown(world: &World, plan: &Plan, sending: &Sending<'_>) -> String {
    let mut json = Json::new(world, 400);
    let kind = ("deposit_hold.created", "deposit_hold", "hold");
    json.event(kind, sending).put("{\"id\":\"HOLD").int(u64::from(plan.index)).put("\",");
    json.units("amount_money", plan.unknown_amount(world)).put("\"reason\":\"\"}}}}");
    json.text
}

/// The id of an order.
fn order_id(plan: &Plan) -> String {
    format!("SQ{}", plan.number())
}

fn stamp(at: i64) -> String {
    Timestamp::from_seconds(at).to_string()
}

impl Json<'_> {
    /// An event up to its object, by its type, the name of the object and its id; the caller closes
    /// three braces.
    fn event(&mut self, (kind, name, id): (&str, &str, &str), sending: &Sending<'_>) -> &mut Self {
        let (world, a, b) = (self.world, sending.token, mix(sending.token));
        let group = |number: u64, shift: u32| (number >> shift) & 0xffff;
        self.put("{\"merchant_id\":\"M").put(&world.tag).put("\",\"type\":\"").put(kind);
        self.put("\",\"event_id\":\"").put(&format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            a >> 32,
            group(a, 16),
            group(a, 0),
            group(b, 48),
            b & 0xffff_ffff_ffff
        ));
        self.put("\",\"created_at\":\"").put(&stamp(sending.happened));
        self.put("\",\"data\":{\"type\":\"").put(name).put("\",\"id\":\"").put(id);
        self.put("\",\"object\":{\"").put(name).put("\":")
    }

    /// `"name":{"amount":1050,"currency":"USD"},`.
    fn units(&mut self, name: &str, minor: i64) -> &mut Self {
        let currency = self.world.shape.currency;
        self.put("\"").put(name).put("\":{\"amount\":").signed(minor);
        self.put(",\"currency\":\"").put(currency.code()).put("\"},")
    }

    /// `"name":"2026-01-15T13:26:00Z",`.
    fn instant(&mut self, name: &str, at: i64) -> &mut Self {
        self.put("\"").put(name).put("\":\"").put(&stamp(at)).put("\",")
    }
}
