//! Storing list objects: ids, names taken, children renamed with their parent.

use kernel::Currency;

use super::{AccountType, Facts, Record, name_key};
use crate::books::Books;
use crate::changes::Operation;
use crate::error::{Fault, Result};
use crate::kind::{Entity, ListKind};

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
        self.open_control(&record, now_us);
        if let Facts::Agency(agency) = &mut record.facts {
            agency.account = self.tax_account(&record.name, now_us);
        }
        record.id = self.next_list_id(record.kind);
        record.created = now_us.div_euclid(1_000_000);
        record.updated = record.created;
        let id = record.id;
        self.told.note(Entity::List(record.kind), id, Operation::Create);
        self.put_list(record);
        id
    }

    /// Gives an object a new version although none of its own properties changed.
    pub(crate) fn touch(&mut self, kind: ListKind, id: u32, now_us: i64) {
        if let Some(mut record) = self.take_list(kind, id) {
            record.sync += 1;
            record.updated = now_us.div_euclid(1_000_000);
            self.put_list(record);
            self.told.note(Entity::List(kind), id, Operation::Update);
        }
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
        self.open_control(&record, now_us);
        let (kind, id, renamed) = (record.kind, record.id, old.full != record.full);
        let full = record.full.clone();
        self.told.note(Entity::List(kind), id, Operation::Update);
        self.put_list(record);
        if renamed {
            self.rename_children(kind, id, &full);
        }
        true
    }

    /// A new liability account for the tax of an agency, "Revenue Payable"; a number tells accounts of
    /// one name apart.
    fn tax_account(&mut self, agency: &str, now_us: i64) -> u32 {
        let subtype =
            if self.prefs.region.is_us() { "SalesTaxPayable" } else { "GlobalTaxPayable" };
        let kind = AccountType::OtherCurrentLiability;
        let name: String = agency.chars().take(80).collect();
        self.add_account(&format!("{name} Payable"), kind, subtype, None, now_us)
    }

    /// A new account of the company's own making.
    pub(crate) fn add_account(
        &mut self,
        name: &str,
        kind: AccountType,
        subtype: &str,
        currency: Option<Currency>,
        now_us: i64,
    ) -> u32 {
        let facts = Facts::Account { kind, subtype: subtype.into() };
        let mut record = Record { currency, ..Record::new(ListKind::Account, name, facts) };
        let mut number = 1;
        while self.check_name(&record).is_err() {
            number += 1;
            record.name = format!("{name} {number}").into_boxed_str();
            record.full.clone_from(&record.name);
        }
        self.add(record, now_us)
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
