//! Garbled answers to the connector.
#![no_main]
#![allow(dead_code, reason = "the tests of the connector use more of their own helpers")]

#[path = "../../crates/quickbooks/tests/it/documents.rs"]
mod documents;
#[path = "../../crates/quickbooks/tests/garbage/drive.rs"]
mod drive;
#[path = "../../crates/quickbooks/tests/it/support.rs"]
mod support;
#[path = "../../crates/quickbooks/tests/it/world.rs"]
mod world;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drive::drive(bytes));
