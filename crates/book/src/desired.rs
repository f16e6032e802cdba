//! What a decision consists of: documents, claims, holds and contributions.

use crate::state::State;
use kernel::{
    BusinessDate, BusinessKey, Currencies, Currency, Decimal, Document, Money, ReasonCode, Share,
    Subject, Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a decision may know beside the facts of its subject.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The present moment, for the plausibility of clocks.
    pub now: Timestamp,
    /// Last closed day of the ledger. Documents keep their true date whatever is closed; [`crate::plan`]
    /// holds what would change a closed period, since only it knows what already stands there.
    pub closed_until: Option<BusinessDate>,
    /// Which currencies the ledger's books hold.
    pub currencies: Currencies,
    /// For a credit order: which quantity of which line belongs to which earlier sale.
    pub credit_matches: &'a [CreditMatch],
    /// The same economic key belongs to a sale of another source: subjects that only tell of money
    /// (payment, fee, dispute) are excluded as SRC-010.
    pub posted_elsewhere: bool,
    /// For a dispute: the sale whose payment is disputed, where it is known.
    pub disputed: Option<&'a State>,
    /// For a summary subject: everything that goes into it.
    pub contributions: &'a [Contribution],
}

/// Which quantity of a credit line belongs to which earlier sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditMatch {
    /// The line of the credit.
    pub line_id: String,
    /// Key of the earlier sale's subject.
    pub sale_subject: String,
    /// Number of the earlier sale, for people.
    pub sale_number: String,
    /// Matched quantity; the sign does not matter.
    #[serde(with = "kernel::decimal::text")]
    pub quantity: Decimal,
}

/// What the ledger should hold for one subject, and how each amount of the source is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desired {
    /// Documents, each after the documents it settles.
    pub documents: Vec<Document>,
    /// One claim per amount that the source says moved.
    pub claims: Vec<Claim>,
    /// What a person has to look at.
    pub holds: Vec<Hold>,
    /// Parts of summary journals (posting mode `daily_summary`).
    pub contributions: Vec<Contribution>,
}

/// One amount that the source says moved, and where it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Unique within the subject, e.g. `order`, `refund/77`, `fee/…`.
    pub key: String,
    /// What kind of amount.
    pub class: ClaimClass,
    /// The date of the movement in the shop's zone.
    pub date: BusinessDate,
    /// What the source says moved for us: sales positive; refunds, credits and fees negative.
    pub amount: Money,
    /// Where it went.
    pub outcome: ClaimOutcome,
}

/// Kinds of claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimClass {
    /// A sale.
    Sale,
    /// A credit that belongs to an earlier sale.
    Credit,
    /// A credit without an earlier sale.
    CreditUnmatched,
    /// Money or credit given back.
    Refund,
    /// Money received, where it is not part of the sale's own document.
    Payment,
    /// A processor's fee.
    Fee,
    /// Money moved between processor and bank.
    Payout,
    /// A dispute.
    Dispute,
    /// A correction, or another movement on a processor's balance.
    Adjustment,
    /// A gift card sold outside an order.
    GiftCard,
}

impl ClaimClass {
    /// All classes.
    pub const ALL: [Self; 10] = [
        Self::Sale,
        Self::Credit,
        Self::CreditUnmatched,
        Self::Refund,
        Self::Payment,
        Self::Fee,
        Self::Payout,
        Self::Dispute,
        Self::Adjustment,
        Self::GiftCard,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Credit => "credit",
            Self::CreditUnmatched => "credit_unmatched",
            Self::Refund => "refund",
            Self::Payment => "payment",
            Self::Fee => "fee",
            Self::Payout => "payout",
            Self::Dispute => "dispute",
            Self::Adjustment => "adjustment",
            Self::GiftCard => "gift_card",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }
}

/// Where a claimed amount went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// Into this document.
    Document(BusinessKey),
    /// Into the journal of this summary subject.
    Summarised(Subject),
    /// Nowhere yet: a person has to decide.
    Held(ReasonCode),
    /// Nowhere, by rule.
    Excluded(ReasonCode),
    /// Nowhere yet: something is still to come.
    Pending(ReasonCode),
}

/// Something a person has to look at. A hold that names a claim with outcome
/// [`ClaimOutcome::Document`] is a warning: the document stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The reason.
    pub code: ReasonCode,
    /// What is wrong, with the numbers.
    pub detail: String,
    /// The amount at stake.
    pub amount: Option<Money>,
    /// Key of the claim it is about.
    pub claim: Option<String>,
}

/// One document's share in a summary journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// The summary, key `<source>/<channel>/<date>`.
    pub summary: Subject,
    /// Key of the contributing subject.
    pub item: String,
    /// Key of the contributing claim, unique within the item. Where one document answers two
    /// claims, the first of them.
    pub claim: String,
    /// The posting date.
    pub date: BusinessDate,
    /// The currency.
    pub currency: Currency,
    /// Debits and credits, merged per account, location and class, adding up to zero.
    pub postings: Vec<Share>,
    /// Sum of the claims that the document answers, minor units, signed.
    pub amount_minor: i64,
}
