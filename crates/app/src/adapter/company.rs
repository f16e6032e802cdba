//! The simulated company in this process, with its books in a file.

use crate::exit::Stop;
use quickbooks_sim::{Config, Shared, Simulator};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Opens the company whose books are kept in the log at `path`, making it when there is none.
/// The second value is true for a new company. A torn last record is cut off; damage is refused.
pub fn open(path: &Path, config: Config) -> Result<(Shared, bool), Stop> {
    let mut file =
        OpenOptions::new().read(true).append(true).create(true).open(path).map_err(|e| {
            Stop::configuration(format!("{} cannot be opened: {e}", path.display()))
        })?;
    let mut log = Vec::new();
    file.read_to_end(&mut log)?;
    let (mut company, good) = Simulator::replay(config, &log);
    super::tail::cut(&mut file, path, u64::try_from(good)?)?;
    company.set_log(sink(file));
    Ok((Arc::new(Mutex::new(company)), good == 0))
}

/// Appends each record with one call. The file plays the disk of a remote company: nothing here
/// waits for it.
fn sink(mut file: File) -> quickbooks_sim::LogSink {
    Box::new(move |record| {
        if let Err(error) = file.write_all(record) {
            // A company that forgets what it answered would make every later check meaningless.
            tracing::error!(%error, "the books of the simulated company cannot be written");
            std::process::exit(i32::from(crate::exit::Exit::Failure as u8));
        }
    })
}
