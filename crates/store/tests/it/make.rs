//! Small valid things to store.

use bytes::Bytes;
use kernel::fact::{Adjustment, Fact, FactBody};
use kernel::{
    BusinessDate, BusinessKey, Currency, Document, DocumentKind, DocumentLine, EconomicKey,
    EventTime, Id, SourceName, Subject, SubjectKind, Timestamp,
};
use ports::RawDelivery;
use store::delivery::NewDelivery;
use store::document::DocRow;
use store::fact::NewFact;
use store::item::Touch;

/// The lane of all cases.
pub const LANE: &str = "acme/books";

/// Id number `n`; ids order as their numbers.
pub fn id(n: u64) -> Id {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Id(bytes)
}

/// `n` microseconds after the epoch.
pub fn at(n: i64) -> Timestamp {
    Timestamp(n)
}

/// `n` days after the epoch.
pub fn day(n: i32) -> BusinessDate {
    BusinessDate::from_days(n)
}

/// United States dollars.
pub fn usd() -> Currency {
    "USD".parse().unwrap()
}

/// A business key.
pub fn key(text: &str) -> BusinessKey {
    BusinessKey::new(text)
}

/// The sale of order `number`.
pub fn sale(number: &str) -> Subject {
    Subject::new(SubjectKind::Sale, format!("shop/order/{number}"))
}

/// A delivery from `shop`, equal for redeliveries by `dedupe`.
pub fn delivery(n: u64, dedupe: &str) -> NewDelivery {
    let body = format!("{{\"n\":\"{n}\"}}");
    NewDelivery {
        id: id(n),
        source: "shop".to_owned(),
        dedupe: dedupe.to_owned(),
        topic: "orders/create".to_owned(),
        raw: RawDelivery {
            headers: vec![("x-topic".to_owned(), "orders/create \"é\"".to_owned())],
            body: Bytes::from(body),
            received_at: at(1_000),
        },
        sha256: [7; 32],
        signature: "valid",
        note: String::new(),
    }
}

/// A fact about `subject` under economic key `economic`, in version `version`.
pub fn fact(n: u64, subject: Subject, economic: &str, version: i64) -> NewFact {
    let fact = Fact {
        source: SourceName::new("shop"),
        subject,
        key: EconomicKey::new(economic),
        version,
        occurred_at: EventTime(at(900)),
        body: FactBody::AdjustmentRecorded(Adjustment {
            adjustment_id: "a1".to_owned(),
            reason: "goodwill".to_owned(),
            channel: "default".to_owned(),
            amount_minor: -250,
            currency: usd(),
            business_date: day(20_000),
        }),
    };
    let body = serde_json::to_string(&fact).unwrap();
    let leaf = *tlog::leaf_hash(body.as_bytes()).as_bytes();
    NewFact { id: id(n), delivery: id(1), place: "lines 5-9".to_owned(), fact, body, leaf }
}

/// New knowledge about the sale of order `number`.
pub fn touch(n: u64, number: &str) -> Touch {
    Touch {
        id: id(n),
        subject: sale(number),
        number: number.to_owned(),
        customer: "shop/c1".to_owned(),
        is_credit: false,
        is_faulty: false,
    }
}

/// A document of one line with a total in cents.
pub fn document(name: &str, kind: DocumentKind, total_minor: i64) -> Document {
    let line = DocumentLine {
        item: Some("Goods".to_owned()),
        account: "Sales".to_owned(),
        description: "Tea".to_owned(),
        quantity: None,
        unit_price: None,
        amount_minor: total_minor,
        customer: None,
        class: None,
        location: None,
    };
    Document {
        key: key(name),
        kind,
        date: day(20_000),
        currency: usd(),
        rate: None,
        number: Some(format!("N-{name}")),
        customer: None,
        location: None,
        lines: vec![line],
        account: "Clearing".to_owned(),
        counter_account: None,
        links: Vec::new(),
        memo: format!("Order {name}"),
        total_minor,
    }
}

/// A sales receipt of item 1, ready at `due`.
pub fn receipt(name: &str, due: i64) -> DocRow {
    DocRow::new(LANE, id(1), document(name, DocumentKind::SalesReceipt, 1_000), at(due))
}

/// The keys of rows, in their order.
pub fn keys(rows: &[DocRow]) -> Vec<&str> {
    rows.iter().map(|r| r.key.as_str()).collect()
}
