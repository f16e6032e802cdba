//! Simulator of the QuickBooks Online Accounting API with its own double-entry books.
//!
//! [`Simulator::handle`] is a pure function of configuration, past requests and the instant given: no
//! socket, no thread, no clock. [`Simulator::call`] is the same through an unreliable network. What is
//! simulated, and how sure each fact is, stands in the crate's README.

mod abroad;
mod attachable;
mod batch;
mod books;
mod budget;
mod cdc;
mod changes;
mod clock;
mod company;
mod config;
mod error;
mod exchange;
mod faults;
mod gateway;
mod host;
mod json;
mod kind;
mod ledger;
mod list;
mod mail;
mod merge;
mod meter;
mod money;
mod network;
mod oauth;
mod observe;
mod pdf;
mod persistence;
mod person;
mod port;
mod preferences;
mod profile;
mod query;
mod rates;
mod replies;
mod report;
mod schema;
mod seed;
mod service;
mod silent;
mod simulator;
mod snapshot;
mod squeeze;
mod state;
mod stock;
mod tax;
mod tax_service;
mod txn;
mod upload;
mod uri;
mod webhooks;
mod windows;
mod xml;
mod zone;

pub use changes::{Change, Operation};
pub use config::{CompanyPrefs, Condition, Config, Consent, Limits};
pub use faults::{Carried, FaultKind, Faults};
pub use host::{CONTROL, Host, HostConfig, NotUnderstood};
pub use kind::{ListKind, TxnKind};
pub use meter::Meter;
pub use observe::{Duplicate, JournalEntry, Leg, LiveTransaction};
pub use persistence::is_torn;
pub use person::PersonEdit;
pub use port::{Shared, SimulatedHttp};
pub use profile::{Profile, Region, UnknownProfile};
pub use simulator::{LogSink, Simulator};
pub use webhooks::{Delivery, WebhookCounts, WebhookFormat, WebhookRules};
