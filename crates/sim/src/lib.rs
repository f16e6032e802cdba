//! Deterministic simulation: the real engine, store, sources and connector on virtual time, with
//! everything failing that can fail.
//!
//! One tape decides everything: which task runs next, how long calls travel, what is lost,
//! delivered twice or out of order, which transaction fails, when a process dies. A seed makes the
//! tape; the same tape gives the same trace, byte for byte.

pub mod accuracy;
pub mod bounds;
pub mod bugbase;
pub mod canaries;
pub mod cases;
pub mod chance;
pub mod clock;
pub mod evidence;
pub mod executor;
pub mod explain;
pub mod faulty_sql;
mod line;
pub mod lists;
pub mod logs;
pub mod many;
pub mod minimise;
pub mod naive;
pub mod oracle;
pub mod profile;
pub mod refreshes;
pub mod report;
pub mod run;
pub mod tape;
pub mod trace;
pub mod weather;
pub mod world;

pub use bounds::Bounds;
pub use oracle::Violation;
pub use profile::Profile;
pub use run::{Measured, Report, measured_in, run, run_as, run_in};
pub use tape::Tape;
