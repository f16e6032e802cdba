//! What an order charges for: goods, shipping, handling, wrapping, fees; and its discounts.

use super::amount::{exact, rounded, sum};
use super::wire;
use crate::kit::{Located, Parsed, Scalar, Text, body, is_rounding, owned, simple, unit};
use kernel::{Currency, Decimal, LineKind, Money, OrderLine};

/// An order's amounts, by what they charge for, as its lines and as its own totals.
pub struct Charged {
    pub lines: Vec<OrderLine>,
    /// What the order is worth to the buyer, before store credit and gift certificates pay a part.
    pub whole_minor: i64,
}

/// Surcharges, where the order lists them.
fn fees<'a>(order: &wire::Order<'a>) -> Parsed<Vec<wire::Fee<'a>>> {
    match order.fees {
        Some(raw) if raw.get().starts_with('[') => body::json(raw.get(), "fees"),
        _ => Ok(Vec::new()),
    }
}

/// Reads the lines.
pub fn read(
    order: &wire::Order<'_>,
    products: &[wire::Product<'_>],
    coupons: &[wire::Coupon<'_>],
    currency: Currency,
) -> Parsed<Charged> {
    let mut lines = Vec::with_capacity(products.len() + 4);
    let mut weights = Vec::with_capacity(products.len());
    for product in products {
        lines.push(goods(product, currency)?);
        weights.push(discounted(product, currency)?);
    }
    let extra = [
        ("shipping", LineKind::Shipping, "Shipping", &order.shipping_cost_ex_tax),
        ("handling", LineKind::Shipping, "Handling", &order.handling_cost_ex_tax),
        ("wrapping", LineKind::Fee, "Gift wrapping", &order.wrapping_cost_ex_tax),
    ];
    for (id, kind, title, amount) in extra {
        let net = rounded(exact(amount, id)?, currency, id)?;
        if net != 0 {
            lines.push(charge(id.to_owned(), kind, title, net, currency));
        }
    }
    let fees = fees(order)?;
    for (n, fee) in fees.iter().enumerate() {
        let net = rounded(exact(&fee.cost_ex_tax, "fees.cost_ex_tax")?, currency, "fees")?;
        let id = fee.id.as_ref().map_or_else(|| n.to_string(), ToString::to_string);
        let title = fee.display_name_customer.as_ref().map_or("Fee", Text::as_str);
        lines.push(charge(format!("fee/{id}"), LineKind::Fee, title, net, currency));
    }
    let totals = Totals::read(order, &fees, currency, lines.len())?;
    let (whole_minor, discount) = totals.settle()?;
    if discount != 0 {
        take_off(&mut lines, &weights, discount, totals.stated_minor, coupons, currency);
    }
    Ok(Charged { lines, whole_minor })
}

fn goods(product: &wire::Product<'_>, currency: Currency) -> Parsed<OrderLine> {
    let at = "products.total_ex_tax";
    product.total_ex_tax.as_ref().at(at)?;
    let gross = rounded(exact(&product.total_ex_tax, at)?, currency, at)?;
    let one = Scalar::from("1");
    let quantity = product.quantity.as_ref().unwrap_or(&one).decimal().at("products.quantity")?;
    Ok(OrderLine {
        id: product.id.to_string(),
        sku: owned(&product.sku),
        title: product.name.as_ref().map_or("Product", Text::as_str).to_owned(),
        quantity,
        unit_price: unit(gross, quantity, currency),
        gross_minor: gross,
        ..simple(kind(product))
    })
}

/// What a product is: a gift certificate is a liability, not a sale.
pub fn kind(product: &wire::Product<'_>) -> LineKind {
    match product.kind.as_ref().map(Text::as_str) {
        Some("giftcertificate" | "gift_certificate") => LineKind::GiftCard,
        _ => LineKind::Goods,
    }
}

/// What discounts of the order take off a product by its own account.
pub fn applied(product: &wire::Product<'_>) -> Parsed<Decimal> {
    let at = "products.applied_discounts";
    let applied = product.applied_discounts.iter().flatten();
    sum(applied.map(|d| exact(&d.amount, at)).collect::<Parsed<Vec<_>>>()?, at)
}

/// The same in minor units.
fn discounted(product: &wire::Product<'_>, currency: Currency) -> Parsed<i64> {
    Ok(rounded(applied(product)?, currency, "products.applied_discounts")?.max(0))
}

fn charge(id: String, kind: LineKind, title: &str, net: i64, currency: Currency) -> OrderLine {
    OrderLine {
        id,
        title: title.to_owned(),
        unit_price: unit(net, Decimal::ONE, currency),
        gross_minor: net,
        ..simple(kind)
    }
}

/// Spreads a discount over the products as they state it; what no product states is a line of its
/// own.
fn take_off(
    lines: &mut Vec<OrderLine>,
    weights: &[i64],
    discount: i64,
    stated: i64,
    coupons: &[wire::Coupon<'_>],
    currency: Currency,
) {
    let named = weights.iter().fold(0_i64, |sum, w| sum.saturating_add(*w));
    let mut weights = weights.to_vec();
    weights.push(stated.saturating_sub(named).max(i64::from(named == 0)));
    let mut shares = Money::new(discount, currency).allocate(&weights);
    let rest = shares.pop().map_or(0, |m| m.minor);
    for (line, share) in lines.iter_mut().zip(shares) {
        line.discount_minor = share.minor;
    }
    if rest != 0 {
        let codes: Vec<_> = coupons.iter().map(|c| owned(&c.code)).collect();
        let title = match codes.join(", ") {
            none if none.is_empty() => "Discount".to_owned(),
            some => format!("Discount {}", some.chars().take(100).collect::<String>()),
        };
        lines.push(charge("discount".to_owned(), LineKind::Discount, &title, -rest, currency));
    }
}

/// The totals that an order states.
struct Totals {
    currency: Currency,
    /// Everything charged, before discounts, without and with tax.
    ex: Decimal,
    inc: Decimal,
    tax: Decimal,
    total: Decimal,
    /// What store credit and gift certificates paid.
    credits: Decimal,
    /// Discounts, in the terms the store shows prices in: with tax or without.
    stated: Decimal,
    stated_minor: i64,
    parts: usize,
}

impl Totals {
    fn read(
        order: &wire::Order<'_>,
        fees: &[wire::Fee<'_>],
        currency: Currency,
        parts: usize,
    ) -> Parsed<Self> {
        let all = |own: [&Option<Scalar<'_>>; 4], of: fn(&wire::Fee<'_>) -> Parsed<Decimal>| {
            let own = own.into_iter().map(|a| exact(a, "subtotal"));
            let amounts = own.chain(fees.iter().map(of)).collect::<Parsed<Vec<_>>>()?;
            sum(amounts, "subtotal")
        };
        let ex = [
            &order.subtotal_ex_tax,
            &order.shipping_cost_ex_tax,
            &order.handling_cost_ex_tax,
            &order.wrapping_cost_ex_tax,
        ];
        let inc = [
            &order.subtotal_inc_tax,
            &order.shipping_cost_inc_tax,
            &order.handling_cost_inc_tax,
            &order.wrapping_cost_inc_tax,
        ];
        order.total_inc_tax.as_ref().at("total_inc_tax")?;
        let pair = |a, b, at| sum([exact(a, at)?, exact(b, at)?], at);
        let stated = pair(&order.discount_amount, &order.coupon_discount, "discount_amount")?;
        Ok(Self {
            currency,
            ex: all(ex, |fee| exact(&fee.cost_ex_tax, "fees"))?,
            inc: all(inc, |fee| exact(&fee.cost_inc_tax, "fees"))?,
            tax: exact(&order.total_tax, "total_tax")?,
            total: exact(&order.total_inc_tax, "total_inc_tax")?,
            credits: pair(
                &order.store_credit_amount,
                &order.gift_certificate_amount,
                "store_credit_amount",
            )?,
            stated_minor: rounded(stated, currency, "discount_amount")?,
            stated,
            parts,
        })
    }

    /// The order's worth and its discount without tax, minor units.
    ///
    /// The vendor does not say whether the total is before or after what store credit and gift
    /// certificates paid, nor whether discounts hold the tax; which of them adds up decides. When
    /// none does, the total stands, and the kernel holds the order.
    fn settle(&self) -> Parsed<(i64, i64)> {
        let at = "total_inc_tax";
        let sub = |a: Decimal, b: Decimal| a.checked_sub(b).at(at);
        let plain = sub(sum([self.ex, self.tax], at)?, self.stated)?;
        let included = sub(self.inc, self.stated)?;
        let mut wholes = vec![self.total];
        if !self.credits.is_zero() {
            wholes.push(sum([self.total, self.credits], at)?);
        }
        for whole in &wholes {
            if self.is_close(plain, *whole)? {
                return Ok((self.minor(*whole)?, self.stated_minor));
            }
        }
        for whole in wholes {
            let discount = sub(self.ex, sub(whole, self.tax)?)?;
            let fits = discount >= Decimal::ZERO && discount <= self.stated;
            if fits && self.is_close(included, whole)? {
                return Ok((self.minor(whole)?, self.minor(discount)?));
            }
        }
        Ok((self.minor(self.total)?, self.stated_minor))
    }

    fn minor(&self, amount: Decimal) -> Parsed<i64> {
        rounded(amount, self.currency, "total_inc_tax")
    }

    fn is_close(&self, a: Decimal, b: Decimal) -> Parsed<bool> {
        let residue = self.minor(a)?.checked_sub(self.minor(b)?).at("total_inc_tax")?;
        Ok(is_rounding(residue, self.parts))
    }
}
