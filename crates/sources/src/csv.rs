#![doc = include_str!("csv/README.md")]

mod books;
mod fields;
mod group;
mod input;
mod lines;
mod mapping;
mod number;
mod totals;
mod when;

pub use mapping::{Mapping, MappingError};
pub use totals::{AmountTotals, ControlTotals, Incomplete};

#[cfg(test)]
mod tests;

use books::{Books, Line};
use fields::Cells;
use group::Trouble;
use input::{Input, Mark, mark};
use kernel::ReasonCode;
use lines::{Lines, Row};
use mapping::{Column, Encoding, Format};
use ports::Normalised;
use std::borrow::Cow;
use std::io::Read;

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no header row.
    #[error("the file is empty: not even a header row; export it again")]
    Empty,
    /// The header lacks a mapped column.
    #[error("the file has no column `{missing}`; its columns are {present}. Correct the mapping")]
    MissingColumn {
        /// The column that the mapping names.
        missing: String,
        /// The columns of the file.
        present: String,
    },
    /// The header has a mapped column more than once.
    #[error("the file has the column `{0}` twice; rename one of them")]
    DuplicateColumn(String),
    /// The header row is not text, too long, or its quotes are not closed.
    #[error("the header row cannot be read: {0}; export the file as declared in the mapping")]
    Header(String),
    /// The bytes are marked as another encoding.
    #[error("the file is {0}, which is not the encoding of the mapping; export it as declared")]
    Encoding(&'static str),
    /// The stream failed before the first row.
    #[error("the file breaks off at byte {at} of its text ({why}); fetch it again")]
    Unreadable {
        /// Byte of the text, after decompression.
        at: u64,
        /// The cause.
        why: String,
    },
}

/// What one group of rows means, and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Line of its first row; the first line of the file is 1.
    pub first_line: u64,
    /// Line of its last row.
    pub last_line: u64,
    /// One fact or one fault.
    pub normalised: Normalised,
}

impl Record {
    /// Where it stands in the file, for people.
    pub fn place(&self) -> String {
        if self.first_line == self.last_line {
            format!("line {}", self.first_line)
        } else {
            format!("lines {}-{}", self.first_line, self.last_line)
        }
    }
}

/// A file on its way through a mapping: an iterator of one [`Record`] per group.
///
/// Memory stays bounded by the limits of the mapping, whatever the size of the file.
#[derive(Debug)]
pub struct Import<R> {
    lines: Lines<Input<R>>,
    cells: Cells,
    /// The row as text, when it had to be decoded.
    text: String,
    /// For delimited files: which field each mapped column is.
    places: Vec<(Column, usize)>,
    fields: usize,
    last_line: u64,
    books: Books,
}

/// Opens a file: undoes gzip, takes off a byte order mark, and checks the header row against the
/// mapping. Reads no further.
pub fn open<R: Read>(mapping: &Mapping, bytes: R) -> Result<Import<R>, ImportError> {
    let unreadable = |e: std::io::Error| ImportError::Unreadable { at: 0, why: e.to_string() };
    let input = Input::open(bytes).map_err(unreadable)?;
    let delimiter = match mapping.format {
        Format::Delimited(b) => Some(b),
        Format::Ndjson => None,
    };
    let mut lines = Lines::new(input, mapping.limits.line_bytes, delimiter);
    match mark(lines.peek(4), mapping.encoding) {
        Mark::Skip(n) => lines.skip(n),
        Mark::Other(encoding) => return Err(ImportError::Encoding(encoding)),
    }
    let mut import = Import {
        lines,
        cells: Cells::default(),
        text: String::new(),
        places: Vec::new(),
        fields: 0,
        last_line: 0,
        books: Books::new(mapping.clone()),
    };
    if let Some(delimiter) = delimiter {
        import.header(delimiter)?;
    }
    Ok(import)
}

impl<R: Read> Import<R> {
    /// What was read so far; of the whole file when the iterator has ended.
    pub fn totals(&self) -> ControlTotals {
        self.books.totals.clone()
    }

    fn header(&mut self, delimiter: u8) -> Result<(), ImportError> {
        let encoding = self.books.mapping.encoding;
        let text = match self.lines.next_row() {
            None => return Err(ImportError::Empty),
            Some(Row::Whole { text, last, .. }) => {
                self.last_line = last;
                decode(text, encoding, &mut self.text)
                    .map_err(|at| ImportError::Header(format!("not UTF-8 at byte {at}")))?
            }
            Some(Row::TooLong { .. }) => {
                return Err(ImportError::Header("longer than limits.line_bytes".to_owned()));
            }
            Some(Row::Unclosed { .. }) => {
                return Err(ImportError::Header("a quote is never closed".to_owned()));
            }
            Some(Row::Cut { at, why }) => return Err(ImportError::Unreadable { at, why }),
        };
        self.fields = self.cells.delimited(text, delimiter, &[]);
        let present: Vec<&str> = self.cells.all(text).map(|n| n.trim_matches(' ')).collect();
        for (column, name) in &self.books.mapping.columns {
            let mut found = present.iter().enumerate().filter(|(_, p)| *p == name);
            let (Some((place, _)), again) = (found.next(), found.next()) else {
                let present = present.join(", ").chars().take(2000).collect();
                return Err(ImportError::MissingColumn { missing: name.clone(), present });
            };
            if again.is_some() {
                return Err(ImportError::DuplicateColumn(name.clone()));
            }
            self.places.push((*column, place));
        }
        Ok(())
    }

    /// Takes one row of the file; false at its end.
    fn step(&mut self) -> bool {
        let Some(row) = self.lines.next_row() else { return false };
        let Self { cells, text, books, places, fields, .. } = self;
        let encoding = books.mapping.encoding;
        match row {
            Row::Whole { text: bytes, first, last } => {
                self.last_line = last;
                let (row, trouble) = match decode(bytes, encoding, text) {
                    Ok(row) => (Cow::Borrowed(row), None),
                    Err(at) => {
                        let detail = format!(
                            "byte {at} of line {first} is not UTF-8; export the file as UTF-8 or \
                             declare its encoding"
                        );
                        let trouble = Trouble::malformed(first, detail);
                        (String::from_utf8_lossy(bytes), Some(trouble))
                    }
                };
                whole(books, cells, (places, *fields), (&row, first, last), trouble);
            }
            Row::TooLong { prefix, line } => {
                self.last_line = line;
                let detail = format!(
                    "line {line} is longer than {} bytes; its rest was skipped",
                    books.mapping.limits.line_bytes
                );
                let trouble = Trouble { code: ReasonCode::BatchLimit, line, detail };
                broken(books, cells, places, prefix, trouble);
            }
            Row::Unclosed { text: bytes, line } => {
                self.last_line = line;
                let detail = "a quote that opens on this line is never closed; double quotes \
                              that are part of the text";
                broken(books, cells, places, bytes, Trouble::malformed(line, detail));
            }
            Row::Cut { at, why } => books.cut(at, self.last_line, &why),
        }
        true
    }
}

/// Cuts a whole row and hands it over, sound or not.
fn whole(
    books: &mut Books,
    cells: &mut Cells,
    (places, fields): (&[(Column, usize)], usize),
    (text, first, last): (&str, u64, u64),
    trouble: Option<Trouble>,
) {
    let problem = match books.mapping.format {
        Format::Delimited(delimiter) => {
            let found = cells.delimited(text, delimiter, places);
            (found != fields).then(|| {
                format!("{found} fields where the header has {fields}; quote text with delimiters")
            })
        }
        Format::Ndjson => match cells.json(text, &books.mapping.columns) {
            Err(e) => Some(format!("not one JSON object per line: {e}")),
            Ok(()) => {
                let mut columns = books.mapping.columns.iter();
                let missing = columns.find(|(c, _)| required(*c) && cells.get(text, *c).is_none());
                missing.map(|(_, name)| format!("there is no `{name}`"))
            }
        },
    };
    let line = Line { cells, text, first, last };
    match problem {
        None => books.row(line, trouble),
        Some(detail) => {
            let trouble = trouble.unwrap_or_else(|| Trouble::malformed(first, detail));
            let key = line.group();
            books.damaged(line, Some(key), trouble);
        }
    }
}

/// Hands over the readable beginning of a line.
fn broken(
    books: &mut Books,
    cells: &mut Cells,
    places: &[(Column, usize)],
    bytes: &[u8],
    trouble: Trouble,
) {
    let text = String::from_utf8_lossy(bytes);
    let mut key = None;
    if let Format::Delimited(delimiter) = books.mapping.format {
        let found = cells.delimited(&text, delimiter, places);
        // The last field may be cut, those before it are whole.
        let place = places.iter().find(|(c, _)| *c == Column::Group).map(|(_, place)| *place);
        let whole = place.is_some_and(|place| place + 1 < found);
        key = cells.get(&text, Column::Group).filter(|_| whole);
    }
    let line = Line { cells, text: &text, first: trouble.line, last: trouble.line };
    books.damaged(line, key, trouble);
}

/// Whether an object without this key is damaged; text columns may be left out.
fn required(column: Column) -> bool {
    !matches!(
        column,
        Column::Sku | Column::Title | Column::CustomerId | Column::CustomerName | Column::Channel
    )
}

/// The row as text, or the byte at which it is not valid.
fn decode<'a>(bytes: &'a [u8], encoding: Encoding, room: &'a mut String) -> Result<&'a str, usize> {
    match (std::str::from_utf8(bytes), encoding) {
        (Ok(text), Encoding::Utf8) => Ok(text),
        (Ok(text), Encoding::Latin1) if bytes.is_ascii() => Ok(text),
        (_, Encoding::Latin1) => {
            room.clear();
            room.extend(bytes.iter().map(|b| char::from(*b)));
            Ok(room)
        }
        (Err(e), Encoding::Utf8) => Err(e.valid_up_to() + 1),
    }
}

impl<R: Read> Iterator for Import<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.books.ready.pop_front() {
                return Some(record);
            }
            if self.books.done {
                return None;
            }
            if !self.step() {
                self.books.finish();
            }
        }
    }
}
