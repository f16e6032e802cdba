//! Companies: making them, their switches, their books, and what people do in them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ask, Outcome, Refusal, change, look};
use crate::host::Host;
use crate::money::cents_text;
use crate::person::PersonEdit;
use crate::profile::Profile;

/// Realms of companies that were not given one follow the first free number after the first realm.
const REALM_DIGITS_MAX: usize = 18;

pub(super) fn list(host: &mut Host, _: &Ask<'_>) -> Outcome {
    let connected = host.oauth.connected();
    let all: Vec<_> = host
        .companies
        .iter()
        .map(|(realm, company)| {
            let prefs = company.prefs();
            json!({
                "realm": realm,
                "name": prefs.company_name,
                "region": prefs.region,
                "home_currency": prefs.home_currency,
                "transactions": company.transactions().count(),
                "connected": connected.contains(realm.as_str()),
            })
        })
        .collect();
    look(json!({ "companies": all, "profiles": Profile::ALL.map(Profile::name) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    realm: Option<String>,
    profile: Option<String>,
    name: Option<String>,
    seed_data: Option<bool>,
}

pub(super) fn add(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let add: Add = ask.body()?;
    let mut prefs = match add.profile {
        None => host.base.prefs.clone(),
        Some(name) => {
            let profile: Profile = name.parse().map_err(|e: crate::UnknownProfile| {
                Refusal::bad(e.to_string(), "or leave it out")
            })?;
            profile.prefs()
        }
    };
    if let Some(name) = add.name {
        prefs.company_name = name;
    }
    let realm = match add.realm {
        Some(realm) => realm,
        None => next_realm(host),
    };
    let digits = !realm.is_empty() && realm.bytes().all(|b| b.is_ascii_digit());
    if !digits || realm.len() > REALM_DIGITS_MAX {
        let hint = format!("use up to {REALM_DIGITS_MAX} digits");
        return Err(Refusal::bad(format!("`{realm}` cannot be a realm"), hint));
    }
    if host.companies.contains_key(&realm) {
        let error = format!("there is a company {realm} already");
        return Err(Refusal::conflict(error, "leave realm out to get a free one"));
    }
    let seed_data = add.seed_data.unwrap_or(host.base.seed_data);
    host.add(realm.clone(), prefs, seed_data);
    change(json!({ "realm": realm }))
}

fn next_realm(host: &Host) -> String {
    let last = host.companies.keys().filter_map(|r| r.parse::<u64>().ok()).max().unwrap_or(0);
    (last + 1).to_string()
}

pub(super) fn preferences(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let company = host.company(ask.param("realm").as_deref())?;
    look(serde_json::to_value(company.prefs()).unwrap_or_default())
}

pub(super) fn set_preferences(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let now_us = ask.req.now_us;
    let realm = ask.param("realm");
    let company = host.company(realm.as_deref())?;
    let prefs = ask.patched(company.prefs())?;
    company.set_prefs(prefs, now_us);
    let shown = serde_json::to_value(company.prefs()).unwrap_or_default();
    tell(host, realm.as_deref(), now_us)?;
    change(shown)
}

/// Tells webhooks what the last call on a company changed.
fn tell(host: &mut Host, realm: Option<&str>, now_us: i64) -> Result<(), Refusal> {
    let company = host.company(realm)?;
    let realm = company.config.realm_id.clone();
    let changes: Vec<_> = company.last_changes().collect();
    for change in &changes {
        host.webhooks.note(&realm, change, now_us);
    }
    Ok(())
}

pub(super) fn books(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let company = host.company(ask.param("realm").as_deref())?;
    let balances = company.trial_balance();
    let sum: i64 = balances.values().sum();
    let balances: serde_json::Map<String, Value> =
        balances.into_iter().map(|(name, cents)| (name, cents_text(cents).into())).collect();
    let transactions: Vec<_> = company
        .transactions()
        .map(|t| {
            json!({
                "id": t.id.to_string(),
                "type": t.kind.name(),
                "sync_token": t.sync_token.to_string(),
                "doc_number": t.doc_number,
                "date": t.txn_date,
                "name": t.customer,
                "currency": t.currency,
                "total": cents_text(t.total),
                "open": cents_text(t.open),
                "tax": cents_text(t.tax),
                "private_note": t.private_note,
                "voided": t.voided,
                "links": t.links,
            })
        })
        .collect();
    let duplicates: Vec<_> = company
        .duplicates()
        .into_iter()
        .map(|d| json!({ "type": d.kind.name(), "marker": d.marker, "ids": d.ids }))
        .collect();
    look(json!({
        "home_currency": company.prefs().home_currency,
        "trial_balance": balances,
        "difference": cents_text(sum),
        "transactions": transactions,
        "duplicates": duplicates,
    }))
}

pub(super) fn journal(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let (txn, after) = (ask.number("txn", 0)?, ask.number("after", 0)?);
    let limit = usize::try_from(ask.number("limit", 1_000)?).unwrap_or(usize::MAX);
    let company = host.company(ask.param("realm").as_deref())?;
    let entries: Vec<_> = company
        .journal()
        .filter(|e| u64::from(e.txn_id) > after && (txn == 0 || u64::from(e.txn_id) == txn))
        .take(limit)
        .map(|e| {
            let legs: Vec<_> = e
                .legs
                .iter()
                .map(|l| json!({ "account": l.account, "name": l.name, "amount": cents_text(l.amount) }))
                .collect();
            json!({
                "txn": e.txn_id.to_string(),
                "type": e.kind.name(),
                "date": e.txn_date,
                "doc_number": e.doc_number,
                "legs": legs,
            })
        })
        .collect();
    look(json!({ "entries": entries }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    realm: Option<String>,
    id: u32,
    change: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    void: bool,
    #[serde(default)]
    delete: bool,
    merge_into: Option<u32>,
}

pub(super) fn person(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let person: Person = ask.body()?;
    let edit = match (person.change, person.void, person.delete, person.merge_into) {
        (Some(fields), false, false, None) => PersonEdit::Change(Value::Object(fields).to_string()),
        (None, true, false, None) => PersonEdit::Void,
        (None, false, true, None) => PersonEdit::Delete,
        (None, false, false, Some(into)) => PersonEdit::Merge { into },
        _ => {
            let hint = "{\"id\":145,\"change\":{\"PrivateNote\":\"by hand\"}}, \
                        {\"id\":145,\"void\":true}, {\"id\":145,\"delete\":true} or, of names, \
                        {\"id\":58,\"merge_into\":59}";
            return Err(Refusal::bad("the body must say one thing", hint));
        }
    };
    let now_us = ask.req.now_us;
    let company = host.company(person.realm.as_deref())?;
    company.edit_by_person(person.id, &edit, now_us).map_err(|fault| {
        let told: Value = serde_json::from_str(&fault).unwrap_or_default();
        let detail = told["Fault"]["Error"][0]["Detail"].as_str().unwrap_or(&fault).to_owned();
        Refusal::conflict(detail, "the product refuses this to people, too")
    })?;
    let changed: Vec<_> = company
        .last_changes()
        .map(|c| json!({ "entity": c.entity, "id": c.id.to_string(), "operation": c.operation.name() }))
        .collect();
    tell(host, person.realm.as_deref(), now_us)?;
    change(json!({ "changed": changed }))
}
