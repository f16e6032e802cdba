//! The reconcile step and everything around it: intake, normalise, decide, post, look, verify.
//!
//! The engine knows only ports and pure crates. It never sees a socket, a runtime or a vendor.
//! One worker at a time decides for a lane; its effects overlap up to a limit. A crash anywhere
//! leaves one case behind, an attempt without an outcome, and the next worker looks before it
//! sends anything again.

mod applied;
mod backoff;
mod closed_day;
mod closing;
mod company;
mod completeness;
mod config;
mod connection;
mod consent;
mod decide;
mod drift;
mod explain;
mod feed;
mod hints;
mod import;
mod intake;
mod journal;
mod keys;
mod lane;
mod look;
mod merged;
mod normalise;
mod notices;
mod operate;
mod pace;
mod polling;
mod post;
mod quiet;
mod rate;
mod renew;
mod sequence;
mod settle;
mod statement;
mod stood;
mod sub_ledger;
mod tell;
mod tokens;
mod tracked;
mod unnamed;
mod verify;

pub use completeness::Completeness;
pub use config::Limits;
pub use consent::{Asked, AskedFrom, Connected, Consent, NotConnected};
pub use decide::DecideReport;
pub use explain::{ExplainedDocument, Explanation, explain};
pub use import::{Control, FileImport, PART_BYTES};
pub use intake::{Intake, Receipt};
pub use journal::Actor;
pub use lane::{Outcome, Progress, Worker};
pub use notices::KeptNotices;
pub use operate::{AuditReport, PlanSummary, Resolution};
pub use pace::Pace;
pub use polling::{PolledSource, Polling, Read};
pub use rate::{Budget, RateManager};
pub use settle::{Moved, Settled, settle};
pub use statement::statement;
pub use sub_ledger::SubLedgerCheck;
pub use tokens::Tokens;

use book::Rules;
use kernel::{Currencies, Id, Timestamp};
use ports::{Clock, Entropy, EventSource, LedgerTarget};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use tlog::Origin;

/// Everything a worker, the intake and the commands share.
#[derive(Clone)]
pub struct Engine {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Sources by connection name.
    pub sources: Arc<BTreeMap<String, Arc<dyn EventSource>>>,
    /// The mapping rules.
    pub rules: Arc<Rules>,
    /// SHA-256 of the rules' text, hexadecimal.
    pub rules_sha256: String,
    /// The ledger.
    pub target: Arc<dyn LedgerTarget>,
    /// Name of the lane: tenant and ledger connection.
    pub lane: String,
    /// Name of the audit log.
    pub origin: Origin,
    /// Every limit.
    pub limits: Limits,
}

/// Why a step did not complete. A step may always be run again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The database port.
    #[error(transparent)]
    Sql(#[from] ports::SqlFailure),
    /// The commit.
    #[error(transparent)]
    Commit(#[from] ports::CommitFailure),
    /// Another worker owns the lane now: stop and store nothing.
    #[error("another worker has taken over the lane {0}; this one stops")]
    LaneLost(String),
    /// A request that cannot be served as asked.
    #[error("{0}")]
    Refused(String),
}

/// Kinds of calls that the ledger's provider meters: reads. Writes are free (quickbooks.md §6).
pub const METERED_CALLS: [&str; 6] =
    ["verify", "find", "read", "changes", "changed_page", "company"];

/// A result of the engine.
pub type Result<T> = std::result::Result<T, Error>;

impl Engine {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id.
    pub fn id(&self) -> Id {
        self.id_of(self.clock.now())
    }

    /// An id that says it was made later than another, also where the clock says otherwise.
    pub(crate) fn id_after(&self, other: Id) -> Id {
        self.id_of(self.clock.now().max(other.made_at().plus_micros(1_000)))
    }

    fn id_of(&self, made_at: Timestamp) -> Id {
        let mut bytes = [0; 10];
        self.entropy.fill(&mut bytes);
        Id::new(made_at, bytes)
    }

    /// What decisions rest on beside facts: the rules, and the currencies of the books.
    pub(crate) fn basis(&self) -> String {
        match self.target.currencies() {
            Currencies::Unknown => self.rules_sha256.clone(),
            Currencies::Only(home) => format!("{} {home}", self.rules_sha256),
            Currencies::Several(home) => format!("{} {home} and others", self.rules_sha256),
        }
    }

    /// Prepares the database: schema, audit log, lane.
    pub async fn prepare(&self) -> Result<()> {
        store::migrate::run(&self.store).await?;
        let mut tx = self.store.write().await?;
        store::audit::start(tx.as_mut(), &self.origin).await?;
        store::lane::open(tx.as_mut(), &self.lane).await?;
        tx.commit().await?;
        Ok(())
    }
}
