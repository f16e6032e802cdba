//! Requests made of arbitrary bytes against the simulated company.
#![no_main]

#[path = "../../crates/quickbooks-sim/tests/garbage/drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drive::drive(bytes));
