//! Products, taxes, transactions and refunds of an order.

use super::order::State;
use crate::content::{Content, Tender, Ware};
use crate::json::Json;
use crate::plan::{Course, Gateway, Plan, Step};
use crate::reference::{Of, reference};
use crate::refund::Refund;

pub fn order_id(plan: &Plan) -> u64 {
    3_000 + u64::from(plan.index)
}

fn line_id(plan: &Plan, n: usize) -> u64 {
    400_000 + u64::from(plan.index) * 16 + n as u64
}

/// `,"products":[…]`.
pub fn products(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    json.put(",\"products\":[");
    for (n, line) in content.lines.iter().enumerate() {
        json.comma(n).put("{\"id\":").int(line_id(plan, n)).put(",\"order_id\":");
        json.int(order_id(plan));
        match line.ware {
            Ware::Product(p) => {
                json.put(",\"name\":\"").put(p.material).put(" ").put(p.noun);
                json.put("\",\"sku\":\"TT-").padded(p.id, 4).put("\",\"type\":\"physical\"");
            }
            Ware::GiftCard => {
                json.put(",\"name\":\"Gift Certificate\",\"sku\":\"GIFT\"");
                json.put(",\"type\":\"giftcertificate\"");
            }
        }
        json.put(",\"quantity\":").signed(line.quantity).put(",");
        json.four("price_ex_tax", line.price).four("total_ex_tax", line.gross);
        json.four("total_inc_tax", line.gross + line.tax()).four("wrapping_cost_ex_tax", 0);
        json.put("\"applied_discounts\":[");
        if line.discount > 0 {
            json.put("{\"id\":\"coupon\",").four("amount", line.discount);
            json.put("\"name\":\"Coupon\"}");
        }
        json.put("]}");
    }
    json.put("]");
}

/// `,"taxes":[…]`: one per rate and line.
pub fn taxes(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    json.put(",\"taxes\":[");
    let mut count = 0;
    for (n, (name, rate)) in content.place.rates.iter().enumerate() {
        let goods = content.lines.iter().enumerate();
        let goods = goods.map(|(at, line)| (line_id(plan, at), "item", line.taxes[n]));
        let shipping = (line_id(plan, 15), "shipping", content.shipping_taxes[n]);
        for (line, kind, tax) in goods.chain([shipping]).filter(|(.., tax)| *tax > 0) {
            json.comma(count).put("{\"id\":").int(count as u64 + 1).put(",\"order_id\":");
            json.int(order_id(plan)).put(",\"tax_rate_id\":").int(n as u64 + 1);
            json.put(",\"name\":\"").put(name).put("\",\"rate\":\"").rate(*rate * 100);
            json.put("\",").four("priority_amount", tax).four("line_amount", tax);
            json.put("\"order_product_id\":");
            if kind == "item" {
                json.int(line)
            } else {
                json.put("null")
            };
            json.put(",\"line_item_type\":\"").put(kind).put("\"}");
            count += 1;
        }
    }
    json.put("]");
}

/// `,"transactions":[…]`.
pub fn transactions(json: &mut Json<'_>, plan: &Plan, state: &State, tenders: &[Tender]) {
    json.put(",\"transactions\":[");
    let charged = tenders.iter().enumerate().find(|(_, t)| t.gateway != Gateway::GiftCard);
    if let Some((n, tender)) = charged.filter(|_| state.is_captured || state.is_authorised) {
        let at = plan.placed + plan.paid_step(tenders.len() > 1).lag();
        let event = if state.is_captured { "purchase" } else { "authorization" };
        transaction(json, plan, (0, event, Of::Payment(n)), *tender, at);
        if state.step == Step::Voided && plan.course == Course::Cancelled {
            json.put(",");
            transaction(json, plan, (1, "void", Of::Payment(n)), *tender, state.modified);
        }
        if state.is_returned
            && let Some(step) = plan.refund_step()
            && let Some(back) = Refund::of(json.world, plan, &Content::of(json.world, plan))
        {
            json.put(",");
            let at = plan.placed + step.lag();
            transaction(json, plan, (2, "refund", Of::Refund), back.tender, at);
        }
    }
    json.put("]");
}

fn transaction(
    json: &mut Json<'_>,
    plan: &Plan,
    (n, event, of): (u64, &str, Of),
    tender: Tender,
    at: i64,
) {
    let world = json.world;
    let id = 500_000 + u64::from(plan.index) * 4;
    json.put("{\"id\":").int(id + n).put(",\"order_id\":\"").int(order_id(plan));
    json.put("\",\"event\":\"").put(event).put("\",\"method\":\"credit_card\",\"amount\":");
    json.decimal(tender.amount).put(",\"currency\":\"").put(world.shape.currency.code());
    json.put("\",\"gateway\":\"").put(world.processor(tender.gateway));
    json.put("\",\"gateway_transaction_id\":");
    match reference(world, plan, tender.gateway, of) {
        Some(id) => json.put("\"").put(&id).put("\""),
        None => json.put("null"),
    };
    json.put(",\"reference_transaction_id\":");
    if n == 0 {
        json.put("null")
    } else {
        json.int(id)
    };
    json.put(",\"status\":\"ok\",\"test\":false,\"date_created\":\"");
    json.put(&kernel::Timestamp::from_seconds(at).to_string()).put("\"}");
}

/// A refund. Its tax is stated as a sum.
pub fn refund(json: &mut Json<'_>, plan: &Plan, back: &Refund) {
    let made = plan.refund_step().map_or(plan.placed, |step| plan.placed + step.lag());
    let tax = back.lines.iter().map(|l| l.tax).chain(back.shipping.map(|(_, tax)| tax)).sum();
    json.put("{\"id\":").int(700_000 + u64::from(plan.index)).put(",\"order_id\":");
    json.int(order_id(plan)).put(",\"user_id\":1,\"created\":\"");
    json.put(&kernel::Timestamp::from_seconds(made).to_string());
    json.put("\",\"reason\":\"\",\"total_amount\":").decimal(back.tender.amount);
    json.put(",\"total_tax\":").decimal(tax).put(",\"items\":[");
    for (n, line) in back.lines.iter().enumerate() {
        json.comma(n).put("{\"item_type\":\"PRODUCT\",\"item_id\":");
        json.int(line_id(plan, line.line)).put(",\"reason\":\"\",\"quantity\":");
        json.signed(line.quantity).put(",\"requested_amount\":null}");
    }
    if let Some((net, _)) = back.shipping {
        json.comma(back.lines.len()).put("{\"item_type\":\"SHIPPING\",\"item_id\":61,");
        json.put("\"reason\":\"\",\"quantity\":null,\"requested_amount\":").decimal(net).put("}");
    }
    json.put("],\"payments\":[{\"id\":1,\"provider_id\":\"");
    json.put(json.world.processor(back.tender.gateway)).put("\",\"amount\":");
    json.decimal(back.tender.amount).put(",\"offline\":false,\"is_declined\":false,");
    json.put("\"declined_message\":\"\"}]}");
}
