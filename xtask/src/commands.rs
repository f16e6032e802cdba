//! Starting other programs.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::metadata::Metadata;

/// True on a build server, where missing tools may be installed.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// `cargo` with these arguments, in the root of the repository.
pub fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(arguments);
    command
}

/// Runs a command to its end with our own input and output; true when it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    Ok(status.success())
}

/// What a command prints to its standard output, or `None` if it fails or does not exist.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// True when `program` exists on the search path.
pub fn is_installed(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// `cargo xtask demo`.
pub fn demo(root: &Path, arguments: &[String]) -> Result<bool> {
    if !succeeds(&mut cargo(root, &["build", "--release", "--quiet", "-p", "app"]))? {
        return Ok(false);
    }
    let target = Metadata::load(root)?.target_directory;
    let binary = Path::new(&target).join("release").join("tieout");
    succeeds(Command::new(binary).arg("demo").args(arguments))
}

/// `cargo xtask bench`.
pub fn bench(root: &Path, arguments: &[String]) -> Result<bool> {
    succeeds(cargo(root, &["run", "--release", "--quiet", "-p", "bench", "--"]).args(arguments))
}

/// `cargo xtask torture`.
pub fn torture(root: &Path, arguments: &[String]) -> Result<bool> {
    let test = ["test", "--release", "--quiet", "-p", "app", "--test", "it", "--", "torture::"];
    let mut command = cargo(root, &[&test[..], &["--nocapture"]].concat());
    command.env("TIEOUT_TORTURE_ROUNDS", "200");
    for pair in arguments.chunks(2) {
        let name = match pair[0].as_str() {
            "--rounds" => "TIEOUT_TORTURE_ROUNDS",
            "--seed" => "TIEOUT_TORTURE_SEED",
            other => anyhow::bail!("there is no option `{other}`: see `cargo xtask help torture`"),
        };
        let value = pair.get(1).filter(|v| v.parse::<u32>().is_ok_and(|n| n > 0));
        let value = value.with_context(|| format!("{} needs a number above 0", pair[0]))?;
        command.env(name, value);
    }
    succeeds(&mut command)
}
