//! Claims: what the source says moved, and contributions to summary journals.

use crate::Result;
use crate::args::{args, statements};
use crate::delivery::id;
use kernel::{BusinessDate, Currency, Id};
use ports::SqlTx;

statements! {
    CLEAR = "DELETE FROM claim WHERE item_id = $1", [Bytes] => [];
    INSERT = "INSERT INTO claim (item_id, key, class, date, currency, amount_minor, outcome, code, \
              document_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [Bytes, Text, Text, Int, Text, Int, Text, Text, Text] => [];
    OF_ITEM = "SELECT key, class, date, currency, amount_minor, outcome, code, document_key \
               FROM claim WHERE item_id = $1 ORDER BY key",
        [Bytes] => [Text, Text, Int, Text, Int, Text, Text, Text];
    // The second condition is that of the partial index; SQLite wants to read it.
    ITEMS_OF_DOCUMENT = "SELECT DISTINCT item_id FROM claim WHERE document_key = $1 \
                         AND document_key <> '' ORDER BY item_id",
        [Text] => [Bytes];
    SUMMARIES_OF_ITEM = "SELECT summary_key FROM contribution WHERE item_id = $1",
        [Bytes] => [Text];
    CLEAR_CONTRIBUTIONS = "DELETE FROM contribution WHERE item_id = $1", [Bytes] => [];
    INSERT_CONTRIBUTION = "INSERT INTO contribution (summary_key, item_id, claim, body) \
                           VALUES ($1, $2, $3, $4)", [Text, Bytes, Text, Text] => [];
    CONTRIBUTIONS_OF_ITEM = "SELECT body FROM contribution WHERE item_id = $1 ORDER BY claim",
        [Bytes] => [Text];
    CONTRIBUTIONS = "SELECT body FROM contribution WHERE summary_key = $1 ORDER BY item_id, claim",
        [Text] => [Text];
}

/// A claim as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClaim {
    /// Unique within the item.
    pub key: String,
    /// Class, e.g. `sale`.
    pub class: String,
    /// Date that decides the period.
    pub date: BusinessDate,
    /// Currency.
    pub currency: Currency,
    /// Amount, minor units, signed.
    pub amount_minor: i64,
    /// `document`, `held`, `excluded` or `pending`.
    pub outcome: &'static str,
    /// Reason code of anything but `document`, else empty.
    pub code: String,
    /// The document that carries it, else empty.
    pub document_key: String,
}

/// Replaces the claims of items.
pub async fn replace(tx: &mut dyn SqlTx, batch: &[(Id, Vec<StoredClaim>)]) -> Result<()> {
    let gone: Vec<_> = batch.iter().map(|(item, _)| args![item.0.as_slice()]).collect();
    tx.run_many(&CLEAR, &gone).await?;
    let rows: Vec<_> = batch
        .iter()
        .flat_map(|(item, claims)| {
            claims.iter().map(move |c| {
                args![
                    item.0.as_slice(),
                    c.key.as_str(),
                    c.class.as_str(),
                    i64::from(c.date.days()),
                    c.currency.code(),
                    c.amount_minor,
                    c.outcome,
                    c.code.as_str(),
                    c.document_key.as_str(),
                ]
            })
        })
        .collect();
    tx.run_many(&INSERT, &rows).await?;
    Ok(())
}

/// The claims of one item as text columns, for people: (key, class, date, currency, amount,
/// outcome, code, document key).
pub async fn of_item(tx: &mut dyn SqlTx, item: Id) -> Result<Vec<StoredClaim>> {
    let rows = tx.run(&OF_ITEM, &args![item.0.as_slice()]).await?;
    rows.iter()
        .map(|r| {
            Ok(StoredClaim {
                key: r.text(0)?.to_owned(),
                class: r.text(1)?.to_owned(),
                date: crate::document::date(r.int(2)?)?,
                currency: crate::document::currency(r.text(3)?)?,
                amount_minor: r.int(4)?,
                outcome: match r.text(5)? {
                    "document" => "document",
                    "held" => "held",
                    "excluded" => "excluded",
                    _ => "pending",
                },
                code: r.text(6)?.to_owned(),
                document_key: r.text(7)?.to_owned(),
            })
        })
        .collect()
}

/// The items whose claims a document carries.
pub async fn items_of_document(tx: &mut dyn SqlTx, document: &str) -> Result<Vec<Id>> {
    let rows = tx.run(&ITEMS_OF_DOCUMENT, &args![document]).await?;
    rows.iter().map(|r| id(r.bytes(0)?)).collect()
}

/// Replaces what items contribute to summary journals: (item, summary key, claim, JSON body).
/// Returns the summaries that lost something.
pub async fn replace_contributions(
    tx: &mut dyn SqlTx,
    items: &[Id],
    new: &[(Id, String, String, String)],
) -> Result<Vec<String>> {
    let gone: Vec<_> = items.iter().map(|i| args![i.0.as_slice()]).collect();
    let cleared = tx.run_many(&SUMMARIES_OF_ITEM, &gone).await?;
    if !cleared.rows.is_empty() {
        tx.run_many(&CLEAR_CONTRIBUTIONS, &gone).await?;
    }
    let rows: Vec<_> = new
        .iter()
        .map(|(item, summary, claim, body)| {
            args![summary.as_str(), item.0.as_slice(), claim.as_str(), body.as_str()]
        })
        .collect();
    tx.run_many(&INSERT_CONTRIBUTION, &rows).await?;
    let mut lost =
        cleared.rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect::<Result<Vec<_>>>()?;
    lost.sort();
    lost.dedup();
    Ok(lost)
}

/// What an item contributes to summary journals, as JSON bodies.
pub async fn contributions_of_item(tx: &mut dyn SqlTx, item: Id) -> Result<Vec<String>> {
    let rows = tx.run(&CONTRIBUTIONS_OF_ITEM, &args![item.0.as_slice()]).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}

/// The contributions to one summary journal, as JSON bodies in a fixed order.
pub async fn contributions(tx: &mut dyn SqlTx, summary: &str) -> Result<Vec<String>> {
    let rows = tx.run(&CONTRIBUTIONS, &args![summary]).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}
