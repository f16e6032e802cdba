#![doc = include_str!("../README.md")]

pub mod completeness;
pub mod credits;
pub mod exchange;
pub mod payout;
pub mod statement;
pub mod trial;

pub use completeness::{Day, Kind, Movement, Movements, Sum, completeness};
pub use credits::{
    Certificate, CreditAllocation, CreditLine, LineRef, Outcome, SaleLine, Unmatched,
    UnmatchedClass, credits,
};
pub use exchange::{Settled, home_postings};
pub use payout::{CategoryTotals, PayoutBreak, PayoutTie, payout_tie_out};
pub use statement::{
    Counts, Overflow, Statement, StatementInput, StatementOutcome, StatementRow, Term, statement,
};
pub use trial::{Break, tie_out};
