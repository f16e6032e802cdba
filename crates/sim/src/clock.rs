//! The clock of one process: the time of the world and how far off it is.

use crate::executor::SimClock;
use kernel::Timestamp;
use ports::{BoxFuture, Clock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that is off by some time, and may step.
#[derive(Clone)]
pub struct ProcessClock {
    truth: SimClock,
    offset_us: Arc<AtomicI64>,
}

impl ProcessClock {
    /// A clock that is `offset_us` microseconds ahead of the world's.
    pub fn new(truth: SimClock, offset_us: i64) -> Self {
        Self { truth, offset_us: Arc::new(AtomicI64::new(offset_us)) }
    }

    /// Steps it, forwards or backwards. Who sleeps sleeps as long as before.
    pub fn step(&self, by_us: i64) {
        self.offset_us.fetch_add(by_us, Ordering::Relaxed);
    }

    fn offset(&self) -> i64 {
        self.offset_us.load(Ordering::Relaxed)
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.truth.now().plus_micros(self.offset())
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        self.truth.sleep_until(at.plus_micros(-self.offset()))
    }
}
