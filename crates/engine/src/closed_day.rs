//! Days whose summary stands in the ledger, in closed books: what was put into it stays there, and
//! what would change it is held.
//!
//! The journal of a day is one document of many sales. Were it held as a whole, the sales in it
//! would be held too, though they are in the books; were it not, those that came late would count
//! as posted. So each sale is asked by itself what it put into the journal.

use crate::{Engine, Result};
use book::{Claim, ClaimOutcome, ClosedPeriod, Contribution, Desired, Hold};
use kernel::{BusinessKey, Closing, Money, ReasonCode, Subject};
use ports::SqlTx;
use std::collections::{BTreeMap, BTreeSet};
use store::document::DocState;
use store::item::Item;

/// What an item put into a journal that may not change any more.
pub(crate) struct ClosedDay {
    code: ReasonCode,
    was: Vec<Contribution>,
}

/// By the key of the journal.
pub(crate) type ClosedDays = BTreeMap<String, ClosedDay>;

impl Engine {
    /// The journals in closed books that `desired` concerns, or the item concerned before.
    pub(crate) async fn closed_days(
        &self,
        tx: &mut dyn SqlTx,
        item: &Item,
        desired: &Desired,
        closing: Closing,
    ) -> Result<ClosedDays> {
        let mut days = ClosedDays::new();
        if closing.latest().is_none() || self.rules.closed_period() != ClosedPeriod::Hold {
            return Ok(days);
        }
        let mut was: Vec<Contribution> = Vec::new();
        for text in store::claim::contributions_of_item(tx, item.id).await? {
            was.push(
                serde_json::from_str(&text)
                    .map_err(|e| store::StoreError::Damaged(format!("a contribution: {e}")))?,
            );
        }
        for share in was.iter().chain(&desired.contributions) {
            let Some(code) = closing.reason(share.date) else { continue };
            let key = journal_of(share);
            if days.contains_key(&key) {
                continue;
            }
            let row = store::document::by_key(tx, &BusinessKey(key.clone())).await?;
            // One that never stood there is held as a document, with all that goes into it.
            if row.is_some_and(|r| r.ledger.is_some() && r.state != DocState::Removed) {
                let was = was.iter().filter(|c| journal_of(c) == key).cloned().collect();
                days.insert(key, ClosedDay { code, was });
            }
        }
        Ok(days)
    }
}

/// Leaves what stands in closed journals as it is. Claims that say otherwise now are held.
pub(crate) fn leave(desired: &mut Desired, days: &ClosedDays) {
    for (key, day) in days {
        let (now, elsewhere): (Vec<Contribution>, Vec<Contribution>) =
            std::mem::take(&mut desired.contributions)
                .into_iter()
                .partition(|c| journal_of(c) == *key);
        let stands: BTreeSet<&str> =
            now.iter().filter(|c| day.was.contains(c)).map(|c| c.claim.as_str()).collect();
        let all = now.iter().chain(&day.was).map(|c| c.claim.as_str());
        let changed: BTreeSet<&str> = all.filter(|claim| !stands.contains(claim)).collect();
        for claim in &mut desired.claims {
            let is_changed = changed.contains(claim.key.as_str());
            // What follows the document of another claim follows it here too.
            let follows = !changed.is_empty()
                && !stands.contains(claim.key.as_str())
                && is_summarised(claim, key);
            if is_changed || follows {
                claim.outcome = ClaimOutcome::Held(day.code);
                desired.holds.push(hold(day.code, key, &claim.key, claim.amount));
            }
        }
        for gone in &day.was {
            let is_told = desired.claims.iter().any(|c| c.key == gone.claim);
            if changed.contains(gone.claim.as_str()) && !is_told {
                let amount = Money::new(gone.amount_minor, gone.currency);
                desired.holds.push(hold(day.code, key, &gone.claim, amount));
            }
        }
        // What stands in a closed journal is not put into another one as well.
        let moved = |c: &Contribution| changed.contains(c.claim.as_str());
        let elsewhere = elsewhere.into_iter().filter(|c| !moved(c));
        desired.contributions = elsewhere.chain(day.was.iter().cloned()).collect();
    }
}

fn is_summarised(claim: &Claim, journal: &str) -> bool {
    let ClaimOutcome::Summarised(summary) = &claim.outcome else { return false };
    summary_key(summary, claim.amount.currency) == journal
}

fn hold(code: ReasonCode, journal: &str, claim: &str, amount: Money) -> Hold {
    let place = if code == ReasonCode::OurPeriodLocked { "Tieout" } else { "the ledger" };
    let day = journal.split("/journal/").nth(1).and_then(|rest| rest.split('/').next());
    let detail = format!(
        "the daily summary of {} stands in the ledger without this, and that period is closed in \
         {place}; reopen it or book a correction",
        day.unwrap_or_default()
    );
    Hold { code, detail, amount: Some(amount), claim: Some(claim.to_owned()) }
}

fn journal_of(share: &Contribution) -> String {
    summary_key(&share.summary, share.currency)
}

/// The business key of the journal of a summary subject, as `book` makes it: one per posting date
/// (the last part of the subject's key) and currency.
pub(crate) fn summary_key(summary: &Subject, currency: kernel::Currency) -> String {
    let date = summary.key.rsplit('/').next().unwrap_or_default();
    format!("{}/journal/{date}/{currency}", summary.key)
}
