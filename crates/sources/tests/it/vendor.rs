//! Documents that the vendors published: none panics, none is silent.

use crate::support::{
    adyen_settings, amazon, bigcommerce, data, oms, pay_pal, sandbox, shop, square, woo,
};
use book::ClaimOutcome;
use kernel::{Fact, FactBody, ReasonCode, Subject};
use ports::{EventSource, Normalised};
use sources::adyen::Adyen;
use sources::kit::conformance::delivery;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Every document of one vendor, in order of their names, and what it becomes.
fn all(source: &dyn EventSource, folder: &str) -> Option<Vec<(String, Normalised)>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(data(folder)?).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let body = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, source.normalise(&delivery(&[], &body)))
    };
    Some(paths.into_iter().map(read).collect())
}

/// Names of files with what they became, and how often; no content. A fault has a place, and where
/// a fault holds something it does not add up to, an amount.
fn table(said: &[(String, Normalised)]) -> String {
    let mut text = String::new();
    for (name, said) in said {
        let mut counts = BTreeMap::<String, usize>::new();
        for fact in &said.facts {
            *counts.entry(fact.body.kind().to_owned()).or_default() += 1;
        }
        for fault in &said.faults {
            assert!(!fault.at.is_empty() && !fault.detail.is_empty(), "{name}: {fault:?}");
            let is_sum = fault.code == ReasonCode::SourceNotFooting;
            assert!(!is_sum || fault.amount.is_some(), "{name}: {fault:?}");
            *counts.entry(fault.code.code().to_owned()).or_default() += 1;
        }
        let mut parts: Vec<_> = counts.iter().map(|(kind, n)| format!("{kind} × {n}")).collect();
        parts.extend((!said.wanted.is_empty()).then(|| "fetched".to_owned()));
        if said.wanted.is_empty() {
            parts.extend(said.ignored.as_ref().map(|_| "ignored".to_owned()));
        }
        assert!(!parts.is_empty(), "{name} is passed over in silence");
        writeln!(text, "{name}: {}", parts.join(", ")).unwrap();
    }
    text
}

/// Every vendor with published documents, and the source that reads them.
fn vendors() -> Vec<(&'static str, Box<dyn EventSource>)> {
    let mut settings = adyen_settings();
    settings.test_is_real = true;
    let adyen = Adyen::new(kernel::SourceName::new("adyen:sandbox"), settings);
    vec![
        ("adyen", Box::new(adyen)),
        ("amazon", Box::new(amazon())),
        ("bigcommerce", Box::new(bigcommerce())),
        ("cloudevents", Box::new(oms())),
        ("paypal", Box::new(pay_pal())),
        ("shopify", Box::new(shop())),
        ("square", Box::new(square())),
        ("stripe", Box::new(sandbox())),
        ("woocommerce", Box::new(woo())),
    ]
}

/// `payloads/MANIFEST.csv` lists the documents: each is read by its vendor's source, and none lies
/// beside the list.
#[test]
fn every_document_of_the_list_becomes_something() {
    let Some(list) = data("payloads/MANIFEST.csv") else { return };
    let mut listed = BTreeMap::<String, BTreeSet<String>>::new();
    for row in csv::Reader::from_path(list).unwrap().records() {
        let row = row.unwrap();
        assert!(listed.entry(row[0].to_owned()).or_default().insert(row[1].to_owned()), "{row:?}");
    }
    let mut tables = String::new();
    let mut read = 0;
    for (vendor, source) in vendors() {
        let folder = format!("payloads/{vendor}");
        let here = std::fs::read_dir(data(&folder).unwrap()).unwrap();
        let here: BTreeSet<String> =
            here.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(Some(&here), listed.get(vendor), "{vendor}");
        let said = all(source.as_ref(), &folder).unwrap();
        assert_eq!(said.len(), here.len(), "{vendor}");
        // Twice the same bytes mean the same.
        assert_eq!(said, all(source.as_ref(), &folder).unwrap(), "{vendor}");
        read += said.len();
        let is_fact = |s: &&(String, Normalised)| !s.1.facts.is_empty();
        let is_fault = |s: &&(String, Normalised)| s.1.facts.is_empty() && !s.1.faults.is_empty();
        let facts = said.iter().filter(is_fact).count();
        let faults = said.iter().filter(is_fault).count();
        let rest = said.len() - facts - faults;
        let docs = said.len();
        writeln!(
            tables,
            "{vendor}: {docs} documents, {facts} with facts, {faults} with faults only, \
                          {rest} ignored for a reason"
        )
        .unwrap();
        table(&said);
    }
    assert_eq!(listed.len(), vendors().len(), "a vendor without a source");
    assert_eq!(read, 472);
    insta::assert_snapshot!(tables);
}

/// What adds up becomes documents whose debits are their credits; what does not is held with the
/// amount at stake. Nothing that was told is left out: each order that was sold is one or the other.
#[test]
fn published_sets_that_foot_are_booked_and_others_are_held_with_their_amount() {
    if data("payloads/MANIFEST.csv").is_none() {
        return;
    }
    let mut tables = String::new();
    for (vendor, source) in vendors() {
        let said = all(source.as_ref(), &format!("payloads/{vendor}")).unwrap();
        let mut lines = BTreeMap::<String, usize>::new();
        for (name, said) in &said {
            for (subject, result) in crate::books::decided(&said.facts) {
                for document in &result.documents {
                    let postings = document.postings();
                    let sum: i64 = postings.iter().map(|p| p.amount_minor).sum();
                    assert_eq!(sum, 0, "{vendor} {name}: {subject}");
                    *lines.entry(format!("booked {}", document.kind.as_str())).or_default() += 1;
                }
                for hold in &result.holds {
                    let amount = hold.amount.map(|m| m.minor);
                    assert!(amount.is_some(), "{vendor} {name}: {subject}: {hold:?}");
                    *lines.entry(format!("held {}", hold.code.code())).or_default() += 1;
                }
                for claim in &result.claims {
                    let (word, code) = match claim.outcome {
                        ClaimOutcome::Excluded(code) => ("excluded", code),
                        ClaimOutcome::Pending(code) => ("pending", code),
                        _ => continue,
                    };
                    *lines.entry(format!("{word} {}", code.code())).or_default() += 1;
                }
                // What does not add up is held; before its order is known it waits, and where the
                // order was cancelled before any money came it is excluded.
                assert!(
                    broken(&said.facts, &subject) == 0
                        || !result.holds.is_empty()
                        || result.documents.is_empty(),
                    "{vendor} {name}: {subject} does not foot and is booked"
                );
            }
        }
        writeln!(tables, "{vendor}").unwrap();
        for (what, n) in lines {
            writeln!(tables, "  {what} × {n}").unwrap();
        }
    }
    insta::assert_snapshot!(tables);
}

/// Facts about `subject` that are no test and do not add up.
fn broken(facts: &[Fact], subject: &Subject) -> usize {
    let is_broken = |f: &&Fact| {
        let is_test = match &f.body {
            FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => o.test || o.draft,
            FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => r.test,
            _ => false,
        };
        f.subject == *subject
            && !is_test
            && kernel::validate::fact(f, f.occurred_at.0)
                .iter()
                .any(|v| v.code == ReasonCode::SourceNotFooting)
    };
    facts.iter().filter(is_broken).count()
}

#[test]
fn shopifys_documents() {
    let Some(said) = all(&shop(), "payloads/shopify") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn stripes_documents() {
    let Some(said) = all(&sandbox(), "payloads/stripe") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn woocommerces_documents() {
    let Some(said) = all(&woo(), "payloads/woocommerce") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn adyens_documents() {
    let mut settings = adyen_settings();
    settings.test_is_real = true;
    let sandbox = Adyen::new(kernel::SourceName::new("adyen:sandbox"), settings);
    let Some(said) = all(&sandbox, "payloads/adyen") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn amazons_documents() {
    let Some(said) = all(&amazon(), "payloads/amazon") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn bigcommerces_documents() {
    let Some(said) = all(&bigcommerce(), "payloads/bigcommerce") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn squares_documents() {
    let Some(said) = all(&square(), "payloads/square") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn paypals_documents() {
    let Some(said) = all(&pay_pal(), "payloads/paypal") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn cloudevents_schema_is_no_event() {
    let Some(said) = all(&oms(), "payloads/cloudevents") else { return };
    insta::assert_snapshot!(table(&said));
}

#[test]
fn the_published_refund_that_does_not_foot_is_told_and_held() {
    let Some(path) = data("payloads/shopify/official_2026-07__refund.01.json") else { return };
    let said = shop().normalise(&delivery(&[], &std::fs::read(path).unwrap()));
    let FactBody::RefundIssued(refund) = &said.facts[0].body else { panic!("{said:?}") };
    assert_eq!(refund.total_minor, 20_900);
    let held = kernel::validate::refund(refund);
    assert!(held.iter().any(|v| v.code == ReasonCode::SourceNotFooting));
}

#[test]
fn published_orders_of_woocommerce_foot() {
    let Some(said) = all(&woo(), "payloads/woocommerce") else { return };
    let facts: Vec<_> = said.iter().flat_map(|(_, said)| &said.facts).collect();
    assert_eq!(facts.len(), 17);
    for fact in facts {
        assert_eq!(kernel::validate::fact(fact, fact.occurred_at.0), [], "{fact:?}");
    }
}

#[test]
fn published_orders_foot() {
    let Some(said) = all(&shop(), "payloads/shopify") else { return };
    let facts: Vec<_> = said.iter().flat_map(|(_, said)| &said.facts).collect();
    let mut orders = 0;
    for fact in facts {
        let (FactBody::OrderCreated(order) | FactBody::OrderUpdated(order)) = &fact.body else {
            continue;
        };
        orders += 1;
        let held = kernel::validate::order(order);
        // One published order states 2 % tax at a rate of 6 %; the kernel holds it, rightly.
        let other: Vec<_> =
            held.iter().filter(|v| v.code != ReasonCode::TaxBeyondBoundary).collect();
        assert!(other.is_empty(), "{}: {other:?}", order.number);
    }
    assert_eq!(orders, 27);
}
