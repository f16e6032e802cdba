//! Behaviour of `book` through its public API.

mod cases;
mod dice;
mod plans;
mod properties;
mod rules;
