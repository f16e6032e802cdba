//! Sliding windows: how many requests happened in the last second or minute, exactly.

use std::collections::VecDeque;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;

/// Instants of the last `span_us`, grouped.
#[derive(Debug)]
pub(crate) struct Window {
    span_us: i64,
    /// (instant, how many at that instant)
    hits: VecDeque<(i64, u32)>,
    inside: u32,
    max: u32,
}

impl Window {
    /// A minute.
    pub(crate) fn minute() -> Self {
        Self::new(MINUTE_US)
    }

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

    /// Whether there is no room for one more; a limit of zero is none.
    pub(crate) fn full(&mut self, now_us: i64, limit: u32) -> bool {
        self.slide(now_us);
        limit != 0 && self.inside >= limit
    }

    /// Counts one.
    pub(crate) fn hit(&mut self, now_us: i64) {
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
    reports: Window,
}

/// What counts towards limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    Batch,
    Report,
    Other,
}

impl Load {
    /// Of what is asked for behind the company in a path.
    pub(crate) fn of(rest: &str) -> Self {
        match rest.split('/').next() {
            Some("batch") => Self::Batch,
            Some("reports") => Self::Report,
            _ => Self::Other,
        }
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            second: Window::new(SECOND_US),
            minute: Window::minute(),
            batches: Window::minute(),
            reports: Window::minute(),
        }
    }
}

impl Windows {
    /// Whether one more request would break a limit. One app is simulated, so the batch limit of the
    /// realm binds only when it is the smaller one.
    pub(crate) fn over(&mut self, now_us: i64, load: Load, limits: &crate::Limits) -> bool {
        let per_app = limits.batches_per_minute_app;
        let per_realm = limits.batches_per_minute_realm;
        let batches = match (per_app, per_realm) {
            (0, limit) | (limit, 0) => limit,
            (a, b) => a.min(b),
        };
        self.second.full(now_us, limits.requests_per_second)
            || self.minute.full(now_us, limits.requests_per_minute)
            || (load == Load::Batch && self.batches.full(now_us, batches))
            || (load == Load::Report && self.reports.full(now_us, limits.reports_per_minute))
    }

    /// Counts a request that was let through.
    pub(crate) fn hit(&mut self, now_us: i64, load: Load) {
        self.second.hit(now_us);
        self.minute.hit(now_us);
        match load {
            Load::Batch => self.batches.hit(now_us),
            Load::Report => self.reports.hit(now_us),
            Load::Other => {}
        }
    }

    /// Most requests in any second, any minute, and batches in any minute.
    pub(crate) fn maxima(&self) -> (u32, u32, u32) {
        (self.second.max, self.minute.max, self.batches.max)
    }
}
