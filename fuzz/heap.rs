//! The heap of a fuzz target, bounded.

use cap::Cap;
use std::alloc::System;
use std::panic;
use std::sync::Once;

/// What reading one input may hold at once, bytes: the smallest limit of bodies that a source has.
/// Inputs are far smaller, so whatever comes near it is a length that was believed.
const BYTES_MAX: usize = 1 << 20;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Runs `work`, which dies where it holds more than [`BYTES_MAX`] on top of what is held already.
pub fn bounded(work: impl FnOnce()) {
    static HOOKED: Once = Once::new();
    // What a panic prints needs a heap, and what libFuzzer writes after it too.
    HOOKED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |about| {
            let _ = HEAP.set_limit(usize::MAX);
            print(about);
        }));
    });
    let limit = HEAP.allocated().saturating_add(BYTES_MAX);
    HEAP.set_limit(limit).expect("more is allowed than is held");
    work();
    HEAP.set_limit(usize::MAX).expect("there is no limit");
}
