//! `tieout rules`.

use crate::cli::{Global, RulesCommand};
use crate::config::Settings;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{config_file, rules};
use kernel::Reference;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Tested {
    passed: bool,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    difference: String,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    version: String,
    accounts: usize,
}

/// Tests, checks or prints the rules.
pub fn run(global: &Global, command: RulesCommand) -> Done {
    match command {
        RulesCommand::Test { file, rules: given } => {
            let (compiled, _) = rules(&path(global, given)?)?;
            let text = std::fs::read_to_string(&file).map_err(|e| {
                Stop::configuration(format!("{} cannot be read: {e}", file.display()))
            })?;
            let report = compiled
                .run_tests(&text)
                .map_err(|e| Stop::configuration(format!("{}: {e}", file.display())))?;
            let passed = report.passed();
            if global.json {
                let tests = report
                    .results
                    .into_iter()
                    .map(|r| Test { name: r.name, difference: r.difference })
                    .collect();
                output::json(&Tested { passed, tests })?;
            } else {
                output::print(&report.to_string())?;
            }
            Ok(if passed { Exit::Ok } else { Exit::Configuration })
        }
        RulesCommand::Check { rules: given } => {
            let path = path(global, given)?;
            let (compiled, _) = rules(&path)?;
            let checked = Checked {
                file: path.display().to_string(),
                version: compiled.version().to_owned(),
                accounts: compiled.accounts().count(),
            };
            if global.json {
                output::json(&checked)?;
            } else {
                output::print(&format!(
                    "{}: version {}, {} accounts, no fault found",
                    checked.file, checked.version, checked.accounts
                ))?;
            }
            Ok(Exit::Ok)
        }
        RulesCommand::Show => {
            let path = path(global, None)?;
            let (compiled, sha256) = rules(&path)?;
            if global.json {
                let accounts: Vec<&Reference> = compiled.accounts().collect();
                output::json(&serde_json::json!({
                    "file": path.display().to_string(), "sha256": sha256,
                    "version": compiled.version(), "accounts": accounts,
                }))?;
            } else {
                output::print(std::fs::read_to_string(&path)?.trim_end())?;
            }
            Ok(Exit::Ok)
        }
    }
}

fn path(global: &Global, given: Option<PathBuf>) -> Result<PathBuf, Stop> {
    match given {
        Some(path) => Ok(path),
        None => Ok(Settings::read(&config_file(global))?.rules),
    }
}
