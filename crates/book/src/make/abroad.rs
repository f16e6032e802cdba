//! Documents in another currency than that of the books: held where the books know one currency,
//! else written to the customers and accounts of their currency (quickbooks.md §8, multi-currency).

use super::Desk;
use crate::desired::{ClaimOutcome, Hold};
use kernel::{BusinessKey, Currencies, Document, DocumentKind, ReasonCode};
use std::collections::BTreeSet;

/// Takes foreign documents out where the books hold the home currency only, and holds their claims.
pub(crate) fn hold(desk: &mut Desk<'_>) {
    let Currencies::Only(home) = desk.cx.currencies else { return };
    let foreign: BTreeSet<BusinessKey> =
        desk.out.documents.iter().filter(|d| d.currency != home).map(|d| d.key.clone()).collect();
    if foreign.is_empty() {
        return;
    }
    desk.out.documents.retain(|d| !foreign.contains(&d.key));
    for claim in &mut desk.out.claims {
        let ClaimOutcome::Document(key) = &claim.outcome else { continue };
        if !foreign.contains(key) {
            continue;
        }
        claim.outcome = ClaimOutcome::Held(ReasonCode::CurrencyMismatch);
        let currency = claim.amount.currency;
        desk.out.holds.push(Hold {
            code: ReasonCode::CurrencyMismatch,
            detail: format!(
                "it is in {currency}, and the ledger's books hold {home} only; switch on \
                 multicurrency in QuickBooks (it cannot be switched off again) and set \
                 ledger.multi_currency = true, or book it elsewhere and exclude it by a rule"
            ),
            amount: Some(claim.amount),
            claim: Some(claim.key.clone()),
        });
    }
}

/// Names the customers and accounts of their currency in what is foreign.
pub(crate) fn localise(desk: &mut Desk<'_>) {
    let currencies = desk.cx.currencies;
    let rules = desk.rules;
    for document in &mut desk.out.documents {
        if !currencies.is_foreign(document.currency) {
            continue;
        }
        let Document { kind, currency, customer, lines, account, counter_account, .. } = document;
        let place = |name: &mut String| *name = rules.account_in(name, *currency);
        let person = |name: &mut String| *name = rules.customer_in(name, *currency);
        place(account);
        counter_account.iter_mut().for_each(place);
        customer.iter_mut().for_each(person);
        for line in lines {
            line.customer.iter_mut().for_each(person);
            // Lines of sales forms post through items, which belong to home accounts.
            if matches!(
                kind,
                DocumentKind::JournalEntry | DocumentKind::Expense | DocumentKind::Deposit
            ) {
                place(&mut line.account);
            }
        }
    }
}
