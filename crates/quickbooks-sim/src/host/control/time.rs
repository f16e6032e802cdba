//! Clock, reset, snapshots.

use serde::Deserialize;
use serde_json::json;

use super::{Ask, Outcome, Refusal, change, look};
use crate::clock::parse_instant;
use crate::host::Host;
use crate::simulator::Simulator;
use crate::snapshot;
use crate::webhooks::instant;

pub(super) fn clock(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    look(shown(host, ask.req.now_us))
}

fn shown(host: &Host, now_us: i64) -> serde_json::Value {
    json!({
        "now": instant(now_us),
        "frozen": host.clock.is_frozen(),
        "offset_seconds": host.clock.offset_us() / 1_000_000,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    now: Option<String>,
    frozen: Option<bool>,
    advance_seconds: Option<u32>,
    real: Option<bool>,
}

pub(super) fn set_clock(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let set: SetClock = ask.body()?;
    let (now_us, real_us) = (ask.req.now_us, ask.req.arrived_us);
    let frozen = set.frozen.unwrap_or(host.clock.is_frozen());
    let moved = match (&set.now, set.advance_seconds, set.real) {
        (Some(text), None, None) => {
            let seconds = parse_instant(text).ok_or_else(|| {
                let hint = "write it as 2026-03-02T10:00:00Z";
                Refusal::bad(format!("now: `{text}` is not an instant"), hint)
            })?;
            host.clock.set(seconds.saturating_mul(1_000_000), frozen, real_us)
        }
        (None, Some(seconds), None) => {
            host.clock.set(now_us + i64::from(seconds) * 1_000_000, frozen, real_us)
        }
        (None, None, Some(true)) => host.clock.follow(real_us),
        (None, None, None) if set.frozen.is_some() => host.clock.set(now_us, frozen, real_us),
        _ => {
            let hint = "{\"now\":\"2026-03-02T10:00:00Z\",\"frozen\":true}, \
                        {\"advance_seconds\":60}, {\"frozen\":false} or {\"real\":true}";
            return Err(Refusal::bad("the body must say one thing", hint));
        }
    };
    if !moved {
        return Err(Refusal::conflict(
            format!("it is {} already: time does not run backwards", instant(now_us)),
            "POST /_sim/reset with {\"all\":true} begins anew",
        ));
    }
    let now_us = host.clock.at(real_us);
    change(shown(host, now_us))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    all: bool,
    realm: Option<String>,
}

pub(super) fn reset(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let reset: Reset = ask.body()?;
    if reset.all {
        let (log, changes, replaying) = (host.log.take(), host.changes, host.replaying);
        *host = Host { changes, replaying, log, ..Host::new(host.start.clone()) };
        host.clock.at(ask.req.arrived_us);
        return change(json!({ "reset": "everything" }));
    }
    let realms: Vec<String> = match reset.realm {
        Some(realm) => vec![host.company(Some(&realm))?.config.realm_id.clone()],
        None => host.companies.keys().cloned().collect(),
    };
    for realm in &realms {
        let company = host.company(Some(realm))?;
        *company = Simulator::new(company.config.clone());
    }
    host.webhooks.forget();
    change(json!({ "reset": realms }))
}

pub(super) fn snapshots(host: &mut Host, _: &Ask<'_>) -> Outcome {
    let all: Vec<_> = host
        .snapshots
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len() }))
        .collect();
    look(json!({ "snapshots": all }))
}

pub(super) fn take_snapshot(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let bytes = snapshot::write(&host.books()).ok_or_else(|| {
        Refusal::conflict("the state cannot be written as a snapshot", "report this as a fault")
    })?;
    let size = bytes.len();
    host.snapshots.insert(ask.name.to_owned(), bytes);
    change(json!({ "name": ask.name, "bytes": size }))
}

fn none(name: &str) -> Refusal {
    Refusal::missing(
        format!("there is no snapshot `{name}`"),
        format!("PUT /_sim/snapshots/{name} takes one"),
    )
}

pub(super) fn restore_snapshot(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let bytes = host.snapshots.get(ask.name).ok_or_else(|| none(ask.name))?;
    let books = snapshot::read(bytes).ok_or_else(|| none(ask.name))?;
    host.set_books(books);
    host.webhooks.forget();
    change(json!({ "restored": ask.name }))
}

pub(super) fn drop_snapshot(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    host.snapshots.remove(ask.name).ok_or_else(|| none(ask.name))?;
    change(json!({ "forgotten": ask.name }))
}
