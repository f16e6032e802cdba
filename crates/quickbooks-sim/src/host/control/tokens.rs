//! Connections without a browser.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ask, Outcome, Refusal, change, look};
use crate::host::Host;
use crate::oauth::{ALL_SCOPES, Grant};

pub(super) fn list(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    look(json!({ "connections": connections(host, ask.req.now_us) }))
}

fn connections(host: &Host, now_us: i64) -> Value {
    let seconds = |ends_us: i64| (ends_us - now_us) / 1_000_000;
    let all: Vec<_> = host
        .oauth
        .view()
        .map(|c| {
            let access: Vec<_> = c
                .access
                .iter()
                .map(|(token, ends_us)| json!({ "token": token, "expires_in": seconds(*ends_us) }))
                .collect();
            json!({
                "realm": c.grant.realm,
                "scopes": c.grant.scopes,
                "refresh_token": c.refresh,
                "refresh_expires_in": seconds(c.ends_us),
                "access_tokens": access,
            })
        })
        .collect();
    all.into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    realm: Option<String>,
    scopes: Option<String>,
}

pub(super) fn issue(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let issue: Issue = ask.body()?;
    let realm = host.company(issue.realm.as_deref())?.config.realm_id.clone();
    let scopes = issue.scopes.unwrap_or_else(|| ALL_SCOPES.to_owned());
    let issued = host.oauth.connect(Grant { realm, scopes }, &host.base, ask.req.now_us);
    change(json!({
        "realm": issued.grant.realm,
        "access_token": issued.access,
        "expires_in": issued.expires_in,
        "refresh_token": issued.refresh,
        "refresh_expires_in": issued.refresh_expires_in,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    realm: Option<String>,
    token: Option<String>,
}

pub(super) fn expire(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let end: End = ask.body()?;
    let realm = host.company(end.realm.as_deref())?.config.realm_id.clone();
    let expired = host.oauth.expire(end.token.as_deref(), &realm, ask.req.now_us);
    change(json!({ "expired": expired }))
}

pub(super) fn revoke(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let end: End = ask.body()?;
    match end.token {
        Some(token) if host.oauth.revoke(&token) => {}
        Some(_) => {
            return Err(Refusal::missing("no such token", "GET /_sim/tokens lists them"));
        }
        None => {
            let realm = host.company(end.realm.as_deref())?.config.realm_id.clone();
            host.oauth.disconnect(&realm);
        }
    }
    change(json!({ "connections": connections(host, ask.req.now_us) }))
}
