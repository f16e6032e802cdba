//! Everything a developer runs, as `cargo xtask <command>`.
//!
//! No check exists only on a server: `arrows`, `tidy` and `codegen --check` are also tests of
//! this crate, and `ci` is `test` with `CI=true`.
#![expect(
    clippy::disallowed_methods,
    reason = "a developer tool: it reads the environment, the wall clock and waits for servers"
)]

mod arrows;
mod clients;
mod codegen;
mod commands;
mod conformance;
mod fuzz;
mod gate;
mod licences;
mod metadata;
mod new_source;
mod postgres;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail, ensure};

const HELP: &str = "\
Everything a developer runs.

Usage: cargo xtask <command> [arguments]

Commands:
  demo [ARGS..]      build the release binary and run `tieout demo ARGS`
  test [OPTIONS]     every check, each with its seconds; ends with `N passed, N failed`
  ci [OPTIONS]       the same as `test` with CI=true: missing tools are installed
  codegen [--check]  write generated files, or only say whether one is out of date
  arrows             crates may depend on each other only as arrows.toml allows
  tidy               house rules that the compiler does not know
  fuzz [OPTIONS]     libFuzzer on every parser, each for a minute or as long as told
  new-source NAME    a source that compiles, with its line in every list, to be filled in
  bench [ARGS..]     build the benchmarks in release mode and run them
  torture [OPTIONS]  real processes killed, cut off and out of space, and their books compared

`cargo xtask help <command>` says more about one of them.";

const HELP_DEMO: &str = "\
Usage: cargo xtask demo [ARGS..]

Builds the binary in release mode and runs `tieout demo ARGS`. The demonstration needs no
account and no network: it brings its own order sources and its own QuickBooks simulator.
`cargo xtask demo --help` shows the arguments of the demonstration itself.";

const HELP_TEST: &str = "\
Usage: cargo xtask test [--only STEP,STEP..] [--skip STEP,STEP..] [--seeds N] [--seconds N]
                        [--list]

Runs these steps in this order and goes on after a failure:
  fmt        cargo fmt --check
  tidy       cargo xtask tidy
  arrows     cargo xtask arrows
  codegen    cargo xtask codegen --check
  clippy     cargo clippy --workspace --all-targets -- -D warnings
  postgres   find or start a PostgreSQL server for the steps that follow
  tests      cargo nextest run --workspace, or cargo test where nextest is not installed
  doctests   cargo test --workspace --doc
  clients    public clients from PyPI and npm against the simulator over HTTP (tests/clients)
  fuzz       libFuzzer on every parser (fuzz/), 60 seconds each, or N with --seconds
  sim        two processes tell the same seed alike; 2,000 seeds of profile crashy and of profile
             everything, or N with --seeds, each within 3 minutes; each fault of the ledger alone and all together, at a fifth
             of all calls
  canaries   bugs planted in the product, one at a time: each must be found by the judge that is named
             with it (docs/reference/sim-canaries.md)
  deny       licences, banned crates and sources of dependencies, by deny.toml

PostgreSQL: the value of TIEOUT_TEST_POSTGRES if it is set; otherwise a server on
127.0.0.1:5432 that lets `postgres` in without a password; otherwise a private cluster in
target/postgres on a free port, stopped at the end. On Debian and Ubuntu as root the
package is installed when it is missing. `--skip postgres` runs the tests without a server:
those that need one then say that they were skipped.

The libraries of `clients` go below target/clients. Without python3, npm or their registries the
step says that it was skipped; with CI=true it fails. `fuzz` does the same without a C++ compiler;
what it has learnt is kept in target/fuzz/corpus, and what it found in target/fuzz/found.

With CI=true a missing cargo-deny is built into target/tools; if that fails, or without CI,
xtask checks deny.toml itself. Advisories are not checked: they need a database from the network.

The last line is `N passed, N failed`, counted in steps. The exit code is 1 if a step failed.";

const HELP_CODEGEN: &str = "\
Usage: cargo xtask codegen [--check]

Reads docs/reason-codes/*.md, checks front matter and sections, and writes
crates/kernel/src/reason/generated.rs. Collects the `fact!` marks in the tests of quickbooks-sim
into docs/reference/quickbooks-sim-conformance.md. Runs the cases of crates/book/tests/cases into the
simulated company, writes what it holds into them, and docs/reference/accounting-cases.md. With
--check nothing is written and the command fails if a file is out of date; the schema and the cases
are compared by tests of `kernel` and `sim` instead.";

const HELP_ARROWS: &str = "\
Usage: cargo xtask arrows

Compares the dependencies between our crates with arrows.toml. A crate that is not listed
there is a failure, as is a forbidden crate anywhere below a crate (`forbid_transitively`).
The reasons for the arrows are in ARCHITECTURE.md.";

const HELP_TIDY: &str = "\
Usage: cargo xtask tidy

One pass over all text files of the repository. Each finding prints as
`path:line: what is wrong: what to do`. The rules: width and length of files, tabs and
trailing space, markers of unfinished work, binary floats in crates, machine paths, one title
for each Markdown page, dead relative links, a README and `//!` for each crate, a comment for
each dependency, no untagged or flattened serde types, SQL text only in store and sql-*.";

const HELP_BENCH: &str = "\
Usage: cargo xtask bench [ARGS..]

Builds and runs the `bench` crate in release mode and passes ARGS on to it.";

const HELP_NEW_SOURCE: &str = "\
Usage: cargo xtask new-source NAME [TITLE]

Writes a source NAME (small letters and digits) called TITLE for people: manifest, wire types,
signature, normalisation, a fixture, README, tests with the conformance suite, a fuzz target, and its
line in the lists of sources of `sources`, `app` and `fuzz`. It compiles and is clean; one of its tests
fails until everything that only the vendor's pages can say is filled in, and says where.
docs/how-to/add-a-source.md walks through it.";

const HELP_FUZZ: &str = "\
Usage: cargo xtask fuzz [--seconds N] [TARGET..]

Builds the programs of fuzz/ with libFuzzer on the stable compiler and runs those named, or all, as
many at once as there are processors, each for N seconds (60). Every source that takes deliveries has
one, and so have delimited files with their mappings (`csv`), the answers of vendors' lists (`lists`),
rules and their tests (`rules`), the ledger's answers (`answers`) and requests to the simulated company
(`requests`). A panic, an input that takes 20 seconds, and in the first twelve more than 1 MiB held for
an input of at most 600 bytes are findings. What was learnt is kept in target/fuzz/corpus, and what was
found in target/fuzz/found. An hour each: `cargo xtask fuzz --seconds 3600`.";

const HELP_TORTURE: &str = "\
Usage: cargo xtask torture [--rounds N] [--seed N]

Builds the binary in release mode and lets it keep books for N rounds (default 200) under fire:
signed webhooks, SIGKILL of the service and of the simulated company at random moments, a TCP line
between them that is cut, senders that hang up, a disk that is full for a while (as root: a small
tmpfs; it says so when it cannot mount one). After each round the company's own books, the
statement and the audit log are compared. `cargo xtask test` runs ten rounds of the same.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command. `Ok(false)` means that the command has already said what failed.
fn run(arguments: &[String]) -> Result<bool> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    // `demo` and `bench` have a --help of their own behind this one.
    let own_help = !matches!(command, "demo" | "bench");
    if own_help && rest.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{}", help(command)?);
        return Ok(true);
    }
    let root = root();
    match command {
        "help" | "--help" | "-h" => println!("{}", help(rest.first().map_or("help", |c| c))?),
        "demo" => return commands::demo(&root, rest),
        "bench" => return commands::bench(&root, rest),
        "new-source" => return new_source::run(&root, rest),
        "fuzz" => return fuzz::command(&root, rest, commands::is_ci()),
        "torture" => return commands::torture(&root, rest),
        "test" => return gate::run(&root, rest, commands::is_ci()),
        "ci" => return gate::run(&root, rest, true),
        "codegen" => {
            let check = rest == ["--check"];
            ensure!(check || rest.is_empty(), "codegen takes only --check, found {rest:?}");
            codegen::run(&root, check)?;
        }
        "arrows" => arrows::run(&root)?,
        "tidy" => tidy::run(&root)?,
        _ => bail!("there is no command `{command}`: see `cargo xtask help`"),
    }
    Ok(true)
}

fn help(command: &str) -> Result<&'static str> {
    Ok(match command {
        "help" | "--help" | "-h" => HELP,
        "demo" => HELP_DEMO,
        "test" | "ci" => HELP_TEST,
        "codegen" => HELP_CODEGEN,
        "arrows" => HELP_ARROWS,
        "tidy" => HELP_TIDY,
        "bench" => HELP_BENCH,
        "fuzz" => HELP_FUZZ,
        "new-source" => HELP_NEW_SOURCE,
        "torture" => HELP_TORTURE,
        _ => bail!("there is no command `{command}`: see `cargo xtask help`"),
    })
}

/// The root of the repository.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or_else(|| own.to_owned(), Path::to_owned)
}
