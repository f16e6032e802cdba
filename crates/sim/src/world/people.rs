//! People: they change the ledger behind our back, close books, end connections, decide needlessly.

use crate::chance::Chance;
use crate::executor::{SimClock, TaskId};
use crate::trace::Trace;
use crate::world::World;
use crate::world::operator::{decide_idly, later};
use engine::Engine;
use kernel::{BusinessDate, Timestamp};
use ports::Clock;
use quickbooks_sim::{LiveTransaction, PersonEdit, Shared, Simulator, TxnKind};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A document that somebody edited in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// When.
    pub at: Timestamp,
    /// The ledger's id.
    pub id: u32,
    /// Our marker on it.
    pub marker: String,
    /// What was done.
    pub how: PersonEdit,
    /// The version that it made; none when it was deleted.
    pub version: Option<u32>,
    /// The day it stood at before.
    pub day: String,
}

/// What people did.
#[derive(Clone, Default)]
pub struct Acts(Arc<Mutex<Done>>);

#[derive(Default)]
struct Done {
    edits: Vec<Edit>,
    restored: BTreeSet<String>,
    closings: Vec<(Timestamp, Option<BusinessDate>)>,
    counts: std::collections::BTreeMap<&'static str, u64>,
}

impl Acts {
    fn lock(&self) -> MutexGuard<'_, Done> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Edits in the ledger, oldest first.
    pub fn edits(&self) -> Vec<Edit> {
        self.lock().edits.clone()
    }

    /// A person decided that our content is to be written over an edit of this document.
    pub(crate) fn restored(&self, document: &str) {
        let mut done = self.lock();
        done.restored.insert(document.to_owned());
        *done.counts.entry("edits restored").or_default() += 1;
    }

    /// Keys of documents for which a person decided so.
    pub fn restorations(&self) -> BTreeSet<String> {
        self.lock().restored.clone()
    }

    /// When books were closed in Tieout, and up to which day; none when they were opened.
    pub fn closings(&self) -> Vec<(Timestamp, Option<BusinessDate>)> {
        self.lock().closings.clone()
    }

    /// What people did, by kind.
    pub fn counts(&self) -> std::collections::BTreeMap<&'static str, u64> {
        self.lock().counts.clone()
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.lock().counts.entry(what).or_default() += 1;
    }
}

/// One thing that somebody does.
#[derive(Clone, Copy)]
enum Act {
    Edit,
    LedgerClosing,
    Closing,
    Expiry,
    Disconnect,
    IdleDecision,
}

impl World {
    /// Starts the people: each act at a moment of its own while the month is delivered.
    pub fn start_people(&mut self) -> TaskId {
        let p = self.profile.people;
        let kinds = [
            (p.edits, Act::Edit),
            (p.ledger_closings, Act::LedgerClosing),
            (p.closings, Act::Closing),
            (p.expiries, Act::Expiry),
            (p.disconnects, Act::Disconnect),
            (p.idle_decisions, Act::IdleDecision),
        ];
        let start = self.now();
        let mut plan = Vec::new();
        for (times, act) in kinds {
            for _ in 0..times {
                let at = self.chance.within([1, self.profile.spread_s + 60]);
                plan.push((later(start, at), act));
            }
        }
        plan.sort_by_key(|(at, _)| *at);
        let person = Person {
            engine: self.engine.clone(),
            company: Arc::clone(&self.company),
            clock: self.executor.clock(),
            chance: self.chance.clone(),
            trace: self.trace.clone(),
            acts: self.acts.clone(),
            month: self.profile.month,
        };
        let task = async move {
            for (at, act) in plan {
                person.clock.sleep_until(at).await;
                person.act(act).await;
            }
        };
        self.executor.spawn("people", Box::pin(task))
    }

    /// The books are opened again, here and in the ledger.
    pub(crate) fn open_books(&mut self) -> anyhow::Result<()> {
        let now = self.now();
        let mut company = self.company();
        let mut prefs = company.prefs().clone();
        prefs.book_close_date = None;
        company.set_prefs(prefs, now.0);
        drop(company);
        let engine = self.engine.clone();
        let opened = self.ask(async move {
            engine.close_books(None, "controller", "late deliveries have to be posted").await
        })?;
        self.acts.lock().closings.push((self.now(), None));
        opened.map(|_| ()).map_err(|e| anyhow::anyhow!("the books cannot be opened: {e}"))
    }
}

struct Person {
    engine: Engine,
    company: Shared,
    clock: SimClock,
    chance: Chance,
    trace: Trace,
    acts: Acts,
    month: BusinessDate,
}

impl Person {
    fn company(&self) -> MutexGuard<'_, Simulator> {
        self.company.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, who: &str, what: impl FnOnce() -> String) {
        self.trace.note(self.clock.now(), who, what);
    }

    async fn act(&self, act: Act) {
        let now = self.clock.now();
        match act {
            Act::Edit => self.edit(now),
            Act::LedgerClosing => {
                let until = self.some_day();
                let mut company = self.company();
                let mut prefs = company.prefs().clone();
                prefs.book_close_date = until.map(|day| day.to_string());
                company.set_prefs(prefs, now.0);
                drop(company);
                self.acts.count("ledger closings");
                self.note("controller", || format!("closes the ledger's books to {until:?}"));
            }
            Act::Closing => {
                let until = self.some_day();
                let why = "the auditors asked for another closing date";
                let done = self.engine.close_books(until, "controller", why).await;
                if done.is_ok() {
                    self.acts.lock().closings.push((self.clock.now(), until));
                }
                self.acts.count("closings");
                self.note("controller", || {
                    format!("closes the books in Tieout to {until:?}: {}", done.is_ok())
                });
            }
            Act::Expiry => {
                let n = self.company().expire_tokens(now.0);
                self.acts.count("token expiries");
                self.note("ledger", || format!("lets {n} access tokens end"));
            }
            Act::Disconnect => {
                self.company().disconnect(now.0);
                self.acts.count("disconnections");
                self.note("somebody", || "disconnects the app in the ledger".to_owned());
            }
            Act::IdleDecision => {
                let draw = |n| self.chance.below(n);
                let done = decide_idly(&self.engine, &draw).await;
                self.acts.count("idle decisions");
                self.note("operator", || match done {
                    Ok(what) => what,
                    Err(e) => format!("cannot decide: {e}"),
                });
            }
        }
    }

    /// A day of the month, or none in a quarter of all cases.
    fn some_day(&self) -> Option<BusinessDate> {
        let day = i32::try_from(self.chance.below(40)).unwrap_or(0);
        (day < 30).then(|| self.month.plus_days(day))
    }

    /// A day that a transaction never stood at: an edit that is taken back is none.
    fn another_day(&self, t: &LiveTransaction) -> BusinessDate {
        let day = self.month.plus_days(i32::try_from(self.chance.below(28)).unwrap_or(0));
        let stood = |day: &str| {
            let edits = &self.acts.lock().edits;
            t.txn_date == day || edits.iter().any(|e| e.id == t.id && e.day == day)
        };
        let mut days = (0..).map(|n| day.plus_days(n));
        days.find(|day| !stood(&day.to_string())).unwrap_or(day)
    }

    /// Changes, voids or deletes one of our transactions that nothing hangs on, also one that the product
    /// does not know to stand yet because its answer was lost.
    fn edit(&self, now: Timestamp) {
        let mut company = self.company();
        let free = |t: &LiveTransaction| t.links.is_empty() && !t.voided;
        let mut ours: Vec<LiveTransaction> = company.transactions().filter(free).collect();
        if ours.is_empty() {
            return;
        }
        let n = usize::try_from(self.chance.below(ours.len() as u64)).unwrap_or(0);
        let t = ours.swap_remove(n);
        let how = match self.chance.below(3) {
            0 => {
                let day = self.another_day(&t);
                PersonEdit::Change(if t.kind == TxnKind::Transfer {
                    let (whole, part) = (t.total / 100 + 1, t.total % 100);
                    format!("{{\"Amount\":{whole}.{part:02}}}")
                } else {
                    format!("{{\"TxnDate\":\"{day}\"}}")
                })
            }
            1 => PersonEdit::Delete,
            _ => PersonEdit::Void,
        };
        let before = company.transactions().find(|x| x.id == t.id);
        let done = company.edit_by_person(t.id, &how, now.0);
        let after = company.transactions().find(|x| x.id == t.id);
        drop(company);
        let marker = marker(&t);
        if done.is_ok() && before != after {
            let version = after.map(|t| t.sync_token);
            let day = t.txn_date.clone();
            let edit = Edit { at: now, id: t.id, marker, how: how.clone(), version, day };
            self.acts.lock().edits.push(edit);
            self.acts.count("edits in the ledger");
        }
        self.note("bookkeeper", || {
            let became = done.err().unwrap_or_else(|| "done".to_owned());
            format!("{how:?} on {} {} ({}): {became}", t.kind.name(), t.id, t.private_note)
        });
    }
}

/// The marker on a transaction of ours.
fn marker(t: &LiveTransaction) -> String {
    let rest = t.private_note.split("tieout:").nth(1).unwrap_or_default();
    rest.split_whitespace().next().unwrap_or_default().to_owned()
}
