//! What may happen after a sale, in the words of an accountant.

use super::{listed, money, order, parts, reason};
use kernel::{Currency, FactBody, Money};

/// The sentence of a fact of this kind; nothing for the others.
pub(super) fn sentence(body: &FactBody, home: Currency) -> Option<String> {
    let amount = |minor, currency| money(minor, currency, home);
    Some(match body {
        FactBody::OrderEdited(e) => {
            let after = order("the order is now", &e.order, home);
            format!("Changed on {} ({}): {after}", e.business_date, e.edit_id)
        }
        FactBody::OrderFulfilled(f) => {
            let what = if f.lines.is_empty() && f.taxes.is_empty() {
                "all that had not left before".to_owned()
            } else {
                listed(&parts(&f.lines, &f.taxes, f.currency))
            };
            format!("On {} leaves ({}): {what}.", f.business_date, f.fulfilment_id)
        }
        FactBody::ServiceScheduled(s) => {
            let what = if s.lines.is_empty() {
                "The goods are a service".to_owned()
            } else {
                format!("Line {} is a service", s.lines.join(", "))
            };
            format!("{what} of {} months from {}.", s.months, s.from)
        }
        FactBody::PaymentReturned(r) => {
            let fee = match r.fee_minor {
                0 => String::new(),
                fee => format!(", fee {}", Money::new(fee, r.currency).to_text()),
            };
            format!(
                "The bank takes back {}{fee} of payment {} at {} on {}{}.",
                amount(r.amount_minor, r.currency),
                r.payment_id,
                r.processor,
                r.business_date,
                reason(&r.reason)
            )
        }
        FactBody::PaymentSettled(s) => format!(
            "`{}` comes to {} at {} on {}.",
            s.of,
            amount(s.settled_minor, s.currency),
            s.processor,
            s.business_date
        ),
        FactBody::BalanceConverted(c) => {
            let carried = c
                .carried_minor
                .map(|minor| format!("; the books carried it at {}", amount(minor, c.currency)));
            format!(
                "{} exchanges {} for {} on {} ({}){}.",
                c.processor,
                amount(c.from_minor, c.from_currency),
                amount(c.to_minor, c.currency),
                c.business_date,
                c.conversion_id,
                carried.unwrap_or_default()
            )
        }
        FactBody::CreditGranted(g) => format!(
            "{} is given away as {} on {} ({}){}.",
            amount(g.amount_minor, g.currency),
            g.tender.replace('_', " "),
            g.business_date,
            g.grant_id,
            reason(&g.reason)
        ),
        FactBody::SellerPaid(s) => format!(
            "{} hands {} on to {} on {} ({}).",
            s.processor,
            amount(s.amount_minor, s.currency),
            s.seller,
            s.business_date,
            s.share_id
        ),
        FactBody::ReceivableWrittenOff(w) => format!(
            "{} is given up on {} ({}){}.",
            amount(w.amount_minor, w.currency),
            w.business_date,
            w.write_off_id,
            reason(&w.reason)
        ),
        _ => return None,
    })
}
