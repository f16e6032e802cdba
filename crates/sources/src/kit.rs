//! What every source needs: signatures, headers, exact scalars, faults, and the suite that proves
//! a source keeps its promises.

pub mod body;
pub mod conformance;
pub mod fault;
pub mod header;
pub mod outcome;
pub mod scalar;
pub mod signature;

pub use fault::{Located, Parsed, malformed};
pub use header::header;
pub use outcome::Outcome;
pub use scalar::{Reference, Scalar, Text};
