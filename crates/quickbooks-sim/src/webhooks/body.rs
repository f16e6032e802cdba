//! Bodies, signature and headers of notifications (quickbooks.md §5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Event, WebhookFormat, WebhookRules};
use crate::clock;
use crate::faults::{HASH_START, hash, mix};
use crate::json::Json;

/// A UUID from a seed and a number.
fn uuid(seed: u64, number: u64) -> String {
    let (a, b) = (mix(seed, number), mix(seed ^ 0x1d, number));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | ((b >> 48) & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

/// `2025-09-10T21:31:25.179851Z`.
pub(crate) fn instant(us: i64) -> String {
    let seconds = us.div_euclid(1_000_000);
    let date = clock::Date(seconds.div_euclid(clock::DAY_SECONDS)).text();
    let s = seconds.rem_euclid(clock::DAY_SECONDS);
    let fraction = us.rem_euclid(1_000_000);
    format!("{date}T{:02}:{:02}:{:02}.{fraction:06}Z", s / 3_600, s / 60 % 60, s % 60)
}

impl WebhookRules {
    pub(super) fn body(&self, seed: u64, events: &[Event]) -> String {
        match self.format {
            WebhookFormat::EventNotifications => notifications(events),
            WebhookFormat::CloudEvents => cloud_events(seed, events),
        }
    }

    /// Headers of one attempt; a repeated attempt repeats them.
    pub(super) fn headers(
        &self,
        seed: u64,
        id: u64,
        body: &[u8],
        created_us: i64,
    ) -> Vec<(&'static str, String)> {
        let content = match (self.content_type.as_str(), self.format) {
            ("", WebhookFormat::CloudEvents) => "application/cloudevents+json",
            ("", WebhookFormat::EventNotifications) => "application/json",
            (sent, _) => sent,
        };
        vec![
            ("content-type", content.to_owned()),
            ("intuit-signature", signature(&self.verifier, body)),
            ("intuit-created-time", instant(created_us)),
            ("intuit-t-id", uuid(seed ^ 0x71d, id)),
            ("intuit-notification-schema-version", "0.1".to_owned()),
            ("user-agent", "intuit_notification_server/0.1".to_owned()),
        ]
    }
}

/// Base64 of HMAC-SHA256 with the verifier token over the raw body.
fn signature(verifier: &str, body: &[u8]) -> String {
    match Hmac::<Sha256>::new_from_slice(verifier.as_bytes()) {
        Ok(mut mac) => {
            mac.update(body);
            STANDARD.encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of any length.
        Err(_) => String::new(),
    }
}

fn notifications(events: &[Event]) -> String {
    let mut json = Json::with_capacity(160 * events.len());
    json.open();
    json.key("eventNotifications");
    json.open_array();
    let mut realms: Vec<&str> = Vec::new();
    for event in events {
        if !realms.contains(&event.realm.as_str()) {
            realms.push(&event.realm);
        }
    }
    for realm in realms {
        json.open();
        json.field("realmId", realm);
        json.key("dataChangeEvent");
        json.open();
        json.key("entities");
        json.open_array();
        for event in events.iter().filter(|e| e.realm == realm) {
            json.open();
            json.field("name", &event.entity);
            json.field_id("id", event.id);
            json.field("operation", event.operation.name());
            let mut at = String::new();
            clock::write_stamp(&mut at, event.at_us.div_euclid(1_000_000));
            // The only place where the offset has no colon, as recorded.
            let colon = at.len().saturating_sub(3);
            json.field("lastUpdated", &[&at[..colon], &at[colon + 1..]].concat());
            if let Some(gone) = event.merged {
                json.field_id("deletedId", gone);
            }
            json.close();
        }
        json.close_array();
        json.close();
        json.close();
    }
    json.close_array();
    json.close();
    json.out
}

fn cloud_events(seed: u64, events: &[Event]) -> String {
    let source = format!("intuit.{:016x}", mix(seed ^ 0x50, hash(HASH_START, b"source")));
    let mut json = Json::with_capacity(320 * events.len());
    json.open_array();
    for event in events {
        let (entity, past) = (event.entity.to_lowercase(), event.operation.past());
        json.open();
        json.field("specversion", "1.0");
        json.field("id", &uuid(seed ^ 0xce, event.number));
        json.field("source", &source);
        json.field("type", &format!("qbo.{entity}.{past}.v1"));
        json.field("datacontenttype", "application/json");
        json.field("time", &instant(event.at_us));
        json.field_id("intuitentityid", event.id);
        json.field("intuitaccountid", &event.realm);
        json.key("data");
        json.open();
        json.close();
        json.close();
    }
    json.close_array();
    json.out
}
