//! Tapes of failures that were found, kept as files and run again by a test.
//!
//! Each is a folder `NNNN-name` with the tape, the profile it was found in and a note that says what the
//! judges said. When the code draws otherwise than it did then, a tape means another run. So a fault that
//! was mended is planted again (`canaries`), under the name that its folder has: a test runs the tape
//! without it, and `sim canaries` with it, where it must be found, there or in seeds of its profile.

use crate::bounds::Bounds;
use crate::tape;
use anyhow::{Context, Result, anyhow};
use std::fs;
use std::path::{Path, PathBuf};

/// A tape and its profile.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name of the folder.
    pub name: String,
    /// The profile.
    pub bounds: Bounds,
    /// The tape.
    pub tape: Vec<u8>,
}

impl Entry {
    /// The bug that the tape finds: what the folder is called after its number.
    pub fn bug(&self) -> &str {
        self.name.split_once('-').map_or("", |(_, bug)| bug)
    }
}

/// Where tapes of failures are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bugbase")
}

/// Reads the entry in a folder.
///
/// # Errors
/// A file that is missing or cannot be read.
pub fn read(folder: &Path) -> Result<Entry> {
    let file = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let tape = tape::decode(&file("tape")?).map_err(|e| anyhow!("the tape of {name}: {e}"))?;
    Ok(Entry { bounds: Bounds::parse(&file("profile.toml")?)?, tape, name })
}

/// Every entry, by name.
///
/// # Errors
/// An entry that cannot be read.
pub fn all() -> Result<Vec<Entry>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder()).context("reading the bugbase")? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    folders.iter().map(|path| read(path)).collect()
}

/// The entry of this bug.
///
/// # Errors
/// When there is none, or one that cannot be read.
pub fn of_bug(bug: &str) -> Result<Entry> {
    let found = all()?.into_iter().find(|entry| entry.bug() == bug);
    found.with_context(|| format!("the bugbase has no tape of `{bug}`"))
}

/// Keeps a tape under the next number, or in place of the one of that name where it `replaces` it.
/// `profile` is the text of its profile; `note` says what was found. The folder.
///
/// # Errors
/// When the files cannot be written.
pub fn keep(bug: &str, replaces: bool, profile: &str, tape: &[u8], note: &str) -> Result<PathBuf> {
    let entries = all()?;
    let former = entries.iter().find(|entry| replaces && entry.bug() == bug);
    let name = former.map(|entry| entry.name.clone());
    let name = name.unwrap_or_else(|| format!("{:04}-{bug}", entries.len() + 1));
    let folder = folder().join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("tape"), tape::encode(tape))?;
    fs::write(folder.join("profile.toml"), profile)?;
    fs::write(folder.join("note.md"), note)?;
    Ok(folder)
}
