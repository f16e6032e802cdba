//! What a delivery is: a standard webhook, a webhook of the platform, or a report; and its parts.

use super::account::Account;
use super::wire::{Platform, Standard, Wrapped};
use super::{item, platform, report};
use crate::kit::{Outcome, Parsed, Text, body, malformed};
use bytes::Bytes;
use ports::RawDelivery;

/// More items than Adyen sends (6), few enough to verify and to keep one by one.
pub const ITEMS_MAX: usize = 100;

/// One delivery per item, each with the bytes of its item as they came. A webhook of more items than
/// any is left whole, and refused.
pub fn split(delivery: RawDelivery) -> Vec<RawDelivery> {
    let Ok(Standard { live, items: Some(items) }) = serde_json::from_slice(&delivery.body) else {
        return vec![delivery];
    };
    if items.len() < 2 || items.len() > ITEMS_MAX {
        return vec![delivery];
    }
    let live = live.map_or("null", |l| l.get());
    let one = |item: &str| {
        let body = format!("{{\"live\":{live},\"notificationItems\":[{item}]}}");
        RawDelivery { body: Bytes::from(body), ..delivery.clone() }
    };
    items.iter().map(|item| one(item.get())).collect()
}

/// The one item of a standard webhook.
fn only(delivery: &RawDelivery) -> Option<Wrapped<'_>> {
    let standard: Standard<'_> = serde_json::from_slice(&delivery.body).ok()?;
    match standard.items?.as_slice() {
        [one] => serde_json::from_str(one.get()).ok(),
        _ => None,
    }
}

/// Code, reference and success of a single item; type and id of a platform webhook.
pub fn identity(delivery: &RawDelivery) -> Option<String> {
    let text = |t: Option<Text<'_>>| t.filter(|t| !t.as_str().is_empty()).map(|t| t.to_string());
    let id = match only(delivery) {
        Some(Wrapped { item }) => {
            let success = item.success.map_or("", |s| s.get().trim_matches('"')).to_owned();
            format!("{}/{}/{success}", text(item.event_code)?, text(item.psp_reference)?)
        }
        None => {
            let notice: Platform<'_> = serde_json::from_slice(&delivery.body).ok()?;
            format!("{}/{}", text(notice.kind)?, notice.data?.id?)
        }
    };
    (id.len() <= 200).then_some(id)
}

/// The event code, the type, or what kind of file it is.
pub fn topic(delivery: &RawDelivery) -> String {
    let platform = || {
        let notice: Platform<'_> = serde_json::from_slice(&delivery.body).ok()?;
        notice.kind.or(notice.event_type).map(|t| t.to_string())
    };
    let is_report = std::str::from_utf8(&delivery.body).is_ok_and(report::is_report);
    let code = only(delivery).and_then(|w| w.item.event_code).map(|c| c.to_string());
    let name = code.or_else(platform).filter(|name| !name.is_empty());
    match name {
        Some(name) => name.chars().take(100).collect(),
        None if is_report => "settlement_details_report".to_owned(),
        None => "unreadable".to_owned(),
    }
}

/// Reads a whole delivery.
pub fn read(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    if report::is_report(text) {
        return report::read(account, text, out);
    }
    let standard: Standard<'_> = body::json(text, "body")?;
    let Some(items) = standard.items else {
        return platform::read(account, text, out);
    };
    if items.is_empty() {
        return Err(malformed("notificationItems", "a webhook without items; send it again"));
    }
    let is_live = standard.live.is_some_and(|l| l.get().trim_matches('"') == "true");
    let is_test = !is_live && !account.settings.test_is_real;
    for (n, one) in items.into_iter().enumerate() {
        out.within(format_args!("notificationItems[{n}]"), |out| {
            let wrapped: Wrapped<'_> = body::json(one.get(), "NotificationRequestItem")?;
            item::read(account, &wrapped.item, is_test, out)
        });
    }
    Ok(())
}
