//! Splits a stream into rows with bounded memory.
//!
//! A row of a delimited file may span lines when a field is quoted. A row that is too long, or
//! whose quote never closes, costs its own first line and no more: reading goes on at the next.

use memchr::memchr;
use std::io::Read;

/// Most lines that one quoted row may span. Also bounds how often a line is looked at again when
/// a quote is never closed.
const ROW_LINES_MAX: u64 = 200;

/// How much is asked of the stream at a time, bytes.
const CHUNK_BYTES: usize = 128 << 10;

/// One step through the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// A whole row without its line end.
    Whole { text: &'a [u8], first: u64, last: u64 },
    /// A line longer than the limit; `prefix` is its beginning, the rest was skipped.
    TooLong { prefix: &'a [u8], line: u64 },
    /// A line that opens a quote which is not closed within the limits.
    Unclosed { text: &'a [u8], line: u64 },
    /// The stream failed: nothing after byte `at` (of the text, before compression) is known.
    Cut { at: u64, why: String },
}

/// The rows of a stream.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    /// Bytes `start..end` are read and not yet given out.
    buf: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    failed: Option<String>,
    /// Number of the line that begins at `start`.
    line: u64,
    /// Bytes of the text before `start`.
    offset: u64,
    limit: usize,
    /// The delimiter, when quotes have a meaning.
    delimiter: Option<u8>,
}

/// Where in a field a scan stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    FieldStart,
    Plain,
    Inside,
    /// After a quote inside quotes: the end of the field, or the first half of a doubled quote.
    MaybeEnd,
}

/// A found row, as lengths from `start`.
enum Found {
    /// `text` bytes of row, `taken` bytes with its line end, `lines` lines.
    Whole {
        text: usize,
        taken: usize,
        lines: u64,
    },
    TooLong {
        taken: usize,
        rest: bool,
    },
    Unclosed {
        text: usize,
        taken: usize,
    },
    Nothing,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, limit: usize, delimiter: Option<u8>) -> Self {
        Self {
            input,
            buf: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            failed: None,
            line: 1,
            offset: 0,
            limit,
            delimiter,
        }
    }

    /// Up to `n` bytes that come next, without taking them.
    pub(super) fn peek(&mut self, n: usize) -> &[u8] {
        while self.end - self.start < n && !self.ended {
            self.fill();
        }
        &self.buf[self.start..self.end.min(self.start + n)]
    }

    /// Leaves out the next `n` bytes, which must have been peeked at.
    pub(super) fn skip(&mut self, n: usize) {
        self.start += n;
        self.offset += n as u64;
    }

    /// The next row; `None` at the end. Blank lines are left out.
    pub(super) fn next_row(&mut self) -> Option<Row<'_>> {
        loop {
            let found = self.find();
            let (at, first) = (self.start, self.line);
            match found {
                Found::Whole { text, taken, lines } => {
                    self.skip(taken);
                    self.line += lines;
                    let text = without_return(at, text, &self.buf);
                    if text > 0 {
                        let text = &self.buf[at..at + text];
                        return Some(Row::Whole { text, first, last: first + lines - 1 });
                    }
                }
                Found::TooLong { taken, rest } => {
                    let prefix = self.buf[at..at + taken.min(self.limit)].to_vec();
                    self.skip(taken);
                    self.line += 1;
                    if rest {
                        self.skip_line();
                    }
                    // The buffer may have been refilled: the prefix is put where it is free.
                    let room = self.keep(prefix);
                    return Some(Row::TooLong { prefix: &self.buf[room], line: first });
                }
                Found::Unclosed { text, taken } => {
                    self.skip(taken);
                    self.line += 1;
                    let text = without_return(at, text, &self.buf);
                    return Some(Row::Unclosed { text: &self.buf[at..at + text], line: first });
                }
                Found::Nothing => {
                    let why = self.failed.take()?;
                    let at = self.offset + (self.end - self.start) as u64;
                    self.start = self.end;
                    return Some(Row::Cut { at, why });
                }
            }
        }
    }

    fn find(&mut self) -> Found {
        let (mut scanned, mut searched, mut lines) = (0, 0, 0);
        let mut quote = Quote::FieldStart;
        let mut first_end = None;
        loop {
            let pending = &self.buf[self.start..self.end];
            let line_end = memchr(b'\n', &pending[searched..]).map(|n| searched + n);
            if line_end.unwrap_or(pending.len()) > self.limit || lines >= ROW_LINES_MAX {
                return match (first_end, line_end) {
                    (Some(text), _) => Found::Unclosed { text, taken: text + 1 },
                    (None, Some(n)) => Found::TooLong { taken: n + 1, rest: false },
                    (None, None) => Found::TooLong { taken: pending.len(), rest: true },
                };
            }
            if let Some(n) = line_end {
                lines += 1;
                quote = self.advance(quote, &pending[scanned..n]);
                if quote != Quote::Inside {
                    return Found::Whole { text: n, taken: n + 1, lines };
                }
                first_end.get_or_insert(n);
                (scanned, searched) = (n + 1, n + 1);
            } else if !self.ended {
                searched = pending.len();
                self.fill();
            } else if self.failed.is_some() || pending.is_empty() {
                return Found::Nothing;
            } else {
                let all = pending.len();
                if all > scanned {
                    quote = self.advance(quote, &pending[scanned..]);
                    lines += 1;
                }
                let taken = first_end.map_or(all, |n| n + 1);
                return match quote {
                    Quote::Inside => Found::Unclosed { text: first_end.unwrap_or(all), taken },
                    _ => Found::Whole { text: all, taken: all, lines },
                };
            }
        }
    }

    fn advance(&self, mut quote: Quote, bytes: &[u8]) -> Quote {
        let Some(delimiter) = self.delimiter else { return Quote::Plain };
        let outside = quote == Quote::FieldStart;
        if outside && memchr(b'"', bytes).is_none() {
            return Quote::Plain;
        }
        for &b in bytes {
            quote = match (quote, b) {
                (Quote::Inside, b'"') => Quote::MaybeEnd,
                (Quote::FieldStart | Quote::MaybeEnd, b'"') | (Quote::Inside, _) => Quote::Inside,
                (_, b) if b == delimiter => Quote::FieldStart,
                _ => Quote::Plain,
            };
        }
        quote
    }

    /// Leaves out everything up to and with the next line end, keeping nothing of it.
    fn skip_line(&mut self) {
        loop {
            let pending = &self.buf[self.start..self.end];
            if let Some(n) = memchr(b'\n', pending) {
                return self.skip(n + 1);
            }
            let all = pending.len();
            self.skip(all);
            if self.ended {
                return;
            }
            self.fill();
        }
    }

    /// Stores bytes in front of those not yet given out.
    fn keep(&mut self, bytes: Vec<u8>) -> std::ops::Range<usize> {
        let n = bytes.len();
        let rest = self.buf[self.start..self.end].to_vec();
        self.buf.clear();
        self.buf.extend(bytes);
        self.buf.extend(rest);
        (self.start, self.end) = (n, self.buf.len());
        0..n
    }

    fn fill(&mut self) {
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buf.len() {
            self.buf.resize(self.end + CHUNK_BYTES, 0);
        }
        match self.input.read(&mut self.buf[self.end..]) {
            Ok(0) => self.ended = true,
            Ok(n) => self.end += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => {
                self.failed = Some(e.to_string());
                self.ended = true;
            }
        }
    }
}

/// `text` less a carriage return at its end.
fn without_return(at: usize, text: usize, buf: &[u8]) -> usize {
    let returned = text > 0 && buf[at + text - 1] == b'\r';
    text - usize::from(returned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(1);
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn rows(bytes: &[u8], limit: usize) -> Vec<String> {
        let mut lines = Lines::new(Slow(bytes), limit, Some(b','));
        let mut all = Vec::new();
        while let Some(row) = lines.next_row() {
            all.push(match row {
                Row::Whole { text, first, last } => {
                    format!("{first}-{last} {}", text.escape_ascii())
                }
                Row::TooLong { prefix, line } => format!("{line} long {}", prefix.len()),
                Row::Unclosed { text, line } => format!("{line} open {}", text.escape_ascii()),
                Row::Cut { at, why } => format!("cut {at} {why}"),
            });
        }
        all
    }

    #[test]
    fn rows_keep_their_line_numbers() {
        let table: &[(&str, &[&str])] = &[
            ("a,b\r\n\r\nc\n", &["1-1 a,b", "3-3 c"]),
            ("a\nb", &["1-1 a", "2-2 b"]),
            ("", &[]),
            ("\n\n", &[]),
            ("\"x\ny\",1\nz", &["1-2 \\\"x\\ny\\\",1", "3-3 z"]),
            ("a\"b\nc", &["1-1 a\\\"b", "2-2 c"]),
            ("\"a\"\"\nb\"\nc", &["1-2 \\\"a\\\"\\\"\\nb\\\"", "3-3 c"]),
            ("x,\"open\nb,c\nd\n", &["1 open x,\\\"open", "2-2 b,c", "3-3 d"]),
            ("x,\"open", &["1 open x,\\\"open"]),
            ("\"\n", &["1 open \\\""]),
        ];
        for (text, expected) in table {
            assert_eq!(&rows(text.as_bytes(), 1000), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_line_costs_itself_only() {
        let long = "y".repeat(5000);
        let text = format!("a\n{long}\nb\n\"{long}\"\nc");
        let expected = ["1-1 a", "2 long 100", "3-3 b", "4 long 100", "5-5 c"];
        assert_eq!(rows(text.as_bytes(), 100), expected);
        let open = format!("a\n\"open\n{}b", "1,2\n".repeat(300));
        let got = rows(open.as_bytes(), 1000);
        assert_eq!(got.len(), 303);
        assert_eq!(got[1], "2 open \\\"open");
        assert_eq!(got[302], "303-303 b");
    }

    #[test]
    fn a_long_line_is_not_kept() {
        let mut lines = Lines::new(std::io::repeat(b'x').take(10 << 20), 1 << 20, Some(b','));
        assert!(matches!(lines.next_row(), Some(Row::TooLong { line: 1, .. })));
        assert!(lines.buf.capacity() < 4 << 20, "{}", lines.buf.capacity());
        assert_eq!(lines.next_row(), None);
    }

    proptest! {
        #[test]
        fn every_byte_is_in_some_row(text in "[ab,\"\n]{0,80}") {
            let mut lines = Lines::new(text.as_bytes(), 1000, Some(b','));
            let mut back = String::new();
            while let Some(row) = lines.next_row() {
                match row {
                    Row::Whole { text, .. } | Row::Unclosed { text, .. } => {
                        back += std::str::from_utf8(text).unwrap();
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert_eq!(back.replace('\n', ""), text.replace('\n', ""));
        }
    }
}
