//! Bugs planted on purpose in the product, each with the profile and the judge that must find it: the
//! proof that the judges see, and that the world comes to where it matters.
//!
//! A site in the product says `ports::canary!("name")`. What no judge can find is a hole in judges or
//! world, and no canary is added before the hole is closed.

mod list;
mod page;

pub use list::{CANARIES, Canary, MASKED, REAL};
pub use page::{PAGE, page};

use crate::{Bounds, Tape, Violation, bugbase, many, run_in};
use anyhow::{Context, Result, ensure};
use ports::canary::passed;
use std::collections::{BTreeMap, BTreeSet};

/// Seeds in which a planted bug must be found when nothing else is said.
pub const SEEDS: u64 = 300;

/// How a planted bug was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The first seed in which the expected judge found it; none for the tape of the bugbase.
    pub seed: Option<u64>,
    /// What that judge said first.
    pub what: String,
    /// Everybody who found something in that seed.
    pub judges: BTreeSet<&'static str>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// It was found.
    Found(Found),
    /// It was not.
    Missed {
        /// Who else found something, and in which seed.
        others: BTreeMap<&'static str, u64>,
        /// How often runs came to the bug.
        passed: u64,
    },
}

/// Takes the planted bug out of the process, whatever happens.
struct Planted;

impl Planted {
    fn of(name: &str) -> Self {
        ports::canary::plant(Some(name));
        Self
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        ports::canary::plant(None);
    }
}

impl Canary {
    /// Runs seeds within `bounds` with the canary's bug until its judge finds something, `seeds` at
    /// most; `each` hears of every run. The same seed must be clean without the bug.
    ///
    /// # Errors
    /// When the program is built without bugs, a world cannot be built, or the seed is not clean.
    pub fn search(self, bounds: &Bounds, seeds: u64, mut each: impl FnMut()) -> Result<Search> {
        built_in()?;
        let planted = Planted::of(self.name);
        let (mut found, mut others) = (None::<(u64, Found)>, BTreeMap::new());
        many::run(bounds, 0..seeds, |seed, report| {
            each();
            let judges: BTreeSet<_> = report.violations.iter().map(|v| v.oracle).collect();
            for judge in &judges {
                others.entry(*judge).or_insert(seed);
            }
            let by = report.violations.into_iter().find(|v| v.oracle == self.judge);
            if let Some(Violation { what, .. }) = by
                && found.as_ref().is_none_or(|(first, _)| seed < *first)
            {
                found = Some((seed, Found { seed: Some(seed), what, judges }));
            }
            found.is_none()
        })?;
        let passed = passed();
        drop(planted);
        let Some((seed, found)) = found else { return Ok(Search::Missed { others, passed }) };
        is_clean(bounds, Tape::of_seed(seed), &format!("seed {seed}"))?;
        Ok(Search::Found(found))
    }

    /// Replays a tape with the canary's bug. None when its judge finds nothing there, since the product or
    /// the world draws otherwise than it did. The tape must be clean without the bug.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn replay(self, entry: &bugbase::Entry) -> Result<Option<Found>> {
        built_in()?;
        let tape = || Tape::of_bytes(entry.tape.clone());
        let planted = Planted::of(self.name);
        let report = run_in(&entry.bounds, tape(), false)?;
        drop(planted);
        is_clean(&entry.bounds, tape(), &format!("the tape {}", entry.name))?;
        let judges: BTreeSet<_> = report.violations.iter().map(|v| v.oracle).collect();
        let by = report.violations.into_iter().find(|v| v.oracle == self.judge);
        Ok(by.map(|Violation { what, .. }| Found { seed: None, what, judges }))
    }
}

fn is_clean(bounds: &Bounds, tape: Tape, which: &str) -> Result<()> {
    let clean = run_in(bounds, tape, false)?;
    let first = clean.violations.first();
    ensure!(
        first.is_none(),
        "{which} is not clean without a planted bug: {}",
        first.map(ToString::to_string).unwrap_or_default()
    );
    Ok(())
}

/// Plants the bug of this name for as long as the process lives.
///
/// # Errors
/// A name that no canary has, or a program that is built without planted bugs.
pub fn plant(name: &str) -> Result<&'static Canary> {
    built_in()?;
    let canary = named(&[name.to_owned()])?[0];
    ports::canary::plant(Some(canary.name));
    Ok(canary)
}

/// # Errors
/// When the program is built without planted bugs.
pub fn built_in() -> Result<()> {
    ensure!(
        ports::canary::BUILT_IN,
        "this program is built without planted bugs; run it as `cargo run --release -p sim --features \
         canary -- …`"
    );
    Ok(())
}

/// The canaries of these names; all when there are none.
///
/// # Errors
/// A name that no canary has.
pub fn named(names: &[String]) -> Result<Vec<&'static Canary>> {
    if names.is_empty() {
        return Ok(CANARIES.iter().collect());
    }
    let find = |name: &String| {
        let found = CANARIES.iter().find(|c| c.name == name);
        found.with_context(|| format!("no canary is called `{name}`; see {PAGE}"))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bounds, oracle};
    use std::fs;
    use std::path::Path;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    /// Names at the sites in the product.
    fn planted(folder: &Path, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                planted(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let sites = text.split("canary!(\"").skip(1);
                into.extend(sites.filter_map(|s| Some(s.split_once('"')?.0.to_owned())));
            }
        }
    }

    #[test]
    fn every_canary_has_a_site_and_every_site_a_canary() {
        let mut sites = BTreeSet::new();
        for name in ["engine", "quickbooks", "sources", "store"] {
            planted(&root().join("crates").join(name).join("src"), &mut sites);
        }
        let names: BTreeSet<String> = CANARIES.iter().map(|c| c.name.to_owned()).collect();
        assert_eq!(names, sites);
        assert_eq!(names.len(), CANARIES.len(), "a name twice");
        let ids: BTreeSet<u64> = CANARIES.iter().map(|c| ports::canary::id(c.name)).collect();
        assert_eq!(ids.len(), CANARIES.len(), "two names have one id");
    }

    #[test]
    fn every_fault_that_was_real_has_its_tape_and_its_row() {
        let real: BTreeSet<&str> = REAL.into_iter().collect();
        assert_eq!(real.len(), REAL.len(), "a name twice");
        let tapes = bugbase::all().unwrap();
        let taped: BTreeSet<&str> = tapes.iter().map(bugbase::Entry::bug).collect();
        assert_eq!(real, taped);
        let page = fs::read_to_string(bugbase::folder().join("README.md")).unwrap();
        let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
        let mut told = 0;
        for row in rows {
            let named =
                tapes.iter().filter(|t| row.contains(&format!("tape `{}`", t.name))).count();
            assert!(named == 1 || named == 0 && row.contains("no tape: "), "{row}");
            told += named;
        }
        assert_eq!(told, REAL.len());
        for name in REAL {
            assert!(CANARIES.iter().any(|c| c.name == name), "{name}");
        }
    }

    #[test]
    fn every_judge_is_proved_by_a_canary() {
        let proved: BTreeSet<&str> = CANARIES.iter().map(|c| c.judge).collect();
        assert_eq!(proved, oracle::names().collect());
        for canary in &CANARIES {
            assert!(bounds::text(canary.profile).is_some(), "{}", canary.name);
        }
    }

    #[test]
    fn the_page_tells_of_every_canary() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        for canary in &CANARIES {
            let told = [canary.name, canary.wrong].iter().all(|text| page.contains(text));
            assert!(told, "{}: run `sim canaries --write`", canary.name);
        }
    }
}
