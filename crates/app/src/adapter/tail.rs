//! The end of a log of simulated companies: a record that was being written when the process ended
//! is cut off; anything else that cannot be read is damage.

use crate::exit::Stop;
use crate::output;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Cuts the log at `path` after `good` bytes when what follows is one record cut short. What is cut
/// off is kept beside the log.
///
/// # Errors
/// When more follows than one record: it is left as it is.
pub fn cut(file: &mut File, path: &Path, good: u64) -> Result<(), Stop> {
    if good >= file.metadata()?.len() {
        return Ok(());
    }
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(good))?;
    file.read_to_end(&mut tail)?;
    if !quickbooks_sim::is_torn(&tail) {
        return Err(Stop::configuration(format!(
            "{} is damaged at byte {good}, with {} bytes after it; nothing was changed. Restore a \
             copy, or cut the file there if what follows is not wanted",
            path.display(),
            tail.len()
        )));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".cut-{good}"));
    let kept = PathBuf::from(name);
    File::create(&kept)?.write_all(&tail)?;
    file.set_len(good)?;
    output::note(&format!(
        "{} ended within a record; its last {} bytes are in {}",
        path.display(),
        tail.len(),
        kept.display()
    ));
    Ok(())
}
