//! What is known of the company behind the lane, and up to when its books are closed.

use crate::journal::{self, Actor};
use crate::tracked::Tracks;
use crate::{Engine, Error, Result};
use kernel::{BusinessDate, Closing, ReasonCode, Timestamp};
use ports::{Company, ReadOutcome, SqlTx};
use serde_json::json;
use store::exception::NewException;

/// How long one reading of the company may take, seconds.
const READ_SECONDS: i64 = 60;

impl Engine {
    /// The company as the ledger described it last, and when.
    pub async fn known_company(&self, tx: &mut dyn SqlTx) -> Result<Option<(Company, Timestamp)>> {
        let Some(stored) = store::company::get(tx, &self.lane).await? else { return Ok(None) };
        // A description by another version of the program is read anew.
        Ok(serde_json::from_str(&stored.body).ok().map(|company| (company, stored.read_at)))
    }

    /// Asks the ledger about the company for a person and stores what it says. Two metered calls.
    pub async fn read_company(&self) -> Result<ReadOutcome<Company>> {
        if !self.permit_person().await {
            return Ok(ReadOutcome::Throttled);
        }
        let now = self.now();
        let outcome = self.target.company(now.plus_seconds(READ_SECONDS)).await;
        if let ReadOutcome::Read(company) = &outcome {
            let mut tx = self.store.write().await?;
            let mut entries = Vec::new();
            self.learn_company(tx.as_mut(), company, now, &mut entries).await?;
            store::lane::meter(tx.as_mut(), &self.lane, day(now), &[("company", 2)]).await?;
            store::audit::append(tx.as_mut(), &self.origin, &entries).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    /// Stores what the ledger says now, and honours its closing date.
    pub(crate) async fn learn_company(
        &self,
        tx: &mut dyn SqlTx,
        company: &Company,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        let before = self.known_company(tx).await?.map(|(company, _)| company);
        let body = serde_json::to_string(company)
            .map_err(|e| Error::Refused(format!("the company cannot be stored: {e}")))?;
        store::company::put(tx, &self.lane, &body, now).await?;
        if before.as_ref() != Some(company) {
            let settings: Vec<String> =
                company.settings.iter().map(|s| format!("{}: {}", s.name, s.value)).collect();
            let fields = json!({ "lane": self.lane, "settings": settings });
            entries.push(journal::entry(now, &Actor::System, "company.read", fields));
        }
        if Tracks::of(before.as_ref()) != Tracks::of(Some(company)) {
            store::item::again_all(tx, &self.lane).await?;
        }
        let closing = self.closing(tx).await?;
        if closing.ledger == company.closed_until {
            return Ok(());
        }
        let new = Closing { ledger: company.closed_until, ..closing };
        store::lane::ledger_closed_until(tx, &self.lane, new.ledger).await?;
        self.reopened(tx, closing, new).await?;
        if before.is_some() {
            let detail = format!(
                "the closing date of the ledger was {} and is {}; it was noticed on {now}",
                spell(closing.ledger, "none"),
                spell(new.ledger, "none")
            );
            let code = ReasonCode::ClosingDateChanged;
            self.raise_for_lane(tx, ("closing", code), &detail, now, entries).await?;
        }
        Ok(())
    }

    /// Up to when the books of the lane are closed.
    pub async fn closing(&self, tx: &mut dyn SqlTx) -> Result<Closing> {
        let lane = store::lane::get(tx, &self.lane).await?;
        Ok(lane.map(|l| l.closing).unwrap_or_default())
    }

    /// Closes the books in Tieout up to and including `until`, or opens them (`None`), by a
    /// person's decision. Nothing is posted into closed books, changed in them or taken out of
    /// them: what would be is held (PER-002) and goes on once they are open again. Opening wants a
    /// reason. Returns what was closed before.
    pub async fn close_books(
        &self,
        until: Option<BusinessDate>,
        person: &str,
        note: &str,
    ) -> Result<Closing> {
        let now = self.now();
        // The day may have ended elsewhere in the world already.
        if until.is_some_and(|date| date > day(now).plus_days(1)) {
            return Err(Error::Refused(
                "only days that have begun can be closed; give today or an earlier date".to_owned(),
            ));
        }
        let mut tx = self.store.write().await?;
        let old = self.closing(tx.as_mut()).await?;
        let opens = old.ours > until;
        if opens && note.trim().chars().count() < 20 {
            return Err(Error::Refused(
                "say why closed days are opened in at least 20 characters (--note); the reason is \
                 kept for the auditor"
                    .to_owned(),
            ));
        }
        store::lane::close_until(tx.as_mut(), &self.lane, until).await?;
        self.reopened(tx.as_mut(), old, Closing { ours: until, ..old }).await?;
        let fields = json!({
            "lane": self.lane, "before": spell(old.ours, ""), "until": spell(until, ""),
            "note": note,
        });
        let kind = if opens { "books.opened" } else { "books.closed" };
        let body = journal::entry(now, &Actor::Person(person.to_owned()), kind, fields);
        store::audit::append(tx.as_mut(), &self.origin, &[body]).await?;
        tx.commit().await?;
        Ok(old)
    }

    /// What was held before it became a document is decided again when days are open again.
    async fn reopened(&self, tx: &mut dyn SqlTx, old: Closing, new: Closing) -> Result<()> {
        if old.ledger > new.ledger || old.ours > new.ours {
            store::item::again_all(tx, &self.lane).await?;
        }
        Ok(())
    }

    /// Opens an exception about one side of the lane itself, or refreshes the one that is open.
    pub(crate) async fn raise_for_lane(
        &self,
        tx: &mut dyn SqlTx,
        (about, code): (&str, ReasonCode),
        detail: &str,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        let exception = NewException {
            id: self.id(),
            scope: self.lane_scope(about),
            code,
            item: None,
            document: String::new(),
            delivery: None,
            place: self.lane.clone(),
            detail: detail.to_owned(),
            upstream: String::new(),
            raw: String::new(),
            amount: None,
        };
        store::exception::open(tx, &[exception], now).await?;
        let fields = json!({ "code": code.code(), "lane": self.lane, "about": about });
        entries.push(journal::entry(now, &Actor::System, "exception.opened", fields));
        Ok(())
    }

    /// The scope of exceptions about one side of the lane.
    pub(crate) fn lane_scope(&self, about: &str) -> String {
        format!("lane/{}/{about}", self.lane)
    }
}

pub(crate) fn day(now: Timestamp) -> BusinessDate {
    now.date_in(&kernel::time::Zone::UTC)
}

fn spell(date: Option<BusinessDate>, none: &str) -> String {
    date.map_or(none.to_owned(), |d| d.to_string())
}
