//! What we wanted against what the ledger holds, field by field (quickbooks.md §7, "Read-back
//! compare set"). Ignored: addresses, metadata, names of references, lines the server adds.

use crate::amount::Unit;
use crate::entity::{Entity, KindRules};
use crate::wire_out;
use kernel::{
    Currencies, Currency, Decimal, Document, DocumentKind, Money, ReferenceKey, ReferenceKind,
};
use ports::{Mismatch, RefMap, Snapshot, SnapshotLine};
use std::collections::BTreeMap;

/// Stands for a value the ledger does not state.
const NOTHING: &str = "nothing";

/// The differences, in the order of the fields of QuickBooks' own object.
pub(crate) fn compare(
    want: &Document,
    got: &Snapshot,
    refs: &RefMap,
    currencies: Currencies,
) -> Vec<Mismatch> {
    let mut report = Report { want, refs, out: Vec::new() };
    if let Some(kind) = got.kind.filter(|kind| *kind != want.kind) {
        let name = |kind| Entity::Document(kind).name();
        report.differs("Type", name(want.kind), name(kind));
        return report.out;
    }
    if got.voided {
        // Everything else follows from it.
        report.differs("Status", "live", "voided or deleted");
        return report.out;
    }
    report.head(got);
    match want.kind {
        DocumentKind::Payment => report.applied(|report| report.links(got)),
        _ => report.lines(got),
    }
    report.totals(got);
    if let Some(home) = currencies.home().filter(|_| currencies.is_foreign(want.currency)) {
        report.rate(got, home);
    }
    let marker = want.key.marker();
    if got.marker.as_deref() != Some(&marker) {
        report.differs("PrivateNote", &marker, got.marker.as_deref().unwrap_or(NOTHING));
    }
    report.out
}

struct Report<'a> {
    want: &'a Document,
    refs: &'a RefMap,
    out: Vec<Mismatch>,
}

impl Report<'_> {
    fn differs(&mut self, field: &str, expected: &str, found: &str) {
        self.out.push(Mismatch {
            field: field.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            applied: false,
        });
    }

    /// Marks what `look` finds as being about what is applied to what.
    fn applied(&mut self, look: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        look(self);
        self.out[before..].iter_mut().for_each(|m| m.applied = true);
    }

    fn text(&mut self, field: &str, expected: &str, found: Option<&str>) {
        if found != Some(expected) {
            self.differs(field, expected, found.unwrap_or(NOTHING));
        }
    }

    fn money(&mut self, field: &str, expected: i64, found: i64) {
        if expected != found && !ports::canary!("read-back-believed") {
            let unit = Unit::of(self.want.currency);
            self.differs(field, &unit.text(expected), &unit.text(found));
        }
    }

    /// Compares with the ledger id of the list object called `name`.
    fn reference(&mut self, field: &str, kind: ReferenceKind, name: &str, found: Option<&str>) {
        let key = ReferenceKey { kind, name: name.to_owned() };
        match self.refs.references.get(&key) {
            Some(id) => {
                if found != Some(id) {
                    let id = id.clone();
                    self.differs(field, &id, found.unwrap_or(NOTHING));
                }
            }
            None => self.differs(field, "an id that is not known", found.unwrap_or(NOTHING)),
        }
    }

    /// The same where we gave one. Where we gave none it is not ours: bookkeepers count entries under
    /// locations and classes by hand, and items have classes of their own.
    fn given(&mut self, field: &str, kind: ReferenceKind, name: Option<&str>, found: Option<&str>) {
        if let Some(name) = name {
            self.reference(field, kind, name, found);
        }
    }

    fn head(&mut self, got: &Snapshot) {
        let want = self.want;
        let number_field =
            if want.kind == DocumentKind::Payment { "PaymentRefNum" } else { "DocNumber" };
        match (want.kind, want.number.as_deref()) {
            // Made by the ledger when we give none; transfers have none.
            (_, None) | (DocumentKind::Transfer, _) => {}
            // Whether deposits keep a number is not documented: only another one is a difference.
            (DocumentKind::Deposit, Some(_)) if got.number.is_none() => {}
            (_, Some(number)) => self.text(number_field, number, got.number.as_deref()),
        }
        if got.date != Some(want.date) {
            let found = got.date.map(|d| d.to_string());
            self.differs("TxnDate", &want.date.to_string(), found.as_deref().unwrap_or(NOTHING));
        }
        if want.kind.has_customer() {
            let field =
                if want.kind == DocumentKind::Expense { "EntityRef" } else { "CustomerRef" };
            match &want.customer {
                Some(name) => {
                    self.reference(field, ReferenceKind::Customer, name, got.customer.as_deref());
                }
                None => {
                    if let Some(found) = &got.customer {
                        self.differs(field, NOTHING, found);
                    }
                }
            }
        }
        if want.kind.has_location() {
            let (name, found) = (want.location.as_deref(), got.location.as_deref());
            self.given("DepartmentRef", ReferenceKind::Location, name, found);
        }
        if let Some(found) = got.currency.filter(|c| *c != want.currency) {
            self.differs("CurrencyRef", want.currency.code(), found.code());
        }
        if let Some(field) = account_field(want.kind).filter(|_| !want.account.is_empty()) {
            self.reference(field, ReferenceKind::Account, &want.account, got.account.as_deref());
        }
    }

    fn lines(&mut self, got: &Snapshot) {
        let wanted = wanted_lines(self.want);
        if wanted.len() != got.lines.len() {
            let unit = Unit::of(self.want.currency);
            let shown = |amounts: &mut dyn Iterator<Item = i64>| {
                let texts: Vec<_> = amounts.map(|a| unit.text(a)).collect();
                format!("{} ({})", texts.len(), texts.join(", "))
            };
            let expected = shown(&mut wanted.iter().map(|l| l.amount_minor));
            let found = shown(&mut got.lines.iter().map(|l| l.amount_minor));
            return self.differs("Line.count", &expected, &found);
        }
        for (n, (line, found)) in wanted.iter().zip(&got.lines).enumerate() {
            self.line(n + 1, line, found);
        }
    }

    fn line(&mut self, n: usize, line: &WantedLine<'_>, found: &SnapshotLine) {
        let transfer = self.want.kind == DocumentKind::Transfer;
        let field = match (transfer, line.kind) {
            (true, _) => "ToAccountRef".to_owned(),
            (_, ReferenceKind::Item) => format!("Line[{n}].ItemRef"),
            _ => format!("Line[{n}].AccountRef"),
        };
        self.reference(&field, line.kind, line.name, found.target.as_deref());
        // The amount of a transfer is its total and compared there.
        if transfer {
            return;
        }
        self.money(&format!("Line[{n}].Amount"), line.amount_minor, found.amount_minor);
        let field = format!("Line[{n}].ClassRef");
        self.given(&field, ReferenceKind::Class, line.class, found.class.as_deref());
        let field = format!("Line[{n}].DepartmentRef");
        self.given(&field, ReferenceKind::Location, line.location, found.location.as_deref());
    }

    /// Settled documents as a set: their order means nothing.
    fn links(&mut self, got: &Snapshot) {
        let mut amounts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for link in &self.want.links {
            let id = match self.refs.documents.get(&link.to) {
                Some((_, id)) => id.clone(),
                None => "an id that is not known".to_owned(),
            };
            let sum = &mut amounts.entry(id).or_default().0;
            *sum = sum.saturating_add(link.amount_minor);
        }
        for line in &got.lines {
            let id = line.target.clone().unwrap_or_else(|| NOTHING.to_owned());
            let sum = &mut amounts.entry(id).or_default().1;
            *sum = sum.saturating_add(line.amount_minor);
        }
        for (id, (expected, found)) in amounts {
            self.money(&format!("LinkedTxn[{id}].Amount"), expected, found);
        }
    }

    fn totals(&mut self, got: &Snapshot) {
        let field = if self.want.kind == DocumentKind::Transfer { "Amount" } else { "TotalAmt" };
        self.money(field, self.want.total_minor, got.total_minor);
        // QuickBooks accepts overpayments silently: only the unapplied amount tells
        // (quickbooks.md §8, §9.8). Balances of other kinds change with every payment.
        if self.want.kind == DocumentKind::Payment
            && let Some(expected) = wire_out::unapplied_minor(self.want, self.refs)
        {
            self.applied(|report| report.money("UnappliedAmt", expected, got.balance_minor));
        }
    }
}

impl Report<'_> {
    /// A rate that was stated may be kept with fewer decimals, but every amount must come to the
    /// same. Otherwise it is the ledger's own: where it has none for the day it takes 1
    /// (quickbooks.md §8), which would book foreign amounts as if they were home amounts.
    fn rate(&mut self, got: &Snapshot, home: Currency) {
        let (expected, is_right) = match (self.want.rate, got.rate) {
            (Some(stated), Some(found)) => (stated.to_string(), self.comes_to(stated, found, home)),
            (Some(stated), None) => (stated.to_string(), false),
            (None, found) => {
                let text = "a rate of the day (enter it in QuickBooks)".to_owned();
                (text, found.is_some_and(|rate| rate != Decimal::ONE))
            }
        };
        if !is_right {
            let found = got.rate.map_or_else(|| NOTHING.to_owned(), |rate| rate.to_string());
            self.differs("ExchangeRate", &expected, &found);
        }
    }

    /// Whether no amount of the document is worth a cent more or less at the rate found.
    fn comes_to(&self, stated: Decimal, found: Decimal, home: Currency) -> bool {
        let lines = self.want.lines.iter().map(|line| line.amount_minor);
        lines.chain([self.want.total_minor]).all(|minor| {
            let amount = Money::new(minor, self.want.currency);
            amount.exchanged(stated, home) == amount.exchanged(found, home)
        })
    }
}

const fn account_field(kind: DocumentKind) -> Option<&'static str> {
    match kind {
        DocumentKind::SalesReceipt
        | DocumentKind::RefundReceipt
        | DocumentKind::Payment
        | DocumentKind::Deposit => Some("DepositToAccountRef"),
        DocumentKind::Expense => Some("AccountRef"),
        DocumentKind::Transfer => Some("FromAccountRef"),
        DocumentKind::Invoice | DocumentKind::CreditMemo | DocumentKind::JournalEntry => None,
    }
}

struct WantedLine<'a> {
    kind: ReferenceKind,
    name: &'a str,
    amount_minor: i64,
    class: Option<&'a str>,
    location: Option<&'a str>,
}

/// The lines as they are sent.
fn wanted_lines(want: &Document) -> Vec<WantedLine<'_>> {
    if want.kind == DocumentKind::Transfer {
        return vec![WantedLine {
            kind: ReferenceKind::Account,
            name: want.counter_account.as_deref().unwrap_or_default(),
            amount_minor: want.total_minor,
            class: None,
            location: None,
        }];
    }
    want.lines
        .iter()
        .filter(|line| wire_out::kept(want.kind, line))
        .map(|line| {
            let (kind, name) = match (want.kind.is_sales_form(), &line.item) {
                (true, Some(item)) => (ReferenceKind::Item, item.as_str()),
                _ => (ReferenceKind::Account, line.account.as_str()),
            };
            WantedLine {
                kind,
                name,
                amount_minor: line.amount_minor,
                class: line.class.as_deref(),
                location: line.location.as_deref(),
            }
        })
        .collect()
}
