//! Deterministic simulation: the real engine, store, sources and connector on virtual time, with
//! everything failing that can fail.
//!
//! One seed decides everything: which task runs next, how long calls travel, what is lost,
//! delivered twice or out of order, which transaction fails, when a worker dies. The same seed
//! gives the same trace, byte for byte.

pub mod cases;
pub mod chance;
pub mod evidence;
pub mod executor;
pub mod faulty_sql;
pub mod lists;
pub mod operator;
pub mod oracle;
pub mod profile;
pub mod run;
pub mod weather;
pub mod world;

pub use profile::Profile;
pub use run::{Report, run, run_as};
