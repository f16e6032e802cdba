//! The facts that an order system of one's own tells of each step.

use crate::content::{Content, Line, SHIPPING, Tender, Ware};
use crate::plan::{Course, Gateway, Plan, Step, World};
use crate::reference::{self, Of};
use crate::refund::Refund as Back;
use kernel::fact::Cancellation;
use kernel::{
    BusinessDate, Customer, Decimal, EconomicKey, EventTime, Fact, FactBody, Fulfilment, GiftCard,
    LineKind, Order, OrderLine, Payment, Refund, SourceName, Subject, SubjectKind, TaxLine,
    Timestamp,
};

/// An order with what is known of it.
struct Story<'w> {
    world: &'w World,
    plan: Plan,
    source: String,
    /// Key of the order within its system.
    order: String,
    at: Timestamp,
}

/// What is told of `step`, at least one fact.
pub fn of(world: &World, index: u32, step: Step, at: Timestamp) -> Vec<Fact> {
    let plan = Plan::of(world, index);
    let source = crate::shape::sources(&world.shape).orders;
    let story = Story { world, plan, source, order: format!("order/{}", plan.number()), at };
    let content = Content::of(world, &plan);
    let placed = Timestamp::from_seconds(plan.placed);
    match step {
        Step::Created => {
            let first = story.order(&Content::version(world, &plan, true), None);
            vec![story.fact(&story.order, placed.0, FactBody::OrderCreated(first))]
        }
        Step::Stale => {
            let first = story.order(&Content::version(world, &plan, true), None);
            vec![story.fact(&story.order, placed.0, FactBody::OrderUpdated(first))]
        }
        Step::Edited => vec![story.updated(&content)],
        Step::Updated => vec![story.updated(&content), story.fulfilled()],
        Step::Cancelled => vec![story.updated(&content), story.cancelled()],
        Step::Paid | Step::PaidEdited => vec![story.paid(&content, 0)],
        Step::PaidSecond | Step::PaidSecondEdited => vec![story.paid(&content, 1)],
        Step::Voided => {
            let (key, payment) = story.payment(content.tenders(world, &plan)[0], Of::Payment(0));
            vec![story.fact(&key, 0, FactBody::PaymentVoided(payment))]
        }
        Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => vec![story.refunded(&content)],
        _ => unreachable!("{step:?} is told by somebody else, or not as a fact"),
    }
}

/// An event of a type that is not canonical.
pub fn unknown(world: &World, index: u32, id: &str, at: Timestamp) -> Vec<u8> {
    let source = crate::shape::sources(&world.shape).orders;
    let event = serde_json::json!({
        "specversion": "1.0", "id": id, "source": source, "type": "example.StockCounted.v1",
        "time": at.to_string(), "data": {"counted": index},
    });
    event.to_string().into_bytes()
}

impl Story<'_> {
    fn fact(&self, key: &str, version: i64, body: FactBody) -> Fact {
        Fact {
            source: SourceName::new(self.source.as_str()),
            subject: Subject::new(SubjectKind::Sale, self.order.as_str()),
            key: EconomicKey(key.to_owned()),
            version,
            occurred_at: EventTime(self.at),
            body,
        }
    }

    fn day(&self, at: Timestamp) -> BusinessDate {
        at.date_in(self.world.calendar.zone())
    }

    fn updated(&self, content: &Content) -> Fact {
        let order = self.order(content, Some(self.day(self.at)));
        self.fact(&self.order, self.at.0, FactBody::OrderUpdated(order))
    }

    fn cancelled(&self) -> Fact {
        let business_date = self.day(self.at);
        let body = Cancellation { business_date, reason: "customer".to_owned() };
        let key = format!("{}/cancellation", self.order);
        self.fact(&key, self.at.0, FactBody::OrderCancelled(body))
    }

    fn fulfilled(&self) -> Fact {
        let body = Fulfilment {
            fulfilment_id: "1".to_owned(),
            currency: self.world.shape.currency,
            business_date: self.day(self.at),
            lines: Vec::new(),
            taxes: Vec::new(),
        };
        let key = format!("{}/{}/parcel/1", self.source, self.order);
        self.fact(&key, self.at.0, FactBody::OrderFulfilled(body))
    }

    fn order(&self, content: &Content, changed_on: Option<BusinessDate>) -> Order {
        let (plan, placed) = (&self.plan, Timestamp::from_seconds(self.plan.placed));
        let lines = content.lines.iter().enumerate();
        let mut lines: Vec<_> = lines.map(|(n, line)| self.line(n, line)).collect();
        let method = SHIPPING[content.shipping_method].0;
        let extra = [
            ("shipping", LineKind::Shipping, method, content.shipping),
            ("tip", LineKind::Tip, "Tip", content.tip),
        ];
        let extra = extra.into_iter().filter(|(.., amount)| *amount != 0);
        lines.extend(extra.map(|(id, kind, title, amount)| self.piece(id, kind, title, amount)));
        Order {
            number: plan.number().to_string(),
            placed_at: placed,
            business_date: self.day(placed),
            currency: self.world.shape.currency,
            channel: "web".to_owned(),
            customer: Some(Customer {
                id: plan.customer().to_string(),
                name: format!("Customer {:06}", plan.customer()),
            }),
            lines,
            taxes: taxes(content),
            tax_included: content.is_included,
            rounding_minor: 0,
            total_minor: content.stated,
            paid_at_checkout: true,
            test: plan.course == Course::Test,
            draft: false,
            credit: false,
            changed_on,
        }
    }

    fn major(&self, minor: i64) -> Decimal {
        Decimal::new(minor, self.world.exponent)
    }

    fn line(&self, n: usize, line: &Line) -> OrderLine {
        let (kind, sku, title) = match line.ware {
            Ware::Product(p) => {
                (LineKind::Goods, format!("TT-{:04}", p.id), format!("{} {}", p.material, p.noun))
            }
            Ware::GiftCard => (LineKind::GiftCard, "GIFT".to_owned(), "Gift Card".to_owned()),
        };
        OrderLine {
            id: n.to_string(),
            kind,
            sku,
            title,
            quantity: Decimal::from(line.quantity),
            unit_price: self.major(line.price),
            gross_minor: line.gross,
            discount_minor: line.discount,
        }
    }

    fn piece(&self, id: &str, kind: LineKind, title: &str, amount: i64) -> OrderLine {
        OrderLine {
            id: id.to_owned(),
            kind,
            sku: String::new(),
            title: title.to_owned(),
            quantity: Decimal::ONE,
            unit_price: self.major(amount),
            gross_minor: amount,
            discount_minor: 0,
        }
    }

    /// A payment with its key: the processor's where it gives an id, else one of this order.
    fn payment(&self, tender: Tender, of: Of) -> (String, Payment) {
        let processor = self.world.processor(tender.gateway);
        let given = reference::reference(self.world, &self.plan, tender.gateway, of);
        let (n, word) = match of {
            Of::Payment(n) | Of::Capture(n) => (n, "capture"),
            Of::Refund => (0, "refund"),
            Of::Dispute => (0, "dispute"),
        };
        let own = format!("{}/{}/{word}/{n}", self.source, self.order);
        let key = match (&given, tender.gateway) {
            (Some(id), Gateway::Processor | Gateway::Other) => format!("{processor}/{id}/{word}"),
            _ => own.clone(),
        };
        let payment = Payment {
            processor: processor.to_owned(),
            payment_id: given.unwrap_or(own),
            amount_minor: tender.amount,
            currency: self.world.shape.currency,
            business_date: self.day(self.at),
            test: self.plan.course == Course::Test,
        };
        (key, payment)
    }

    fn paid(&self, content: &Content, n: usize) -> Fact {
        let tender = content.tenders(self.world, &self.plan)[n];
        let (key, payment) = self.payment(tender, Of::Payment(n));
        let body = match (self.plan.course, tender.gateway) {
            (Course::Unpaid | Course::Cancelled, _) => FactBody::PaymentAuthorised(payment),
            (_, Gateway::GiftCard) => FactBody::GiftCardRedeemed(GiftCard {
                amount_minor: payment.amount_minor,
                currency: payment.currency,
                business_date: payment.business_date,
                processor: payment.processor,
                card_id: format!("card-{}", self.plan.index),
            }),
            _ => FactBody::PaymentCaptured(payment),
        };
        self.fact(&key, 0, body)
    }

    fn refunded(&self, content: &Content) -> Fact {
        let back = Back::of(self.world, &self.plan, content).expect("what is refunded was paid");
        let (key, payment) = self.payment(back.tender, Of::Refund);
        let is_free = back.tender.amount == 0;
        // Amounts of a refund are without tax.
        let net = |net: i64, tax: i64| if content.is_included { net - tax } else { net };
        let mut lines = Vec::new();
        for line in &back.lines {
            let of = self.line(line.line, &content.lines[line.line]);
            lines.push(OrderLine {
                quantity: Decimal::from(line.quantity),
                gross_minor: net(line.net, line.tax),
                discount_minor: 0,
                ..of
            });
        }
        let mut tax: i64 = back.lines.iter().map(|l| l.tax).sum();
        if let Some((shipping, its_tax)) = back.shipping {
            let amount = net(shipping, its_tax);
            lines.push(self.piece("shipping", LineKind::Shipping, "Shipping", amount));
            tax += its_tax;
        }
        let parts = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let whole = TaxLine {
            jurisdiction: "Tax".to_owned(),
            rate: None,
            base_minor: None,
            amount_minor: tax,
            parts,
            marketplace: false,
        };
        let body = Refund {
            refund_id: format!("R{}", self.plan.number()),
            currency: self.world.shape.currency,
            business_date: self.day(self.at),
            lines,
            taxes: if tax == 0 { Vec::new() } else { vec![whole] },
            payments: if is_free { Vec::new() } else { vec![payment] },
            total_minor: back.tender.amount,
            test: false,
        };
        self.fact(&key, 0, FactBody::RefundIssued(body))
    }
}

/// The taxes of an order by their rates.
fn taxes(content: &Content) -> Vec<TaxLine> {
    let taxed = || content.lines.iter().filter(|l| l.is_taxed());
    let mut found = Vec::new();
    for (n, (name, rate)) in content.place.rates.iter().enumerate() {
        let is_shipping_taxed = content.place.is_shipping_taxed && content.shipping > 0;
        let shipping = if is_shipping_taxed { content.shipping } else { 0 };
        let goods: i64 = taxed().map(Line::net).sum();
        found.push(TaxLine {
            jurisdiction: (*name).to_owned(),
            rate: Some(Decimal::new(*rate, 6).normalize()),
            base_minor: (!content.is_included).then_some(goods + shipping),
            amount_minor: taxed().map(|l| l.taxes[n]).sum::<i64>() + content.shipping_taxes[n],
            parts: u32::try_from(taxed().count()).unwrap_or(u32::MAX)
                + u32::from(is_shipping_taxed),
            marketplace: false,
        });
    }
    found.retain(|t| t.amount_minor != 0);
    found
}
