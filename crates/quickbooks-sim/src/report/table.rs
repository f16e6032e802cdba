//! A report as columns and rows, and how it is written: Header, Columns, Rows with Section, Data and
//! Summary.

use crate::clock::Date;
use crate::json::Json;
use crate::money::cents_text;

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub value: String,
    /// Id of the object that the cell names; zero for none.
    pub id: u32,
}

impl Cell {
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self { value: value.into(), id: 0 }
    }

    pub(crate) fn object(value: impl Into<String>, id: u32) -> Self {
        Self { value: value.into(), id }
    }

    pub(crate) fn amount(cents: i64) -> Self {
        Self::text(cents_text(cents))
    }

    /// An amount that is left empty when it is zero.
    pub(crate) fn some_amount(cents: i64) -> Self {
        if cents == 0 { Self::default() } else { Self::amount(cents) }
    }
}

/// One row; sections hold rows.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    /// Summary reports leave the type of their rows out.
    Plain(Vec<Cell>),
    Data {
        cells: Vec<Cell>,
        group: &'static str,
    },
    Section {
        header: Vec<Cell>,
        rows: Vec<Row>,
        summary: Vec<Cell>,
        group: &'static str,
    },
}

impl Row {
    pub(crate) fn data(cells: Vec<Cell>) -> Self {
        Self::Data { cells, group: "" }
    }

    /// A section that is only a total.
    pub(crate) fn total(group: &'static str, summary: Vec<Cell>) -> Self {
        Self::Section { header: Vec::new(), rows: Vec::new(), summary, group }
    }
}

/// A column; `key` is its name in the `columns` parameter, empty where the report has none.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub title: String,
    pub kind: &'static str,
    pub key: &'static str,
    /// First and last day of a column of a period.
    pub period: Option<(Date, Date)>,
}

impl Column {
    pub(crate) fn new(title: impl Into<String>, kind: &'static str, key: &'static str) -> Self {
        Self { title: title.into(), kind, key, period: None }
    }
}

/// A whole report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub name: &'static str,
    /// `Accrual` or `Cash`; empty where the report has no basis.
    pub basis: &'static str,
    /// The date macro used, empty for explicit dates.
    pub macro_name: String,
    pub start: Option<Date>,
    pub end: Option<Date>,
    /// `Total`, `Month`, empty where columns are not periods.
    pub summarize: &'static str,
    /// Customer ids asked for, as sent.
    pub customer: String,
    /// Name and value, before `NoReportData`.
    pub options: Vec<(&'static str, String)>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Nothing to report.
    pub empty: bool,
}

impl Report {
    /// The answer body.
    pub(crate) fn write(&self, currency: &str, now_us: i64) -> String {
        let mut json = Json::with_capacity(4_096);
        json.open();
        self.header(&mut json, currency, now_us);
        json.key("Columns");
        json.open();
        json.key("Column");
        json.open_array();
        for column in &self.columns {
            write_column(&mut json, column);
        }
        json.close_array();
        json.close();
        json.key("Rows");
        write_rows(&mut json, &self.rows);
        json.close();
        json.out
    }

    fn header(&self, json: &mut Json, currency: &str, now_us: i64) {
        json.key("Header");
        json.open();
        json.field_stamp("Time", now_us.div_euclid(1_000_000));
        json.field("ReportName", self.name);
        json.some("DateMacro", &self.macro_name);
        json.some("ReportBasis", self.basis);
        if let Some(start) = self.start {
            json.field_date("StartPeriod", start);
        }
        if let Some(end) = self.end {
            json.field_date("EndPeriod", end);
        }
        json.some("SummarizeColumnsBy", self.summarize);
        json.field("Currency", currency);
        json.some("Customer", &self.customer);
        json.key("Option");
        json.open_array();
        let nothing = if self.empty { "true" } else { "false" };
        for (name, value) in
            self.options.iter().map(|(n, v)| (*n, v.as_str())).chain([("NoReportData", nothing)])
        {
            name_value(json, name, value);
        }
        json.close_array();
        json.close();
    }
}

fn name_value(json: &mut Json, name: &str, value: &str) {
    json.open();
    json.field("Name", name);
    json.field("Value", value);
    json.close();
}

fn write_column(json: &mut Json, column: &Column) {
    json.open();
    json.field("ColTitle", &column.title);
    json.field("ColType", column.kind);
    if !column.key.is_empty() || column.period.is_some() {
        json.key("MetaData");
        json.open_array();
        if let Some((start, end)) = column.period {
            name_value(json, "StartDate", &start.text());
            name_value(json, "EndDate", &end.text());
        }
        if !column.key.is_empty() {
            name_value(json, "ColKey", column.key);
        }
        json.close_array();
    }
    json.close();
}

fn write_rows(json: &mut Json, rows: &[Row]) {
    json.open();
    if !rows.is_empty() {
        json.key("Row");
        json.open_array();
        for row in rows {
            json.open();
            write_row(json, row);
            json.close();
        }
        json.close_array();
    }
    json.close();
}

fn write_row(json: &mut Json, row: &Row) {
    match row {
        Row::Plain(cells) => write_cells(json, cells),
        Row::Data { cells, group } => {
            write_cells(json, cells);
            json.field("type", "Data");
            json.some("group", group);
        }
        Row::Section { header, rows, summary, group } => {
            for (key, cells) in [("Header", header), ("Summary", summary)] {
                if key == "Summary" && !rows.is_empty() {
                    json.key("Rows");
                    write_rows(json, rows);
                }
                if !cells.is_empty() {
                    json.key(key);
                    json.open();
                    write_cells(json, cells);
                    json.close();
                }
            }
            json.field("type", "Section");
            json.some("group", group);
        }
    }
}

fn write_cells(json: &mut Json, cells: &[Cell]) {
    json.key("ColData");
    json.open_array();
    for cell in cells {
        json.open();
        json.field("value", &cell.value);
        if cell.id != 0 {
            json.field_id("id", cell.id);
        }
        json.close();
    }
    json.close_array();
}
