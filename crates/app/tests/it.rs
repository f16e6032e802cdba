//! The binary as people and programs meet it.
#![expect(clippy::unwrap_used, reason = "a helper that breaks is a test that fails")]

#[path = "it/backfill.rs"]
mod backfill;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/bigcommerce.rs"]
mod bigcommerce;
#[path = "it/connect.rs"]
mod connect;
#[path = "it/demo.rs"]
mod demo;
#[path = "it/help.rs"]
mod help;
#[path = "it/key.rs"]
mod key;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/ledger.rs"]
mod ledger;
#[path = "it/lock.rs"]
mod lock;
#[path = "it/plan.rs"]
mod plan;
#[path = "it/quickbooks_sim.rs"]
mod quickbooks_sim;
#[path = "it/serve.rs"]
mod serve;
#[path = "it/square.rs"]
mod square;
#[path = "it/support.rs"]
mod support;
#[path = "it/torture.rs"]
mod torture;
#[path = "it/vendor.rs"]
mod vendor;
