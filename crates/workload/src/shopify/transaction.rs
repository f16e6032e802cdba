//! Payment transactions, as `order_transactions/create` sends them and refunds carry them.

use crate::content::Tender;
use crate::json::Json;
use crate::plan::{Course, Gateway, Plan};
use crate::reference::{Of, reference};

/// Tender `n` of an order: a sale, or an authorisation when nothing was captured.
pub fn payment(json: &mut Json<'_>, plan: &Plan, (n, tender): (usize, Tender), at: i64) {
    let kind = match plan.course {
        Course::Unpaid | Course::Cancelled => "authorization",
        _ => "sale",
    };
    write(json, plan, kind, (n, None), tender, at);
}

/// The end of an authorisation.
pub fn void(json: &mut Json<'_>, plan: &Plan, tender: Tender, at: i64) {
    write(json, plan, "void", (2, Some(0)), tender, at);
}

/// Money that goes back.
pub fn refund(json: &mut Json<'_>, plan: &Plan, tender: Tender, at: i64) {
    write(json, plan, "refund", (3, Some(0)), tender, at);
}

fn write(
    json: &mut Json<'_>,
    plan: &Plan,
    kind: &str,
    (n, parent): (usize, Option<usize>),
    tender: Tender,
    at: i64,
) {
    let id = plan.transaction_id(n);
    json.put("{\"id\":").int(id).put(",\"order_id\":").int(plan.order_id());
    let gateway = json.world.processor(tender.gateway);
    json.put(",\"kind\":\"").put(kind).put("\",\"gateway\":\"").put(gateway);
    json.put("\",\"status\":\"success\",\"message\":null,\"created_at\":").time(at);
    json.put(",\"test\":").flag(plan.course == Course::Test).put(",\"authorization\":");
    let of = match kind {
        "refund" => Of::Refund,
        _ => Of::Payment(parent.unwrap_or(n)),
    };
    match reference(json.world, plan, tender.gateway, of) {
        Some(id) => json.put("\"").put(&id).put("\""),
        None => json.put("null"),
    };
    json.put(",\"location_id\":null,\"user_id\":null,\"parent_id\":");
    match parent {
        Some(parent) => json.int(plan.transaction_id(parent)),
        None => json.put("null"),
    };
    json.put(",\"processed_at\":").time(at).put(",\"device_id\":null,\"error_code\":null,");
    json.put("\"source_name\":\"web\",\"receipt\":");
    if tender.gateway == Gateway::GiftCard {
        json.put("{\"gift_card_id\":").int(560_000_000_000 + u64::from(plan.index));
        json.put(",\"gift_card_last_characters\":\"").padded(u64::from(plan.index) % 10_000, 4);
        json.put("\"}");
    } else {
        json.put("{}");
    }
    json.put(",\"currency_exchange_adjustment\":null,\"amount\":").money(tender.amount);
    let currency = json.world.shape.currency;
    json.put(",\"currency\":\"").put(currency.code());
    json.put("\",\"payment_id\":\"#").int(plan.number()).put(".").int(n as u64 + 1);
    json.put("\",\"manual_payment_gateway\":").flag(tender.gateway == Gateway::Manual);
    json.put(",\"amount_rounding\":null,");
    json.put("\"admin_graphql_api_id\":\"gid://shopify/OrderTransaction/").int(id).put("\"}");
}
