//! Adyen's webhooks and settlement details reports (sources-and-cases.md A6).
//!
//! The order system tells of payments and refunds, so the report comes without the columns by which
//! Adyen would tell of them once more.

use crate::event::What;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::payout::{Batch, Cause, Movement};
use crate::plan::{DisputeEnd, Gateway, Plan, Step, World};
use crate::reference::{Of, reference};
use crate::sign::Signer;
use bytes::Bytes;
use kernel::MoneyConvention;

const HEAD: &str = "Company Account,Merchant Account,Psp Reference,Payment Method,Creation Date,\
    TimeZone,Type,Modification Reference,Net Currency,Net Debit (NC),Net Credit (NC),\
    Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number\n";
/// Number of the first settlement batch.
const FIRST_BATCH: u64 = 100;

/// What Adyen sends of `what`, or a report as a poller hands it over, signed like a webhook of the
/// platform.
pub fn letter(world: &World, what: &What, sending: &Sending<'_>) -> Letter {
    let signer = Signer::hexadecimal(world.shape.processor_secret);
    let item = |item: Item| {
        let signature = sending.signature(signer.base64(item.signed(world).as_bytes()));
        let headers = vec![header("content-type", "application/json")];
        Letter { headers, body: Bytes::from(item.body(world, &signature)) }
    };
    match what {
        What::Order { index, step } => item(Item::dispute(world, *index, *step)),
        What::Payout(batch) => item(Item::announced(batch)),
        What::PayoutItems(batch) => {
            let body = Bytes::from(report(world, batch));
            let signature = sending.signature(signer.base64(&body));
            let headers =
                vec![header("content-type", "text/csv"), header("hmacsignature", signature)];
            Letter { headers, body }
        }
    }
}

/// An item of a standard webhook.
struct Item {
    code: &'static str,
    own: String,
    payment: String,
    order: String,
    /// In Adyen's unit.
    amount: i64,
    at: i64,
    status: &'static str,
    reason: String,
}

impl Item {
    fn dispute(world: &World, index: u32, step: Step) -> Self {
        let plan = Plan::of(world, index);
        let (n, tender) = plan.by_processor(world).expect("what is disputed was paid");
        let id = |of| reference(world, &plan, tender.gateway, of).unwrap_or_default();
        let (code, status) = match (step, plan.dispute_end()) {
            (Step::DisputeClosed, DisputeEnd::Won) => ("CHARGEBACK_REVERSED", "Won"),
            (Step::DisputeClosed, _) => ("DISPUTE_DEFENSE_PERIOD_ENDED", "Lost"),
            _ => ("CHARGEBACK", "Undefended"),
        };
        Self {
            code,
            own: id(Of::Dispute),
            payment: id(Of::Payment(n)),
            order: plan.order_id().to_string(),
            amount: world.in_units(tender.amount, MoneyConvention::Adyen),
            at: plan.placed + step.lag(),
            status,
            reason: "Other Fraud-Card Absent Environment".to_owned(),
        }
    }

    /// That the report of a batch can be fetched.
    fn announced(batch: &Batch) -> Self {
        let number = FIRST_BATCH + batch.number;
        Self {
            code: "REPORT_AVAILABLE",
            own: format!("settlement_detail_report_batch_{number}.csv"),
            payment: String::new(),
            order: String::new(),
            amount: 0,
            at: batch.at,
            status: "",
            reason: "will contain the url to the report".to_owned(),
        }
    }

    /// What is signed of it.
    fn signed(&self, world: &World) -> String {
        let currency = world.shape.currency.code();
        let (own, payment, account, order) =
            (&self.own, &self.payment, account(world), &self.order);
        let (amount, code) = (self.amount, self.code);
        format!("{own}:{payment}:{account}:{order}:{amount}:{currency}:{code}:true")
    }

    fn body(&self, world: &World, signature: &str) -> String {
        let mut json = Json::new(world, 700);
        json.put("{\"live\":\"true\",\"notificationItems\":[{\"NotificationRequestItem\":{");
        json.put("\"additionalData\":{\"hmacSignature\":\"").put(signature).put("\"");
        if !self.status.is_empty() {
            json.put(",\"disputeStatus\":\"").put(self.status).put("\"");
        }
        json.put("},\"amount\":{\"currency\":\"").put(world.shape.currency.code());
        json.put("\",\"value\":").signed(self.amount).put("},\"eventCode\":\"").put(self.code);
        json.put("\",\"eventDate\":").time(self.at).put(",\"merchantAccountCode\":\"");
        json.put(&account(world)).put("\",\"merchantReference\":\"").put(&self.order);
        json.put("\",\"originalReference\":\"").put(&self.payment);
        json.put("\",\"pspReference\":\"").put(&self.own).put("\",\"reason\":\"").put(&self.reason);
        json.put("\",\"success\":\"true\"}}]}");
        json.text
    }
}

/// Name of the merchant account.
fn account(world: &World) -> String {
    format!("{}ECOM", world.shape.shop)
}

/// The settlement details report of a batch.
fn report(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, HEAD.len() + batch.movements.len() * 160);
    json.put(HEAD);
    for m in &batch.movements {
        movement(&mut json, world, batch, m);
    }
    let paid = batch.amount();
    row(&mut json, world, batch, ("", "MerchantPayout", ""), (-paid, 0), batch.at);
    json.text
}

fn movement(json: &mut Json<'_>, world: &World, batch: &Batch, m: &Movement) {
    let plan = Plan::of(world, m.index);
    let id = |of| reference(world, &plan, Gateway::Processor, of).unwrap_or_default();
    let (kind, own) = match m.cause {
        Cause::Charge => ("Settled", Of::Capture(m.tender)),
        Cause::Refund => ("Refunded", Of::Refund),
        Cause::DisputeTaken => ("Chargeback", Of::Dispute),
        Cause::DisputeGivenBack => ("ChargebackReversed", Of::Dispute),
    };
    let ids = (&*id(Of::Payment(m.tender)), kind, &*id(own));
    row(json, world, batch, ids, (m.amount - m.fee, m.fee), m.at);
}

fn row(
    json: &mut Json<'_>,
    world: &World,
    batch: &Batch,
    (payment, kind, own): (&str, &str, &str),
    (net, fee): (i64, i64),
    at: i64,
) {
    let mut clock = String::with_capacity(25);
    world.calendar.write(at, &mut clock);
    json.put(world.shape.shop).put(",").put(&account(world)).put(",").put(payment);
    json.put(",visa,").put(&clock[..10]).put(" ").put(&clock[11..19]).put(",");
    json.put(&clock[19..]).put(",").put(kind).put(",").put(own).put(",");
    json.put(world.shape.currency.code()).put(",");
    if net < 0 {
        json.decimal(-net).put(",,");
    } else {
        json.put(",").decimal(net).put(",");
    }
    // Fees of disputes are commission; those of payments are told in three parts.
    let (interchange, scheme) = if kind == "Settled" { (fee / 2, fee / 5) } else { (0, 0) };
    let rest = fee - interchange - scheme;
    let (commission, markup) = if kind == "Settled" { (0, rest) } else { (rest, 0) };
    for part in [commission, markup, scheme, interchange] {
        if part != 0 {
            json.decimal(part);
        }
        json.put(",");
    }
    json.int(FIRST_BATCH + batch.number).put("\n");
}
