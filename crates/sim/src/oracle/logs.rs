//! No secret and no content of the ledger stands in a log line, and nothing is logged as an error:
//! whatever fails on purpose is foreseen.

use crate::evidence::Evidence;
use crate::world::World;
use std::collections::BTreeSet;

/// Words that only stand in what was sent to the ledger or came from it.
const WIRE: [&str; 6] =
    ["PrivateNote", "DisplayName", "access_token", "refresh_token", "Bearer ", "client_secret"];
/// Names shorter than this are words of every day.
const NAME_MIN: usize = 8;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let mut secrets: BTreeSet<String> = world.secrets();
    let company = world.company();
    secrets.extend(company.transactions().map(|t| t.customer).filter(|c| c.len() >= NAME_MIN));
    drop(company);
    for fact in &evidence.facts {
        if let kernel::FactBody::OrderCreated(order) = &fact.body
            && let Some(customer) = &order.customer
            && customer.name.len() >= NAME_MIN
        {
            secrets.insert(customer.name.clone());
        }
    }
    for (level, line) in world.logs.lines() {
        if level == tracing::Level::ERROR {
            out.push(format!("logged as an error: {line}"));
        }
        if let Some(word) = WIRE.into_iter().find(|word| line.contains(word)) {
            out.push(format!("`{word}` stands in the log: {line}"));
        }
        if let Some(secret) = secrets.iter().find(|s| line.contains(s.as_str())) {
            out.push(format!("`{secret}` stands in the log: {line}"));
        }
    }
}
