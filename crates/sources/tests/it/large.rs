//! Bodies as large as the limit allows are read in little time: nothing is compared with everything.

use crate::support::{amazon, fixture, raw, square};
use ports::{EventSource, RawDelivery};
use std::fmt::Write;

#[test]
fn thirty_thousand_payouts_in_one_list() {
    let list: Vec<String> = (0..30_000)
        .map(|n| {
            format!(
                "{{\"id\": \"poe_{n}\", \"payout_id\": \"po_{n}\", \"type\": \"FEE\", \
                 \"effective_at\": \"2026-03-04T19:00:00Z\", \"gross_amount_money\": \
                 {{\"amount\": -1, \"currency\": \"USD\"}}, \"net_amount_money\": \
                 {{\"amount\": -1, \"currency\": \"USD\"}}}}"
            )
        })
        .collect();
    let body = format!("{{\"payout_entries\": [{}]}}", list.join(","));
    assert!(body.len() < square().manifest().body_bytes_max);
    assert_eq!(square().normalise(&raw(&[], &body)).facts.len(), 30_000);
}

#[test]
fn a_payment_with_forty_thousand_corrections_of_its_fee() {
    let fees: Vec<String> = (0..40_000)
        .map(|n| {
            format!(
                "{{\"type\": \"ADJUSTMENT\", \"effective_at\": \"2026-03-04T{:02}:{:02}:{:02}Z\", \
                 \"amount_money\": {{\"amount\": 1, \"currency\": \"USD\"}}}},",
                n / 3_600,
                n / 60 % 60,
                n % 60
            )
        })
        .collect();
    let body = fixture("square", "payment_completed");
    let body =
        body.replace("\"processing_fee\": [", &format!("\"processing_fee\": [{}", fees.concat()));
    assert_eq!(square().normalise(&raw(&[], &body)).facts.len(), 40_002);
}

#[test]
fn an_order_of_amazon_with_sixty_thousand_items() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/amazon/fixtures/settlement_v2_us.txt"));
    let text = text.unwrap();
    let head: String = text.lines().take(1).collect();
    let mut body = format!("{head}\n1\t2026-01-28\t2026-02-11\t2026-02-13\t600.00\tUSD\n");
    for n in 0..60_000 {
        writeln!(
            body,
            "1\t\t\t\t\t\tOrder\tO-1\t\t\t\tAmazon.com\tItemPrice\tPrincipal\t0.01\tAFN\t2026-01-30\t\t{n}"
        )
        .unwrap();
    }
    let said = amazon().normalise(&RawDelivery { body: body.into(), ..raw(&[], "") });
    let kernel::FactBody::OrderUpdated(order) = &said.facts[0].body else { panic!() };
    assert_eq!(order.lines.len(), 60_000);
    // The kernel holds what no document can take.
    let held = kernel::validate::order(order);
    assert!(held.iter().any(|v| v.code == kernel::ReasonCode::BatchLimit));
}
