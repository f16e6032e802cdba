//! Looking into the books from outside: for judges, never for the code under test.

use std::collections::BTreeMap;

use crate::kind::{ListKind, TxnKind};
use crate::simulator::Simulator;
use crate::txn::Txn;

/// A transaction that is in the books now; voided ones are, deleted ones are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTransaction {
    /// Id.
    pub id: u32,
    /// Type.
    pub kind: TxnKind,
    /// Version; the answer's SyncToken.
    pub sync_token: u32,
    /// Document number, empty for none.
    pub doc_number: String,
    /// Date, `YYYY-MM-DD`.
    pub txn_date: String,
    /// Total in minor units.
    pub total: i64,
    /// Open amount in minor units: balance, remaining credit or unapplied amount.
    pub open: i64,
    /// Sales tax in minor units; zero where there is none.
    pub tax: i64,
    /// ISO code.
    pub currency: String,
    /// Total in minor units of the home currency.
    pub home_total: i64,
    /// Private note, empty for none.
    pub private_note: String,
    /// Payment reference number, empty for none.
    pub payment_ref_num: String,
    /// Display name of the customer, vendor or employee, empty for none.
    pub customer: String,
    /// Whether it was voided.
    pub voided: bool,
    /// Ids of the transactions this one is linked to.
    pub links: Vec<u32>,
}

/// Live transactions of one type that carry one marker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// Type.
    pub kind: TxnKind,
    /// The marker: the text `tieout:...` of the note, or the document number.
    pub marker: String,
    /// Ids, at least two.
    pub ids: Vec<u32>,
}

/// The marker of a note: `tieout:` and what follows up to white space.
fn marker(note: &str) -> Option<&str> {
    let from = note.find("tieout:")?;
    let text = &note[from..];
    Some(text.split_whitespace().next().unwrap_or(text))
}

/// One transaction's legs in the general ledger; they sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The transaction's id.
    pub txn_id: u32,
    /// Its type.
    pub kind: TxnKind,
    /// Its date, `YYYY-MM-DD`.
    pub txn_date: String,
    /// Its document number, empty for none.
    pub doc_number: String,
    /// At least two.
    pub legs: Vec<Leg>,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Fully qualified name of the account.
    pub account: String,
    /// Customer or vendor, empty for none.
    pub name: String,
    /// Minor units of the home currency, debit positive.
    pub amount: i64,
}

impl Simulator {
    /// Balance of every account that is not zero, by fully qualified name, in minor units of the home
    /// currency, debit positive. The sum is always zero.
    pub fn trial_balance(&self) -> BTreeMap<String, i64> {
        let books = self.books();
        books
            .all(ListKind::Account)
            .map(|a| (a.full.to_string(), books.ledger.account(a.id)))
            .filter(|(_, balance)| *balance != 0)
            .collect()
    }

    /// Every transaction in the books, oldest id first.
    pub fn transactions(&self) -> impl Iterator<Item = LiveTransaction> {
        self.books().txns().map(|t| self.live(t))
    }

    /// The legs of every transaction that has any, oldest id first.
    pub fn journal(&self) -> impl Iterator<Item = JournalEntry> {
        let books = self.books();
        let account =
            |id| books.list(ListKind::Account, id).map(|a| a.full.to_string()).unwrap_or_default();
        let name = |id| {
            let record = books.name_kind(id).and_then(|kind| books.list(kind, id));
            record.map(|r| r.name.to_string()).unwrap_or_default()
        };
        books.txns().filter(|t| !t.postings.is_empty()).map(move |t| JournalEntry {
            txn_id: t.id,
            kind: t.kind,
            txn_date: t.date.text(),
            doc_number: t.doc.to_string(),
            legs: t
                .postings
                .iter()
                .map(|p| Leg { account: account(p.account), name: name(p.name), amount: p.amount })
                .collect(),
        })
    }

    fn live(&self, txn: &Txn) -> LiveTransaction {
        let books = self.books();
        let name = books
            .name_kind(txn.name)
            .and_then(|kind| books.list(kind, txn.name))
            .map(|r| r.name.to_string());
        LiveTransaction {
            id: txn.id,
            kind: txn.kind,
            sync_token: txn.sync,
            doc_number: txn.doc.to_string(),
            txn_date: txn.date.text(),
            total: txn.total,
            open: txn.balance,
            tax: if txn.kind == TxnKind::Deposit { 0 } else { txn.tax },
            currency: txn.currency().map_or_else(
                || books.prefs.home_currency.clone(),
                |currency| currency.code().to_owned(),
            ),
            home_total: txn.home(txn.total),
            private_note: txn.note.to_string(),
            payment_ref_num: txn.reference.to_string(),
            customer: name.unwrap_or_default(),
            voided: txn.voided,
            links: txn.targets().collect(),
        }
    }

    /// Groups of more than one live transaction, neither voided nor deleted, of one type with one
    /// marker in the private note; with custom transaction numbers also with one document number.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let books = self.books();
        let mut groups: BTreeMap<(TxnKind, String), Vec<u32>> = BTreeMap::new();
        for txn in books.txns().filter(|t| !t.voided) {
            if let Some(marker) = marker(&txn.note) {
                groups.entry((txn.kind, marker.to_owned())).or_default().push(txn.id);
            }
            if books.prefs.custom_txn_numbers && !txn.doc.is_empty() {
                groups.entry((txn.kind, txn.doc.to_string())).or_default().push(txn.id);
            }
        }
        groups
            .into_iter()
            .filter(|(_, ids)| ids.len() > 1)
            .map(|((kind, marker), ids)| Duplicate { kind, marker, ids })
            .collect()
    }
}
