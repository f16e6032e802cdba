//! Files: the bytes are kept first, then groups are stored in order and can be resumed.

use crate::normalise::Harvest;
use crate::{Engine, Error, Result, journal};
use bytes::Bytes;
use kernel::Currency;
use ports::{Normalised, RawDelivery};
use serde_json::json;
use store::delivery::NewDelivery;
use store::import::ImportRow;

/// Bytes of a file kept per row.
pub const PART_BYTES: usize = 1 << 20;

/// A file being imported.
#[derive(Debug, Clone)]
pub struct FileImport {
    row: ImportRow,
}

/// The file's own control totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Lines read.
    pub lines: u64,
    /// The file's own sum of quantity × price, exact decimal text.
    pub exact_sum: String,
    /// What of it was booked, minor units.
    pub booked_minor: i64,
    /// The file ended before its end: what is missing, for people.
    pub cut: Option<String>,
}

impl FileImport {
    /// Groups whose facts are already kept: skip as many when reading again.
    pub fn groups_done(&self) -> u64 {
        u64::try_from(self.row.groups_done).unwrap_or(0)
    }

    /// True when the file was imported to its end before.
    pub fn is_complete(&self) -> bool {
        self.row.state == "complete"
    }

    /// The stored row.
    pub fn row(&self) -> &ImportRow {
        &self.row
    }
}

impl Engine {
    /// Registers a file and keeps its bytes. The same bytes for the same source are one import:
    /// it is resumed, or found complete.
    pub async fn import_begin(
        &self,
        source: &str,
        name: &str,
        sha256: [u8; 32],
        parts: impl Iterator<Item = std::io::Result<Bytes>>,
        currency: Currency,
    ) -> Result<FileImport> {
        let text = crate::intake::sha_text(&sha256);
        let mut tx = self.store.write().await?;
        let last = store::import::last(tx.as_mut(), source).await?;
        if let Some(row) = store::import::get(tx.as_mut(), source, &text).await? {
            return Ok(FileImport { row });
        }
        let now = self.now();
        // Its id orders it among the files of the source, whatever the clocks of their importers say.
        let delivery = last.map_or_else(|| self.id(), |last| self.id_after(last));
        let batch = self.id();
        let new = NewDelivery {
            id: delivery,
            source: source.to_owned(),
            dedupe: format!("file/{text}"),
            topic: format!("file {name}"),
            raw: RawDelivery { headers: Vec::new(), body: Bytes::new(), received_at: now },
            sha256,
            signature: "unsigned",
            note: String::new(),
        };
        store::delivery::keep(tx.as_mut(), batch, &[new]).await?;
        for (n, part) in parts.enumerate() {
            let part = part.map_err(|e| Error::Refused(format!("the file cannot be read: {e}")))?;
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            store::delivery::keep_part(tx.as_mut(), delivery, n, &part).await?;
        }
        let settled = [(delivery, "normalised", "a file, read group by group".to_owned())];
        store::delivery::settle(tx.as_mut(), &settled).await?;
        let row = ImportRow {
            delivery,
            source: source.to_owned(),
            name: name.to_owned(),
            sha256: text.clone(),
            state: "reading".to_owned(),
            groups_done: 0,
            lines: 0,
            currency,
            exact_sum: "0".to_owned(),
            booked_minor: 0,
            note: String::new(),
        };
        store::import::start(tx.as_mut(), &row).await?;
        let leaf = tlog::leaf_hash(&sha256);
        let more = json!({ "source": source, "file": name, "sha256": text });
        let body = journal::batch(now, "deliveries.kept", batch, &[leaf], more);
        store::audit::append(tx.as_mut(), &self.origin, &[body]).await?;
        tx.commit().await?;
        Ok(FileImport { row })
    }

    /// Reads on where the import stands: stores the groups of the file that are not kept yet, so many in
    /// one transaction. `groups` begins with the file; `going` is told after each transaction how many
    /// of them were read, and says whether to go on. False: it said no.
    pub async fn import_rest(
        &self,
        file: &mut FileImport,
        groups: impl Iterator<Item = (String, Normalised)>,
        at_once: usize,
        mut going: impl FnMut(u64) -> bool,
    ) -> Result<bool> {
        let done = file.groups_done();
        let mut batch = Vec::with_capacity(at_once);
        for (seen, group) in (1..).zip(groups) {
            if seen <= done {
                continue;
            }
            batch.push(group);
            if batch.len() >= at_once {
                self.import_groups(file, std::mem::take(&mut batch)).await?;
                if !going(seen) {
                    return Ok(false);
                }
            }
        }
        if !batch.is_empty() {
            self.import_groups(file, batch).await?;
        }
        Ok(true)
    }

    /// Stores the facts of the next groups: (place in the file, meaning). One transaction; the
    /// progress moves with it. Of what several files tell, the file whose import was begun last has the
    /// last word: a corrected file is imported like any other.
    pub async fn import_groups(
        &self,
        file: &mut FileImport,
        groups: Vec<(String, Normalised)>,
    ) -> Result<()> {
        let now = self.now();
        let mut next = file.row.clone();
        next.groups_done += i64::try_from(groups.len()).unwrap_or(i64::MAX);
        let mut harvest = Harvest::default();
        let mut version = file.row.delivery.made_at().0;
        if ports::canary!("older-file-wins") {
            version = -version;
        }
        for (place, mut normalised) in groups {
            normalised.facts.iter_mut().for_each(|fact| fact.version = version);
            if ports::canary!("import-faults-dropped") {
                normalised.faults.clear();
            }
            harvest.add(self, file.row.delivery, &place, normalised);
        }
        let mut tx = self.store.write().await?;
        let stored = store::import::get(tx.as_mut(), &next.source, &next.sha256).await?;
        if stored.is_none_or(|s| s.groups_done != file.row.groups_done) {
            return Err(Error::Refused(
                "another process imports this file at the same time; this one stops".to_owned(),
            ));
        }
        let entries = harvest.store(self, tx.as_mut(), now).await?;
        store::import::advance(tx.as_mut(), &next).await?;
        store::audit::append(tx.as_mut(), &self.origin, &entries).await?;
        tx.commit().await?;
        file.row = next;
        Ok(())
    }

    /// Stores the file's control totals and ends the import.
    pub async fn import_end(&self, file: &mut FileImport, control: &Control) -> Result<()> {
        let now = self.now();
        let mut next = file.row.clone();
        next.state = if control.cut.is_some() { "cut" } else { "complete" }.to_owned();
        next.lines = i64::try_from(control.lines).unwrap_or(i64::MAX);
        next.exact_sum.clone_from(&control.exact_sum);
        next.booked_minor = control.booked_minor;
        next.note = control.cut.clone().unwrap_or_default();
        let mut tx = self.store.write().await?;
        store::import::advance(tx.as_mut(), &next).await?;
        let body = journal::entry(
            now,
            &journal::Actor::System,
            "import.ended",
            json!({
                "file": next.name, "sha256": next.sha256, "state": next.state,
                "groups": next.groups_done.to_string(), "lines": next.lines.to_string(),
                "exact_sum": next.exact_sum, "booked_minor": next.booked_minor.to_string(),
            }),
        );
        store::audit::append(tx.as_mut(), &self.origin, &[body]).await?;
        tx.commit().await?;
        file.row = next;
        Ok(())
    }
}
