//! What an event code means to the books (sources-and-cases.md A6, A10).

/// A movement, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Authorised,
    Captured,
    CaptureFailed,
    /// An authorisation that will not be captured.
    Voided,
    /// `modification.action` says which.
    VoidedOrRefunded,
    Refunded,
    RefundFailed,
    DisputeOpened,
    DisputeWon,
    DisputeLost,
    /// Lost when `disputeStatus` says so.
    DefenceEnded,
    /// Known, and no money of its own.
    Nothing(&'static str),
    /// Known to move money for which there is no rule, or not known at all.
    Unknown,
}

/// Codes beside those of payments, refunds and disputes, and why nothing moves.
const NOTHING: &[(&str, &str)] = &[
    ("AUTHORISATION_ADJUSTMENT", "another amount is reserved: the capture tells what moves"),
    ("AUTORESCUE", "a payment is tried again: its authorisation is told itself"),
    ("CANCEL_AUTORESCUE", "a payment is not tried again: nothing moved"),
    ("DISABLE_RECURRING", "a stored payment method: no money"),
    ("HANDLED_EXTERNALLY", "a payment handled elsewhere: nothing moved here"),
    ("INFORMATION_SUPPLIED", "papers of a dispute: no money"),
    ("ISSUER_COMMENTS", "papers of a dispute: no money"),
    ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", "a deadline of a dispute: no money"),
    ("MANUAL_REVIEW_ACCEPT", "a risk decision: the payment tells the money"),
    ("MANUAL_REVIEW_REJECT", "a risk decision: the payment tells the money"),
    ("NOTIFICATION_OF_CHARGEBACK", "a chargeback announced: CHARGEBACK tells when money is gone"),
    ("NOTIFICATION_OF_FRAUD", "a report of fraud: no money"),
    ("OFFER_CLOSED", "an offer that nobody paid: no money"),
    ("ORDER_CLOSED", "several payments for one order: each is told itself"),
    ("ORDER_OPENED", "several payments for one order: each is told itself"),
    ("PAYOUT_DECLINE", "a payout to a shopper that was not made: nothing moved"),
    ("PAYOUT_EXPIRE", "a payout to a shopper that was not made: nothing moved"),
    ("PENDING", "a payment still pending: its end is told again"),
    ("POSTPONED_REFUND", "a refund that waits for its capture: it is told when it is made"),
    ("PREARBITRATION_ACCEPTED", "a step of a dispute: its money is told by itself"),
    ("PREARBITRATION_DECLINED", "a step of a dispute: its money is told by itself"),
    ("PREARBITRATION_ISSUER_WITHDRAWN", "a step of a dispute: its money is told by itself"),
    ("PREARBITRATION_OPEN", "a step of a dispute: its money is told by itself"),
    ("RECURRING_CONTRACT", "a stored payment method: no money"),
    ("REPORT_AVAILABLE", "a report to fetch: hand over the settlement details report itself"),
    ("REQUEST_FOR_INFORMATION", "an inquiry: no money moved (case 129)"),
    ("SCHEME_ARBITRATION", "a step of a dispute: its money is told by itself"),
];

/// The meaning of `code`.
pub fn of(code: &str) -> Meaning {
    match code {
        "AUTHORISATION" => Meaning::Authorised,
        "CAPTURE" => Meaning::Captured,
        "CAPTURE_FAILED" => Meaning::CaptureFailed,
        "CANCELLATION" | "TECHNICAL_CANCEL" | "EXPIRE" => Meaning::Voided,
        "CANCEL_OR_REFUND" => Meaning::VoidedOrRefunded,
        "REFUND" | "REFUND_WITH_DATA" => Meaning::Refunded,
        "REFUND_FAILED" | "REFUNDED_REVERSED" => Meaning::RefundFailed,
        "CHARGEBACK" => Meaning::DisputeOpened,
        "CHARGEBACK_REVERSED" | "PREARBITRATION_WON" | "SCHEME_ARBITRATION_WON" => {
            Meaning::DisputeWon
        }
        "SECOND_CHARGEBACK" | "PREARBITRATION_LOST" | "SCHEME_ARBITRATION_LOST" => {
            Meaning::DisputeLost
        }
        "DISPUTE_DEFENSE_PERIOD_ENDED" => Meaning::DefenceEnded,
        other => {
            let known = NOTHING.iter().find(|(name, _)| *name == other);
            known.map_or(Meaning::Unknown, |(_, why)| Meaning::Nothing(why))
        }
    }
}
