//! Decisions as text.

use crate::desired::Desired;

pub(crate) fn desired(_: &Desired, _: &mut String) {}

pub(crate) fn difference(_: &str, _: &str) -> String {
    String::new()
}
