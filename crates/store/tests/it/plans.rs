//! The statements that run all day find their rows by an index, on both planners.

use ports::{Dialect, Kind, Stmt, Value};
use store::Store;

on_both!(hot_statements_use_their_indexes, pages_of_work_come_sorted_from_the_index);

/// Statement and the index that must serve it; empty: any.
const HOT: &[(&str, &str)] = &[
    ("delivery::RECEIVED", "delivery_received"),
    ("delivery::REFUSED", "delivery_refused"),
    ("delivery::BATCHED", "delivery_batch"),
    ("fact::OF_SUBJECT", "fact_subject"),
    ("fact::OTHERS", "fact_subject"),
    ("fact::BY_KEY", ""),
    ("fact::BATCHED", "fact_batch"),
    ("item::UNDECIDED", "item_undecided"),
    ("item::OPEN", "item_undecided"),
    ("item::AGAIN", ""),
    ("item::AGAIN_BY_ID", ""),
    ("item::AGAIN_CREDITS", "item_customer"),
    ("item::BY_CUSTOMER", "item_customer"),
    ("item::BY_NUMBER", "item_number"),
    ("item::DECIDED", ""),
    ("claim::CLEAR", ""),
    ("claim::ITEMS_OF_DOCUMENT", "claim_document"),
    ("claim::CLEAR_CONTRIBUTIONS", "contribution_item"),
    ("claim::CONTRIBUTIONS", ""),
    ("document::READY", "document_due"),
    ("document::DOUBTFUL", "document_doubtful"),
    ("lane::LOOK", "document_due"),
    ("document::UNVERIFIED", "document_unverified"),
    ("document::UNVERIFIED_COUNTS", "document_unverified"),
    ("document::HELD_AFTER", "document_quarantined"),
    ("document::IN_FLIGHT", "document_in_flight"),
    ("document::OF_CALL", "document_call"),
    ("document::OF_ITEM", "document_item"),
    ("document::BY_NUMBER", "document_number"),
    ("document::SETTLE", ""),
    ("document::need::MET", "need_needs"),
    ("document::need::FREE", ""),
    ("document::posting::POSTINGS_GONE", ""),
    ("document::attempt::ATTEMPT_END", ""),
    ("document::attempt::ATTEMPTS", "attempt_document"),
    ("hint::TAKE", "hint_pending"),
    ("hint::FORGET", "hint_done"),
    ("token::LANE_OF", "token_realm"),
    ("exception::CLOSE_SCOPE", "exception_open"),
    ("exception::OF_ITEM", "exception_item"),
    ("exception::LIST", "exception_open"),
    ("audit::ENTRIES", ""),
];

async fn hot_statements_use_their_indexes(store: &Store) {
    let mut failing = Vec::new();
    for (name, index) in HOT {
        let plan = plan(store, name).await;
        let scans = plan.iter().any(|line| is_scan(line, index));
        if scans || !plan.iter().any(|line| line.contains(index)) {
            failing.push(format!("{name}: not by {index}:\n  {}", plan.join("\n  ")));
        }
    }
    assert!(failing.is_empty(), "{}", failing.join("\n"));
}

/// A page of the oldest work must cost a page, not the backlog.
async fn pages_of_work_come_sorted_from_the_index(store: &Store) {
    let pages = ["delivery::RECEIVED", "delivery::BATCHED", "fact::BATCHED", "item::UNDECIDED"]
        .into_iter()
        .chain(["document::READY", "document::DOUBTFUL"]);
    for name in pages {
        let plan = plan(store, name).await;
        let sorts = plan.iter().any(|l| l.contains("TEMP B-TREE") || l.contains("Sort"));
        assert!(!sorts, "{name}:\n  {}", plan.join("\n  "));
    }
}

/// True for a line of a plan that reads a whole table, or a whole index other than the wanted one
/// (a partial index may be read as a whole: it holds nothing else).
fn is_scan(line: &str, index: &str) -> bool {
    let wanted = !index.is_empty() && line.contains(index);
    line.contains("Seq Scan") || (line.starts_with("SCAN") && !wanted)
}

/// The plan of a statement, by the end of its name.
async fn plan(store: &Store, name: &str) -> Vec<String> {
    let stmt = store::statements().into_iter().find(|s| s.name == format!("store::{name}"));
    let stmt = stmt.unwrap_or_else(|| panic!("there is no statement {name}"));
    let (verb, cols): (_, &'static [Kind]) = match store.dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", &[Kind::Int, Kind::Int, Kind::Int, Kind::Text]),
        Dialect::Postgres => ("EXPLAIN", &[Kind::Text]),
    };
    // Statements live as long as the program; so do these few.
    let explain: &'static Stmt = Box::leak(Box::new(Stmt {
        name: stmt.name,
        sql: Box::leak(format!("{verb} {}", stmt.sql).into_boxed_str()),
        args: stmt.args,
        cols,
    }));
    let args: Vec<Value> = stmt
        .args
        .iter()
        .map(|kind| match kind {
            Kind::Int => 1.into(),
            Kind::Text => "x".into(),
            Kind::Bytes => vec![1_u8; 16].into(),
        })
        .collect();
    let mut tx = store.write().await.unwrap();
    if store.dialect() == Dialect::Postgres {
        // The tables are empty: what counts is whether an index can serve, not what is cheaper.
        tx.script("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            .await
            .unwrap();
    }
    let rows = tx.run(explain, &args).await.unwrap();
    rows.iter().map(|r| r.text(cols.len() - 1).unwrap().to_owned()).collect()
}
