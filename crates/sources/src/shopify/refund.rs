//! Refunds, itemised: returned lines, shipping, duties, discrepancies, tax, and the money per
//! tender.

use super::lines::{duty_amount, kind};
use super::payment::{Identity, moved};
use super::shop::{Shop, amount, currency, minor, moment, plain_id, total};
use super::tax::{TaxPart, Taxes, parts};
use super::wire;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, owned, simple, unit};
use kernel::{Currency, Decimal, FactBody, LineKind, Money, OrderLine, Payment, Refund};

/// What is known around a refund that an order payload carries.
#[derive(Default)]
pub struct Known<'k> {
    pub order_id: Option<&'k Scalar<'k>>,
    pub currency: Option<Currency>,
}

/// One refund.
pub fn read(
    shop: &Shop<'_>,
    wire: &wire::Refund<'_>,
    known: &Known<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let Some(id) = &wire.id else {
        out.ignore("a calculated refund without an id: nothing was refunded");
        return Ok(());
    };
    let subject = shop.sale(wire.order_id.as_ref().or(known.order_id).at("order_id")?);
    let currency = currency_of(wire, known)?;
    let at = moment(&[&wire.processed_at, &wire.created_at], "processed_at")?;
    let created = moment(&[&wire.created_at, &wire.processed_at], "created_at")?;
    let payments = payments(shop, wire)?;
    let money = total(currency, payments.iter().map(|p| p.amount_minor), "transactions")?;
    let mut items = items(wire, currency)?;
    items.settle_tax(if payments.is_empty() { None } else { Some(money) })?;
    let (lines, taxes) = items.finish()?;
    let worth = lines.iter().map(OrderLine::net_minor).chain(taxes.iter().map(|t| t.amount_minor));
    let total_minor =
        if payments.is_empty() { total(currency, worth, "refund_line_items")? } else { money };
    // Transactions of a refund settle after it; each one that did makes a later version.
    let settled = i64::try_from(payments.len()).unwrap_or(i64::MAX);
    let body = Refund {
        refund_id: plain_id(id).to_owned(),
        currency,
        business_date: at.date_in(shop.zone),
        lines,
        taxes,
        total_minor,
        test: wire.transactions.iter().flatten().any(|t| t.test.unwrap_or(false)),
        payments,
    };
    let fact = shop.fact(
        &subject,
        key(shop, wire, id)?,
        created.0.saturating_add(settled),
        at,
        FactBody::RefundIssued(body),
    );
    out.fact(fact);
    Ok(())
}

/// The processor's key when the one transaction is a refund of the shop's own Stripe or PayPal
/// account, so that the processor's event and this one tell of one movement; else Shopify's id of
/// the refund.
fn key(shop: &Shop<'_>, wire: &wire::Refund<'_>, id: &Scalar<'_>) -> Parsed<String> {
    let mut refunds = wire.transactions.iter().flatten().filter(|t| is_kind(t, "refund"));
    if let (Some(only), None) = (refunds.next(), refunds.next())
        && let Some(key) = Identity::of(only)?.refund_key()
    {
        return Ok(key);
    }
    Ok(shop.key("refund", id))
}

fn is_kind(tx: &wire::Transaction<'_>, kind: &str) -> bool {
    tx.kind.as_ref().is_some_and(|k| k.as_str().eq_ignore_ascii_case(kind))
}

/// A refund states no currency of its own; its amounts do.
fn currency_of(wire: &wire::Refund<'_>, known: &Known<'_>) -> Parsed<Currency> {
    let sets = wire.refund_line_items.iter().flatten().map(|l| &l.subtotal_set);
    let sets = sets.chain([&wire.total_duties_set]).flatten();
    let mut stated = sets.filter_map(|s| s.shop_money.as_ref()?.currency_code.as_ref());
    let first = wire.transactions.iter().flatten().find_map(|t| t.currency.as_ref());
    match (stated.next().or(wire.currency.as_ref()), known.currency) {
        (Some(code), _) => code.as_str().parse::<Currency>().at("subtotal_set"),
        (None, Some(code)) => Ok(code),
        (None, None) => {
            first.at("transactions.currency")?.as_str().parse::<Currency>().at("transactions")
        }
    }
}

/// Money that really went back; what is pending or failed has not moved.
fn payments(shop: &Shop<'_>, wire: &wire::Refund<'_>) -> Parsed<Vec<Payment>> {
    let refunds = wire.transactions.iter().flatten().filter(|tx| {
        let done = tx.status.as_ref().is_some_and(|s| s.as_str().eq_ignore_ascii_case("success"));
        done && is_kind(tx, "refund")
    });
    refunds
        .map(|tx| {
            let identity = Identity::of(tx)?;
            let code = currency(&tx.currency, "transactions.currency")?;
            let at = moment(&[&tx.processed_at, &tx.created_at], "transactions.processed_at")?;
            Ok(Payment {
                processor: identity.processor,
                payment_id: identity.payment_id,
                amount_minor: moved(tx, code)?.minor,
                currency: code,
                business_date: at.date_in(shop.zone),
                test: tx.test.unwrap_or(false),
            })
        })
        .collect()
}

/// One returned thing with its tax.
struct Item<'w> {
    line: OrderLine,
    tax_minor: i64,
    taxes: Vec<TaxPart<'w>>,
}

struct Items<'w> {
    currency: Currency,
    items: Vec<Item<'w>>,
    /// Whether the line amounts hold the tax.
    included: bool,
}

fn items<'w>(wire: &'w wire::Refund<'_>, currency: Currency) -> Parsed<Items<'w>> {
    let mut items: Vec<Item<'w>> = Vec::new();
    for (n, line) in wire.refund_line_items.iter().flatten().enumerate() {
        items.push(returned(line, n, &items, currency)?);
    }
    let adjustments: Vec<_> = wire.order_adjustments.iter().flatten().collect();
    // Older API versions write shipping as an adjustment, newer ones as a shipping line, some both.
    let is_shipping =
        |a: &wire::OrderAdjustment<'_>| owned(&a.kind).eq_ignore_ascii_case("shipping_refund");
    if !adjustments.iter().any(|a| is_shipping(a)) {
        for (n, line) in wire.refund_shipping_lines.iter().flatten().enumerate() {
            items.push(shipping(line, n, currency)?);
        }
    }
    for (n, adjustment) in adjustments.into_iter().enumerate() {
        items.push(adjusted(adjustment, n, is_shipping(adjustment), currency)?);
    }
    let extra =
        [(&wire.duties, LineKind::Duty, "Duty"), (&wire.additional_fees, LineKind::Fee, "Fee")];
    for (list, kind, title) in extra {
        for (n, duty) in list.iter().flatten().enumerate() {
            let minor = duty_amount(duty, currency)?;
            let line = line(kind, &format!("{}/{n}", kind.as_str()), title, minor, currency);
            let taxes = parts(duty.tax_lines.as_ref(), currency, "duties.tax_lines")?;
            let tax_minor = total(currency, taxes.iter().map(|t| t.amount), "duties.tax_lines")?;
            items.push(Item { line, tax_minor, taxes });
        }
    }
    items.retain(|i| i.line.gross_minor != 0 || i.tax_minor != 0 || !i.line.quantity.is_zero());
    Ok(Items { currency, items, included: false })
}

fn line(kind: LineKind, id: &str, title: &str, minor: i64, currency: Currency) -> OrderLine {
    OrderLine {
        id: id.to_owned(),
        title: title.to_owned(),
        unit_price: unit(minor, Decimal::ONE, currency),
        gross_minor: minor,
        ..simple(kind)
    }
}

fn returned<'w>(
    wire: &'w wire::RefundLine<'_>,
    n: usize,
    before: &[Item<'_>],
    currency: Currency,
) -> Parsed<Item<'w>> {
    let at = "refund_line_items.subtotal";
    let net = amount(&wire.subtotal_set, &wire.subtotal, currency, at)?.at(at)?.minor;
    let tax_minor =
        minor(&wire.total_tax_set, &wire.total_tax, currency, "refund_line_items.total_tax")?;
    let one = Scalar::from("1");
    let quantity = wire.quantity.as_ref().unwrap_or(&one).decimal().at("quantity")?;
    let item = wire.line_item.as_ref();
    let id = wire.line_item_id.as_ref().or(wire.id.as_ref()).map(|i| plain_id(i).to_owned());
    let mut id = id.unwrap_or_else(|| format!("line/{n}"));
    if before.iter().any(|b| b.line.id == id) {
        id = format!("{id}/{n}");
    }
    let taxes = parts(item.and_then(|i| i.tax_lines.as_ref()), currency, "line_item.tax_lines")?;
    Ok(Item {
        line: OrderLine {
            id,
            kind: item.map_or(LineKind::Goods, kind),
            sku: item.map(|i| owned(&i.sku)).unwrap_or_default(),
            title: item.map(|i| owned(&i.title)).unwrap_or_default(),
            quantity,
            unit_price: unit(net, quantity, currency),
            gross_minor: net,
            discount_minor: 0,
        },
        tax_minor,
        taxes,
    })
}

/// Shipping given back; its tax is the same share of the shipping line's tax.
fn shipping<'w>(
    wire: &'w wire::RefundShipping<'_>,
    n: usize,
    currency: Currency,
) -> Parsed<Item<'w>> {
    let at = "refund_shipping_lines";
    let net = minor(&wire.subtotal_amount_set, &None, currency, at)?;
    let of = wire.shipping_line.as_ref();
    let taxes = parts(of.and_then(|l| l.tax_lines.as_ref()), currency, at)?;
    let all = total(currency, taxes.iter().map(|t| t.amount), at)?;
    let price = match of {
        Some(line) => amount(&None, &line.discounted_price, currency, at)?
            .or(amount(&line.price_set, &line.price, currency, at)?)
            .map_or(net, |m| m.minor),
        None => net,
    };
    let tax_minor = if price == net || price <= 0 {
        all
    } else {
        let rest = price.saturating_sub(net).max(0);
        Money::new(all, currency).allocate(&[net, rest])[0].minor
    };
    let id = wire.id.as_ref().map_or_else(|| n.to_string(), |i| plain_id(i).to_owned());
    let title = of.and_then(|l| l.title.as_ref()).map_or("Shipping", Text::as_str);
    let line = line(LineKind::Shipping, &format!("shipping/{id}"), title, net, currency);
    Ok(Item { line, tax_minor, taxes })
}

fn adjusted<'w>(
    wire: &'w wire::OrderAdjustment<'_>,
    n: usize,
    is_shipping: bool,
    currency: Currency,
) -> Parsed<Item<'w>> {
    let at = "order_adjustments.amount";
    let given = minor(&wire.amount_set, &wire.amount, currency, at)?;
    let tax = minor(&wire.tax_amount_set, &wire.tax_amount, currency, at)?;
    let kind = if is_shipping { LineKind::Shipping } else { LineKind::Other };
    let id = wire.id.as_ref().map_or_else(|| n.to_string(), |i| plain_id(i).to_owned());
    let reason = wire.reason.as_ref().or(wire.kind.as_ref()).map_or("Adjustment", Text::as_str);
    let minor = given.checked_neg().at(at)?;
    let line = line(kind, &format!("adjustment/{id}"), reason, minor, currency);
    Ok(Item { line, tax_minor: tax.checked_neg().at(at)?, taxes: Vec::new() })
}

impl Items<'_> {
    /// A refund does not say whether its lines hold the tax. The money does: it equals the lines
    /// alone when they do. Without money the rates decide: tax included is
    /// `amount × rate / (1 + rate)`.
    fn settle_tax(&mut self, money: Option<i64>) -> Parsed<()> {
        let at = "refund_line_items";
        let lines = total(self.currency, self.items.iter().map(|i| i.line.gross_minor), at)?;
        let tax = total(self.currency, self.items.iter().map(|i| i.tax_minor), at)?;
        self.included = match money {
            _ if tax == 0 => false,
            Some(m) if m == lines.checked_add(tax).at(at)? => false,
            Some(m) => m == lines,
            None => self.items.iter().any(Item::tax_fits_inside),
        };
        if self.included {
            for item in &mut self.items {
                let net = item.line.gross_minor.checked_sub(item.tax_minor).at(at)?;
                item.line.gross_minor = net;
                item.line.unit_price = unit(net, item.line.quantity, self.currency);
            }
        }
        Ok(())
    }

    fn finish(self) -> Parsed<(Vec<OrderLine>, Vec<kernel::TaxLine>)> {
        let mut taxes = Taxes::new(self.currency);
        let mut lines = Vec::with_capacity(self.items.len());
        for item in self.items {
            let shared = item.shared_tax(self.currency);
            taxes.add_line(&shared, Some(item.line.gross_minor), false, "total_tax")?;
            lines.push(item.line);
        }
        Ok((lines, taxes.into_lines()))
    }
}

impl<'w> Item<'w> {
    /// The stated tax of the line, split as the taxes of the original line are.
    fn shared_tax(&self, currency: Currency) -> Vec<TaxPart<'w>> {
        if self.tax_minor == 0 {
            return Vec::new();
        }
        if self.taxes.is_empty() {
            let unnamed =
                TaxPart { title: "Tax", rate: None, amount: self.tax_minor, marketplace: false };
            return vec![unnamed];
        }
        let weights: Vec<i64> = self.taxes.iter().map(|t| t.amount).collect();
        let shares = Money::new(self.tax_minor, currency).allocate(&weights);
        let parts = self.taxes.iter().zip(shares);
        parts
            .map(|(t, share)| TaxPart {
                title: t.title,
                rate: t.rate,
                amount: share.minor,
                marketplace: t.marketplace,
            })
            .filter(|t| t.amount != 0)
            .collect()
    }

    /// Whether the stated tax is the one inside the amount rather than the one on top of it.
    fn tax_fits_inside(&self) -> bool {
        let rate: Decimal = self.taxes.iter().filter_map(|t| t.rate).sum();
        if rate.is_zero() || self.tax_minor == 0 {
            return false;
        }
        let net = Decimal::from(self.line.gross_minor);
        let (Some(on_top), Some(whole)) = (net.checked_mul(rate), Decimal::ONE.checked_add(rate))
        else {
            return false;
        };
        let Some(inside) = on_top.checked_div(whole) else { return false };
        let tax = Decimal::from(self.tax_minor);
        (tax - inside).abs() < (tax - on_top).abs()
    }
}
