//! `tieout completions`.

use crate::cli::Cli;
use crate::exit::{Done, Exit};
use clap::CommandFactory;

/// Prints the completion script of `shell`.
pub fn run(shell: clap_complete::Shell) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tieout", &mut script);
    crate::output::print(&String::from_utf8(script)?)?;
    Ok(Exit::Ok)
}
