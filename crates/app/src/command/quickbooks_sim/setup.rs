//! From the command line to companies, and what the start says.

use super::now_us;
use crate::cli::QuickbooksSimArgs;
use crate::exit::{Exit, Stop};
use bytes::Bytes;
use http::Request;
use quickbooks_sim::{CONTROL, Config, Host, HostConfig};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

/// Kinds of faults that `all` stands for.
const FAULTS: [&str; 13] = [
    "refused",
    "lost_before",
    "lost_after",
    "held_up",
    "late",
    "cut",
    "garbage",
    "unauthorized",
    "throttled",
    "server_error",
    "ok_fault",
    "ambiguous",
    "silent_noop",
];
/// Travel time of a late answer, and longest time for which a request is held up, unless `late_us` and
/// `held_us` say otherwise, microseconds.
const LATE_US: i64 = 30_000_000;

/// Companies as the command line wants them.
pub fn fresh(args: &QuickbooksSimArgs) -> HostConfig {
    let base = Config { seed: args.seed, seed_data: !args.empty, ..args.profile.config() };
    let first: u64 = base.realm_id.parse().unwrap_or(1);
    let others = (first + 1..).zip(&args.company);
    HostConfig {
        others: others.map(|(realm, profile)| (realm.to_string(), profile.prefs())).collect(),
        base,
        ..HostConfig::default()
    }
}

/// One control call from inside; the API explains what is wrong.
fn control(host: &mut Host, method: &str, path: &str, body: &Value) -> Result<Value, Stop> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{CONTROL}{path}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))?;
    let response = host.handle(&request, now_us());
    let answer: Value = serde_json::from_slice(response.body())?;
    if response.status().is_success() {
        return Ok(answer);
    }
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    Err(Stop::new(Exit::Usage, format!("{}; {}", text("error"), text("hint"))))
}

/// `NAME=VALUE`; a value that is no JSON is text.
fn pair(text: &str) -> Result<(String, Value), Stop> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Stop::new(Exit::Usage, format!("`{text}` has no value; write it as NAME=VALUE"))
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.trim().to_owned(), value))
}

/// Settings that count at every start.
pub fn settings(host: &mut Host, args: &QuickbooksSimArgs) -> Result<(), Stop> {
    if let Some(time) = &args.clock {
        control(host, "PUT", "/clock", &json!({ "now": time }))?;
    }
    if !args.pref.is_empty() {
        let prefs: Result<Map<String, Value>, Stop> = args.pref.iter().map(|p| pair(p)).collect();
        control(host, "PATCH", "/preferences", &Value::Object(prefs?))?;
    }
    let mut app = Map::new();
    if !args.redirect_uri.is_empty() {
        app.insert("redirect_uri".to_owned(), args.redirect_uri.join(" ").into());
    }
    for (name, value) in [
        ("consent", &args.consent),
        ("client_id", &args.client_id),
        ("client_secret", &args.client_secret),
    ] {
        if let Some(value) = value {
            app.insert(name.to_owned(), value.as_str().into());
        }
    }
    if !app.is_empty() {
        control(host, "PATCH", "/app", &Value::Object(app))?;
    }
    let mut limits = Map::from_iter([("lifted".to_owned(), args.no_throttle.into())]);
    if let Some(most) = args.core_plus {
        limits.insert("core_plus_per_month".to_owned(), most.into());
    }
    if limits.len() > 1 || args.no_throttle != host.config().limits.lifted {
        control(host, "PATCH", "/limits", &Value::Object(limits))?;
    }
    if let Some(spec) = &args.faults {
        control(host, "PUT", "/faults", &Value::Object(faults(spec)?))?;
    }
    if let (Some(url), Some(verifier)) = (&args.webhook, &args.verifier) {
        let format = args.webhook_format.as_deref().unwrap_or("cloud-events").replace('-', "_");
        let rules = json!({ "url": url, "verifier": verifier, "format": format });
        control(host, "PUT", "/webhooks", &rules)?;
    }
    Ok(())
}

/// `lost_after=20,throttled=50`, or `all=10`.
fn faults(spec: &str) -> Result<Map<String, Value>, Stop> {
    let mut faults =
        Map::from_iter(["late_us", "held_us"].map(|name| (name.to_owned(), LATE_US.into())));
    for part in spec.split(',').filter(|p| !p.trim().is_empty()) {
        match pair(part)? {
            (name, value) if name == "all" => {
                faults.extend(FAULTS.map(|kind| (kind.to_owned(), value.clone())));
            }
            (name, value) => {
                faults.insert(name, value);
            }
        }
    }
    Ok(faults)
}

/// Connects companies that no app is connected to, and gives all connections.
pub fn connect(host: &mut Host) -> Result<Value, Stop> {
    let known = control(host, "GET", "/tokens", &Value::Null)?;
    let connected = |realm: &str| {
        let all = known["connections"].as_array();
        all.is_some_and(|c| c.iter().any(|c| c["realm"] == realm))
    };
    let realms: Vec<String> =
        host.companies().keys().filter(|realm| !connected(realm)).cloned().collect();
    for realm in realms {
        control(host, "POST", "/tokens", &json!({ "realm": realm }))?;
    }
    control(host, "GET", "/tokens", &Value::Null)
}

/// What a client needs to know.
pub fn banner(
    host: &mut Host,
    at: SocketAddr,
    tokens: &Value,
    path: Option<&Path>,
) -> Result<Value, Stop> {
    let base = format!("http://{at}");
    let listed = control(host, "GET", "/companies", &Value::Null)?;
    let webhooks = control(host, "GET", "/webhooks", &Value::Null)?;
    let none = Vec::new();
    let connections = tokens["connections"].as_array().unwrap_or(&none);
    let companies: Vec<Value> = listed["companies"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .map(|company| {
            let found = connections.iter().find(|c| c["realm"] == company["realm"]);
            let connection = found.unwrap_or(&Value::Null);
            let access = connection["access_tokens"].as_array().and_then(|a| a.last());
            json!({
                "realm_id": company["realm"],
                "name": company["name"],
                "access_token": access.map_or(&Value::Null, |a| &a["token"]),
                "refresh_token": connection["refresh_token"],
            })
        })
        .collect();
    let config = host.config();
    let first = companies.iter().find(|c| c["realm_id"] == config.realm_id.as_str());
    let first = first.cloned().unwrap_or_default();
    Ok(json!({
        "base_url": base,
        "authorize_url": format!("{base}/connect/oauth2"),
        "token_url": format!("{base}/oauth2/v1/tokens/bearer"),
        "revoke_url": format!("{base}/v2/oauth2/tokens/revoke"),
        "discovery_url": format!("{base}/.well-known/openid_sandbox_configuration"),
        "control_url": format!("{base}{CONTROL}"),
        "realm_id": config.realm_id,
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "redirect_uri": config.redirect_uri,
        "access_token": first["access_token"],
        "refresh_token": first["refresh_token"],
        "companies": companies,
        "webhook": webhooks["subscription"]["url"],
        "data": path,
    }))
}

/// The same for people.
pub fn for_people(banner: &Value) -> String {
    let text = |name: &str| banner[name].as_str().unwrap_or("none").to_owned();
    let mut out = format!("Simulated QuickBooks on {}\n", text("base_url"));
    for (label, name) in [
        ("authorize", "authorize_url"),
        ("token", "token_url"),
        ("revoke", "revoke_url"),
        ("discovery", "discovery_url"),
        ("control", "control_url"),
        ("client id", "client_id"),
        ("client secret", "client_secret"),
        ("redirect", "redirect_uri"),
        ("webhook", "webhook"),
        ("data", "data"),
    ] {
        let _ = writeln!(out, "  {label:<14} {}", text(name));
    }
    for company in banner["companies"].as_array().into_iter().flatten() {
        let text = |name: &str| company[name].as_str().unwrap_or("none: it has expired").to_owned();
        let (name, realm) = (text("name"), text("realm_id"));
        let _ = writeln!(out, "\n  {name}, realm {realm}");
        let _ = writeln!(out, "  {:<14} {}", "access token", text("access_token"));
        let _ = writeln!(out, "  {:<14} {}", "refresh token", text("refresh_token"));
    }
    out
}
