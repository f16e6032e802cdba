//! Statements, migrations and repositories over the Sql port.
//!
//! One file per aggregate, statements on top, verbs of the domain below. Every function works
//! inside a transaction the caller opened; nothing here knows a ledger, a source or a clock.

#![expect(clippy::useless_vec, reason = "one `args!` serves single statements and bulk rows")]

pub mod audit;
pub mod claim;
pub mod company;
pub mod completeness;
pub mod consent;
pub mod delivery;
pub mod dialect;
pub mod disputed;
pub mod document;
pub mod exception;
pub mod fact;
pub mod former;
pub mod hint;
pub mod import;
pub mod item;
pub mod lane;
pub mod meta;
pub mod migrate;
pub mod pace;
pub mod poll;
pub mod report;
pub mod token;
pub mod wanted;

mod args;

use ports::{CommitFailure, Sql, SqlFailure, SqlTx, Stmt, TxMode};
use std::sync::Arc;

/// The database of one tenant.
#[derive(Clone)]
pub struct Store {
    sql: Arc<dyn Sql>,
}

/// Why a unit of work was not stored. In every case the unit can be run again from the start:
/// it re-reads what is durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A statement failed; nothing of the transaction is durable.
    #[error(transparent)]
    Sql(#[from] SqlFailure),
    /// The commit did not end well.
    #[error(transparent)]
    Commit(#[from] CommitFailure),
    /// Stored data is not what the program wrote: stop and look.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// A store on an open database. Call [`migrate::run`] first.
    pub fn new(sql: Arc<dyn Sql>) -> Self {
        Self { sql }
    }

    /// Opens a transaction that may write.
    pub async fn write(&self) -> Result<Box<dyn SqlTx + '_>> {
        Ok(self.sql.begin(TxMode::Write).await?)
    }

    /// Opens a transaction that reads one snapshot.
    pub async fn read(&self) -> Result<Box<dyn SqlTx + '_>> {
        Ok(self.sql.begin(TxMode::Read).await?)
    }

    /// The engine behind the store.
    pub fn dialect(&self) -> ports::Dialect {
        self.sql.dialect()
    }
}

/// Every statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static Stmt> {
    [
        audit::ALL,
        claim::ALL,
        company::ALL,
        consent::ALL,
        delivery::ALL,
        document::ALL,
        document::ATTEMPT_STATEMENTS,
        document::NEED_STATEMENTS,
        document::POSTING_STATEMENTS,
        disputed::ALL,
        exception::ALL,
        fact::ALL,
        former::ALL,
        hint::ALL,
        import::ALL,
        item::ALL,
        lane::ALL,
        meta::ALL,
        pace::ALL,
        completeness::ALL,
        poll::ALL,
        report::ALL,
        token::ALL,
        wanted::ALL,
    ]
    .concat()
}
