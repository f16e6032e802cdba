//! Behaviour of reconciliation through its public edges.

mod credits;
mod payout;
mod statement;
mod trial;
