//! Credit, cards and points given away (cases 62 and 64).

use super::Desk;
use super::money::sound;
use crate::compose::Stop;
use crate::desired::ClaimClass;
use crate::role::Role;
use crate::rules::{EntrySubject, Mapped};
use crate::state::Slot;
use kernel::{AccountType, Document, FactBody, Grant, Money, ReasonCode};

/// What is given away is owed from now on, where its tender is a liability; where it is a discount
/// nothing happens before it is used.
pub(crate) fn make(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.of(Slot::Granted) {
        let FactBody::CreditGranted(grant) = &fact.body else { continue };
        let claim = format!("grant/{}", fact.key);
        let made = sound(desk, fact).and_then(|()| journal(desk, grant, &claim));
        let outcome = match made {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &claim),
        };
        let amount = Money::new(grant.amount_minor.saturating_neg(), grant.currency);
        desk.claim(claim, ClaimClass::GiftCard, grant.business_date, amount, outcome);
    }
}

fn journal(desk: &Desk<'_>, grant: &Grant, claim: &str) -> Result<Document, Stop> {
    let amount = Money::new(grant.amount_minor, grant.currency);
    let tender = desk.rules.tender(&grant.tender).ok_or_else(|| Stop::Hold {
        code: ReasonCode::AccountUnmapped,
        detail: format!(
            "{amount} was given away as `{}`, which [tenders] in the rules does not name",
            grant.tender
        ),
        amount,
    })?;
    if tender.account_type != AccountType::OtherCurrentLiability {
        return Err(Stop::Exclude(ReasonCode::NoConsideration));
    }
    let cost = match desk.rules.adjustment_rules.map(&EntrySubject(&grant.reason)) {
        Mapped::Account(account) => account,
        Mapped::Exclude(code) => return Err(Stop::Exclude(code)),
        Mapped::Hold(code, detail) => return Err(Stop::Hold { code, detail, amount }),
        Mapped::Unmapped => desk.rules.role(Role::Promotions),
    };
    let text = grant.reason.as_str();
    let lines = [
        (cost.name.as_str(), text, amount.minor),
        (tender.name.as_str(), text, amount.minor.saturating_neg()),
    ];
    let memo = format!("Given away {}: {text}", grant.grant_id);
    let (date, currency) = (grant.business_date, grant.currency);
    let journal = desk.journal(&format!("journal/{claim}"), date, currency, &lines, memo);
    journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue))
}
