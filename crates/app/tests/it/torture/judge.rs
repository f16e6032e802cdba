//! The judge: the company's own books, the product's word, and what the generator says that the shop
//! did.

use super::stage::Stage;
use crate::support::text;
use serde_json::Value;
use std::collections::BTreeMap;

/// After every round: nothing twice, nothing lost, nothing on its way, every cent explained, the
/// ledger's trial balance equal to ours account by account, the audit log whole.
pub fn round(stage: &Stage) {
    let books = stage.company().control("GET", "/books", &Value::Null);
    assert_eq!(books["duplicates"], Value::Array(Vec::new()), "posted twice");
    let mut markers: BTreeMap<&str, u32> = BTreeMap::new();
    for t in books["transactions"].as_array().unwrap().iter().filter(|t| t["voided"] == false) {
        let note = t["private_note"].as_str().unwrap_or_default();
        if let Some((_, marker)) = note.split_once("tieout:") {
            *markers.entry(marker.split_whitespace().next().unwrap_or_default()).or_default() += 1;
        }
    }
    let twice: Vec<_> = markers.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "one key stands more than once: {twice:?}");
    assert_eq!(books["difference"], "0.00");
    let (code, statement) = stage.folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{statement}");
    assert_eq!(statement["ties_out"], true, "{statement}");
    for row in statement["totals"].as_array().unwrap() {
        assert_eq!(row["posted"], row["verified"], "at rest all is read back: {row}");
    }
    let (_, status) = stage.folder.json(&["status"]);
    for d in status["deliveries"].as_array().unwrap() {
        assert_ne!(d["state"], "received", "a delivery was never dealt with: {status}");
    }
    let audit = stage.folder.run(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit));
}

/// When all has been delivered: the totals of the shop's month.
pub fn month(stage: &Stage) {
    let e = workload::expected(&stage.shape);
    let (_, statement) = stage.folder.json(&["statement"]);
    let rows = statement["rows"].as_array().unwrap();
    let of = |class: &str| rows.iter().filter(move |r| r["class"] == class).collect::<Vec<_>>();
    let sum = |class: &str| of(class).iter().filter_map(|r| r["verified"].as_i64()).sum::<i64>();
    assert_eq!(sum("sale"), e.posted.minor, "sales posted: {statement}");
    assert_eq!(sum("refund"), -e.refunds.minor, "refunds posted: {statement}");
    assert_eq!(sum("payout"), e.payouts.minor, "payouts posted: {statement}");
    assert_eq!(sum("fee"), -e.fees.minor, "fees posted: {statement}");
    let disputes = e.disputes_won.minor - e.disputes.minor - e.dispute_fees.minor;
    assert_eq!(sum("dispute"), disputes, "disputes posted: {statement}");
    let term = |list: &str, code: &str| -> i64 {
        let rows = of("sale");
        let terms = rows.iter().flat_map(|r| r[list].as_array().into_iter().flatten());
        terms.filter(|t| t["code"] == code).filter_map(|t| t["amount"].as_i64()).sum()
    };
    for (code, count) in &e.held {
        assert_eq!(term("held_by", code.code()), count.minor, "held as {code}: {statement}");
    }
    for (code, count) in &e.excluded {
        assert_eq!(term("excluded_by", code.code()), count.minor, "excluded as {code}");
    }
}
