//! Every code of quickbooks.md §7 as data.

use kernel::ReasonCode;
use ports::FaultClass;

/// How a write ends under a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Refused; the class says what next.
    Refused,
    /// No statement about the write: it is asked again under the same request id. Used for
    /// failures of the service itself (130, 150, 10000), which quickbooks.md §7 wants repeated
    /// with the same request id and which nobody has shown to come before any effect.
    Unknown,
    /// The request limit was hit.
    Throttled,
    /// The connection needs a person.
    Disconnected,
}

/// What a code means to Tieout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// How a write ends.
    pub ending: Ending,
    /// What to do about a refusal.
    pub class: FaultClass,
    /// The reason code.
    pub code: ReasonCode,
    /// Text safe for logs.
    pub summary: &'static str,
}

const fn row(class: FaultClass, code: ReasonCode, summary: &'static str) -> Entry {
    Entry { ending: Ending::Refused, class, code, summary }
}

const fn gone(code: ReasonCode, summary: &'static str) -> Entry {
    Entry { ending: Ending::Disconnected, class: Structural, code, summary }
}

const fn doubt(code: ReasonCode, summary: &'static str) -> Entry {
    Entry { ending: Ending::Unknown, class: Transient, code, summary }
}

use FaultClass::{Ambiguous, Stale, Structural, Transient};
use ReasonCode as R;

/// First code, last code (both included) and meaning. The first row that covers a code wins, so
/// single codes stand before the ranges around them.
pub const CATALOGUE: &[(u32, u32, Entry)] = &[
    (100, 100, gone(R::AuthorisationRevoked, "authentication failed")),
    (110, 110, gone(R::AuthorisationRevoked, "authentication failed")),
    (
        120,
        120,
        gone(R::AuthorisationRevoked, "the connecting user lost the right to use the company"),
    ),
    (130, 130, doubt(R::UpstreamUnavailable, "the company is served elsewhere right now")),
    (140, 140, row(Transient, R::UpstreamUnavailable, "the company is locked")),
    (150, 150, doubt(R::UpstreamUnavailable, "the company is under maintenance")),
    (400, 400, row(Structural, R::ValueInvalid, "the request is malformed")),
    (500, 500, row(Structural, R::ValueInvalid, "the operation is not supported")),
    (600, 600, row(Ambiguous, R::OutcomeUnknown, "the request id was used before")),
    (610, 610, row(Structural, R::MappingTargetInactive, "an object was deleted or made inactive")),
    (620, 620, row(Structural, R::LinkedTransactionLocked, "the transaction cannot be linked")),
    (630, 630, row(Structural, R::BusinessValidation, "the object exists already")),
    (700, 700, row(Structural, R::BusinessValidation, "the object has an unsuitable parent")),
    (800, 800, row(Structural, R::LinkedTransactionLocked, "other objects depend on this one")),
    (900, 900, row(Structural, R::BusinessValidation, "the object has an unsuitable parent")),
    (1000, 1000, row(Ambiguous, R::OutcomeUnknown, "the operation failed without a reason")),
    (1010, 1010, row(Ambiguous, R::OutcomeUnknown, "the operation failed without a reason")),
    (1020, 1020, row(Ambiguous, R::OutcomeUnknown, "the operation failed without a reason")),
    (1040, 1040, row(Structural, R::BatchLimit, "the batch holds too many items")),
    (1050, 1050, row(Structural, R::ValueInvalid, "the request body is invalid")),
    (2000, 2000, row(Structural, R::ValueInvalid, "the request body is invalid")),
    (2010, 2010, row(Structural, R::ValueInvalid, "the request holds an unknown property")),
    (2020, 2020, row(Structural, R::FieldMissing, "a required field is missing")),
    (2030, 2030, row(Structural, R::ValueInvalid, "an id is not a valid number")),
    (2040, 2040, row(Structural, R::ValueInvalid, "a text has characters QuickBooks cannot store")),
    (2050, 2050, row(Structural, R::ValueInvalid, "a text is too short or too long")),
    (2090, 2090, row(Structural, R::ValueInvalid, "a number has an unsupported value")),
    (2130, 2130, row(Structural, R::ValueInvalid, "the request id is malformed")),
    (2170, 2170, row(Structural, R::ValueInvalid, "a field has a value QuickBooks does not know")),
    (2060, 2160, row(Structural, R::ValueInvalid, "a date or number has a wrong format")),
    (2180, 2240, row(Structural, R::ValueInvalid, "a value is outside its range or format")),
    (2250, 2250, row(Structural, R::FieldMissing, "the document has no lines")),
    (2260, 2260, row(Structural, R::FieldMissing, "a journal line has no posting type")),
    (2280, 2280, row(Structural, R::TaxUnmapped, "a tax field is used wrongly")),
    (2290, 2290, row(Structural, R::ValueInvalid, "a negative amount stands where none may")),
    (2300, 2300, row(Structural, R::LinesDoNotSum, "debits and credits differ")),
    (2390, 2390, row(Structural, R::ItemUnmapped, "an item has no income account")),
    (
        2500,
        2500,
        row(Structural, R::MappingTargetInactive, "a referenced object is missing or inactive"),
    ),
    (3000, 3000, row(Structural, R::ValueInvalid, "a custom field is invalid")),
    (
        3001,
        3001,
        Entry {
            ending: Ending::Throttled,
            class: Transient,
            code: R::RateLimited,
            summary: "the request limit was reached",
        },
    ),
    (3100, 3100, gone(R::AuthorisationRevoked, "the app may not use this company")),
    (3200, 3200, row(Transient, R::AccessTokenExpired, "the access token is not accepted")),
    (3202, 3202, gone(R::AuthorisationRevoked, "the connecting user may not use this company")),
    (4000, 4000, row(Structural, R::ValueInvalid, "the query cannot be parsed")),
    (4001, 4001, row(Structural, R::ValueInvalid, "the query is invalid")),
    (4002, 4002, row(Transient, R::UpstreamUnavailable, "the query could not be processed")),
    (5010, 5010, row(Stale, R::StaleObject, "the object was changed in QuickBooks meanwhile")),
    (5020, 5020, row(Structural, R::BusinessValidation, "the connecting user lacks a permission")),
    (5030, 5030, row(Structural, R::BusinessValidation, "the subscription lacks this feature")),
    (
        6000,
        6000,
        row(Structural, R::BusinessValidation, "a business rule of QuickBooks refuses it"),
    ),
    (6010, 6010, row(Structural, R::AccountUnmapped, "account type and subtype do not fit")),
    (6070, 6070, row(Structural, R::LinesDoNotSum, "an amount is not quantity times price")),
    (6080, 6080, row(Structural, R::FieldMissing, "a name is missing")),
    (6090, 6090, row(Structural, R::FieldMissing, "a discount line is incomplete")),
    (6100, 6100, row(Structural, R::TaxUnmapped, "a line's tax code is not TAX or NON")),
    (6140, 6140, row(Ambiguous, R::DocumentNumberUsed, "the document number is already used")),
    (6150, 6150, row(Structural, R::BusinessValidation, "the object has an unsuitable parent")),
    (6160, 6160, row(Structural, R::TaxUnmapped, "a tax code is used wrongly")),
    (6170, 6170, row(Structural, R::TaxUnmapped, "tax detail stands where none may")),
    (6180, 6180, row(Structural, R::BusinessValidation, "list objects are nested too deeply")),
    (6190, 6190, gone(R::SubscriptionInvalid, "the company's subscription ended or is unpaid")),
    (
        6200,
        6200,
        row(Structural, R::LedgerPeriodClosed, "the books are closed for the date of this entry"),
    ),
    (
        6210,
        6210,
        row(Structural, R::LedgerPeriodClosed, "the books are closed for the date of this entry"),
    ),
    (6220, 6220, row(Structural, R::LinkedTransactionLocked, "the object still has a balance")),
    (6230, 6230, row(Structural, R::TaxUnmapped, "a tax code is used wrongly")),
    (6240, 6240, row(Ambiguous, R::NameUsed, "the name is already used")),
    (6270, 6270, row(Structural, R::ValueInvalid, "the date is before the inventory start date")),
    (
        6430,
        6430,
        row(Structural, R::AccountUnmapped, "an account has a type that does not fit here"),
    ),
    (6440, 6440, row(Structural, R::AccountUnmapped, "a line lacks its item or account")),
    (
        6450,
        6450,
        row(Structural, R::LinkedTransactionLocked, "a settled card payment cannot be voided"),
    ),
    (6470, 6470, row(Structural, R::TaxUnmapped, "a tax code is used wrongly")),
    (
        6480,
        6480,
        row(Structural, R::LinkedTransactionLocked, "the transaction is matched to the bank"),
    ),
    (6520, 6520, row(Structural, R::FieldMissing, "an inventory quantity is missing")),
    (6530, 6530, row(Structural, R::ValueInvalid, "a raw card number was sent")),
    (
        6540,
        6540,
        row(Structural, R::LinkedTransactionLocked, "the transaction is part of a deposit"),
    ),
    (10_000, 10_000, doubt(R::OutcomeUnknown, "an application error inside QuickBooks")),
    (10_100, 10_100, row(Structural, R::BatchLimit, "the result is too large")),
    (10_200, 10_200, gone(R::AuthorisationRevoked, "the company was reset")),
];

/// The meaning of `code` as QuickBooks writes it (`6140`, `003200`). Codes the catalogue does not
/// have are a structural refusal: a person reads the raw fault.
pub fn entry(code: &str) -> Entry {
    let number = code.parse::<u32>().ok();
    number
        .and_then(|n| CATALOGUE.iter().find(|(first, last, _)| (*first..=*last).contains(&n)))
        .map_or(
            row(Structural, R::BusinessValidation, "refused with a code Tieout does not know"),
            |(_, _, entry)| *entry,
        )
}
