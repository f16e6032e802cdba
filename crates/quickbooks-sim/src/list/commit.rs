//! Storing list objects: ids, names taken, children renamed with their parent.

use super::{Record, name_key};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::kind::ListKind;

impl Books {
    /// Refuses a name that another object has, inactive ones included (6240).
    pub(crate) fn check_name(&self, record: &Record) -> Result<()> {
        match self.owner(&key_of(record)) {
            Some(owner) if owner != (record.kind, record.id) => Err(Fault::duplicate_name()),
            _ => Ok(()),
        }
    }

    /// Stores a new list object and gives its id.
    pub(crate) fn add(&mut self, mut record: Record, now_us: i64) -> u32 {
        record.id = self.next_list_id(record.kind);
        record.created = now_us.div_euclid(1_000_000);
        record.updated = record.created;
        let id = record.id;
        self.put_list(record);
        id
    }

    /// Stores a changed list object. False when nothing changed.
    pub(crate) fn change(&mut self, mut record: Record, now_us: i64) -> bool {
        let Some(old) = self.take_list(record.kind, record.id) else { return false };
        if old == record {
            self.put_list(old);
            return false;
        }
        record.sync += 1;
        record.updated = now_us.div_euclid(1_000_000);
        let (kind, id, renamed) = (record.kind, record.id, old.full != record.full);
        let full = record.full.clone();
        self.put_list(record);
        if renamed {
            self.rename_children(kind, id, &full);
        }
        true
    }

    fn rename_children(&mut self, kind: ListKind, parent: u32, full: &str) {
        let children: Vec<u32> =
            self.all(kind).filter(|r| r.parent == parent).map(|r| r.id).collect();
        for id in children {
            if let Some(mut child) = self.take_list(kind, id) {
                child.full = format!("{full}:{}", child.name).into_boxed_str();
                let full = child.full.clone();
                self.put_list(child);
                self.rename_children(kind, id, &full);
            }
        }
    }
}

/// The namespace key of a record.
pub(crate) fn key_of(record: &Record) -> (ListKind, Box<str>) {
    // People and companies are unique by their own name, everything else under its parent.
    name_key(record.kind, if record.kind.is_name() { &record.name } else { &record.full })
}
