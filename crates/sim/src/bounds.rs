//! Profiles: what a run may draw, written as TOML.

use anyhow::{Context, Result};
use quickbooks_sim::Faults;
use serde::Deserialize;
use workload::{OrderSystem, Processor};

/// Name and text of every profile.
const PROFILES: [(&str, &str); 9] = [
    ("calm", include_str!("../profiles/calm.toml")),
    ("lossy", include_str!("../profiles/lossy.toml")),
    ("crashy", include_str!("../profiles/crashy.toml")),
    ("quota", include_str!("../profiles/quota.toml")),
    ("month-end", include_str!("../profiles/month-end.toml")),
    ("operators", include_str!("../profiles/operators.toml")),
    ("two-workers", include_str!("../profiles/two-workers.toml")),
    ("silence", include_str!("../profiles/silence.toml")),
    ("everything", include_str!("../profiles/everything.toml")),
];

/// Names of all profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

/// The text of a profile.
pub fn text(name: &str) -> Option<&'static str> {
    PROFILES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// What a run may draw. Rates are per mille and upper bounds: every run draws its own, and each is
/// zero in every other run. What is left out is zero.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// What the profile is for, for people.
    pub about: String,
    /// Orders: from, to.
    pub orders: [u32; 2],
    /// Processes that work: from, to.
    pub workers: [u32; 2],
    /// The time over which deliveries are spread: one of these, seconds.
    pub spread_s: Vec<u32>,
    /// Runs in which the ledger's real limits are on.
    #[serde(default)]
    pub throttled: u32,
    /// Runs in which they are low, so that a small month fills them.
    #[serde(default)]
    pub tight: u32,
    /// Processes.
    #[serde(default)]
    pub processes: Processes,
    /// Calls to the ledger.
    #[serde(default)]
    pub ledger: Faults,
    /// The database.
    #[serde(default)]
    pub sql: Sql,
    /// Deliveries.
    #[serde(default)]
    pub deliveries: Deliveries,
    /// Clocks.
    #[serde(default)]
    pub clocks: Clocks,
    /// People.
    #[serde(default)]
    pub people: People,
    /// Books and calendar.
    #[serde(default)]
    pub books: Books,
    /// With whom the company sells, and who pays it.
    #[serde(default)]
    pub vendors: Vendors,
}

/// What happens to processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Processes {
    /// Crashes in 100,000 polls.
    pub crashes_per_100k: u32,
    /// Longest time until a crashed process is back, seconds.
    pub restart_s: u32,
    /// Pauses in 100,000 polls: the process gets no turn while the world goes on.
    pub pauses_per_100k: u32,
    /// Longest pause, seconds; a lane's lease is 60.
    pub pause_s: u32,
    /// Connections cut while a delivery is stored.
    pub cut: u32,
    /// Runs in which the intake is a process of its own.
    pub split_intake: u32,
}

/// Faults of the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sql {
    /// A transaction cannot be opened.
    pub begin: u32,
    /// A transaction has to be begun again: another one is busy.
    pub busy: u32,
    /// A statement asks to run the transaction again.
    pub statement: u32,
    /// A commit fails; nothing is durable.
    pub not_committed: u32,
    /// A commit is durable but its answer is lost.
    pub commit_unknown: u32,
    /// A transaction takes long to open or to commit.
    pub slow: u32,
    /// How long at most, seconds.
    pub slow_s: u32,
}

/// What goes wrong with deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deliveries {
    /// They come again later.
    pub duplicated: u32,
    /// Others overtake them.
    pub reordered: u32,
    /// By how many at most.
    pub reordered_by: u32,
    /// An old version is told once more.
    pub stale: u32,
    /// They first come with a signature that does not fit.
    pub wrong_signature: u32,
    /// Orders whose total is not what their lines come to.
    pub unfooting: u32,
    /// Webhooks of a topic that no rule knows.
    pub unknown_topic: u32,
    /// They never come: what they say is read from the vendors' lists.
    pub lost: u32,
    /// Requests to the vendors' lists that fail, and objects that lists show late, where lists are read.
    pub unread: u32,
    /// Runs in which webhooks about orders only name them, where the order system's do.
    pub thin: u32,
    /// They come long after everything else.
    pub delayed: u32,
    /// How much later at most, seconds.
    pub delay_s: u32,
}

impl Deliveries {
    /// The same where all of them come and say what they have to say: no list has to be read.
    #[must_use]
    pub const fn all_told(self) -> Self {
        Self { lost: 0, unread: 0, thin: 0, ..self }
    }
}

/// How clocks of processes are wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clocks {
    /// Largest difference from the true time, milliseconds.
    pub skew_ms: u32,
    /// Steps in a run.
    pub steps: u32,
    /// Largest step, milliseconds.
    pub step_ms: u32,
}

/// What people do, times in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Documents that somebody changes, voids or deletes in the ledger.
    pub edits: u32,
    /// The ledger's closing date is set and taken back.
    pub ledger_closings: u32,
    /// The books are closed and opened in Tieout.
    pub closings: u32,
    /// All access tokens end.
    pub expiries: u32,
    /// The company is disconnected; somebody connects it again.
    pub disconnects: u32,
    /// Runs in which the mapping rules are changed half-way.
    pub rule_changes: u32,
    /// Exceptions that an operator decides wrongly or without need: retried while nothing changed,
    /// closed although nothing was done.
    pub idle_decisions: u32,
}

/// Books and calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Books {
    /// Runs with one summary journal per day.
    pub summary: u32,
    /// Runs of a company with several currencies.
    pub several_currencies: u32,
    /// Runs with tokens that live for minutes.
    pub short_tokens: u32,
    /// Runs in which the ledger answers repeated request ids only for five minutes.
    pub short_memory: u32,
    /// Runs in which an answer about changes holds eight objects, as if the company were larger.
    pub short_changes: u32,
    /// First days of months; March 2026 when empty.
    pub months: Vec<String>,
    /// Time zones of the shop; New York when empty.
    pub zones: Vec<String>,
}

/// With whom a company sells, and who pays it, by the kinds of their sources. A run draws one of each;
/// one that stands twice is drawn twice as often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vendors {
    /// Order systems; Shopify when empty.
    pub orders: Vec<String>,
    /// Processors; Stripe when empty. Where the order system brings one along, it is that one.
    pub processors: Vec<String>,
}

impl Bounds {
    /// The profile of this name.
    ///
    /// # Errors
    /// A name that no profile has.
    pub fn named(name: &str) -> Result<Self> {
        let known = || names().collect::<Vec<_>>().join(", ");
        let text = text(name)
            .with_context(|| format!("no profile is called `{name}`; there are {}", known()))?;
        Self::parse(text)
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self> {
        let bounds: Self = toml::from_str(text).context("a profile")?;
        anyhow::ensure!(bounds.orders[0] >= 1, "a run has at least one order");
        anyhow::ensure!(bounds.workers[0] >= 1, "a run has at least one worker");
        anyhow::ensure!(!bounds.spread_s.is_empty(), "spread_s names no time");
        for kind in &bounds.vendors.orders {
            let known = OrderSystem::named(kind).is_some();
            anyhow::ensure!(known, "`{kind}` is no order system that the world delivers");
        }
        for kind in &bounds.vendors.processors {
            let known = Processor::named(kind).is_some_and(Processor::serves_others);
            anyhow::ensure!(known, "`{kind}` is no processor that the world delivers");
        }
        Ok(bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_can_be_read_and_unknown_words_cannot() {
        for name in names() {
            Bounds::named(name).unwrap();
        }
        let calm = text("calm").unwrap();
        assert!(Bounds::parse(&format!("{calm}\n[storms]\n")).is_err());
        assert!(Bounds::named("stormy").is_err());
        assert!(Bounds::parse(&format!("{calm}\n[vendors]\norders = [\"nobody\"]\n")).is_err());
    }
}
