//! An order in one state, and its refunds.

use crate::catalogue::{Rate, TAXES_MAX};
use crate::content::{Content, Line, SHIPPING, Tender, Ware};
use crate::json::Json;
use crate::plan::{Course, Gateway, Plan, Step, World};
use crate::reference::{Of, reference};
use crate::refund::Refund;
use kernel::Money;

/// How far an order has come.
pub struct State {
    /// When it was changed last, seconds.
    modified: i64,
    is_first: bool,
    step: Step,
}

impl State {
    /// After `step`. Of an old version that is told once more another note was changed.
    pub const fn at(step: Step, plan: &Plan) -> Self {
        let modified = match step {
            Step::Created => plan.placed,
            Step::Stale => plan.placed + 1,
            _ => plan.placed + step.lag(),
        };
        Self { modified, is_first: matches!(step, Step::Created | Step::Stale), step }
    }

    /// When it was paid, seconds.
    fn paid(&self, world: &World, plan: &Plan, tenders: &[Tender]) -> Option<i64> {
        if plan.course == Course::Free {
            return Some(plan.placed);
        }
        let at = plan.placed + plan.paid_step(tenders.len() > 1).lag();
        (plan.is_captured() && at <= self.modified && at < world.calendar.end()).then_some(at)
    }

    const fn is_refunded(&self) -> bool {
        self.step.is_refund() || self.step.is_refund_detail()
    }

    /// When all of it had left, seconds.
    fn completed(&self, world: &World, plan: &Plan, is_paid: bool) -> Option<i64> {
        let at = plan.at(world, Step::Updated)?;
        (is_paid && at <= self.modified).then_some(at)
    }
}

/// `{"order": …, "refunds": […]}`, as a poller hands both over.
pub fn with_refunds(world: &World, plan: &Plan, state: &State) -> String {
    let mut json = Json::new(world, 8_000);
    json.put("{\"order\":").put(&body(world, plan, state)).put(",\"refunds\":[");
    let content = Content::of(world, plan);
    if let Some(back) = Refund::of(world, plan, &content) {
        refund(&mut json, plan, &content, &back);
    }
    json.put("]}");
    json.text
}

/// The order.
pub fn body(world: &World, plan: &Plan, state: &State) -> String {
    let content = Content::version(world, plan, state.is_first);
    let tenders = content.tenders(world, plan);
    let paid = state.paid(world, plan, &tenders);
    let completed = state.completed(world, plan, paid.is_some());
    let mut json = Json::new(world, 2_000 + content.lines.len() * 900);
    json.put("{\"id\":").int(order_id(plan)).put(",\"parent_id\":0,\"number\":\"");
    json.int(plan.number()).put("\",\"order_key\":\"wc_order_").int(order_id(plan));
    json.put("\",\"created_via\":\"checkout\",\"version\":\"9.4.2\",\"status\":\"");
    json.put(status(plan, state, paid.is_some(), completed.is_some()));
    json.put("\",\"currency\":\"").put(world.shape.currency.code());
    json.put("\",\"prices_include_tax\":false,\"customer_note\":\"");
    json.put(if state.step == Step::Stale { "Please ring" } else { "" }).put("\",");
    json.moment("date_created", Some(plan.placed)).moment("date_modified", Some(state.modified));
    json.moment("date_paid", paid).moment("date_completed", completed);
    totals(&mut json, plan, &content, &tenders);
    payment(&mut json, plan, state, &tenders);
    lines(&mut json, plan, &content);
    json.put("\"refunds\":[");
    if let Some(back) = Refund::of(world, plan, &content).filter(|_| state.is_refunded()) {
        json.put("{\"id\":").int(refund_id(plan)).put(",\"reason\":\"\",\"total\":");
        json.money(-back.tender.amount).put("}");
    }
    json.put("]}");
    json.text
}

fn order_id(plan: &Plan) -> u64 {
    20_000 + u64::from(plan.index) * 2
}

fn refund_id(plan: &Plan) -> u64 {
    order_id(plan) + 1
}

fn status(plan: &Plan, state: &State, is_paid: bool, is_completed: bool) -> &'static str {
    match (plan.course, state.step) {
        (Course::Cancelled, Step::Cancelled) => "cancelled",
        (Course::Unpaid | Course::Cancelled, Step::Created | Step::Stale | Step::Edited) => {
            "pending"
        }
        (Course::Unpaid | Course::Cancelled, _) => "on-hold",
        (Course::RefundedWhole, _) if state.is_refunded() => "refunded",
        _ if is_completed => "completed",
        _ if is_paid => "processing",
        _ => "pending",
    }
}

/// What gift cards pay is left out of the total (#57).
fn totals(json: &mut Json<'_>, plan: &Plan, content: &Content, tenders: &[Tender]) {
    let shipping_tax: i64 = content.shipping_taxes.iter().sum();
    let card = tenders.iter().find(|t| t.gateway == Gateway::GiftCard).map_or(0, |t| t.amount);
    json.put("\"discount_total\":")
        .money(content.discount)
        .put(",\"discount_tax\":")
        .money(0)
        .put(",");
    json.put("\"shipping_total\":").money(content.shipping).put(",\"shipping_tax\":");
    json.money(shipping_tax).put(",\"cart_tax\":").money(content.tax - shipping_tax);
    json.put(",\"total\":").money(content.stated - card).put(",\"total_tax\":");
    json.money(content.tax).put(",\"customer_id\":").int(plan.customer());
    json.put(",\"billing\":{\"first_name\":\"Customer\",\"last_name\":\"");
    json.padded(plan.customer(), 6).put("\",\"company\":\"\",\"city\":\"");
    json.put(content.place.city).put("\",\"country\":\"").put(content.place.country_code);
    json.put("\"},\"gift_cards\":[");
    if card > 0 {
        json.put("{\"id\":").int(900 + u64::from(plan.index)).put(",\"code\":\"CARD-");
        json.padded(u64::from(plan.index), 6).put("\",\"amount\":").money(card).put("}");
    }
    json.put("],");
}

fn payment(json: &mut Json<'_>, plan: &Plan, state: &State, tenders: &[Tender]) {
    let world = json.world;
    let charged = tenders.iter().enumerate().find(|(_, t)| t.gateway != Gateway::GiftCard);
    let method = charged.map_or("", |(_, tender)| match world.processor(tender.gateway) {
        "manual" => "",
        "paypal" => "ppcp-gateway",
        other => other,
    });
    // Nothing was tried yet when the order is first told.
    let tried = charged.filter(|_| state.modified > plan.placed + 1 && state.step != Step::Edited);
    let id = tried.and_then(|(n, t)| reference(world, plan, t.gateway, Of::Payment(n)));
    json.put("\"payment_method\":\"").put(method).put("\",\"payment_method_title\":\"Card\",");
    json.put("\"transaction_id\":\"").put(&id.unwrap_or_default()).put("\",\"meta_data\":[");
    if let Some((_, tender)) = charged.filter(|_| state.is_refunded())
        && let Some(id) = reference(world, plan, tender.gateway, Of::Refund)
        && id.starts_with("re_")
    {
        json.put("{\"id\":5,\"key\":\"_stripe_refund_id\",\"value\":\"").put(&id).put("\"}");
    }
    json.put("],");
}

fn lines(json: &mut Json<'_>, plan: &Plan, content: &Content) {
    let rates = content.place.rates;
    json.put("\"line_items\":[");
    for (n, line) in content.lines.iter().enumerate() {
        json.comma(n);
        item(json, plan, n, line, rates);
    }
    json.put("],\"shipping_lines\":[");
    if content.shipping > 0 {
        json.put("{\"id\":").int(line_id(plan, 14)).put(",\"method_title\":\"");
        json.put(SHIPPING[content.shipping_method].0).put("\",\"method_id\":\"flat_rate\",");
        json.put("\"total\":").money(content.shipping).put(",\"total_tax\":");
        json.money(content.shipping_taxes.iter().sum()).put(",\"taxes\":");
        taxes(json, content.shipping_rates(), &content.shipping_taxes, 1);
        json.put(",\"meta_data\":[]}");
    }
    json.put("],\"fee_lines\":[");
    if content.tip > 0 {
        json.put("{\"id\":").int(line_id(plan, 15)).put(",\"name\":\"Tip\",\"total\":");
        json.money(content.tip).put(",\"total_tax\":").money(0);
        json.put(",\"taxes\":[],\"meta_data\":[]}");
    }
    json.put("],\"tax_lines\":[");
    let mut count = 0;
    for (n, (name, rate)) in rates.iter().enumerate() {
        let goods: i64 = content.lines.iter().map(|l| l.taxes[n]).sum();
        let shipping = content.shipping_taxes[n];
        if goods + shipping > 0 {
            json.comma(count).put("{\"id\":").int(n as u64 + 1).put(",\"rate_code\":\"");
            json.put(content.place.country_code).put("-").int(n as u64 + 1);
            json.put("\",\"rate_id\":").int(n as u64 + 1).put(",\"label\":\"").put(name);
            json.put("\",\"compound\":false,\"tax_total\":").money(goods);
            json.put(",\"shipping_tax_total\":").money(shipping).put(",\"rate_percent\":");
            json.rate(*rate * 100).put(",\"meta_data\":[]}");
            count += 1;
        }
    }
    json.put("],\"coupon_lines\":[");
    if let Some(code) = content.code {
        json.put("{\"id\":").int(line_id(plan, 13)).put(",\"code\":\"").put(code.name);
        json.put("\",\"discount\":")
            .money(content.discount)
            .put(",\"discount_tax\":")
            .money(0)
            .put("}");
    }
    json.put("],");
}

fn line_id(plan: &Plan, n: usize) -> u64 {
    60_000 + u64::from(plan.index) * 16 + n as u64
}

fn item(json: &mut Json<'_>, plan: &Plan, n: usize, line: &Line, rates: &[Rate]) {
    json.put("{\"id\":").int(line_id(plan, n));
    ware(json, line);
    json.put(",\"quantity\":").signed(line.quantity).put(",\"subtotal\":").money(line.gross);
    json.put(",\"total\":").money(line.net()).put(",\"total_tax\":").money(line.tax());
    json.put(",\"taxes\":");
    taxes(json, if line.is_taxed() { rates } else { &[] }, &line.taxes, 1);
    json.put(",\"meta_data\":[");
    if !line.is_taxed() {
        json.put("{\"id\":1,\"key\":\"wc_gc_giftcard_amount\",\"value\":").money(line.gross);
        json.put("}");
    }
    json.put("]}");
}

fn ware(json: &mut Json<'_>, line: &Line) {
    match line.ware {
        Ware::Product(p) => {
            json.put(",\"name\":\"").put(p.material).put(" ").put(p.noun).put("\",\"sku\":\"TT-");
            json.padded(p.id, 4).put("\",\"product_id\":").int(p.id);
        }
        Ware::GiftCard => {
            json.put(",\"name\":\"Gift Card\",\"sku\":\"GIFT\",\"product_id\":9999");
        }
    }
}

fn taxes(json: &mut Json<'_>, rates: &[Rate], taxes: &[i64; TAXES_MAX], sign: i64) {
    json.put("[");
    for (n, (_, tax)) in rates.iter().zip(taxes).enumerate() {
        json.comma(n).put("{\"id\":").int(n as u64 + 1).put(",\"total\":");
        json.money(*tax * sign).put("}");
    }
    json.put("]");
}

/// A refund with its lines, whose amounts are negative.
fn refund(json: &mut Json<'_>, plan: &Plan, content: &Content, back: &Refund) {
    let made = plan.refund_step().map_or(plan.placed, |step| plan.placed + step.lag());
    json.put("{\"id\":").int(refund_id(plan)).put(",\"parent_id\":").int(order_id(plan)).put(",");
    json.moment("date_created", Some(made));
    json.put("\"amount\":").money(back.tender.amount);
    json.put(",\"reason\":\"\",\"refunded_by\":1,\"refunded_payment\":true,\"meta_data\":[],");
    json.put("\"line_items\":[");
    for (n, line) in back.lines.iter().enumerate() {
        let of = &content.lines[line.line];
        json.comma(n).put("{\"id\":").int(line_id(plan, n) + 8);
        ware(json, of);
        json.put(",\"quantity\":").signed(-line.quantity).put(",\"subtotal\":").money(-line.net);
        json.put(",\"total\":").money(-line.net).put(",\"total_tax\":").money(-line.tax);
        json.put(",\"taxes\":");
        let rates = if of.is_taxed() { content.place.rates } else { &[] };
        let mut part = [0; TAXES_MAX];
        let shares = Money::new(line.tax, json.world.shape.currency).allocate(&of.taxes);
        for (part, share) in part.iter_mut().zip(shares) {
            *part = share.minor;
        }
        taxes(json, rates, &part, -1);
        json.put(",\"meta_data\":[{\"id\":1,\"key\":\"_refunded_item_id\",\"value\":\"");
        json.int(line_id(plan, line.line)).put("\"}]}");
    }
    json.put("],\"shipping_lines\":[");
    if let Some((net, tax)) = back.shipping {
        json.put("{\"id\":").int(line_id(plan, 12)).put(",\"method_title\":\"");
        json.put(SHIPPING[content.shipping_method].0).put("\",\"total\":").money(-net);
        json.put(",\"total_tax\":").money(-tax).put(",\"taxes\":");
        taxes(json, content.shipping_rates(), &content.shipping_taxes, -1);
        json.put(",\"meta_data\":[{\"id\":1,\"key\":\"_refunded_item_id\",\"value\":\"");
        json.int(line_id(plan, 14)).put("\"}]}");
    }
    json.put("],\"fee_lines\":[],\"tax_lines\":[]}");
}

impl Json<'_> {
    /// A moment by the shop's clock and in UTC, neither of which says so; `null` for none.
    fn moment(&mut self, name: &str, at: Option<i64>) -> &mut Self {
        self.put("\"").put(name).put("\":");
        let Some(at) = at else {
            return self.put("null,\"").put(name).put("_gmt\":null,");
        };
        let mut local = String::new();
        self.world.calendar.write(at, &mut local);
        local.truncate("2026-01-15T08:26:00".len());
        let utc = kernel::Timestamp::from_seconds(at).to_string();
        self.put("\"").put(&local).put("\",\"").put(name).put("_gmt\":\"");
        self.put(utc.trim_end_matches('Z')).put("\",")
    }
}
