//! Other people's QuickBooks clients against the simulator over HTTP (`tests/clients`).

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpStream, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::commands::{cargo, is_installed, succeeds};

/// A language with its package manager.
struct Client {
    /// Folder in `tests/clients` and in the target directory.
    name: &'static str,
    /// What must be installed.
    programs: [&'static str; 2],
    registry: &'static str,
    /// The file that pins the libraries.
    pins: &'static str,
    install: fn(&Path) -> Result<bool>,
    /// The program that runs the flows, and their file.
    flows: fn(&Path) -> (PathBuf, &'static str),
}

const CLIENTS: [Client; 2] = [
    Client {
        name: "python",
        programs: ["python3", "python3"],
        registry: "pypi.org:443",
        pins: "requirements.txt",
        install: |folder| {
            let virtual_environment = ["-m", "venv", "venv"];
            if !succeeds(Command::new("python3").current_dir(folder).args(virtual_environment))? {
                return Ok(false);
            }
            let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
            let python = folder.join("venv/bin/python");
            succeeds(Command::new(python).current_dir(folder).args(install).arg("requirements.txt"))
        },
        flows: |folder| (folder.join("venv/bin/python"), "flows.py"),
    },
    Client {
        name: "node",
        programs: ["node", "npm"],
        registry: "registry.npmjs.org:443",
        pins: "package-lock.json",
        install: |folder| {
            let install = ["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
            succeeds(Command::new("npm").current_dir(folder).args(install))
        },
        flows: |_| (PathBuf::from("node"), "flows.js"),
    },
];

/// Runs the flows of every client. One whose libraries cannot be fetched is skipped with a line that
/// says so, but never on a build server.
pub fn run(root: &Path, target: &Path, ci: bool) -> Result<bool> {
    if !succeeds(&mut cargo(root, &["build", "--quiet", "-p", "app"]))? {
        return Ok(false);
    }
    let binary = target.join("debug").join("tieout");
    let mut passed = true;
    for client in &CLIENTS {
        let folder = target.join("clients").join(client.name);
        if let Some(why) = client.prepare(root, &folder)? {
            ensure!(!ci, "{}: {why}", client.name);
            println!("{}: skipped, {why}", client.name);
            continue;
        }
        let simulator = Simulator::start(&binary, &folder)?;
        let (program, file) = (client.flows)(&folder);
        let mut flows = Command::new(program);
        flows.current_dir(&folder).arg(file).env("TIEOUT_SIM", &simulator.banner);
        passed &= succeeds(&mut flows)?;
    }
    Ok(passed)
}

impl Client {
    /// Copies the flows and installs the libraries; gives the reason if that cannot be done here.
    fn prepare(&self, root: &Path, folder: &Path) -> Result<Option<String>> {
        if let Some(missing) = self.programs.iter().find(|program| !is_installed(program)) {
            return Ok(Some(format!("{missing} is not installed")));
        }
        fs::create_dir_all(folder)?;
        let source = root.join("tests/clients").join(self.name);
        for entry in fs::read_dir(&source).with_context(|| format!("no {}", source.display()))? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        let pins = fs::read_to_string(source.join(self.pins))?;
        let installed = folder.join("installed");
        if fs::read_to_string(&installed).is_ok_and(|text| text == pins) {
            return Ok(None);
        }
        if !(self.install)(folder)? {
            let reachable = self.is_reachable();
            ensure!(!reachable, "{}: the libraries cannot be installed", self.name);
            return Ok(Some(format!("{} cannot be reached", self.registry)));
        }
        fs::write(installed, pins)?;
        Ok(None)
    }

    fn is_reachable(&self) -> bool {
        self.registry.to_socket_addrs().is_ok_and(|mut addresses| {
            addresses
                .any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(5)).is_ok())
        })
    }
}

/// A running simulator; dropping it ends it.
struct Simulator {
    process: Child,
    /// What it said about itself.
    banner: String,
}

impl Simulator {
    fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        fs::create_dir_all(&data)?;
        let mut process = Command::new(binary)
            .args(["--json", "quickbooks-sim", "--listen", "127.0.0.1:0", "--no-throttle"])
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let output = process.stdout.take().context("the simulator has no output")?;
        let mut simulator = Self { process, banner: String::new() };
        // It prints one JSON object, on one line or several, and goes on.
        for line in BufReader::new(output).lines() {
            simulator.banner.push_str(&line?);
            if serde_json::from_str::<serde_json::Value>(&simulator.banner).is_ok() {
                return Ok(simulator);
            }
        }
        anyhow::bail!("the simulator ended before it listened: {}", simulator.banner)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about either.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
