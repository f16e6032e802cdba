//! BigCommerce's orders. Its webhooks name an order only; what is delivered here is the whole order
//! as it is read then, with products, taxes, transactions and refunds (sources-and-cases.md A7).

mod order;
mod parts;

use crate::draw::mix;
use crate::json::Json;
use crate::letter::{Letter, Sending, header, standard};
use crate::plan::{Plan, Step, World};
use bytes::Bytes;

/// What is sent of `step`.
pub fn letter(world: &World, index: u32, step: Step, sending: &Sending<'_>) -> Letter {
    let plan = Plan::of(world, index);
    let body = Bytes::from(match step {
        Step::Unknown => unknown(world, &plan, sending),
        _ if world.shape.thin_webhooks => named(world, &plan, step, sending),
        _ => order::body(world, &plan, step),
    });
    let mut id = Json::new(world, 20);
    id.put("msg_").hex(mix(sending.token));
    let mut headers = vec![header("content-type", "application/json")];
    headers.extend(standard(sending, &id.text, &body));
    Letter { headers, body }
}

/// A webhook that names the order.
fn named(world: &World, plan: &Plan, step: Step, sending: &Sending<'_>) -> String {
    let scope = match step {
        Step::Created => "order/created",
        _ if step.is_refund() => "order/refund/created",
        _ => "order/updated",
    };
    let mut json = Json::new(world, 200);
    json.put("{\"scope\":\"store/").put(scope).put("\",\"store_id\":\"1025646\",\"data\":{");
    json.put("\"type\":\"order\",\"id\":").int(parts::order_id(plan)).put("},\"hash\":\"");
    json.hex(mix(sending.token)).put("\",\"created_at\":").signed(sending.happened);
    json.put(",\"producer\":\"stores/abc123\"}");
    json.text
}

/// A webhook of a scope that no rule knows.
fn unknown(world: &World, plan: &Plan, sending: &Sending<'_>) -> String {
    let mut json = Json::new(world, 200);
    json.put("{\"scope\":\"store/priceRecord/updated\",\"store_id\":\"1025646\",\"data\":{");
    json.put("\"type\":\"priceRecord\",\"id\":").int(u64::from(plan.index)).put("},\"hash\":\"");
    json.hex(mix(sending.token)).put("\",\"created_at\":").signed(sending.happened);
    json.put(",\"producer\":\"stores/abc123\"}");
    json.text
}
