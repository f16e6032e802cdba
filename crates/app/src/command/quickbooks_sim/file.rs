//! The companies in a file: a line that says how they began, then every change. Beside it a snapshot
//! as a shortcut.

use crate::adapter::tail;
use crate::exit::{Exit, Stop};
use crate::output;
use quickbooks_sim::{Host, HostConfig};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of a log is read at once, bytes.
const CHUNK: u64 = 8 << 20;
/// A new snapshot is taken when the log grew by this, bytes.
const SNAPSHOT_EVERY: u64 = 32 << 20;

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Tells these files from others, and their form from later ones.
    tieout_quickbooks_sim: u32,
    config: HostConfig,
}

/// The first line of a snapshot.
#[derive(Serialize, Deserialize)]
struct Mark {
    /// The program that wrote it: no other can read it.
    program: String,
    /// Where in the file the snapshot was taken, bytes.
    log_bytes: u64,
}

/// Keeps file and snapshot.
pub struct Keeper {
    path: PathBuf,
    program: String,
    written: Arc<AtomicU64>,
    saved: u64,
    /// Holds the lock until the end.
    _file: File,
}

/// Opens the companies of a file, or makes them.
pub fn open(path: &Path, fresh: &HostConfig) -> Result<(Host, Keeper), Stop> {
    let told = |what: &str, e: std::io::Error| {
        Stop::configuration(format!("{} cannot be {what}: {e}", path.display()))
    };
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .map_err(|e| told("opened", e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(e)) => return Err(told("locked", e)),
        Err(TryLockError::WouldBlock) => {
            return Err(Stop::new(
                Exit::Busy,
                format!(
                    "another process works on {} already; stop it, or name another file",
                    path.display()
                ),
            ));
        }
    }
    let is_new = file.metadata()?.len() == 0;
    if is_new {
        let head = Head { tieout_quickbooks_sim: 1, config: fresh.clone() };
        let mut line = serde_json::to_string(&head)?;
        line.push('\n');
        file.write_all(line.as_bytes())?;
        file.rewind()?;
    }
    let (config, begin) = head(&mut file, path)?;
    if config != *fresh {
        output::note(&format!(
            "{} was made with another --profile, --company, --empty or --seed; they stay as they are",
            path.display()
        ));
    }
    let program = program();
    let (mut host, mut at) = match shortcut(path, &program, begin, file.metadata()?.len()) {
        Some((bytes, at)) => match Host::resume(config.clone(), &bytes) {
            Some(host) => (host, at),
            None => (Host::new(config), begin),
        },
        None => (Host::new(config), begin),
    };
    let saved = at;
    at = catch_up(&mut host, &mut file, at, path)?;
    // The last record may have been being written when the process ended.
    tail::cut(&mut file, path, at)?;
    let written = Arc::new(AtomicU64::new(at));
    let (mut sink, counted) = (file.try_clone()?, Arc::clone(&written));
    host.set_log(Box::new(move |record| {
        if let Err(error) = sink.write_all(record) {
            // Companies that forget what they answered make every later check meaningless.
            tracing::error!(%error, "the changes of the simulated companies cannot be written");
            std::process::exit(i32::from(Exit::Failure as u8));
        }
        counted.fetch_add(record.len() as u64, Ordering::Relaxed);
    }));
    let keeper = Keeper { path: path.to_owned(), program, written, saved, _file: file };
    Ok((host, keeper))
}

fn head(file: &mut File, path: &Path) -> Result<(HostConfig, u64), Stop> {
    let mut line = String::new();
    let read = BufReader::new(&mut *file).take(1 << 20).read_line(&mut line);
    let head = read.ok().and_then(|_| serde_json::from_str::<Head>(&line).ok());
    match head {
        Some(Head { tieout_quickbooks_sim: 1, config }) => Ok((config, line.len() as u64)),
        _ => Err(Stop::configuration(format!(
            "{} is not a file of this simulator, or one of a later version; name another file",
            path.display()
        ))),
    }
}

/// Repeats what the file says from `at` on, in parts that fit into memory. Where it ends.
fn catch_up(host: &mut Host, file: &mut File, at: u64, path: &Path) -> Result<u64, Stop> {
    let mut at = at;
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    loop {
        let read = file.take(CHUNK).read_to_end(&mut rest)?;
        let good = host.catch_up(&rest).map_err(|e| {
            Stop::configuration(format!(
                "{}: the record `{}` at byte {} is not understood; a later version wrote it: use \
                 that one",
                path.display(),
                e.event,
                at + e.at as u64
            ))
        })?;
        at += good as u64;
        rest.drain(..good);
        if read == 0 {
            return Ok(at);
        }
    }
}

fn snapshot_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".snapshot");
    PathBuf::from(name)
}

/// Names this program: the size of its file and when it was made.
fn program() -> String {
    let about = std::env::current_exe().and_then(std::fs::metadata);
    let made = about.as_ref().ok().and_then(|m| m.modified().ok());
    let made = made.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
    format!(
        "{} {} {}",
        env!("CARGO_PKG_VERSION"),
        about.map_or(0, |m| m.len()),
        made.map_or(0, |t| t.as_micros())
    )
}

/// The snapshot and where in the file it was taken, when this program wrote it and the file still
/// reaches that far.
fn shortcut(path: &Path, program: &str, begin: u64, end: u64) -> Option<(Vec<u8>, u64)> {
    let mut reader = BufReader::new(File::open(snapshot_path(path)).ok()?);
    let mut line = String::new();
    (&mut reader).take(1 << 16).read_line(&mut line).ok()?;
    let mark: Mark = serde_json::from_str(&line).ok()?;
    if mark.program != program || !(begin..=end).contains(&mark.log_bytes) {
        return None;
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).ok()?;
    Some((bytes, mark.log_bytes))
}

impl Keeper {
    /// Whether enough was written for a new snapshot.
    pub fn is_due(&self) -> bool {
        self.written.load(Ordering::Relaxed) - self.saved >= SNAPSHOT_EVERY
    }

    /// Writes a snapshot beside the file; the old one stays until the new one is whole.
    pub fn save(&mut self, host: &Host) -> Result<(), Stop> {
        let log_bytes = self.written.load(Ordering::Relaxed);
        if log_bytes == self.saved {
            return Ok(());
        }
        let mark = Mark { program: self.program.clone(), log_bytes };
        let path = snapshot_path(&self.path);
        let new = path.with_extension("snapshot-new");
        let mut file = BufWriter::new(File::create(&new)?);
        writeln!(file, "{}", serde_json::to_string(&mark)?)?;
        host.save_to(&mut file)?;
        file.into_inner()?.sync_all()?;
        std::fs::rename(&new, &path)?;
        self.saved = log_bytes;
        Ok(())
    }
}
