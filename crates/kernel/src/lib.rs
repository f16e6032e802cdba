//! Words of the business: money, ids, clocks, facts, documents, postings, reason codes.
//!
//! Everything here is a value. No clock, no randomness, no I/O; binary floats never occur.

pub mod currency;
pub mod decimal;
pub mod document;
pub mod envelope;
pub mod fact;
pub mod id;
pub mod key;
pub mod money;
pub mod reason;
pub mod time;
pub mod validate;

pub use currency::{Currencies, Currency, MoneyConvention};
pub use document::{
    AccountType, Document, DocumentKind, DocumentLine, DocumentLink, Posting, Reference,
    ReferenceKey, ReferenceKind, Share,
};
pub use fact::{
    Adjustment, Conversion, Customer, Dispute, Edit, Fact, FactBody, Fee, Fulfilment, GiftCard,
    Grant, LineKind, Order, OrderLine, Payment, PaymentReturn, Payout, PayoutEntry, Refund,
    SellerShare, Service, Settlement, TaxLine, WriteOff,
};
pub use id::Id;
pub use key::{BusinessKey, EconomicKey, SourceName, Subject, SubjectKind};
pub use money::{Money, MoneyError};
pub use reason::{ReasonClass, ReasonCode};
pub use rust_decimal::Decimal;
pub use time::{AsOf, BusinessDate, Closing, EventTime, KnownAt, PostingDate, Timestamp};
