//! The company seen through its API: one module per topic.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

#[macro_use]
#[path = "it/fact.rs"]
mod fact;

#[path = "it/attachments.rs"]
mod attachments;
#[path = "it/batch.rs"]
mod batch;
#[path = "it/cdc.rs"]
mod cdc;
#[path = "it/control.rs"]
mod control;
#[path = "it/currency.rs"]
mod currency;
#[path = "it/currency_properties.rs"]
mod currency_properties;
#[path = "it/errors.rs"]
mod errors;
#[path = "it/garbage.rs"]
mod garbage;
#[path = "it/gateway.rs"]
mod gateway;
#[path = "it/host.rs"]
mod host;
#[path = "it/host_properties.rs"]
mod host_properties;
#[path = "it/inventory.rs"]
mod inventory;
#[path = "it/journal.rs"]
mod journal;
#[path = "it/lists.rs"]
mod lists;
#[path = "it/mail.rs"]
mod mail;
#[path = "it/matrix.rs"]
mod matrix;
#[path = "it/merge.rs"]
mod merge;
#[path = "it/meter.rs"]
mod meter;
#[path = "it/money_in.rs"]
mod money_in;
#[path = "it/network.rs"]
mod network;
#[path = "it/numbers.rs"]
mod numbers;
#[path = "it/oauth.rs"]
mod oauth;
#[path = "it/observe.rs"]
mod observe;
#[path = "it/owed.rs"]
mod owed;
#[path = "it/persistence.rs"]
mod persistence;
#[path = "it/planning.rs"]
mod planning;
#[path = "it/preferences.rs"]
mod preferences;
#[path = "it/profiles.rs"]
mod profiles;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/purchasing.rs"]
mod purchasing;
#[path = "it/query.rs"]
mod query;
#[path = "it/query_columns.rs"]
mod query_columns;
#[path = "it/query_grammar.rs"]
mod query_grammar;
#[path = "it/reports.rs"]
mod reports;
#[path = "it/reports_tie.rs"]
mod reports_tie;
#[path = "it/request_id.rs"]
mod request_id;
#[path = "it/sales.rs"]
mod sales;
#[path = "it/sandbox.rs"]
mod sandbox;
#[path = "it/support.rs"]
mod support;
#[path = "it/tax.rs"]
mod tax;
#[path = "it/tax_lists.rs"]
mod tax_lists;
#[path = "it/tax_properties.rs"]
mod tax_properties;
#[path = "it/updates.rs"]
mod updates;
#[path = "it/webhooks.rs"]
mod webhooks;
#[path = "it/xml.rs"]
mod xml;
