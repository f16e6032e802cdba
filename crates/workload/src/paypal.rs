//! PayPal's events and the movements of its Transaction Search (sources-and-cases.md A4).

use crate::content::Content;
use crate::event::What;
use crate::json::Json;
use crate::letter::{Letter, Sending, header};
use crate::payout::{Batch, Cause, Movement};
use crate::plan::{Course, DisputeEnd, Gateway, Plan, Step, World};
use crate::reference::{Of, reference, transfer};
use crate::refund::Refund;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kernel::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::sync::OnceLock;

/// What proves who signed: a receiver fetches the certificate, and trusts the root.
pub struct PayPalCertificate {
    /// Where the certificate is.
    pub url: &'static str,
    /// The certificate, PEM.
    pub signer: &'static [u8],
    /// The root that issued it, DER.
    pub root: &'static [u8],
}

/// The certificate behind PayPal's signatures here, good from 2000 to 2099.
pub const PAYPAL_CERTIFICATE: PayPalCertificate = PayPalCertificate {
    url: "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594",
    signer: include_bytes!("paypal/signer.pem"),
    root: include_bytes!("paypal/root.der"),
};

/// What PayPal sends of `what`, or a page of Transaction Search as a poller hands it over, signed
/// like an event.
pub fn letter(world: &World, what: &What, sending: &Sending<'_>) -> Letter {
    let body = Bytes::from(match what {
        What::Order { index, step } => event(world, *index, *step, sending.token),
        What::Payout(batch) => page(world, &[Row::bank(world, batch)]),
        What::PayoutItems(batch) => {
            let rows: Vec<_> = batch.movements.iter().filter_map(|m| Row::of(world, m)).collect();
            page(world, &rows)
        }
    });
    let id = format!("{:016x}", sending.token);
    let time = stamp(sending.sent);
    let webhook = world.shape.processor_secret;
    let signed = format!("{id}|{time}|{webhook}|{}", crc32fast::hash(&body));
    let headers = vec![
        header("content-type", "application/json"),
        header("paypal-transmission-id", id),
        header("paypal-transmission-time", time),
        header("paypal-transmission-sig", sending.signature(sign(signed.as_bytes()))),
        header("paypal-cert-url", PAYPAL_CERTIFICATE.url),
        header("paypal-auth-algo", "SHA256withRSA"),
    ];
    Letter { headers, body }
}

/// RSA-SHA256 in base64. Equal messages have equal signatures.
fn sign(message: &[u8]) -> String {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        RsaKeyPair::from_pkcs8(include_bytes!("paypal/signer-key.der")).expect("a key of RSA")
    });
    let mut signature = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("the length fits");
    STANDARD.encode(signature)
}

fn stamp(at: i64) -> String {
    Timestamp::from_seconds(at).to_string()
}

fn event(world: &World, index: u32, step: Step, token: u64) -> String {
    let plan = Plan::of(world, index);
    let at = plan.placed + step.lag();
    let mut json = Json::new(world, 1_500);
    let reserved = matches!(plan.course, Course::Cancelled | Course::Unpaid);
    let (kind, name) = match step {
        Step::DisputeOpened => ("dispute", "CUSTOMER.DISPUTE.CREATED"),
        Step::DisputeClosed => ("dispute", "CUSTOMER.DISPUTE.RESOLVED"),
        Step::ToldVoided => ("authorization", "PAYMENT.AUTHORIZATION.VOIDED"),
        Step::ToldRefundEarly | Step::ToldRefundMiddle | Step::ToldRefundLate => {
            ("refund", "PAYMENT.CAPTURE.REFUNDED")
        }
        _ if reserved => ("authorization", "PAYMENT.AUTHORIZATION.CREATED"),
        _ => ("capture", "PAYMENT.CAPTURE.COMPLETED"),
    };
    json.put("{\"id\":\"WH-").hex(token).put("\",\"event_version\":\"1.0\",\"create_time\":\"");
    json.put(&stamp(at)).put("\",\"resource_type\":\"").put(kind);
    json.put("\",\"event_type\":\"").put(name).put("\",\"summary\":\"\",\"resource\":");
    match kind {
        "dispute" => dispute(&mut json, world, &plan, step, at),
        "refund" => refund(&mut json, world, &plan, step),
        _ => payment(&mut json, world, &plan, step),
    }
    json.put(",\"links\":[{\"href\":\"https://api.paypal.com/v1/notifications/webhooks-events/WH-");
    json.hex(token).put("\",\"rel\":\"self\",\"method\":\"GET\"}]}");
    json.text
}

/// A capture with its fee, or an authorisation.
fn payment(json: &mut Json<'_>, world: &World, plan: &Plan, step: Step) {
    let charge = Charge::of(world, plan);
    let at = stamp(charge.at);
    let status = match step {
        Step::ToldVoided => "VOIDED",
        _ if plan.is_captured() => "COMPLETED",
        _ => "CREATED",
    };
    json.put("{\"id\":\"").put(&charge.id).put("\",\"status\":\"").put(status);
    json.put("\",\"amount\":").amount(charge.paid);
    json.put(",\"invoice_id\":\"").int(plan.number()).put("\",\"create_time\":\"").put(&at);
    if let Some(movement) = charge.movement {
        json.put("\",\"update_time\":\"").put(&at);
        json.put("\",\"final_capture\":true,\"seller_receivable_breakdown\":{\"gross_amount\":");
        json.amount(movement.amount).put(",\"paypal_fee\":").amount(movement.fee);
        json.put(",\"net_amount\":").amount(movement.amount - movement.fee).put("},");
        json.links("captures", &charge.id);
    } else {
        let expires = stamp(charge.at + 29 * 86_400);
        json.put("\",\"expiration_time\":\"").put(&expires).put("\",");
        json.links("authorizations", &charge.id);
    }
    json.put("]}");
}

fn refund(json: &mut Json<'_>, world: &World, plan: &Plan, step: Step) {
    let charge = Charge::of(world, plan);
    let content = Content::of(world, plan);
    let refund = Refund::of(world, plan, &content).expect("what is refunded was paid");
    let id = reference(world, plan, refund.tender.gateway, Of::Refund).unwrap_or_default();
    let at = plan.placed + step.told().unwrap_or(step).lag();
    json.put("{\"id\":\"").put(&id).put("\",\"status\":\"COMPLETED\",\"amount\":");
    json.amount(refund.tender.amount).put(",\"seller_payable_breakdown\":{\"gross_amount\":");
    json.amount(refund.tender.amount).put(",\"paypal_fee\":").amount(0);
    json.put(",\"net_amount\":").amount(refund.tender.amount);
    json.put("},\"create_time\":\"").put(&stamp(at)).put("\",").links("refunds", &id);
    json.put(",{\"href\":\"https://api.paypal.com/v2/payments/captures/").put(&charge.id);
    json.put("\",\"rel\":\"up\",\"method\":\"GET\"}]}");
}

fn dispute(json: &mut Json<'_>, world: &World, plan: &Plan, step: Step, at: i64) {
    let charge = Charge::of(world, plan);
    let opened = plan.placed + Step::DisputeOpened.lag();
    json.put("{\"dispute_id\":\"PP-D-").put(&world.tag).padded(u64::from(plan.index), 10);
    json.put("\",\"create_time\":\"").put(&stamp(opened)).put("\",\"update_time\":\"");
    json.put(&stamp(at)).put("\",\"disputed_transactions\":[{\"seller_transaction_id\":\"");
    json.put(&charge.id).put("\"}],\"reason\":\"UNAUTHORISED\",\"status\":\"");
    json.put(if step == Step::DisputeClosed { "RESOLVED" } else { "UNDER_REVIEW" });
    json.put("\",\"dispute_amount\":").amount(charge.paid);
    json.put(",\"dispute_life_cycle_stage\":\"CHARGEBACK\",\"money_movements\":[");
    json.moved("SELLER", "DEBIT", charge.paid);
    if step == Step::DisputeClosed {
        let (outcome, party) = match plan.dispute_end() {
            DisputeEnd::Won => ("RESOLVED_SELLER_FAVOUR", "SELLER"),
            _ => ("RESOLVED_BUYER_FAVOUR", "BUYER"),
        };
        json.put(",").moved(party, "CREDIT", charge.paid);
        json.put("],\"dispute_outcome\":{\"outcome_code\":\"").put(outcome).put("\"},");
    } else {
        json.put("],");
    }
    json.put("\"links\":[]}");
}

/// The payment of an order that goes through PayPal.
struct Charge {
    id: String,
    paid: i64,
    at: i64,
    /// What it moved, if it was captured.
    movement: Option<Movement>,
}

impl Charge {
    fn of(world: &World, plan: &Plan) -> Self {
        let (n, tender) = plan.by_processor(world).expect("the processor tells what it moved");
        let step = plan.paid_step(n == 1);
        let at = plan.placed + step.lag();
        let id = reference(world, plan, tender.gateway, Of::Payment(n)).unwrap_or_default();
        let movement = Movement::of(world, at, plan.index, step);
        Self { id, paid: tender.amount, at, movement }
    }
}

/// A movement on the balance, signed, with its fee.
struct Row {
    id: String,
    /// The payment that it belongs to.
    of: Option<String>,
    code: &'static str,
    at: i64,
    amount: i64,
    fee: i64,
}

impl Row {
    /// The transfer to the bank.
    fn bank(world: &World, batch: &Batch) -> Self {
        let id = transfer(world, batch.number);
        Self { id, of: None, code: "T0403", at: batch.at, amount: -batch.amount(), fee: 0 }
    }

    /// What the balance shows of a movement. The money of a dispute is told by the dispute, and here
    /// its fee.
    fn of(world: &World, m: &Movement) -> Option<Self> {
        let plan = Plan::of(world, m.index);
        let charge = Charge::of(world, &plan);
        let id = |of| reference(world, &plan, Gateway::Processor, of);
        Some(match m.cause {
            Cause::Charge => Self {
                id: charge.id,
                of: None,
                code: "T0006",
                at: m.at,
                amount: m.amount,
                fee: -m.fee,
            },
            Cause::Refund => Self {
                id: id(Of::Refund)?,
                of: Some(charge.id),
                code: "T1107",
                at: m.at,
                amount: m.amount,
                fee: 0,
            },
            Cause::DisputeTaken => Self {
                id: id(Of::Dispute)?,
                of: Some(charge.id),
                code: "T0106",
                at: m.at,
                amount: -m.fee,
                fee: 0,
            },
            Cause::DisputeGivenBack => return None,
        })
    }
}

/// A page of Transaction Search.
fn page(world: &World, rows: &[Row]) -> String {
    let mut json = Json::new(world, 200 + rows.len() * 500);
    json.put("{\"transaction_details\":[");
    for (n, row) in rows.iter().enumerate() {
        let at = stamp(row.at).replace('Z', "+0000");
        json.comma(n).put("{\"transaction_info\":{\"transaction_id\":\"").put(&row.id);
        json.put("\",\"transaction_event_code\":\"").put(row.code);
        json.put("\",\"transaction_initiation_date\":\"").put(&at);
        json.put("\",\"transaction_updated_date\":\"").put(&at);
        json.put("\",\"transaction_amount\":").amount(row.amount);
        json.put(",\"transaction_status\":\"S\"");
        if row.fee != 0 {
            json.put(",\"fee_amount\":").amount(row.fee);
        }
        if let Some(of) = &row.of {
            json.put(",\"paypal_reference_id\":\"").put(of);
            json.put("\",\"paypal_reference_id_type\":\"TXN\"");
        }
        json.put("}}");
    }
    json.put("],\"page\":1,\"total_items\":").int(rows.len() as u64).put(",\"total_pages\":1}");
    json.text
}

impl Json<'_> {
    /// `{"currency_code":"USD","value":"10.50"}`.
    fn amount(&mut self, minor: i64) -> &mut Self {
        let currency = self.world.shape.currency;
        self.put("{\"currency_code\":\"").put(currency.code()).put("\",\"value\":");
        self.money(minor).put("}")
    }

    /// What a dispute moved for a party.
    fn moved(&mut self, party: &str, direction: &str, minor: i64) -> &mut Self {
        self.put("{\"affected_party\":\"").put(party).put("\",\"amount\":").amount(minor);
        self.put(",\"type\":\"").put(direction).put("\"}")
    }

    /// The beginning of the links of an object.
    fn links(&mut self, kind: &str, id: &str) -> &mut Self {
        self.put("\"links\":[{\"href\":\"https://api.paypal.com/v2/payments/").put(kind);
        self.put("/").put(id).put("\",\"rel\":\"self\",\"method\":\"GET\"}")
    }
}
