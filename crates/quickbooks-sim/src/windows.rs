//! Sliding windows: how many requests happened in the last second or minute, exactly.

use std::collections::VecDeque;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;

/// Instants of the last `span_us`, grouped.
#[derive(Debug)]
struct Window {
    span_us: i64,
    /// (instant, how many at that instant)
    hits: VecDeque<(i64, u32)>,
    inside: u32,
    max: u32,
}

impl Window {
    fn new(span_us: i64) -> Self {
        Self { span_us, hits: VecDeque::new(), inside: 0, max: 0 }
    }

    /// Forgets what is `span_us` old or older.
    fn slide(&mut self, now_us: i64) {
        while let Some(&(at, n)) = self.hits.front() {
            if at > now_us - self.span_us {
                break;
            }
            self.inside -= n;
            self.hits.pop_front();
        }
    }

    fn full(&mut self, now_us: i64, limit: u32) -> bool {
        self.slide(now_us);
        limit != 0 && self.inside >= limit
    }

    fn hit(&mut self, now_us: i64) {
        self.slide(now_us);
        self.inside += 1;
        self.max = self.max.max(self.inside);
        match self.hits.back_mut() {
            Some((at, n)) if *at == now_us => *n += 1,
            _ => self.hits.push_back((now_us, 1)),
        }
    }
}

/// The windows of one realm and app.
#[derive(Debug)]
pub(crate) struct Windows {
    second: Window,
    minute: Window,
    batches: Window,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            second: Window::new(SECOND_US),
            minute: Window::new(MINUTE_US),
            batches: Window::new(MINUTE_US),
        }
    }
}

impl Windows {
    /// Whether one more request would break a limit. One app is simulated, so the batch limit of the
    /// realm binds only when it is the smaller one.
    pub(crate) fn over(&mut self, now_us: i64, batch: bool, limits: &crate::Limits) -> bool {
        let per_app = limits.batches_per_minute_app;
        let per_realm = limits.batches_per_minute_realm;
        let batches = match (per_app, per_realm) {
            (0, limit) | (limit, 0) => limit,
            (a, b) => a.min(b),
        };
        self.second.full(now_us, limits.requests_per_second)
            || self.minute.full(now_us, limits.requests_per_minute)
            || (batch && self.batches.full(now_us, batches))
    }

    /// Counts a request that was let through.
    pub(crate) fn hit(&mut self, now_us: i64, batch: bool) {
        self.second.hit(now_us);
        self.minute.hit(now_us);
        if batch {
            self.batches.hit(now_us);
        }
    }

    /// Most requests in any second, any minute, and batches in any minute.
    pub(crate) fn maxima(&self) -> (u32, u32, u32) {
        (self.second.max, self.minute.max, self.batches.max)
    }
}
