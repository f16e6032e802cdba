//! Behaviour of reconciliation through its public edges.

mod completeness;
mod credits;
mod example;
mod online_retail;
mod payout;
mod statement;
mod trial;
