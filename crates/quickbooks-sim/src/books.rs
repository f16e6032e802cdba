//! The company's books: list objects, transactions, their indexes, and the general ledger.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::attachable::Attachable;
use crate::budget::Budget;
use crate::changes::Changes;
use crate::clock::Date;
use crate::config::CompanyPrefs;
use crate::error::{Fault, Result};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::ledger::{Ledger, Postings};
use crate::list::{AccountType, Facts, Record, commit::key_of};
use crate::rates::Rates;
use crate::schema;
use crate::seed;
use crate::stock::Stock;
use crate::txn::Txn;

/// First id of a new transaction in a fresh US sandbox (quickbooks.md §8).
const FIRST_TXN: u32 = 145;
/// First automatic number of sales forms, above those of a sandbox.
const FIRST_NUMBER: u32 = 1_038;
/// First automatic number of estimates, and of purchase orders.
const FIRST_PLAN: u32 = 1_001;

/// Accounts with a job of their own.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Roles {
    pub receivable: u32,
    pub payable: u32,
    pub undeposited: u32,
    pub sales_tax: u32,
    pub discounts: u32,
    pub shipping: u32,
    pub gratuity: u32,
    pub opening_equity: u32,
    /// Exchange Gain or Loss; zero while there is one currency.
    pub exchange: u32,
}

/// A deleted object, for change data.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    pub entity: Entity,
    pub id: u32,
    /// UTC seconds.
    pub at: i64,
}

/// Everything the company knows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Books {
    pub prefs: CompanyPrefs,
    pub prefs_sync: u32,
    /// UTC seconds.
    pub prefs_updated: i64,
    pub roles: Roles,
    pub ledger: Ledger,
    pub stock: Stock,
    pub rates: Rates,
    pub tombstones: Vec<Tombstone>,
    /// What the call under way changed so far.
    #[serde(skip)]
    pub told: Changes,
    lists: BTreeMap<ListKind, BTreeMap<u32, Record>>,
    names: BTreeMap<(ListKind, Box<str>), (ListKind, u32)>,
    next_ids: BTreeMap<ListKind, u32>,
    txns: Vec<Option<Box<Txn>>>,
    /// (type, number in lower case, id)
    numbers: BTreeSet<(TxnKind, Box<str>, u32)>,
    /// (type, last update in UTC seconds, id)
    changes: BTreeSet<(Entity, i64, u32)>,
    pub attachables: BTreeMap<u32, Attachable>,
    pub last_attachable: u32,
    pub budgets: Vec<Budget>,
    next_number: u32,
    next_estimate: u32,
    next_order: u32,
}

fn at(id: u32) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}

impl Books {
    /// A fresh company with the seed lists; a sandbox has traded for two months.
    pub(crate) fn new(prefs: CompanyPrefs, sandbox: bool) -> Self {
        let mut books = Self {
            prefs,
            prefs_sync: 0,
            prefs_updated: crate::company::CREATED,
            roles: Roles::default(),
            ledger: Ledger::default(),
            stock: Stock::default(),
            rates: Rates::default(),
            tombstones: Vec::new(),
            told: Changes::default(),
            lists: ListKind::ALL.into_iter().map(|k| (k, BTreeMap::new())).collect(),
            names: BTreeMap::new(),
            next_ids: seed::first_ids(),
            txns: Vec::new(),
            numbers: BTreeSet::new(),
            changes: BTreeSet::new(),
            attachables: BTreeMap::new(),
            last_attachable: 0,
            budgets: Vec::new(),
            next_number: FIRST_NUMBER,
            next_estimate: FIRST_PLAN,
            next_order: FIRST_PLAN,
        };
        seed::fill(&mut books);
        if sandbox {
            books.next_number = FIRST_PLAN;
            seed::sandbox::fill(&mut books);
            books.next_number = FIRST_NUMBER;
        }
        let before = usize::try_from(FIRST_TXN - 1).unwrap_or(0);
        books.txns.resize_with(books.txns.len().max(before), || None);
        if books.prefs.multi_currency {
            books.open_currencies(seed::SEEDED * 1_000_000);
        }
        books
    }

    /// The calendar day of an instant where the company is.
    pub(crate) fn today(&self, now_us: i64) -> Date {
        Date::in_zone(now_us, self.prefs.region.zone())
    }

    // ---- list objects ----

    pub(crate) fn list(&self, kind: ListKind, id: u32) -> Option<&Record> {
        self.lists.get(&kind)?.get(&id)
    }

    pub(crate) fn all(&self, kind: ListKind) -> impl DoubleEndedIterator<Item = &Record> {
        self.lists.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// Who has a name, active or not.
    pub(crate) fn owner(&self, key: &(ListKind, Box<str>)) -> Option<(ListKind, u32)> {
        self.names.get(key).copied()
    }

    /// Type of a customer, vendor or employee; none for id zero.
    pub(crate) fn name_kind(&self, id: u32) -> Option<ListKind> {
        [ListKind::Customer, ListKind::Vendor, ListKind::Employee]
            .into_iter()
            .find(|kind| id != 0 && self.list(*kind, id).is_some())
    }

    pub(crate) fn put_list(&mut self, record: Record) {
        self.names.insert(key_of(&record), (record.kind, record.id));
        self.changes.insert((Entity::List(record.kind), record.updated, record.id));
        if let Facts::Account { kind, .. } = record.facts {
            let control =
                matches!(kind, AccountType::AccountsReceivable | AccountType::AccountsPayable);
            match record.currency {
                Some(_) => self.ledger.keep_abroad(record.id, control),
                None if control => self.ledger.add_control(record.id),
                None => {}
            }
        }
        if matches!(&record.facts, Facts::Item { service, .. } if service.as_ref() == "Inventory") {
            self.stock.track(record.id);
        }
        if let Some(records) = self.lists.get_mut(&record.kind) {
            records.insert(record.id, record);
        }
    }

    pub(crate) fn take_list(&mut self, kind: ListKind, id: u32) -> Option<Record> {
        let record = self.lists.get_mut(&kind)?.remove(&id)?;
        self.names.remove(&key_of(&record));
        self.changes.remove(&(Entity::List(kind), record.updated, id));
        Some(record)
    }

    pub(crate) fn next_list_id(&mut self, kind: ListKind) -> u32 {
        // Customers, vendors and employees share one sequence (quickbooks.md §8).
        let kind = if kind.is_name() { ListKind::Customer } else { kind };
        let next = self.next_ids.entry(kind).or_insert(1);
        *next += 1;
        *next - 1
    }

    /// An active list object by the text of its id (2030, 2500).
    pub(crate) fn resolve(
        &self,
        kind: ListKind,
        value: &str,
        element: &'static str,
    ) -> Result<u32> {
        let id: u32 = value.parse().map_err(|_| Fault::invalid_id(element, value))?;
        match self.list(kind, id) {
            Some(record) if record.active => Ok(id),
            _ => Err(Fault::reference(element, kind.reference_word(), value)),
        }
    }

    /// Days of a term, unless it names a day of the month.
    pub(crate) fn term_days(&self, term: u32) -> Option<i64> {
        let term = self.list(ListKind::Term, term)?;
        schema::list(ListKind::Term).extra(&term.extras, "DueDays")?.parse().ok()
    }

    /// An active customer, vendor or employee by the text of its id.
    pub(crate) fn resolve_name(&self, value: &str, element: &'static str) -> Result<u32> {
        let id: u32 = value.parse().map_err(|_| Fault::invalid_id(element, value))?;
        match self.name_kind(id) {
            Some(kind) => self.resolve(kind, value, element),
            None => Err(Fault::reference(element, "Names", value)),
        }
    }

    /// Refuses an account of a type that does not fit (6430).
    pub(crate) fn require_account(
        &self,
        id: u32,
        allowed: &[AccountType],
        element: &'static str,
    ) -> Result<()> {
        match self.list(ListKind::Account, id).map(|a| &a.facts) {
            Some(Facts::Account { kind, .. }) if allowed.contains(kind) => Ok(()),
            _ => Err(Fault::account_type(element)),
        }
    }

    // ---- transactions ----

    pub(crate) fn txn(&self, id: u32) -> Option<&Txn> {
        self.txns.get(at(id)?)?.as_deref()
    }

    /// All transactions, oldest id first.
    pub(crate) fn txns(&self) -> impl DoubleEndedIterator<Item = &Txn> {
        self.txns.iter().filter_map(Option::as_deref)
    }

    pub(crate) fn next_txn_id(&mut self) -> u32 {
        let id = self.peek_txn_id();
        self.txns.push(None);
        id
    }

    /// The id that the next transaction gets.
    pub(crate) fn peek_txn_id(&self) -> u32 {
        u32::try_from(self.txns.len()).unwrap_or(u32::MAX - 1) + 1
    }

    pub(crate) fn put(&mut self, txn: Txn) {
        self.changes.insert((Entity::Txn(txn.kind), txn.updated, txn.id));
        if !txn.doc.is_empty() {
            self.numbers.insert((txn.kind, txn.doc.to_lowercase().into(), txn.id));
        }
        let slot = at(txn.id).and_then(|at| self.txns.get_mut(at));
        if let Some(slot) = slot {
            *slot = Some(Box::new(txn));
        }
    }

    /// Books other legs for a stored transaction that is otherwise unchanged.
    pub(crate) fn repost(&mut self, id: u32, legs: Postings) {
        let slot = at(id).and_then(|at| self.txns.get_mut(at)?.as_mut());
        if let Some(txn) = slot {
            self.ledger.reverse(&txn.postings);
            self.ledger.post(&legs);
            txn.postings = legs;
        }
    }

    pub(crate) fn take(&mut self, id: u32) -> Option<Txn> {
        let txn = *self.txns.get_mut(at(id)?)?.take()?;
        self.changes.remove(&(Entity::Txn(txn.kind), txn.updated, id));
        if !txn.doc.is_empty() {
            self.numbers.remove(&(txn.kind, txn.doc.to_lowercase().into(), id));
        }
        Some(txn)
    }

    pub(crate) fn bury(&mut self, entity: Entity, id: u32, now_us: i64) {
        let at = now_us.div_euclid(1_000_000);
        self.tombstones.push(Tombstone { entity, id, at });
    }

    /// Ids of one type with a number, in order.
    pub(crate) fn numbered(&self, kind: TxnKind, number: &str) -> impl Iterator<Item = u32> {
        let number: Box<str> = number.to_lowercase().into();
        self.numbers
            .range((kind, number.clone(), 0)..=(kind, number, u32::MAX))
            .map(|(_, _, id)| *id)
    }

    /// The next automatic number of a type that no document of its sequence has; empty for types that
    /// are not numbered. Invoices, receipts, credits and refunds share one sequence.
    pub(crate) fn next_number(&mut self, kind: TxnKind) -> Box<str> {
        let forms =
            [TxnKind::Invoice, TxnKind::SalesReceipt, TxnKind::CreditMemo, TxnKind::RefundReceipt];
        let (own, shared): (_, &[TxnKind]) = match kind {
            TxnKind::Estimate => (self.next_estimate, &[TxnKind::Estimate]),
            TxnKind::PurchaseOrder => (self.next_order, &[TxnKind::PurchaseOrder]),
            kind if forms.contains(&kind) => (self.next_number, &forms),
            _ => return Box::default(),
        };
        let mut next = own;
        let number = loop {
            let number = next.to_string();
            next += 1;
            if shared.iter().all(|kind| self.numbered(*kind, &number).next().is_none()) {
                break number.into_boxed_str();
            }
        };
        match kind {
            TxnKind::Estimate => self.next_estimate = next,
            TxnKind::PurchaseOrder => self.next_order = next,
            _ => self.next_number = next,
        }
        number
    }

    /// Ids of one entity changed at or after a second, oldest change first.
    pub(crate) fn changed(
        &self,
        entity: Entity,
        since: i64,
    ) -> impl DoubleEndedIterator<Item = u32> {
        self.changes.range((entity, since, 0)..=(entity, i64::MAX, u32::MAX)).map(|(_, _, id)| *id)
    }
}
