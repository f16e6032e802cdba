//! The latest requests, for whoever wants to know what a client really sends.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Serialize;

use crate::faults::FaultKind;
use crate::webhooks::instant;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Seen {
    /// Counted from 1.
    pub number: u64,
    /// The companies' time, UTC.
    pub at: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub request_bytes: usize,
    /// What the caller saw; none when no answer reached it.
    pub status: Option<u16>,
    pub fault: Option<FaultKind>,
}

impl Seen {
    pub(super) fn of(
        number: u64,
        req: &Request<Bytes>,
        status: Option<StatusCode>,
        fault: Option<FaultKind>,
        at_us: i64,
    ) -> Self {
        Self {
            number,
            at: instant(at_us),
            method: req.method().as_str().to_owned(),
            path: req.uri().path().to_owned(),
            query: req.uri().query().unwrap_or("").to_owned(),
            request_bytes: req.body().len(),
            status: status.map(|s| s.as_u16()),
            fault,
        }
    }
}

/// The latest requests, oldest first.
#[derive(Debug)]
pub(super) struct SeenRing {
    most: usize,
    number: u64,
    ring: VecDeque<Seen>,
}

impl SeenRing {
    pub(super) fn new(most: usize) -> Self {
        Self { most, number: 0, ring: VecDeque::new() }
    }

    pub(super) fn push(&mut self, seen: impl FnOnce(u64) -> Seen) {
        self.number += 1;
        if self.most == 0 {
            return;
        }
        if self.ring.len() == self.most {
            self.ring.pop_front();
        }
        self.ring.push_back(seen(self.number));
    }

    /// Requests since the beginning, also the forgotten ones.
    pub(super) fn total(&self) -> u64 {
        self.number
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Seen> {
        self.ring.iter()
    }

    pub(super) fn clear(&mut self) {
        self.ring.clear();
        self.number = 0;
    }
}
