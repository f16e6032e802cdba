//! One folder per order system: verify, parse, normalise.
