//! What orders and refunds consist of: amounts per account, before they become document lines.

use crate::role::Role;
use crate::rules::{Account, LineSubject, Mapped, Rules};
use kernel::{
    AccountType, Decimal, DocumentLine, LineKind, Money, Order, OrderLine, ReasonCode, Refund,
    TaxLine,
};

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
}

impl<'r> Part<'r> {
    pub(crate) fn plain(account: &'r Account, description: impl Into<String>, amount: i64) -> Self {
        Self { account, description: description.into(), quantity: None, unit_price: None, amount }
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
        }
    }
}

/// Whether goods leave or come back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Sale,
    Return,
}

/// What an order consists of. The parts add up to its total.
pub(crate) fn sale<'r>(rules: &'r Rules, order: &Order) -> Result<Vec<Part<'r>>, Stop> {
    let lines = &order.lines;
    plausible(order, lines, &order.taxes)?;
    let accounts = accounts(rules, order, lines, Way::Sale)?;
    let included = included_tax(order);
    let exponent = order.currency.exponent();
    let mut parts = Vec::with_capacity(lines.len() + order.taxes.len() + 2);
    let mut discounts = 0_i64;
    for (i, (line, account)) in lines.iter().zip(accounts).enumerate() {
        let net = order.tax_included || line.gross_minor < 0;
        let amount = if net {
            // Case 29: prices with tax are posted net of tax and discount.
            line.net_minor() - included.get(i).copied().unwrap_or_default()
        } else {
            discounts += line.discount_minor;
            line.gross_minor
        };
        parts.push(part(account, line, amount, exponent));
    }
    if discounts != 0 {
        parts.push(Part::plain(rules.role(Role::Discounts), "Discounts", -discounts));
    }
    taxes(rules, order.taxes.iter().filter(|t| !t.marketplace), 1, &mut parts);
    if order.rounding_minor != 0 {
        parts.push(Part::plain(rules.role(Role::Rounding), "Rounding", order.rounding_minor));
    }
    Ok(parts)
}

/// The whole order coming back: each line at what was paid for it. `sign` is −1 for credits, whose
/// amounts are negative in the source.
pub(crate) fn whole_return<'r>(
    rules: &'r Rules,
    order: &Order,
    sign: i64,
) -> Result<Vec<Part<'r>>, Stop> {
    plausible(order, &order.lines, &order.taxes)?;
    let way = if sign < 0 { Way::Sale } else { Way::Return };
    let accounts = accounts(rules, order, &order.lines, way)?;
    let amounts = net_amounts(order);
    let exponent = order.currency.exponent();
    let mut parts: Vec<Part<'r>> = order
        .lines
        .iter()
        .zip(accounts)
        .zip(amounts)
        .map(|((line, account), amount)| part(account, line, sign * amount, exponent))
        .collect();
    taxes(rules, order.taxes.iter().filter(|t| !t.marketplace), sign, &mut parts);
    if order.rounding_minor != 0 {
        let rounding = sign * order.rounding_minor;
        parts.push(Part::plain(rules.role(Role::Rounding), "Rounding", rounding));
    }
    Ok(parts)
}

/// What an itemised refund consists of. The parts add up to its total.
pub(crate) fn refund<'r>(
    rules: &'r Rules,
    order: &Order,
    refund: &Refund,
) -> Result<Vec<Part<'r>>, Stop> {
    plausible(order, &refund.lines, &refund.taxes)?;
    let accounts = accounts(rules, order, &refund.lines, Way::Return)?;
    let exponent = refund.currency.exponent();
    let mut parts: Vec<Part<'r>> = refund
        .lines
        .iter()
        .zip(accounts)
        .map(|(line, account)| part(account, line, line.net_minor(), exponent))
        .collect();
    taxes(rules, refund.taxes.iter(), 1, &mut parts);
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

fn account<'r>(
    rules: &'r Rules,
    order: &Order,
    line: &OrderLine,
    way: Way,
    mapped: &Mapped<'r>,
) -> Result<&'r Account, Stop> {
    let back = way == Way::Return || line.gross_minor < 0;
    match (mapped, line.kind) {
        // Returned goods reduce income through their own account; what was never income (a
        // donation, a deposit) goes back where it came from.
        (Mapped::Account(a), LineKind::Goods) if back && a.account_type == AccountType::Income => {
            Ok(rules.role(Role::Returns))
        }
        (Mapped::Account(account), _) => Ok(account),
        (_, LineKind::Goods) if back => Ok(rules.role(Role::Returns)),
        (_, LineKind::Goods) => Ok(rules.role(Role::Revenue)),
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

fn part<'r>(account: &'r Account, line: &OrderLine, amount: i64, exponent: u32) -> Part<'r> {
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
    }
}

fn taxes<'r, 't>(
    rules: &'r Rules,
    taxes: impl Iterator<Item = &'t TaxLine>,
    sign: i64,
    parts: &mut Vec<Part<'r>>,
) {
    for tax in taxes.filter(|t| t.amount_minor != 0) {
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
        split.push(share.map(|(p, s)| Part::plain(p.account, p.description.clone(), *s)).collect());
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
