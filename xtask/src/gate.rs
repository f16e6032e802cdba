//! `cargo xtask test`: every check, in the order in which a fault is found fastest.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    arrows, clients, codegen,
    commands::{cargo, is_installed, succeeds},
    fuzz, licences,
    metadata::Metadata,
    postgres, tidy,
};

const STEPS: [&str; 13] = [
    "fmt", "tidy", "arrows", "codegen", "clippy", "postgres", "tests", "doctests", "clients",
    "fuzz", "sim", "canaries", "deny",
];
const CARGO_DENY: &str = "cargo-deny@0.20.2";
const SEEDS: &str = "2000";
/// Longest time of the simulation over many seeds, minutes.
const SIM_MINUTES: &str = "3";

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    steps: Vec<&'static str>,
    seeds: String,
    seconds: String,
    list: bool,
}

/// Everything that steps share.
struct Gate<'a> {
    root: &'a Path,
    target: PathBuf,
    ci: bool,
    seeds: String,
    /// How long each program of `fuzz` runs.
    seconds: String,
    /// Kept until the last step is over, because dropping it stops a private server.
    server: Option<postgres::Server>,
}

/// Runs the steps; true when all passed.
pub fn run(root: &Path, arguments: &[String], ci: bool) -> Result<bool> {
    let options = parse(arguments)?;
    if options.list {
        println!("{}", options.steps.join("\n"));
        return Ok(true);
    }
    let target = PathBuf::from(Metadata::load(root)?.target_directory);
    let mut gate =
        Gate { root, target, ci, seeds: options.seeds, seconds: options.seconds, server: None };
    let mut results = Vec::new();
    for step in options.steps {
        println!("==> {step}");
        let start = Instant::now();
        let passed = gate.step(step).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        results.push((step, passed, start.elapsed()));
        println!("<== {}", line(step, passed, start.elapsed()));
    }
    drop(gate);
    Ok(summary(&results))
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        steps: STEPS.to_vec(),
        seeds: SEEDS.to_owned(),
        seconds: fuzz::SECONDS.to_owned(),
        list: false,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        if name == "--list" {
            options.list = true;
            continue;
        }
        ensure!(
            ["--only", "--skip", "--seeds", "--seconds"].contains(&name),
            "there is no option `{argument}`: see `cargo xtask test --help`"
        );
        let value = inline.or_else(|| rest.next().cloned());
        let value = value.with_context(|| format!("{name} needs a value"))?;
        if name == "--seeds" || name == "--seconds" {
            ensure!(value.parse::<u32>().is_ok(), "{name} needs a number, found `{value}`");
            *(if name == "--seeds" { &mut options.seeds } else { &mut options.seconds }) = value;
            continue;
        }
        let named: Vec<&str> = value.split(',').collect();
        if let Some(unknown) = named.iter().find(|step| !STEPS.contains(step)) {
            bail!("there is no step `{unknown}`: the steps are {}", STEPS.join(", "));
        }
        options.steps.retain(|step| named.contains(step) == (name == "--only"));
    }
    ensure!(!options.steps.is_empty(), "no step is left to run");
    Ok(options)
}

impl Gate<'_> {
    fn step(&mut self, step: &str) -> Result<bool> {
        match step {
            "fmt" => self.cargo(&["fmt", "--all", "--check"]),
            "tidy" => tidy::run(self.root).map(|()| true),
            "arrows" => arrows::run(self.root).map(|()| true),
            "codegen" => codegen::run(self.root, true).map(|()| true),
            "clippy" => self.cargo(&[
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]),
            "postgres" => {
                let server = postgres::prepare(&self.target)?;
                println!("PostgreSQL: {} ({})", server.url, server.origin);
                self.server = Some(server);
                Ok(true)
            }
            "tests" => self.tests(),
            "doctests" => self.cargo(&["test", "--quiet", "--workspace", "--doc"]),
            "clients" => clients::run(self.root, &self.target, self.ci),
            "fuzz" => fuzz::run(self.root, &self.target, self.ci, &self.seconds),
            "sim" => {
                let seeds = self.seeds.clone();
                let sim = ["run", "--quiet", "--release", "-p", "sim", "--"];
                // A seed that does not repeat means nothing: first of all.
                if !self.cargo(&[&sim[..], &["meta", "--seeds", "10"]].concat())? {
                    return Ok(false);
                }
                let many = ["run", "--profile", "crashy", "--seeds", &seeds];
                let many = [&sim[..], &many, &["--minutes", SIM_MINUTES]].concat();
                let all = ["run", "--profile", "everything", "--seeds", &seeds];
                let all = [&sim[..], &all, &["--minutes", SIM_MINUTES]].concat();
                let faults = [&sim[..], &["faults"]].concat();
                let found = self.cargo(&many)? & self.cargo(&all)? & self.cargo(&faults)?;
                Ok(found)
            }
            "canaries" => {
                let with = ["run", "--quiet", "--release", "-p", "sim", "--features", "canary"];
                self.cargo(&[&with[..], &["--", "canaries"]].concat())
            }
            "deny" => self.deny(),
            _ => bail!("there is no step `{step}`"),
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Result<bool> {
        let mut command = cargo(self.root, arguments);
        self.share_server(&mut command);
        succeeds(&mut command)
    }

    fn share_server(&self, command: &mut Command) {
        if let Some(server) = &self.server {
            command.env(postgres::VARIABLE, &server.url);
        }
    }

    fn tests(&self) -> Result<bool> {
        if is_installed("cargo-nextest") {
            return self.cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        }
        self.cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    }

    /// Advisories are left out: their database has to come from the network.
    fn deny(&self) -> Result<bool> {
        let Some(program) = self.cargo_deny() else {
            println!("cargo-deny is not installed: checking deny.toml without it");
            return licences::run(self.root).map(|()| true);
        };
        let mut command = Command::new(program);
        command.current_dir(self.root);
        command.args(["--workspace", "check", "--hide-inclusion-graph"]);
        command.args(["bans", "licenses", "sources"]);
        succeeds(&mut command)
    }

    fn cargo_deny(&self) -> Option<PathBuf> {
        if is_installed("cargo-deny") {
            return Some(PathBuf::from("cargo-deny"));
        }
        let tools = self.target.join("tools");
        let program = tools.join("bin").join("cargo-deny");
        if !program.is_file() && self.ci {
            println!("building cargo-deny into target/tools");
            // Unoptimised: it builds in a third of the time and runs for a second.
            let arguments = ["install", "--quiet", "--locked", "--debug", CARGO_DENY, "--root"];
            if let Err(error) = succeeds(cargo(self.root, &arguments).arg(&tools)) {
                eprintln!("cannot build cargo-deny: {error:#}");
            }
        }
        program.is_file().then_some(program)
    }
}

fn summary(results: &[(&str, bool, Duration)]) -> bool {
    println!();
    for (step, passed, elapsed) in results {
        println!("{}", line(step, *passed, *elapsed));
    }
    let failed = results.iter().filter(|(_, passed, _)| !passed).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    failed == 0
}

fn line(step: &str, passed: bool, elapsed: Duration) -> String {
    let verdict = if passed { "passed" } else { "FAILED" };
    format!("{step:<9} {verdict} {:>5}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        parse(&arguments).map(|options| options.steps)
    }

    #[test]
    fn steps_can_be_chosen_and_left_out() {
        assert_eq!(steps(&[]).unwrap(), STEPS);
        assert_eq!(steps(&["--only", "sim,fmt"]).unwrap(), ["fmt", "sim"]);
        assert_eq!(steps(&["--skip=postgres"]).unwrap().len(), STEPS.len() - 1);
    }

    #[test]
    fn a_wrong_option_is_refused() {
        for arguments in [
            &["--only", "nothing"][..],
            &["--only"],
            &["--seeds", "many"],
            &["--seconds", "-1"],
            &["--fast"],
            &["--only", "fmt", "--skip", "fmt"],
        ] {
            assert!(steps(arguments).is_err(), "{arguments:?} was accepted");
        }
    }

    #[test]
    fn one_failed_step_fails_the_whole() {
        let second = Duration::from_millis(1_250);
        assert!(summary(&[("fmt", true, second)]));
        assert!(!summary(&[("fmt", true, second), ("sim", false, second)]));
        assert_eq!(line("fmt", true, second), "fmt       passed     1.2 s");
    }
}
