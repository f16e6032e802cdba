//! Behaviour of reconciliation through its public edges.

mod credits;
mod online_retail;
mod payout;
mod statement;
mod trial;
