//! Requests and what they meet: the app, limits, faults, the meter, the list of requests seen.

use serde_json::{Value, json};

use super::{Ask, Outcome, change, look};
use crate::config::Config;
use crate::faults::Faults;
use crate::host::Host;

/// Properties of the configuration that have a place of their own.
const ELSEWHERE: [&str; 5] = ["realm_id", "prefs", "seed_data", "limits", "faults"];

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub(super) fn app(host: &mut Host, _: &Ask<'_>) -> Outcome {
    let mut shown = value(&host.base);
    if let Some(properties) = shown.as_object_mut() {
        properties.retain(|name, _| !ELSEWHERE.contains(&name.as_str()));
    }
    look(shown)
}

pub(super) fn set_app(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let mut new = ask.patched(&host.base)?;
    let old = &host.base;
    new.realm_id.clone_from(&old.realm_id);
    new.prefs.clone_from(&old.prefs);
    new.seed_data = old.seed_data;
    new.limits = old.limits;
    new.faults.clone_from(&old.faults);
    host.reconfigure(|config| {
        let Config { realm_id, prefs, seed_data, .. } = config.clone();
        *config = Config { realm_id, prefs, seed_data, ..new.clone() };
    });
    let shown = app(host, ask)?;
    change(shown.0)
}

pub(super) fn limits(host: &mut Host, _: &Ask<'_>) -> Outcome {
    look(value(&host.base.limits))
}

pub(super) fn set_limits(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let limits = ask.patched(&host.base.limits)?;
    host.reconfigure(|config| config.limits = limits);
    change(value(&limits))
}

fn shown_faults(host: &Host) -> Value {
    let drawn: serde_json::Map<String, Value> = host
        .faults_drawn
        .iter()
        .filter_map(|(kind, n)| Some((value(kind).as_str()?.to_owned(), (*n).into())))
        .collect();
    json!({ "faults": value(&host.base.faults), "calls": host.calls, "drawn": drawn })
}

pub(super) fn faults(host: &mut Host, _: &Ask<'_>) -> Outcome {
    look(shown_faults(host))
}

pub(super) fn set_faults(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let faults: Faults = ask.body()?;
    host.reconfigure(|config| config.faults = faults.clone());
    change(shown_faults(host))
}

pub(super) fn no_faults(host: &mut Host, _: &Ask<'_>) -> Outcome {
    host.reconfigure(|config| config.faults = Faults::default());
    change(shown_faults(host))
}

pub(super) fn meter(host: &mut Host, _: &Ask<'_>) -> Outcome {
    let companies: serde_json::Map<String, Value> =
        host.companies.iter().map(|(realm, c)| (realm.clone(), value(&c.meter()))).collect();
    let (year, month) = (host.meter.month.div_euclid(12), host.meter.month.rem_euclid(12) + 1);
    look(json!({
        "month": format!("{year:04}-{month:02}"),
        "core_plus_this_month": host.meter.core_plus_this_month,
        "core_plus_per_month": host.base.limits.core_plus_per_month,
        "companies": companies,
    }))
}

pub(super) fn requests(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let limit = usize::try_from(ask.number("limit", 100)?).unwrap_or(usize::MAX);
    let path = ask.param("path").unwrap_or_default();
    let mut latest: Vec<_> =
        host.seen.iter().rev().filter(|s| s.path.contains(&path)).take(limit).map(value).collect();
    latest.reverse();
    look(json!({ "total": host.seen.total(), "requests": latest }))
}

pub(super) fn forget_requests(host: &mut Host, _: &Ask<'_>) -> Outcome {
    host.seen.clear();
    look(json!({ "total": 0 }))
}
