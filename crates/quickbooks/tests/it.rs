//! Behaviour of the QuickBooks target through its port.
#![expect(clippy::unwrap_used, reason = "a helper that breaks is a test that fails")]

#[path = "it/bodies.rs"]
mod bodies;
#[path = "it/books.rs"]
mod books;
#[path = "it/catalogue.rs"]
mod catalogue;
#[path = "it/company.rs"]
mod company;
#[path = "it/connect.rs"]
mod connect;
#[path = "it/dimensions.rs"]
mod dimensions;
#[path = "it/documents.rs"]
mod documents;
#[path = "it/garbage.rs"]
mod garbage;
#[path = "it/outcomes.rs"]
mod outcomes;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/rates.rs"]
mod rates;
#[path = "it/reads.rs"]
mod reads;
#[path = "it/support.rs"]
mod support;
#[path = "it/webhooks.rs"]
mod webhooks;
#[path = "it/world.rs"]
mod world;
