//! Every statement is prepared and run on both engines, and where it returns columns they are
//! decoded from a real row by their declared kinds.

use std::collections::BTreeSet;

use ports::{Dialect, Kind, SqlFailure, Stmt, Value};
use store::Store;

use crate::harness::script;

on_both!(every_statement_runs_and_returns_what_it_declares);

/// No dummy passes both of its CHECKs; the cases of `documents` read its columns.
const NO_ROW: &[&str] = &["store::document::SETTLE"];

/// One row of everything, all texts `x`, all numbers 1, all bytes the byte 1 sixteen times.
const ROWS: &str = "
INSERT INTO meta VALUES ('x', 'x');
INSERT INTO delivery VALUES
  (B1, 'x', 'x', 'x', 1, '[]', B1, B1, 'valid', 'received', '', 1, B1),
  (B9, 'x', 'y', 'x', 1, '[]', B1, B1, 'refused', 'refused', '', 1, B9);
INSERT INTO delivery_part VALUES (B1, 1, B1);
INSERT INTO fact VALUES
  (B1, B1, 'x', 'x', 'x', 'x', 1, 'x', 1, 1, '{}', B1, B1),
  (B9, B1, 'x', 'x', 'y', 'x', 2, 'x', 1, 1, '{}', B9, B9);
INSERT INTO item VALUES (B1, 'x', 'x', 'x', 'x', 'x', 1, 0, 2, 1, 1);
INSERT INTO claim VALUES (B1, 'x', 'x', 1, 'USD', 1, 'document', '', 'x');
INSERT INTO contribution VALUES ('x', B1, 'x', '{}');
INSERT INTO document VALUES
  ('x', B1, 'x', 'x', 'ready', 'create', '{}', 'x', 1, 'USD', 'x', 1, 'x', 'x', 1, 'x', 1, 1, 1,
   'x', 1, 1, 1, 1, 1, 1, '', NULL),
  ('x1', NULL, 'x', 'x', 'unknown', 'create', '{}', 'x', 1, 'USD', 'x', 1, NULL, NULL, NULL, NULL,
   1, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, '', '1'),
  ('x2', B1, 'x', 'x', 'in_flight', 'create', '{}', 'x', 1, 'USD', 'x', 1, 'x', 'x', 1, 'x', 1, 1,
   1, 'x', 1, 1, 1, 1, 1, 0, '', '1'),
  ('x3', B1, 'x', 'x', 'posted', 'create', '{}', 'x', 1, 'USD', 'x', 1, 'x', 'x', 1, 'x', 1, 1, 1,
   'x', 1, 1, 1, 1, 1, 0, '', '1'),
  ('x5', B1, 'x', 'x', 'quarantined', 'create', '{}', 'x', 2, 'USD', 'x', 1, 'x', 'x', 1, 'x', 1, 1,
   1, 'x', 1, 1, 1, 1, 1, 0, 'x', NULL),
  ('x4', B1, 'x', 'account', 'posted', 'create', '{}', 'x', 1, '', 'x', 1, 'x', 'x', 1, 'x', 1, 1,
   1, 'x', 1, 1, 1, 1, 1, 0, '', NULL);
INSERT INTO need VALUES ('x', 'x');
INSERT INTO posting VALUES ('x', 'x', 'USD', 1), ('x1', 'x', 'x', 1);
INSERT INTO attempt VALUES (B1, 'x', 1, 'create', 'x', 1, 1, 'x', 'x');
INSERT INTO exception VALUES
  (B1, 'x', 'x', B1, 'x', B1, 'x', 'x', 'x', 'x', 'USD', 1, 1, NULL, ''),
  (B9, 'item/x', 'x', B1, 'x', B1, 'x', 'x', 'x', 'x', 'USD', 1, 1, NULL, '');
INSERT INTO lane VALUES ('x', 'x', 1, 1, 1, 1, 'x', 1, 1, 1);
INSERT INTO token VALUES ('x', 'x', B1, B1, 1, 1, 1, 1, '', 1);
INSERT INTO consent VALUES (B1, 'x', 'x', 1, 1, NULL, '');
INSERT INTO company VALUES ('x', '{}', 1);
INSERT INTO disputed VALUES ('x', 'x');
INSERT INTO former VALUES ('x', 'x', 'x');
INSERT INTO wanted VALUES ('x', 'x', 1, 1);
INSERT INTO hint VALUES (B1, 'x', 'x', 'x', 'x', 'x', 'x', '', 1, 1, NULL);
INSERT INTO meter VALUES ('x', 1, 'x', 1);
INSERT INTO import VALUES (B1, 'x', 'x', 'x', 'reading', 1, 1, 'USD', '1', 1, '');
INSERT INTO pace VALUES ('x', B1);
INSERT INTO poll VALUES ('x', 'x', 1, 1, 0, '', 1, '');
INSERT INTO completeness VALUES ('x', 1, 'x', 'USD', 1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO compared VALUES ('x', 1, 1, 1);
INSERT INTO audit_head VALUES ('x', 1, B1, B1);
INSERT INTO audit_entry VALUES (1, B1, B1);
";

/// Texts and bytes to try: the first meet the stored rows, the others pass as new ones.
const DUMMIES: [(&str, u8); 4] = [("x", 1), ("refused", 2), ("document", 3), ("reading", 4)];

async fn every_statement_runs_and_returns_what_it_declares(store: &Store) {
    let rows = [1_u8, 9].into_iter().fold(ROWS.to_owned(), |sql, n| {
        let hex = format!("{n:02x}").repeat(16);
        let literal = match store.dialect() {
            Dialect::Sqlite => format!("X'{hex}'"),
            Dialect::Postgres => format!("'\\x{hex}'"),
        };
        sql.replace(&format!("B{n}"), &literal)
    });
    script(store, &rows).await;
    let all = store::statements();
    let names: BTreeSet<_> = all.iter().map(|s| s.name).collect();
    assert_eq!(names.len(), all.len(), "names are unique");
    assert!(all.len() > 80, "{} statements", all.len());

    let mut failing = Vec::new();
    for stmt in all {
        if let Err(why) = try_out(store, stmt).await {
            failing.push(format!("{}: {why}", stmt.name));
        }
    }
    assert!(failing.is_empty(), "{}", failing.join("\n"));
}

/// Runs the statement with each dummy, once alone and once as a bulk of one, each time in a
/// transaction that is rolled back.
async fn try_out(store: &Store, stmt: &'static Stmt) -> Result<(), String> {
    let mut with_rows = stmt.cols.is_empty() || NO_ROW.contains(&stmt.name);
    for (text, byte) in DUMMIES {
        let args: Vec<Value> = stmt
            .args
            .iter()
            .map(|kind| match kind {
                Kind::Int => 1.into(),
                Kind::Text => text.into(),
                Kind::Bytes => vec![byte; 16].into(),
            })
            .collect();
        let mut tx = store.write().await.map_err(|e| e.to_string())?;
        let alone = tx.run(stmt, &args).await;
        drop(tx);
        let mut tx = store.write().await.map_err(|e| e.to_string())?;
        let bulk = tx.run_many(stmt, &[args]).await.map(|many| many.rows);
        for done in [alone, bulk] {
            match done {
                Ok(rows) => {
                    with_rows |= !rows.is_empty();
                    if rows.iter().any(|r| r.0.len() != stmt.cols.len()) {
                        return Err("a row has another number of columns".to_owned());
                    }
                }
                // It was prepared and ran into a CHECK or a key.
                Err(SqlFailure::Constraint(_)) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
    }
    if with_rows { Ok(()) } else { Err("no dummy made it return a row".to_owned()) }
}
