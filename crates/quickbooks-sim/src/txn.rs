//! Transactions: one compact typed record per object, whatever its type.

pub(crate) mod adjustment;
pub(crate) mod bill;
pub(crate) mod claim;
pub(crate) mod commit;
pub(crate) mod credit;
pub(crate) mod custom;
pub(crate) mod deposit;
pub(crate) mod dimension;
pub(crate) mod group;
pub(crate) mod input;
pub(crate) mod inventory;
pub(crate) mod journal;
pub(crate) mod lines;
pub(crate) mod payment;
pub(crate) mod purchase;
pub(crate) mod sales;
pub(crate) mod time;
pub(crate) mod transfer;
pub(crate) mod write;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::abroad::{self, Abroad};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::TxnKind;
use crate::ledger::Postings;
use crate::schema::Extras;
use crate::tax::Taxed;
use input::Input;

/// The special item id `SHIPPING_ITEM_ID` (quickbooks.md §8).
pub(crate) const SHIPPING: u32 = u32::MAX;
/// The special item id `GRATUITY_ITEM_ID`.
pub(crate) const GRATUITY: u32 = u32::MAX - 1;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Txn {
    pub id: u32,
    pub sync: u32,
    pub kind: TxnKind,
    pub voided: bool,
    /// Purchase: a refund to a card, which turns the signs around.
    pub credit: bool,
    /// UTC seconds.
    pub created: i64,
    /// UTC seconds.
    pub updated: i64,
    pub date: Date,
    /// Due date of an invoice, bill or purchase order.
    pub due: Date,
    pub doc: Box<str>,
    pub note: Box<str>,
    /// PaymentRefNum; print status of a check to a vendor; status of an estimate, an order, hours.
    pub reference: Box<str>,
    /// Customer, vendor or employee; zero for none.
    pub name: u32,
    /// Deposit-to, paid-from or transferred-from account; control account of what is on account.
    pub account: u32,
    /// Transferred-to or cash-back account; control account of a payment; customer of hours.
    pub other: u32,
    pub total: i64,
    /// Open amount: of the open item this makes (see `claim`), or of an unapplied payment.
    pub balance: i64,
    /// Sales tax, or the cash-back amount of a deposit.
    pub tax: i64,
    /// `"TxnTaxCodeRef":..,"TaxLine":..` as sent.
    pub tax_detail: Box<str>,
    /// Tax by rate; boxed, since few have it.
    pub taxed: Option<Box<Taxed>>,
    /// Another currency than the company's.
    pub abroad: Option<Box<Abroad>>,
    pub lines: Box<[Line]>,
    /// Highest line id ever given; line ids are not reused (quickbooks.md §2).
    pub last_line: u32,
    /// Linked transactions: payments applied to this document, and what it was made from.
    pub links: Box<[(TxnKind, u32)]>,
    /// The deposit that holds this money; it freezes the transaction (6540).
    pub deposit: u32,
    pub extras: Extras,
    pub postings: Postings,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub id: u32,
    pub amount: i64,
    pub description: Box<str>,
    pub detail: Detail,
    pub extras: Extras,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Detail {
    Sale {
        item: u32,
        #[serde(with = "crate::money::stored")]
        quantity: Option<Decimal>,
        #[serde(with = "crate::money::stored")]
        price: Option<Decimal>,
        /// Tax code, zero for none.
        tax: u32,
        /// The item's account when the line was saved.
        account: u32,
    },
    Discount {
        #[serde(with = "crate::money::stored")]
        percent: Option<Decimal>,
        account: u32,
    },
    Text,
    /// Payment line: how much of another transaction it settles.
    Applied {
        kind: TxnKind,
        txn: u32,
        /// A credit is used up rather than a debt paid.
        credit: bool,
    },
    /// Deposit line that takes a transaction out of Undeposited Funds.
    Deposited {
        kind: TxnKind,
        txn: u32,
        line: u32,
    },
    /// Deposit line straight on an account; negative for fees.
    Direct {
        account: u32,
        name: u32,
    },
    Journal {
        debit: bool,
        account: u32,
        name: u32,
    },
    Expense {
        account: u32,
        /// Customer or vendor where the account is a control account.
        name: u32,
        item: u32,
        #[serde(with = "crate::money::stored")]
        quantity: Option<Decimal>,
        #[serde(with = "crate::money::stored")]
        price: Option<Decimal>,
        /// Purchase order and its line that this fulfils; zeros for none.
        order: (u32, u32),
    },
    /// A bundle; its components are the lines that follow.
    Group {
        item: u32,
        #[serde(with = "crate::money::stored")]
        quantity: Option<Decimal>,
        /// How many lines are components.
        count: u32,
    },
    /// Goods found, lost, or there from the beginning.
    Adjust {
        item: u32,
        #[serde(with = "crate::money::stored")]
        quantity: Option<Decimal>,
        /// What they are worth, where that is known: what was there from the beginning.
        value: Option<i64>,
    },
}

impl Txn {
    /// An empty transaction of a type.
    pub(crate) fn new(kind: TxnKind) -> Self {
        Self {
            id: 0,
            sync: 0,
            kind,
            voided: false,
            credit: false,
            created: 0,
            updated: 0,
            date: Date(0),
            due: Date(0),
            doc: Box::default(),
            note: Box::default(),
            reference: Box::default(),
            name: 0,
            account: 0,
            other: 0,
            total: 0,
            balance: 0,
            tax: 0,
            tax_detail: Box::default(),
            taxed: None,
            abroad: None,
            lines: Box::default(),
            last_line: 0,
            links: Box::default(),
            deposit: 0,
            extras: Box::default(),
            postings: Box::default(),
        }
    }

    /// Transactions this one points at or is pointed at by.
    pub(crate) fn targets(&self) -> impl Iterator<Item = u32> {
        let out = self.lines.iter().filter_map(|l| match l.detail {
            Detail::Applied { txn, .. } | Detail::Deposited { txn, .. } => Some(txn),
            _ => None,
        });
        let deposit = (self.deposit != 0).then_some(self.deposit);
        out.chain(self.links.iter().map(|(_, id)| *id)).chain(deposit)
    }

    /// How much of an invoice or credit memo is settled.
    pub(crate) fn settled(&self) -> i64 {
        self.total - self.balance
    }
}

/// Reads a new or updated transaction; nothing is stored yet.
pub(crate) fn read(kind: TxnKind, input: &Input<'_>) -> Result<Txn> {
    let mut txn = match kind {
        TxnKind::SalesReceipt
        | TxnKind::Invoice
        | TxnKind::CreditMemo
        | TxnKind::RefundReceipt
        | TxnKind::Estimate => sales::read(kind, input),
        TxnKind::Payment => payment::read(input),
        TxnKind::BillPayment => payment::read_to_vendor(input),
        TxnKind::Bill | TxnKind::VendorCredit | TxnKind::PurchaseOrder => bill::read(kind, input),
        TxnKind::TimeActivity => time::read(input),
        TxnKind::InventoryAdjustment => adjustment::read(input),
        TxnKind::JournalEntry => journal::read(input),
        TxnKind::Deposit => deposit::read(input),
        TxnKind::Transfer => transfer::read(input),
        TxnKind::Purchase => purchase::read(input),
    }?;
    dimension::keep_tracked(input.books, &mut txn);
    inventory::check(input.books, &txn)?;
    let links = txn.lines.iter().any(|l| matches!(l.detail, Detail::Applied { .. }));
    if txn.voided && (txn.total != 0 || txn.balance != 0 || links) {
        return Err(Fault::business("A voided transaction cannot be given an amount again"));
    }
    // Receivables are kept by customer and payables by vendor, whatever puts an amount there.
    for posting in &postings(input.books, &txn) {
        input.books.check_control(posting.account, posting.name)?;
    }
    abroad::check(input.books, &txn)?;
    Ok(txn)
}

/// Computes the postings of a transaction and, in another currency, its legs.
pub(crate) fn post(books: &Books, txn: &mut Txn) {
    if txn.abroad.is_some() {
        let legs = legs(books, txn);
        if let Some(abroad) = &mut txn.abroad {
            abroad.legs = legs;
        }
    }
    txn.postings = postings(books, txn);
}

/// The postings of a transaction in home cents.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let mut legs = legs(books, txn);
    if txn.abroad.is_some() {
        legs = abroad::convert(books, txn, &legs);
    }
    // Goods are kept in home currency.
    inventory::with_costs(books, txn, legs)
}

/// The legs of a transaction in its own currency.
fn legs(books: &Books, txn: &Txn) -> Postings {
    if txn.voided {
        return Box::default();
    }
    match txn.kind {
        TxnKind::SalesReceipt | TxnKind::Invoice | TxnKind::CreditMemo | TxnKind::RefundReceipt => {
            sales::postings(books, txn)
        }
        TxnKind::Payment | TxnKind::BillPayment => payment::postings(txn),
        TxnKind::Bill | TxnKind::VendorCredit => bill::postings(books, txn),
        TxnKind::Estimate
        | TxnKind::PurchaseOrder
        | TxnKind::TimeActivity
        | TxnKind::InventoryAdjustment => Box::default(),
        TxnKind::JournalEntry => journal::postings(txn),
        TxnKind::Deposit => deposit::postings(books, txn),
        TxnKind::Transfer => transfer::postings(txn),
        TxnKind::Purchase => purchase::postings(books, txn),
    }
}
