//! Fuzzing with LLVM's libFuzzer on the stable compiler (`fuzz/`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    commands::{cargo, is_installed, output, succeeds},
    metadata::Metadata,
};

/// Programs of `fuzz/`, and the longest input of each, bytes: what its driver reads of one.
const TARGETS: &[(&str, u32)] = &[
    ("requests", 600),
    ("answers", 300),
    ("adyen", 400),
    ("amazon", 400),
    ("bigcommerce", 400),
    ("cloudevents", 400),
    ("paypal", 400),
    ("shopify", 400),
    ("square", 400),
    ("stripe", 400),
    ("woocommerce", 400),
    ("csv", 400),
    ("lists", 600),
    ("rules", 400),
];

/// How long each program runs unless told otherwise, seconds.
pub const SECONDS: &str = "60";

/// What `cargo fuzz` asks of the compiler, without the sanitizer, which only nightly has: our code
/// has no `unsafe`.
const COVERAGE: &str = "-Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Ccodegen-units=1 --cfg fuzzing";

/// `cargo xtask fuzz [--seconds N] [TARGET..]`.
pub fn command(root: &Path, arguments: &[String], ci: bool) -> Result<bool> {
    let mut seconds = SECONDS.to_owned();
    let mut wanted = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            seconds = rest.next().context("--seconds needs a number")?.clone();
            ensure!(seconds.parse::<u32>().is_ok(), "--seconds needs a number, found `{seconds}`");
            continue;
        }
        let known = TARGETS.iter().find(|(name, _)| name == argument);
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        wanted.push(*known.with_context(|| {
            format!("there is no target `{argument}`: the targets are {}", names.join(", "))
        })?);
    }
    let target = PathBuf::from(Metadata::load(root)?.target_directory);
    let targets = if wanted.is_empty() { TARGETS.to_vec() } else { wanted };
    those(root, &target, ci, &seconds, &targets)
}

/// Runs every program for `seconds`. Without a C++ compiler it says so and is skipped, but never on
/// a build server.
pub fn run(root: &Path, target: &Path, ci: bool, seconds: &str) -> Result<bool> {
    those(root, target, ci, seconds, TARGETS)
}

/// Runs programs, as many at once as there are processors.
fn those(
    root: &Path,
    target: &Path,
    ci: bool,
    seconds: &str,
    targets: &[(&'static str, u32)],
) -> Result<bool> {
    if !["c++", "g++", "clang++"].into_iter().any(is_installed) {
        ensure!(!ci, "libFuzzer needs a C++ compiler");
        println!("skipped, libFuzzer needs a C++ compiler");
        return Ok(true);
    }
    let folder = target.join("fuzz");
    let Some(built) = build(root, &folder)? else { return Ok(false) };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let queue = Mutex::new(targets.iter());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..processors.min(targets.len()) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().map(|mut q| q.next()).unwrap_or_default();
                    let Some((name, bytes)) = next else { break };
                    let passed = fuzz(&built.join(name), &folder, name, *bytes, seconds);
                    if let Ok(mut all) = results.lock() {
                        all.push(passed);
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_default();
    ensure!(results.len() == targets.len(), "a program was not run");
    results.into_iter().try_fold(true, |all, passed| Ok(all & passed?))
}

/// Builds the programs and says where they are.
fn build(root: &Path, folder: &Path) -> Result<Option<PathBuf>> {
    let source = root.join("fuzz");
    // The versions that are tested are the ones that are used.
    fs::copy(root.join("Cargo.lock"), source.join("Cargo.lock"))?;
    let about = output(Command::new("rustc").arg("-vV")).context("rustc does not run")?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say for what it compiles")?;
    // With a target named, build scripts are compiled without the flags.
    let mut command = cargo(&source, &["build", "--quiet", "--release", "--target", host]);
    command.env("CARGO_TARGET_DIR", folder).env("RUSTFLAGS", COVERAGE);
    Ok(succeeds(&mut command)?.then(|| folder.join(host).join("release")))
}

fn fuzz(program: &Path, folder: &Path, name: &str, bytes: u32, seconds: &str) -> Result<bool> {
    let corpus = folder.join("corpus").join(name);
    let found = folder.join("found").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let log = found.join("log");
    let mut command = Command::new(program);
    command
        .arg(format!("-max_len={bytes}"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg("-timeout=20")
        .arg(&corpus)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?);
    let passed = succeeds(&mut command)?;
    let said = fs::read_to_string(&log)?;
    if passed {
        println!("{name}: {}", last_line(&said));
        return Ok(true);
    }
    eprintln!("{name}: {}", tail(&said));
    eprintln!("again: {} <the file above>", program.display());
    Ok(false)
}

/// `Done 277279 runs in 61 second(s)`.
fn last_line(log: &str) -> &str {
    log.lines().last().unwrap_or_default()
}

/// The panic and what follows, or the end of the log.
fn tail(log: &str) -> &str {
    let panic = log.find("panicked at").and_then(|at| log.get(..at)?.rfind('\n'));
    panic.and_then(|at| log.get(at..)).unwrap_or_else(|| last_line(log))
}
