//! One folder per order system: verify, parse, normalise.

pub mod csv;
