//! What can be measured.

mod end_to_end;
mod naive;
mod normalise;
mod pace;
mod pure;
mod samples;

use crate::report::Row;
use anyhow::Result;
use std::path::Path;

/// One scenario.
pub struct Scenario {
    /// Its name for `--only`.
    pub name: &'static str,
    /// Orders unless told otherwise.
    pub orders: u32,
    run: fn(&str, u32, &Path) -> Result<Row>,
}

impl Scenario {
    /// Measures it with `orders` orders; databases go to `folder`.
    pub fn run(&self, orders: u32, folder: &Path) -> Result<Row> {
        (self.run)(self.name, orders, folder)
    }
}

/// All, in the order of the table.
pub const ALL: &[Scenario] = &[
    Scenario { name: "pure", orders: 10_000, run: pure::run },
    Scenario { name: "normalise", orders: 200, run: normalise::run },
    Scenario { name: "end-to-end", orders: 20_000, run: end_to_end::plain },
    Scenario { name: "month", orders: 50_000, run: end_to_end::month },
    Scenario { name: "one-entity-fast", orders: 20_000, run: pace::one_entity_fast },
    Scenario { name: "one-entity-thrifty", orders: 20_000, run: pace::one_entity_thrifty },
    Scenario { name: "three-entity-fast", orders: 10_000, run: pace::three_entity_fast },
    Scenario { name: "three-entity-thrifty", orders: 10_000, run: pace::three_entity_thrifty },
    Scenario { name: "three-entity-naive", orders: 1_000, run: naive::run },
];
