//! Invoices per second through the HTTP server of `tieout quickbooks-sim`, per core, the memory they
//! take, and how fast a file of them opens.
//!
//! Build the binary first, then run:
//! `cargo build --release -p app && cargo run --release -p app --example quickbooks_sim_speed`
//! A number after `--` is how many invoices to create; 100,000 otherwise.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

const CONNECTIONS: u32 = 4;

struct Server {
    child: Child,
    about: Value,
}

impl Server {
    fn start(data: Option<&Path>) -> Result<(Self, Duration)> {
        let binary = std::env::current_exe()?;
        let binary = binary.ancestors().nth(2).context("examples stand below the binary")?;
        let mut command = Command::new(binary.join("tieout"));
        command.args(["quickbooks-sim", "--port", "0", "--no-throttle", "--json"]);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        let started = now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.as_mut().context("it has an output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let about = serde_json::from_str(&line)?;
        Ok((Self { child, about }, started.elapsed()))
    }

    fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_default()
    }

    /// A line of what the kernel knows about the server.
    fn status(&self, name: &str) -> String {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned()
    }

    /// Processor time used so far, in hundredths of a second.
    fn ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let number = |n| after.split_whitespace().nth(n).and_then(|t| t.parse::<u64>().ok());
        number(11).unwrap_or(0) + number(12).unwrap_or(0)
    }

    fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(self.child.wait()?.success(), "the server did not end well");
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring real time is what this program is for")]
fn now() -> Instant {
    Instant::now()
}

fn invoice(n: u32) -> String {
    format!(
        r#"{{"CustomerRef":{{"value":"1"}},"TxnDate":"2026-03-02","PrivateNote":"tieout:{n:032x}","Line":[{{"Amount":{n}.25,"Description":"Mug","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}},"Qty":1,"UnitPrice":{n}.25,"TaxCodeRef":{{"value":"NON"}}}}}},{{"Amount":5.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"4"}},"TaxCodeRef":{{"value":"NON"}}}}}}]}}"#
    )
}

/// Creates invoices one after another on one connection.
fn client(address: &str, path: &str, token: &str, numbers: std::ops::Range<u32>) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    let mut body = Vec::new();
    for n in numbers {
        let sent = invoice(n);
        let request = format!(
            "POST {path}?requestid=r{n:031x} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \
             {token}\r\ncontent-type: application/json\r\naccept: application/json\r\n\
             content-length: {}\r\n\r\n{sent}",
            sent.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        let mut first = true;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            if first {
                ensure!(line.starts_with("HTTP/1.1 200"), "{line}");
                first = false;
            }
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
    }
    Ok(())
}

/// Creates `count` invoices on several connections and says how that went.
#[expect(clippy::disallowed_methods, reason = "clients of their own threads")]
fn measure(what: &str, server: &Server, count: u32) -> Result<()> {
    println!("{what}: before {}", server.status("VmRSS"));
    let (ticks, started) = (server.ticks(), now());
    let path = format!("/v3/company/{}/invoice", server.text("realm_id"));
    let address = server.text("base_url").trim_start_matches("http://").to_owned();
    let share = count / CONNECTIONS;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|c| {
            let (address, path) = (address.clone(), path.clone());
            let token = server.text("access_token").to_owned();
            std::thread::spawn(move || client(&address, &path, &token, c * share..(c + 1) * share))
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| anyhow::anyhow!("a client broke"))??;
    }
    let (elapsed, ticks) = (started.elapsed(), server.ticks() - ticks);
    let count = u128::from(share * CONNECTIONS);
    println!(
        "{what}: {count} invoices in {elapsed:?}, {} per second; {}.{:02} s of processor, {} per \
         second of one core",
        count * 1_000_000 / elapsed.as_micros().max(1),
        ticks / 100,
        ticks % 100,
        count * 100 / u128::from(ticks.max(1)),
    );
    println!("{what}: after {}, highest {}", server.status("VmRSS"), server.status("VmHWM"));
    Ok(())
}

fn main() -> Result<()> {
    let count = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let (server, _) = Server::start(None)?;
    measure("in memory", &server, count)?;
    server.stop()?;

    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/quickbooks-sim-speed");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let data = folder.join("company.qbo");
    let (server, _) = Server::start(Some(&data))?;
    measure("in a file", &server, count)?;
    server.stop()?;
    println!("the file: {} bytes", std::fs::metadata(&data)?.len());
    let (server, took) = Server::start(Some(&data))?;
    println!("opened with its snapshot in {took:?}, {}", server.status("VmRSS"));
    server.stop()?;
    std::fs::remove_file(folder.join("company.qbo.snapshot"))?;
    let (server, took) = Server::start(Some(&data))?;
    println!("opened without it in {took:?}, {}", server.status("VmHWM"));
    server.stop()?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
