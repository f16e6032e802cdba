//! Notifications and answers of the Selling Partner API. The settlement file is what the books are
//! made from; these are for a daily view, and say when there is a file to fetch (sources-and-cases.md
//! A8).

use super::file::trimmed;
use crate::kit::fault::unknown;
use crate::kit::{Fields, Outcome, Parsed, Text, body};
use ports::RawDelivery;
use serde::Deserialize;

/// A notification, in both spellings of its fields.
#[derive(Debug, Default, Deserialize)]
struct Notification<'a> {
    #[serde(borrow, alias = "NotificationType", rename = "notificationType")]
    kind: Option<Text<'a>>,
    #[serde(borrow, alias = "NotificationMetadata", rename = "notificationMetadata")]
    metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, alias = "NotificationId", rename = "notificationId")]
    id: Option<Text<'a>>,
}

/// Types of notification.
const NOTIFICATIONS: &[(&str, &str)] = &[
    ("FEE_PROMOTION", "an offer of Amazon about fees: no money"),
    ("ORDER_CHANGE", ORDER),
    ("REPORT_PROCESSING_FINISHED", "a report to fetch: hand over the settlement file itself"),
    ("TRANSACTION_UPDATE", FINANCES),
];

/// Fields by which an answer of the API is known.
const ANSWERS: &[(&str, &str)] = &[
    ("balances", "a balance: its movements are told by the settlement file"),
    ("errors", "an answer of Amazon that there was an error: nothing is told"),
    ("expectedPayouts", PAYOUT),
    ("invoiceHeader", INVOICE),
    ("invoices", INVOICE),
    ("order", ORDER),
    ("orders", ORDER),
    ("payload", FINANCES),
    ("payoutReferenceId", PAYOUT),
    ("payouts", PAYOUT),
    ("summary", FINANCES),
    ("summaries", FINANCES),
    ("transactions", FINANCES),
];

const FINANCES: &str = "movements up to two days late: the settlement file is for the books";
const INVOICE: &str = "an invoice of Amazon: the settlement file takes its money";
const ORDER: &str = "an order at Amazon: its money is told by the settlement file";
const PAYOUT: &str = "a payout: the settlement file tells it with all it consists of";

/// The notification's id.
pub fn id(delivery: &RawDelivery) -> Option<String> {
    let notification: Notification<'_> = serde_json::from_slice(&delivery.body).ok()?;
    let id = notification.metadata?.id?;
    (!id.as_str().is_empty() && id.as_str().len() <= 100).then(|| id.to_string())
}

/// The type of a notification, or the first field of an answer.
pub fn name(text: &str) -> String {
    let text = trimmed(text);
    let notification: Notification<'_> = serde_json::from_str(text).unwrap_or_default();
    let kind = notification.kind.map(|k| k.to_string()).filter(|k| !k.is_empty());
    let name = kind.or_else(|| {
        let fields: Fields<'_> = serde_json::from_str(text).ok()?;
        fields.iter().map(|(name, _)| name.to_owned()).next()
    });
    let name = name.filter(|n| !n.is_empty()).unwrap_or_else(|| "unreadable".to_owned());
    name.chars().take(100).collect()
}

/// Reads a whole document.
pub fn read(text: &str, out: &mut Outcome) -> Parsed<()> {
    let text = trimmed(text);
    let fields: Fields<'_> = body::json(text, "body")?;
    let notification: Notification<'_> = body::json(text, "body")?;
    let kind = notification.kind.as_ref().map_or("", Text::as_str);
    let known = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(known, _)| *known == name).map(|(_, why)| *why)
    };
    if !kind.is_empty() {
        let Some(why) = known(NOTIFICATIONS, kind) else {
            let shown: String = kind.chars().take(100).collect();
            let detail = format!("`{shown}` has no rule here; find out what it moves and add one");
            return Err(unknown("notificationType", detail, None));
        };
        out.ignore(format!("{kind}: {why}"));
        return Ok(());
    }
    match fields.iter().find_map(|(name, _)| known(ANSWERS, name)) {
        Some(why) => out.ignore(why),
        None => {
            let detail = format!("no answer of Amazon has the fields {}", fields.shown());
            return Err(unknown("body", detail, None));
        }
    }
    Ok(())
}
