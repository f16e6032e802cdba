//! Gathers rows into groups, counts everything, and says what cannot be attributed.

use super::Record;
use super::fields::Cells;
use super::group::{Group, Trouble, subject};
use super::mapping::{Column, GroupKind, Mapping};
use super::number::{Exact, decimal};
use super::totals::{AmountTotals, ControlTotals, Incomplete};
use kernel::{Currency, Customer, Decimal, LineKind, Money, OrderLine, ReasonCode, Timestamp};
use ports::Normalised;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};

/// Longest group value, bytes: it becomes part of a subject.
const GROUP_VALUE_BYTES_MAX: usize = 200;

/// One row with its cells.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) cells: &'a Cells,
    pub(super) text: &'a str,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl<'a> Line<'a> {
    fn get(&self, column: Column) -> &'a str {
        self.cells.get(self.text, column).unwrap_or_default()
    }

    pub(super) fn group(&self) -> &'a str {
        self.get(Column::Group).trim_matches(' ')
    }
}

/// The amount of one row.
struct Amount {
    quantity: Decimal,
    unit_price: Decimal,
    minor: i64,
}

#[derive(Debug)]
pub(super) struct Books {
    pub(super) mapping: Mapping,
    /// Open groups, the one touched last at the end.
    open: Vec<Group>,
    /// Lines of every ended group.
    seen: BTreeMap<[u8; 16], (u64, u64)>,
    /// A row just before could not be attributed: it may belong to the group that begins next.
    doubt: Option<u64>,
    moment: (String, Option<Timestamp>),
    pub(super) ready: VecDeque<Record>,
    pub(super) totals: ControlTotals,
    /// No more rows are taken.
    pub(super) done: bool,
}

impl Books {
    pub(super) fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            open: Vec::new(),
            seen: BTreeMap::new(),
            doubt: None,
            moment: (String::new(), None),
            ready: VecDeque::new(),
            totals: ControlTotals::default(),
            done: false,
        }
    }

    /// Takes a row whose cells are all there; `trouble` when something about it is wrong anyway.
    pub(super) fn row(&mut self, line: Line<'_>, trouble: Option<Trouble>) {
        self.totals.lines += 1;
        let key = line.group();
        if key.is_empty() || key.len() > GROUP_VALUE_BYTES_MAX || key.contains('\u{fffd}') {
            let detail = "the group column is empty, too long or not valid text; fill it in";
            let trouble = trouble.unwrap_or_else(|| Trouble::malformed(line.first, detail));
            return self.unattributed(line, None, trouble, true);
        }
        let Some(at) = self.find(key).or_else(|| self.begin(line, key)) else { return };
        let currency = self.currency(line);
        let amount = currency.clone().and_then(|c| self.count(line, c));
        let foreign = currency.clone().ok().filter(|c| Some(*c) != self.open[at].currency);
        if let (Some(currency), Ok(amount)) = (foreign, &amount) {
            self.amounts(currency).held_minor += i128::from(amount.minor);
        }
        let moment = self.moment(line);
        let group = &mut self.open[at];
        group.rows += 1;
        group.last_line = line.last;
        if let Some(trouble) = trouble {
            group.hold(trouble);
        }
        match moment {
            Some(at) => group.placed_at = Some(group.placed_at.map_or(at, |was| was.min(at))),
            None => group.hold(Trouble::malformed(
                line.first,
                format!("`{}` is not a date in the declared format", shown(line, Column::PlacedAt)),
            )),
        }
        match amount {
            Err(detail) => {
                self.totals.lines_unreadable += 1;
                group.amount_known = false;
                group.hold(Trouble::malformed(line.first, detail));
            }
            Ok(amount) => {
                if foreign.is_some() {
                    group.amount_known = false;
                } else {
                    group.readable_minor += i128::from(amount.minor);
                }
                if let Some(trouble) = contradiction(&self.mapping, group, line, currency.ok()) {
                    group.hold(trouble);
                } else if group.held.is_none() {
                    keep(&self.mapping, group, line, &amount);
                }
            }
        }
    }

    /// Takes a row that cannot be cut into its cells. It holds its group when `key` is open; or
    /// else nobody can say which of its neighbours it belongs to, and all of them are held.
    pub(super) fn damaged(&mut self, line: Line<'_>, key: Option<&str>, trouble: Trouble) {
        self.totals.lines += 1;
        let key = key.map(|k| k.trim_matches(' ')).filter(|k| {
            !k.is_empty() && k.len() <= GROUP_VALUE_BYTES_MAX && !k.contains('\u{fffd}')
        });
        if let Some(at) = key.and_then(|k| self.find(k)) {
            self.totals.lines_unreadable += 1;
            let group = &mut self.open[at];
            group.rows += 1;
            group.last_line = line.last;
            group.amount_known = false;
            return group.hold(trouble);
        }
        self.unattributed(line, key, trouble, false);
    }

    /// Ends the open groups, the one that began first in front.
    pub(super) fn finish(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.sort_by_key(|g| g.first_line);
        for group in open {
            self.end(group);
        }
        self.done = true;
    }

    /// The stream broke: what is whole stays, the open groups may lack rows and are held.
    pub(super) fn cut(&mut self, byte: u64, line: u64, why: &str) {
        let detail = format!(
            "the file breaks off at byte {byte} of its text ({why}); what follows is unknown. \
             Fetch the file again and import it whole"
        );
        self.totals.incomplete = Some(Incomplete { byte, why: why.to_owned() });
        let trouble = Trouble::malformed(line, detail);
        if self.open.is_empty() {
            let faults = vec![trouble.clone().fault(None, None)];
            let normalised = Normalised { faults, ..Normalised::default() };
            self.ready.push_back(Record { first_line: line, last_line: line, normalised });
        }
        for group in &mut self.open {
            group.amount_known = false;
            group.hold(trouble.clone());
        }
        self.finish();
    }

    /// Finds an open group and makes it the one touched last.
    fn find(&mut self, key: &str) -> Option<usize> {
        let last = self.open.len().checked_sub(1)?;
        if self.open[last].key == key {
            return Some(last);
        }
        let at = self.open.iter().position(|g| g.key == key)?;
        let mut group = self.open.remove(at);
        group.interleaved = true;
        self.open.push(group);
        Some(last)
    }

    /// Opens a group; `None` when the file has too many of them.
    fn begin(&mut self, line: Line<'_>, key: &str) -> Option<usize> {
        if self.seen.len() + self.open.len() >= self.mapping.limits.groups {
            self.stop(line);
            return None;
        }
        if self.open.len() >= self.mapping.group_window {
            let oldest = self.open.remove(0);
            self.end(oldest);
        }
        let channel = line.get(Column::Channel).trim_matches(' ');
        let mut group = Group {
            key: key.to_owned(),
            kind: self.mapping.kind_of(line.get(Column::Kind)),
            number: line.get(Column::Number).trim_matches(' ').to_owned(),
            channel: if channel.is_empty() { "default" } else { channel }.to_owned(),
            customer: customer(&self.mapping, line),
            currency: self.currency(line).ok(),
            placed_at: None,
            first_line: line.first,
            last_line: line.last,
            rows: 0,
            lines: Vec::new(),
            bytes: 0,
            readable_minor: 0,
            amount_known: true,
            before: self.seen.get(&fingerprint(key)).copied(),
            interleaved: false,
            held: None,
            more_troubles: 0,
        };
        if let Some((first, last)) = group.before {
            group.hold(Trouble::malformed(
                line.first,
                format!(
                    "`{key}` was complete at lines {first} to {last} and appears again at line {}; \
                 sort the file by its group column, or raise `group_window`",
                    line.first
                ),
            ));
        }
        if let Some(doubtful) = self.doubt.take() {
            group.hold(neighbour(doubtful));
        }
        self.open.push(group);
        Some(self.open.len() - 1)
    }

    fn stop(&mut self, line: Line<'_>) {
        let why = format!("more than {} groups; split the file", self.mapping.limits.groups);
        self.totals.incomplete = Some(Incomplete { byte: 0, why: why.clone() });
        self.finish();
        let trouble = Trouble { code: ReasonCode::BatchLimit, line: line.first, detail: why };
        self.bare(line, trouble, None, None);
    }

    fn end(&mut self, group: Group) {
        match (group.before, group.kind) {
            (Some(_), _) => {}
            (None, GroupKind::Order) => self.totals.orders += 1,
            (None, GroupKind::Credit) => self.totals.credits += 1,
            (None, GroupKind::Adjustment) => self.totals.adjustments += 1,
        }
        self.totals.groups_interleaved += u64::from(group.interleaved);
        let (first_line, last_line) = (group.first_line, group.last_line);
        self.seen.entry(fingerprint(&group.key)).or_insert((first_line, last_line));
        let (currency, minor) = (group.currency, group.readable_minor);
        let normalised = group.close(&self.mapping);
        if !normalised.faults.is_empty() {
            self.totals.groups_held += 1;
            if let Some(currency) = currency {
                self.amounts(currency).held_minor += minor;
            }
        }
        self.ready.push_back(Record { first_line, last_line, normalised });
    }

    fn unattributed(
        &mut self,
        line: Line<'_>,
        key: Option<&str>,
        trouble: Trouble,
        readable: bool,
    ) {
        let counted = readable
            .then(|| self.currency(line).and_then(|c| Ok((c, self.count(line, c)?))))
            .and_then(Result::ok);
        let amount = counted.map(|(currency, amount)| {
            self.amounts(currency).held_minor += i128::from(amount.minor);
            Money::new(amount.minor, currency)
        });
        self.totals.lines_unreadable += u64::from(amount.is_none());
        for group in &mut self.open {
            group.hold(neighbour(line.first));
        }
        self.doubt = Some(line.first);
        self.bare(line, trouble, key, amount);
    }

    fn bare(&mut self, line: Line<'_>, t: Trouble, key: Option<&str>, amount: Option<Money>) {
        let known = self.mapping.kind_is_in_group_value();
        let key = key.filter(|_| known);
        let subject = key.map(|k| subject(&self.mapping, self.mapping.kind_of(k), k));
        let normalised =
            Normalised { faults: vec![t.fault(subject, amount)], ..Normalised::default() };
        let (first_line, last_line) = (line.first, line.last);
        self.ready.push_back(Record { first_line, last_line, normalised });
    }

    fn currency(&self, line: Line<'_>) -> Result<Currency, String> {
        match self.mapping.currency {
            Some(currency) => Ok(currency),
            None => line
                .get(Column::Currency)
                .trim_matches(' ')
                .parse()
                .map_err(|e: kernel::currency::UnknownCurrency| e.to_string()),
        }
    }

    fn amounts(&mut self, currency: Currency) -> &mut AmountTotals {
        self.totals.amounts.entry(currency).or_insert_with(|| AmountTotals {
            exponent: currency.exponent(),
            ..AmountTotals::default()
        })
    }

    /// Reads the amount of a row and adds it to the totals, or says why it has none.
    fn count(&mut self, line: Line<'_>, currency: Currency) -> Result<Amount, String> {
        let number = |column, name| {
            decimal(line.get(column)).map_err(|e| format!("{name}: {e}; correct the source"))
        };
        let quantity = number(Column::Quantity, "quantity")?;
        let unit_price = number(Column::UnitPrice, "unit price")?;
        let large =
            || format!("{quantity} × {unit_price} does not fit 64-bit minor units and 12 decimals");
        let exact = Exact::product(quantity, unit_price).ok_or_else(large)?;
        let (minor, rounded) = exact.minor(currency).ok_or_else(large)?;
        let totals = self.amounts(currency);
        totals.sum = totals.sum.plus(exact).ok_or("the sum of the file exceeds 28 digits")?;
        totals.booked_minor += i128::from(minor);
        totals.lines_rounded += u64::from(rounded);
        Ok(Amount { quantity, unit_price, minor })
    }

    /// Rows of one group mostly repeat their moment: the text last read is remembered.
    fn moment(&mut self, line: Line<'_>) -> Option<Timestamp> {
        let text = line.get(Column::PlacedAt).trim_matches(' ');
        if self.moment.0 != text {
            self.moment.0.clear();
            self.moment.0.push_str(text);
            self.moment.1 = self.mapping.moments.read(text);
        }
        self.moment.1
    }
}

/// The trouble of a group next to a row that nobody can attribute.
fn neighbour(line: u64) -> Trouble {
    Trouble::malformed(
        line,
        format!("line {line} next to this group cannot be read and may belong to it"),
    )
}

/// Rows of one group that say different things about the group.
fn contradiction(
    mapping: &Mapping,
    group: &Group,
    line: Line<'_>,
    currency: Option<Currency>,
) -> Option<Trouble> {
    let differs = |what: &str| {
        Some(Trouble::malformed(
            line.first,
            format!("the {what} differs from the one at line {}", group.first_line),
        ))
    };
    if line.first == group.first_line {
        return None;
    }
    if currency != group.currency {
        let code = ReasonCode::CurrencyMismatch;
        return differs("currency").map(|t| Trouble { code, ..t });
    }
    if line.get(Column::Number).trim_matches(' ') != group.number {
        return differs("number");
    }
    if mapping.kind_of(line.get(Column::Kind)) != group.kind {
        return differs("kind (order, credit, adjustment)");
    }
    let id = customer_id(mapping, line);
    if id != group.customer.as_ref().map_or("", |c| c.id.as_str()) {
        return differs("customer");
    }
    None
}

fn customer_id<'a>(mapping: &Mapping, line: Line<'a>) -> &'a str {
    let id = line.get(Column::CustomerId).trim_matches(' ');
    let id = id.strip_suffix(mapping.customer_id_suffix.as_str()).unwrap_or(id);
    if id.is_empty() { line.get(Column::CustomerName).trim_matches(' ') } else { id }
}

fn customer(mapping: &Mapping, line: Line<'_>) -> Option<Customer> {
    let id = customer_id(mapping, line);
    let name = line.get(Column::CustomerName).trim_matches(' ');
    let name = if name.is_empty() { id } else { name };
    (!id.is_empty()).then(|| Customer { id: id.to_owned(), name: name.to_owned() })
}

fn keep(mapping: &Mapping, group: &mut Group, line: Line<'_>, amount: &Amount) {
    let limits = mapping.limits;
    group.bytes += line.text.len();
    if group.rows > limits.group_lines || group.bytes > limits.group_bytes {
        let detail = format!(
            "the group is larger than {} rows or {} bytes; split it at the source",
            limits.group_lines, limits.group_bytes
        );
        let code = ReasonCode::BatchLimit;
        return group.hold(Trouble { code, line: line.first, detail });
    }
    let sku = line.get(Column::Sku);
    group.lines.push(OrderLine {
        id: group.rows.to_string(),
        kind: mapping.line_kinds.get(sku).copied().unwrap_or(LineKind::Goods),
        sku: sku.to_owned(),
        title: line.get(Column::Title).to_owned(),
        quantity: amount.quantity,
        unit_price: amount.unit_price,
        gross_minor: amount.minor,
        discount_minor: 0,
    });
}

/// A cell as shown in a message, at most 40 characters.
fn shown(line: Line<'_>, column: Column) -> String {
    line.get(column).chars().take(40).collect()
}

/// Sixteen bytes that stand for a group value: itself when short, else a part of its SHA-256.
fn fingerprint(key: &str) -> [u8; 16] {
    let mut short = [0; 16];
    if key.len() < 16 {
        short[..key.len()].copy_from_slice(key.as_bytes());
        short[15] = 1;
    } else {
        short.copy_from_slice(&Sha256::digest(key.as_bytes())[..16]);
    }
    short
}
