//! Orders of a known number of ledger objects, made where they are needed.

use bytes::Bytes;
use kernel::{
    BusinessDate, Currency, Customer, Decimal, EconomicKey, EventTime, Fact, FactBody, LineKind,
    Order, OrderLine, Payment, SourceName, Subject, SubjectKind, Timestamp,
};
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, SignatureState, SourceManifest,
};

/// The name of the connection.
pub const NAME: &str = "bench:shop";

/// How many objects an order becomes in the ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sales receipt; the customer is the channel.
    OneEntity,
    /// A customer of its own, an invoice and a payment.
    ThreeEntities,
}

/// A source whose deliveries hold the number of an order and nothing else.
pub struct Orders(pub Kind);

static MANIFEST: SourceManifest = SourceManifest {
    kind: "bench",
    title: "Numbered orders",
    body_bytes_max: 20,
    answers: Answers::USUAL,
};

/// The delivery of order `n`.
pub fn delivery(n: u64, received_at: Timestamp) -> RawDelivery {
    RawDelivery { headers: Vec::new(), body: Bytes::from(n.to_string()), received_at }
}

impl EventSource for Orders {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        NAME
    }

    fn accept(&self, _: &RawDelivery) -> Result<SignatureState, Refusal> {
        Ok(SignatureState::Unsigned)
    }

    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        String::from_utf8_lossy(&delivery.body).into_owned()
    }

    fn topic(&self, _: &RawDelivery) -> String {
        "order".to_owned()
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let text = String::from_utf8_lossy(&delivery.body);
        match text.parse() {
            Ok(n) => Normalised { facts: self.facts(n).into(), ..Normalised::default() },
            Err(_) => Normalised { ignored: Some("no number".to_owned()), ..Normalised::default() },
        }
    }
}

impl Orders {
    fn facts(&self, n: u64) -> [Fact; 2] {
        let own = self.0 == Kind::ThreeEntities;
        // 2026-01-01 and the thirty days after it.
        let date = BusinessDate::from_days(20_454 + i32::try_from(n % 31).unwrap_or(0));
        let at = Timestamp::from_seconds(i64::from(date.days()) * 86_400 + 43_200);
        let minor = 1_000 + i64::try_from(n % 9_000).unwrap_or(0);
        let currency = Currency::USD;
        let order = Order {
            number: n.to_string(),
            placed_at: at,
            business_date: date,
            currency,
            channel: "web".to_owned(),
            customer: own
                .then(|| Customer { id: n.to_string(), name: format!("Buyer number {n:07}") }),
            lines: vec![OrderLine {
                id: "1".to_owned(),
                kind: LineKind::Goods,
                sku: "SKU-1".to_owned(),
                title: "Goods".to_owned(),
                quantity: Decimal::ONE,
                unit_price: Decimal::new(minor, 2),
                gross_minor: minor,
                discount_minor: 0,
            }],
            taxes: Vec::new(),
            tax_included: false,
            rounding_minor: 0,
            total_minor: minor,
            paid_at_checkout: !own,
            test: false,
            draft: false,
            credit: false,
            changed_on: None,
        };
        let payment = Payment {
            processor: "stripe".to_owned(),
            payment_id: format!("p{n}"),
            amount_minor: minor,
            currency,
            business_date: date,
            test: false,
        };
        let fact = |key: String, body| Fact {
            source: SourceName::new(NAME),
            subject: Subject::new(SubjectKind::Sale, format!("{NAME}/order/{n}")),
            key: EconomicKey::new(key),
            version: 0,
            occurred_at: EventTime(at),
            body,
        };
        [
            fact(format!("{NAME}/order/{n}"), FactBody::OrderCreated(order)),
            fact(format!("stripe/p{n}/capture"), FactBody::PaymentCaptured(payment)),
        ]
    }
}
