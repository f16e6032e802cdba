//! Webhooks of QuickBooks: the signature, and both forms of their bodies (quickbooks.md §5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{ReasonCode, Timestamp};
use ports::{Notice, NoticeSource, Notices, RawDelivery, Refusal, Secret};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use subtle::{Choice, ConstantTimeEq};

/// Largest body accepted: twice what Intuit says it sends (quickbooks.md §5).
const BODY_BYTES_MAX: usize = 2 << 20;

/// Most events of one delivery that are read: ten times what Intuit says it sends.
const EVENTS_MAX: usize = 1_000;

/// Longest id, name or operation that is taken, bytes.
const WORD_BYTES_MAX: usize = 200;

/// Reads webhooks that Intuit signed with one of the app's verifier tokens.
pub struct Webhooks {
    verifiers: Vec<Secret>,
}

impl Webhooks {
    /// Accepts what any of `verifiers` has signed: two while a token is exchanged.
    pub fn new(verifiers: Vec<Secret>) -> Self {
        Self { verifiers }
    }

    fn signed(&self, delivery: &RawDelivery) -> bool {
        let given = delivery.header("intuit-signature").unwrap_or_default();
        let Ok(given) = STANDARD.decode(given.trim()) else { return false };
        let mut right = Choice::from(0);
        // All are tried, so that time does not tell which one fits.
        for verifier in &self.verifiers {
            if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(verifier.reveal().as_bytes()) {
                mac.update(&delivery.body);
                right |= mac.finalize().into_bytes().ct_eq(&given);
            }
        }
        right.into()
    }
}

impl NoticeSource for Webhooks {
    fn body_bytes_max(&self) -> usize {
        BODY_BYTES_MAX
    }

    fn read(&self, delivery: &RawDelivery) -> Result<Notices, Refusal> {
        if delivery.body.len() > BODY_BYTES_MAX {
            let detail = format!("the body has more than {BODY_BYTES_MAX} bytes");
            return Err(Refusal { code: ReasonCode::BatchLimit, detail });
        }
        if !self.signed(delivery) {
            return Err(Refusal {
                code: ReasonCode::SignatureInvalid,
                detail: "intuit-signature was not made from this body with a verifier token of \
                         this app"
                    .to_owned(),
            });
        }
        Ok(read(&delivery.body))
    }
}

/// Reads a body of either form; total.
fn read(body: &[u8]) -> Notices {
    let mut out = Notices::default();
    if let Ok(events) = serde_json::from_slice::<Vec<&RawValue>>(body) {
        for (n, raw) in events.iter().enumerate() {
            out.take(&format!("event {n}"), cloud_event(raw.get()));
        }
    } else if let Ok(old) = serde_json::from_slice::<OldBody<'_>>(body) {
        for (n, notification) in old.event_notifications.iter().enumerate() {
            old_notification(&mut out, n, notification.get());
        }
    } else if let Ok(one) = std::str::from_utf8(body)
        && let Ok(notice) = cloud_event(one)
    {
        out.take("the body", Ok(notice));
    } else {
        out.take("the body", Err("neither form of QuickBooks' webhooks"));
    }
    out
}

trait Take {
    fn take(&mut self, place: &str, found: Result<Notice, &'static str>);
}

impl Take for Notices {
    fn take(&mut self, place: &str, found: Result<Notice, &'static str>) {
        if self.notices.len() >= EVENTS_MAX {
            if self.unreadable.last().is_none_or(|last| !last.starts_with("too many")) {
                self.unreadable.push(format!("too many events: {EVENTS_MAX} are read"));
            }
            return;
        }
        match found {
            Ok(notice) => self.notices.push(notice),
            Err(why) if self.unreadable.len() < 20 => {
                self.unreadable.push(format!("{place}: {why}"));
            }
            Err(_) => {}
        }
    }
}

#[derive(Deserialize)]
struct CloudEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    time: String,
    intuitentityid: String,
    intuitaccountid: String,
}

/// `{"specversion":"1.0","id":…,"type":"qbo.invoice.created.v1","time":…,"intuitentityid":…,
/// "intuitaccountid":…}`; `data` is not trusted (quickbooks.md §5).
fn cloud_event(raw: &str) -> Result<Notice, &'static str> {
    let event: CloudEvent = serde_json::from_str(raw)
        .map_err(|_| "not a CloudEvent of QuickBooks (id, type, time, entity, account)")?;
    let mut words = event.kind.split('.');
    let (Some("qbo"), Some(entity), Some(operation)) = (words.next(), words.next(), words.next())
    else {
        return Err("its type is not qbo.ENTITY.OPERATION.VERSION");
    };
    let occurred_at = Timestamp::parse(&event.time).map_err(|_| "its time is no RFC 3339 time")?;
    checked(Notice {
        realm: event.intuitaccountid,
        entity: entity_name(entity),
        entity_id: event.intuitentityid,
        operation: operation.to_ascii_lowercase(),
        other_id: String::new(),
        occurred_at,
        event: event.id,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldBody<'a> {
    #[serde(borrow)]
    event_notifications: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldNotification<'a> {
    realm_id: String,
    #[serde(borrow)]
    data_change_event: OldChanges<'a>,
}

#[derive(Deserialize)]
struct OldChanges<'a> {
    #[serde(borrow)]
    entities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldEntity {
    name: String,
    id: String,
    operation: String,
    last_updated: String,
    #[serde(default)]
    deleted_id: Option<String>,
}

fn old_notification(out: &mut Notices, n: usize, raw: &str) {
    let Ok(notification) = serde_json::from_str::<OldNotification<'_>>(raw) else {
        return out.take(&format!("notification {n}"), Err("no realmId or no entities"));
    };
    for (m, entity) in notification.data_change_event.entities.iter().enumerate() {
        let place = format!("notification {n}, entity {m}");
        out.take(&place, old_entity(&notification.realm_id, entity.get()));
    }
}

/// The old form has no event id: what it says is its identity.
fn old_entity(realm: &str, raw: &str) -> Result<Notice, &'static str> {
    let entity: OldEntity = serde_json::from_str(raw)
        .map_err(|_| "not an entity with name, id, operation and lastUpdated")?;
    let occurred_at =
        Timestamp::parse(&entity.last_updated).map_err(|_| "its lastUpdated is no time")?;
    let other_id = entity.deleted_id.unwrap_or_default();
    let operation = past(&entity.operation);
    let parts =
        [realm, &entity.name, &entity.id, &operation, &occurred_at.0.to_string(), &other_id];
    let mut event = "old-".to_owned();
    for byte in &Sha256::digest(parts.join("\n").as_bytes())[..16] {
        let _ = write!(event, "{byte:02x}");
    }
    checked(Notice {
        event,
        realm: realm.to_owned(),
        entity: entity.name,
        entity_id: entity.id,
        operation,
        other_id,
        occurred_at,
    })
}

/// The old form says `Create`, the new one `created`.
fn past(operation: &str) -> String {
    let word = operation.to_ascii_lowercase();
    match word.as_str() {
        "create" | "update" | "delete" | "merge" => word + "d",
        "void" => "voided".to_owned(),
        _ => word,
    }
}

/// CloudEvents name entities in lower case; the API does not.
fn entity_name(lower: &str) -> String {
    const NAMES: [&str; 36] = [
        "Account",
        "Attachable",
        "Bill",
        "BillPayment",
        "Budget",
        "Class",
        "CompanyCurrency",
        "CompanyInfo",
        "CreditCardPayment",
        "CreditMemo",
        "Currency",
        "Customer",
        "Department",
        "Deposit",
        "Employee",
        "Estimate",
        "ExchangeRate",
        "Invoice",
        "Item",
        "JournalCode",
        "JournalEntry",
        "Payment",
        "PaymentMethod",
        "Preferences",
        "Purchase",
        "PurchaseOrder",
        "RefundReceipt",
        "SalesReceipt",
        "TaxAgency",
        "TaxCode",
        "TaxRate",
        "Term",
        "TimeActivity",
        "Transfer",
        "Vendor",
        "VendorCredit",
    ];
    let known = NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(lower));
    known.map_or_else(|| lower.to_owned(), str::to_owned)
}

fn checked(notice: Notice) -> Result<Notice, &'static str> {
    let words =
        [&notice.event, &notice.realm, &notice.entity, &notice.entity_id, &notice.operation];
    if words.iter().any(|w| w.is_empty()) {
        return Err("an id or a name is empty");
    }
    if words.into_iter().chain([&notice.other_id]).any(|w| w.len() > WORD_BYTES_MAX) {
        return Err("an id or a name is too long");
    }
    Ok(notice)
}
