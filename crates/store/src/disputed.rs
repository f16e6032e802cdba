//! Payments that disputes are about.

use crate::Result;
use crate::args::{args, statements};
use kernel::{Subject, SubjectKind};
use ports::SqlTx;
use std::collections::BTreeSet;

statements! {
    ADD = "INSERT INTO disputed (payment, subject_key) VALUES ($1, $2) \
           ON CONFLICT (payment, subject_key) DO NOTHING",
        [Text, Text] => [];
    ANY = "SELECT subject_key FROM disputed LIMIT 1", [] => [Text];
    OF_SALE = "SELECT DISTINCT d.subject_key FROM fact f \
               JOIN disputed d ON d.payment = f.econ_key \
               WHERE f.subject_kind = $1 AND f.subject_key = $2 ORDER BY d.subject_key",
        [Text, Text] => [Text];
}

/// Notes (economic key of the payment, subject key of the dispute).
pub async fn add(tx: &mut dyn SqlTx, told: &BTreeSet<(String, String)>) -> Result<()> {
    let rows: Vec<_> = told.iter().map(|(p, s)| args![p.as_str(), s.as_str()]).collect();
    tx.run_many(&ADD, &rows).await?;
    Ok(())
}

/// The disputes about payments of these sales. Nothing is looked up before the first dispute.
pub async fn of_sales(tx: &mut dyn SqlTx, sales: &BTreeSet<&Subject>) -> Result<BTreeSet<Subject>> {
    if sales.is_empty() || tx.run(&ANY, &[]).await?.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<_> = sales.iter().map(|s| args![s.kind.as_str(), s.key.as_str()]).collect();
    let found = tx.run_many(&OF_SALE, &rows).await?.rows;
    found.iter().map(|r| Ok(Subject::new(SubjectKind::Dispute, r.text(0)?))).collect()
}
