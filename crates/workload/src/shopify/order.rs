//! The order itself, as `orders/*` sends it.

use super::parts::{line_item, names, tax_lines};
use crate::content::{Content, SHIPPING};
use crate::draw::{Salt, mix};
use crate::json::Json;
use crate::plan::{Course, Plan, Step, World};

/// In which state an order is shown.
#[derive(Clone, Copy)]
pub struct State {
    /// `updated_at`, seconds.
    updated: i64,
    is_first: bool,
    step: Step,
}

impl State {
    /// As announced.
    pub const fn created(plan: &Plan) -> Self {
        Self { updated: plan.placed, is_first: true, step: Step::Created }
    }

    /// As it stands after `step`.
    pub const fn later(step: Step, at: i64) -> Self {
        Self { updated: at, is_first: false, step }
    }
}

/// The body of the webhook.
pub fn body(world: &World, plan: &Plan, state: State) -> String {
    let content = Content::version(world, plan, state.is_first);
    let mut json = Json::new(world, 3_000 + content.lines.len() * 1_900);
    head(&mut json, world, plan, state, &content);
    totals(&mut json, &content);
    buyer(&mut json, world, plan, &content);
    lines(&mut json, plan, &content);
    shipping(&mut json, plan, &content);
    json.put("}");
    json.text
}

fn head(json: &mut Json<'_>, world: &World, plan: &Plan, state: State, content: &Content) {
    let (id, number) = (plan.order_id(), plan.number());
    let token = plan.draws.number(Salt::Token);
    let currency = world.shape.currency;
    json.put("{\"id\":").int(id).put(",\"admin_graphql_api_id\":\"gid://shopify/Order/").int(id);
    json.put("\",\"app_id\":580111,\"browser_ip\":null,\"buyer_accepts_marketing\":false,");
    if state.step == Step::Cancelled {
        json.put("\"cancel_reason\":\"customer\",\"cancelled_at\":").time(state.updated);
    } else {
        json.put("\"cancel_reason\":null,\"cancelled_at\":null");
    }
    json.put(",\"cart_token\":\"").hex(token).hex(mix(token));
    json.put("\",\"checkout_id\":").int(38_000_000_000_000 + u64::from(plan.index));
    json.put(",\"closed_at\":null,\"confirmation_number\":\"T").padded(number, 8);
    json.put("\",\"confirmed\":true,\"contact_email\":\"").email(plan);
    json.put("\",\"created_at\":").time(plan.placed);
    json.put(",\"currency\":\"").put(currency.code());
    json.put("\",\"customer_locale\":\"en\",\"device_id\":null,\"discount_codes\":[");
    if let Some(code) = content.code {
        json.put("{\"code\":\"").put(code.name).put("\",\"amount\":").money(content.discount);
        json.put(",\"type\":\"").put(if code.basis_points > 0 {
            "percentage"
        } else {
            "fixed_amount"
        });
        json.put("\"}");
    }
    json.put("],\"duties_included\":false,\"email\":\"").email(plan);
    json.put("\",\"estimated_taxes\":false,\"financial_status\":\"");
    json.put(financial_status(plan, state)).put("\",\"fulfillment_status\":");
    json.put(if state.step == Step::Updated { "\"fulfilled\"" } else { "null" });
    json.put(",\"landing_site\":\"/\",\"location_id\":null,\"merchant_of_record_app_id\":null,");
    json.put("\"name\":\"#").int(number).put("\",\"note\":null,\"note_attributes\":[],\"number\":");
    json.int(number - 1_000).put(",\"order_number\":").int(number);
    json.put(",\"original_total_additional_fees_set\":null,\"original_total_duties_set\":null,");
    json.put("\"payment_gateway_names\":[");
    for (n, tender) in content.tenders(world, plan).iter().enumerate() {
        json.comma(n).put("\"").put(world.processor(tender.gateway)).put("\"");
    }
    json.put("],\"payment_terms\":null,\"phone\":null,\"po_number\":null,");
    json.put("\"presentment_currency\":\"").put(currency.code()).put("\",\"processed_at\":");
    json.time(plan.placed).put(",\"referring_site\":\"\",\"source_name\":\"web\",");
    json.put("\"tags\":\"\",\"tax_exempt\":false,\"taxes_included\":").flag(content.is_included);
    json.put(",\"test\":").flag(plan.course == Course::Test).put(",\"token\":\"");
    json.hex(mix(token ^ 1)).hex(mix(token ^ 2)).put("\",\"updated_at\":").time(state.updated);
    json.put(",\"user_id\":null,");
}

const fn financial_status(plan: &Plan, state: State) -> &'static str {
    match (plan.course, state.step) {
        (Course::Cancelled, Step::Cancelled) => "voided",
        (Course::Cancelled | Course::Unpaid, _) => "authorized",
        (Course::Free, _) | (_, Step::Updated) => "paid",
        _ => "pending",
    }
}

fn totals(json: &mut Json<'_>, content: &Content) {
    let gross: i64 = content.lines.iter().map(|l| l.gross).sum();
    json.both("current_total_price", content.stated);
    json.both("subtotal_price", content.subtotal);
    json.put("\"total_cash_rounding_payment_adjustment_set\":").set(0).put(",");
    json.both("total_discounts", content.discount);
    json.both("total_line_items_price", gross);
    json.put("\"total_outstanding\":").money(0).put(",");
    json.both("total_price", content.stated);
    json.put("\"total_shipping_price_set\":").set(content.shipping).put(",");
    json.both("total_tax", content.tax);
    json.put("\"total_tip_received\":").money(content.tip).put(",\"total_weight\":0,");
    json.put("\"discount_applications\":[");
    if let Some(code) = content.code {
        json.put("{\"target_type\":\"line_item\",\"type\":\"discount_code\",\"value\":\"");
        match code.basis_points {
            0 => json.decimal(content.discount).put("\",\"value_type\":\"fixed_amount\""),
            share => json.signed(share / 100).put(".0\",\"value_type\":\"percentage\""),
        };
        json.put(",\"allocation_method\":\"across\",\"target_selection\":\"all\",\"code\":\"");
        json.put(code.name).put("\"}");
    }
    json.put("],\"fulfillments\":[],\"refunds\":[],\"tax_lines\":[");
    let mut count = 0;
    for (n, (title, rate)) in content.place.rates.iter().enumerate() {
        let tax = content.lines.iter().map(|l| l.taxes[n]).sum::<i64>() + content.shipping_taxes[n];
        if tax > 0 {
            json.comma(count).put("{\"title\":\"").put(title).put("\",");
            json.both("price", tax).put("\"rate\":").rate(*rate);
            json.put(",\"channel_liable\":false}");
            count += 1;
        }
    }
    json.put("],");
}

fn buyer(json: &mut Json<'_>, world: &World, plan: &Plan, content: &Content) {
    let customer = plan.customer();
    json.put("\"customer\":{\"id\":").int(7_200_000_000_000 + customer);
    json.put(",\"email\":\"").email(plan).put("\",");
    names(json, plan);
    json.put("\"state\":\"disabled\",\"note\":null,\"verified_email\":true,\"tax_exempt\":false,");
    json.put("\"phone\":null,\"tags\":\"\",\"currency\":\"").put(world.shape.currency.code());
    json.put("\"},\"billing_address\":");
    address(json, plan, content);
    json.put(",\"shipping_address\":");
    address(json, plan, content);
    json.put(",");
}

fn address(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    let place = content.place;
    json.put("{");
    names(json, plan);
    json.put("\"name\":\"Customer ").padded(plan.customer(), 6).put("\",\"address1\":\"");
    json.int(1 + plan.customer() % 400).put(" Example Street\",\"address2\":null,");
    json.put("\"company\":null,\"phone\":null,\"city\":\"").put(place.city);
    json.put("\",\"zip\":\"").put(place.zip).put("\",\"province\":\"").put(place.province);
    json.put("\",\"province_code\":\"").put(place.province_code);
    json.put("\",\"country\":\"").put(place.country).put("\",\"country_code\":\"");
    json.put(place.country_code).put("\"}");
}

fn lines(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    json.put("\"line_items\":[");
    for (n, line) in content.lines.iter().enumerate() {
        json.comma(n);
        line_item(json, plan, n, line, content.place.rates);
    }
    json.put("],");
}

fn shipping(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    json.put("\"shipping_lines\":[");
    shipping_line(json, plan, content);
    json.put("]");
}

/// The one shipping line of an order.
pub fn shipping_line(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    let title = SHIPPING[content.shipping_method].0;
    json.put("{\"id\":").int(plan.line_id(15)).put(",\"carrier_identifier\":null,\"code\":\"");
    json.put(title).put("\",").both("discounted_price", content.shipping);
    json.put("\"is_removed\":false,\"phone\":null,").both("price", content.shipping);
    json.put("\"requested_fulfillment_service_id\":null,\"source\":\"shopify\",\"title\":\"");
    json.put(title).put("\",\"tax_lines\":");
    tax_lines(json, content.shipping_rates(), &content.shipping_taxes);
    json.put(",\"discount_allocations\":[]}");
}

impl Json<'_> {
    fn email(&mut self, plan: &Plan) -> &mut Self {
        self.put("customer").padded(plan.customer(), 6).put("@example.com")
    }
}
