//! Deliveries made of arbitrary bytes to the source of Stripe.
#![no_main]
#![allow(dead_code, reason = "one driver serves several targets")]

#[path = "../../crates/sources/tests/garbage/drive.rs"]
mod drive;
#[path = "../heap.rs"]
mod heap;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heap::bounded(|| drive::feed("stripe", bytes)));
