//! Runs the binary, and what its tests share.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// A directory of its own, gone when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A folder with a fresh data directory `books` in it.
    pub fn with_books(name: &str) -> Self {
        let folder = Self::new(name);
        let made = tieout(&["init", folder.file("books").to_str().unwrap()]);
        assert!(made.status.success(), "{}", text(&made));
        folder
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, content: &[u8]) -> String {
        let path = self.file(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A command on the books of this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = plain(args);
        command.env("TIEOUT_DATA", self.file("books"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command with `--json` and returns its exit code and its object.
    pub fn json(&self, args: &[&str]) -> (i32, Value) {
        let mut all = args.to_vec();
        all.push("--json");
        let out = self.run(&all);
        let code = out.status.code().unwrap_or(-1);
        match serde_json::from_slice(&out.stdout) {
            Ok(value) => (code, value),
            Err(_) => (code, serde_json::from_slice(&out.stderr).unwrap_or(Value::Null)),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn plain(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    command
        .args(args)
        .env_remove("TIEOUT_DATA")
        .env_remove("TIEOUT_DATABASE")
        .env_remove("TIEOUT_KEY")
        .env("USER", "tester")
        .stdin(Stdio::null());
    command
}

/// Runs the binary without any books.
pub fn tieout(args: &[&str]) -> Output {
    plain(args).output().unwrap()
}

/// Everything a command printed.
pub fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

/// A running `tieout serve`.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "somebody has to read what it says")]
    pub fn start(folder: &Folder) -> Self {
        let mut child = folder
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.next().expect("it says where it listens").unwrap();
        let port = line
            .split("127.0.0.1:")
            .nth(1)
            .and_then(|t| t.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|t| t.parse().ok())
            .unwrap_or_else(|| panic!("no port in `{line}`"));
        // Keeps the pipe open, so that the server can go on writing to it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One exchange; status and body.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> (u16, String) {
        let answer = exchange(self.port, method, path, headers, body);
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map(|(_, b)| b.to_owned()).unwrap_or_default())
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.exchange("GET", path, &[], b"");
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// Asks it to end and waits; true when it ended well.
    pub fn stop(mut self) -> bool {
        terminate(self.pid());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP exchange with a server on this machine; the whole answer as text.
pub fn exchange(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = body.len();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {length}\r\n"
    );
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    // A server that refuses a body may close before it has read it all.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The first line of `from`, which is JSON.
pub fn json_line(from: &mut impl Read) -> Value {
    let mut line = String::new();
    BufReader::new(from).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
}

/// The time of tests.
#[expect(clippy::disallowed_methods, reason = "the processes under test live in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Sends SIGTERM.
pub fn terminate(pid: u32) {
    let sent = Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Asks again and again until `done` answers something.
pub fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(start.elapsed().as_secs() < 30, "never: {what}");
        std::thread::yield_now();
    }
}

/// A mapping for the files these tests write.
pub const MAPPING: &str = r#"
source = "csv:shop"
format = "csv"
zone = "UTC"
currency = "USD"
settlement = "on_account"
group_by = "invoice"
placed_at_format = "iso"
[columns]
number = "invoice"
placed_at = "at"
sku = "sku"
title = "title"
quantity = "quantity"
unit_price = "price"
customer_id = "customer"
[kind]
column = "invoice"
prefixes = { C = "credit" }
"#;

/// A small file of invoices, a few lines each, every twentieth a credit note.
pub fn sales(invoices: u32) -> String {
    let mut file = String::from("invoice,at,sku,title,quantity,price,customer\n");
    for n in 0..invoices {
        let (prefix, sign) = if n % 20 == 19 { ("C", "-") } else { ("", "") };
        for line in 0..=(n % 3) {
            let _ = writeln!(
                file,
                "{prefix}{},2026-01-{:02} 10:00:00,SKU{line},Thing {line},{sign}{},{}.{:02},{}",
                10_000 + n,
                1 + n % 28,
                1 + line,
                3 + n % 40,
                n % 100,
                n % 17,
            );
        }
    }
    file
}
