//! Payouts: the transfer, the fees, and the other movements they consist of.

use super::Desk;
use super::money::{expense, sound, without_tax};
use crate::compose::{AMOUNT_MAX, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::{EntrySubject, FeesMode, Mapped, Rules};
use crate::state::Slot;
use kernel::fact::PayoutItems;
use kernel::{Document, DocumentKind, FactBody, Money, Payout, PayoutEntry, ReasonCode};
use std::collections::BTreeMap;

/// Transfer, fees and other entries of a payout.
pub(crate) fn make(desk: &mut Desk<'_>) {
    let state = desk.state;
    let items = state.of(Slot::PayoutItems).find_map(|f| match &f.body {
        FactBody::PayoutItemised(items) => Some(items),
        _ => None,
    });
    let paid = state.payout(Slot::PayoutPaid);
    let failed = state.payout(Slot::PayoutFailed);
    let Some(payout) = paid.or(failed) else {
        // Without the payout there is neither a date nor a sum to prove the items by.
        if let Some(items) = items {
            let of = desk.state.of(Slot::PayoutItems).next();
            let today = of.map(|f| f.occurred_at.0.date_in(&kernel::time::Zone::UTC));
            let amount =
                Money::new(fees(desk.rules, &items.entries).saturating_neg(), items.currency);
            let date = today.unwrap_or(kernel::BusinessDate::from_days(0));
            let outcome = ClaimOutcome::Pending(ReasonCode::OutOfOrder);
            desk.claim(FEES, ClaimClass::Fee, date, amount, outcome);
        }
        return;
    };
    transfer(desk, payout, failed.is_some());
    match items {
        Some(items) => itemised(desk, payout, items),
        None if payout.itemised => {
            let nothing = Money::zero(payout.currency);
            let outcome = ClaimOutcome::Pending(ReasonCode::InTransit);
            desk.claim(FEES, ClaimClass::Fee, payout.business_date, nothing, outcome);
        }
        None => {}
    }
}

const FEES: &str = "fees";

fn transfer(desk: &mut Desk<'_>, payout: &Payout, failed: bool) {
    let amount = Money::new(payout.amount_minor, payout.currency);
    let slot = if failed { Slot::PayoutFailed } else { Slot::PayoutPaid };
    let fact = desk.state.of(slot).next();
    let made = if failed {
        // The money is back at the processor: nothing moved.
        Err(Stop::Exclude(ReasonCode::SettlementFailed))
    } else {
        fact.map_or(Ok(()), |f| sound(desk, f)).and_then(|()| moved(desk, payout, amount))
    };
    let outcome = match made {
        Ok(document) => desk.post(document),
        Err(stop) => desk.stop(stop, "payout"),
    };
    desk.claim("payout", ClaimClass::Payout, payout.business_date, amount, outcome);
}

/// Case 106, and case 109 for money that the processor takes from the bank.
fn moved(desk: &Desk<'_>, payout: &Payout, amount: Money) -> Result<Document, Stop> {
    if amount.minor == 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let clearing = desk.clearing(&payout.processor, amount)?;
    let bank = desk.rules.bank(&payout.destination, payout.currency).ok_or_else(|| Stop::Hold {
        code: ReasonCode::AccountUnmapped,
        detail: format!(
            "payout {} went to bank account `{}`, which [banks] in the rules does not name",
            payout.payout_id, payout.destination
        ),
        amount,
    })?;
    let kind = DocumentKind::Transfer;
    let mut document = desk.document("transfer", kind, payout.business_date, payout.currency);
    let (from, to) = if amount.minor > 0 {
        (clearing, bank.name.as_str())
    } else {
        (bank.name.as_str(), clearing)
    };
    document.account = from.to_owned();
    document.counter_account = Some(to.to_owned());
    document.total_minor = amount.minor.saturating_abs();
    document.memo = format!("Payout {} of {}", payout.payout_id, payout.processor);
    Ok(document)
}

/// What the entries of a payout come to.
#[derive(Default)]
struct Sums<'r> {
    /// Fees by account, debit positive.
    fees: BTreeMap<&'r str, i64>,
    /// Fees that their own facts tell.
    told: i64,
    /// Other movements by account, debit positive.
    others: BTreeMap<&'r str, i64>,
    /// Key, amount and exclusion of each other movement.
    claims: Vec<(String, ClaimClass, i64, Option<ReasonCode>)>,
}

fn itemised(desk: &mut Desk<'_>, payout: &Payout, items: &PayoutItems) {
    let entries: BTreeMap<&str, &PayoutEntry> =
        items.entries.iter().map(|e| (e.id.as_str(), e)).collect();
    let date = payout.business_date;
    let explained = explained(payout, items, &entries);
    let sums = explained.and_then(|()| sort(desk, payout, &entries));
    let sums = match sums {
        Ok(sums) => sums,
        Err(stop) => {
            let outcome = desk.stop(stop, FEES);
            let fees = fees(desk.rules, entries.values().copied());
            let amount = Money::new(fees.saturating_neg(), payout.currency);
            desk.claim(FEES, ClaimClass::Fee, date, amount, outcome.clone());
            let rules = desk.rules;
            for (id, entry) in entries.iter().filter(|(_, e)| !is_booked(rules, e)) {
                let amount = Money::new(entry.gross_minor, payout.currency);
                let class = class(&entry.category);
                desk.claim(format!("entry/{id}"), class, date, amount, outcome.clone());
            }
            return;
        }
    };
    post_fees(desk, payout, &sums);
    post_others(desk, payout, sums);
}

fn class(category: &str) -> ClaimClass {
    match category {
        "dispute" | "dispute_reversal" => ClaimClass::Dispute,
        "fee" => ClaimClass::Fee,
        _ => ClaimClass::Adjustment,
    }
}

/// The entries must add up to the payout, to the cent.
fn explained(
    payout: &Payout,
    items: &PayoutItems,
    entries: &BTreeMap<&str, &PayoutEntry>,
) -> Result<(), Stop> {
    let amount = Money::new(payout.amount_minor, payout.currency);
    if items.currency != payout.currency {
        return Err(Stop::Hold {
            code: ReasonCode::CurrencyMismatch,
            detail: format!("payout in {}, its entries in {}", payout.currency, items.currency),
            amount,
        });
    }
    let size = |e: &&PayoutEntry| i128::from(e.gross_minor).abs() + i128::from(e.fee_minor).abs();
    if entries.values().map(size).sum::<i128>() > AMOUNT_MAX {
        let detail = format!("the entries of payout {} exceed 15 digits", payout.payout_id);
        return Err(Stop::Hold { code: ReasonCode::ValueInvalid, detail, amount });
    }
    let net = |e: &&PayoutEntry| i128::from(e.gross_minor) - i128::from(e.fee_minor);
    let sum: i128 = entries.values().map(net).sum();
    let off = i64::try_from(i128::from(payout.amount_minor) - sum).unwrap_or(i64::MAX);
    if off == 0 {
        return Ok(());
    }
    let off = Money::new(off, payout.currency);
    Err(Stop::Hold {
        code: ReasonCode::PayoutUnexplained,
        detail: format!(
            "payout {} of {amount} differs by {off} from the sum of its {} entries; fetch them \
             again from the processor",
            payout.payout_id,
            entries.len()
        ),
        amount: off,
    })
}

/// Whether an entry settles something that its own facts book: charges, refunds, and disputes
/// that say which movement they belong to.
fn is_booked(rules: &Rules, entry: &PayoutEntry) -> bool {
    let booked = rules.entries.get(&entry.category) == Some(&None);
    booked || (is_dispute(rules, entry) && entry.of.is_some())
}

/// All fees in the entries but those of disputes that their own facts book.
fn fees<'e>(rules: &Rules, entries: impl IntoIterator<Item = &'e PayoutEntry>) -> i64 {
    let told = |e: &&PayoutEntry| e.of.is_some() && is_dispute(rules, e);
    let fees = entries.into_iter().filter(|e| !told(e)).map(|e| e.fee_minor);
    fees.fold(0, i64::saturating_add)
}

/// What a processor or marketplace charges: it belongs to the expense of the payout.
const fn is_fee(role: Role) -> bool {
    matches!(role, Role::ProcessorFees | Role::Advertising | Role::FulfilmentFees)
}

fn is_dispute(rules: &Rules, entry: &PayoutEntry) -> bool {
    rules.entries.get(&entry.category) == Some(&Some(Role::DisputesReceivable))
}

fn sort<'r>(
    desk: &Desk<'r>,
    payout: &Payout,
    entries: &BTreeMap<&str, &PayoutEntry>,
) -> Result<Sums<'r>, Stop> {
    let mut sums = Sums::default();
    let told = desk.rules.fees(&payout.processor) == FeesMode::PerFee;
    for (id, entry) in entries {
        let amount = Money::new(entry.gross_minor, payout.currency);
        let meaning = desk.rules.entries.get(&entry.category).copied();
        let mapped = desk.rules.entry_rules.map(&EntrySubject(&entry.category));
        let account = match (mapped, meaning) {
            (Mapped::Account(account), _) => Some(account.name.as_str()),
            (Mapped::Exclude(code), _) => {
                let net = entry.net_minor();
                sums.claims.push((format!("entry/{id}"), class(&entry.category), net, Some(code)));
                continue;
            }
            (Mapped::Hold(code, detail), _) => return Err(Stop::Hold { code, detail, amount }),
            (Mapped::Unmapped, Some(Some(role))) => Some(desk.rules.account(role)),
            (Mapped::Unmapped, Some(None)) => None,
            (Mapped::Unmapped, None) => {
                let detail = format!(
                    "payout {} holds {amount} of category `{}`, which no rule knows; name it under \
                     [entries] in the rules",
                    payout.payout_id, entry.category
                );
                let code = ReasonCode::AccountUnmapped;
                return Err(Stop::Hold { code, detail, amount });
            }
        };
        let fees = desk.rules.account(Role::ProcessorFees);
        let input_tax = desk.rules.account(Role::InputTax);
        let (fee_net, fee_tax) = without_tax(desk.rules, entry.fee_minor, entry.fee_tax_minor);
        let is_dispute = is_dispute(desk.rules, entry);
        match account {
            _ if is_dispute && entry.of.is_some() => {}
            None if told => sums.told += entry.fee_minor,
            None => {
                *sums.fees.entry(fees).or_default() += fee_net;
                *sums.fees.entry(input_tax).or_default() += fee_tax;
            }
            Some(account) if meaning.flatten().is_some_and(is_fee) => {
                if told && entry.of.is_some() {
                    sums.told += entry.fee_minor - entry.gross_minor;
                } else {
                    *sums.fees.entry(account).or_default() -= entry.gross_minor;
                    *sums.fees.entry(fees).or_default() += fee_net;
                    *sums.fees.entry(input_tax).or_default() += fee_tax;
                }
            }
            Some(account) => {
                let fee = if is_dispute { desk.rules.account(Role::DisputeFees) } else { fees };
                *sums.others.entry(account).or_default() -= entry.gross_minor;
                *sums.others.entry(fee).or_default() += fee_net;
                *sums.others.entry(input_tax).or_default() += fee_tax;
                let net = entry.net_minor();
                sums.claims.push((format!("entry/{id}"), class(&entry.category), net, None));
            }
        }
    }
    Ok(sums)
}

fn post_fees(desk: &mut Desk<'_>, payout: &Payout, sums: &Sums<'_>) {
    let date = payout.business_date;
    if sums.told != 0 {
        let amount = Money::new(-sums.told, payout.currency);
        let outcome = ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource);
        desk.claim("fees/told", ClaimClass::Fee, date, amount, outcome);
    }
    let fees: Vec<(&str, Money)> = sums
        .fees
        .iter()
        .map(|(account, minor)| (*account, Money::new(*minor, payout.currency)))
        .collect();
    let total: i64 = sums.fees.values().sum();
    let memo = format!("Fees of payout {} of {}", payout.payout_id, payout.processor);
    let outcome = desk
        .clearing(&payout.processor, Money::new(total, payout.currency))
        .and_then(|clearing| expense(desk, FEES, date, clearing, &fees, memo));
    let outcome = match outcome {
        Ok(document) => desk.post(document),
        Err(Stop::Exclude(ReasonCode::ZeroValue)) if sums.told != 0 => return,
        Err(stop) => desk.stop(stop, FEES),
    };
    desk.claim(FEES, ClaimClass::Fee, date, Money::new(-total, payout.currency), outcome);
}

fn post_others(desk: &mut Desk<'_>, payout: &Payout, sums: Sums<'_>) {
    let date = payout.business_date;
    let net: i64 = sums.others.values().map(|amount| -amount).sum();
    let memo = format!("Other movements in payout {} of {}", payout.payout_id, payout.processor);
    let made =
        desk.clearing(&payout.processor, Money::new(net, payout.currency)).and_then(|clearing| {
            let mut lines: Vec<(&str, &str, i64)> =
                sums.others.iter().map(|(account, amount)| (*account, "Payout", *amount)).collect();
            lines.push((clearing, "Payout", net));
            let journal = desk.journal("journal/entries", date, payout.currency, &lines, memo);
            journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue))
        });
    if sums.claims.is_empty() {
        return;
    }
    let outcome = match made {
        Ok(document) => desk.post(document),
        Err(stop) => desk.stop(stop, &sums.claims[0].0),
    };
    for (key, class, minor, excluded) in sums.claims {
        let outcome = excluded.map_or_else(|| outcome.clone(), ClaimOutcome::Excluded);
        desk.claim(key, class, date, Money::new(minor, payout.currency), outcome);
    }
}
