//! Shopify's webhooks.

mod order;
mod parts;
mod refund;
mod transaction;

use crate::content::Content;
use crate::draw::mix;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::plan::{Plan, Step, World};
use crate::refund::Refund;
use bytes::Bytes;

/// The webhook for `step`.
pub fn letter(world: &World, index: u32, step: Step, sending: &Sending<'_>) -> Letter {
    let (topic, body) = webhook(world, index, step);
    let body = Bytes::from(body);
    let mut triggered = String::with_capacity(25);
    world.calendar.write(sending.happened, &mut triggered);
    let headers = vec![
        header("content-type", "application/json"),
        header("x-shopify-topic", topic),
        header("x-shopify-hmac-sha256", sending.signature(sending.signer.base64(&body))),
        header("x-shopify-shop-domain", format!("{}.myshopify.com", world.shape.shop)),
        header("x-shopify-api-version", API_VERSION),
        header("x-shopify-webhook-id", uuid(world, sending.token)),
        header("x-shopify-event-id", uuid(world, mix(sending.token))),
        header("x-shopify-triggered-at", triggered),
    ];
    Letter { headers, body }
}

const API_VERSION: &str = "2026-07";

/// A number in the form of a UUID.
fn uuid(world: &World, token: u64) -> String {
    let mut json = Json::new(world, 40);
    json.hex(token).hex(mix(!token));
    let mut text = json.text;
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Topic and body.
fn webhook(world: &World, index: u32, step: Step) -> (&'static str, String) {
    let plan = Plan::of(world, index);
    let at = plan.placed + step.lag();
    match step {
        Step::Created => ("orders/create", order::body(world, &plan, order::State::created(&plan))),
        Step::Edited | Step::Updated => {
            ("orders/updated", order::body(world, &plan, order::State::later(step, at)))
        }
        Step::Stale => ("orders/updated", order::body(world, &plan, order::State::created(&plan))),
        Step::Cancelled => {
            ("orders/cancelled", order::body(world, &plan, order::State::later(step, at)))
        }
        Step::Paid | Step::PaidEdited | Step::PaidSecond | Step::PaidSecondEdited => {
            let n = usize::from(matches!(step, Step::PaidSecond | Step::PaidSecondEdited));
            let tender = Content::of(world, &plan).tenders(world, &plan)[n];
            let mut json = Json::new(world, 1_600);
            transaction::payment(&mut json, &plan, (n, tender), at);
            ("order_transactions/create", json.text)
        }
        Step::Voided => {
            let tender = Content::of(world, &plan).tenders(world, &plan)[0];
            let mut json = Json::new(world, 1_600);
            transaction::void(&mut json, &plan, tender, at);
            ("order_transactions/create", json.text)
        }
        Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => {
            let content = Content::of(world, &plan);
            let refund = Refund::of(world, &plan, &content).expect("what is refunded was paid");
            ("refunds/create", refund::body(world, &plan, &content, &refund, at))
        }
        Step::Unknown => (UNKNOWN_TOPIC, unknown(world, &plan, at)),
        _ => unreachable!("Shopify does not tell {step:?}"),
    }
}

/// A topic with money in it that no rule knows.
const UNKNOWN_TOPIC: &str = "store_credit_account_transactions/create";

fn unknown(world: &World, plan: &Plan, at: i64) -> String {
    let mut json = Json::new(world, 300);
    json.put("{\"id\":").int(77_000_000_000 + u64::from(plan.index));
    json.put(",\"kind\":\"credit\",\"amount\":").money(plan.unknown_amount(world));
    json.put(",\"currency\":\"").put(world.shape.currency.code());
    json.put("\",\"created_at\":").time(at).put("}");
    json.text
}
