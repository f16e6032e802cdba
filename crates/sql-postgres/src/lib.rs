#![doc = include_str!("../README.md")]

mod bulk;
mod connect;
mod failure;
mod pool;
mod statement;
mod tx;
mod values;

pub use connect::Options;
pub use pool::PostgresSql;
