//! Deliveries made of arbitrary bytes to every source.
#![no_main]

#[path = "../../crates/sources/tests/garbage/drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drive::drive(bytes));
