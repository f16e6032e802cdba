//! Reads: objects by id, rows of a query, the trial balance.

use crate::entity::Entity;
use crate::errors::{Ending, Verdict};
use crate::exchange::{self, Call, NoAnswer, Said};
use crate::query;
use crate::target::QuickBooks;
use crate::wire_in::{self, Txn};
use bytes::Bytes;
use http::Method;
use kernel::{BusinessDate, DocumentKind, Timestamp};
use ports::{CallCost, ReadOutcome, Snapshot, TargetFault};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Queries travel as the body of a POST: a URL would be too short for 1,000 ids
/// (quickbooks.md §3).
const QUERY_TEXT: &str = "application/text";

/// Why a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoRead {
    Failed(String),
    Throttled,
    Disconnected(Box<TargetFault>),
}

impl NoRead {
    pub(crate) fn outcome<T>(self) -> ReadOutcome<T> {
        match self {
            Self::Failed(why) => ReadOutcome::Failed(why),
            Self::Throttled => ReadOutcome::Throttled,
            Self::Disconnected(fault) => ReadOutcome::Disconnected(*fault),
        }
    }
}

impl From<NoAnswer> for NoRead {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::NotSent(why) | NoAnswer::Unknown(why) => Self::Failed(why),
            NoAnswer::Disconnected(fault) => Self::Disconnected(fault),
        }
    }
}

impl From<Verdict> for NoRead {
    fn from(verdict: Verdict) -> Self {
        match verdict.ending {
            Ending::Throttled => Self::Throttled,
            Ending::Disconnected => Self::Disconnected(Box::new(verdict.fault)),
            Ending::Refused | Ending::Unknown => {
                Self::Failed(format!("{}: {}", verdict.fault.upstream, verdict.fault.summary))
            }
        }
    }
}

/// Waits until one more request may be sent within the same method of the port.
pub(crate) async fn further(target: &QuickBooks, deadline: Timestamp) -> Result<(), NoRead> {
    if target.permit(CallCost::Read, deadline).await {
        return Ok(());
    }
    Err(NoRead::Failed("no permit was left for the next request of the same reading".to_owned()))
}

/// Objects of `kind` by id. Deleted ones are absent: queries never show them (quickbooks.md §3).
pub(crate) async fn read_back(
    target: &QuickBooks,
    kind: DocumentKind,
    ids: &[String],
    deadline: Timestamp,
) -> Result<Vec<Snapshot>, NoRead> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let entity = Entity::Document(kind);
    let mut text = query::select_in(entity.name(), "Id", ids.iter().map(String::as_str));
    text.push_str(" MAXRESULTS 1000");
    let read = |txn: &Txn<'_>| {
        wire_in::legible(kind, txn, target.home())
            .ok_or_else(|| "an object without Id or SyncToken".to_owned())
    };
    rows(target, text, deadline, read).await
}

/// One page of a query, each row read by `read`.
pub(crate) async fn rows<T>(
    target: &QuickBooks,
    text: String,
    deadline: Timestamp,
    read: impl Fn(&Txn<'_>) -> Result<T, String>,
) -> Result<Vec<T>, NoRead> {
    let call = Call {
        method: Method::POST,
        url: target.settings.company_url("query"),
        content_type: Some(QUERY_TEXT),
        body: Bytes::from(text),
        cost: CallCost::Read,
    };
    let answer = exchange::send(target, call, deadline).await?;
    match answer.read() {
        Said::Content(envelope) => {
            let rows = envelope.rows.ok_or_else(|| {
                NoRead::Failed(answer.note("an answer to a query without QueryResponse"))
            })?;
            rows.iter()
                .map(|txn| read(txn).map_err(|why| NoRead::Failed(answer.note(&why))))
                .collect()
        }
        Said::Fault(verdict) => Err(verdict.into()),
        Said::Nothing(why) => Err(NoRead::Failed(why)),
    }
}

/// The ledger's trial balance on the accrual basis: postings do not wait for money.
pub(crate) async fn trial_balance(
    target: &QuickBooks,
    as_of: BusinessDate,
    deadline: Timestamp,
) -> Result<BTreeMap<String, i64>, NoRead> {
    let mut url = target.settings.company_url("reports/TrialBalance");
    let _ = write!(url, "?accounting_method=Accrual&start_date={as_of}&end_date={as_of}");
    let call = Call {
        method: Method::GET,
        url,
        content_type: None,
        body: Bytes::new(),
        cost: CallCost::Read,
    };
    let answer = exchange::send(target, call, deadline).await?;
    match answer.read() {
        Said::Content(_) => {
            wire_in::trial_balance(&answer.body).map_err(|why| NoRead::Failed(answer.note(&why)))
        }
        Said::Fault(verdict) => Err(verdict.into()),
        Said::Nothing(why) => Err(NoRead::Failed(why)),
    }
}
