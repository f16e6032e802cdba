//! The query language: `SELECT ... FROM ... WHERE ... ORDERBY ... STARTPOSITION ... MAXRESULTS ...`.

pub(crate) mod columns;
pub(crate) mod eval;
pub(crate) mod lex;
pub(crate) mod parse;
pub(crate) mod project;

pub(crate) use eval::{Context, run};
