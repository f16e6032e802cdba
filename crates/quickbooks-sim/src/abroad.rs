//! Transactions in another currency than the company's: their rate, and their legs in home cents.
//!
//! Every leg is exchanged at the rate of its transaction, half up. A payment takes the documents it
//! settles off the control account at *their* rate, so that a settled document leaves nothing behind;
//! what the rates differ by is Exchange Gain or Loss (quickbooks.md §8).

use kernel::Currency;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Posting, Postings};
use crate::money;
use crate::txn::input::{Input, ref_value};
use crate::txn::{Detail, Line, Txn};

/// Home cents of one transaction stay below this, so that no sum can overflow.
const MOST_HOME_CENTS: i64 = 100_000_000_000_000_000;

/// What a transaction in another currency carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Abroad {
    pub currency: Currency,
    /// Home units for one unit of the currency.
    #[serde(with = "crate::money::stored_always")]
    pub rate: Decimal,
    /// The legs in cents of the currency; the transaction's postings are in home cents.
    pub legs: Postings,
}

/// Cents at a rate, half away from zero.
pub(crate) fn exchange(cents: i64, rate: Decimal) -> i64 {
    Decimal::from(cents)
        .checked_mul(rate)
        .map(|exact| exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
        .and_then(|home| home.to_i64())
        .unwrap_or(0)
}

impl Txn {
    /// None for the home currency.
    pub(crate) fn currency(&self) -> Option<Currency> {
        self.abroad.as_ref().map(|abroad| abroad.currency)
    }

    /// Home units for one unit of the transaction's currency.
    pub(crate) fn rate(&self) -> Decimal {
        self.abroad.as_ref().map_or(Decimal::ONE, |abroad| abroad.rate)
    }

    /// An amount of the transaction in home cents.
    pub(crate) fn home(&self, cents: i64) -> i64 {
        self.abroad.as_ref().map_or(cents, |abroad| exchange(cents, abroad.rate))
    }
}

/// Whether a type has amounts of money of its own.
pub(crate) fn carries_currency(kind: TxnKind) -> bool {
    !matches!(kind, TxnKind::TimeActivity | TxnKind::InventoryAdjustment)
}

/// The currency of a payment that the company makes by itself: that of its name, at the day's rate.
pub(crate) fn of_name(books: &Books, txn: &Txn) -> Option<Box<Abroad>> {
    if !matches!(txn.kind, TxnKind::Payment | TxnKind::BillPayment) {
        return None;
    }
    let currency = books.currency_of_name(txn.name)?;
    let rate = books.rates.on(currency, txn.date);
    Some(Box::new(Abroad { currency, rate, legs: Postings::default() }))
}

/// Reads CurrencyRef and ExchangeRate. With several currencies on, a new transaction must name its
/// currency; a rate that is not sent is that of the day, else 1 (quickbooks.md §8).
pub(crate) fn read(input: &Input<'_>, date: Date) -> Result<Option<Box<Abroad>>> {
    let books = input.books;
    let sent = ref_value(input.obj, "CurrencyRef");
    let currency = match (&sent, input.old) {
        (Some(code), _) => books.currency(code)?,
        (None, Some(old)) => old.currency(),
        (None, None) if books.prefs.multi_currency => return Err(Fault::missing("CurrencyRef")),
        (None, None) => None,
    };
    let Some(currency) = currency else { return Ok(None) };
    let rate = match input.obj.text("ExchangeRate") {
        Some(text) => {
            money::parse_rate(&text).map_err(|why| Fault::decimal("ExchangeRate", &text, why))?
        }
        None => input
            .kept()
            .and_then(|old| old.abroad.as_ref())
            .filter(|old| old.currency == currency)
            .map_or_else(|| books.rates.on(currency, date), |old| old.rate),
    };
    let legs = input.old.and_then(|old| Some(old.abroad.as_ref()?.legs.clone()));
    Ok(Some(Box::new(Abroad { currency, rate, legs: legs.unwrap_or_default() })))
}

/// Refuses names and accounts of another currency, and amounts that no home currency can hold. A
/// home account takes any currency, a control account only its own.
pub(crate) fn check(books: &Books, txn: &Txn) -> Result<()> {
    if !books.prefs.multi_currency || !carries_currency(txn.kind) {
        return Ok(());
    }
    let currency = txn.currency();
    let employee = books.name_kind(txn.name) == Some(ListKind::Employee);
    if txn.name != 0 && !employee && books.currency_of_name(txn.name) != currency {
        return Err(Fault::wrong_currency());
    }
    let mut sum = txn.total.unsigned_abs();
    account(books, txn.account, 0, txn)?;
    account(books, txn.other, 0, txn)?;
    for line in &txn.lines {
        sum = sum.saturating_add(line.amount.unsigned_abs());
        match line.detail {
            Detail::Sale { account: id, .. } | Detail::Discount { account: id, .. } => {
                account(books, id, 0, txn)?;
            }
            Detail::Direct { account: id, name }
            | Detail::Journal { account: id, name, .. }
            | Detail::Expense { account: id, name, .. } => account(books, id, name, txn)?,
            Detail::Deposited { txn: target, .. }
                if books.txn(target).is_some_and(|target| target.currency() != currency) =>
            {
                return Err(Fault::wrong_currency());
            }
            _ => {}
        }
    }
    let home = Decimal::from(sum).checked_mul(txn.rate());
    match home {
        Some(home) if home < Decimal::from(MOST_HOME_CENTS) => Ok(()),
        _ => Err(Fault::number_range("ExchangeRate", &txn.rate().to_string())),
    }
}

fn account(books: &Books, id: u32, name: u32, txn: &Txn) -> Result<()> {
    let Some(account) = books.list(ListKind::Account, id) else { return Ok(()) };
    let (own, wanted) = (account.currency, txn.currency());
    let fits = match books.side_of(id) {
        Some(_) => own == wanted && (name == 0 || books.currency_of_name(name) == wanted),
        None => own.is_none() || own == wanted,
    };
    if fits { Ok(()) } else { Err(Fault::wrong_currency()) }
}

/// The legs in home cents.
pub(crate) fn convert(books: &Books, txn: &Txn, legs: &[Posting]) -> Postings {
    match txn.kind {
        TxnKind::Payment | TxnKind::BillPayment => payment(books, txn),
        TxnKind::Deposit => deposit(books, txn, legs),
        _ => plain(books, txn, legs),
    }
}

/// Leg by leg; what rounding leaves over goes to the largest leg that is neither the total of the
/// document nor owed by anyone.
fn plain(books: &Books, txn: &Txn, legs: &[Posting]) -> Postings {
    let mut home: Vec<Posting> =
        legs.iter().map(|leg| Posting { amount: txn.home(leg.amount), ..*leg }).collect();
    let rest: i64 = home.iter().map(|leg| leg.amount).sum();
    if rest != 0 {
        let free =
            |leg: &&mut Posting| leg.account != txn.account && books.side_of(leg.account).is_none();
        let largest = home.iter_mut().filter(free).max_by_key(|leg| leg.amount.abs());
        if let Some(leg) = largest {
            leg.amount -= rest;
        }
    }
    let mut entry = Entry::default();
    for leg in home {
        entry.debit(leg.account, leg.name, leg.amount);
    }
    entry.postings()
}

/// Money at the rate of the payment, documents at theirs, what is unapplied at that of the payment.
fn payment(books: &Books, txn: &Txn) -> Postings {
    let sign = if txn.kind == TxnKind::BillPayment { -1 } else { 1 };
    let mut settled = txn.home(txn.balance);
    for line in &txn.lines {
        let home = applied_home(books, txn, line);
        settled +=
            if matches!(line.detail, Detail::Applied { credit: true, .. }) { -home } else { home };
    }
    let money = txn.home(txn.total);
    let mut entry = Entry::default();
    entry.debit(txn.account, txn.name, sign * money);
    entry.credit(txn.other, txn.name, sign * settled);
    entry.credit(books.roles.exchange, 0, sign * (money - settled));
    entry.postings()
}

/// Cents of `target` that `payer` settles.
fn applied(payer: &Txn, target: u32) -> i64 {
    let lines = payer.lines.iter();
    lines
        .filter(|l| matches!(l.detail, Detail::Applied { txn, .. } if txn == target))
        .map(|l| l.amount)
        .sum()
}

/// Home cents that a line of a payment settles: all of its document's share on the first such line.
pub(crate) fn applied_home(books: &Books, payer: &Txn, line: &Line) -> i64 {
    let Detail::Applied { txn: target, .. } = line.detail else { return 0 };
    if payer.abroad.is_none() {
        return line.amount;
    }
    let mut lines = payer.lines.iter();
    let first = lines.find(|l| matches!(l.detail, Detail::Applied { txn, .. } if txn == target));
    match books.txn(target) {
        Some(target) if first.is_some_and(|first| std::ptr::eq(first, line)) => {
            relief(books, target, payer)
        }
        _ => 0,
    }
}

/// Home cents that a payer takes off the control account for `target`. Payers share the home amount
/// of the document in the order of its links, each up to the rounded sum so far: the last one takes
/// exactly what is left.
fn relief(books: &Books, target: &Txn, payer: &Txn) -> i64 {
    let mut before = 0;
    for (_, id) in &target.links {
        if *id == payer.id {
            break;
        }
        before += books.txn(*id).map_or(0, |other| applied(other, target.id));
    }
    target.home(before + applied(payer, target.id)) - target.home(before)
}

/// Bank at the rate of the deposit; what was waiting leaves Undeposited Funds at what it came in at.
fn deposit(books: &Books, txn: &Txn, legs: &[Posting]) -> Postings {
    let undeposited = books.roles.undeposited;
    let (mut waiting, mut waiting_home) = (0, 0);
    for line in &txn.lines {
        if let Detail::Deposited { txn: target, .. } = line.detail {
            waiting += line.amount;
            waiting_home += books.txn(target).map_or(0, |t| came_in(t, undeposited, line.amount));
        }
    }
    let mut entry = Entry::default();
    for leg in legs {
        let home = if leg.account == undeposited {
            txn.home(leg.amount + waiting) - waiting_home
        } else {
            txn.home(leg.amount)
        };
        entry.debit(leg.account, leg.name, home);
    }
    entry.settle(books.roles.exchange);
    entry.postings()
}

/// Home cents at which an amount went into Undeposited Funds.
fn came_in(target: &Txn, undeposited: u32, amount: i64) -> i64 {
    let sum = |legs: &[Posting]| -> i64 {
        legs.iter().filter(|leg| leg.account == undeposited).map(|leg| leg.amount).sum()
    };
    match &target.abroad {
        Some(abroad) if sum(&abroad.legs) == amount => sum(&target.postings),
        _ => target.home(amount),
    }
}

impl Books {
    /// What is open of a transaction in home cents: zero exactly when nothing is open.
    pub(crate) fn home_balance(&self, txn: &Txn) -> i64 {
        let settled = self.settled(txn);
        txn.home(settled + txn.balance) - txn.home(settled)
    }
}
