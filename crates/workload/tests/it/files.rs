//! The month as files, read by the mapping that comes with them.

use kernel::{Fact, FactBody, LineKind, ReasonCode, SubjectKind};
use sources::csv::{self, Mapping};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use workload::{
    DeliveryFaults, Features, File, OrderSystem, Shape, expected, files, mapping, month,
};

fn shapes() -> Vec<Shape> {
    let faults = DeliveryFaults { unfooting_per_mille: 60, ..DeliveryFaults::default() };
    let shape = Shape { orders: 300, features: Features::dense(), faults, ..Shape::default() };
    let all = [OrderSystem::Csv, OrderSystem::Ndjson].into_iter();
    all.flat_map(|order_system| (1..9).map(move |seed| Shape { order_system, seed, ..shape }))
        .chain([
            Shape { order_system: OrderSystem::Csv, zone: "Pacific/Apia", ..shape },
            Shape {
                order_system: OrderSystem::Ndjson,
                currency: "JPY".parse().expect("a currency"),
                ..shape
            },
        ])
        .collect()
}

/// The facts of a file, and how many of its groups are held.
fn read(shape: &Shape, file: &File) -> (Vec<Fact>, usize) {
    let mapping = Mapping::parse(&mapping(shape)).expect("a mapping");
    let mut groups = csv::open(&mapping, Cursor::new(file.bytes.clone())).expect("a file");
    let (mut facts, mut held) = (Vec::new(), 0);
    for record in groups.by_ref() {
        for fault in &record.normalised.faults {
            assert_eq!(fault.code, ReasonCode::MalformedDelivery, "{fault:?}");
            held += 1;
        }
        facts.extend(record.normalised.facts);
    }
    assert_eq!(groups.totals().incomplete, None);
    (facts, held)
}

#[test]
fn the_last_file_tells_the_whole_month_and_what_is_expected() {
    for shape in shapes() {
        assert_eq!(month(&shape).count(), 0, "nobody delivers anything");
        let told = expected(&shape);
        let (facts, held) = read(&shape, files(&shape).last().unwrap());
        assert_eq!(held, 0);
        let mut sums: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
        let (mut goods, mut tips) = (0, 0);
        for fact in &facts {
            let class = match &fact.body {
                FactBody::OrderCreated(order) if order.credit => "credit",
                FactBody::OrderCreated(order) => {
                    let of = |kind| {
                        let lines = order.lines.iter().filter(move |l| l.kind == kind);
                        lines.map(|l| l.gross_minor).sum::<i64>()
                    };
                    goods += of(LineKind::Goods);
                    tips += of(LineKind::Tip);
                    assert!(!order.paid_at_checkout && order.taxes.is_empty());
                    "order"
                }
                FactBody::AdjustmentRecorded(_) => "adjustment",
                other => panic!("{other:?}"),
            };
            let sum = sums.entry(class).or_default();
            sum.0 += 1;
            sum.1 += fact.amount().unwrap().minor;
            assert_eq!(kernel::validate::fact(fact, fact.occurred_at.0), []);
        }
        let sum = |class| sums.get(class).copied().unwrap_or_default();
        assert_eq!(sum("order"), (told.posted.count, told.posted.minor));
        assert_eq!(sum("credit"), (told.credited.count, -told.credited.minor));
        assert_eq!(sum("adjustment"), (told.given_up.count, -told.given_up.minor));
        assert!(told.credited.count > 10 && told.given_up.count > 5 && told.free > 3, "{told:?}");
        let all: i64 = sums.values().map(|(_, minor)| minor).sum();
        assert_eq!((all, goods, tips), (told.receivable, told.parts.goods, told.parts.tips));
    }
}

#[test]
fn files_tell_everything_once_more_and_correct_it_once_at_most() {
    let (mut held, mut packed, mut again, mut correcting) = (0, 0, 0, 0);
    let mut corrected = BTreeSet::new();
    for shape in shapes() {
        assert_eq!(files(&shape), files(&shape));
        let mut said: BTreeMap<String, Fact> = BTreeMap::new();
        let all = files(&shape);
        assert!(all.len() > 5);
        let (last, others) = all.split_last().unwrap();
        assert!(!others.iter().any(|file| file.corrects));
        assert!(!last.corrects || others.iter().all(|file| file.bytes != last.bytes));
        corrected.clear();
        assert_eq!(all.iter().map(|f| &f.name).collect::<BTreeSet<_>>().len(), all.len());
        for file in &all {
            packed += usize::from(file.is_packed());
            let (facts, wrong) = read(&shape, file);
            held += wrong;
            for fact in facts {
                assert!(fact.occurred_at.0 < file.at, "it is told when it has happened");
                assert!(matches!(fact.subject.kind, SubjectKind::Sale | SubjectKind::Adjustment));
                if let Some(before) = said.insert(fact.key.0.clone(), fact.clone()) {
                    again += 1;
                    if before != fact {
                        assert!(matches!(fact.body, FactBody::OrderCreated(_)), "{fact:?}");
                        assert!(corrected.insert(before.key.0), "twice: {fact:?}");
                    }
                }
            }
        }
        assert_eq!(last.corrects, !corrected.is_empty());
        correcting += usize::from(last.corrects);
        assert!(corrected.is_empty() || corrected.len() > 20, "{} orders", corrected.len());
    }
    assert!(correcting > 3, "{correcting} shops correct themselves");
    assert!(held > 50 && packed > 20 && again > 3_000, "{held} {packed} {again}");
}
