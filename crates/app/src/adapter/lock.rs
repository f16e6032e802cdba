//! One process at a time writes in a data directory.

use crate::adapter::clock::SystemClock;
use crate::adapter::entropy::OsEntropy;
use crate::exit::{Exit, Stop};
use ports::{Clock, Entropy};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// How often a waiting process says so, seconds.
const REMIND_SECONDS: i64 = 5;
/// How often it tries, microseconds.
const TRY_US: i64 = 100_000;

/// The lock; given back when dropped, also by the end of the process.
#[derive(Debug)]
pub struct DataLock {
    /// Names this data directory among all that may share a database. Whoever holds the lock may
    /// take over what an earlier holder left: that one is gone.
    pub instance: String,
    _file: File,
}

impl DataLock {
    /// Takes the lock of the data directory. While another process has it, waits and says so, or
    /// stops at once with `no_wait`.
    pub async fn take(data: &Path, no_wait: bool) -> Result<Self, Stop> {
        let path = data.join("tieout.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| {
                Stop::configuration(format!("{} cannot be opened: {e}", path.display()))
            })?;
        let clock = SystemClock;
        let mut remind = clock.now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(e)) => return Err(e.into()),
                Err(TryLockError::WouldBlock) => {}
            }
            let message = format!("{} works on {} already", holder(&mut file), data.display());
            if no_wait {
                return Err(Stop::new(
                    Exit::Busy,
                    format!("{message}; wait for it, or leave out --no-wait"),
                ));
            }
            if clock.now() >= remind {
                let _ = writeln!(std::io::stderr(), "waiting: {message}");
                remind = clock.now().plus_seconds(REMIND_SECONDS);
            }
            clock.sleep_until(clock.now().plus_micros(TRY_US)).await;
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())?;
        Ok(Self { instance: instance(data)?, _file: file })
    }
}

/// Reads the name of the data directory, or gives it one.
fn instance(data: &Path) -> std::io::Result<String> {
    let path = data.join("tieout.instance");
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut name = [0; 8];
    OsEntropy.fill(&mut name);
    let name = hex::encode(name);
    std::fs::write(&path, &name)?;
    Ok(name)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut text));
    match (read, text.trim()) {
        (Ok(_), pid) if !pid.is_empty() => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}
