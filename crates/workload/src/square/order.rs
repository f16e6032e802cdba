//! An order in one state, and the order that takes its goods back.

use super::order_id;
use crate::catalogue::TAXES_MAX;
use crate::content::{Content, Line, SHIPPING, Ware};
use crate::json::Json;
use crate::plan::{Course, Plan, Step, World};
use crate::reference::numbered;
use crate::refund::{Refund, Returned};
use kernel::Money;

/// `{"order":{…}}` after `step`. Of an old version that is told once more another note was changed.
pub fn body(world: &World, plan: &Plan, step: Step) -> String {
    let is_first = matches!(step, Step::Created | Step::Stale);
    let content = Content::version(world, plan, is_first);
    let updated = match step {
        Step::Created => plan.placed,
        Step::Stale => plan.placed + 1,
        _ => plan.placed + step.lag(),
    };
    let is_sent = step == Step::Updated && (plan.is_captured() || plan.course == Course::Free);
    let state = match step {
        Step::Cancelled => "CANCELED",
        _ if is_sent => "COMPLETED",
        _ => "OPEN",
    };
    let mut json = Json::new(world, 2_500 + content.lines.len() * 900);
    json.put("{\"order\":{\"id\":\"").put(&order_id(plan)).put("\",\"location_id\":\"LMAIN\",");
    json.put("\"state\":\"").put(state).put("\",\"customer_id\":\"");
    json.padded(plan.customer(), 6).put("\",\"reference_id\":\"");
    json.put(if step == Step::Stale { "rang" } else { "" }).put("\",");
    json.instant("created_at", plan.placed).instant("updated_at", updated);
    if state != "OPEN" {
        json.instant("closed_at", updated);
    }
    json.put("\"line_items\":[");
    for (n, line) in content.lines.iter().enumerate() {
        json.comma(n);
        let amounts = (line.quantity, line.discount, line.net(), line.tax());
        json.line(&content, n, amounts, &line.taxes);
    }
    json.put("],\"service_charges\":[");
    if content.shipping > 0 {
        json.shipping(&content, content.shipping, &content.shipping_taxes);
    }
    json.put("],\"taxes\":[").taxes(&content, &sums(&content)).put("],");
    json.units("total_discount_money", content.discount).units("total_tip_money", content.tip);
    json.units("total_tax_money", content.tax).units("total_money", content.stated);
    json.put("\"fulfillments\":[{\"uid\":\"f1\",\"type\":\"SHIPMENT\",\"state\":\"");
    if is_sent {
        let sent = super::stamp(updated);
        json.put("COMPLETED\",\"shipment_details\":{\"shipped_at\":\"").put(&sent).put("\"}");
    } else {
        json.put(if state == "OPEN" { "PROPOSED\"" } else { "CANCELED\"" });
    }
    json.put("}]}}");
    json.text
}

/// `{"order":{…}}` that takes goods back and says by which refund they were paid for.
pub fn returned(world: &World, plan: &Plan, step: Step) -> String {
    let content = Content::of(world, plan);
    let back = Refund::of(world, plan, &content).expect("what is refunded was paid");
    let made = plan.placed + plan.refund_step().unwrap_or(step).lag();
    let mut json = Json::new(world, 1_500 + back.lines.len() * 700);
    json.put("{\"order\":{\"id\":\"").put(&order_id(plan)).put("R\",\"location_id\":\"LMAIN\",");
    json.put("\"state\":\"COMPLETED\",").instant("created_at", made);
    json.instant("updated_at", plan.placed + step.lag()).units("total_money", 0);
    json.put("\"returns\":[{\"uid\":\"r1\",\"source_order_id\":\"").put(&order_id(plan));
    json.put("\",\"return_line_items\":[");
    let mut taxes = [0; TAXES_MAX];
    for (n, line) in back.lines.iter().enumerate() {
        let (discount, shares) = given_back(world, &content.lines[line.line], line);
        json.comma(n);
        json.line(&content, line.line, (line.quantity, discount, line.net, line.tax), &shares);
        add(&mut taxes, &shares);
    }
    json.put("],\"return_service_charges\":[");
    if let Some((net, _)) = back.shipping {
        json.shipping(&content, net, &content.shipping_taxes);
        add(&mut taxes, &content.shipping_taxes);
    }
    json.put("],\"return_taxes\":[").taxes(&content, &taxes).put("]}],\"refunds\":[{\"id\":\"");
    numbered(&mut json, "SQR", plan.index, 0);
    json.put("\",\"tender_id\":\"");
    numbered(&mut json, "SQP", plan.index, 0);
    json.put("\",\"status\":\"APPROVED\",").instant("created_at", made);
    json.units("amount_money", back.tender.amount).put("\"reason\":\"\"}]}}");
    json.text
}

/// The discount on what comes back of a line, and its taxes.
fn given_back(world: &World, of: &Line, back: &Returned) -> (i64, [i64; TAXES_MAX]) {
    let mut shares = [0; TAXES_MAX];
    let parts = Money::new(back.tax, world.shape.currency).allocate(&of.taxes);
    for (share, part) in shares.iter_mut().zip(parts) {
        *share = part.minor;
    }
    (of.price * back.quantity - back.net, shares)
}

fn add(sums: &mut [i64; TAXES_MAX], taxes: &[i64; TAXES_MAX]) {
    for (sum, tax) in sums.iter_mut().zip(taxes) {
        *sum += tax;
    }
}

/// The taxes of an order by their rates.
fn sums(content: &Content) -> [i64; TAXES_MAX] {
    let mut sums = content.shipping_taxes;
    for line in &content.lines {
        add(&mut sums, &line.taxes);
    }
    sums
}

impl Json<'_> {
    /// Line `n`, or what comes back of it: quantity, discount, what is left of the price, its tax.
    fn line(
        &mut self,
        content: &Content,
        n: usize,
        (quantity, discount, net, tax): (i64, i64, i64, i64),
        taxes: &[i64; TAXES_MAX],
    ) {
        let line = &content.lines[n];
        self.put("{\"uid\":\"l").int(n as u64 + 1).put("\",");
        match line.ware {
            Ware::Product(p) => {
                self.put("\"name\":\"").put(p.material).put(" ").put(p.noun);
                self.put("\",\"variation_name\":\"").put(p.colour);
                self.put("\",\"catalog_object_id\":\"TT-").padded(p.id, 4);
                self.put("\",\"item_type\":\"ITEM\",");
            }
            Ware::GiftCard => {
                self.put("\"name\":\"eGift Card\",\"item_type\":\"GIFT_CARD\",");
            }
        }
        self.put("\"quantity\":\"").signed(quantity).put("\",");
        self.units("base_price_money", line.price).units("total_discount_money", discount);
        self.units("total_tax_money", tax);
        self.units("total_money", net + if content.is_included { 0 } else { tax });
        self.applied(content, taxes);
    }

    /// What the shipment of `net` costs, as a surcharge.
    fn shipping(&mut self, content: &Content, net: i64, taxes: &[i64; TAXES_MAX]) {
        let tax: i64 = taxes.iter().sum();
        self.put("{\"uid\":\"shipping\",\"name\":\"").put(SHIPPING[content.shipping_method].0);
        self.put("\",\"type\":\"CUSTOM\",").units("applied_money", net);
        self.units("total_tax_money", tax);
        self.units("total_money", net + if content.is_included { 0 } else { tax });
        self.applied(content, taxes);
    }

    /// The taxes on a line, which ends here.
    fn applied(&mut self, content: &Content, taxes: &[i64; TAXES_MAX]) {
        self.put("\"applied_taxes\":[");
        let charged = (0..content.place.rates.len()).filter(|n| taxes[*n] > 0);
        for (count, n) in charged.enumerate() {
            self.comma(count).put("{\"tax_uid\":\"t").int(n as u64 + 1).put("\",");
            self.units("applied_money", taxes[n]).put("\"uid\":\"a").int(n as u64 + 1).put("\"}");
        }
        self.put("]}");
    }

    /// The taxes that were charged.
    fn taxes(&mut self, content: &Content, sums: &[i64; TAXES_MAX]) -> &mut Self {
        let charged = content.place.rates.iter().enumerate().filter(|(n, _)| sums[*n] > 0);
        for (count, (n, (name, rate))) in charged.enumerate() {
            self.comma(count).put("{\"uid\":\"t").int(n as u64 + 1).put("\",\"name\":\"").put(name);
            self.put("\",\"percentage\":\"").rate(*rate * 100).put("\",\"type\":\"");
            self.put(if content.is_included { "INCLUSIVE" } else { "ADDITIVE" });
            self.put("\",\"calculation_phase\":\"TAX_SUBTOTAL_PHASE\",");
            self.units("applied_money", sums[n]).put("\"scope\":\"ORDER\"}");
        }
        self
    }
}
