//! What orders and refunds consist of: amounts per account, before they become document lines.

use crate::role::Role;
use crate::rules::{Account, CashRounding, LineSubject, Mapped, MarketplaceTax, Rules};
use kernel::{
    AccountType, Decimal, DocumentLine, LineKind, Money, Order, OrderLine, ReasonCode, Refund,
    TaxLine,
};
use std::collections::{BTreeMap, BTreeSet};

/// Largest sum of absolute amounts in one order or refund, minor units: the ledger keeps 15 digits
/// (quickbooks.md §8).
pub(crate) const AMOUNT_MAX: i128 = 999_999_999_999_999;

/// Why something is not posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Hold { code: ReasonCode, detail: String, amount: Money },
    Exclude(ReasonCode),
}

/// One amount for one account. The sign is that of the document: positive on a sale is a credit to
/// the account, positive on a refund a debit.
#[derive(Clone, Debug)]
pub(crate) struct Part<'r> {
    pub(crate) account: &'r Account,
    pub(crate) description: String,
    pub(crate) quantity: Option<Decimal>,
    pub(crate) unit_price: Option<Decimal>,
    pub(crate) amount: i64,
    /// The class that a rule gives it; none is that of the channel.
    pub(crate) class: Option<&'r str>,
}

impl<'r> Part<'r> {
    pub(crate) fn plain(account: &'r Account, description: impl Into<String>, amount: i64) -> Self {
        let (quantity, unit_price, class) = (None, None, None);
        Self { account, description: description.into(), quantity, unit_price, amount, class }
    }

    /// The same for another amount, without quantity and price.
    pub(crate) fn worth(&self, amount: i64) -> Self {
        Self { class: self.class, ..Self::plain(self.account, self.description.clone(), amount) }
    }

    /// The line of a sales form.
    pub(crate) fn line(self) -> DocumentLine {
        DocumentLine {
            item: Some(self.account.item.clone()),
            account: self.account.name.clone(),
            description: self.description,
            quantity: self.quantity,
            unit_price: self.unit_price,
            amount_minor: self.amount,
            customer: None,
            class: self.class.map(str::to_owned),
            location: None,
        }
    }
}

/// Whether goods leave or come back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Sale,
    Return,
    /// The difference that a change makes: what is taken off was never delivered.
    Edit,
}

/// Goods that are no revenue yet, or never ours: they go to another account, net of discount.
#[derive(Default)]
pub(crate) struct Elsewhere<'r> {
    pub(crate) account: Option<&'r Account>,
    /// Ids of the lines; `None` for all goods.
    pub(crate) lines: Option<BTreeSet<&'r str>>,
}

impl<'r> Elsewhere<'r> {
    /// Where `line` goes instead of the income account that it would go to.
    pub(crate) fn of(&self, line: &OrderLine, account: &Account) -> Option<&'r Account> {
        let income = account.account_type == AccountType::Income;
        let named = match &self.lines {
            Some(ids) => ids.contains(line.id.as_str()),
            None => line.kind == LineKind::Goods,
        };
        self.account.filter(|_| income && named)
    }
}

/// What an order consists of. The parts add up to its total; the first ones are its lines.
pub(crate) fn sale<'r>(
    rules: &'r Rules,
    order: &Order,
    way: Way,
    elsewhere: &Elsewhere<'r>,
) -> Result<Vec<Part<'r>>, Stop> {
    let lines = &order.lines;
    plausible(order, lines, &order.taxes)?;
    let accounts = accounts(rules, order, lines, way)?;
    let included = included_tax(order);
    let exponent = order.currency.exponent();
    let mut parts = Vec::with_capacity(lines.len() + order.taxes.len() + 2);
    let classes = classes(rules, order, lines)?;
    let mut discounts: BTreeMap<Option<&str>, i64> = BTreeMap::new();
    for (i, ((line, account), class)) in lines.iter().zip(accounts).zip(classes).enumerate() {
        let moved = elsewhere.of(line, account);
        let account = moved.unwrap_or(account);
        let net = order.tax_included || line.gross_minor < 0 || moved.is_some();
        let amount = if net {
            // Case 29: prices with tax are posted net of tax and discount.
            line.net_minor() - included.get(i).copied().unwrap_or_default()
        } else {
            *discounts.entry(class).or_default() += line.discount_minor;
            line.gross_minor
        };
        parts.push(part((account, class), line, amount, exponent));
    }
    for (class, discount) in discounts.into_iter().filter(|(_, discount)| *discount != 0) {
        let part = Part::plain(rules.role(Role::Discounts), "Discounts", -discount);
        parts.push(Part { class, ..part });
    }
    taxes(rules, &order.taxes, 1, &mut parts);
    rounding(rules, order, 1, &mut parts);
    Ok(parts)
}

fn rounding<'r>(rules: &'r Rules, order: &Order, sign: i64, parts: &mut Vec<Part<'r>>) {
    if order.rounding_minor != 0 {
        let role = match rules.policy.cash_rounding {
            CashRounding::Rounding => Role::Rounding,
            CashRounding::Revenue => Role::Revenue,
        };
        parts.push(Part::plain(rules.role(role), "Rounding", sign * order.rounding_minor));
    }
}

/// What `new` costs beyond `old`, as an order: lines by id, taxes by jurisdiction.
pub(crate) fn difference(new: &Order, old: &Order) -> Order {
    let mut order = Order { lines: Vec::new(), taxes: Vec::new(), ..new.clone() };
    let off = |a: i64, b: i64| a.saturating_sub(b);
    let mut left: Vec<&OrderLine> = old.lines.iter().collect();
    for line in &new.lines {
        let mut line = line.clone();
        if let Some(at) = left.iter().position(|l| l.id == line.id) {
            let before = left.remove(at);
            line.gross_minor = off(line.gross_minor, before.gross_minor);
            line.discount_minor = off(line.discount_minor, before.discount_minor);
            line.quantity = line.quantity.saturating_sub(before.quantity);
        }
        order.lines.push(line);
    }
    for line in left {
        let mut line = line.clone();
        line.gross_minor = line.gross_minor.saturating_neg();
        line.discount_minor = line.discount_minor.saturating_neg();
        line.quantity = -line.quantity;
        order.lines.push(line);
    }
    order.lines.retain(|l| l.gross_minor != 0 || l.discount_minor != 0);
    let names = new.taxes.iter().chain(&old.taxes).map(|t| (&t.jurisdiction, t.marketplace));
    for (name, marketplace) in names.collect::<BTreeSet<_>>() {
        let sum = |order: &Order| {
            let own = order.taxes.iter();
            let own = own.filter(|t| (&t.jurisdiction, t.marketplace) == (name, marketplace));
            own.fold(0_i64, |sum, t| sum.saturating_add(t.amount_minor))
        };
        let (jurisdiction, amount_minor) = (name.clone(), off(sum(new), sum(old)));
        let (rate, base_minor, parts) = (None, None, 1);
        let tax = TaxLine { jurisdiction, rate, base_minor, amount_minor, parts, marketplace };
        order.taxes.push(tax);
    }
    order.taxes.retain(|t| t.amount_minor != 0);
    order.rounding_minor = off(new.rounding_minor, old.rounding_minor);
    order.total_minor = off(new.total_minor, old.total_minor);
    order
}

/// The whole order coming back: each line at what was paid for it. `sign` is −1 for credits, whose
/// amounts are negative in the source.
pub(crate) fn whole_return<'r>(
    rules: &'r Rules,
    order: &Order,
    sign: i64,
    elsewhere: &Elsewhere<'r>,
) -> Result<Vec<Part<'r>>, Stop> {
    plausible(order, &order.lines, &order.taxes)?;
    let way = if sign < 0 { Way::Sale } else { Way::Return };
    let accounts = accounts(rules, order, &order.lines, way)?;
    let classes = classes(rules, order, &order.lines)?;
    let amounts = net_amounts(order);
    let exponent = order.currency.exponent();
    let mut parts: Vec<Part<'r>> = order
        .lines
        .iter()
        .zip(accounts.into_iter().zip(classes))
        .zip(amounts)
        .map(|((line, (account, class)), amount)| {
            let account = elsewhere.of(line, account).unwrap_or(account);
            part((account, class), line, sign * amount, exponent)
        })
        .collect();
    taxes(rules, &order.taxes, sign, &mut parts);
    rounding(rules, order, sign, &mut parts);
    Ok(parts)
}

/// What an itemised refund consists of. The parts add up to its total.
pub(crate) fn refund<'r>(
    rules: &'r Rules,
    order: &Order,
    refund: &Refund,
    elsewhere: &Elsewhere<'r>,
) -> Result<Vec<Part<'r>>, Stop> {
    plausible(order, &refund.lines, &refund.taxes)?;
    let accounts = accounts(rules, order, &refund.lines, Way::Return)?;
    let classes = classes(rules, order, &refund.lines)?;
    let exponent = refund.currency.exponent();
    let mut parts: Vec<Part<'r>> = refund
        .lines
        .iter()
        .zip(accounts.into_iter().zip(classes))
        .map(|(line, (account, class))| {
            let account = elsewhere.of(line, account).unwrap_or(account);
            part((account, class), line, line.net_minor(), exponent)
        })
        .collect();
    owed(rules, &refund.taxes, 1, &mut parts);
    Ok(parts)
}

/// Net of discount and of included tax, per line.
pub(crate) fn net_amounts(order: &Order) -> Vec<i64> {
    let included = included_tax(order);
    let share = |i: usize| included.get(i).copied().unwrap_or_default();
    order.lines.iter().enumerate().map(|(i, l)| l.net_minor() - share(i)).collect()
}

/// The account of every line.
pub(crate) fn accounts<'r>(
    rules: &'r Rules,
    order: &Order,
    lines: &[OrderLine],
    way: Way,
) -> Result<Vec<&'r Account>, Stop> {
    let mut found = Vec::with_capacity(lines.len());
    let mut excluded = None;
    for line in lines {
        match rules.line_rules.map(&LineSubject { order, line }) {
            Mapped::Exclude(code) => excluded = Some(code),
            Mapped::Hold(code, detail) => return Err(line_hold(order, line, code, &detail)),
            mapped => found.push(account(rules, order, line, way, &mapped)?),
        }
    }
    match excluded {
        None => Ok(found),
        Some(code) if found.is_empty() => Err(Stop::Exclude(code)),
        Some(code) => Err(Stop::Hold {
            code: ReasonCode::SeveralRulesMatch,
            detail: format!(
                "rules exclude {} of {} lines ({code}); an order is excluded as a whole or not at \
                 all",
                lines.len() - found.len(),
                lines.len()
            ),
            amount: Money::new(order.total_minor, order.currency),
        }),
    }
}

/// The class that rules give to every line.
pub(crate) fn classes<'r>(
    rules: &'r Rules,
    order: &Order,
    lines: &[OrderLine],
) -> Result<Vec<Option<&'r str>>, Stop> {
    let class = |line| {
        let found = rules.class_rules.class(&LineSubject { order, line });
        found.map_err(|(code, detail)| line_hold(order, line, code, &detail))
    };
    lines.iter().map(class).collect()
}

fn account<'r>(
    rules: &'r Rules,
    order: &Order,
    line: &OrderLine,
    way: Way,
    mapped: &Mapped<'r>,
) -> Result<&'r Account, Stop> {
    // Goods that go out against those that come back have the other sign (cases 85 and 86).
    let back = way != Way::Edit && (way == Way::Return) == (line.gross_minor >= 0);
    match (mapped, line.kind) {
        // Returned goods reduce income through their own account; what was never income (a
        // donation, a deposit) goes back where it came from.
        (Mapped::Account(a), LineKind::Goods) if back && a.account_type == AccountType::Income => {
            Ok(rules.role(Role::Returns))
        }
        (Mapped::Account(account), _) => Ok(account),
        // Bundles are taken apart before (`state::view`).
        (_, LineKind::Goods | LineKind::Bundle | LineKind::Component) => {
            Ok(rules.role(if back { Role::Returns } else { Role::Revenue }))
        }
        (_, LineKind::Allowance) => Ok(rules.role(Role::Allowances)),
        (_, LineKind::Shipping) => Ok(rules.role(Role::Shipping)),
        (_, LineKind::GiftCard) => Ok(rules.role(Role::GiftCards)),
        (_, LineKind::Tip) => Ok(rules.role(Role::Tips)),
        (_, LineKind::Duty) => Ok(rules.role(Role::Duties)),
        // Case 47: a negative fee on a sale is a discount; case 74: on a refund it is kept money.
        (_, LineKind::Fee) if way == Way::Sale && line.gross_minor < 0 && !order.credit => {
            Ok(rules.role(Role::Discounts))
        }
        (_, LineKind::Fee) => Ok(rules.role(Role::FeeIncome)),
        (_, LineKind::Discount) => Ok(rules.role(Role::Discounts)),
        (_, LineKind::Other) => Err(line_hold(
            order,
            line,
            ReasonCode::ItemUnmapped,
            "no rule says where it belongs; add one for its sku or title",
        )),
    }
}

fn line_hold(order: &Order, line: &OrderLine, code: ReasonCode, detail: &str) -> Stop {
    let name = if line.title.is_empty() { &line.sku } else { &line.title };
    Stop::Hold {
        code,
        detail: format!("line {} \"{name}\" of order {}: {detail}", line.id, order.number),
        amount: Money::new(line.net_minor(), order.currency),
    }
}

fn part<'r>(
    (account, class): (&'r Account, Option<&'r str>),
    line: &OrderLine,
    amount: i64,
    exponent: u32,
) -> Part<'r> {
    let description = if line.title.is_empty() { &line.sku } else { &line.title };
    let quantity = line.quantity.abs();
    // Sent only when they multiply out exactly, else the ledger answers 6070 (quickbooks.md §8).
    let exact = amount >= 0
        && quantity.checked_mul(line.unit_price) == Some(Decimal::new(amount, exponent));
    Part {
        account,
        description: description.clone(),
        quantity: exact.then_some(quantity),
        unit_price: exact.then_some(line.unit_price),
        amount,
        class,
    }
}

/// The taxes of an order: what a marketplace remits is not ours; books that want to see it see it
/// come and go (cases 41 and 42).
fn taxes<'r>(rules: &'r Rules, taxes: &[TaxLine], sign: i64, parts: &mut Vec<Part<'r>>) {
    let (theirs, ours): (Vec<_>, Vec<_>) = taxes.iter().partition(|t| t.marketplace);
    owed(rules, ours, sign, parts);
    if rules.policy.marketplace_tax == MarketplaceTax::Gross {
        let account = rules.role(Role::MarketplaceTax);
        for tax in theirs.into_iter().filter(|t| t.amount_minor != 0) {
            let amount = sign * tax.amount_minor;
            let name = |what| format!("{}, {what} by the marketplace", tax.jurisdiction);
            parts.push(Part::plain(account, name("collected"), amount));
            parts.push(Part::plain(account, name("remitted"), -amount));
        }
    }
}

fn owed<'r, 't>(
    rules: &'r Rules,
    taxes: impl IntoIterator<Item = &'t TaxLine>,
    sign: i64,
    parts: &mut Vec<Part<'r>>,
) {
    for tax in taxes.into_iter().filter(|t| t.amount_minor != 0) {
        let account = rules.tax(&tax.jurisdiction);
        let name = if tax.jurisdiction.is_empty() { "Tax" } else { &tax.jurisdiction };
        parts.push(Part::plain(account, name, sign * tax.amount_minor));
    }
}

/// The tax inside each line of an order whose prices include it, spread by what the lines cost.
/// Tips and gift cards carry no tax unless nothing else is there.
fn included_tax(order: &Order) -> Vec<i64> {
    if !order.tax_included {
        return Vec::new();
    }
    let tax: i64 = order.taxes.iter().filter(|t| !t.marketplace).map(|t| t.amount_minor).sum();
    let taxable = |l: &OrderLine| !matches!(l.kind, LineKind::Tip | LineKind::GiftCard);
    let weight = |l: &OrderLine| if taxable(l) { l.net_minor().abs() } else { 0 };
    let negative = order.total_minor < 0;
    let counts = |l: &OrderLine| (l.net_minor() < 0) == negative;
    let weights: Vec<i64> =
        order.lines.iter().map(|l| if counts(l) { weight(l) } else { 0 }).collect();
    let shares = Money::new(tax, order.currency).allocate(&weights);
    shares.into_iter().map(|m| m.minor).collect()
}

/// Splits the parts over several amounts (tenders), so that each gets its amount exactly and every
/// part is given out exactly (case 69). The last amount takes what is left.
pub(crate) fn spread<'r>(parts: &[Part<'r>], amounts: &[i64]) -> Vec<Vec<Part<'r>>> {
    if amounts.len() < 2 {
        return vec![parts.to_vec()];
    }
    let mut left: Vec<i64> = parts.iter().map(|p| p.amount).collect();
    let mut split = Vec::with_capacity(amounts.len());
    for (i, amount) in amounts.iter().enumerate() {
        let shares: Vec<i64> = if i + 1 == amounts.len() {
            left.clone()
        } else {
            // The currency plays no part in the arithmetic of shares.
            let money = Money::new(*amount, kernel::Currency::USD);
            money.allocate(&left).into_iter().map(|m| m.minor).collect()
        };
        let share = parts.iter().zip(&shares).filter(|(_, share)| **share != 0);
        split.push(share.map(|(p, s)| p.worth(*s)).collect());
        for (rest, share) in left.iter_mut().zip(&shares) {
            *rest -= share;
        }
    }
    split
}

/// Refuses an amount that no ledger can hold, before anything is computed with it.
pub(crate) fn fits(amount: Money) -> Result<(), Stop> {
    if i128::from(amount.minor).abs() <= AMOUNT_MAX {
        return Ok(());
    }
    let detail = format!("{amount} exceeds the 15 digits a ledger keeps");
    Err(Stop::Hold { code: ReasonCode::ValueInvalid, detail, amount })
}

fn plausible(order: &Order, lines: &[OrderLine], taxes: &[TaxLine]) -> Result<(), Stop> {
    let lines = lines.iter().flat_map(|l| [l.gross_minor, l.discount_minor]);
    let all = lines.chain(taxes.iter().map(|t| t.amount_minor)).chain([order.rounding_minor]);
    let sum: i128 = all.map(|a| i128::from(a).abs()).sum();
    if sum <= AMOUNT_MAX {
        return Ok(());
    }
    Err(Stop::Hold {
        code: ReasonCode::ValueInvalid,
        detail: format!("amounts of order {} exceed the 15 digits a ledger keeps", order.number),
        amount: Money::new(order.total_minor, order.currency),
    })
}
