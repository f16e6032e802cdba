//! The store on both engines: every case runs on SQLite in memory and, where a server answers, in
//! a PostgreSQL schema of its own.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[macro_use]
mod harness;
mod make;

mod audit;
mod claims;
mod connections;
mod damage;
mod deliveries;
mod disputed;
mod documents;
mod exceptions;
mod facts;
mod hints;
mod imports;
mod items;
mod lanes;
mod migrations;
mod needs;
mod plans;
mod progress;
mod reports;
mod statements;
mod tokens;
mod wanted;
