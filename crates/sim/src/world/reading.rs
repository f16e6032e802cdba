//! What webhooks do not tell is read from the vendors' lists.

use crate::chance::Chance;
use crate::executor::TaskId;
use crate::lists::{Lists, pollers};
use crate::world::World;
use anyhow::{Result, ensure};
use bytes::Bytes;
use engine::{Engine, Polling};
use kernel::Timestamp;
use ports::Clock;
use std::collections::BTreeSet;
use workload::{Delivery, Shape};

/// Between two readings of a list, seconds: a fourth of the time over which deliveries come, within
/// these bounds.
const EVERY_S: [i64; 2] = [60, 900];
/// Longest time after which a list shows what happened, microseconds: half of what every reading goes back
/// behind the last one.
const LATE_US: u64 = 300_000_000;
/// After so many seconds without failures every list is due again: one that failed after sixteen, and
/// the clock of who read it may have been ahead.
const DUE_AGAIN_S: i64 = 120;
/// The same for what deliveries only named.
const NAMED_AGAIN_S: i64 = 6;

/// What vendors list of a month, and which of its deliveries never come.
pub struct Listing {
    pub lists: Lists,
    /// The same month with whole orders, where its webhooks only name them.
    whole: Vec<Delivery>,
    chance: Chance,
    /// How many of 1,000 never come.
    rate: u32,
    /// How many of 1,000 are listed late.
    late: u32,
    gone: BTreeSet<Bytes>,
}

impl Listing {
    /// Whether delivery `n` of the month never comes, nor any repetition of it. Its vendor lists what
    /// it says from `due` on.
    pub fn loses(&mut self, n: usize, delivery: &Delivery, due: Timestamp) -> bool {
        let is_late = self.chance.happens(self.late);
        let late_us = if is_late { self.chance.below(LATE_US).cast_signed() } else { 0 };
        let is_listed = self.lists.hold(self.whole.get(n).unwrap_or(delivery), due, late_us);
        let body = &delivery.raw.body;
        let is_lost = is_listed && (self.gone.contains(body) || self.chance.happens(self.rate));
        if is_lost {
            self.gone.insert(body.clone());
            self.lists.lose();
        }
        is_lost
    }
}

impl World {
    /// What the vendors will list, where it is read.
    pub(crate) fn listing(&self) -> Option<Listing> {
        if !self.profile.reads_lists() || self.naive.is_some() {
            return None;
        }
        let lists = Lists::on(self.executor.clock());
        let whole = Shape { thin_webhooks: false, ..self.shape };
        Some(Listing {
            lists: lists.failing(self.chance.clone(), self.profile.unread),
            whole: if whole == self.shape { Vec::new() } else { workload::month(&whole).collect() },
            chance: self.chance.clone(),
            rate: self.profile.lost,
            late: self.profile.unread,
            gone: BTreeSet::new(),
        })
    }

    /// When everything of the month is listed.
    pub(crate) fn last_listed(&self) -> Timestamp {
        self.lists.as_ref().map_or(Timestamp(i64::MIN), |lists| lists.until())
    }

    /// Deliveries that never came, and requests to lists that failed.
    pub(crate) fn unheard(&self) -> (u64, u64) {
        self.lists.as_ref().map_or((0, 0), |lists| (lists.lost(), lists.failed()))
    }

    fn polling(&self, engine: Engine, every_s: i64) -> Result<Option<(Polling, Vec<String>)>> {
        let Some(lists) = self.lists.clone() else { return Ok(None) };
        let sources = pollers(&self.shape, every_s)?;
        let names = sources.iter().map(|s| s.source.clone()).collect();
        Ok(Some((Polling::new(engine, lists, sources, || false), names)))
    }

    /// A process reads every list when it is due.
    pub(crate) fn start_reading(
        &mut self,
        engine: Engine,
        name: &str,
        delay_s: u32,
    ) -> Option<TaskId> {
        let [least, most] = EVERY_S;
        let every_s = (i64::from(self.profile.spread_s) / 4).clamp(least, most);
        let (polling, _) = self.polling(engine.clone(), every_s).ok()??;
        let opens = self.now().plus_seconds(i64::from(delay_s));
        let (clock, trace, chance) =
            (self.executor.clock(), self.trace.clone(), self.chance.clone());
        let name = name.to_owned();
        let task = async move {
            clock.sleep_until(opens).await;
            loop {
                match polling.run_due().await {
                    Ok(Some(next)) => engine.clock.sleep_until(next).await,
                    Ok(None) => return,
                    Err(e) => {
                        trace.note(clock.now(), &name, || format!("stops reading lists: {e}"));
                        let wait = i64::from(chance.within([1, 10]));
                        clock.sleep_until(clock.now().plus_seconds(wait)).await;
                    }
                }
            }
        };
        Some(self.executor.spawn("lists", Box::pin(task)))
    }

    /// The product reads every list once before anything happens: what it has never read begins with
    /// what is new.
    pub(crate) fn read_first(&mut self) -> Result<()> {
        self.read_what_is_due(0)?;
        self.calm(false);
        Ok(())
    }

    /// The product reads every list when it is due, when nothing fails any more: neither for it nor for
    /// the person who reads after it.
    pub(crate) fn read_last(&mut self) -> Result<()> {
        self.read_what_is_due(DUE_AGAIN_S)
    }

    /// The product reads what deliveries only named, where they do. Whether there is more to understand.
    pub(crate) fn read_named(&mut self) -> Result<bool> {
        if !self.shape.thin_webhooks {
            return Ok(false);
        }
        self.read_what_is_due(NAMED_AGAIN_S)?;
        let store = self.engine.store.clone();
        let task = async move {
            let mut tx = store.read().await?;
            store::delivery::received(tx.as_mut(), 1).await
        };
        Ok(!self.ask(task)??.is_empty())
    }

    fn read_what_is_due(&mut self, after_s: i64) -> Result<()> {
        let Some((polling, _)) = self.polling(self.engine.clone(), 1)? else { return Ok(()) };
        self.calm(true);
        let clock = self.executor.clock();
        let task = async move {
            clock.sleep_until(clock.now().plus_seconds(after_s)).await;
            polling.run_due().await.map_err(|e| e.to_string())
        };
        self.ask(task)?.map_err(anyhow::Error::msg)?;
        Ok(())
    }

    fn calm(&self, is_calm: bool) {
        if let Some(lists) = &self.lists {
            lists.calm(is_calm);
        }
    }

    /// A person reads all lists from the first delivery on, when nothing fails any more.
    pub(crate) fn read_lists(&mut self) -> Result<Heard> {
        let Some((polling, names)) = self.polling(self.engine.clone(), 1)? else {
            return Ok(Heard::default());
        };
        let Some(since) = self.lists.as_ref().and_then(|l| l.since()) else {
            return Ok(Heard::default());
        };
        let task = async move {
            let (mut heard, mut failed) = (Heard::default(), None);
            for name in names {
                let read = polling.backfill(&name, since, &mut |_, _| {}).await;
                for (list, read) in read.map_err(|e| e.to_string())? {
                    heard.kept += read.kept;
                    if read.kept > 0 {
                        heard.missed.push(format!("{name} {list}: {}", read.kept));
                    }
                    failed = failed.or(read.failed.map(|why| (list, why)));
                }
            }
            Ok::<_, String>((heard, failed))
        };
        let (heard, failed) = self.ask(task)?.map_err(anyhow::Error::msg)?;
        ensure!(failed.is_none(), "a list could not be read to its end: {failed:?}");
        let kept = heard.kept;
        self.trace.note(self.now(), "operator", || format!("reads the lists: {kept} are new"));
        Ok(heard)
    }
}

/// What a person heard from the lists that was not known, byte for byte.
#[derive(Default)]
pub(crate) struct Heard {
    /// Objects.
    pub kept: u64,
    /// Lists that held some, and how many: the product had read them before and missed those.
    pub missed: Vec<String>,
}
