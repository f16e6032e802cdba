//! Currencies next to the home currency: the list of them, and the names and accounts that keep one.

use kernel::Currency;

use super::{AccountType, Facts, Record};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::ListKind;
use crate::txn::Detail;
use crate::txn::claim::Side;
use crate::txn::input::ref_value;

/// The names that the usual currencies are shown with.
const NAMES: &[(&str, &str)] = &[
    ("AUD", "Australian Dollar"),
    ("BRL", "Brazilian Real"),
    ("CAD", "Canadian Dollar"),
    ("CHF", "Swiss Franc"),
    ("CNY", "Chinese Yuan"),
    ("CZK", "Czech Koruna"),
    ("DKK", "Danish Krone"),
    ("EUR", "Euro"),
    ("GBP", "British Pound Sterling"),
    ("HKD", "Hong Kong Dollar"),
    ("HUF", "Hungarian Forint"),
    ("INR", "Indian Rupee"),
    ("JPY", "Japanese Yen"),
    ("MXN", "Mexican Peso"),
    ("NOK", "Norwegian Krone"),
    ("NZD", "New Zealand Dollar"),
    ("PLN", "Polish Zloty"),
    ("SEK", "Swedish Krona"),
    ("SGD", "Singapore Dollar"),
    ("USD", "United States Dollar"),
    ("ZAR", "South African Rand"),
];

/// The name of a currency; unusual ones are called by their code.
pub(crate) fn name(code: &str) -> &str {
    NAMES.iter().find(|row| row.0 == code).map_or(code, |row| row.1)
}

/// A currency by its code (2220).
pub(crate) fn parse(code: &str, element: &'static str) -> Result<Currency> {
    code.parse().map_err(|_| Fault::currency_type(element, code))
}

/// `"CurrencyRef":{"value":"EUR","name":"Euro"}`.
pub(crate) fn write_ref(json: &mut Json, code: &str) {
    json.key("CurrencyRef");
    json.open();
    json.field("value", code);
    json.field("name", name(code));
    json.close();
}

/// The name under which a currency is unique: its code, which must be another than the home currency.
pub(super) fn read_code(books: &Books, code: &str) -> Result<Currency> {
    if !books.prefs.multi_currency {
        return Err(Fault::one_currency());
    }
    let currency = parse(code, "Code")?;
    if books.is_home(currency) { Err(Fault::home_currency(code)) } else { Ok(currency) }
}

/// The currency of a name or an account: none for the home currency. It never changes once it is
/// used (quickbooks.md §8).
pub(super) fn read(books: &Books, obj: &Obj<'_>, old: Option<&Record>) -> Result<Option<Currency>> {
    let Some(code) = ref_value(obj, "CurrencyRef") else {
        // Left out, the currency stays: a currency cannot be cleared.
        return Ok(old.and_then(|o| o.currency));
    };
    let currency = books.currency(&code)?;
    match old {
        Some(old) if old.currency != currency && books.is_used(old) => {
            Err(Fault::currency_in_use())
        }
        _ => Ok(currency),
    }
}

impl Books {
    /// Whether a currency is the company's own.
    pub(crate) fn is_home(&self, currency: Currency) -> bool {
        self.prefs.home_currency.eq_ignore_ascii_case(currency.code())
    }

    /// The currency that a CurrencyRef names, none for the home currency; others must be on the list
    /// of the company and active (2500).
    pub(crate) fn currency(&self, code: &str) -> Result<Option<Currency>> {
        if code.eq_ignore_ascii_case(&self.prefs.home_currency) {
            return Ok(None);
        }
        if !self.prefs.multi_currency {
            return Err(Fault::one_currency());
        }
        let currency = parse(code, "CurrencyRef")?;
        let listed = self
            .all(ListKind::CompanyCurrency)
            .any(|row| row.active && row.name.as_ref() == currency.code());
        if listed {
            Ok(Some(currency))
        } else {
            Err(Fault::reference("CurrencyRef", "Currency", code))
        }
    }

    /// The currency of a customer or vendor; none for the home currency.
    pub(crate) fn currency_of_name(&self, id: u32) -> Option<Currency> {
        self.list(self.name_kind(id)?, id)?.currency
    }

    /// Whether any transaction names a customer, a vendor or an account.
    fn is_used(&self, record: &Record) -> bool {
        let id = record.id;
        let account = record.kind == ListKind::Account;
        self.txns().any(|txn| {
            let named = |name: u32| !account && name == id;
            let posted = txn.postings.iter().any(|p| account && p.account == id);
            posted
                || named(txn.name)
                || txn.lines.iter().any(|line| match line.detail {
                    Detail::Journal { name, .. }
                    | Detail::Direct { name, .. }
                    | Detail::Expense { name, .. } => named(name),
                    _ => false,
                })
        })
    }

    /// The control account of a currency: the company's own, or the first one made for it.
    pub(crate) fn control(&self, side: Side, currency: Option<Currency>) -> u32 {
        let (own, kind) = match side {
            Side::Receivable => (self.roles.receivable, AccountType::AccountsReceivable),
            Side::Payable => (self.roles.payable, AccountType::AccountsPayable),
        };
        if currency.is_none() {
            return own;
        }
        self.all(ListKind::Account)
            .find(|a| {
                a.active
                    && a.currency == currency
                    && matches!(a.facts, Facts::Account { kind: found, .. } if found == kind)
            })
            .map_or(own, |a| a.id)
    }

    /// Makes the control account of a foreign customer or vendor unless there is one (quickbooks.md
    /// §8; the name is unconfirmed).
    pub(super) fn open_control(&mut self, record: &Record, now_us: i64) {
        let (side, kind, name) = match record.kind {
            ListKind::Customer => {
                (Side::Receivable, AccountType::AccountsReceivable, "Accounts Receivable (A/R)")
            }
            ListKind::Vendor => {
                (Side::Payable, AccountType::AccountsPayable, "Accounts Payable (A/P)")
            }
            _ => return,
        };
        if let Some(currency) = record.currency
            && self.control(side, record.currency) == self.control(side, None)
        {
            let name = format!("{name} - {}", currency.code());
            self.add_account(&name, kind, kind.default_subtype(), record.currency, now_us);
        }
    }

    /// Turns several currencies on, for good: the account for differences of rates appears.
    pub(crate) fn open_currencies(&mut self, now_us: i64) {
        if self.roles.exchange == 0 {
            self.roles.exchange = self.add_account(
                "Exchange Gain or Loss",
                AccountType::OtherExpense,
                "ExchangeGainOrLoss",
                None,
                now_us,
            );
        }
    }
}
