//! What an app subscribed to, and how its endpoint is treated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::changes::{Change, Operation};

/// Types that have events (quickbooks.md §5 and the list of Intuit's portal).
const ENTITIES: &[&str] = &[
    "Account",
    "Bill",
    "BillPayment",
    "Budget",
    "Class",
    "CreditMemo",
    "CompanyCurrency",
    "Customer",
    "Department",
    "Deposit",
    "Employee",
    "Estimate",
    "Invoice",
    "Item",
    "JournalEntry",
    "Payment",
    "PaymentMethod",
    "Preferences",
    "Purchase",
    "PurchaseOrder",
    "RefundReceipt",
    "SalesReceipt",
    "TaxAgency",
    "Term",
    "TimeActivity",
    "Transfer",
    "Vendor",
    "VendorCredit",
];

/// Format of the bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// `{"eventNotifications":[...]}`, until 2026.
    EventNotifications,
    /// An array of CloudEvents; mandatory since 2026-07-31 (quickbooks.md §5).
    #[default]
    CloudEvents,
}

/// One endpoint and how it is treated. An app has one URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookRules {
    /// Where to post; `http` or `https`.
    pub url: String,
    /// Verifier token: the key of the signature.
    pub verifier: String,
    /// Format of the bodies.
    pub format: WebhookFormat,
    /// Content-Type. Empty: `application/cloudevents+json`, or `application/json` for the older
    /// format.
    pub content_type: String,
    /// Subscribed types and their operations; no operations means all of them, no types means all
    /// types.
    pub entities: BTreeMap<String, Vec<Operation>>,
    /// From the change to the first attempt, milliseconds, at least 1; about a second in a sandbox.
    pub latency_ms: u32,
    /// Changes within this time travel in one notification, milliseconds; 0: each call its own.
    pub aggregate_ms: u32,
    /// Most events in one notification; 100.
    pub events_max: usize,
    /// Events that are never told, per mille.
    pub loss: u32,
    /// Notifications that come a second time although they were acknowledged, per mille.
    pub duplicate: u32,
    /// Events that later ones overtake, per mille.
    pub reorder: u32,
    /// How much later an overtaken event and a second copy are, milliseconds.
    pub reorder_ms: u32,
    /// Waits after failed attempts, seconds; the last one repeats.
    pub retry_seconds: Vec<u32>,
    /// Failed attempts of one notification after which the endpoint is disabled; none: never.
    pub disable_after: Option<u32>,
    /// Whether later notifications wait for an unacknowledged one.
    pub hold_back: bool,
    /// Time for an answer, milliseconds; 3,000.
    pub timeout_ms: u32,
}

impl Default for WebhookRules {
    fn default() -> Self {
        Self {
            url: String::new(),
            verifier: String::new(),
            format: WebhookFormat::default(),
            content_type: String::new(),
            entities: BTreeMap::new(),
            latency_ms: 1_000,
            aggregate_ms: 0,
            events_max: 100,
            loss: 0,
            duplicate: 0,
            reorder: 0,
            reorder_ms: 5_000,
            // 10 s, 20 s, 30 s, 5 m, 20 m, 2 h, 4 h, 6 h, then each 6 h (quickbooks.md §5).
            retry_seconds: vec![10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600],
            disable_after: None,
            hold_back: false,
            timeout_ms: 3_000,
        }
    }
}

impl WebhookRules {
    /// Checks a subscription.
    ///
    /// # Errors
    /// What cannot be, and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            return Err(format!("url: `{}` must begin with http:// or https://", self.url));
        }
        if self.verifier.is_empty() {
            return Err("verifier: a token is needed to sign with".to_owned());
        }
        if self.retry_seconds.is_empty() {
            return Err("retry_seconds: at least one wait is needed".to_owned());
        }
        match self.entities.keys().find(|name| !ENTITIES.contains(&name.as_str())) {
            Some(name) => Err(format!("entities: `{name}` has no events; one of {ENTITIES:?} has")),
            None => Ok(()),
        }
    }

    pub(super) fn wants(&self, change: &Change) -> bool {
        if self.entities.is_empty() {
            return ENTITIES.contains(&change.entity);
        }
        let operations = self.entities.get(change.entity);
        operations.is_some_and(|o| o.is_empty() || o.contains(&change.operation))
    }

    /// When an event of `now_us` is due. Always later than now, so that an instant is complete when
    /// it is due.
    pub(super) fn due_us(&self, now_us: i64, late: bool) -> i64 {
        let window = i64::from(self.aggregate_ms) * 1_000;
        let told = if window > 0 { (now_us.div_euclid(window) + 1) * window } else { now_us };
        let late_us = if late { self.reorder_us() } else { 0 };
        told + i64::from(self.latency_ms.max(1)) * 1_000 + late_us
    }

    pub(super) fn reorder_us(&self) -> i64 {
        i64::from(self.reorder_ms) * 1_000
    }

    pub(super) fn retry_us(&self, tries: u32) -> i64 {
        let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.retry_seconds.get(at).or(self.retry_seconds.last());
        i64::from(wait.copied().unwrap_or(10)) * 1_000_000
    }

    /// The same operation on the same object within one notification is told once.
    pub(super) fn aggregated(&self, events: Vec<Event>) -> Vec<Event> {
        if self.aggregate_ms == 0 {
            return events;
        }
        let key = |e: &Event| (e.realm.clone(), e.entity.clone(), e.id, e.operation);
        let mut last: BTreeMap<_, u64> = BTreeMap::new();
        for event in &events {
            last.insert(key(event), event.number);
        }
        events.into_iter().filter(|e| last.get(&key(e)) == Some(&e.number)).collect()
    }
}
