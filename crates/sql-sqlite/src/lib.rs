#![doc = include_str!("../README.md")]

mod checkpointer;
mod connection;
mod failure;
mod pool;
mod turnstile;
mod tx;
mod values;

pub use connection::{Options, Synchronous};
pub use pool::SqliteSql;
