//! A PostgreSQL server for the tests.
//!
//! In order: the server that `TIEOUT_TEST_POSTGRES` names; one on 127.0.0.1:5432 that admits
//! `postgres` without a password; a private cluster in `target/postgres` on a free port.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::commands::{is_installed, output, succeeds};

/// The variable that the tests read: a `postgres://` URL of a database that tests may create
/// schemas and databases in.
pub const VARIABLE: &str = "TIEOUT_TEST_POSTGRES";
const LOCAL: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// A server that can be used until this value is dropped.
pub struct Server {
    pub url: String,
    /// What to tell the developer about where the server comes from.
    pub origin: &'static str,
    private: Option<Cluster>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(cluster) = &self.private {
            let _ = output(&mut cluster.pg_ctl(&["stop", "-m", "immediate"]));
        }
    }
}

/// Finds a server or starts one.
pub fn prepare(target: &Path) -> Result<Server> {
    if let Ok(url) = std::env::var(VARIABLE)
        && !url.is_empty()
    {
        return Ok(Server { url, origin: "from TIEOUT_TEST_POSTGRES", private: None });
    }
    if answers(LOCAL) {
        let origin = "already running on 127.0.0.1:5432";
        return Ok(Server { url: LOCAL.to_owned(), origin, private: None });
    }
    let programs = match programs() {
        Some(programs) => programs,
        None => {
            install()?;
            programs().context("the package postgresql brought no initdb")?
        }
    };
    let (url, cluster) = Cluster::start(programs, target)?;
    Ok(Server { url, origin: "private cluster", private: Some(cluster) })
}

fn answers(url: &str) -> bool {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--no-password", "-tAc", "SELECT 1", url]);
    command.env("PGCONNECT_TIMEOUT", "3").stderr(Stdio::null());
    output(&mut command).is_some_and(|text| text.trim() == "1")
}

/// The folder with `initdb` and `pg_ctl`. Debian keeps it off the search path.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.reverse();
    if let Some(text) = output(Command::new("pg_config").arg("--bindir")) {
        folders.push(PathBuf::from(text.trim()));
    }
    folders.into_iter().find(|folder| folder.join("initdb").is_file())
}

fn install() -> Result<()> {
    ensure!(
        is_installed("apt-get") && is_root(),
        "no PostgreSQL server was found: install PostgreSQL, or set {VARIABLE} to the URL of a \
         server, or leave those tests out with `--skip postgres`"
    );
    println!("installing PostgreSQL");
    let mut command = Command::new("apt-get");
    command.args(["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"]);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    ensure!(succeeds(&mut command)?, "apt-get could not install PostgreSQL: see its output above");
    Ok(())
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_some_and(|text| text.trim() == "0")
}

/// A cluster of our own.
struct Cluster {
    programs: PathBuf,
    data: PathBuf,
    /// PostgreSQL refuses to run as root, so root hands over to the user `postgres`.
    as_postgres: bool,
}

impl Cluster {
    fn start(programs: PathBuf, target: &Path) -> Result<(String, Self)> {
        let as_postgres = is_root();
        let folder = folder(target, as_postgres)?;
        let cluster = Self { programs, data: folder.join("data"), as_postgres };
        if cluster.data.exists() {
            let _ = output(&mut cluster.pg_ctl(&["stop", "-m", "immediate"]));
        } else {
            let mut command = cluster.program("initdb");
            command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
            command.args(["--locale=C", "--no-sync", "--pgdata"]).arg(&cluster.data);
            output(&mut command).context("initdb failed: run it by hand to see why")?;
        }
        let port = free_port()?;
        // Tests may lose their data: durability off makes them several times faster.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' \
             -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
             -c max_connections=200"
        );
        let log = folder.join("log");
        let mut command = cluster.pg_ctl(&["start", "-w", "-t", "60", "-o", &options]);
        // The server keeps the output of its parent open, so it gets none.
        command.arg("-l").arg(&log).stdout(Stdio::null());
        let started = succeeds(&mut command)?;
        ensure!(started, "PostgreSQL did not start: see {}", log.display());
        cluster.stop_when_we_are_killed()?;
        Ok((format!("postgres://postgres@127.0.0.1:{port}/postgres"), cluster))
    }

    /// A killed xtask drops nothing, so a small shell waits for its end and stops the server.
    fn stop_when_we_are_killed(&self) -> Result<()> {
        const WATCH: &str = "while kill -0 $1 && kill -0 $2; do sleep 1; done; kill -INT $2";
        let pid_file = fs::read_to_string(self.data.join("postmaster.pid"))
            .context("the PostgreSQL server left no postmaster.pid")?;
        let server = pid_file.lines().next().unwrap_or_default();
        let us = std::process::id().to_string();
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "sh", &us, server]).current_dir("/");
        // In a group of its own, so that Ctrl-C does not end the shell with us.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("cannot start sh")?;
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // `postgres` may not be allowed to enter the folder that root started in.
        command.current_dir("/");
        command
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.program("pg_ctl");
        command.args(arguments).arg("-D").arg(&self.data);
        command
    }
}

/// `target/postgres`, or a temporary folder where `postgres` may not enter the target folder.
fn folder(target: &Path, as_postgres: bool) -> Result<PathBuf> {
    let temporary = std::env::temp_dir().join("tieout-test-postgres");
    for folder in [target.join("postgres"), temporary] {
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        if !as_postgres {
            return Ok(folder);
        }
        let owned = succeeds(Command::new("chown").arg("postgres").arg(&folder))?;
        let mut test = Command::new("runuser");
        test.args(["-u", "postgres", "--", "test", "-w"]).arg(&folder).current_dir("/");
        if owned && succeeds(&mut test)? {
            return Ok(folder);
        }
    }
    anyhow::bail!("the user `postgres` can write neither to target/ nor to the temporary folder")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
