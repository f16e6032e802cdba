//! The rules of the protocol and how far they are searched.

/// The rules that make "once" true. [`Protocol::default`] is what the engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Every transaction that decides locks the lane and compares owner and fence
    /// (`store::lane::hold`).
    pub fence: bool,
    /// An attempt is stored before its call leaves (`engine::post::start_calls`).
    pub attempt_first: bool,
    /// A repeated call travels under the id it had (`engine::look::look_doubtful`).
    pub same_id: bool,
    /// A call is repeated only while the ledger is sure to remember it (`Limits::replay_ms`).
    pub repeat_while_fresh: bool,
    /// A call is repeated whole or not at all (`intact` in `engine::look::repeatable`).
    pub repeat_whole: bool,
    /// What is not known to be done or not is looked for before it is sent anew
    /// (`engine::look::after_find`).
    pub look_first: bool,
    /// A search waits until no earlier call can still reach the ledger (`Limits::settle_ms`).
    pub settle_first: bool,
    /// That a repeated call did nothing says nothing about the one before
    /// (`leaves_doubt` in `engine::settle`).
    pub doubt_stays: bool,
    /// A new owner turns attempts without an outcome into doubts (`Worker::recover`).
    pub recover: bool,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            fence: true,
            attempt_first: true,
            same_id: true,
            repeat_while_fresh: true,
            repeat_whole: true,
            look_first: true,
            settle_first: true,
            doubt_stays: true,
            recover: true,
        }
    }
}

/// One rule switched off.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// What is done wrong.
    pub name: &'static str,
    /// The rule, off.
    pub protocol: Protocol,
    /// What the checker must find broken, whatever else it finds.
    pub breaks: &'static str,
    /// What can go wrong on the way.
    pub bounds: Bounds,
}

impl Mutation {
    /// The broken protocol within its bounds.
    pub fn lane(&self) -> crate::Lane {
        crate::Lane { protocol: self.protocol, bounds: self.bounds }
    }

    /// Every rule switched off once.
    pub fn all() -> Vec<Self> {
        use crate::property::{ENDS, ONE, STALE, TRUE, UNKNOWN};
        let good = Protocol::default();
        let off = |name, breaks, protocol| Self { name, protocol, breaks, bounds: Bounds::TINY };
        vec![
            off("fence ignored: decided", STALE, Protocol { fence: false, ..good }),
            off("fence ignored: posted", ONE, Protocol { fence: false, ..good }),
            Self {
                bounds: Bounds { store_faults: 1, ..Bounds::TINY },
                ..off("call before its attempt", ONE, Protocol { attempt_first: false, ..good })
            },
            off("number of the attempt in the call id", ONE, Protocol { same_id: false, ..good }),
            off(
                "repeated after the ledger forgot",
                ONE,
                Protocol { repeat_while_fresh: false, ..good },
            ),
            Self {
                bounds: Bounds::PAIR,
                ..off("half a batch repeated", TRUE, Protocol { repeat_whole: false, ..good })
            },
            off(
                "sent anew without a look: in doubt",
                UNKNOWN,
                Protocol { look_first: false, ..good },
            ),
            off("sent anew without a look: posted", ONE, Protocol { look_first: false, ..good }),
            off("searched too early", ONE, Protocol { settle_first: false, ..good }),
            Self {
                bounds: Bounds { refusals: 1, ..Bounds::TINY },
                ..off("refusal of a repeat believed", ONE, Protocol { doubt_stays: false, ..good })
            },
            off("attempts of the dead forgotten", ENDS, Protocol { recover: false, ..good }),
        ]
    }
}

/// How many of each thing can happen in one history. Within them the search is exhaustive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Workers.
    pub workers: u8,
    /// Documents, each with one business key.
    pub documents: u8,
    /// Requests or answers lost, searches that fail, answers that name only a part.
    pub losses: u8,
    /// Processes killed.
    pub crashes: u8,
    /// Leases of living workers that run out.
    pub lapses: u8,
    /// Transactions that fail, or are durable while their answer is lost.
    pub store_faults: u8,
    /// Calls that the ledger refuses: for good, for now, or as too many.
    pub refusals: u8,
    /// Times that a person retries what is held.
    pub retries: u8,
}

impl Bounds {
    /// One document, and one of everything that can go wrong.
    pub const SMALL: Self = Self {
        workers: 2,
        documents: 1,
        losses: 1,
        crashes: 1,
        lapses: 1,
        store_faults: 1,
        refusals: 1,
        retries: 1,
    };

    /// One document, without a store that fails, refusals and retries: seconds in any build.
    pub const TINY: Self = Self { store_faults: 0, refusals: 0, retries: 0, ..Self::SMALL };

    /// Two documents, which may share a call.
    pub const PAIR: Self = Self { documents: 2, lapses: 0, ..Self::TINY };

    /// One document, and more of what is lost and of what is taken over.
    pub const DEEP: Self = Self { losses: 2, lapses: 2, refusals: 1, ..Self::TINY };
}
