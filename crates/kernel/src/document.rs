//! Desired documents: what the ledger should hold, each with its postings.

use crate::currency::Currency;
use crate::key::BusinessKey;
use crate::time::BusinessDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kinds of document, named as QuickBooks and accountants name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A sale paid at once.
    SalesReceipt,
    /// A sale on account.
    Invoice,
    /// Money received against invoices.
    Payment,
    /// A reduction of what a customer owes.
    CreditMemo,
    /// Money given back.
    RefundReceipt,
    /// An expense paid from an account (QuickBooks: Purchase).
    Expense,
    /// Money moved between two of our accounts.
    Transfer,
    /// Free debits and credits.
    JournalEntry,
    /// Receipts banked together.
    Deposit,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::CreditMemo,
        Self::RefundReceipt,
        Self::Expense,
        Self::Transfer,
        Self::JournalEntry,
        Self::Deposit,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SalesReceipt => "sales_receipt",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::CreditMemo => "credit_memo",
            Self::RefundReceipt => "refund_receipt",
            Self::Expense => "expense",
            Self::Transfer => "transfer",
            Self::JournalEntry => "journal_entry",
            Self::Deposit => "deposit",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SalesReceipt => "sales receipt",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::CreditMemo => "credit memo",
            Self::RefundReceipt => "refund receipt",
            Self::Expense => "expense",
            Self::Transfer => "transfer",
            Self::JournalEntry => "journal entry",
            Self::Deposit => "deposit",
        }
    }

    /// Whether a payment that is linked to it uses it up in the place of money. Of journal entries only
    /// those that credit a customer are linked (quickbooks.md §8, matrix).
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::CreditMemo | Self::JournalEntry)
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// What the ledger should hold under one business key.
///
/// Accounts and items are named, not numbered: the ledger connection resolves names to ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The stable name.
    pub key: BusinessKey,
    /// The kind.
    pub kind: DocumentKind,
    /// The posting date.
    pub date: BusinessDate,
    /// The one currency.
    pub currency: Currency,
    /// Home units for one unit of the currency, where we state it; else the ledger takes its own rate
    /// of the day.
    #[serde(
        default,
        with = "crate::decimal::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub rate: Option<Decimal>,
    /// Document number for people, at most 21 characters (quickbooks.md §8). Kinds without a
    /// number carry it in their reference field or memo.
    pub number: Option<String>,
    /// Display name of the customer, where the kind has one.
    pub customer: Option<String>,
    /// The location of the whole document (QuickBooks: Department). Journal entries have one per
    /// line; payments and transfers have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Lines. Never empty except for payments and transfers.
    pub lines: Vec<DocumentLine>,
    /// The account money goes to (receipts, payments, deposits) or comes from (refunds, expenses,
    /// transfers). For invoices and credit memos the receivables account. Empty for payments of nothing,
    /// which settle one document with another.
    pub account: String,
    /// For transfers: where the money goes. For payments: the receivables account.
    pub counter_account: Option<String>,
    /// Documents this one settles (payment → invoice, credit memo).
    pub links: Vec<DocumentLink>,
    /// Text for people, e.g. `Order 1001`. The connector adds the marker.
    pub memo: String,
    /// Total in minor units as the ledger will state it: the sum of line amounts (for journal
    /// entries: the sum of debits; for payments and transfers: the amount moved).
    pub total_minor: i64,
}

/// One line of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLine {
    /// Product/service item, for sales forms.
    pub item: Option<String>,
    /// The account the line posts to (for item lines: the item's account).
    pub account: String,
    /// Text for people.
    pub description: String,
    /// Quantity, when it multiplies out exactly with the unit price.
    #[serde(with = "crate::decimal::text_option")]
    pub quantity: Option<Decimal>,
    /// Unit price in major units.
    #[serde(with = "crate::decimal::text_option")]
    pub unit_price: Option<Decimal>,
    /// Amount in minor units. On journal entries positive = debit, negative = credit.
    pub amount_minor: i64,
    /// Customer of a receivables line of a journal entry.
    pub customer: Option<String>,
    /// The class that reports count the line under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Location of a line of a journal entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// A document that another one settles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLink {
    /// The settled document.
    pub to: BusinessKey,
    /// Amount applied, minor units, positive.
    pub amount_minor: i64,
}

/// One side of an entry: debit positive, credit negative, minor units of the home currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Posting {
    /// Account name.
    pub account: String,
    /// Minor units, debit positive.
    pub amount_minor: i64,
}

/// What an account gets of a document, for one location and one class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// Account name.
    pub account: String,
    /// Location, where the document or its line has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Class, where the line has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Minor units, debit positive.
    pub amount_minor: i64,
}

impl Document {
    /// Whether it only settles one document with another: a payment of nothing.
    pub fn moves_nothing(&self) -> bool {
        self.kind == DocumentKind::Payment && self.total_minor == 0
    }

    /// The debits and credits of this document, merged per account and sorted by account name.
    /// They always add up to zero when `total_minor` is the sum of the lines; `book` proves it
    /// for every document it makes.
    pub fn postings(&self) -> Vec<Posting> {
        let mut by_account = BTreeMap::<&str, i64>::new();
        self.sides(|account, _, amount| {
            let sum = by_account.entry(account).or_default();
            *sum = sum.saturating_add(amount);
        });
        by_account
            .into_iter()
            .filter(|(_, amount)| *amount != 0)
            .map(|(account, amount_minor)| Posting { account: account.to_owned(), amount_minor })
            .collect()
    }

    /// The same, merged per account, location and class.
    pub fn shares(&self) -> Vec<Share> {
        let mut sums = BTreeMap::<(&str, Option<&str>, Option<&str>), i64>::new();
        self.sides(|account, line, amount| {
            let own = line.and_then(|l| l.location.as_deref());
            let location = own.or(self.location.as_deref());
            let class = line.and_then(|l| l.class.as_deref());
            let sum = sums.entry((account, location, class)).or_default();
            *sum = sum.saturating_add(amount);
        });
        sums.into_iter()
            .filter(|(_, amount)| *amount != 0)
            .map(|((account, location, class), amount_minor)| Share {
                account: account.to_owned(),
                location: location.map(str::to_owned),
                class: class.map(str::to_owned),
                amount_minor,
            })
            .collect()
    }

    /// Every debit (positive) and credit with its account, and the line that it comes from.
    fn sides<'d>(&'d self, mut add: impl FnMut(&'d str, Option<&'d DocumentLine>, i64)) {
        let counter = self.counter_account.as_deref().unwrap_or_default();
        // +1: the own account is debited and lines are credited; -1: the other way round.
        let side = match self.kind {
            DocumentKind::SalesReceipt | DocumentKind::Invoice | DocumentKind::Deposit => 1,
            DocumentKind::CreditMemo | DocumentKind::RefundReceipt | DocumentKind::Expense => -1,
            DocumentKind::Payment => {
                add(&self.account, None, self.total_minor);
                add(counter, None, -self.total_minor);
                0
            }
            DocumentKind::Transfer => {
                add(&self.account, None, -self.total_minor);
                add(counter, None, self.total_minor);
                0
            }
            DocumentKind::JournalEntry => {
                for line in &self.lines {
                    add(&line.account, Some(line), line.amount_minor);
                }
                0
            }
        };
        if side != 0 {
            add(&self.account, None, side * self.total_minor);
            for line in &self.lines {
                add(&line.account, Some(line), -side * line.amount_minor);
            }
        }
    }
}

/// A list object of the ledger that documents refer to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reference {
    /// A currency beside the home currency.
    Currency {
        /// The currency.
        currency: Currency,
    },
    /// A general ledger account.
    Account {
        /// Name, unique in the chart of accounts.
        name: String,
        /// Type.
        account_type: AccountType,
        /// The currency it is kept in for ever; `None` for the home currency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
    },
    /// A product/service item that posts to one account.
    Item {
        /// Name, unique among items.
        name: String,
        /// Name of the account its lines post to.
        account: String,
    },
    /// A customer.
    Customer {
        /// Display name, unique among customers, vendors and employees.
        name: String,
        /// The currency of all its documents; `None` for the home currency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
    },
    /// A location (QuickBooks: Department).
    Location {
        /// Name, unique among locations. One below another is named `above:below`.
        name: String,
    },
    /// A class.
    Class {
        /// Name, unique among classes. One below another is named `above:below`.
        name: String,
    },
}

impl Reference {
    /// Kind and name.
    pub fn key(&self) -> ReferenceKey {
        let (kind, name) = match self {
            Self::Currency { currency } => (ReferenceKind::Currency, currency.code()),
            Self::Account { name, .. } => (ReferenceKind::Account, name.as_str()),
            Self::Item { name, .. } => (ReferenceKind::Item, name.as_str()),
            Self::Customer { name, .. } => (ReferenceKind::Customer, name.as_str()),
            Self::Location { name } => (ReferenceKind::Location, name.as_str()),
            Self::Class { name } => (ReferenceKind::Class, name.as_str()),
        };
        ReferenceKey { kind, name: name.to_owned() }
    }

    /// The currency it must have, where that is another than the home currency.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Self::Account { currency, .. } | Self::Customer { currency, .. } => *currency,
            Self::Currency { .. }
            | Self::Item { .. }
            | Self::Location { .. }
            | Self::Class { .. } => None,
        }
    }

    /// What must stand in the ledger before it.
    pub fn needs(&self) -> Option<ReferenceKey> {
        match self {
            Self::Item { account, .. } => {
                Some(ReferenceKey { kind: ReferenceKind::Account, name: account.clone() })
            }
            _ => self.currency().map(|currency| Self::Currency { currency }.key()),
        }
    }
}

/// Kind and name of a list object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReferenceKey {
    /// The kind.
    pub kind: ReferenceKind,
    /// The name.
    pub name: String,
}

/// Kinds of list object, in the order in which they must exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// Currency beside the home currency, named by its code.
    Currency,
    /// General ledger account.
    Account,
    /// Product/service item.
    Item,
    /// Customer.
    Customer,
    /// Location.
    Location,
    /// Class.
    Class,
}

impl ReferenceKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Currency, Self::Account, Self::Item, Self::Customer, Self::Location, Self::Class];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Currency => "currency",
            Self::Account => "account",
            Self::Item => "item",
            Self::Customer => "customer",
            Self::Location => "location",
            Self::Class => "class",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// Types of account, spelled in the ledger by `quickbooks_name` (quickbooks.md §8, enums).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// Cash at bank, and clearing accounts.
    Bank,
    /// Trade receivables.
    AccountsReceivable,
    /// Other current asset.
    OtherCurrentAsset,
    /// Other current liability: sales tax, gift cards, tips.
    OtherCurrentLiability,
    /// A company credit card.
    CreditCard,
    /// Owner's funds.
    Equity,
    /// Revenue and contra revenue.
    Income,
    /// Cost of goods sold.
    CostOfGoodsSold,
    /// Operating expense.
    Expense,
    /// Other income.
    OtherIncome,
    /// Other expense.
    OtherExpense,
}

impl AccountType {
    /// QuickBooks' `AccountType` text.
    pub const fn quickbooks_name(self) -> &'static str {
        match self {
            Self::Bank => "Bank",
            Self::AccountsReceivable => "Accounts Receivable",
            Self::OtherCurrentAsset => "Other Current Asset",
            Self::OtherCurrentLiability => "Other Current Liability",
            Self::CreditCard => "Credit Card",
            Self::Equity => "Equity",
            Self::Income => "Income",
            Self::CostOfGoodsSold => "Cost of Goods Sold",
            Self::Expense => "Expense",
            Self::OtherIncome => "Other Income",
            Self::OtherExpense => "Other Expense",
        }
    }
}
