//! The compact form of what may happen to an order and its money after it was placed.

use super::Draft;
use super::bodies::goods_or_tax;
use super::words::Words;
use crate::rules::RulesError;
use kernel::{
    Conversion, Currency, EconomicKey, FactBody, Fulfilment, Grant, PaymentReturn, SellerShare,
    Service, Settlement, SubjectKind, WriteOff,
};

/// Reads the fact named `what`, if it is one of these.
pub(super) fn draft(
    what: &str,
    head: &mut Words,
    currency: Currency,
) -> Result<Option<Draft>, RulesError> {
    Ok(Some(match what {
        "service" => service(head)?,
        "returned" => returned(head, currency)?,
        "settled" => settled(head, currency)?,
        "converted" => converted(head, currency)?,
        "granted" => granted(head, currency)?,
        "seller-paid" => seller_paid(head, currency)?,
        "written-off" => written_off(head, currency)?,
        _ => return Ok(None),
    }))
}

pub(super) fn fulfilled(
    mut head: Words,
    parts: Vec<Words>,
    currency: Currency,
) -> Result<Draft, RulesError> {
    let fulfilment_id = head.next("the fulfilment id")?;
    let business_date = head.date()?;
    head.end()?;
    let (mut lines, mut taxes) = (Vec::new(), Vec::new());
    for part in parts {
        goods_or_tax(part, currency, &mut lines, &mut taxes)?;
    }
    let key = format!("order/fulfilment/{fulfilment_id}");
    let fulfilment = Fulfilment { fulfilment_id, currency, business_date, lines, taxes };
    Ok(Draft { kind: SubjectKind::Sale, key, body: FactBody::OrderFulfilled(fulfilment) })
}

fn service(head: &mut Words) -> Result<Draft, RulesError> {
    let from = head.date()?;
    let months = head.next("a number of months")?;
    let months = months.parse().map_err(|_| head.error(format!("`{months}` is no number")))?;
    let lines: Vec<String> = head
        .option("lines")
        .map(|ids| ids.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let key = format!("order/service/{}", lines.join(","));
    let body = FactBody::ServiceScheduled(Service { lines, from, months });
    Ok(Draft { kind: SubjectKind::Sale, key, body })
}

fn returned(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let back = PaymentReturn {
        processor: head.next("the processor")?,
        payment_id: head.next("the payment id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        fee_minor: head.amount_option("fee", currency)?,
        reason: head.rest(),
        currency,
    };
    let key = format!("{}/{}/returned", back.processor, back.payment_id);
    Ok(Draft { kind: SubjectKind::Sale, key, body: FactBody::PaymentReturned(back) })
}

fn settled(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let settled = Settlement {
        processor: head.next("the processor")?,
        of: EconomicKey(head.next("the key of a payment or refund")?),
        settled_minor: head.amount(currency)?,
        business_date: head.date()?,
        currency,
    };
    let key = format!("{}/settled", settled.of);
    Ok(Draft { kind: SubjectKind::Sale, key, body: FactBody::PaymentSettled(settled) })
}

fn converted(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let processor = head.next("the processor")?;
    let conversion_id = head.next("the conversion id")?;
    let from = head.next("an amount")?;
    let from_currency = head.next("its currency")?;
    let from_currency = from_currency.parse().map_err(|e| head.error(format!("{e}")))?;
    let from_minor = head.minor(&from, from_currency)?;
    let to_minor = head.amount(currency)?;
    let business_date = head.date()?;
    let carried = head.option("carried");
    let carried_minor = carried.map(|text| head.minor(&text, currency)).transpose()?;
    let key = format!("{processor}/{conversion_id}/conversion");
    let body = FactBody::BalanceConverted(Conversion {
        processor,
        conversion_id,
        from_minor,
        from_currency,
        to_minor,
        currency,
        carried_minor,
        business_date,
    });
    Ok(Draft { kind: SubjectKind::Adjustment, key, body })
}

fn granted(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let grant = Grant {
        tender: head.next("the tender")?,
        grant_id: head.next("the id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        reason: head.rest(),
        currency,
    };
    let key = format!("{}/{}", grant.tender, grant.grant_id);
    Ok(Draft { kind: SubjectKind::Adjustment, key, body: FactBody::CreditGranted(grant) })
}

fn seller_paid(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let share = SellerShare {
        processor: head.next("the processor")?,
        share_id: head.next("the transfer id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        seller: head.rest(),
        currency,
    };
    let key = format!("{}/{}/share", share.processor, share.share_id);
    Ok(Draft { kind: SubjectKind::Sale, key, body: FactBody::SellerPaid(share) })
}

fn written_off(head: &mut Words, currency: Currency) -> Result<Draft, RulesError> {
    let given_up = WriteOff {
        write_off_id: head.next("the id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        reason: head.rest(),
        currency,
    };
    let key = format!("order/write-off/{}", given_up.write_off_id);
    Ok(Draft { kind: SubjectKind::Sale, key, body: FactBody::ReceivableWrittenOff(given_up) })
}
