//! Traits only: the seams between what Tieout decides and what the world does.
//!
//! Everything that can differ between production, a test and the simulation crosses one of these
//! ports: time, randomness, network, database, ledger and sources. Nothing in this crate does
//! anything; it must never depend on a runtime, a driver or a socket.

pub mod canary;
mod company;
mod http_port;
mod ledger;
mod notices;
mod poll;
mod secrets;
mod source;
mod sql;
mod time;

pub use company::{Company, CompanySetting};
pub use http_port::{Http, HttpFailure};
pub use ledger::{
    Act, ApplyOutcome, CallCost, ChangedPage, ChangedReference, Changes, FaultClass, FindKey,
    FindOutcome, LedgerRef, LedgerTarget, Mismatch, Named, Pace, ReadOutcome, RefMap, Snapshot,
    SnapshotLine, TargetFault, TargetManifest, TargetOp, TargetSubject,
};
pub use notices::{Notice, NoticeSource, Notices};
pub use poll::{Finding, PollFault, PollRun, Polled, Poller, Stream, Window};
pub use secrets::{Callback, Grants, Sealer, Secret, TokenPair, TokenStore};
pub use source::{
    Answer, Answers, EventSource, Normalised, RawDelivery, Refusal, SignatureState, SourceFault,
    SourceManifest,
};
pub use sql::{
    CommitFailure, Dialect, Kind, Many, Row, Sql, SqlFailure, SqlTx, Stmt, TxMode, Value,
};
pub use time::{Clock, Entropy};

use std::future::Future;
use std::pin::Pin;

/// An owned, sendable future: what every port returns, so that ports stay object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
