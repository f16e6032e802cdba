//! The figures as tables, for a terminal and for Markdown.

use super::Row;
use super::figures::{grouped, money, percent, reduction};
use crate::accuracy::{Accuracy, Amounts};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};

/// A rule under the header and nothing else: reads well and pastes well.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// Names of columns, the first of them of text, and rows.
pub struct Table {
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let head: Vec<String> = self.head.iter().map(|h| (*h).to_owned()).collect();
        let rule = format!("|---|{}\n", "---:|".repeat(self.head.len() - 1));
        let rows: String = self.rows.iter().map(|r| line(r)).collect();
        format!("{}{rule}{rows}", line(&head))
    }

    /// For a terminal.
    pub fn screen(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(STYLE);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.head.clone());
        for column in 1..self.head.len() {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.rows {
            table.add_row(row.clone());
        }
        table.trim_fmt()
    }
}

/// Everything for a terminal: `rows` and their sum, and the backlog.
pub fn screen(rows: &[Row], late: &Row) -> String {
    let all = with_sum(rows);
    let parts = [books(&all), amounts(&Row::sum(rows)), care(&all), time(&all), backlog(late)];
    parts.iter().map(|table| format!("{}\n", table.screen())).collect::<Vec<_>>().join("\n")
}

/// The rows, and their sum where there are several.
pub fn with_sum(rows: &[Row]) -> Vec<Row> {
    let mut all = rows.to_vec();
    if rows.len() > 1 {
        all.push(Row::sum(rows));
    }
    all
}

/// Who made the books of a row.
fn sides(row: &Row) -> [(&'static str, &Accuracy); 2] {
    [("Tieout", &row.ours), ("baseline", &row.naive)]
}

/// Records and deliveries.
pub fn books(rows: &[Row]) -> Table {
    let mut table = Table {
        head: vec![
            "profile",
            "by",
            "records",
            "exact",
            "exact %",
            "copies",
            "other excess",
            "lost",
            "wrong",
            "held",
            "deliveries",
            "right %",
        ],
        rows: Vec::new(),
    };
    for row in rows {
        for (by, books) in sides(row) {
            table.rows.push(vec![
                row.profile.clone(),
                by.to_owned(),
                grouped(books.expected),
                grouped(books.exact),
                percent(books.exact.into(), books.expected.into()),
                grouped(books.copies),
                grouped(books.excess - books.copies),
                grouped(books.lost),
                grouped(books.wrong),
                grouped(books.held),
                grouped(books.deliveries),
                percent(books.deliveries_right.into(), books.deliveries.into()),
            ]);
        }
    }
    table
}

/// Amounts by currency.
pub fn amounts(sum: &Row) -> Table {
    let mut table = Table {
        head: vec![
            "currency",
            "by",
            "expected",
            "right",
            "right %",
            "missing",
            "in excess",
            "off",
            "error %",
        ],
        rows: Vec::new(),
    };
    for currency in sum.ours.amounts.keys() {
        for (by, books) in sides(sum) {
            let a = books.amounts.get(currency).copied().unwrap_or_else(Amounts::default);
            table.rows.push(vec![
                currency.clone(),
                by.to_owned(),
                money(a.expected, currency),
                money(a.right, currency),
                percent(a.right.into(), a.expected.into()),
                money(a.missing, currency),
                money(a.excess, currency),
                money(a.off, currency),
                percent(a.error().into(), a.expected.into()),
            ]);
        }
    }
    table
}

/// Who had to do something.
pub fn care(rows: &[Row]) -> Table {
    let mut table = Table {
        head: vec![
            "profile",
            "documents in trouble",
            "recovered alone",
            "exceptions closed alone",
            "decided by a person",
            "open",
            "by hand",
            "baseline: repairs",
            "held",
            "by hand",
            "less by hand",
        ],
        rows: Vec::new(),
    };
    for row in rows {
        let care = &row.care;
        table.rows.push(vec![
            row.profile.clone(),
            grouped(care.troubled),
            percent(care.recovered.into(), care.troubled.into()),
            grouped(care.by_machine),
            grouped(care.by_person),
            grouped(care.manual() - care.by_person),
            grouped(care.manual()),
            grouped(row.naive.things_wrong),
            grouped(row.naive_holds),
            grouped(row.naive_manual()),
            reduction(row.naive_manual(), care.manual()),
        ]);
    }
    table
}

/// What the runs were like.
pub fn time(rows: &[Row]) -> Table {
    let mut table = Table {
        head: vec![
            "profile",
            "seeds",
            "virtual days",
            "documents verified",
            "faults",
            "crashes",
            "drained: half",
            "95 %",
            "all",
            "requests a record",
            "baseline",
        ],
        rows: Vec::new(),
    };
    for row in rows {
        let seconds = |n: i64| format!("{} s", grouped(n.unsigned_abs()));
        table.rows.push(vec![
            row.profile.clone(),
            grouped(row.seeds),
            grouped(row.virtual_seconds.unsigned_abs() / 86_400),
            grouped(row.verified),
            grouped(row.troubles.values().sum()),
            grouped(row.crashes),
            seconds(row.drained_within(500)),
            seconds(row.drained_within(950)),
            seconds(row.drained_within(1_000)),
            per_record(row.requests, row.ours.expected),
            per_record(row.naive_requests, row.naive.expected),
        ]);
    }
    table
}

/// Requests by record, two decimals.
fn per_record(requests: u64, records: u64) -> String {
    let hundredths = requests * 100 / records.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How long a backlog takes.
pub fn backlog(row: &Row) -> Table {
    let (ours, naive) = (row.ours.expected, row.naive.expected);
    let rows = [
        ("Tieout", ours, row.pace(), row.requests),
        ("baseline, one call after the other", naive, row.naive_pace(), row.naive_requests),
        ("baseline, 500 calls a minute", naive, row.naive_pace_at_best(), row.naive_requests),
    ];
    let rows = rows.map(|(by, records, pace, requests)| {
        let pace = format!("{} s", grouped(pace));
        vec![by.to_owned(), grouped(records), pace, per_record(requests, records)]
    });
    Table {
        head: vec!["by", "records", "time for 1,000", "requests a record"],
        rows: rows.to_vec(),
    }
}
