//! The month as the sources of the product read it.

#[path = "it/desk.rs"]
mod desk;
#[path = "it/files.rs"]
mod files;
#[path = "it/tally.rs"]
mod tally;

use desk::{Desk, by_adyen, by_pay_pal, shapes};
use kernel::{Decimal, FactBody, Order, ReasonCode, SubjectKind, TaxLine};
use std::collections::{BTreeMap, BTreeSet};
use workload::{
    DeliveryFaults, Expected, Features, OrderSystem, Processor, Shape, expected, month,
};

#[test]
fn equal_shapes_give_equal_bytes_and_other_seeds_share_no_payment() {
    let shape = Shape { orders: 400, features: Features::dense(), ..Shape::default() };
    assert!(month(&shape).eq(month(&shape)));

    let keys = |seed| -> BTreeSet<String> {
        let shape = Shape { seed, ..shape };
        let facts = Desk::new(&shape).facts(&shape);
        facts.into_iter().map(|f| f.key.0).filter(|k| k.starts_with("stripe/")).collect()
    };
    assert!(keys(1).len() > 200);
    assert!(keys(1).is_disjoint(&keys(2)));
}

#[test]
fn a_prefix_needs_no_rest() {
    // Would take hours and all memory if anything were made ahead of its time.
    let huge = Shape { orders: u32::MAX, features: Features::plain(), ..Shape::default() };
    assert_eq!(month(&huge).take(500).count(), 500);
}

#[test]
fn arrivals_are_in_order_of_time_and_within_the_month() {
    for shape in shapes() {
        let zone = kernel::time::Zone::named(shape.zone).unwrap();
        let last = shape.start.plus_days(i32::try_from(shape.days).unwrap() - 1);
        let mut before = None;
        for delivery in month(&shape) {
            let at = delivery.raw.received_at;
            assert!(Some(at) > before, "{at} comes after {before:?}");
            let day = at.date_in(&zone);
            assert!(shape.start <= day && day <= last, "{day} in {}", shape.zone);
            before = Some(at);
        }
    }
}

#[test]
fn signatures_hold_but_for_the_planned_ones_and_those_come_again() {
    for shape in shapes() {
        let desk = Desk::new(&shape);
        let (mut refused, mut accepted) = (Vec::new(), BTreeMap::<String, u64>::new());
        for delivery in month(&shape) {
            let source = desk.source(&delivery);
            let key = source.dedupe_key(&delivery.raw);
            match source.accept(&delivery.raw) {
                Ok(_) => *accepted.entry(key).or_default() += 1,
                Err(refusal) => {
                    assert_eq!(refusal.code, ReasonCode::SignatureInvalid);
                    refused.push(key);
                }
            }
        }
        let told = expected(&shape);
        assert_eq!(refused.len() as u64, told.refused);
        // Adyen's signature is part of what a delivery is known by: the same item has another.
        let name = |key: &String| match shape.processor {
            Processor::Adyen => key.split(':').next().unwrap_or_default().to_owned(),
            _ => key.clone(),
        };
        let came: BTreeSet<String> = accepted.keys().map(name).collect();
        assert!(refused.iter().map(name).all(|key| came.contains(&key)));
        assert_eq!(accepted.values().map(|n| n - 1).sum::<u64>(), told.duplicates);
        assert_eq!(accepted.values().sum::<u64>() + told.refused, told.deliveries);
    }
}

#[test]
fn facts_are_valid_and_faults_are_the_planned_ones() {
    for shape in shapes() {
        let desk = Desk::new(&shape);
        let mut unsound = BTreeMap::new();
        let mut unknown = BTreeMap::new();
        for delivery in desk.once(&shape) {
            let normalised = desk.source(&delivery).normalise(&delivery.raw);
            // A report that can be fetched, and a page on which nothing moved, say nothing.
            let is_silent =
                matches!(shape.processor, Processor::PayPal | Processor::Adyen | Processor::Amazon);
            assert!(normalised.ignored.is_none() || is_silent, "{:?}", normalised.ignored);
            for fault in normalised.faults {
                assert_eq!(fault.code, ReasonCode::UnknownSchema, "{fault:?}");
                unknown.insert(delivery.raw.body.clone(), fault.amount.map_or(0, |a| a.minor));
            }
            for fact in normalised.facts {
                if let FactBody::OrderCreated(order) = &fact.body {
                    taxes_are_rounded_to_the_nearest(order);
                }
                for violation in kernel::validate::fact(&fact, delivery.raw.received_at) {
                    assert_eq!(violation.code, ReasonCode::SourceNotFooting, "{violation}");
                    unsound.insert(fact.subject.key.clone(), violation.code);
                }
            }
        }
        let told = expected(&shape);
        let held = told.held.values().map(|c| c.count).sum::<u64>();
        assert_eq!(unsound.len() as u64, held);
        assert_eq!(unknown.len() as u64, told.unknown_topics.count);
        assert_eq!(unknown.values().sum::<i64>(), told.unknown_topics.minor);
    }
}

/// Tighter than the ledger needs: half a unit for each rounded amount.
fn taxes_are_rounded_to_the_nearest(order: &Order) {
    // Square's is taken from surcharges too, from how much is not said.
    let is_open = |t: &TaxLine| t.base_minor.is_none() && t.rate.is_some();
    for tax in order.taxes.iter().filter(|t| !order.tax_included && !is_open(t)) {
        let (Some(rate), Some(base)) = (tax.rate, tax.base_minor) else { panic!("{tax:?}") };
        let off = (rate * Decimal::from(base) - Decimal::from(tax.amount_minor)).abs();
        assert!(off * Decimal::TWO <= Decimal::from(tax.parts), "{tax:?}");
    }
}

#[test]
fn what_is_expected_is_what_the_facts_add_up_to() {
    for shape in shapes() {
        let told = expected(&shape);
        let counted = tally::count(&shape, &Desk::new(&shape).facts(&shape));
        assert_eq!(counted, tally::Counted::of(&told, &shape), "{shape:?}");
    }
}

#[test]
fn faults_on_the_way_change_nothing_that_is_told() {
    let shape = Shape { orders: 700, features: Features::dense(), ..Shape::default() };
    // Orders that do not foot are a fault of the shop.
    let unfooting_per_mille = shape.faults.unfooting_per_mille;
    let perfect =
        Shape { faults: DeliveryFaults { unfooting_per_mille, ..DeliveryFaults::none() }, ..shape };
    let facts = |shape: &Shape| {
        let facts = tally::newest(&Desk::new(shape).facts(shape));
        facts.into_iter().map(|f| (f.key, f.version, f.body.kind())).collect::<BTreeSet<_>>()
    };
    assert!(expected(&shape).duplicates > 20 && expected(&shape).refused > 0);
    assert_eq!(facts(&shape), facts(&perfect));
    assert_eq!(expected(&perfect).deliveries, month(&perfect).count() as u64);
    assert_eq!(expected(&perfect).duplicates + expected(&perfect).refused, 0);
}

#[test]
fn deliveries_are_overtaken_but_not_by_more_than_allowed() {
    let faults =
        DeliveryFaults { reordered_per_mille: 300, reordered_by_max: 5, ..DeliveryFaults::none() };
    let late = Shape { orders: 300, faults, ..Shape::default() };
    let perfect = Shape { faults: DeliveryFaults::none(), ..late };
    let bodies = |shape| month(shape).map(|d| d.raw.body).collect::<Vec<_>>();
    let place: BTreeMap<_, _> = bodies(&perfect).into_iter().zip(0_i64..).collect();
    let moved: Vec<i64> = bodies(&late).iter().zip(0..).map(|(body, n)| n - place[body]).collect();
    assert_eq!(moved.len(), place.len());
    assert!(moved.iter().filter(|by| **by > 0).count() > 100);
    // One that is delayed by five events may also stand behind others that were delayed to then.
    assert!(moved.iter().all(|by| (-5..=10).contains(by)), "{moved:?}");
}

/// Whether payouts name captures of the processor of which the shop knows nothing.
fn names_its_own(shape: &Shape) -> bool {
    match shape.processor {
        Processor::Adyen => true,
        Processor::Square => shape.order_system == OrderSystem::Shopify,
        Processor::Stripe | Processor::PayPal | Processor::Amazon => false,
    }
}

#[test]
fn payouts_add_up_and_settle_what_the_shop_told() {
    for shape in shapes() {
        let facts = Desk::new(&shape).facts(&shape);
        let keys: BTreeSet<_> = facts.iter().map(|f| &f.key).collect();
        let mut paid = BTreeMap::new();
        let mut settled = BTreeSet::new();
        for fact in &facts {
            if let FactBody::PayoutPaid(payout) = &fact.body {
                assert_eq!(payout.itemised, shape.processor.itemises());
                assert!(payout.amount_minor > 0);
                paid.insert(payout.payout_id.as_str(), payout.amount_minor);
            }
        }
        let mut entries = 0;
        for fact in &facts {
            let FactBody::PayoutItemised(items) = &fact.body else { continue };
            let net: i64 = items.entries.iter().map(kernel::PayoutEntry::net_minor).sum();
            assert_eq!(paid.remove(items.payout_id.as_str()), Some(net));
            // Amazon's fees are one more.
            assert!(items.entries.len() <= 251);
            entries += items.entries.len();
            for entry in items.entries.iter().filter(|e| e.category != "fee") {
                assert!(settled.insert(&entry.id), "{} in two payouts", entry.id);
                match (&entry.of, entry.category.as_str()) {
                    (Some(_), "charge" | "refund") if names_its_own(&shape) => {}
                    (Some(of), "charge" | "refund") => assert!(keys.contains(of), "{of}"),
                    (_, "dispute" | "dispute_reversal") => {}
                    other => panic!("{other:?}"),
                }
                let units = 10_i64.pow(shape.currency.exponent().saturating_sub(2));
                let fee = match entry.category.as_str() {
                    "charge" if shape.processor == Processor::Amazon => 0,
                    "charge" => (entry.gross_minor * 29 + 500) / 1_000 + 30 * units,
                    "dispute" if shape.processor == Processor::Square => 0,
                    "dispute" if entry.gross_minor < 0 => 1_500 * units,
                    _ => 0,
                };
                assert_eq!(entry.fee_minor, fee);
            }
        }
        assert_eq!(entries as u64, expected(&shape).payout_entries.count);
        if shape.processor.itemises() {
            assert!(paid.is_empty() && entries > 20);
        } else {
            assert!(entries == 0 && !paid.is_empty());
        }
    }
}

#[test]
fn what_pay_pal_tells_of_a_payment_is_what_the_shop_tells() {
    for shape in shapes().into_iter().filter(|s| s.processor == Processor::PayPal) {
        let facts = Desk::new(&shape).facts(&shape);
        let of_kind = |kind| facts.iter().filter(move |f| f.subject.kind == kind);
        let sold: BTreeMap<_, _> = of_kind(SubjectKind::Sale).map(|f| (&f.key, f)).collect();
        let mut twice = BTreeMap::<_, u64>::new();
        for fact in of_kind(SubjectKind::Payment) {
            match &fact.body {
                FactBody::PaymentCaptured(_) | FactBody::RefundIssued(_) => {
                    let same = sold[&fact.key];
                    assert_eq!(fact.amount(), same.amount(), "{}", fact.key);
                    *twice.entry(fact.body.kind()).or_default() += 1;
                }
                FactBody::PaymentAuthorised(_) | FactBody::PaymentVoided(_) => {
                    *twice.entry(fact.body.kind()).or_default() += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        let kinds = ["PaymentAuthorised", "PaymentCaptured", "PaymentVoided", "RefundIssued"];
        assert_eq!(twice.keys().copied().collect::<Vec<_>>(), kinds);
    }
}

#[test]
fn every_processor_comes_to_the_same_but_for_what_it_does_not_tell() {
    let stripe = Shape {
        orders: 300,
        features: Features { other_gateways_per_mille: 0, ..Features::dense() },
        ..Shape::default()
    };
    let told = expected(&stripe);
    let square = Shape { processor: Processor::Square, ..stripe };
    for shape in [by_pay_pal(stripe), by_adyen(stripe), square] {
        let other = expected(&shape);
        assert_eq!(
            (other.orders, other.posted, other.parts),
            (told.orders, told.posted, told.parts)
        );
        assert_eq!((other.paid, other.refunds), (told.paid, told.refunds));
        assert_eq!((other.payouts.count, other.disputes), (told.payouts.count, told.disputes));
        assert_eq!(other.captured[shape.processor.kind()], told.captured["stripe"]);
        // What disputes cost after the last payout is not told; what payments do, PayPal tells at once.
        let fees = |of: &Expected| of.fees.minor + of.dispute_fees.minor;
        assert!(other.fees.minor >= told.fees.minor);
        // Nor are disputes dear with everybody: then more is paid out.
        let owed = other.clearing[shape.processor.kind()] + fees(&other) + other.payouts.minor;
        assert_eq!(owed, told.clearing["stripe"] + fees(&told) + told.payouts.minor);
    }
}

#[test]
fn refunds_of_the_last_minutes_are_told_in_full() {
    let refunds =
        Features { partial_refunds_per_mille: 1_000, payouts: false, ..Features::plain() };
    let shape = Shape {
        orders: 4_000,
        days: 3,
        order_system: OrderSystem::WooCommerce,
        features: refunds,
        faults: DeliveryFaults::none(),
        ..Shape::default()
    };
    let facts = tally::newest(&Desk::new(&shape).facts(&shape));
    let is_bare = |b: &FactBody| matches!(b, FactBody::RefundIssued(r) if r.lines.is_empty());
    assert_eq!(facts.iter().find(|f| is_bare(&f.body)), None);
    assert!(expected(&shape).refunds.count > 100);
}

#[test]
fn thin_webhooks_name_every_order_and_say_nothing_else() {
    let whole = shapes().into_iter().filter(|s| s.order_system.names_orders());
    for whole in whole {
        let thin = Shape { thin_webhooks: true, ..whole };
        let desk = Desk::new(&thin);
        assert_eq!(month(&thin).count(), month(&whole).count());
        let (mut named, mut told) = (BTreeSet::new(), BTreeSet::new());
        for (thin, whole) in month(&thin).zip(month(&whole)) {
            assert_eq!(thin.raw.received_at, whole.raw.received_at);
            let source = desk.source(&thin);
            assert_eq!(source.accept(&thin.raw).is_ok(), source.accept(&whole.raw).is_ok());
            let said = source.normalise(&thin.raw);
            let orders = source.normalise(&whole.raw).facts.into_iter();
            let orders: Vec<_> = orders
                .filter(|f| f.key.0 == f.subject.key && f.subject.kind == SubjectKind::Sale)
                .map(|f| f.subject.key.rsplit('/').next().unwrap_or_default().to_owned())
                .collect();
            if said.wanted.is_empty() {
                assert!(orders.is_empty(), "an order that is told and not named: {orders:?}");
            } else {
                assert!(said.facts.is_empty() && said.faults.is_empty(), "{:?}", said.faults);
                named.extend(said.wanted.iter().map(|name| name.replace("orders/", "")));
                told.extend(orders);
            }
        }
        assert!(told.len() > 200 && named.is_superset(&told), "{:?}", thin.order_system);
    }
}

#[test]
fn months_are_as_large_and_as_varied_as_asked() {
    let shape = Shape { orders: 400, features: Features::dense(), ..Shape::default() };
    let told = expected(&shape);
    assert_eq!(told.orders.count, 400);
    let some = [
        told.free,
        told.gift_cards_sold.count,
        told.gift_cards_redeemed.count,
        told.refunds.count,
        told.payouts.count,
        told.disputes_won.count,
        told.disputes_lost.count,
        told.excluded[&ReasonCode::TestOrder].count,
        told.excluded[&ReasonCode::CancelledBeforeCapture].count,
        told.pending[&ReasonCode::AuthorisedNotCaptured].count,
    ];
    assert!(some.iter().all(|n| *n > 0), "{some:?}");
    assert_eq!(told.captured.len(), 4);

    let plain = Shape {
        features: Features::plain(),
        faults: DeliveryFaults::none(),
        orders: 200,
        ..Shape::default()
    };
    let told = expected(&plain);
    assert_eq!((told.posted.count, told.paid.count), (200, 200));
    assert_eq!(told.deliveries, 400 + 2 * told.payouts.count);
    assert!(told.held.is_empty() && told.excluded.is_empty() && told.pending.is_empty());
    let sizes: Vec<usize> = month(&plain)
        .filter(|d| d.raw.header("x-shopify-topic") == Some("orders/create"))
        .map(|d| d.raw.body.len())
        .collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((3_000..8_000).contains(&mean), "{mean} bytes");
}
