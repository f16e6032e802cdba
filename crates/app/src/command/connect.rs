//! `tieout connect`: the owner of the company gives consent.

use crate::cli::{ConnectArgs, Global};
use crate::config::{Ledger, Settings, local_port};
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::output::table::{table, text};
use crate::site::{Mode, Site, config_file, connect};
use api::view::CompanyView;
use engine::{Actor, Asked, AskedFrom, Consent};
use kernel::Timestamp;
use ports::{ReadOutcome, TokenStore};
use serde::Serialize;
use std::io::BufRead;
use std::process::{Command, Stdio};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How often a waiting command looks whether consent was given, microseconds.
const LOOK_US: i64 = 200_000;

#[derive(Serialize)]
struct Connected {
    lane: String,
    realm: String,
    refresh_until: String,
    hard_until: Option<String>,
    company: Option<CompanyView>,
}

/// Connects the ledger, for the first time or again.
pub async fn run(global: &Global, args: &ConnectArgs) -> Done {
    let settings = Settings::read(&config_file(global))?;
    let simulated = matches!(settings.ledger, Ledger::Simulator { .. });
    // The books may be worked on meanwhile: consent is given beside a running `tieout serve`.
    let mode = if simulated { Mode::Work } else { Mode::Beside };
    let site = Site::with_settings(global, settings, mode).await?;
    match &site.company {
        Some(company) => {
            connect(company, true, &site.tokens, site.engine.clock.as_ref()).await?;
        }
        None => consent(&site, args).await?,
    }
    let company = describe(&site).await?;
    let pair = site.tokens.load().await.map_err(anyhow::Error::msg)?;
    let moment = |of: Option<Timestamp>| of.map(|t| t.to_string());
    let connected = Connected {
        lane: site.engine.lane.clone(),
        realm: site.tokens.realm().to_owned(),
        refresh_until: moment(pair.as_ref().map(|p| p.refresh_expires_at)).unwrap_or_default(),
        hard_until: moment(pair.and_then(|p| p.hard_expires_at)),
        company,
    };
    if global.json {
        output::json(&connected)?;
    } else {
        output::print(&screen(&connected))?;
    }
    Ok(Exit::Ok)
}

/// Reads the company that has just been connected.
async fn describe(site: &Site) -> Result<Option<CompanyView>, Stop> {
    match site.engine.read_company().await? {
        ReadOutcome::Read(company) => Ok(Some(CompanyView::of(&company, site.engine.now()))),
        ReadOutcome::Disconnected(fault) => Err(Stop::configuration(format!(
            "the company is connected, but cannot be used: {}",
            fault.summary
        ))),
        ReadOutcome::Failed(why) => {
            output::note(&format!("its settings could not be read yet: {why}"));
            Ok(None)
        }
        ReadOutcome::Throttled => {
            output::note("its settings could not be read yet: its limit of requests was hit");
            Ok(None)
        }
    }
}

async fn consent(site: &Site, args: &ConnectArgs) -> Result<(), Stop> {
    let redirect_uri = args.redirect_uri.as_ref().unwrap_or(&site.redirect_uri);
    let by = Actor::Person(args.by.clone());
    let asked = site.consent.ask(redirect_uri, &by, AskedFrom::Machine).await?;
    output::note(&format!(
        "Open this address as an administrator of company {} and give consent within 10 minutes:\
         \n\n{}\n",
        site.tokens.realm(),
        asked.url
    ));
    if args.open {
        open(&asked.url);
    }
    listen(site.consent.clone(), redirect_uri).await;
    output::note(
        "Waiting for the answer. If the browser ends on a page that does not load, paste its whole \
         address here and press Enter.",
    );
    wait(site, &asked, pasted()).await
}

/// Takes the answer itself when it is sent to this machine and nobody else listens there.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
async fn listen(consent: Consent, redirect_uri: &str) {
    let Some(port) = local_port(redirect_uri) else { return };
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => {
            tokio::spawn(async move {
                let _ = axum::serve(listener, api::callback_router(consent)).await;
            });
        }
        Err(e) => output::note(&format!(
            "Port {port} is taken ({e}): the answer goes to the program that listens there, which \
             is right if it is `tieout serve`."
        )),
    }
}

/// Shows the address in the person's browser.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = Command::new(program).arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Err(e) = quiet {
        output::note(&format!("no browser could be opened ({e}); open the address yourself"));
    }
}

/// Lines that are pasted while the command waits.
#[expect(clippy::disallowed_methods, reason = "nothing else can read and be left waiting")]
fn pasted() -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn wait(
    site: &Site,
    asked: &Asked,
    mut pasted: UnboundedReceiver<String>,
) -> Result<(), Stop> {
    let clock = &site.engine.clock;
    let refuse = |why: String| Err(Stop::new(Exit::Failure, why));
    loop {
        if let Some(outcome) = site.consent.outcome(asked).await? {
            return outcome.or_else(refuse);
        }
        if let Ok(line) = pasted.try_recv()
            && !line.trim().is_empty()
        {
            match site.consent.answer(line.trim()).await {
                Ok(_) => return Ok(()),
                // Perhaps the browser did get through meanwhile; else it is the wrong line.
                Err(engine::NotConnected::Used | engine::NotConnected::ForeignState) => {
                    output::note("That address does not belong to this request; paste the whole.");
                }
                Err(why) => return refuse(why.to_string()),
            }
        }
        if clock.now() > asked.expires_at {
            return refuse("nobody gave consent within 10 minutes; run the command again".into());
        }
        clock.sleep_until(clock.now().plus_micros(LOOK_US)).await;
    }
}

fn screen(c: &Connected) -> String {
    let name = c.company.as_ref().map(|v| format!("{}, ", v.name)).unwrap_or_default();
    let mut parts = vec![format!(
        "{} is connected ({name}company {}). Tokens are renewed by themselves; unused, they end on \
         {}.",
        c.lane, c.realm, c.refresh_until
    )];
    if let Some(end) = &c.hard_until {
        parts.push(format!("Consent must be given again before {end}; you will be told in time."));
    }
    if let Some(company) = &c.company {
        parts.push(settings_table(company));
    }
    parts.join("\n\n")
}

/// The settings of the company, and what follows from them.
pub fn settings_table(company: &CompanyView) -> String {
    let mut t = table(&["company setting", "value", "what Tieout does"], &[]);
    for s in &company.settings {
        t.add_row(vec![&s.name, &s.value, &s.follows]);
    }
    text(&t)
}
