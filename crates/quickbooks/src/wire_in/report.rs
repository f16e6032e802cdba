//! The trial balance report: nested rows of text columns.

use super::text::Text;
use crate::amount::Unit;
use kernel::Currency;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report<'a> {
    #[serde(borrow)]
    header: Header<'a>,
    #[serde(borrow)]
    columns: Columns<'a>,
    #[serde(borrow)]
    rows: Rows<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header<'a> {
    #[serde(borrow)]
    currency: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Columns<'a> {
    #[serde(borrow, default)]
    column: Vec<Column<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Column<'a> {
    #[serde(borrow)]
    col_title: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Rows<'a> {
    #[serde(borrow, default)]
    row: Vec<Row<'a>>,
}

/// An account, or a section of accounts. `Summary` rows repeat their section and are not read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    #[serde(borrow, default)]
    col_data: Vec<Cell<'a>>,
    #[serde(borrow)]
    header: Option<Section<'a>>,
    #[serde(borrow)]
    rows: Option<Rows<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Section<'a> {
    #[serde(borrow, default)]
    col_data: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    #[serde(borrow)]
    value: Option<Text<'a>>,
}

/// Sections deeper than this are refused: accounts nest five deep (quickbooks.md §7, 6180).
const DEPTH_MAX: usize = 16;

/// Account name to debit minus credit, in minor units of the currency the report names (two
/// decimals when it names none).
pub(crate) fn trial_balance(body: &[u8]) -> Result<BTreeMap<String, i64>, String> {
    let report: Report<'_> = serde_json::from_slice(body)
        .map_err(|e| format!("a trial balance that cannot be read ({:?})", e.classify()))?;
    let currency = match report.header.currency.as_deref() {
        Some(code) => code.parse::<Currency>().map_err(|e| e.to_string())?,
        None => Currency::USD,
    };
    let column = |title: &str| {
        report
            .columns
            .column
            .iter()
            .position(|c| c.col_title.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(title)))
    };
    // Titles are localised; the order account, debit, credit is not.
    let (debit, credit) = (column("Debit").unwrap_or(1), column("Credit").unwrap_or(2));
    let mut reader = Reader { unit: Unit::of(currency), debit, credit, out: BTreeMap::new() };
    reader.rows(&report.rows, DEPTH_MAX)?;
    Ok(reader.out)
}

struct Reader {
    unit: Unit,
    debit: usize,
    credit: usize,
    out: BTreeMap<String, i64>,
}

impl Reader {
    fn rows(&mut self, rows: &Rows<'_>, depth: usize) -> Result<(), String> {
        let below = depth.checked_sub(1).ok_or("a trial balance nested too deeply")?;
        for row in &rows.row {
            self.account(&row.col_data)?;
            if let Some(header) = &row.header {
                self.account(&header.col_data)?;
            }
            if let Some(inner) = &row.rows {
                self.rows(inner, below)?;
            }
        }
        Ok(())
    }

    fn account(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        let text = |n: usize| {
            cells.get(n).and_then(|c| c.value.as_deref()).map(str::trim).unwrap_or_default()
        };
        let amount = |n: usize| match text(n) {
            "" => Ok(0),
            // Some locales group thousands.
            shown => self
                .unit
                .minor(&shown.replace(',', ""))
                .map_err(|_| "a trial balance with an amount that is no number".to_owned()),
        };
        let (name, debit, credit) = (text(0), amount(self.debit)?, amount(self.credit)?);
        if name.is_empty() || (text(self.debit).is_empty() && text(self.credit).is_empty()) {
            return Ok(());
        }
        let sum = self.out.entry(name.to_owned()).or_default();
        *sum =
            sum.checked_add(debit).and_then(|s| s.checked_sub(credit)).ok_or("amounts overflow")?;
        Ok(())
    }
}
