//! Orders that only take goods back. Such an order says for which sale, what came back, and by
//! which refund it was settled: the refund's own events know none of that.

use super::account::{Account, minor, moment, money, refund_key};
use super::lines::{self, Lines, Side, priced};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text, total};
use kernel::{
    Currency, Decimal, FactBody, LineKind, Money, OrderLine, Payment, Refund, Subject, TaxLine,
};

/// Itemised refunds say more than the refund's own events.
const ITEMISED: i64 = 1;

/// An order without lines of its own. One refund is itemised; several (a split tender) are told
/// each by its amount, since none of them says which goods it is for.
pub fn read(
    account: &Account<'_>,
    order: &wire::Order<'_>,
    returns: &[wire::Return<'_>],
    out: &mut Outcome,
) -> Parsed<()> {
    let refunds: Vec<_> = order.refunds.iter().flatten().collect();
    let [first, ..] = returns else { return Ok(()) };
    let Some(source) = first.source_order_id.as_ref().filter(|_| returns.len() == 1) else {
        if refunds.is_empty() {
            let amount = money(order.total_money.as_ref(), "total_money").ok();
            let detail = "goods taken back without one sale and without a refund";
            return Err(unknown("returns", detail, amount));
        }
        out.ignore("goods taken back for no one known sale: the refund itself is told");
        return Ok(());
    };
    let subject = account.sale(source.as_str());
    let [refund] = refunds.as_slice() else {
        for (n, refund) in refunds.iter().enumerate() {
            let at = format!("refunds[{n}]");
            out.within(&at, |out| one(account, refund, &subject, None, out).about(&subject));
        }
        if refunds.is_empty() {
            let detail = "goods taken back, but no refund says what was given for them";
            let amount = money(order.total_money.as_ref(), "total_money").ok();
            return Err(unknown("refunds", detail, amount)).about(&subject);
        }
        return Ok(());
    };
    let amount = money(refund.amount_money.as_ref(), "refunds[0].amount_money").about(&subject)?;
    let back = side(first, amount.currency).about(&subject).worth(Some(amount))?;
    one(account, refund, &subject, Some(back), out).about(&subject)
}

/// The goods and the tax of one return.
pub fn side(back: &wire::Return<'_>, currency: Currency) -> Parsed<Lines> {
    let side = Side {
        items: back.return_line_items.as_deref().unwrap_or_default(),
        charges: back.return_service_charges.as_deref().unwrap_or_default(),
        taxes: back.return_taxes.as_deref().unwrap_or_default(),
        tax_minor: None,
    };
    let mut found = lines::read(&side, currency)?;
    for (n, tip) in back.return_tips.iter().flatten().enumerate() {
        let amount = minor(tip.applied_money.as_ref(), currency, "return_tips")?;
        let id = tip.uid.as_ref().map_or_else(|| format!("tip/{n}"), ToString::to_string);
        found.lines.push(priced(LineKind::Tip, id, "Tip".into(), amount, currency));
    }
    let rounding = back.rounding_adjustment.as_ref().and_then(|r| r.amount_money.as_ref());
    let rounding = minor(rounding, currency, "rounding_adjustment")?;
    if rounding != 0 {
        let line =
            priced(LineKind::Other, "rounding".into(), "Rounding".into(), rounding, currency);
        found.lines.push(line);
    }
    Ok(found)
}

fn one(
    account: &Account<'_>,
    refund: &wire::OrderRefund<'_>,
    subject: &Subject,
    back: Option<Lines>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = refund.id.as_str();
    let amount = money(refund.amount_money.as_ref(), "amount_money")?;
    match refund.status.as_ref().map_or("", Text::as_str) {
        "COMPLETED" | "APPROVED" => {}
        _ => {
            out.ignore("a refund not finished: its own events tell its end");
            return Ok(());
        }
    }
    let at = moment(refund.created_at.as_ref(), "created_at")?;
    let business_date = at.date_in(&account.settings.zone);
    let version = if back.is_some() { ITEMISED } else { 0 };
    let (lines, taxes) = match back {
        None => (Vec::new(), Vec::new()),
        Some(back) => without_tax(back, amount.currency)?,
    };
    let (payment, processor) = match &refund.tender_id {
        Some(tender) => (tender.as_str(), String::new()),
        None => (id, super::account::PROCESSOR.to_owned()),
    };
    let body = FactBody::RefundIssued(Refund {
        refund_id: id.to_owned(),
        currency: amount.currency,
        business_date,
        lines,
        taxes,
        payments: vec![Payment {
            // Cash goes back as cash: the order does not say by what its sale was paid.
            processor,
            payment_id: payment.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date,
            test: account.is_test,
        }],
        total_minor: amount.minor,
        test: account.is_test,
    });
    out.fact(account.fact(subject, refund_key(id), version, at, body));
    Ok(())
}

/// A refund states its tax beside its lines, also where prices hold it.
fn without_tax(back: Lines, currency: Currency) -> Parsed<(Vec<OrderLine>, Vec<TaxLine>)> {
    let Lines { mut lines, taxes, included } = back;
    if !included {
        return Ok((lines, taxes));
    }
    let inside = total(currency, taxes.iter().map(|t| t.amount_minor), "return_taxes")?;
    let weights: Vec<i64> = lines.iter().map(OrderLine::net_minor).collect();
    let shares = Money::new(inside, currency).allocate(&weights);
    for (line, share) in lines.iter_mut().zip(shares) {
        line.gross_minor = line.gross_minor.checked_sub(share.minor).at("return_taxes")?;
        line.unit_price = crate::kit::unit(line.gross_minor, line.quantity, currency);
        if line.quantity == Decimal::ZERO {
            line.quantity = Decimal::ONE;
        }
    }
    let taxes = taxes.into_iter().map(|t| TaxLine { base_minor: None, ..t }).collect();
    Ok((lines, taxes))
}
