//! Which settings decide a case: those with whose other values it would come out otherwise.

use super::CaseFile;
use anyhow::{Context as _, Result};
use book::{Case, Rules};
use std::collections::{BTreeMap, BTreeSet};

/// A setting where accountants may differ, with values that are tried.
struct Setting {
    path: &'static str,
    values: &'static [&'static str],
}

/// All of them. A test compares them with the default rules.
const SETTINGS: &[Setting] = &[
    Setting { path: "posting.mode", values: &["per_order", "daily_summary"] },
    Setting { path: "posting.sale", values: &["by_payment", "invoice"] },
    Setting { path: "posting.fees", values: &["per_payout", "per_fee"] },
    Setting { path: "posting.refund_unitemised", values: &["hold", "returns"] },
    Setting { path: "posting.refund_unlinked", values: &["hold", "suspense"] },
    Setting { path: "posting.small_difference_minor", values: &["0", "5"] },
    Setting { path: "posting.revenue", values: &["at_sale", "at_fulfilment"] },
    Setting { path: "posting.edits", values: &["rewrite", "delta"] },
    Setting { path: CLOSED_PERIOD, values: &["hold", "next_open_day"] },
    Setting { path: "posting.refund_date", values: &["refund", "sale"] },
    Setting { path: "posting.marketplace_tax", values: &["net", "gross"] },
    Setting { path: "posting.cash_rounding", values: &["rounding", "revenue"] },
    Setting { path: "posting.fee_tax", values: &["cost", "recoverable"] },
    Setting { path: "posting.loss_tax", values: &["keep", "relief"] },
    Setting { path: "posting.platform", values: &["principal", "agent"] },
    Setting { path: "tenders.promotional_card", values: &["discounts", "gift_cards"] },
    Setting { path: "tenders.loyalty", values: &["discounts", "loyalty"] },
    Setting { path: "customer.mode", values: &["channel", "named"] },
];

/// What happens to documents of closed books.
const CLOSED_PERIOD: &str = "posting.closed_period";

/// Decisions under other settings, with the rules compiled once.
#[derive(Default)]
pub struct Settings {
    compiled: BTreeMap<(String, String), Rules>,
}

impl Settings {
    /// The paths and values in force of the settings that decide the case.
    pub fn deciding(
        &mut self,
        file: &CaseFile,
        case: &Case,
    ) -> Result<Vec<(&'static str, String)>> {
        let own = case.rules(&file.rules)?;
        let rules = own.as_ref().unwrap_or(&file.rules);
        let known = rules.settings();
        let base = case.decide(rules, &case.facts);
        let mut found = Vec::new();
        // What is closed is met after deciding.
        if case.ledger.closed_until.is_some()
            && let Some(in_force) = known.get(CLOSED_PERIOD)
        {
            found.push((CLOSED_PERIOD, in_force.clone()));
        }
        for setting in SETTINGS.iter().filter(|s| s.path != CLOSED_PERIOD) {
            let in_force = known.get(setting.path).with_context(|| setting.path)?;
            for value in setting.values.iter().filter(|v| *v != in_force) {
                let mut name = file.name.clone();
                if !case.settings.is_empty() {
                    name = name + "/" + &case.name;
                }
                let text = format!("{} = {}", setting.path, literal(value));
                let other = match self.compiled.entry((name, text.clone())) {
                    std::collections::btree_map::Entry::Occupied(o) => o.into_mut(),
                    std::collections::btree_map::Entry::Vacant(v) => v.insert(rules.with(&text)?),
                };
                if case.decide(other, &case.facts) != base {
                    found.push((setting.path, in_force.clone()));
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// Settings and values with which no case would come out otherwise than with another value: both
/// ways of every setting have to be cases.
pub fn undecided(files: &[CaseFile]) -> Result<Vec<String>> {
    let mut settings = Settings::default();
    let mut decided = BTreeSet::new();
    for file in files {
        for case in &file.cases {
            decided.extend(settings.deciding(file, case)?);
        }
    }
    let all = SETTINGS.iter().flat_map(|s| s.values.iter().map(|v| (s.path, (*v).to_owned())));
    Ok(all
        .filter(|s| !decided.contains(s))
        .map(|(path, value)| format!("{path} = {value}"))
        .collect())
}

/// Settings of the default rules that are choices and are not tried: of `[posting]` and modes.
pub fn untried() -> Result<Vec<String>> {
    let known = Rules::parse(Rules::default_text())?.settings();
    let is_choice =
        |path: &String| path.starts_with("posting.") || path.split('.').next_back() == Some("mode");
    let tried = |path: &String| SETTINGS.iter().any(|s| s.path == path);
    // There is one way to book tax.
    let all = known.into_keys().filter(|p| is_choice(p) && p != "posting.tax");
    Ok(all.filter(|p| !tried(p)).collect())
}

/// As TOML.
fn literal(value: &str) -> String {
    if value.bytes().all(|b| b.is_ascii_digit()) {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    }
}
