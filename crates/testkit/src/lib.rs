//! Vendors for tests: what they deliver by webhook, and their list APIs over the same objects.

pub mod lists;
mod unsigned;
pub mod vendor;

pub use lists::{Asked, Lists, Vendor, read};
pub use unsigned::Unsigned;
pub use vendor::Month;
