//! What the numbers were measured on.

use crate::time::Stopwatch;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Flushes measured.
const FLUSHES: usize = 200;

/// The machine in this minute.
#[derive(Serialize, Deserialize)]
pub struct Machine {
    /// Cores this process may use.
    pub cores: usize,
    /// Load average of the last minute, as the kernel writes it.
    pub load: String,
    /// Median time to append 4 KiB and flush it to the disk, microseconds.
    pub fsync_median_us: u64,
    /// The 99th percentile of the same, microseconds.
    pub fsync_p99_us: u64,
}

impl Machine {
    /// Looks at the machine; flushes a file in `folder`, where the databases will lie.
    pub fn look(folder: &Path) -> Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let mut times = flushes(&folder.join("fsync")).context("measuring the disk")?;
        times.sort_unstable();
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().unwrap_or("?").to_owned(),
            fsync_median_us: times[FLUSHES / 2],
            fsync_p99_us: times[FLUSHES * 99 / 100],
        })
    }

    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "{} cores, load {}, append 4 KiB + fdatasync: median {} µs, p99 {} µs",
            self.cores, self.load, self.fsync_median_us, self.fsync_p99_us
        )
    }
}

fn flushes(path: &Path) -> std::io::Result<Vec<u64>> {
    let mut file = File::create(path)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let watch = Stopwatch::start();
        file.write_all(&[0x5a; 4_096])?;
        file.sync_data()?;
        times.push(u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(times)
}

/// The most memory this process ever held, MiB (`VmHWM` of `/proc/self/status`); `None` where
/// the kernel does not say.
pub fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1_024.0)
}

/// Time this process spent on the cores, all threads, seconds (`/proc/self/stat`, whose unit is
/// 1/100 s); `None` where the kernel does not say.
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name of the program in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some(f64::from(ticks) / 100.0)
}
