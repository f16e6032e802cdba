//! Refunds, as `refunds/create` sends them.

use super::order::shipping_line;
use super::parts::line_item;
use super::transaction;
use crate::content::Content;
use crate::json::Json;
use crate::plan::{Plan, World};
use crate::refund::Refund;

/// The body of the webhook.
pub fn body(world: &World, plan: &Plan, content: &Content, refund: &Refund, at: i64) -> String {
    let id = plan.refund_id();
    let mut json = Json::new(world, 1_800 + refund.lines.len() * 2_300);
    json.put("{\"id\":").int(id).put(",\"order_id\":").int(plan.order_id());
    json.put(",\"created_at\":").time(at).put(",\"note\":null,\"user_id\":null,\"processed_at\":");
    json.time(at).put(",\"duties\":[],\"total_duties_set\":").set(0);
    json.put(",\"return\":null,\"restock\":true,\"additional_fees\":[],");
    json.put("\"total_additional_fees_set\":").set(0);
    json.put(",\"admin_graphql_api_id\":\"gid://shopify/Refund/").int(id);
    json.put("\",\"order_adjustments\":[],\"refund_line_items\":[");
    for (n, line) in refund.lines.iter().enumerate() {
        json.comma(n).put("{\"id\":").int(640_000_000_000 + u64::from(plan.index) * 16 + n as u64);
        json.put(",\"quantity\":").signed(line.quantity);
        json.put(",\"line_item_id\":").int(plan.line_id(line.line));
        json.put(",\"location_id\":null,\"restock_type\":\"return\",\"subtotal\":");
        json.decimal(line.net).put(",\"total_tax\":").decimal(line.tax);
        json.put(",\"subtotal_set\":").set(line.net).put(",\"total_tax_set\":").set(line.tax);
        json.put(",\"line_item\":");
        line_item(&mut json, plan, line.line, &content.lines[line.line], content.place.rates);
        json.put("}");
    }
    json.put("],\"refund_shipping_lines\":[");
    if let Some((net, _)) = refund.shipping {
        json.put("{\"id\":").int(650_000_000_000 + u64::from(plan.index));
        json.put(",\"subtotal_amount_set\":").set(net).put(",\"shipping_line\":");
        shipping_line(&mut json, plan, content);
        json.put("}");
    }
    json.put("],\"transactions\":[");
    transaction::refund(&mut json, plan, refund.tender, at);
    json.put("]}");
    json.text
}
