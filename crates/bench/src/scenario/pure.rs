//! Bytes to desired documents, one thread, no I/O.

use crate::report::{Row, float};
use crate::shop;
use crate::time::Stopwatch;
use anyhow::{Result, anyhow, ensure};
use book::{Context, Rules};
use kernel::{EconomicKey, Fact, Subject, SubjectKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use workload::{Delivery, DeliveryFaults, Shape};

/// Checks the signature of every delivery, parses it, folds its facts and decides its documents.
pub fn run(name: &str, orders: u32, _: &Path) -> Result<Row> {
    let shape = Shape { orders, faults: DeliveryFaults::none(), ..Shape::default() };
    let sources = shop::sources(&shape)?;
    let rules = Rules::parse(Rules::default_text())?;
    let deliveries: Vec<Delivery> = workload::month(&shape).collect();
    let bytes: usize = deliveries.iter().map(|d| d.raw.body.len()).sum();

    let watch = Stopwatch::start();
    let mut facts = 0_u64;
    let mut subjects: BTreeMap<Subject, Vec<Fact>> = BTreeMap::new();
    let mut tellers: BTreeMap<EconomicKey, BTreeSet<Subject>> = BTreeMap::new();
    for delivery in &deliveries {
        let source = &sources[&*delivery.source];
        source.accept(&delivery.raw).map_err(|r| anyhow!("{r}"))?;
        let normalised = source.normalise(&delivery.raw);
        ensure!(normalised.faults.is_empty(), "{:?}", normalised.faults);
        for fact in normalised.facts {
            facts += 1;
            tellers.entry(fact.key.clone()).or_default().insert(fact.subject.clone());
            subjects.entry(fact.subject.clone()).or_default().push(fact);
        }
    }
    let now = deliveries.last().map_or(Timestamp(0), |d| d.raw.received_at);
    let mut documents = 0_u64;
    for (subject, facts) in &subjects {
        let by_sale = |f: &Fact| tellers[&f.key].iter().any(|s| s.kind == SubjectKind::Sale);
        let yields =
            matches!(subject.kind, SubjectKind::Payment | SubjectKind::Fee | SubjectKind::Dispute);
        let context = Context {
            now,
            closed_until: None,
            currencies: kernel::Currencies::Unknown,
            credit_matches: &[],
            posted_elsewhere: yields && facts.iter().any(by_sale),
            disputed: None,
            contributions: &[],
        };
        let desired = book::decide(&book::fold(subject, facts), &rules, &context);
        documents += u64::try_from(desired.documents.len())?;
    }
    let seconds = watch.seconds();

    ensure!(documents >= u64::from(orders), "{documents} documents of {orders} orders");
    let mib = float(u64::try_from(bytes)?) / f64::from(1 << 20);
    Ok(Row {
        name: name.to_owned(),
        orders: u64::from(orders),
        seconds,
        rates: vec![
            (float(facts) / seconds, "facts/s".to_owned()),
            (float(documents) / seconds, "documents/s".to_owned()),
            (mib / seconds, "MiB/s of bodies".to_owned()),
        ],
        ..Row::default()
    })
}
