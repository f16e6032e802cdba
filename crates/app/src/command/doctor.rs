//! `tieout doctor`.

use crate::cli::Global;
use crate::config::{Ledger, Settings};
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count};
use crate::site::{KEY_FILE, Mode, Site, config_file, data_directory, rules};
use bytes::Bytes;
use http::Request;
use kernel::Timestamp;
use ports::{Dialect, ReadOutcome, TokenStore};
use serde::Serialize;
use std::path::Path;

/// How far our clock may be from the ledger's, seconds: signatures allow five minutes.
const CLOCK_OFF_MAX: i64 = 120;

#[derive(Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    says: String,
}

#[derive(Serialize)]
struct Diagnosis {
    healthy: bool,
    checks: Vec<Check>,
    settings: Vec<(String, String, String)>,
}

#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, what: &'static str, found: Result<String, String>) {
        let ok = found.is_ok();
        self.0.push(Check { what, ok, says: found.unwrap_or_else(|e| e) });
    }
}

/// Checks everything a command needs and says what is wrong.
pub async fn run(global: &Global) -> Done {
    let mut checks = Checks::default();
    let mut shown = Vec::new();
    match Settings::read(&config_file(global)) {
        Err(stop) => checks.add("configuration", Err(format!("{:#}", stop.why))),
        Ok(settings) => {
            checks.add("configuration", Ok(settings.file.display().to_string()));
            shown.clone_from(&settings.origins);
            add_command_line(global, &mut shown);
            look(global, settings, &mut checks).await;
        }
    }
    let healthy = checks.0.iter().all(|c| c.ok);
    let diagnosis = Diagnosis { healthy, checks: checks.0, settings: shown };
    if global.json {
        output::json(&diagnosis)?;
    } else {
        output::print(&screen(&diagnosis))?;
    }
    Ok(if healthy { Exit::Ok } else { Exit::Configuration })
}

fn add_command_line(global: &Global, shown: &mut Vec<(String, String, String)>) {
    let mut add = |name: &str, value: String| {
        shown.push((name.to_owned(), value, "command line or environment".to_owned()));
    };
    add("data", data_directory(global).display().to_string());
    if global.database.is_some() {
        add("database", "postgres (hidden)".to_owned());
    }
}

async fn look(global: &Global, settings: Settings, checks: &mut Checks) {
    let rules = rules(&settings.rules);
    checks.add(
        "rules",
        rules
            .map(|(r, sha)| format!("version {}, sha256 {}", r.version(), &sha[..16]))
            .map_err(|s| format!("{:#}", s.why)),
    );
    let folder = settings.file.parent().unwrap_or_else(|| Path::new("."));
    for source in &settings.sources {
        let found = source.fetch_secrets(folder);
        let what = "source";
        checks.add(
            what,
            found
                .map(|s| format!("{}: {} secrets", source.name, s.len()))
                .map_err(|e| format!("{}: {e}", source.name)),
        );
    }
    // The ledger is asked only when nobody else works: two refreshers could end a connection.
    let quick = Global { no_wait: true, ..global.clone() };
    let site = match Site::with_settings(&quick, settings.clone(), Mode::Work).await {
        Ok(site) => site,
        Err(Stop { exit: Exit::Busy, why }) => {
            checks.add("lock", Ok(format!("{why:#}: the ledger is not asked")));
            match Site::with_settings(&quick, settings, Mode::Look).await {
                Ok(site) => site,
                Err(stop) => return checks.add("open", Err(format!("{:#}", stop.why))),
            }
        }
        Err(stop) => return checks.add("open", Err(format!("{:#}", stop.why))),
    };
    let busy = checks.0.iter().any(|c| c.what == "lock");
    look_inside(&site, busy, checks).await;
}

async fn look_inside(site: &Site, busy: bool, checks: &mut Checks) {
    checks.add("key", Ok(format!("{KEY_FILE} or TIEOUT_KEY is in place")));
    let database = async {
        let mut tx = site.engine.store.read().await?;
        store::fact::count(tx.as_mut()).await
    };
    let engine = match site.engine.store.dialect() {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    checks.add(
        "database",
        database
            .await
            .map(|n| format!("{engine} answers, the schema is up to date, {} facts", count(n)))
            .map_err(|e| e.to_string()),
    );
    let tokens = match (site.tokens.broken().await, site.tokens.load().await) {
        (Err(e), _) | (_, Err(e)) => Err(e),
        (Ok(Some(why)), _) => Err(format!("connect the ledger again: {why}")),
        (_, Ok(None)) => Err("the ledger was never connected".to_owned()),
        (_, Ok(Some(pair))) => Ok(format!(
            "access until {}, refresh until {}",
            pair.access_expires_at, pair.refresh_expires_at
        )),
    };
    checks.add("tokens", tokens);
    if !busy {
        let now = site.engine.now();
        let today = now.date_in(&kernel::time::Zone::UTC);
        let balance = site.engine.target.trial_balance(today, now.plus_seconds(30)).await;
        checks.add(
            "ledger",
            match balance {
                ReadOutcome::Read(accounts) => {
                    Ok(format!("answers, {} accounts with a balance", accounts.len()))
                }
                ReadOutcome::Failed(why) => Err(why),
                ReadOutcome::Throttled => Err("its limit was hit; try again".to_owned()),
                ReadOutcome::Disconnected(fault) => Err(fault.summary),
            },
        );
    }
    if let Ledger::QuickBooks { base_url, .. } = &site.settings.ledger {
        checks.add("clock", clock(site, base_url).await);
    }
}

/// Compares our clock with the `Date` header of the ledger.
async fn clock(site: &Site, base_url: &str) -> Result<String, String> {
    let now = site.engine.now();
    let request = Request::builder().uri(base_url).body(Bytes::new()).map_err(|e| e.to_string())?;
    let response = site.http.send(request, now.plus_seconds(30)).await;
    let response = response.map_err(|e| e.to_string())?;
    let date = response.headers().get(http::header::DATE).and_then(|v| v.to_str().ok());
    let Some(date) = date else { return Ok("the ledger states no time".to_owned()) };
    let theirs = http_date(date).ok_or_else(|| format!("`{date}` is not a time"))?;
    let off = (site.engine.now().seconds() - theirs.seconds()).abs();
    if off > CLOCK_OFF_MAX {
        return Err(format!("our clock is {off} seconds from the ledger's; set it (NTP)"));
    }
    Ok(format!("{off} seconds from the ledger's"))
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
}

fn screen(d: &Diagnosis) -> String {
    let mut checks = table(&["", "check", "says"], &[]);
    for c in &d.checks {
        checks.add_row(vec![if c.ok { "ok" } else { "FAIL" }, c.what, c.says.as_str()]);
    }
    let mut settings = table(&["setting", "value", "from"], &[]);
    for (name, value, from) in &d.settings {
        settings.add_row(vec![name, value, from]);
    }
    let bad = d.checks.iter().filter(|c| !c.ok).count();
    let verdict = if d.healthy {
        format!("All {} checks are good.", d.checks.len())
    } else {
        format!("{bad} of {} checks FAIL.", d.checks.len())
    };
    format!("{}\n\n{}\n\n{verdict}", text(&checks), text(&settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_of_an_answer() {
        let at = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(at.to_string(), "1994-11-06T08:49:37Z");
        assert!(http_date("yesterday").is_none());
    }
}
