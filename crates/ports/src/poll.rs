//! The port of a vendor's list API: it heals what webhooks did not deliver.
//!
//! A poller asks and reads; it sends nothing and waits for nothing. Whoever drives it owns the
//! network, the clock and the pauses. What it reads goes the way of every delivery.

use bytes::Bytes;
use http::{Request, Response};
use kernel::{ReasonCode, Timestamp};

/// One list of a vendor, read on its own: orders, payouts, events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Its name: `orders`.
    pub name: &'static str,
    /// Longest stretch of time read at once, seconds. Where reading breaks off, it begins anew.
    pub window_s: i64,
    /// How long after a change the vendor may still add it to the list, seconds: asked for again. 0: the
    /// list is read by its place and not by time.
    pub late_s: i64,
    /// How far back the vendor's memory goes, seconds; 0 where it forgets nothing.
    pub memory_s: i64,
}

/// A stretch of time: from `since`, before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub since: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// A delivery that was fetched: the vendor's bytes, and headers of ours that say what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled {
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The bytes as the vendor sent them, or one object of them.
    pub body: Bytes,
}

/// Why an answer could not be used. The same request is sent again later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollFault {
    /// Too many requests.
    #[error("too many requests; wait {wait_s} seconds")]
    Throttled {
        /// What the vendor asks to wait, seconds.
        wait_s: i64,
    },
    /// The vendor does not let us read: a person has to see to the access.
    #[error("{0}")]
    Denied(String),
    /// Not an answer the vendor documents, or an error of its own.
    #[error("{0}")]
    Failed(String),
}

/// What a list shows to be wrong. A person is told until a later reading no longer finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The reason.
    pub code: ReasonCode,
    /// What is wrong and what to do.
    pub detail: String,
}

/// Reads the lists of one connection of a source.
pub trait Poller: Send + Sync {
    /// The lists there are.
    fn streams(&self) -> &'static [Stream];
    /// Kinds of movement of which the list holds every one, `late_s` after it happened: one that is
    /// known and not listed is gone at the source. Words of completeness: `sale`, `payment`,
    /// `refund`, `payout`, `dispute`, `fee`.
    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        let _ = stream;
        &[]
    }
    /// Begins to read one of them.
    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault>;
    /// Whether deliveries of this source only name objects, which are then read one by one.
    fn fetches(&self) -> bool {
        false
    }
    /// Begins to read one object that a delivery only named ([`crate::Normalised::wanted`]).
    fn fetch(&self, name: &str) -> Result<Box<dyn PollRun>, PollFault> {
        Err(PollFault::Failed(format!("`{name}` is nothing that can be read here")))
    }
    /// The same for a list that is not only asked for by time: `place` is what [`PollRun::place`]
    /// said when it was last read to its end; empty at first, and when all of it is to be read.
    fn resume(
        &self,
        stream: &Stream,
        window: Window,
        place: &str,
    ) -> Result<Box<dyn PollRun>, PollFault> {
        let _ = place;
        self.begin(stream, window)
    }
}

/// One stretch of a list being read.
pub trait PollRun: Send {
    /// The next request, the same until its answer is taken; `None` when all is read.
    fn ask(&mut self) -> Option<Request<Bytes>>;
    /// Takes the answer and returns what it makes complete.
    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault>;
    /// Once all is read: where the next reading goes on, in words of the list's own; at most a few
    /// kilobytes. Empty where time alone says it.
    fn place(&self) -> String {
        String::new()
    }
    /// Once all is read: what is wrong.
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}
