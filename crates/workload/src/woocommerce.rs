//! WooCommerce's webhooks: the order as it stands, whatever happened to it; and the order with its
//! refunds, as its REST API answers it (sources-and-cases.md A3).

mod order;

use crate::draw::mix;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::plan::{Plan, Step, World};
use bytes::Bytes;
use order::State;

/// What is sent of `step`.
pub fn letter(world: &World, index: u32, step: Step, sending: &Sending<'_>) -> Letter {
    let plan = Plan::of(world, index);
    let (topic, body) = match step {
        Step::Created => ("order.created", order::body(world, &plan, &State::at(step, &plan))),
        Step::Unknown => ("invoice.created", unknown(world, &plan)),
        // Where its detail would be told after the month, a refund comes with it.
        step if step.is_refund_detail()
            || step.detail().is_some_and(|detail| plan.at(world, detail).is_none()) =>
        {
            ("", order::with_refunds(world, &plan, &State::at(step, &plan)))
        }
        _ => ("order.updated", order::body(world, &plan, &State::at(step, &plan))),
    };
    let body = Bytes::from(body);
    let signature = sending.signature(sending.signer.base64(&body));
    let mut headers = vec![header("content-type", "application/json")];
    if let Some((resource, event)) = topic.split_once('.') {
        let mut id = Json::new(world, 16);
        // Every attempt has an id of its own.
        id.hex(mix(sending.token ^ sending.sent.cast_unsigned()));
        headers.push(header("x-wc-webhook-topic", topic));
        headers.push(header("x-wc-webhook-resource", resource));
        headers.push(header("x-wc-webhook-event", event));
        headers.push(header("x-wc-webhook-id", "1"));
        headers.push(header("x-wc-webhook-delivery-id", id.text));
    }
    headers.push(header("x-wc-webhook-signature", signature));
    Letter { headers, body }
}

/// A topic with money in it that no rule knows.
fn unknown(world: &World, plan: &Plan) -> String {
    let mut json = Json::new(world, 100);
    json.put("{\"id\":").int(770_000 + u64::from(plan.index)).put(",\"currency\":\"");
    json.put(world.shape.currency.code()).put("\",\"total\":").money(plan.unknown_amount(world));
    json.put("}");
    json.text
}
