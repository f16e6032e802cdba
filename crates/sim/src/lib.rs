//! Deterministic simulation: executor, world, oracles, command line.
