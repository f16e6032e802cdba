//! The simulation through its public edge, and what the engine does in its world.

#[cfg(test)]
#[path = "it/accuracy.rs"]
mod accuracy;
#[cfg(test)]
#[path = "it/bugbase.rs"]
mod bugbase;
#[cfg(test)]
#[path = "it/cases.rs"]
mod cases;
#[cfg(test)]
#[path = "it/closed_days.rs"]
mod closed_days;
#[cfg(test)]
#[path = "it/connection.rs"]
mod connection;
#[cfg(test)]
#[path = "it/credits.rs"]
mod credits;
#[cfg(test)]
#[path = "it/currencies.rs"]
mod currencies;
#[cfg(test)]
#[path = "it/drift.rs"]
mod drift;
#[cfg(test)]
#[path = "it/files.rs"]
mod files;
#[cfg(test)]
#[path = "it/ignored_writes.rs"]
mod ignored_writes;
#[cfg(test)]
#[path = "it/ledger_faults.rs"]
mod ledger_faults;
#[cfg(test)]
#[path = "it/merged_customers.rs"]
mod merged_customers;
#[cfg(test)]
#[path = "it/poll.rs"]
mod poll;
#[cfg(test)]
#[path = "it/processors.rs"]
mod processors;
#[cfg(test)]
#[path = "it/rate.rs"]
mod rate;
#[cfg(test)]
#[path = "it/references.rs"]
mod references;
#[cfg(test)]
#[path = "it/removal.rs"]
mod removal;
#[cfg(test)]
#[path = "it/replay.rs"]
mod replay;
#[cfg(test)]
#[path = "it/support.rs"]
mod support;
#[cfg(test)]
#[path = "it/vendors.rs"]
mod vendors;
