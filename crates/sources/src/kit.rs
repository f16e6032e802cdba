//! What every source needs: signatures, headers, exact scalars, faults, and the suite that proves
//! a source keeps its promises.

pub mod bearer;
pub mod body;
pub mod conformance;
pub mod fault;
pub mod fields;
pub mod header;
pub mod lines;
pub mod outcome;
pub mod parcel;
pub mod poll;
pub mod processor;
pub mod scalar;
pub mod shop;
pub mod signature;
pub mod tax;
pub mod webhooks;

pub use fault::{Located, Parsed, malformed};
pub use fields::Fields;
pub use header::header;
pub use lines::{is_rounding, simple, total, unit};
pub use outcome::Outcome;
pub use scalar::{Reference, Scalar, Text, lower, owned};
