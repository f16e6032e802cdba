//! Behaviour of `book` through its public API.

mod cases;
mod dice;
mod garbage;
mod plans;
mod properties;
mod rules;
