//! Whether a vendor still delivers here: subscriptions that the vendor removed or switched off.

use kernel::ReasonCode;
use ports::Finding;
use std::collections::BTreeSet;

/// A subscription as the vendor lists it.
pub struct Subscription {
    /// What it delivers.
    pub topic: String,
    /// Where it delivers.
    pub address: String,
    /// Whether it does so now.
    pub is_active: bool,
}

/// What is wrong when of `wanted` topics not all are delivered to `address`.
pub fn findings(listed: &[Subscription], address: &str, wanted: &[&str]) -> Vec<Finding> {
    let here = |s: &&Subscription| s.address.trim_end_matches('/') == address;
    let active: BTreeSet<&str> =
        listed.iter().filter(here).filter(|s| s.is_active).map(|s| s.topic.as_str()).collect();
    let lost: Vec<&str> = wanted.iter().copied().filter(|t| !active.contains(t)).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let detail = format!(
        "the vendor no longer delivers {} to {address}; subscribe again. What was not delivered is \
         read from the lists",
        lost.join(", ")
    );
    vec![Finding { code: ReasonCode::WebhookRemoved, detail }]
}
