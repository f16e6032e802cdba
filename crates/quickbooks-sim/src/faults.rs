//! How a request and its answer travel: the network and the gateway, drawn from the seed.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What may go wrong around one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is refused: the request never left.
    Refused,
    /// The request is lost on its way: nothing happened, and the caller cannot know.
    LostBefore,
    /// The request is handled and committed, the answer is lost.
    LostAfter,
    /// The connection breaks while the request is held up on its way: it is handled up to
    /// [`Faults::held_us`] after it was sent. Only company requests are; others are lost.
    HeldUp,
    /// The answer comes after [`Faults::late_us`].
    Late,
    /// The request is handled; only a part of the answer arrives.
    Cut,
    /// The request is handled; the answer is an HTML page.
    Garbage,
    /// 401 in the lower-case envelope; not handled.
    Unauthorized,
    /// 429 as XML; not handled.
    Throttled,
    /// 503 before the request is handled.
    ServerErrorBefore,
    /// 500 or 504 after the request was handled and committed.
    ServerErrorAfter,
    /// HTTP 200 with a fault in it; not handled.
    OkFault,
    /// HTTP 400 "Unexpected Internal Error (-30003)" although the request was committed
    /// (quickbooks.md §9.28).
    AmbiguousFault,
    /// HTTP 200 whose body is the object as it was: the update, void or delete was silently not
    /// applied (quickbooks.md §7). Of a batch only such items; other requests go through untouched.
    SilentNoop,
}

/// Rates in per mille of calls, and a schedule that overrides them. Each kind is drawn for itself;
/// where several fall on one call, one of them, drawn by lot, is what happens. So thirteen kinds at
/// a fifth of all calls each leave 0.8^13 of the calls, one in eighteen, alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// [`FaultKind::Refused`].
    pub refused: u32,
    /// [`FaultKind::LostBefore`].
    pub lost_before: u32,
    /// [`FaultKind::LostAfter`].
    pub lost_after: u32,
    /// [`FaultKind::HeldUp`].
    pub held_up: u32,
    /// [`FaultKind::Late`].
    pub late: u32,
    /// [`FaultKind::Cut`].
    pub cut: u32,
    /// [`FaultKind::Garbage`].
    pub garbage: u32,
    /// [`FaultKind::Unauthorized`].
    pub unauthorized: u32,
    /// [`FaultKind::Throttled`].
    pub throttled: u32,
    /// [`FaultKind::ServerErrorBefore`] or [`FaultKind::ServerErrorAfter`], half each.
    pub server_error: u32,
    /// [`FaultKind::OkFault`].
    pub ok_fault: u32,
    /// [`FaultKind::AmbiguousFault`].
    pub ambiguous: u32,
    /// [`FaultKind::SilentNoop`].
    pub silent_noop: u32,
    /// Longest time for which a request is held up, microseconds. The server ends at 120 seconds what
    /// takes too long (quickbooks.md §7).
    pub held_us: i64,
    /// Travel time of a late answer, microseconds.
    pub late_us: i64,
    /// Travel time of every other answer, microseconds.
    pub base_us: i64,
    /// Up to this much is added to the travel time, microseconds.
    pub jitter_us: i64,
    /// Faults for chosen calls; the first call is number 1. Calls named here draw no other fault.
    pub schedule: Vec<(u64, FaultKind)>,
}

/// A call as its sender sees it.
#[derive(Clone, Debug)]
pub enum Carried {
    /// The connection was refused; the request was certainly not handled.
    NotSent,
    /// Nothing ever comes back; the request may have been handled.
    Lost,
    /// The connection ends before an answer begins; the request may have been handled, or will be.
    Broken {
        /// Time until it breaks, microseconds.
        after_us: i64,
    },
    /// The whole answer arrives `after_us` microseconds after the call.
    Reply {
        /// Travel time, microseconds.
        after_us: i64,
        /// The answer.
        response: http::Response<Bytes>,
    },
    /// The connection ends within the answer.
    Cut {
        /// Travel time, microseconds.
        after_us: i64,
        /// The bytes that arrived.
        partial: Bytes,
        /// The status line arrived.
        status: http::StatusCode,
    },
}

/// A well-mixed 64-bit value from a seed and a number (SplitMix64's finaliser).
pub(crate) fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of bytes that does not change between runs or machines (FNV-1a, 64 bits).
pub(crate) fn hash(mut state: u64, bytes: &[u8]) -> u64 {
    for &byte in bytes {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state
}

/// Start value of [`hash`].
pub(crate) const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

impl Faults {
    /// The fault of call `number`, if any.
    pub(crate) fn draw(&self, seed: u64, number: u64) -> Option<FaultKind> {
        if let Some((_, kind)) = self.schedule.iter().find(|(n, _)| *n == number) {
            return Some(*kind);
        }
        let half = mix(seed ^ 0xfa02, number) & 1 == 0;
        let table = self.table(half);
        // Who of several wins is a lot of its own, so that no kind hides another.
        let lot = |n: u64| mix(seed ^ 0xfa06 ^ (n << 32), number);
        (0_u64..)
            .zip(table)
            .filter(|(n, (rate, _))| {
                let roll = mix(seed ^ 0xfa01 ^ (n << 32), number) % 1_000;
                roll < u64::from(*rate)
            })
            .max_by_key(|(n, _)| lot(*n))
            .map(|(_, (_, kind))| kind)
    }

    /// The same by the caller's draws: `draw(n)` gives a number below n, and 0 leaves the call alone.
    pub(crate) fn drawn(&self, number: u64, draw: &mut dyn FnMut(u64) -> u64) -> Option<FaultKind> {
        if let Some((_, kind)) = self.schedule.iter().find(|(n, _)| *n == number) {
            return Some(*kind);
        }
        let mut met = Vec::new();
        for (rate, kind) in self.table(true) {
            if rate > 0 && draw(1_000) >= 1_000_u64.saturating_sub(u64::from(rate)) {
                met.push(kind);
            }
        }
        let n = u64::try_from(met.len()).unwrap_or(0);
        let lot = if n > 1 { usize::try_from(draw(n)).unwrap_or(0) } else { 0 };
        match met.get(lot).copied() {
            Some(FaultKind::ServerErrorBefore) if draw(2) == 1 => Some(FaultKind::ServerErrorAfter),
            other => other,
        }
    }

    /// The rate of every kind; server errors come before or after the request is handled.
    fn table(&self, before: bool) -> [(u32, FaultKind); 13] {
        let server =
            if before { FaultKind::ServerErrorBefore } else { FaultKind::ServerErrorAfter };
        [
            (self.refused, FaultKind::Refused),
            (self.lost_before, FaultKind::LostBefore),
            (self.lost_after, FaultKind::LostAfter),
            (self.held_up, FaultKind::HeldUp),
            (self.late, FaultKind::Late),
            (self.cut, FaultKind::Cut),
            (self.garbage, FaultKind::Garbage),
            (self.unauthorized, FaultKind::Unauthorized),
            (self.throttled, FaultKind::Throttled),
            (self.server_error, server),
            (self.ok_fault, FaultKind::OkFault),
            (self.ambiguous, FaultKind::AmbiguousFault),
            (self.silent_noop, FaultKind::SilentNoop),
        ]
    }

    /// How long call `number` is held up.
    pub(crate) fn held_us(&self, seed: u64, number: u64) -> i64 {
        let span = u64::try_from(self.held_us).unwrap_or(0).max(1);
        1 + i64::try_from(mix(seed ^ 0xfa07, number) % span).unwrap_or(0)
    }

    /// Travel time of call `number`.
    pub(crate) fn travel_us(&self, seed: u64, number: u64) -> i64 {
        if self.jitter_us <= 0 {
            return self.base_us;
        }
        let span = u64::try_from(self.jitter_us).unwrap_or(0) + 1;
        self.base_us + i64::try_from(mix(seed ^ 0xfa03, number) % span).unwrap_or(0)
    }
}
