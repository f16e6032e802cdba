//! Closed books: what is dated in them is not sent, and goes on when they are open again.

use crate::lane::Worker;
use crate::settle::{held_by_closing, let_go};
use crate::{Result, journal};
use book::ClosedPeriod;
use kernel::{ReasonCode, Timestamp};
use ports::SqlTx;
use serde_json::json;
use store::document::DocRow;

/// Rows let go in one transaction.
const PAGE: i64 = 500;

impl Worker {
    /// Holds what is ready but dated in closed books, with its reason. Returns what may be sent.
    pub(crate) async fn hold_closed(
        &mut self,
        tx: &mut dyn SqlTx,
        ready: Vec<DocRow>,
        now: Timestamp,
    ) -> Result<Vec<DocRow>> {
        let closing = self.closing;
        let mut open = Vec::with_capacity(ready.len());
        let mut held = Vec::new();
        let mut again = Vec::new();
        let moves = self.engine.rules.closed_period() == ClosedPeriod::NextOpenDay;
        for row in ready {
            let date = row.document().map(|d| d.date);
            match date.and_then(|date| closing.reason(date).map(|code| (date, code))) {
                // It was dated before the books were closed and goes to the first open day.
                Some(_) if moves && row.ledger.is_none() && row.sent_at.is_none() => {
                    again.extend(row.item);
                }
                Some((_, ReasonCode::OurPeriodLocked)) if ports::canary!("closing-ignored") => {
                    open.push(row);
                }
                Some((date, code)) => held.push(held_by_closing(&row, date, code)),
                None => open.push(row),
            }
        }
        store::item::again_by_id(tx, &again).await?;
        if !held.is_empty() {
            let mut entries = Vec::new();
            self.store_settled(tx, &held, &[], now, &mut entries).await?;
            store::audit::append(tx, &self.engine.origin, &entries).await?;
        }
        Ok(open)
    }

    /// Lets go what was held for closed books that are open now. Whether anything is to be decided
    /// anew.
    pub(crate) async fn release_reopened(&mut self) -> Result<bool> {
        let closing = self.closing;
        let engine = self.engine.clone();
        // What was decided while they were closed is decided anew.
        let (mut again, mut is_first) = (0, true);
        loop {
            let now = engine.now();
            let mut tx = self.drive(engine.store.write()).await?;
            self.hold(tx.as_mut()).await?;
            let mut rows = Vec::new();
            for code in [ReasonCode::LedgerPeriodClosed, ReasonCode::OurPeriodLocked] {
                let (lane, after) = (&engine.lane, closing.latest());
                if is_first {
                    again += store::item::again_held(tx.as_mut(), lane, code).await?;
                }
                rows.append(
                    &mut store::document::held_after(tx.as_mut(), lane, code, after, PAGE).await?,
                );
            }
            if rows.is_empty() {
                if again > 0 && is_first {
                    tx.commit().await?;
                }
                self.followed = Some(closing);
                return Ok(again > 0);
            }
            is_first = false;
            for row in &mut rows {
                let_go(row, now);
            }
            let scopes: Vec<String> = rows.iter().map(|r| format!("document/{}", r.key)).collect();
            store::document::settle(tx.as_mut(), &rows).await?;
            let why = "the books are open for its date";
            let fields = json!({ "documents": rows.len().to_string() });
            let system = journal::Actor::System;
            let mut entries = vec![journal::entry(now, &system, "documents.released", fields)];
            journal::close_scopes(tx.as_mut(), &scopes, why, now, &mut entries).await?;
            store::audit::append(tx.as_mut(), &engine.origin, &entries).await?;
            tx.commit().await?;
            self.look_at_once();
        }
    }
}
