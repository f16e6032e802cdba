//! The commands, one file each.

mod apply;
mod audit;
mod backfill;
mod completeness;
mod completions;
mod connect;
mod connections;
mod demo;
mod disconnect;
mod doctor;
mod exceptions;
mod explain;
mod hand_over;
mod import;
mod init;
mod key;
mod period;
mod plan;
mod quickbooks_sim;
mod reason;
mod rules;
mod serve;
mod statement;
mod status;
mod stop_signal;

use crate::cli::{Cli, Command};
use crate::exit::{Done, EXIT_CODES, Exit};
use crate::output;

/// Runs the command of `cli`.
pub async fn run(cli: Cli) -> Done {
    let global = cli.global;
    match cli.command {
        Command::Init { dir } => init::run(&global, dir).await,
        Command::Demo(args) => demo::run(&global, &args).await,
        Command::Connect(args) => connect::run(&global, &args).await,
        Command::Disconnect(args) => disconnect::run(&global, &args).await,
        Command::Key { command } => key::run(&global, command).await,
        Command::Period { command } => period::run(&global, command).await,
        Command::Serve { listen, token_file } => serve::run(&global, listen, token_file).await,
        Command::Import { file, mapping, source, no_apply } => match (mapping, source) {
            (Some(mapping), _) => import::run(&global, &file, &mapping, !no_apply).await,
            (None, source) => {
                let source = source.unwrap_or_default();
                hand_over::run(&global, &file, &source, !no_apply).await
            }
        },
        Command::Backfill { source, since } => {
            backfill::run(&global, source.as_deref(), since).await
        }
        Command::Completeness { source, from, to } => {
            completeness::run(&global, source.as_deref(), from, to).await
        }
        Command::Plan => plan::run(&global).await,
        Command::Apply => apply::run(&global).await,
        Command::Status { check } => status::run(&global, check).await,
        Command::Explain { word } => explain::run(&global, &word).await,
        Command::Exceptions { command } => exceptions::run(&global, command).await,
        Command::Statement { period, check_ledger } => {
            statement::run(&global, period.as_deref(), check_ledger).await
        }
        Command::Rules { command } => rules::run(&global, command),
        Command::Audit { command } => audit::run(&global, command).await,
        Command::Doctor => doctor::run(&global).await,
        Command::QuickbooksSim(args) => quickbooks_sim::run(&global, &args).await,
        Command::Completions { shell } => completions::run(shell),
        Command::Reason { code } => reason::run(&global, code.as_deref()),
        Command::ExitCodes => output::print(EXIT_CODES).map(|()| Exit::Ok),
    }
}
