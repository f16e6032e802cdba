//! Amazon's settlement reports, one for each payout, and its notifications (sources-and-cases.md A8).
//! Every other report is of the older kind.

mod rows;

use crate::draw::mix;
use crate::event::What;
use crate::json::Json;
use crate::letter::{Letter, Sending, header, standard};
use crate::plan::World;
use bytes::Bytes;
use kernel::Timestamp;

/// What is sent of `what`: that there is a report, or the report as whoever downloaded it hands it
/// over.
pub fn letter(world: &World, what: &What, sending: &Sending<'_>) -> Letter {
    let (kind, body) = match what {
        What::PayoutItems(batch) => ("text/plain; charset=utf-8", rows::report(world, batch)),
        _ => {
            let body = notification(world, "REPORT_PROCESSING_FINISHED", sending);
            ("application/json", body)
        }
    };
    handed_over(kind, body, sending)
}

/// A notification of a type that no rule knows.
pub fn unknown(world: &World, index: u32, sending: &Sending<'_>) -> Letter {
    let kind = if index.is_multiple_of(2) { "ACCOUNT_STATUS_CHANGED" } else { "BRANDED_ITEM" };
    handed_over("application/json", notification(world, kind, sending), sending)
}

fn handed_over(kind: &str, body: String, sending: &Sending<'_>) -> Letter {
    let body = Bytes::from(body);
    let mut headers = vec![header("content-type", kind)];
    headers.extend(standard(sending, &format!("msg_{:016x}", mix(sending.token)), &body));
    Letter { headers, body }
}

fn notification(world: &World, kind: &str, sending: &Sending<'_>) -> String {
    let mut json = Json::new(world, 400);
    let happened = Timestamp::from_seconds(sending.happened).to_string();
    json.put("{\"notificationVersion\":\"2020-09-04\",\"notificationType\":\"").put(kind);
    json.put("\",\"payloadVersion\":\"2020-09-04\",\"eventTime\":\"").put(&happened);
    json.put("\",\"payload\":{},\"notificationMetadata\":{\"applicationId\":\"app\",");
    json.put("\"subscriptionId\":\"sub\",\"publishTime\":\"").put(&happened);
    json.put("\",\"notificationId\":\"").hex(sending.token).put("\"}}");
    json.text
}
