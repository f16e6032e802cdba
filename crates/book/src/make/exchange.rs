//! Balances that a processor exchanges for one another (case 120).

use super::Desk;
use super::money::sound;
use crate::compose::{self, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::rate::{self, Share};
use crate::role::Role;
use crate::state::Slot;
use kernel::{Conversion, Currencies, Currency, Document, FactBody, Money, ReasonCode};

/// Journal entries for each exchange; it moves nothing between us and others.
pub(crate) fn conversions(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.of(Slot::Converted) {
        let FactBody::BalanceConverted(conversion) = &fact.body else { continue };
        let claim = format!("conversion/{}", fact.key);
        let made = sound(desk, fact).and_then(|()| match desk.cx.currencies {
            Currencies::Several(home) => sides(desk, conversion, &claim, home),
            Currencies::Unknown | Currencies::Only(_) => journal(desk, conversion, &claim),
        });
        let outcome = match made {
            Ok(documents) => {
                // The last one says what arrived.
                let mut outcome = ClaimOutcome::Excluded(ReasonCode::ZeroValue);
                for document in documents {
                    outcome = desk.post(document);
                }
                outcome
            }
            Err(stop) => desk.stop(stop, &claim),
        };
        let date = conversion.business_date;
        let arrived = Money::new(conversion.to_minor, conversion.currency);
        desk.claim(claim, ClaimClass::Adjustment, date, arrived, outcome);
    }
}

/// What arrived, against what the books carried the balance at.
fn journal(desk: &Desk<'_>, conversion: &Conversion, claim: &str) -> Result<Vec<Document>, Stop> {
    let arrived = Money::new(conversion.to_minor, conversion.currency);
    let left = Money::new(conversion.from_minor, conversion.from_currency);
    compose::fits(left)?;
    let hold = |code, detail| Stop::Hold { code, detail, amount: arrived };
    let Some(carried) = conversion.carried_minor else {
        let detail = format!(
            "{} exchanged {left} for {arrived}, and only the ledger knows at what it carried the \
             {}; book a transfer in QuickBooks with both amounts and exclude this by a rule",
            conversion.processor, left.currency
        );
        return Err(hold(ReasonCode::RateMissing, detail));
    };
    compose::fits(Money::new(carried, arrived.currency))?;
    let to = desk.clearing(&conversion.processor, arrived)?;
    let from = desk.clearing(&conversion.processor, left)?;
    if to == from {
        let detail = format!(
            "`{}` and `{}` of {} have one clearing account; name one for each under [clearing]",
            left.currency, arrived.currency, conversion.processor
        );
        return Err(hold(ReasonCode::AccountUnmapped, detail));
    }
    let lines = [
        (to, "Exchanged", arrived.minor),
        (desk.rules.account(Role::Exchange), "Exchange difference", carried - arrived.minor),
        (from, "Exchanged", -carried),
    ];
    let memo = memo(conversion);
    let (date, currency) = (conversion.business_date, conversion.currency);
    let journal = desk.journal(&format!("journal/{claim}"), date, currency, &lines, memo);
    Ok(journal.into_iter().collect())
}

/// In books of several currencies a journal entry has one currency (quickbooks.md §8): what left and
/// what arrived are entries of their own against exchange differences, where what they come to in the
/// home currency differs. Each has two lines of one amount, which leave nothing over at any rate.
fn sides(
    desk: &Desk<'_>,
    conversion: &Conversion,
    claim: &str,
    home: Currency,
) -> Result<Vec<Document>, Stop> {
    let arrived = Money::new(conversion.to_minor, conversion.currency);
    let left = Money::new(conversion.from_minor, conversion.from_currency);
    compose::fits(left)?;
    // What the foreign side is worth. Between two foreign currencies that is for the ledger to say.
    let value = if arrived.currency == home {
        // What is not known to be carried at another value is worth what it brought: the ledger
        // revalues the rest of the balance itself (case 121).
        Some(Money::new(conversion.carried_minor.unwrap_or(arrived.minor), home))
    } else if left.currency == home {
        Some(left)
    } else {
        None
    };
    value.map_or(Ok(()), compose::fits)?;
    let mut documents = Vec::new();
    for (side, amount, sign) in [("left", left, -1), ("arrived", arrived, 1)] {
        let account = desk.clearing(&conversion.processor, amount)?;
        let shares = match value.filter(|_| amount.currency != home && amount.minor != 0) {
            None => vec![Share { minor: amount.minor, rate: None }],
            Some(value) => rate::stated(amount, value).ok_or_else(|| Stop::Hold {
                code: ReasonCode::RateMissing,
                detail: format!(
                    "no exchange rate that the ledger keeps makes {value} of {amount}; correct the \
                     source, or book it in QuickBooks and exclude this by a rule"
                ),
                amount: arrived,
            })?,
        };
        for (n, share) in shares.into_iter().enumerate() {
            let minor = sign * share.minor;
            let lines = [
                (account, "Exchanged", minor),
                (desk.rules.account(Role::Exchange), "Exchanged", -minor),
            ];
            let place = if n == 0 { side.to_owned() } else { format!("{side}/{}", n + 1) };
            let suffix = format!("journal/{claim}/{place}");
            let (date, memo) = (conversion.business_date, memo(conversion));
            let journal = desk.journal(&suffix, date, amount.currency, &lines, memo);
            documents.extend(journal.map(|d| Document { rate: share.rate, ..d }));
        }
    }
    Ok(documents)
}

fn memo(conversion: &Conversion) -> String {
    let arrived = Money::new(conversion.to_minor, conversion.currency);
    let left = Money::new(conversion.from_minor, conversion.from_currency);
    format!("{} exchanged {left} for {arrived}", conversion.processor)
}
