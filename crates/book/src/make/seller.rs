//! Platforms: sellers' shares, as an agent or as the principal (cases 165 and 166).

use super::money::{expense, sound};
use super::sale::{Standing, follow};
use super::{Desk, schedule};
use crate::compose::{Elsewhere, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::Platform;
use crate::state::Slot;
use kernel::{Document, FactBody, Money, SellerShare};

fn is_agent(desk: &Desk<'_>) -> bool {
    desk.rules.policy.platform == Platform::Agent
}

/// What sellers got of this order, minor units; what came back later is not taken off.
fn shares_minor(desk: &Desk<'_>) -> i64 {
    let shares = desk.state.of(Slot::SellerPaid).map(|f| match &f.body {
        FactBody::SellerPaid(share) => share.amount_minor.max(0),
        _ => 0,
    });
    shares.fold(0, i64::saturating_add)
}

impl<'a> Desk<'a> {
    /// Goods that are no revenue of ours, or not yet.
    pub(crate) fn elsewhere(&self) -> Elsewhere<'a> {
        schedule::deferred(self).unwrap_or_else(|| self.sellers_goods())
    }

    /// Goods that an agent sells for others.
    pub(crate) fn sellers_goods(&self) -> Elsewhere<'a> {
        let account = is_agent(self).then(|| self.rules.role(Role::SellersPayable));
        Elsewhere { account, lines: None }
    }
}

/// An agent earns what it keeps of its sellers' goods. Until it is known what they get, all of it
/// is owed to them.
pub(crate) fn fee<'r>(desk: &Desk<'r>, parts: &mut Vec<Part<'r>>) {
    let shares = shares_minor(desk);
    if !is_agent(desk) || shares == 0 {
        return;
    }
    let payable = desk.rules.role(Role::SellersPayable);
    let goods = of(parts, payable);
    let fee = goods.saturating_sub(shares);
    if fee > 0 {
        parts.push(Part::plain(desk.rules.role(Role::PlatformFees), "Platform fee", fee));
        parts.push(Part::plain(payable, "Platform fee", -fee));
    }
}

/// What an agent gives back comes from its fee as the fee came from the sale.
pub(crate) fn fee_back<'r>(desk: &Desk<'r>, sold: &[Part<'r>], parts: &mut Vec<Part<'r>>) {
    let payable = desk.rules.role(Role::SellersPayable);
    let (goods, back) = (of(sold, payable), of(parts, payable));
    let fee = of(sold, desk.rules.role(Role::PlatformFees));
    if fee <= 0 || back <= 0 || goods < 0 {
        return;
    }
    let shares = Money::new(back, kernel::Currency::USD).allocate(&[goods, fee]);
    let fee = shares.get(1).map_or(0, |share| share.minor);
    if fee != 0 {
        parts.push(Part::plain(desk.rules.role(Role::PlatformFees), "Platform fee", fee));
        parts.push(Part::plain(payable, "Platform fee", -fee));
    }
}

fn of(parts: &[Part<'_>], account: &crate::rules::Account) -> i64 {
    let own = parts.iter().filter(|p| p.account == account).map(|p| p.amount);
    own.fold(0, i64::saturating_add)
}

/// What was handed on to sellers.
pub(crate) fn paid(desk: &mut Desk<'_>, standing: Standing) {
    let state = desk.state;
    for fact in state.of(Slot::SellerPaid) {
        let FactBody::SellerPaid(share) = &fact.body else { continue };
        let claim = format!("seller/{}", fact.key);
        let outcome = match follow(standing) {
            Err(outcome) => outcome,
            Ok(()) => {
                let made = sound(desk, fact).and_then(|()| document(desk, share, &claim));
                match made {
                    Ok(document) => desk.post(document),
                    Err(stop) => desk.stop(stop, &claim),
                }
            }
        };
        let amount = Money::new(share.amount_minor.saturating_neg(), share.currency);
        let posted = matches!(outcome, ClaimOutcome::Document(_));
        debug_assert!(!posted || amount.minor != 0, "nothing moved, nothing is posted");
        desk.claim(claim, ClaimClass::Adjustment, share.business_date, amount, outcome);
    }
}

fn document(desk: &Desk<'_>, share: &SellerShare, suffix: &str) -> Result<Document, Stop> {
    let amount = Money::new(share.amount_minor, share.currency);
    let role = if is_agent(desk) { Role::SellersPayable } else { Role::SellerCosts };
    let clearing = desk.clearing(&share.processor, amount)?;
    let memo = format!("Share of {}", share.seller);
    let account = desk.rules.account(role);
    expense(desk, suffix, share.business_date, clearing, &[(account, amount)], memo)
}
