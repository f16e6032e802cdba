//! Payments, refunds, disputes, payouts and their entries.

use super::order_id;
use crate::content::{Content, Tender};
use crate::json::Json;
use crate::letter::Sending;
use crate::payout::{Batch, Cause, Movement};
use crate::plan::{DisputeEnd, Gateway, Plan, Step, World};
use crate::reference::{Of, numbered, reference};
use crate::refund::Refund;

/// The event of `step`. What the processor tells once more is the same object, changed later.
pub fn event(world: &World, plan: &Plan, step: Step, sending: &Sending<'_>) -> String {
    let mut json = Json::new(world, 1_200);
    match step {
        Step::DisputeOpened | Step::DisputeClosed => dispute(&mut json, plan, step, sending),
        _ if step.told().unwrap_or(step).is_refund() => refund(&mut json, plan, step, sending),
        _ => payment(&mut json, plan, step, sending),
    }
    json.text
}

/// Which tender of the order a step is about.
fn tender(world: &World, plan: &Plan, step: Step) -> (usize, Tender) {
    let tenders = Content::of(world, plan).tenders(world, plan);
    let n = match step.told().unwrap_or(step) {
        Step::PaidSecond | Step::PaidSecondEdited => 1,
        _ => 0,
    };
    (n, tenders[n])
}

/// Payment `n` as it stands after `step`: its fee is told some seconds later.
fn payment(json: &mut Json<'_>, plan: &Plan, step: Step, sending: &Sending<'_>) {
    let world = json.world;
    let (n, tender) = tender(world, plan, step);
    let paid = plan.paid_step(n == 1);
    let (at, updated) = (plan.placed + paid.lag(), plan.placed + step.lag());
    let status = match step.told().unwrap_or(step) {
        Step::Voided => "CANCELED",
        _ if plan.is_captured() => "COMPLETED",
        _ => "APPROVED",
    };
    let kind = if step == paid { "payment.created" } else { "payment.updated" };
    let id = payment_id(world, plan, n);
    json.event((kind, "payment", &id), sending).put("{\"id\":\"").put(&id);
    json.put("\",\"status\":\"").put(status).put("\",\"source_type\":\"");
    let details = match tender.gateway {
        Gateway::Own | Gateway::Other => "CASH\",",
        Gateway::Manual => "EXTERNAL\",\"external_details\":{\"type\":\"OTHER\"},",
        Gateway::GiftCard => {
            "CARD\",\"card_details\":{\"card\":{\"card_brand\":\"SQUARE_GIFT_CARD\"}},"
        }
        Gateway::Processor | Gateway::Bogus => {
            "CARD\",\"card_details\":{\"card\":{\"card_brand\":\"VISA\",\"last_4\":\"1111\"}},"
        }
    };
    json.put(details).units("amount_money", tender.amount).units("total_money", tender.amount);
    json.put("\"processing_fee\":[");
    let moved = step.told().and_then(|told| Movement::of(world, at, plan.index, told));
    if let Some(movement) = moved {
        json.put("{\"type\":\"INITIAL\",").instant("effective_at", at + 7_200);
        json.units("amount_money", movement.fee).put("\"app_id\":\"\"}");
    }
    json.put("],\"order_id\":\"").put(&order_id(plan)).put("\",\"location_id\":\"LMAIN\",");
    json.instant("created_at", at).instant("updated_at", updated);
    json.put("\"version_token\":\"v\"}}}}");
}

fn payment_id(world: &World, plan: &Plan, n: usize) -> String {
    let mut json = Json::new(world, 24);
    numbered(&mut json, "SQP", plan.index, n);
    json.text
}

fn refund(json: &mut Json<'_>, plan: &Plan, step: Step, sending: &Sending<'_>) {
    let world = json.world;
    let content = Content::of(world, plan);
    let back = Refund::of(world, plan, &content).expect("what is refunded was paid");
    let made = plan.placed + step.told().unwrap_or(step).lag();
    let id = reference(world, plan, Gateway::Processor, Of::Refund).unwrap_or_default();
    let kind = if step.told().is_some() { "refund.updated" } else { "refund.created" };
    json.event((kind, "refund", &id), sending).put("{\"id\":\"").put(&id);
    json.put("\",\"status\":\"COMPLETED\",\"destination_type\":\"");
    json.put(match back.tender.gateway {
        Gateway::Own | Gateway::Other => "CASH",
        Gateway::Manual => "EXTERNAL",
        Gateway::GiftCard | Gateway::Processor | Gateway::Bogus => "CARD",
    });
    json.put("\",\"payment_id\":\"");
    json.put(&payment_id(world, plan, 0)).put("\",\"order_id\":\"").put(&order_id(plan));
    json.put("R\",\"location_id\":\"LMAIN\",").units("amount_money", back.tender.amount);
    json.instant("created_at", made).instant("updated_at", plan.placed + step.lag());
    json.put("\"reason\":\"\"}}}}");
}

fn dispute(json: &mut Json<'_>, plan: &Plan, step: Step, sending: &Sending<'_>) {
    let world = json.world;
    let (n, tender) = plan.by_processor(world).expect("what is disputed was paid");
    let id = |of| reference(world, plan, Gateway::Processor, of).unwrap_or_default();
    let (kind, state) = match (step, plan.dispute_end()) {
        (Step::DisputeClosed, DisputeEnd::Won) => ("dispute.state.updated", "WON"),
        (Step::DisputeClosed, _) => ("dispute.state.updated", "LOST"),
        _ => ("dispute.created", "EVIDENCE_REQUIRED"),
    };
    let own = id(Of::Dispute);
    json.event((kind, "dispute", &own), sending).put("{\"id\":\"").put(&own);
    json.put("\",\"state\":\"").put(state).put("\",\"reason\":\"NO_KNOWLEDGE\",");
    json.units("amount_money", tender.amount).put("\"disputed_payment\":{\"payment_id\":\"");
    json.put(&id(Of::Payment(n))).put("\"},\"card_brand\":\"VISA\",");
    json.instant("created_at", plan.placed + Step::DisputeOpened.lag());
    json.instant("updated_at", plan.placed + step.lag()).put("\"location_id\":\"LMAIN\"}}}}");
}

/// The event that a payout reached the bank.
pub fn payout(world: &World, batch: &Batch, sending: &Sending<'_>) -> String {
    let mut json = Json::new(world, 800);
    let id = payout_id(world, batch);
    json.event(("payout.paid", "payout", &id), sending).put("{\"id\":\"").put(&id);
    json.put("\",\"status\":\"PAID\",\"type\":\"BATCH\",\"location_id\":\"LMAIN\",");
    json.units("amount_money", batch.amount()).instant("created_at", batch.at);
    json.put("\"arrival_date\":\"").put(&day(batch.arrival_day));
    json.put("\",\"destination\":{\"type\":\"BANK_ACCOUNT\",\"id\":\"bact:").put(&world.tag);
    json.put("\"},\"version\":2}}}}");
    json.text
}

fn payout_id(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, 24);
    json.put("po_").put(&world.tag).padded(batch.number, 8);
    json.text
}

fn day(days: i64) -> String {
    kernel::BusinessDate::from_days(i32::try_from(days).unwrap_or(i32::MAX)).to_string()
}

/// What `GET /v2/payouts/{id}/payout-entries` answers, all pages as one list.
pub fn entries(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, 100 + batch.movements.len() * 420);
    let payout = payout_id(world, batch);
    json.put("{\"payout_entries\":[");
    for (n, m) in batch.movements.iter().enumerate() {
        let plan = Plan::of(world, m.index);
        let id = |of| reference(world, &plan, Gateway::Processor, of).unwrap_or_default();
        let (kind, details, name, own) = match m.cause {
            Cause::Charge => ("CHARGE", "charge", "payment_id", id(Of::Payment(m.tender))),
            Cause::Refund => ("REFUND", "refund", "refund_id", id(Of::Refund)),
            Cause::DisputeTaken | Cause::DisputeGivenBack => {
                ("DISPUTE", "dispute", "dispute_id", id(Of::Dispute))
            }
        };
        json.comma(n).put("{\"id\":\"");
        numbered(&mut json, "poe_", m.index, m.cause as usize * 2 + m.tender);
        json.put("\",\"payout_id\":\"").put(&payout).put("\",");
        json.instant("effective_at", m.at).put("\"type\":\"").put(kind).put("\",");
        json.units("gross_amount_money", m.amount).units("fee_amount_money", m.fee);
        json.units("net_amount_money", m.amount - m.fee).put("\"type_").put(details);
        json.put("_details\":{\"").put(name).put("\":\"").put(&own).put("\"}}");
    }
    json.put("]}");
    json.text
}
