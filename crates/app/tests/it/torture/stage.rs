//! One set of books: its processes, its line, its disk, and what is done to them.

use super::line::Line;
use super::{Dice, pause};
use crate::ledger::{Company, connect};
use crate::support::{Folder, now, terminate, text};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use workload::{Delivery, DeliveryFaults, Features, Shape};

/// Size of the disk that can be filled, MiB: the books of a month need a few.
const DISK_MIB: u32 = 48;
/// Longest time a round may need to take all deliveries, or the books to come to rest, seconds.
const LIMIT_S: u64 = 120;

/// What was done so far.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// `tieout serve` killed by SIGKILL.
    pub kills: u64,
    /// The company killed by SIGKILL.
    pub company_kills: u64,
    /// Connections of the line cut.
    pub cuts: u64,
    /// Deliveries whose sender hung up.
    pub hung_up: u64,
    /// Rounds in which the disk was full.
    pub full_disks: u64,
    /// Deliveries that were answered.
    pub delivered: u64,
    /// Deliveries that were not and came again.
    pub again: u64,
}

impl Trouble {
    /// Adds another.
    pub fn add(&mut self, o: &Self) {
        self.kills += o.kills;
        self.company_kills += o.company_kills;
        self.cuts += o.cuts;
        self.hung_up += o.hung_up;
        self.full_disks += o.full_disks;
        self.delivered += o.delivered;
        self.again += o.again;
    }
}

/// The stage.
pub struct Stage {
    /// Books and files.
    pub folder: Folder,
    /// What the vendors do.
    pub shape: Shape,
    /// What was done.
    pub trouble: Trouble,
    company: Option<Company>,
    line: Line,
    disk: Option<Disk>,
    dice: Dice,
    deliveries: Vec<Delivery>,
    per_round: usize,
}

impl Stage {
    /// Connected books that nothing was delivered to.
    pub fn new(seed: u64) -> Self {
        let shape = Shape {
            orders: 40,
            seed,
            faults: DeliveryFaults::default(),
            features: Features::dense(),
            ..Shape::default()
        };
        let folder = Folder::new("torture");
        std::fs::create_dir(folder.file("books")).unwrap();
        let disk = Disk::mount(&folder.file("books"));
        let made = folder.run(&["init", folder.file("books").to_str().unwrap()]);
        assert!(made.status.success(), "{}", text(&made));
        let company = Company::start(&folder, &[]);
        company.configure(&folder, &format!("realm_id = \"{}\"", company.text("realm_id")));
        connect(&folder, &company);
        let line = Line::new(seed);
        line.lead_to(company.port());
        configure(&folder, &shape, company.port(), line.port);
        let mut deliveries: Vec<Delivery> = workload::month(&shape).collect();
        let per_round = deliveries.len().div_ceil(10);
        deliveries.reverse();
        Self {
            folder,
            shape,
            trouble: Trouble::default(),
            company: Some(company),
            line,
            disk,
            dice: Dice::new(seed ^ 0x5eed),
            deliveries,
            per_round,
        }
    }

    /// The company as its own books tell.
    pub fn company(&self) -> &Company {
        self.company.as_ref().unwrap()
    }

    /// Trouble while some deliveries arrive, then none: whatever was not answered comes again, and
    /// the books come to rest. The `last` round brings all that is left.
    pub fn round(&mut self, last: bool) {
        let count = if last { self.deliveries.len() } else { self.per_round };
        let keep = self.deliveries.len().saturating_sub(count);
        let mut batch = self.deliveries.split_off(keep);
        batch.reverse();
        let open = self.trouble(&batch);
        self.calm();
        self.deliver_all(&batch, &open);
        pause(1_100); // The lease of whoever was killed.
        let out = self.folder.run(&["apply"]);
        assert!(out.status.success(), "{}", text(&out));
    }

    /// Sends each delivery once while things break. Places of those that were not answered.
    fn trouble(&mut self, batch: &[Delivery]) -> Vec<usize> {
        let bad = if self.dice.happens(70) { 10 + self.dice.below(80) } else { 0 };
        self.line.break_of(bad);
        let full = self.disk.is_some() && self.dice.happens(20);
        let full_at = full.then(|| self.dice.below(batch.len() as u64));
        let mut serve = Serve::start(&self.folder);
        let mut open = Vec::new();
        for (n, delivery) in batch.iter().enumerate() {
            if full_at == Some(n as u64) {
                self.trouble.full_disks += 1;
                self.disk.as_ref().unwrap().fill();
            }
            pause(self.dice.below(40));
            let cut = self.dice.happens(10);
            let answer = serve.as_ref().and_then(|s| post(s.port, delivery, cut));
            self.trouble.hung_up += u64::from(cut);
            if answer.is_none_or(|status| !is_taken(status)) {
                open.push(n);
            }
            if bad > 0 && self.dice.happens(20) {
                self.line.break_of(bad);
            }
            if self.dice.happens(8) {
                self.kill(&mut serve);
            }
            if self.dice.happens(4) {
                self.trouble.company_kills += 1;
                self.restart_company();
            }
        }
        pause(self.dice.below(400));
        self.kill(&mut serve);
        open
    }

    /// Kills the process wherever it is and starts another.
    fn kill(&mut self, serve: &mut Option<Serve>) {
        self.trouble.kills += u64::from(serve.take().is_some_and(Serve::kill));
        *serve = Serve::start(&self.folder);
    }

    fn restart_company(&mut self) {
        // Dropping is SIGKILL.
        self.company = None;
        let company = Company::start(&self.folder, &[]);
        self.line.lead_to(company.port());
        self.company = Some(company);
    }

    fn calm(&mut self) {
        self.trouble.cuts = self.line.cuts();
        self.line.break_of(0);
        if let Some(disk) = &self.disk {
            disk.empty();
        }
    }

    /// Whatever was not answered, and some that was, until all is answered.
    fn deliver_all(&mut self, batch: &[Delivery], open: &[usize]) {
        let serve = Serve::start(&self.folder).expect("it starts on a good day");
        let start = now();
        for (n, delivery) in batch.iter().enumerate() {
            let missing = open.contains(&n);
            self.trouble.delivered += 1;
            if !missing && !self.dice.happens(10) {
                continue;
            }
            self.trouble.again += u64::from(missing);
            while !post(serve.port, delivery, false).is_some_and(is_taken) {
                assert!(start.elapsed().as_secs() < LIMIT_S, "a delivery is never taken");
                pause(50);
            }
        }
        pause(self.dice.below(300));
        if self.dice.happens(50) {
            self.trouble.kills += u64::from(serve.kill());
        } else {
            serve.stop();
        }
    }
}

/// What an answer says: kept, known, or refused for its signature, which no repeat would change.
fn is_taken(status: u16) -> bool {
    matches!(status, 200 | 202 | 401)
}

/// Sources, a line to the company that can break, and times that fit a test: doubts are resolved
/// after seconds instead of minutes.
fn configure(folder: &Folder, shape: &Shape, company: u16, line: u16) {
    let c = workload::sources(shape);
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let sources = format!(
        "[[source]]\nname = \"{}\"\nkind = \"shopify\"\nzone = \"{zone}\"\n\
         secrets = [{{ insecure_inline = \"{}\" }}]\n\n\
         [[source]]\nname = \"{}\"\nkind = \"stripe\"\nzone = \"{zone}\"\ntest_is_real = true\n\
         tolerance_seconds = 999999999\norder_source = \"{}\"\nsecrets = [{{ insecure_inline = \"{}\" }}]\n\n\
         [limits]\nlease_s = 1\ncall_timeout_s = 2\nsettle_ms = 2500\nreplay_ms = 2000\n\
         backoff_first_ms = 50\nbackoff_max_ms = 400\nverify_after_s = 1\nidle_ms = 50\n\
         gather_ms = 20\n",
        c.orders,
        c.order_secret,
        c.processor,
        c.orders,
        c.processor_secret,
        zone = c.zone,
    );
    let config = config.replace("[limits]\n", &sources);
    let config = config.replace(&format!("127.0.0.1:{company}"), &format!("127.0.0.1:{line}"));
    std::fs::write(&path, config).unwrap();
}

/// Sends one delivery; the status of the answer. With `cut` the sender hangs up half-way or before
/// it has read the answer, and does not know.
fn post(port: u16, d: &Delivery, cut: bool) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut head = format!(
        "POST /webhooks/{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {}\r\n",
        d.source,
        d.raw.body.len()
    );
    for (name, value) in &d.raw.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend_from_slice(&d.raw.body);
    if cut {
        // By turns half of it and all of it.
        let most = if bytes.len() % 2 == 0 { bytes.len() / 2 } else { bytes.len() };
        let _ = stream.write_all(&bytes[..most]);
        let _ = stream.shutdown(Shutdown::Both);
        return None;
    }
    stream.write_all(&bytes).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// A running `tieout serve`, which may end at any time.
struct Serve {
    child: Child,
    port: u16,
}

impl Serve {
    /// None: it ended before it listened, as it may where the disk is full.
    #[expect(clippy::disallowed_methods, reason = "somebody has to read what it says")]
    fn start(folder: &Folder) -> Option<Self> {
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.by_ref().find_map(|line| {
            let rest = line.split_once("listening on http://127.0.0.1:")?.1;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            let _ = child.wait();
            return None;
        };
        Some(Self { child, port })
    }

    /// SIGKILL. True when it still ran.
    fn kill(mut self) -> bool {
        let ran = self.child.try_wait().unwrap().is_none();
        let _ = self.child.kill();
        let _ = self.child.wait();
        ran
    }

    /// SIGTERM.
    fn stop(mut self) {
        terminate(self.child.id());
        let _ = self.child.wait();
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A small disk of its own for the books.
struct Disk(PathBuf);

impl Disk {
    /// None, and a word, where this user may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        let size = format!("size={DISK_MIB}m");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).stderr(Stdio::null());
        if command.status().is_ok_and(|s| s.success()) {
            return Some(Self(at.to_owned()));
        }
        println!("skipped: the disk is never full, because mounting a small one needs root");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        let block = [0_u8; 4096];
        while file.write_all(&block).is_ok() {}
    }

    /// Gives the space back.
    fn empty(&self) {
        let _ = std::fs::remove_file(self.ballast());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
