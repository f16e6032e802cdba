//! `tieout serve`.

use crate::adapter::certificates::Keeper;
use crate::adapter::http::HyperHttp;
use crate::cli::Global;
use crate::command::connections;
use crate::command::stop_signal::StopSignal;
use crate::config::Source;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{Mode, Site};
use api::{Access, AppState};
use engine::{Engine, Outcome, Polling, Worker};
use ports::Secret;
use sources::paypal::certificate::CERTIFICATE_BYTES_MAX;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Receives and posts until it is told to stop.
pub async fn run(global: &Global, listen: SocketAddr, token_file: Option<PathBuf>) -> Done {
    let site = Site::open(global, Mode::Receive).await?;
    let access = access(listen, token_file.as_deref())?;
    let stop = StopSignal::listen()?;
    let listener = bind(listen).await?;
    announce(&site, &listener, &access)?;
    serve(&site, listener, access, &stop).await
}

/// Binds the address.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Stop> {
    TcpListener::bind(listen).await.map_err(|e| {
        Stop::configuration(format!("{listen} cannot be listened on: {e}; choose another --listen"))
    })
}

fn access(listen: SocketAddr, token_file: Option<&Path>) -> Result<Access, Stop> {
    match token_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| {
                Stop::configuration(format!("{} cannot be read: {e}", path.display()))
            })?;
            if text.trim().len() < 16 {
                return Err(Stop::configuration(format!(
                    "the token in {} has fewer than 16 characters; make one with \
                     `openssl rand -hex 32`",
                    path.display()
                )));
            }
            Ok(Access::Token(Secret::new(text.trim())))
        }
        None if listen.ip().is_loopback() => Ok(Access::Loopback),
        None => Ok(Access::Closed),
    }
}

fn announce(site: &Site, listener: &TcpListener, access: &Access) -> Result<(), Stop> {
    let at = listener.local_addr()?;
    output::note(&format!(
        "listening on http://{at} for the books of {}, data in {}",
        site.settings.tenant,
        site.data.display()
    ));
    for name in site.engine.sources.keys() {
        output::note(&format!("  {name} delivers to http://{at}/webhooks/{name}"));
    }
    for source in &site.settings.sources {
        if let Some(why) = source.unread() {
            output::note(&format!("  {} has no `poll`: {why}", source.name));
        }
    }
    let ledger = site.engine.target.manifest().kind;
    if site.notices.is_some() {
        output::note(&format!("  {ledger} tells of changes at http://{at}/webhooks/{ledger}"));
    }
    if site.company.is_none() {
        output::note(&format!("  {ledger} is connected at http://{at}/oauth/{ledger}/connect"));
    }
    if site.engine.sources.is_empty() {
        output::note("  no source is configured; see [[source]] in the configuration");
    }
    if matches!(access, Access::Closed) {
        output::note(
            "  the views under /v1 are closed: the address is public and no --token-file \
                      is given",
        );
    }
    Ok(())
}

/// Serves the API and works until `stop`.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
pub async fn serve(site: &Site, listener: TcpListener, access: Access, stop: &StopSignal) -> Done {
    let mut state = AppState::new(site.engine.clone(), access)
        .with_consent(site.consent.clone(), site.redirect_uri.clone());
    if let Some(notices) = &site.notices {
        state = state.with_notices(Arc::clone(notices));
    }
    let router = api::router(state);
    let server = tokio::spawn(connections::serve(listener, router, stop.clone()));
    let polling = super::backfill::polling(site, stop)?;
    let reading = polling.map(|p| tokio::spawn(read_lists(p, site.engine.clone(), stop.clone())));
    let certificates = certificates(site);
    let keeping = certificates.map(|k| tokio::spawn(k.run(Box::pin(stop.clone().wait()))));
    let worked = work(site, stop).await;
    // A worker that cannot go on ends the service: whoever supervises it starts it anew.
    stop.set();
    server.await?;
    if let Some(keeping) = keeping {
        keeping.await?;
    }
    worked?;
    if let Some(reading) = reading {
        reading.await??;
    }
    output::note("stopped");
    Ok(Exit::Ok)
}

/// Reads the lists of sources whenever they are due. A database that cannot be written ends it, as
/// it ends the worker.
async fn read_lists(polling: Polling, engine: Engine, stop: StopSignal) -> engine::Result<()> {
    while !stop.is_set() {
        let Some(next) = polling.run_due().await? else { return Ok(()) };
        polling.compare_due().await?;
        let pause = engine.clock.sleep_until(next);
        futures_util::future::select(pause, Box::pin(stop.clone().wait())).await;
    }
    Ok(())
}

/// Whoever fetches PayPal's certificates, if there is a PayPal connection.
fn certificates(site: &Site) -> Option<Keeper> {
    let stores: Vec<_> = site.settings.sources.iter().filter_map(Source::certificates).collect();
    let clock = &site.engine.clock;
    let http = HyperHttp::new(Arc::clone(clock), false).limited(CERTIFICATE_BYTES_MAX);
    let keeper = || Keeper::open(&site.data, stores.clone(), Arc::new(http), Arc::clone(clock));
    (!stores.is_empty()).then(keeper)
}

async fn work(site: &Site, stop: &StopSignal) -> Result<(), Stop> {
    loop {
        let watched = stop.clone();
        let mut worker = Worker::new(site.engine.clone(), site.owner(), move |_| !watched.is_set());
        match worker.run(false).await? {
            Outcome::Stopped | Outcome::Drained => return Ok(()),
            Outcome::Busy => {
                output::note("another worker owns this ledger connection; trying again");
                let clock = &site.engine.clock;
                let pause = clock.sleep_until(clock.now().plus_seconds(5));
                futures_util::future::select(pause, Box::pin(stop.clone().wait())).await;
                if stop.is_set() {
                    return Ok(());
                }
            }
        }
    }
}
