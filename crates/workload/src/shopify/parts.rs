//! Parts that several payloads share: lines and taxes.

use crate::catalogue::Rate;
use crate::content::{Line, Ware};
use crate::json::Json;
use crate::plan::Plan;

/// The tax lines of one thing: `[…]`.
pub fn tax_lines(json: &mut Json<'_>, rates: &[Rate], taxes: &[i64]) {
    json.put("[");
    for (n, ((title, rate), tax)) in rates.iter().zip(taxes).enumerate() {
        json.comma(n).put("{\"title\":\"").put(title).put("\",");
        json.both("price", *tax).put("\"rate\":").rate(*rate);
        json.put(",\"channel_liable\":false}");
    }
    json.put("]");
}

/// One line of the order, as orders and refunds show it.
pub fn line_item(json: &mut Json<'_>, plan: &Plan, n: usize, line: &Line, rates: &[Rate]) {
    let quantity = line.quantity.unsigned_abs();
    json.put("{\"id\":").int(plan.line_id(n));
    json.put(",\"admin_graphql_api_id\":\"gid://shopify/LineItem/").int(plan.line_id(n));
    json.put("\",\"attributed_staffs\":[],\"current_quantity\":").int(quantity);
    json.put(",\"fulfillable_quantity\":").int(quantity);
    json.put(",\"fulfillment_service\":\"manual\",\"fulfillment_status\":null,");
    match line.ware {
        Ware::Product(p) => {
            json.put("\"gift_card\":false,\"grams\":").int(p.grams);
            json.put(",\"name\":\"").put(p.material).put(" ").put(p.noun);
            json.put(" - ").put(p.colour).put("\",\"title\":\"").put(p.material);
            json.put(" ").put(p.noun).put("\",\"variant_title\":\"").put(p.colour);
            json.put("\",\"sku\":\"TT-").padded(p.id, 4);
            json.put("\",\"product_id\":").int(8_100_000_000_000 + p.id);
            json.put(",\"variant_id\":").int(44_100_000_000_000 + p.id);
            json.put(",\"requires_shipping\":true,\"taxable\":true,");
        }
        Ware::GiftCard => {
            json.put("\"gift_card\":true,\"grams\":0,\"name\":\"Gift Card\",");
            json.put("\"title\":\"Gift Card\",\"variant_title\":null,\"sku\":\"GIFT\",");
            json.put("\"product_id\":8100000009999,\"variant_id\":44100000009999,");
            json.put("\"requires_shipping\":false,\"taxable\":false,");
        }
    }
    json.both("price", line.price);
    json.put("\"product_exists\":true,\"properties\":[],\"quantity\":").int(quantity);
    json.put(",\"total_discount\":").money(0).put(",\"total_discount_set\":").set(0);
    json.put(",\"variant_inventory_management\":\"shopify\",\"vendor\":\"Tieout Demo Goods\",");
    json.put("\"tax_lines\":");
    tax_lines(json, if line.is_taxed() { rates } else { &[] }, &line.taxes);
    json.put(",\"duties\":[],\"discount_allocations\":[");
    if line.discount > 0 {
        json.put("{\"amount\":").money(line.discount).put(",\"amount_set\":").set(line.discount);
        json.put(",\"discount_application_index\":0}");
    }
    json.put("]}");
}

/// The buyer's plainly synthetic name as first and last name.
pub fn names(json: &mut Json<'_>, plan: &Plan) {
    json.put("\"first_name\":\"Customer\",\"last_name\":\"").padded(plan.customer(), 6).put("\",");
}
