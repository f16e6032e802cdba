//! An order in one state with its parts.

use super::parts;
use crate::content::{Content, Tender};
use crate::json::Json;
use crate::plan::{Course, Gateway, Plan, Step, World};
use crate::refund::Refund;

/// How far an order has come.
pub struct State {
    /// When it was changed last, seconds.
    pub modified: i64,
    pub step: Step,
    pub is_captured: bool,
    pub is_authorised: bool,
    pub is_shipped: bool,
    /// It has a refund.
    pub is_refunded: bool,
    /// The refund's money went back.
    pub is_returned: bool,
}

impl State {
    /// After `step`. Of an old version that is told once more another note was changed.
    fn at(world: &World, plan: &Plan, step: Step, tenders: &[Tender]) -> Self {
        let modified = match step {
            Step::Created => plan.placed,
            Step::Stale => plan.placed + 1,
            _ => plan.placed + step.lag(),
        };
        let happened = |step: Step| plan.placed + step.lag() <= modified;
        let is_paid = happened(plan.paid_step(tenders.len() > 1)) && plan.course != Course::Free;
        let is_refunded = plan.refund_step().is_some_and(happened);
        // Where its money follows after the month, it comes with the refund.
        let detail = plan.refund_step().and_then(Step::detail);
        let is_returned = detail.is_none_or(|s| happened(s) || plan.at(world, s).is_none());
        Self {
            modified,
            step,
            is_captured: is_paid && plan.is_captured(),
            is_authorised: is_paid && !plan.is_captured(),
            is_shipped: is_paid && plan.is_updated && happened(Step::Updated),
            is_refunded,
            is_returned: is_refunded && is_returned,
        }
    }

    /// Number and name of the state.
    const fn status(&self, course: Course) -> (u64, &'static str) {
        match (course, self.step) {
            (Course::Cancelled, Step::Cancelled | Step::Voided) => (5, "Cancelled"),
            // What is only authorised awaits payment.
            (Course::Unpaid | Course::Cancelled, _) if self.is_authorised => {
                (7, "Awaiting Payment")
            }
            (Course::RefundedWhole, _) if self.is_refunded => (4, "Refunded"),
            (Course::RefundedPart, _) if self.is_refunded => (14, "Partially Refunded"),
            _ if self.is_shipped => (2, "Shipped"),
            (Course::Free, _) => (11, "Awaiting Fulfillment"),
            _ if self.is_captured => (11, "Awaiting Fulfillment"),
            _ => (1, "Pending"),
        }
    }

    fn payment_status(&self, course: Course) -> &'static str {
        match course {
            Course::RefundedWhole if self.is_returned => "refunded",
            Course::RefundedPart if self.is_returned => "partially refunded",
            Course::Cancelled if self.step == Step::Voided => "void",
            Course::Free => "paid",
            _ if self.is_captured => "captured",
            _ if self.is_authorised => "authorized",
            _ => "",
        }
    }
}

/// The order as its parts are read together.
pub fn body(world: &World, plan: &Plan, step: Step) -> String {
    let content = Content::version(world, plan, matches!(step, Step::Created | Step::Stale));
    let tenders = content.tenders(world, plan);
    let state = State::at(world, plan, step, &tenders);
    let mut json = Json::new(world, 3_500 + content.lines.len() * 900);
    json.put("{\"order\":");
    order(&mut json, plan, &state, &content, &tenders);
    parts::products(&mut json, plan, &content);
    parts::taxes(&mut json, plan, &content);
    json.put(",\"coupons\":[");
    if let Some(code) = content.code {
        json.put("{\"id\":1,\"code\":\"").put(code.name).put("\",\"discount\":");
        json.money(content.discount).put("}");
    }
    json.put("],\"shipments\":[]");
    parts::transactions(&mut json, plan, &state, &tenders);
    json.put(",\"refunds\":[");
    if let Some(back) = Refund::of(world, plan, &content).filter(|_| state.is_refunded) {
        parts::refund(&mut json, plan, &back);
    }
    json.put("]}");
    json.text
}

fn order(json: &mut Json<'_>, plan: &Plan, state: &State, content: &Content, tenders: &[Tender]) {
    let (status_id, status) = state.status(plan.course);
    json.put("{\"id\":").int(parts::order_id(plan)).put(",\"customer_id\":").int(plan.customer());
    json.put(",\"date_created\":").rfc2822(plan.placed).put(",\"date_modified\":");
    json.rfc2822(state.modified).put(",\"date_shipped\":");
    if state.is_shipped {
        json.rfc2822(plan.placed + Step::Updated.lag());
    } else {
        json.put("\"\"");
    }
    json.put(",\"status_id\":").int(status_id).put(",\"status\":\"").put(status).put("\",");
    json.put("\"staff_notes\":\"").put(if state.step == Step::Stale { "rang" } else { "" });
    json.put("\",\"items_shipped\":0,");
    amounts(json, content, tenders);
    let charged = tenders.iter().find(|t| t.gateway != Gateway::GiftCard);
    let method = match charged.map(|t| t.gateway) {
        None => "",
        Some(Gateway::Manual) => "Manual",
        Some(Gateway::Own) => "Cash",
        Some(_) => "Credit Card",
    };
    json.put("\"payment_method\":\"").put(method).put("\",\"payment_provider_id\":\"\",");
    json.put("\"payment_status\":\"").put(state.payment_status(plan.course)).put("\",");
    let currency = json.world.shape.currency.code();
    json.put("\"currency_code\":\"").put(currency);
    json.put("\",\"currency_exchange_rate\":\"1.0000000000\",\"default_currency_code\":\"");
    json.put(currency).put("\",\"is_deleted\":false,");
    json.put("\"billing_address\":{\"first_name\":\"Customer\",\"last_name\":\"");
    json.padded(plan.customer(), 6).put("\",\"company\":\"\",\"country_iso2\":\"");
    json.put(content.place.country_code).put("\"},\"order_source\":\"www\",\"channel_id\":1,");
    json.put("\"external_id\":null,\"fees\":[");
    if content.tip > 0 {
        json.put("{\"id\":9,\"type\":\"custom_fee\",\"display_name_customer\":\"Tip\",");
        json.four("cost_ex_tax", content.tip).four("cost_inc_tax", content.tip);
        json.put("\"cost_tax\":\"0.0000\"}");
    }
    json.put("]}");
}

/// The total is what gift certificates leave to pay.
fn amounts(json: &mut Json<'_>, content: &Content, tenders: &[Tender]) {
    let shipping_tax: i64 = content.shipping_taxes.iter().sum();
    let goods: i64 = content.lines.iter().map(|l| l.gross).sum();
    let goods_tax = content.tax - shipping_tax;
    let card = tenders.iter().find(|t| t.gateway == Gateway::GiftCard).map_or(0, |t| t.amount);
    let total = content.stated - card;
    json.four("subtotal_ex_tax", goods).four("subtotal_inc_tax", goods + goods_tax);
    json.four("subtotal_tax", goods_tax).four("shipping_cost_ex_tax", content.shipping);
    json.four("shipping_cost_inc_tax", content.shipping + shipping_tax);
    json.four("shipping_cost_tax", shipping_tax).four("handling_cost_ex_tax", 0);
    json.four("handling_cost_inc_tax", 0).four("wrapping_cost_ex_tax", 0);
    json.four("wrapping_cost_inc_tax", 0).four("total_ex_tax", total - content.tax);
    json.four("total_inc_tax", total).four("total_tax", content.tax);
    json.four("store_credit_amount", 0).four("gift_certificate_amount", card);
    json.four("discount_amount", 0).four("coupon_discount", content.discount);
}

impl Json<'_> {
    /// `"name":"10.5000",`, as V2 writes amounts.
    pub fn four(&mut self, name: &str, minor: i64) -> &mut Self {
        let digits = 4_u32.saturating_sub(self.world.exponent);
        self.put("\"").put(name).put("\":\"").decimal(minor);
        if self.world.exponent == 0 {
            self.put(".");
        }
        for _ in 0..digits {
            self.put("0");
        }
        self.put("\",")
    }

    /// A moment as V2 writes it, in quotes.
    fn rfc2822(&mut self, at: i64) -> &mut Self {
        let utc = kernel::Timestamp::from_seconds(at).to_string();
        let (date, clock) = utc.split_once('T').unwrap_or((&utc, ""));
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        let month = month.and_then(|m| m.parse::<usize>().ok()).unwrap_or(1);
        let weekday = usize::try_from(at.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
        self.put("\"").put(DAYS[weekday]).put(", ").put(day.unwrap_or_default()).put(" ");
        self.put(MONTHS[month - 1]).put(" ").put(year.unwrap_or_default()).put(" ");
        self.put(clock.trim_end_matches('Z')).put(" +0000\"")
    }
}

/// Days of the week, from that of 1970-01-01 on.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
