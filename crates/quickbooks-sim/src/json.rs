//! JSON in and out: borrowed fields on the way in, an appending writer on the way out.

pub(crate) mod read;
pub(crate) mod write;

pub(crate) use read::{Obj, array, is_null, nesting, scalar};
pub(crate) use write::Json;
