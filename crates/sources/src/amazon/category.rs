//! What a movement is in its payout, by transaction, type and description; marketplaces differ in
//! case, blanks and hyphens (sources-and-cases.md A8).

use super::row::{Movement, squeezed};
use std::borrow::Cow;

/// What a movement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The sale of an order.
    Sale,
    /// A refund of an order.
    Refund,
    /// A movement of its own, by category.
    Other,
}

/// Where the movement belongs. Fees stay with the payout, also those of an order.
pub fn part(movement: &Movement<'_>) -> Part {
    let is_price = matches!(&*movement.amount_type, "itemprice" | "itemwithheldtax" | "promotion");
    if !is_price || movement.order_id.is_empty() {
        return Part::Other;
    }
    match movement.transaction.as_str() {
        "order" => Part::Sale,
        "refund" | "chargeback refund" | "a to z guarantee refund" => Part::Refund,
        _ => Part::Other,
    }
}

/// The category by which the rules know a movement. What is not known here is named by all three
/// words, and the rules have to name it before the settlement is itemised (case 150).
pub fn of(movement: &Movement<'_>) -> Cow<'static, str> {
    let kind = &*movement.amount_type;
    let transaction = || squeezed(&movement.transaction);
    let known = match movement.name.as_str() {
        "previousreserveamountbalance" | "currentreserveamount" => "reserve",
        "successfulcharge" => "card_charge",
        "payabletoamazon" => "payable_to_amazon",
        other if other.starts_with("transferoffundsunsuccessful") => "transfer_returned",
        other if kind == "itemfees" && !other.starts_with("fba") => "fee",
        "subscription" | "subscriptionfee" => "fee",
        other if other.starts_with("fba") || other.contains("storage") => "fba_fee",
        _ if kind == "costofadvertising" || transaction() == "costofadvertising" => "advertising",
        _ if kind.contains("reimbursement") || transaction().contains("reimbursement") => {
            "reimbursement"
        }
        _ => "",
    };
    if !known.is_empty() {
        return Cow::Borrowed(known);
    }
    let words = [&movement.transaction, kind, movement.description];
    let words: Vec<String> = words.iter().map(|w| w.trim().to_lowercase()).collect();
    Cow::Owned(words.join(" / ").chars().take(CATEGORY_MAX).collect())
}

/// Longest category, characters.
const CATEGORY_MAX: usize = 120;
