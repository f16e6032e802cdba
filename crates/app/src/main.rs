//! The one binary: wires ports to the world and offers the commands.

mod adapter;
mod cli;
mod command;
mod config;
mod exit;
mod output;
mod site;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

const _: () = assert!(
    !ports::canary::BUILT_IN,
    "bugs can be planted in this build; only `sim` may turn on the feature `canary`"
);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.global.json;
    set_up_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "tieout: the runtime cannot start: {e}");
            return exit::Exit::Failure.into();
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(exit) => exit.into(),
        Err(stop) => {
            output::report(&stop, json);
            stop.exit.into()
        }
    }
}

/// Log lines go to standard error: warnings, or what `TIEOUT_LOG` asks for.
fn set_up_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TIEOUT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .compact()
        .init();
}
