//! Rules, settings and tests of rules made of arbitrary text.
#![no_main]
#![allow(dead_code, reason = "one driver serves several targets")]

#[path = "../../crates/book/tests/garbage/drive.rs"]
mod drive;
#[path = "../heap.rs"]
mod heap;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heap::bounded(|| drive::drive(bytes)));
