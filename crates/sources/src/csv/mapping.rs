//! The declared mapping of columns to the words of the business.

use super::when::Moments;
use kernel::currency::UnknownCurrency;
use kernel::time::Zone;
use kernel::{Currency, LineKind, SourceName};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How to read one kind of file: which columns mean what. Written as TOML, see the module page.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(super) source: SourceName,
    pub(super) format: Format,
    pub(super) encoding: Encoding,
    pub(super) moments: Moments,
    pub(super) currency: Option<Currency>,
    pub(super) on_account: bool,
    pub(super) group_window: usize,
    pub(super) customer_id_suffix: String,
    pub(super) columns: Vec<(Column, String)>,
    pub(super) kinds: Vec<(String, GroupKind)>,
    pub(super) line_kinds: BTreeMap<String, LineKind>,
    pub(super) limits: Limits,
}

/// The shape of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One row per line, fields separated by this byte, quoted with `"` (RFC 4180).
    Delimited(u8),
    /// One JSON object per line.
    Ndjson,
}

/// How bytes become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    Latin1,
}

/// What a group of rows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupKind {
    Order,
    Credit,
    Adjustment,
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Group,
    Number,
    PlacedAt,
    Sku,
    Title,
    Quantity,
    UnitPrice,
    CustomerId,
    CustomerName,
    Channel,
    Currency,
    Kind,
}

impl Column {
    /// How many there are.
    pub(super) const COUNT: usize = 12;
}

/// What bounds the memory that an import may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    /// Longest row, bytes.
    pub(super) line_bytes: usize,
    /// Most rows of one group. QuickBooks allows 10,000 lines per document (quickbooks.md §6).
    pub(super) group_lines: usize,
    /// Most bytes of text that one group may keep.
    pub(super) group_bytes: usize,
    /// Most distinct groups of one file; about 50 bytes each are remembered to find those that
    /// appear again.
    pub(super) groups: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 1 << 20,
            group_lines: kernel::validate::LINES_MAX,
            group_bytes: 16 << 20,
            groups: 5_000_000,
        }
    }
}

/// Largest `group_window`.
const WINDOW_MAX: usize = 64;

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("the mapping cannot be read: {0}")]
    Toml(String),
    /// The time zone is not an IANA name.
    #[error("zone `{0}` is not an IANA time zone; write for example `Europe/London`")]
    Zone(String),
    /// The constant currency is not known.
    #[error(transparent)]
    Currency(#[from] UnknownCurrency),
    /// Both or neither of `currency` and `columns.currency`.
    #[error("give either `currency` (one for the file) or `columns.currency`, not {0}")]
    CurrencyChoice(&'static str),
    /// A value that cannot work.
    #[error("`{key}` is `{value}`: {rule}")]
    Value {
        /// The key in the mapping.
        key: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    #[serde(default = "csv")]
    format: String,
    #[serde(default = "comma")]
    delimiter: String,
    #[serde(default = "utf8")]
    encoding: Encoding,
    zone: String,
    currency: Option<String>,
    settlement: Settlement,
    group_by: String,
    #[serde(default = "one")]
    group_window: usize,
    #[serde(default = "iso")]
    placed_at_format: String,
    #[serde(default)]
    customer_id_strip_suffix: String,
    columns: Columns,
    kind: Option<Kind>,
    #[serde(default)]
    line_kinds: BTreeMap<String, LineKind>,
    #[serde(default)]
    limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    number: Option<String>,
    placed_at: String,
    sku: Option<String>,
    title: Option<String>,
    quantity: String,
    unit_price: String,
    customer_id: Option<String>,
    customer_name: Option<String>,
    channel: Option<String>,
    currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    column: String,
    prefixes: BTreeMap<String, GroupKind>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Settlement {
    OnAccount,
    Paid,
}

fn csv() -> String {
    "csv".to_owned()
}
fn comma() -> String {
    ",".to_owned()
}
fn utf8() -> Encoding {
    Encoding::Utf8
}
fn one() -> usize {
    1
}
fn iso() -> String {
    "iso".to_owned()
}

impl Mapping {
    /// Reads a mapping from TOML and checks everything that can be checked without a file.
    pub fn parse(toml: &str) -> Result<Self, MappingError> {
        let file: File = toml::from_str(toml)
            .map_err(|e| MappingError::Toml(e.to_string().trim().to_owned()))?;
        file.check()?;
        let zone = Zone::named(&file.zone).map_err(|_| MappingError::Zone(file.zone.clone()))?;
        let currency = match (&file.currency, &file.columns.currency) {
            (Some(code), None) => Some(code.parse()?),
            (None, Some(_)) => None,
            (Some(_), Some(_)) => return Err(MappingError::CurrencyChoice("both")),
            (None, None) => return Err(MappingError::CurrencyChoice("neither")),
        };
        let mut kinds: Vec<_> = file.kind.iter().flat_map(|k| k.prefixes.clone()).collect();
        kinds.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        Ok(Self {
            format: file.format()?,
            moments: Moments::new(zone, &file.placed_at_format)?,
            columns: file.columns(),
            source: SourceName::new(file.source),
            encoding: file.encoding,
            currency,
            on_account: file.settlement == Settlement::OnAccount,
            group_window: file.group_window,
            customer_id_suffix: file.customer_id_strip_suffix,
            kinds,
            line_kinds: file.line_kinds,
            limits: file.limits,
        })
    }

    /// The connection that the facts of such files come from; the prefix of their subjects.
    pub fn name(&self) -> &SourceName {
        &self.source
    }

    /// The one currency of such files; `None` when a column states it.
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Whether a group value alone tells the kind, so that a damaged row can be given a subject.
    pub(super) fn kind_is_in_group_value(&self) -> bool {
        let name = |wanted| self.columns.iter().find(|(c, _)| *c == wanted).map(|(_, n)| n);
        self.kinds.is_empty() || name(Column::Kind) == name(Column::Group)
    }

    /// The kind of a group whose kind column reads `text`: the longest prefix decides.
    pub(super) fn kind_of(&self, text: &str) -> GroupKind {
        let found = self.kinds.iter().find(|(prefix, _)| text.starts_with(prefix.as_str()));
        found.map_or(GroupKind::Order, |(_, kind)| *kind)
    }
}

impl File {
    fn check(&self) -> Result<(), MappingError> {
        let refuse = |key, value: String, rule| Err(MappingError::Value { key, value, rule });
        if self.source.is_empty() || self.source.len() > 64 || self.source.contains('/') {
            let rule = "write kind:name, 1 to 64 bytes without `/`";
            return refuse("source", self.source.clone(), rule);
        }
        if !(1..=WINDOW_MAX).contains(&self.group_window) {
            let rule = "1 (rows of a group stand together) to 64 groups open at a time";
            return refuse("group_window", self.group_window.to_string(), rule);
        }
        if let Some(kind) = &self.kind
            && kind.prefixes.contains_key("")
        {
            return refuse("kind.prefixes", String::new(), "a prefix has at least one character");
        }
        let Limits { line_bytes, group_lines, group_bytes, groups } = self.limits;
        if !(64..=64 << 20).contains(&line_bytes) {
            return refuse("limits.line_bytes", line_bytes.to_string(), "64 bytes to 64 MiB");
        }
        if !(1..=kernel::validate::LINES_MAX).contains(&group_lines) {
            return refuse("limits.group_lines", group_lines.to_string(), "1 to 10000 rows");
        }
        if group_bytes < line_bytes || group_bytes > 1 << 30 {
            let rule = "at least limits.line_bytes, at most 1 GiB";
            return refuse("limits.group_bytes", group_bytes.to_string(), rule);
        }
        if !(1..=100_000_000).contains(&groups) {
            return refuse("limits.groups", groups.to_string(), "1 to 100000000 groups");
        }
        Ok(())
    }

    fn format(&self) -> Result<Format, MappingError> {
        let refuse = |key, value: &str, rule| {
            Err(MappingError::Value { key, value: value.to_owned(), rule })
        };
        match (self.format.as_str(), self.delimiter.as_bytes()) {
            ("ndjson", _) if self.encoding != Encoding::Utf8 => {
                refuse("encoding", "latin1", "JSON is UTF-8 (RFC 8259)")
            }
            ("ndjson", _) => Ok(Format::Ndjson),
            ("csv", [b]) if b.is_ascii() && !matches!(b, b'"' | b'\n' | b'\r') => {
                Ok(Format::Delimited(*b))
            }
            ("csv", _) => refuse("delimiter", &self.delimiter, "one ASCII character, no quote"),
            (other, _) => refuse("format", other, "`csv` or `ndjson`"),
        }
    }

    fn columns(&self) -> Vec<(Column, String)> {
        let c = &self.columns;
        [
            (Column::Group, Some(&self.group_by)),
            (Column::Number, Some(c.number.as_ref().unwrap_or(&self.group_by))),
            (Column::PlacedAt, Some(&c.placed_at)),
            (Column::Sku, c.sku.as_ref()),
            (Column::Title, c.title.as_ref()),
            (Column::Quantity, Some(&c.quantity)),
            (Column::UnitPrice, Some(&c.unit_price)),
            (Column::CustomerId, c.customer_id.as_ref()),
            (Column::CustomerName, c.customer_name.as_ref()),
            (Column::Channel, c.channel.as_ref()),
            (Column::Currency, c.currency.as_ref()),
            (Column::Kind, self.kind.as_ref().map(|k| &k.column)),
        ]
        .into_iter()
        .filter_map(|(column, name)| Some((column, name?.clone())))
        .collect()
    }
}
