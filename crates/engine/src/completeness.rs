//! Whether everything that a source lists is known here: its lists are read again, nothing of them
//! is kept, and what they say is compared with the facts, day by day.
//!
//! A hole is an exception with the amount at stake. A back-fill heals it, and the next comparison
//! closes it.

use crate::journal::{self, Actor};
use crate::polling::{End, Polling, Read, Sink};
use crate::{Error, Result, tell};
use kernel::{BusinessDate, Id, Money, ReasonCode, Timestamp};
use matching::{Day, Movement, Movements};
use ports::{EventSource, Poller, RawDelivery, Stream, Window};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::completeness::{self as kept, Compared, ComparedDay};
use store::exception::NewException;
use store::poll::Mark;

const DAY_S: i64 = 86_400;
/// Zones differ from UTC by less than this, seconds.
const ZONE_S: i64 = 14 * 3_600;
/// Facts may be known this long before the day they count on: payouts state when they arrive.
const AHEAD_S: i64 = 31 * DAY_S;
/// Facts read at once.
const FACTS: i64 = 2_000;
/// Keys named in an exception.
const NAMED: usize = 5;
/// How often each source is compared by itself, seconds, and how many days.
const EVERY_S: i64 = DAY_S;
const DAYS: i32 = 8;

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// The connection.
    pub source: String,
    /// The first day.
    pub from: BusinessDate,
    /// The last day.
    pub to: BusinessDate,
    /// Every day, kind and currency in which anything moved.
    pub days: Vec<Day>,
    /// Listed objects that the source itself does not understand: they are exceptions once they
    /// are delivered.
    pub unreadable: u64,
    /// Deliveries that were kept and not read yet: what they tell counts as unknown.
    pub unread: i64,
}

impl Completeness {
    /// Whether nothing is missing, gone or different.
    pub fn is_complete(&self) -> bool {
        self.days.iter().all(Day::is_complete)
    }
}

/// A list that was read, with what it can be relied upon for.
struct Covered {
    kinds: &'static [&'static str],
    /// The vendor's memory begins here, if it does not reach back to the first day.
    begins: Option<Timestamp>,
    late_s: i64,
}

impl Covered {
    /// Whether the list would hold this movement by `goal`.
    fn holds(&self, movement: &Movement, goal: Timestamp) -> bool {
        let start = Timestamp::from_seconds(i64::from(movement.day.days()) * DAY_S);
        let is_remembered = self.begins.is_none_or(|begins| start.plus_seconds(-ZONE_S) >= begins);
        let listed_by = start.plus_seconds(DAY_S + ZONE_S + self.late_s);
        self.kinds.contains(&movement.kind.as_str()) && is_remembered && listed_by <= goal
    }
}

impl Polling {
    /// Compares the days from `from` to `to` of one source. A list that cannot be read is an error,
    /// and nothing is concluded.
    pub async fn completeness(
        &self,
        source: &str,
        from: BusinessDate,
        to: BusinessDate,
    ) -> Result<Completeness> {
        let poller = Arc::clone(&self.polled(source)?.poller);
        let port = self.engine.sources.get(source).map(Arc::clone).ok_or_else(|| {
            Error::Refused(format!("no source is called `{source}`; see the configuration"))
        })?;
        let goal = self.engine.now();
        let since = Timestamp::from_seconds(i64::from(from.days()) * DAY_S).plus_seconds(-ZONE_S);
        let mut listed = Listed::default();
        let mut covered = Vec::new();
        for stream in poller.streams() {
            covered.push(
                self.list(source, (&*poller, &*port), stream, (since, goal), &mut listed).await?,
            );
        }
        let known = self.known(source, since).await?;
        let is_covered = |m: &Movement| covered.iter().any(|c| c.holds(m, goal));
        let days =
            matching::completeness(&listed.movements.moved(), &known, (from, to), is_covered);
        let mut tx = self.engine.store.read().await?;
        let counts = store::delivery::counts(tx.as_mut()).await?;
        drop(tx);
        let unread =
            counts.iter().filter(|(state, ..)| state == "received").map(|(_, n, _)| *n).sum();
        let unreadable = listed.unreadable;
        let found = Completeness { source: source.to_owned(), from, to, days, unreadable, unread };
        self.conclude(&found, goal).await?;
        Ok(found)
    }

    /// Compares the last days of every source that was not compared for a day. A list that cannot
    /// be read is told by its reading. Returns whether anything was compared.
    pub async fn compare_due(&self) -> Result<bool> {
        let now = self.engine.now();
        let mut tx = self.engine.store.read().await?;
        let last = kept::last(tx.as_mut()).await?;
        let marks = store::poll::list(tx.as_mut()).await?;
        drop(tx);
        let mut compared = false;
        let due: Vec<String> = self
            .sources()
            .filter(|source| is_due(source, &last, &marks, now))
            .map(str::to_owned)
            .collect();
        for source in &due {
            let to = now.date_in(&kernel::time::Zone::UTC).plus_days(-1);
            match self.completeness(source, to.plus_days(-DAYS + 1), to).await {
                Ok(_) => compared = true,
                Err(Error::Refused(why)) => tracing::warn!(source = %source, why, "not compared"),
                Err(e) => return Err(e),
            }
        }
        Ok(compared)
    }

    /// Reads one list from `since` to `goal`.
    async fn list(
        &self,
        source: &str,
        (poller, port): (&dyn Poller, &dyn EventSource),
        stream: &Stream,
        (since, goal): (Timestamp, Timestamp),
        listed: &mut Listed,
    ) -> Result<Covered> {
        let oldest = goal.plus_seconds(-stream.memory_s);
        let is_cut = stream.memory_s > 0 && since < oldest;
        let mut at = if is_cut { oldest } else { since };
        let begins = is_cut.then_some(at);
        let mut place = String::new();
        while at < goal {
            let until = at.plus_seconds(stream.window_s).min(goal);
            let window = Window { since: at, until };
            let failed = |why: String| Error::Refused(format!("{source} {}: {why}", stream.name));
            let mut run =
                poller.resume(stream, window, &place).map_err(|e| failed(e.to_string()))?;
            let mut held = Vec::new();
            let mut sink = Sink::Hold(&mut held);
            let mut read = Read::default();
            match self.window(source, run.as_mut(), &mut sink, &mut read, &mut |_| {}).await? {
                End::Read { place: next, .. } => place = next,
                End::Stopped => return Err(failed("stopped before its end".to_owned())),
                End::Failed { why, .. } => return Err(failed(why)),
            }
            for polled in held {
                let raw =
                    RawDelivery { headers: polled.headers, body: polled.body, received_at: goal };
                let said = port.normalise(&raw);
                listed.unreadable += said.faults.len() as u64;
                said.facts.iter().for_each(|fact| listed.movements.add(fact));
            }
            at = until;
        }
        Ok(Covered { kinds: poller.covers(stream), begins, late_s: stream.late_s })
    }

    /// What is known here of one source since a moment.
    async fn known(&self, source: &str, since: Timestamp) -> Result<Vec<Movement>> {
        let mut movements = Movements::default();
        let mut after = Id::new(since.plus_seconds(-AHEAD_S), [0; 10]);
        let mut tx = self.engine.store.read().await?;
        loop {
            let page = store::fact::known_since(tx.as_mut(), after, FACTS).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (_, fact) in page.iter().filter(|(_, fact)| fact.source.as_str() == source) {
                movements.add(fact);
            }
        }
        Ok(movements.moved())
    }

    /// Stores what was found, and opens or closes what follows from it.
    async fn conclude(&self, found: &Completeness, now: Timestamp) -> Result<()> {
        let Completeness { source, from, to, days, .. } = found;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let sum = |s: matching::Sum| (i64::try_from(s.count).unwrap_or(i64::MAX), s.total_minor);
        let rows: Vec<ComparedDay> = days
            .iter()
            .map(|d| ComparedDay {
                source: source.clone(),
                day: d.day,
                kind: d.kind.as_str().to_owned(),
                currency: d.currency,
                listed: sum(d.listed),
                known: sum(d.known),
                missing: count(d.missing.len()),
                unlisted: count(d.unlisted.len()),
                differing: count(d.differing.len()),
                checked_at: now,
            })
            .collect();
        let compared =
            Compared { source: source.clone(), first_day: *from, last_day: *to, checked_at: now };
        let mut tx = self.engine.store.write().await?;
        let before = kept::currencies(tx.as_mut(), source, (*from, *to)).await?;
        kept::put(tx.as_mut(), &compared, &rows).await?;
        let currencies: BTreeSet<&str> = before
            .iter()
            .map(String::as_str)
            .chain(days.iter().map(|d| d.currency.code()))
            .collect();
        let scopes = (from.days()..=to.days())
            .flat_map(|day| {
                let day = BusinessDate::from_days(day);
                let of = move |c: &&str| CODES.map(|code| scope(source, day, code, c)).to_vec();
                currencies.iter().flat_map(of).collect::<Vec<_>>()
            })
            .collect();
        let exceptions = self.exceptions(source, days);
        let mut entries = vec![journal::entry(
            now,
            &Actor::System,
            "source.compared",
            json!({
                "source": source, "from": from.to_string(), "to": to.to_string(),
                "complete": found.is_complete(),
                "listed": days.iter().map(|d| d.listed.count).sum::<u64>().to_string(),
                "known": days.iter().map(|d| d.known.count).sum::<u64>().to_string(),
            }),
        )];
        tell::exactly(&self.engine, tx.as_mut(), scopes, &exceptions, &mut entries).await?;
        store::audit::append(tx.as_mut(), &self.engine.origin, &entries).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One exception per day, currency and code.
    fn exceptions(&self, source: &str, days: &[Day]) -> Vec<NewException> {
        let mut found = Vec::new();
        let places: BTreeSet<_> = days.iter().map(|d| (d.day, d.currency.code())).collect();
        for (day, code) in places {
            let here = || days.iter().filter(|d| d.day == day && d.currency.code() == code);
            let missing: Vec<&Movement> = here().flat_map(|d| &d.missing).collect();
            if !missing.is_empty() {
                let detail = format!(
                    "{source} lists {} movements of {day} that are not known here: {}; run \
                     `tieout backfill {source} --since {day}`",
                    missing.len(),
                    named(&missing)
                );
                let amount = total(here().map(Day::missing_amount));
                let scope = scope(source, day, CODES[0], code);
                found.push(NewException { amount, ..self.exception(scope, CODES[0], detail) });
            }
            let gone: Vec<&Movement> = here()
                .flat_map(|d| d.unlisted.iter().chain(d.differing.iter().map(|(listed, _)| listed)))
                .collect();
            if !gone.is_empty() {
                let detail = format!(
                    "{} movements of {day} are known here, and {source} no longer lists them or \
                     lists another amount: {}; look them up at the source and correct or exclude \
                     them",
                    gone.len(),
                    named(&gone)
                );
                let amount = total(here().map(Day::changed_amount));
                let scope = scope(source, day, CODES[1], code);
                found.push(NewException { amount, ..self.exception(scope, CODES[1], detail) });
            }
        }
        found
    }
}

/// Whether a source is to be compared again. What was never read, or cannot be read now, has no list
/// to compare with.
fn is_due(source: &str, last: &[Compared], marks: &[Mark], now: Timestamp) -> bool {
    let of_it: Vec<&Mark> = marks.iter().filter(|m| m.source == source).collect();
    let is_read = !of_it.is_empty() && of_it.iter().all(|m| m.failures == 0);
    let before = last.iter().find(|c| c.source == source);
    is_read && before.is_none_or(|c| c.checked_at.plus_seconds(EVERY_S) <= now)
}

/// What a list says.
#[derive(Default)]
struct Listed {
    movements: Movements,
    unreadable: u64,
}

/// A hole in what we know, and what we know that is gone or changed at the source.
const CODES: [ReasonCode; 2] = [ReasonCode::SourceGap, ReasonCode::SourceEditedAfterPosting];

fn scope(source: &str, day: BusinessDate, code: ReasonCode, currency: &str) -> String {
    format!("source/{source}/complete/{day}/{}/{currency}", code.code())
}

fn named(movements: &[&Movement]) -> String {
    let keys: Vec<String> =
        movements.iter().take(NAMED).map(|m| format!("{} ({})", m.key, m.amount)).collect();
    let more = movements.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    keys.join(", ") + &rest
}

fn total(amounts: impl Iterator<Item = Money>) -> Option<Money> {
    amounts.reduce(|a, b| Money::new(a.minor.saturating_add(b.minor), a.currency))
}
