//! Fuzzing with LLVM's libFuzzer on the stable compiler (`fuzz/`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::commands::{cargo, is_installed, output, succeeds};

/// Programs of `fuzz/`, and the longest input of each, bytes: what its driver reads of one.
const TARGETS: [(&str, u32); 3] = [("requests", 600), ("answers", 300), ("sources", 400)];

/// What `cargo fuzz` asks of the compiler, without the sanitizer, which only nightly has: our code
/// has no `unsafe`.
const COVERAGE: &str = "-Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Ccodegen-units=1 --cfg fuzzing";

/// Runs every program for `seconds`. Without a C++ compiler it says so and is skipped, but never on
/// a build server.
pub fn run(root: &Path, target: &Path, ci: bool, seconds: &str) -> Result<bool> {
    if !["c++", "g++", "clang++"].into_iter().any(is_installed) {
        ensure!(!ci, "libFuzzer needs a C++ compiler");
        println!("skipped, libFuzzer needs a C++ compiler");
        return Ok(true);
    }
    let folder = target.join("fuzz");
    let Some(built) = build(root, &folder)? else { return Ok(false) };
    let mut passed = true;
    for (name, bytes) in TARGETS {
        passed &= fuzz(&built.join(name), &folder, name, bytes, seconds)?;
    }
    Ok(passed)
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
