//! Stripe's events and the itemisation of its payouts.

use crate::content::Content;
use crate::event::What;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::payout::{Batch, Cause, Movement};
use crate::plan::{DisputeEnd, Gateway, Plan, Step, World};
use crate::reference::numbered;
use bytes::Bytes;

const API_VERSION: &str = "2026-06-30.basil";
const DAY: i64 = 86_400;
/// How long before it is paid a payout is made: after its last movement.
const MADE_BEFORE: i64 = 32 * 3_600;

/// What Stripe sends of `what`.
pub fn letter(world: &World, what: &What, sending: &Sending<'_>) -> Letter {
    let body = Bytes::from(match what {
        What::Order { index, step } => dispute(world, *index, *step),
        What::Payout(batch) => payout(world, batch),
        What::PayoutItems(batch) => payout_items(world, batch),
    });
    let headers = vec![
        header("content-type", "application/json; charset=utf-8"),
        header("stripe-signature", sending.signature(sending.signer.stripe(sending.sent, &body))),
    ];
    Letter { headers, body }
}

/// The event of a dispute's `step`.
fn dispute(world: &World, index: u32, step: Step) -> String {
    let plan = Plan::of(world, index);
    let content = Content::of(world, &plan);
    let tenders = content.tenders(world, &plan);
    let tender = tenders.iter().position(|t| t.gateway == Gateway::Processor).unwrap_or(0);
    let amount = tenders[tender].amount;
    let opened = plan.placed + Step::DisputeOpened.lag();
    let at = plan.placed + step.lag();
    let (kind, status) = match (step, plan.dispute_end()) {
        (Step::DisputeClosed, DisputeEnd::Won) => ("charge.dispute.closed", "won"),
        (Step::DisputeClosed, _) => ("charge.dispute.closed", "lost"),
        _ => ("charge.dispute.created", "needs_response"),
    };
    let mut json = Json::new(world, 2_000);
    event(&mut json, world, ("evt_3d", u64::from(index), step as u64), kind, at);
    json.put("{\"id\":\"").id("du_3", index, 0).put("\",\"object\":\"dispute\",\"amount\":");
    json.signed(vendor(world, amount)).put(",\"balance_transactions\":[");
    let mut count = 0;
    for (step, at) in [(Step::DisputeOpened, opened), (Step::DisputeClosed, at)] {
        let is_told = step == Step::DisputeOpened || kind == "charge.dispute.closed";
        if let Some(m) = Movement::of(world, at, index, step).filter(|_| is_told) {
            movement(json.comma(count), world, &m);
            count += 1;
        }
    }
    json.put("],\"charge\":\"").id("ch_3", index, tender);
    json.put("\",\"created\":").signed(opened).put(",\"currency\":\"").currency(world);
    json.put("\",\"is_charge_refundable\":false,\"livemode\":true,\"metadata\":{},");
    json.put("\"reason\":\"fraudulent\",\"status\":\"").put(status).put("\"}}}");
    json.text
}

/// The event that a payout was paid.
fn payout(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, 900);
    event(&mut json, world, ("evt_3p", batch.number, 0), "payout.paid", batch.at);
    json.put("{\"id\":\"").payout(world, batch.number);
    json.put("\",\"object\":\"payout\",\"amount\":").signed(vendor(world, batch.amount()));
    json.put(",\"application_fee\":null,\"arrival_date\":").signed(batch.arrival_day * DAY);
    json.put(",\"automatic\":true,\"balance_transaction\":\"txn_3p").put(&world.tag);
    json.padded(batch.number, 8).put("\",\"created\":").signed(batch.at - MADE_BEFORE);
    json.put(",\"currency\":\"").currency(world).put("\",\"description\":\"STRIPE PAYOUT\",");
    json.put("\"destination\":\"ba_3").put(&world.tag).put("\",\"failure_code\":null,");
    json.put("\"livemode\":true,\"metadata\":{},\"method\":\"standard\",");
    json.put("\"reconciliation_status\":\"completed\",\"source_type\":\"card\",");
    json.put("\"statement_descriptor\":null,\"status\":\"paid\",\"type\":\"bank_account\"}}}");
    json.text
}

/// What `GET /v1/balance_transactions?payout=…` answers, all pages as one list.
fn payout_items(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, 300 + batch.movements.len() * 430);
    json.put("{\"object\":\"list\",\"url\":\"/v1/balance_transactions?payout=");
    json.payout(world, batch.number).put("\",\"has_more\":false,\"data\":[");
    for (n, m) in batch.movements.iter().enumerate() {
        movement(json.comma(n), world, m);
    }
    json.put("]}");
    json.text
}

fn movement(json: &mut Json<'_>, world: &World, m: &Movement) {
    let (kind, category, source, n, text) = match m.cause {
        Cause::Charge => ("charge", "charge", "ch_3", m.tender, "Order #"),
        Cause::Refund => ("refund", "refund", "re_3", 0, "Refund of order #"),
        Cause::DisputeTaken => ("adjustment", "dispute", "du_3", 0, "Chargeback of order #"),
        Cause::DisputeGivenBack => {
            ("adjustment", "dispute_reversal", "du_3", 0, "Chargeback reversal of order #")
        }
    };
    let (amount, fee) = (vendor(world, m.amount), vendor(world, m.fee));
    json.put("{\"id\":\"").id("txn_3", m.index, m.cause as usize * 2 + m.tender);
    json.put("\",\"object\":\"balance_transaction\",\"amount\":").signed(amount);
    json.put(",\"available_on\":").signed(m.at + DAY).put(",\"created\":").signed(m.at);
    json.put(",\"currency\":\"").currency(world).put("\",\"description\":\"").put(text);
    json.int(1_001 + u64::from(m.index)).put("\",\"exchange_rate\":null,\"fee\":").signed(fee);
    json.put(",\"fee_details\":[");
    if fee != 0 {
        json.put("{\"amount\":").signed(fee).put(",\"application\":null,\"currency\":\"");
        json.currency(world).put("\",\"description\":\"Stripe processing fees\",");
        json.put("\"type\":\"stripe_fee\"}");
    }
    json.put("],\"net\":").signed(amount - fee).put(",\"reporting_category\":\"").put(category);
    json.put("\",\"source\":\"").id(source, m.index, n);
    json.put("\",\"status\":\"available\",\"type\":\"").put(kind).put("\"}");
}

/// An event up to its object; the caller closes three braces.
fn event(json: &mut Json<'_>, world: &World, id: (&str, u64, u64), kind: &str, at: i64) {
    json.put("{\"id\":\"").put(id.0).put(&world.tag).padded(id.1, 10).int(id.2);
    json.put("\",\"object\":\"event\",\"api_version\":\"").put(API_VERSION);
    json.put("\",\"created\":").signed(at).put(",\"livemode\":true,\"pending_webhooks\":1,");
    json.put("\"request\":{\"id\":null,\"idempotency_key\":null},\"type\":\"").put(kind);
    json.put("\",\"data\":{\"object\":");
}

/// An amount in Stripe's own unit.
fn vendor(world: &World, minor: i64) -> i64 {
    world.in_units(minor, kernel::MoneyConvention::Stripe)
}

impl Json<'_> {
    fn id(&mut self, prefix: &str, index: u32, n: usize) -> &mut Self {
        numbered(self, prefix, index, n);
        self
    }

    fn payout(&mut self, world: &World, number: u64) -> &mut Self {
        self.put("po_3").put(&world.tag).padded(number, 8)
    }

    fn currency(&mut self, world: &World) -> &mut Self {
        for letter in world.shape.currency.code().chars() {
            self.text.push(letter.to_ascii_lowercase());
        }
        self
    }
}
