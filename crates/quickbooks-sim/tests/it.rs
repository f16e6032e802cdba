//! The company seen through its API: one module per topic.

#[path = "it/support.rs"]
mod support;

#[path = "it/sales.rs"]
mod sales;
