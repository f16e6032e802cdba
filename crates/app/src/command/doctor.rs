//! `tieout doctor`.

use crate::cli::Global;
use crate::config::{Ledger, Settings};
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count};
use crate::site::{Mode, Site, config_file, data_directory, rules};
use api::view::{CompanyView, ConnectionView};
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
    /// Good today, and not for long.
    warns: bool,
    says: String,
}

#[derive(Serialize)]
struct Diagnosis {
    healthy: bool,
    checks: Vec<Check>,
    /// The company, if it was read.
    company: Option<CompanyView>,
    settings: Vec<(String, String, String)>,
}

#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, what: &'static str, found: Result<String, String>) {
        let ok = found.is_ok();
        self.0.push(Check { what, ok, warns: false, says: found.unwrap_or_else(|e| e) });
    }

    fn warn(&mut self, what: &'static str, says: String) {
        self.0.push(Check { what, ok: true, warns: true, says });
    }
}

/// Checks everything a command needs and says what is wrong.
pub async fn run(global: &Global) -> Done {
    let mut checks = Checks::default();
    let mut shown = Vec::new();
    let mut company = None;
    match Settings::read(&config_file(global)) {
        Err(stop) => checks.add("configuration", Err(format!("{:#}", stop.why))),
        Ok(settings) => {
            checks.add("configuration", Ok(settings.file.display().to_string()));
            shown.clone_from(&settings.origins);
            add_command_line(global, &mut shown);
            company = look(global, settings, &mut checks).await;
        }
    }
    let healthy = checks.0.iter().all(|c| c.ok);
    let diagnosis = Diagnosis { healthy, checks: checks.0, company, settings: shown };
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

async fn look(global: &Global, settings: Settings, checks: &mut Checks) -> Option<CompanyView> {
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
        if let Some(why) = source.unread() {
            checks.warn(what, format!("{}: has no `poll`; {why}", source.name));
        }
    }
    // The ledger is asked only when nobody else works: two refreshers could end a connection.
    let quick = Global { no_wait: true, ..global.clone() };
    let site = match Site::with_settings(&quick, settings.clone(), Mode::Work).await {
        Ok(site) => site,
        Err(Stop { exit: Exit::Busy, why }) => {
            checks.add("lock", Ok(format!("{why:#}: the ledger is not asked")));
            match Site::with_settings(&quick, settings, Mode::Look).await {
                Ok(site) => site,
                Err(stop) => {
                    checks.add("open", Err(format!("{:#}", stop.why)));
                    return None;
                }
            }
        }
        Err(stop) => {
            checks.add("open", Err(format!("{:#}", stop.why)));
            return None;
        }
    };
    let busy = checks.0.iter().any(|c| c.what == "lock");
    look_inside(&site, busy, checks).await
}

async fn look_inside(site: &Site, busy: bool, checks: &mut Checks) -> Option<CompanyView> {
    key(site, checks);
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
    connection(site, checks).await;
    let company = company(site, busy, checks).await;
    if !busy {
        let now = site.engine.now();
        let today = now.date_in(&kernel::time::Zone::UTC);
        let balance = if site.engine.permit_person().await {
            site.engine.target.trial_balance(today, now.plus_seconds(60)).await
        } else {
            ReadOutcome::Throttled
        };
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
    if let Ledger::QuickBooks { addresses, .. } = &site.settings.ledger {
        checks.add("clock", clock(site, &addresses.base_url).await);
    }
    company
}

/// Which keys there are; nothing shows a key itself.
fn key(site: &Site, checks: &mut Checks) {
    let ids = site.sealer.ids();
    let source = site.sealer.source();
    match ids.as_slice() {
        [first] => checks.add("key", Ok(format!("{first} in {source}"))),
        all => checks.warn(
            "key",
            format!(
                "{} in {source}: a rotation was not finished; run `tieout key rotate`",
                all.join(", ")
            ),
        ),
    }
}

/// Whether the tokens can be opened, and until when they are good.
async fn connection(site: &Site, checks: &mut Checks) {
    let stored = async {
        let mut tx = site.engine.store.read().await?;
        store::token::get(tx.as_mut(), &site.engine.lane).await
    };
    let (stored, opened) = (stored.await, site.tokens.load().await);
    let view = match (stored, opened) {
        (Err(e), _) => return checks.add("connection", Err(e.to_string())),
        (_, Err(e)) => return checks.add("connection", Err(e)),
        (Ok(token), Ok(_)) => ConnectionView::of(token.as_ref(), site.engine.now()),
    };
    let until = view.refresh_until.as_deref().unwrap_or_default();
    let end = view.hard_until.as_deref().unwrap_or("a day that is not known");
    match view.state {
        "connected" => checks.add(
            "connection",
            Ok(format!("company {}, unused until {until}, at most until {end}", view.realm)),
        ),
        "ends_soon" => checks.warn("connection", view.says),
        _ => checks.add("connection", Err(view.says)),
    }
}

/// The company as it says it is now, or as it was read last while somebody else works.
async fn company(site: &Site, busy: bool, checks: &mut Checks) -> Option<CompanyView> {
    let known = async {
        let mut tx = site.engine.store.read().await?;
        site.engine.known_company(tx.as_mut()).await
    };
    if !busy {
        match site.engine.read_company().await {
            Ok(ReadOutcome::Read(_)) => {}
            Ok(ReadOutcome::Failed(why)) => checks.add("company", Err(why)),
            Ok(ReadOutcome::Throttled) => {
                checks.add("company", Err("its limit was hit; try again".to_owned()));
            }
            Ok(ReadOutcome::Disconnected(fault)) => checks.add("company", Err(fault.summary)),
            Err(e) => checks.add("company", Err(e.to_string())),
        }
    }
    let (company, read_at) = match known.await {
        Ok(found) => found?,
        Err(e) => {
            checks.add("company", Err(e.to_string()));
            return None;
        }
    };
    let view = CompanyView::of(&company, read_at);
    checks.add("company", Ok(format!("{}, as read {}", view.name, view.read_at)));
    Some(view)
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
        let verdict = match (c.ok, c.warns) {
            (false, _) => "FAIL",
            (true, true) => "WARN",
            (true, false) => "ok",
        };
        checks.add_row(vec![verdict, c.what, c.says.as_str()]);
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
    let company = match &d.company {
        Some(company) => format!("{}\n\n", super::connect::settings_table(company)),
        None => String::new(),
    };
    format!("{}\n\n{company}{}\n\n{verdict}", text(&checks), text(&settings))
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
