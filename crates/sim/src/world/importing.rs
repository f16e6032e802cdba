//! Files are imported: somebody runs `tieout import` for each of them, and once more until it is through.

use crate::chance::Chance;
use crate::executor::{SimClock, TaskId};
use crate::trace::Trace;
use crate::world::World;
use engine::{Control, Engine, PART_BYTES};
use kernel::{Currency, Fact, Timestamp};
use ports::Clock;
use sha2::{Digest, Sha256};
use sources::csv::{self, Mapping};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use workload::File;

/// Groups in one transaction: as many as the command takes, or so few that a file comes in pieces.
const AT_ONCE: [usize; 5] = [500, 1, 2, 5, 13];
/// Longest time until somebody runs a command again that failed, seconds.
const AGAIN_S: u32 = 30;

/// The files of the month, each as often as somebody imports it.
#[derive(Clone, Default)]
pub struct Folder(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    errands: Vec<Errand>,
    /// What went wrong, by kind.
    troubles: BTreeMap<&'static str, u64>,
}

/// One import of one file.
struct Errand {
    due: Timestamp,
    file: File,
    /// The process that does it.
    by: Option<String>,
    is_begun: bool,
    /// The books know of the import.
    is_known: bool,
    is_done: bool,
}

impl Folder {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether every file was imported as often as it should be.
    pub fn is_done(&self) -> bool {
        self.lock().errands.iter().all(|e| e.is_done)
    }

    /// A process has ended: what it was about somebody else begins again.
    pub fn let_go(&self, process: &str) {
        let mut kept = self.lock();
        let mut cut = 0;
        for errand in kept.errands.iter_mut().filter(|e| e.by.as_deref() == Some(process)) {
            cut += u64::from(errand.is_begun && !errand.is_done);
            (errand.by, errand.is_begun) = (None, false);
        }
        *kept.troubles.entry("crashed").or_default() += cut;
    }

    /// What went wrong with imports, by kind.
    pub fn troubles(&self) -> BTreeMap<&'static str, u64> {
        self.lock().troubles.clone()
    }

    fn count(&self, what: &'static str) {
        *self.lock().troubles.entry(what).or_default() += 1;
    }

    /// The files, each as often as it is imported.
    pub fn files(&self) -> Vec<File> {
        self.lock().errands.iter().map(|e| e.file.clone()).collect()
    }

    /// What `process` imports next: its number, when, and the file. What corrects others is begun when
    /// they are.
    fn next(&self, process: &str) -> Option<(usize, Timestamp, File)> {
        let mut kept = self.lock();
        let are_known = kept.errands.iter().all(|e| e.is_done || e.is_known || e.file.corrects);
        let waiting = kept
            .errands
            .iter_mut()
            .enumerate()
            .filter(|(_, e)| !e.is_done && e.by.is_none() && (are_known || !e.file.corrects));
        let (n, errand) = waiting.min_by_key(|(_, e)| e.due)?;
        errand.by = Some(process.to_owned());
        Some((n, errand.due, errand.file.clone()))
    }

    fn begun(&self, n: usize) {
        self.lock().errands[n].is_begun = true;
    }

    fn known(&self, n: usize) {
        self.lock().errands[n].is_known = true;
    }

    fn done(&self, n: usize) {
        self.lock().errands[n].is_done = true;
    }

    /// Import `n` failed and comes again at `due`.
    fn failed(&self, n: usize, due: Timestamp) {
        let errand = &mut self.lock().errands[n];
        (errand.by, errand.due, errand.is_begun) = (None, due, false);
    }
}

/// What each group of a file says, with its place.
pub(crate) fn groups(
    mapping: &str,
    file: &File,
) -> Result<csv::Import<Cursor<bytes::Bytes>>, String> {
    let mapping = Mapping::parse(mapping).map_err(|e| e.to_string())?;
    csv::open(&mapping, Cursor::new(file.bytes.clone())).map_err(|e| e.to_string())
}

/// The SHA-256 of a file, hexadecimal.
pub(crate) fn sha256(file: &File) -> String {
    let number = Sha256::digest(&file.bytes);
    number.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl World {
    /// The files that are imported, and when: each at least once, spread over time; some late, some
    /// again, some by two processes at once, some of them first broken off on their way.
    pub fn fill_folder(&mut self) {
        let files = workload::files(&self.shape);
        let (chance, p) = (&self.chance, &self.profile);
        let spread = p.spread_s.max(1);
        let often = |rate: u32| (rate * 3).min(900);
        let again = often(u32::from(p.deliveries.duplicated_per_mille));
        let late = often(u32::from(p.deliveries.reordered_per_mille) / 3);
        let pause = u64::from(spread) * 2_000_000 / (files.len() as u64).max(1);
        let (mut errands, mut troubles) = (Vec::new(), BTreeMap::new());
        let mut add = |due, file: &File| {
            let (file, by) = (file.clone(), None);
            let (is_begun, is_known, is_done) = (false, false, false);
            errands.push(Errand { due, file, by, is_begun, is_known, is_done });
        };
        let mut due = self.now();
        for file in &files {
            due = due.plus_micros(chance.below(pause + 1).cast_signed());
            let later = |from: Timestamp| from.plus_seconds(i64::from(chance.within([1, spread])));
            let mut first = if chance.happens(late) { later(due) } else { due };
            if file.is_packed() && chance.happens(often(p.processes.cut)) {
                let kept = chance.below(file.bytes.len() as u64);
                let kept = usize::try_from(kept).unwrap_or(0);
                add(first, &File { bytes: file.bytes.slice(..kept), ..file.clone() });
                first = later(first);
                *troubles.entry("broken off").or_default() += 1;
            }
            add(first, file);
            if chance.happens(again) {
                let at_once = chance.below(2) == 0;
                *troubles.entry("again").or_default() += 1;
                add(if at_once { first } else { later(first) }, file);
            }
        }
        *self.folder.lock() = Kept { errands, troubles };
    }

    /// The files that are imported.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What the groups of all files say, one after the other.
    pub(crate) fn told_by_files(&self) -> Vec<Vec<Fact>> {
        let mapping = workload::mapping(&self.shape);
        let read = self.folder.files().into_iter().filter_map(|f| groups(&mapping, &f).ok());
        read.flatten().map(|record| record.normalised.facts).filter(|f| !f.is_empty()).collect()
    }

    /// A process imports what is to be imported, one file after the other.
    pub(crate) fn start_importing(&mut self, engine: Engine, name: &str, delay_s: u32) -> TaskId {
        let opens = self.now().plus_seconds(i64::from(delay_s));
        let job = Job {
            engine,
            name: name.to_owned(),
            folder: self.folder.clone(),
            mapping: workload::mapping(&self.shape),
            home: self.shape.currency,
            clock: self.executor.clock(),
            chance: self.chance.clone(),
            trace: self.trace.clone(),
            stopped: self.profile.processes.cut,
        };
        let task = async move {
            job.clock.sleep_until(opens).await;
            job.all().await;
        };
        self.executor.spawn("import", Box::pin(task))
    }
}

/// The command as somebody runs it.
struct Job {
    engine: Engine,
    name: String,
    folder: Folder,
    mapping: String,
    home: Currency,
    clock: SimClock,
    chance: Chance,
    trace: Trace,
    /// How often somebody stops it after a transaction, per mille.
    stopped: u32,
}

impl Job {
    async fn all(&self) {
        while let Err(e) = self.engine.prepare().await {
            self.note(|| format!("could not start: {e}"));
            self.clock.sleep_until(self.clock.now().plus_seconds(5)).await;
        }
        while let Some((n, due, file)) = self.folder.next(&self.name) {
            self.clock.sleep_until(due).await;
            self.note(|| format!("imports {} of {} bytes", file.name, file.bytes.len()));
            self.folder.begun(n);
            match self.import(n, &file).await {
                Ok(state) => {
                    self.note(|| format!("{}: {state}", file.name));
                    self.folder.done(n);
                }
                Err(e) => {
                    self.note(|| format!("{} is to be imported again: {e}", file.name));
                    let wait = i64::from(self.chance.within([1, AGAIN_S]));
                    self.folder.failed(n, self.clock.now().plus_seconds(wait));
                }
            }
        }
    }

    /// As `tieout import` does it.
    async fn import(&self, n: usize, file: &File) -> Result<String, String> {
        let told = |e: engine::Error| {
            let refused = matches!(e, engine::Error::Refused(_));
            self.folder.count(if refused { "at the same time" } else { "failed" });
            e.to_string()
        };
        let mapping = Mapping::parse(&self.mapping).map_err(|e| e.to_string())?;
        let mut groups = match csv::open(&mapping, Cursor::new(file.bytes.clone())) {
            Ok(groups) => groups,
            // Refused before a trace of it is kept.
            Err(e) => return Ok(format!("cannot be read at all: {e}")),
        };
        let sha256 = Sha256::digest(&file.bytes).into();
        let parts = file.bytes.chunks(PART_BYTES).map(|p| Ok(file.bytes.slice_ref(p)));
        let (source, currency) = (mapping.name().as_str(), mapping.currency().unwrap_or(self.home));
        let begun = self.engine.import_begin(source, &file.name, sha256, parts, currency).await;
        let mut import = begun.map_err(told)?;
        self.folder.known(n);
        if import.is_complete() {
            return Ok("was imported before".to_owned());
        }
        let rest = groups.by_ref().map(|record| (record.place(), record.normalised));
        let at_once = self.chance.pick(&AT_ONCE);
        let going = |_| !self.chance.happens(self.stopped);
        if !self.engine.import_rest(&mut import, rest, at_once, going).await.map_err(told)? {
            self.folder.count("stopped");
            return Err(format!("stopped after {} groups", import.groups_done()));
        }
        let totals = groups.totals();
        let of = totals.amounts.get(&currency);
        let control = Control {
            lines: totals.lines,
            exact_sum: of.map_or_else(|| "0".to_owned(), |a| a.exact().to_string()),
            booked_minor: of.map_or(0, |a| i64::try_from(a.booked_minor).unwrap_or(i64::MAX)),
            cut: totals.incomplete.as_ref().map(|i| i.why.clone()),
        };
        self.engine.import_end(&mut import, &control).await.map_err(told)?;
        Ok(format!("{}, {} groups", import.row().state, import.groups_done()))
    }

    fn note(&self, what: impl FnOnce() -> String) {
        self.trace.note(self.clock.now(), &self.name, what);
    }
}
