//! Pure accounting: fold of facts, mapping rules, desired documents, postings, plan.
//!
//! `fold` turns facts into a [`State`] that does not depend on their order or repetition;
//! [`decide`] says what the ledger should hold for that state under [`Rules`]; [`plan`] compares
//! it with what the ledger is known to hold. No clock, no randomness, no I/O.

mod closed;
mod compose;
mod desired;
mod make;
mod plan;
mod rate;
mod role;
mod rules;
mod state;
mod trial;

pub use closed::into_open_days;
pub use desired::{
    Claim, ClaimClass, ClaimOutcome, Context, Contribution, CreditMatch, Desired, Hold,
};
pub use make::decide;
pub use plan::{Known, Stage, Step, plan};
pub use role::Role;
pub use rules::{ClosedPeriod, PostingMode, Rules, RulesError};
pub use state::{State, fold};
pub use trial::{Case, CaseLedger, TestReport, TestResult};
