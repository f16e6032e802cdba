//! Behaviour of `book` through its public API.

mod cases;
