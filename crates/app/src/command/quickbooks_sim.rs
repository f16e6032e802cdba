//! `tieout quickbooks-sim`.

mod file;
mod server;
mod setup;
mod tell;

use crate::adapter::clock::SystemClock;
use crate::cli::{Global, QuickbooksSimArgs};
use crate::command::serve::bind;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use ports::Clock;
use quickbooks_sim::Host;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file of this name is used in a directory given as `--data`.
const FILE_NAME: &str = "simulated.qbo";

/// The companies that connections, webhooks and the end of the process share.
#[derive(Clone)]
struct SharedHost(Arc<Mutex<Host>>);

impl SharedHost {
    fn lock(&self) -> MutexGuard<'_, Host> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Offers simulated companies over HTTP until it is told to stop.
pub async fn run(global: &Global, args: &QuickbooksSimArgs) -> Done {
    let listen = args.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)));
    let path = global.data.as_ref().map(|p| if p.is_dir() { p.join(FILE_NAME) } else { p.clone() });
    let fresh = setup::fresh(args);
    let (mut host, mut keeper) = match &path {
        Some(path) => {
            let (host, keeper) = file::open(path, &fresh)?;
            (host, Some(keeper))
        }
        None => (Host::new(fresh), None),
    };
    setup::settings(&mut host, args)?;
    let connections = setup::connect(&mut host)?;
    let stop = StopSignal::listen()?;
    let listener = bind(listen).await?;
    let at = listener.local_addr()?;
    let banner = setup::banner(&mut host, at, &connections, path.as_deref())?;
    announce(global, &banner, at, path.as_deref())?;
    let host = SharedHost(Arc::new(Mutex::new(host)));
    let teller = tell::start(host.clone(), keeper.take(), stop.clone());
    server::serve(listener, host.clone(), stop.clone()).await?;
    stop.set();
    if let Some(mut keeper) = teller.await? {
        keeper.save(&host.lock())?;
    }
    output::note("stopped");
    Ok(Exit::Ok)
}

fn announce(
    global: &Global,
    banner: &Value,
    at: SocketAddr,
    path: Option<&Path>,
) -> Result<(), Stop> {
    if global.json {
        output::json(banner)?;
    } else {
        output::print(&setup::for_people(banner))?;
    }
    if !at.ip().is_loopback() {
        output::note(&format!(
            "other machines reach {at}: whoever does may read and control everything"
        ));
    }
    if path.is_none() {
        output::note("in memory: everything is gone at the end; --data FILE keeps it");
    }
    Ok(())
}

/// Now, microseconds UTC.
fn now_us() -> i64 {
    SystemClock.now().0
}
