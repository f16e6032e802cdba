//! Cuts a row into the mapped cells.

use super::mapping::Column;
use memchr::{memchr, memchr_iter};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Where the mapped cells of one row are.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Unquoted or decoded text, when the row itself cannot be sliced.
    scratch: String,
    in_scratch: bool,
    /// All fields of a delimited row as ranges.
    fields: Vec<(usize, usize)>,
    spans: [Option<(usize, usize)>; Column::COUNT],
    /// The column that each key of the last object was mapped to: objects of a file are alike.
    order: Vec<Option<usize>>,
}

/// Keys of an object whose columns are remembered.
const KEYS_REMEMBERED: usize = 64;

impl Cells {
    /// The text of a column of the row last cut; `None` when the column is not mapped.
    pub(super) fn get<'a>(&'a self, row: &'a str, column: Column) -> Option<&'a str> {
        let (from, to) = self.spans[column as usize]?;
        let text = if self.in_scratch { self.scratch.as_str() } else { row };
        text.get(from..to)
    }

    /// Cuts a delimited row and returns the number of its fields. `places` says which field each
    /// mapped column is.
    pub(super) fn delimited(
        &mut self,
        row: &str,
        delimiter: u8,
        places: &[(Column, usize)],
    ) -> usize {
        self.fields.clear();
        self.in_scratch = row.as_bytes().contains(&b'"');
        if self.in_scratch {
            self.unquote(row, delimiter);
        } else {
            let mut from = 0;
            for to in memchr_iter(delimiter, row.as_bytes()) {
                self.fields.push((from, to));
                from = to + 1;
            }
            self.fields.push((from, row.len()));
        }
        for (column, place) in places {
            self.spans[*column as usize] = self.fields.get(*place).copied();
        }
        self.fields.len()
    }

    /// The fields of the row last cut, all of them.
    pub(super) fn all<'a>(&'a self, row: &'a str) -> impl Iterator<Item = &'a str> {
        let text = if self.in_scratch { self.scratch.as_str() } else { row };
        self.fields.iter().map(|(from, to)| &text[*from..*to])
    }

    fn unquote(&mut self, row: &str, delimiter: u8) {
        self.scratch.clear();
        let (mut from, mut rest) = (0, row);
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = self.quoted(quoted);
            }
            let at = memchr(delimiter, rest.as_bytes());
            self.scratch.push_str(&rest[..at.unwrap_or(rest.len())]);
            self.fields.push((from, self.scratch.len()));
            from = self.scratch.len();
            match at {
                Some(at) => rest = &rest[at + 1..],
                None => return,
            }
        }
    }

    /// Takes the text up to the closing quote and returns what follows it.
    fn quoted<'r>(&mut self, mut rest: &'r str) -> &'r str {
        while let Some(at) = rest.find('"') {
            self.scratch.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.strip_prefix('"') {
                Some(after) => rest = after,
                None => return rest,
            }
            self.scratch.push('"');
        }
        self.scratch.push_str(rest);
        ""
    }

    /// Reads one JSON object. Keys that are not mapped are skipped; a mapped key may be text, a
    /// number (its digits are taken as written) or null (empty).
    pub(super) fn json(
        &mut self,
        row: &str,
        names: &[(Column, String)],
    ) -> Result<(), serde_json::Error> {
        self.scratch.clear();
        self.in_scratch = true;
        self.spans = [None; Column::COUNT];
        let mut reader = serde_json::Deserializer::from_str(row);
        Object { cells: self, names }.deserialize(&mut reader)?;
        reader.end()
    }

    fn put(&mut self, value: &str) -> (usize, usize) {
        let from = self.scratch.len();
        self.scratch.push_str(value);
        (from, self.scratch.len())
    }
}

struct Object<'c> {
    cells: &'c mut Cells,
    names: &'c [(Column, String)],
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object per line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error;
        for n in 0.. {
            let likely = self.cells.order.get(n).copied().flatten();
            let Some(first) = map.next_key_seed(Key { names: self.names, likely })? else { break };
            match self.cells.order.get_mut(n) {
                Some(known) => *known = first,
                None if n < KEYS_REMEMBERED => self.cells.order.push(first),
                None => {}
            }
            let Some(first) = first else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let (column, name) = &self.names[first];
            if self.cells.spans[*column as usize].is_some() {
                return Err(A::Error::custom(format_args!("`{name}` is there twice")));
            }
            let raw = map.next_value::<&RawValue>()?.get();
            let span = match raw.as_bytes().first() {
                Some(b'"') if memchr(b'\\', raw.as_bytes()).is_none() => {
                    self.cells.put(&raw[1..raw.len() - 1])
                }
                Some(b'"') => {
                    let text: String = serde_json::from_str(raw).map_err(A::Error::custom)?;
                    self.cells.put(&text)
                }
                Some(b'n') => self.cells.put(""),
                Some(b'-' | b'0'..=b'9') => self.cells.put(raw),
                _ => {
                    let what = "is neither text nor number nor null";
                    return Err(A::Error::custom(format_args!("`{name}` {what}")));
                }
            };
            self.cells.spans[*column as usize] = Some(span);
            for (other, same) in &self.names[first + 1..] {
                if same == name {
                    self.cells.spans[*other as usize] = Some(span);
                }
            }
        }
        Ok(())
    }
}

/// Finds the first column that a key is mapped to.
struct Key<'c> {
    names: &'c [(Column, String)],
    /// What the key is if it is the one that stood here before: the first column of its name.
    likely: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Option<usize>, D::Error> {
        d.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        let is_likely = self.likely.is_some_and(|n| self.names[n].1 == key);
        if is_likely {
            return Ok(self.likely);
        }
        Ok(self.names.iter().position(|(_, name)| name == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(row: &str) -> Vec<String> {
        let mut cells = Cells::default();
        cells.delimited(row, b',', &[]);
        cells.all(row).map(str::to_owned).collect()
    }

    proptest! {
        /// The csv crate is the judge of what a row means.
        #[test]
        fn rows_are_cut_as_the_csv_crate_cuts_them(row in "[ab\", é]{1,40}") {
            let mut judge = ::csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(row.as_bytes());
            let record = judge.records().next().unwrap().unwrap();
            let expected: Vec<_> = record.iter().map(str::to_owned).collect();
            prop_assert_eq!(cut(&row), expected);
        }
    }

    #[test]
    fn json_numbers_keep_their_digits() {
        let names = vec![
            (Column::Group, "no".to_owned()),
            (Column::Number, "no".to_owned()),
            (Column::UnitPrice, "p".to_owned()),
            (Column::Title, "t".to_owned()),
        ];
        let mut cells = Cells::default();
        let row = r#"{"x":[1,{"no":2}],"p":1.10,"no":"a\"é","t":null}"#;
        cells.json(row, &names).unwrap();
        let got = [Column::Group, Column::Number, Column::UnitPrice, Column::Title, Column::Sku]
            .map(|c| cells.get(row, c).map(str::to_owned));
        let expected = [Some("a\"é"), Some("a\"é"), Some("1.10"), Some(""), None];
        assert_eq!(got.each_ref().map(Option::as_deref), expected);
        let refused = [
            (r#"{"no":1,"no":2}"#, "twice"),
            (r#"{"p":true}"#, "neither"),
            (r#"{"p":{}}"#, "neither"),
            (r#"{"p":1"#, "EOF"),
            ("[1]", "one JSON object"),
            (r#"{"p":1} x"#, "trailing"),
        ];
        for (row, why) in refused {
            let error = cells.json(row, &names).unwrap_err().to_string();
            assert!(error.contains(why), "{row}: {error}");
        }
    }
}
