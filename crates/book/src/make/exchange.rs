//! Balances that a processor exchanges for one another (case 120).

use super::Desk;
use super::money::sound;
use crate::compose::{self, Stop};
use crate::desired::ClaimClass;
use crate::role::Role;
use crate::state::Slot;
use kernel::{Conversion, Currencies, Document, FactBody, Money, ReasonCode};

/// A journal entry per exchange; it moves nothing between us and others.
pub(crate) fn conversions(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.of(Slot::Converted) {
        let FactBody::BalanceConverted(conversion) = &fact.body else { continue };
        let claim = format!("conversion/{}", fact.key);
        let made = sound(desk, fact).and_then(|()| journal(desk, conversion, &claim));
        let outcome = match made {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &claim),
        };
        let date = conversion.business_date;
        let arrived = Money::new(conversion.to_minor, conversion.currency);
        desk.claim(claim, ClaimClass::Adjustment, date, arrived, outcome);
    }
}

/// What arrived, against what the books carried the balance at.
fn journal(desk: &Desk<'_>, conversion: &Conversion, claim: &str) -> Result<Document, Stop> {
    let arrived = Money::new(conversion.to_minor, conversion.currency);
    let left = Money::new(conversion.from_minor, conversion.from_currency);
    compose::fits(left)?;
    let hold = |code, detail| Stop::Hold { code, detail, amount: arrived };
    let foreign = matches!(desk.cx.currencies, Currencies::Several(_));
    let Some(carried) = conversion.carried_minor.filter(|_| !foreign) else {
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
    let memo = format!("{} exchanged {left} for {arrived}", conversion.processor);
    let (date, currency) = (conversion.business_date, conversion.currency);
    let journal = desk.journal(&format!("journal/{claim}"), date, currency, &lines, memo);
    journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue))
}
