//! Arbitrary but mostly sound facts from a list of numbers, which proptest can shrink.

use kernel::fact::{Cancellation, PayoutItems};
use kernel::time::EventTime;
use kernel::{
    BusinessDate, Conversion, Currency, Decimal, Dispute, EconomicKey, Edit, Fact, FactBody, Fee,
    Fulfilment, GiftCard, Grant, LineKind, Order, OrderLine, Payment, PaymentReturn, Payout,
    PayoutEntry, Refund, SellerShare, Service, Settlement, SourceName, Subject, SubjectKind,
    TaxLine, Timestamp, WriteOff,
};

pub const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Numbers to choose by; zeros once they run out.
pub struct Dice<'a>(pub std::slice::Iter<'a, u32>);

impl Dice<'_> {
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.next().copied().unwrap_or_default() % n
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == n - 1
    }

    fn amount(&mut self, max: u32) -> i64 {
        i64::from(self.below(max))
    }

    fn date(&mut self) -> BusinessDate {
        BusinessDate::from_days(20_450).plus_days(i32::try_from(self.below(9)).expect("below 9"))
    }
}

pub fn fact(subject: &Subject, key: &str, version: i64, body: FactBody) -> Fact {
    Fact {
        source: SourceName::new("test:shop"),
        subject: subject.clone(),
        key: EconomicKey::new(key),
        version,
        occurred_at: EventTime(NOW),
        body,
    }
}

fn line(dice: &mut Dice<'_>, id: usize, back: bool) -> OrderLine {
    const KINDS: [LineKind; 11] = [
        LineKind::Goods,
        LineKind::Goods,
        LineKind::Shipping,
        LineKind::GiftCard,
        LineKind::Tip,
        LineKind::Duty,
        LineKind::Fee,
        LineKind::Discount,
        LineKind::Bundle,
        LineKind::Component,
        LineKind::Other,
    ];
    let gross = dice.amount(10_000);
    let kinds = if dice.one_in(12) { 11 } else { 10 };
    let kind = KINDS[dice.below(kinds) as usize];
    let negative = back != (kind == LineKind::Discount) || dice.one_in(15);
    let sign = if negative { -1 } else { 1 };
    let discount = if dice.one_in(3) { dice.amount(10_000).min(gross) } else { 0 };
    OrderLine {
        id: id.to_string(),
        kind,
        sku: format!("S{}", dice.below(3)),
        title: String::new(),
        quantity: Decimal::from(sign * i64::from(1 + dice.below(5))),
        unit_price: Decimal::new(gross, 2),
        gross_minor: sign * gross,
        discount_minor: sign * discount,
    }
}

fn tax(dice: &mut Dice<'_>, sign: i64) -> TaxLine {
    TaxLine {
        jurisdiction: format!("J{}", dice.below(3)),
        rate: None,
        base_minor: None,
        amount_minor: sign * dice.amount(500),
        parts: 1,
        marketplace: dice.one_in(6),
    }
}

pub fn order(dice: &mut Dice<'_>) -> Order {
    let credit = dice.one_in(5);
    let sign = if credit { -1 } else { 1 };
    let lines: Vec<OrderLine> =
        (0..=dice.below(4)).map(|i| line(dice, i as usize, credit)).collect();
    let taxes: Vec<TaxLine> = (0..dice.below(3)).map(|_| tax(dice, sign)).collect();
    let tax_included = dice.one_in(4);
    let rounding = if dice.one_in(5) { dice.amount(5) - 2 } else { 0 };
    let net: i64 = lines.iter().map(OrderLine::net_minor).sum();
    let due: i64 = taxes.iter().filter(|t| !t.marketplace).map(|t| t.amount_minor).sum();
    let broken = i64::from(dice.one_in(20));
    Order {
        number: "1001".to_owned(),
        placed_at: NOW,
        business_date: dice.date(),
        currency: Currency::USD,
        channel: "web".to_owned(),
        customer: None,
        lines,
        taxes,
        tax_included,
        rounding_minor: rounding,
        total_minor: net + if tax_included { 0 } else { due } + rounding + broken,
        paid_at_checkout: !dice.one_in(3),
        test: dice.one_in(25),
        draft: dice.one_in(25),
        credit,
        changed_on: None,
    }
}

fn payment(dice: &mut Dice<'_>, id: String, amount_minor: i64) -> Payment {
    const TENDERS: [&str; 5] = ["stripe", "paypal", "gift_card", "store_credit", "unheard_of"];
    let rare = if dice.one_in(10) { 5 } else { 2 };
    Payment {
        processor: TENDERS[dice.below(rare) as usize].to_owned(),
        payment_id: id,
        amount_minor,
        currency: if dice.one_in(40) { Currency::EUR } else { Currency::USD },
        business_date: dice.date(),
        test: dice.one_in(30),
    }
}

fn refund(dice: &mut Dice<'_>, id: &str, order: &Order) -> Refund {
    let mut refund = Refund {
        refund_id: id.to_owned(),
        currency: Currency::USD,
        business_date: dice.date(),
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: Vec::new(),
        total_minor: 0,
        test: dice.one_in(25),
    };
    if dice.one_in(3) {
        refund.total_minor = if dice.one_in(2) { order.total_minor } else { dice.amount(5_000) };
    } else {
        refund.lines = (0..=dice.below(2)).map(|i| line(dice, i as usize, false)).collect();
        refund.taxes = (0..dice.below(2)).map(|_| tax(dice, 1)).collect();
        let lines: i64 = refund.lines.iter().map(OrderLine::net_minor).sum();
        refund.total_minor = lines + refund.taxes.iter().map(|t| t.amount_minor).sum::<i64>();
    }
    let mut left = refund.total_minor;
    for i in 0..dice.below(3) {
        let part = if i == 0 && dice.one_in(2) { left / 2 } else { left };
        left -= part;
        let mut given = payment(dice, format!("{id}-{i}"), part);
        (given.currency, given.test) = (Currency::USD, refund.test);
        refund.payments.push(given);
    }
    if !refund.payments.is_empty() && left != 0 {
        refund.payments[0].amount_minor += left;
    }
    refund
}

/// The facts of a sale.
pub fn sale(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    let subject = Subject::new(SubjectKind::Sale, "test:shop/order/1001");
    let mut facts = Vec::new();
    let mut push = |key: &str, version, body| facts.push(fact(&subject, key, version, body));
    let order = order(dice);
    if dice.one_in(4) {
        let older = self::order(dice);
        push("order", i64::from(dice.below(2)), FactBody::OrderUpdated(older));
    }
    if !dice.one_in(12) {
        push("order", 2, FactBody::OrderCreated(order.clone()));
    }
    if dice.one_in(8) {
        let business_date = dice.date();
        let cancelled = Cancellation { business_date, reason: "why".to_owned() };
        push("order", 3, FactBody::OrderCancelled(cancelled));
    }
    let mut left = order.total_minor;
    for i in 0..dice.below(4) {
        let part = if dice.one_in(3) { dice.amount(5_000) } else { left.max(0) };
        left -= part;
        let paid = payment(dice, format!("ch_{i}"), part);
        let key = format!("pay/{i}");
        match dice.below(12) {
            0 => push(&key, 0, FactBody::PaymentAuthorised(paid)),
            1 => push(&key, 0, FactBody::PaymentFailed(paid)),
            2 => push(
                &key,
                0,
                FactBody::GiftCardRedeemed(GiftCard {
                    card_id: key.clone(),
                    amount_minor: part,
                    currency: Currency::USD,
                    business_date: paid.business_date,
                    processor: String::new(),
                }),
            ),
            _ => push(&key, 0, FactBody::PaymentCaptured(paid)),
        }
    }
    for i in 0..dice.below(3) {
        let (id, key) = (format!("r{i}"), format!("refund/{i}"));
        let given = refund(dice, &id, &order);
        if dice.one_in(4) {
            push(&key, 1, FactBody::RefundFailed(given.clone()));
        }
        if !dice.one_in(10) {
            push(&key, 0, FactBody::RefundIssued(given));
        }
    }
    if dice.one_in(3) {
        let fee = Fee {
            processor: "stripe".to_owned(),
            reason: "processing".to_owned(),
            amount_minor: dice.amount(300) - 20,
            tax_minor: 0,
            currency: Currency::USD,
            business_date: dice.date(),
            of: None,
        };
        push("fee/1", 0, FactBody::FeeCharged(fee));
    }
    (subject, facts)
}

/// The facts of a payout.
pub fn payout(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    const CATEGORIES: [&str; 7] =
        ["charge", "refund", "fee", "dispute", "reserve", "adjustment", "mystery"];
    let subject = Subject::new(SubjectKind::Payout, "test:stripe/po_1");
    let rare = if dice.one_in(8) { 7 } else { 6 };
    let entries: Vec<PayoutEntry> = (0..dice.below(6))
        .map(|i| PayoutEntry {
            id: i.to_string(),
            category: CATEGORIES[dice.below(rare) as usize].to_owned(),
            gross_minor: dice.amount(20_000) - 5_000,
            fee_minor: dice.amount(300) - 20,
            fee_tax_minor: dice.amount(20),
            of: dice.one_in(3).then(|| EconomicKey::new("stripe/x")),
        })
        .collect();
    let net: i64 = entries.iter().map(PayoutEntry::net_minor).sum();
    let paid = Payout {
        processor: "stripe".to_owned(),
        payout_id: "po_1".to_owned(),
        amount_minor: net + i64::from(dice.one_in(8)),
        currency: Currency::USD,
        business_date: dice.date(),
        itemised: true,
        destination: String::new(),
    };
    let items = PayoutItems {
        processor: "stripe".to_owned(),
        payout_id: "po_1".to_owned(),
        currency: Currency::USD,
        entries,
    };
    let mut facts = Vec::new();
    if dice.one_in(6) {
        facts.push(fact(&subject, "po_1/failed", 0, FactBody::PayoutFailed(paid.clone())));
    }
    if !dice.one_in(8) {
        facts.push(fact(&subject, "po_1", 0, FactBody::PayoutPaid(paid)));
    }
    if !dice.one_in(4) {
        facts.push(fact(&subject, "po_1/items", 0, FactBody::PayoutItemised(items)));
    }
    (subject, facts)
}

/// The facts of a dispute.
pub fn dispute(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    let subject = Subject::new(SubjectKind::Dispute, "test:stripe/du_1");
    let mut facts = Vec::new();
    for i in 0..dice.below(5) {
        let moved = Dispute {
            processor: "stripe".to_owned(),
            dispute_id: "du_1".to_owned(),
            of: None,
            amount_minor: if dice.one_in(4) { 0 } else { 14_300 },
            fee_minor: dice.amount(3) * 1_500 - 1_500,
            currency: Currency::USD,
            business_date: dice.date(),
            reason: "fraudulent".to_owned(),
        };
        let body = match dice.below(3) {
            0 => FactBody::DisputeOpened(moved),
            1 => FactBody::DisputeWon(moved),
            _ => FactBody::DisputeLost(moved),
        };
        facts.push(fact(&subject, &format!("du_1/{i}"), 0, body));
    }
    (subject, facts)
}

/// What may happen after the sale of `order`.
fn after_sale(dice: &mut Dice<'_>, order: &Order) -> Vec<(String, i64, FactBody)> {
    let mut told: Vec<(String, i64, FactBody)> = Vec::new();
    let currency = Currency::USD;
    for i in 0..i64::from(dice.below(3)) {
        let edited = Order { credit: order.credit, test: false, draft: false, ..self::order(dice) };
        let (edit_id, business_date) = (format!("e{i}"), dice.date());
        let edit = Edit { edit_id, business_date, order: edited };
        told.push((format!("order/edit/{i}"), 3 + i, FactBody::OrderEdited(edit)));
    }
    for i in 0..dice.below(3) {
        let is_rest = dice.one_in(2);
        let count = if is_rest { 0 } else { 1 + dice.below(2) };
        let lines: Vec<OrderLine> = (0..count).map(|n| line(dice, n as usize, false)).collect();
        let taxes = if is_rest || dice.one_in(2) { Vec::new() } else { vec![tax(dice, 1)] };
        let (fulfilment_id, business_date) = (format!("f{i}"), dice.date());
        let left = Fulfilment { fulfilment_id, currency, business_date, lines, taxes };
        told.push((format!("order/fulfilment/{i}"), 0, FactBody::OrderFulfilled(left)));
    }
    if dice.one_in(4) {
        let lines = if dice.one_in(2) { Vec::new() } else { vec!["0".to_owned()] };
        let months = u16::try_from(dice.below(14)).expect("below 14");
        let service = Service { lines, from: dice.date(), months };
        told.push(("order/service".to_owned(), 0, FactBody::ServiceScheduled(service)));
    }
    if dice.one_in(4) {
        let back = PaymentReturn {
            processor: "stripe".to_owned(),
            payment_id: "ch_0".to_owned(),
            amount_minor: dice.amount(5_000),
            fee_minor: dice.amount(3) * 200,
            currency,
            business_date: dice.date(),
            reason: "R01".to_owned(),
        };
        told.push(("ch_0/returned".to_owned(), 0, FactBody::PaymentReturned(back)));
    }
    for of in ["pay/0", "pay/1", "refund/0"] {
        if dice.one_in(4) {
            let settled = Settlement {
                processor: "stripe".to_owned(),
                of: EconomicKey::new(of),
                settled_minor: dice.amount(5_000),
                currency,
                business_date: dice.date(),
            };
            told.push((format!("{of}/settled"), 0, FactBody::PaymentSettled(settled)));
        }
    }
    for i in 0..dice.below(3) {
        let share = SellerShare {
            processor: "stripe".to_owned(),
            share_id: format!("tr_{i}"),
            seller: "Acme".to_owned(),
            amount_minor: dice.amount(9_000) - 2_000,
            currency,
            business_date: dice.date(),
        };
        told.push((format!("tr_{i}"), 0, FactBody::SellerPaid(share)));
    }
    for i in 0..dice.below(3) {
        let given_up = WriteOff {
            write_off_id: "w".to_owned(),
            amount_minor: dice.amount(4_000),
            currency,
            business_date: dice.date(),
            reason: "insolvent".to_owned(),
        };
        told.push((format!("write-off/{i}"), 0, FactBody::ReceivableWrittenOff(given_up)));
    }
    told
}

/// The facts of a sale and of what happened after it.
pub fn long_sale(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    let (subject, mut facts) = sale(dice);
    let order = facts.iter().find_map(|f| match &f.body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => Some(o.clone()),
        _ => None,
    });
    let order = order.unwrap_or_else(|| self::order(dice));
    let told = after_sale(dice, &order);
    facts.extend(told.into_iter().map(|(key, version, body)| fact(&subject, &key, version, body)));
    (subject, facts)
}

/// The facts of something given away, or of an exchange of balances.
pub fn movement(dice: &mut Dice<'_>) -> (Subject, Vec<Fact>) {
    const TENDERS: [&str; 4] = ["store_credit", "loyalty", "promotional_card", "unheard_of"];
    let subject = Subject::new(SubjectKind::Adjustment, "test:shop/adjustment/1");
    let mut facts = Vec::new();
    for i in 0..dice.below(3) {
        let grant = Grant {
            grant_id: i.to_string(),
            tender: TENDERS[dice.below(4) as usize].to_owned(),
            amount_minor: dice.amount(3_000) - 1_000,
            currency: Currency::USD,
            business_date: dice.date(),
            reason: "goodwill".to_owned(),
        };
        facts.push(fact(&subject, &format!("grant/{i}"), 0, FactBody::CreditGranted(grant)));
    }
    if dice.one_in(2) {
        let conversion = Conversion {
            processor: "paypal".to_owned(),
            conversion_id: "c".to_owned(),
            from_minor: dice.amount(3_000),
            from_currency: Currency::EUR,
            to_minor: dice.amount(3_000),
            currency: Currency::USD,
            carried_minor: if dice.one_in(3) { None } else { Some(dice.amount(3_000)) },
            business_date: dice.date(),
        };
        facts.push(fact(&subject, "conversion", 0, FactBody::BalanceConverted(conversion)));
    }
    (subject, facts)
}

/// Makes a sale one in euro whose payments settle in dollars.
pub fn settle_in_dollars(facts: &mut [Fact], dice: &mut Dice<'_>) {
    let euro = Currency::EUR;
    for fact in facts {
        match &mut fact.body {
            FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => o.currency = euro,
            FactBody::OrderEdited(e) => e.order.currency = euro,
            FactBody::PaymentAuthorised(p)
            | FactBody::PaymentCaptured(p)
            | FactBody::PaymentFailed(p) => p.currency = euro,
            FactBody::GiftCardRedeemed(g) => g.currency = euro,
            FactBody::OrderFulfilled(f) => f.currency = euro,
            FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => {
                r.currency = euro;
                r.payments.iter_mut().for_each(|p| p.currency = euro);
            }
            FactBody::PaymentSettled(s) => s.settled_minor = 1 + dice.amount(9_000),
            _ => {}
        }
    }
}
