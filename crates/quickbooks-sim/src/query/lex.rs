//! Words of a query with their lines and columns.
//!
//! The complaints are those of the parser generator behind the real endpoint, as recorded
//! (quickbooks.md §3): an unknown character matters only when the grammar gets there, and the end of
//! the text is at the column of its last character.

use std::fmt::Write as _;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// For strings the unescaped text, otherwise as written.
    pub text: String,
    pub at: Place,
}

/// Line and column, counted from 1; both are 0 in an empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub line: usize,
    pub column: usize,
}

/// What kind of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Text,
    Number,
    Symbol,
    /// Not a word at all; the text is the complaint.
    Bad,
    End,
}

struct Lexer<'q> {
    rest: std::iter::Peekable<std::str::Chars<'q>>,
    /// Where the last character taken is.
    at: Place,
    after_newline: bool,
}

impl Lexer<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if self.at.line == 0 || self.after_newline {
            self.at = Place { line: self.at.line + 1, column: 0 };
        }
        self.at.column += 1;
        self.after_newline = c == '\n';
        Some(c)
    }

    fn take_while(&mut self, text: &mut String, wanted: impl Fn(char) -> bool) {
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            text.push(c);
            self.take();
        }
    }

    /// The rest of a string. A quote inside is `\'`, a backslash `\\` (quickbooks.md §3).
    fn string(&mut self) -> (TokenKind, String) {
        let mut text = String::new();
        let mut written = "'".to_owned();
        while let Some(c) = self.take() {
            written.push(c);
            match c {
                '\'' => return (TokenKind::Text, text),
                '\\' => match self.take() {
                    Some(next) => {
                        written.push(next);
                        text.push(next);
                    }
                    None => break,
                },
                _ => text.push(c),
            }
        }
        (TokenKind::Bad, lexical(self.at, "<EOF> ", &written))
    }
}

/// Splits a query.
pub(crate) fn tokens(query: &str) -> Vec<Token> {
    let mut lexer =
        Lexer { rest: query.chars().peekable(), at: Place::default(), after_newline: false };
    let mut out = Vec::new();
    while let Some(c) = lexer.take() {
        let at = lexer.at;
        if c.is_whitespace() {
            continue;
        }
        let mut text = c.to_string();
        let kind = match c {
            '\'' => {
                let (kind, inner) = lexer.string();
                text = inner;
                kind
            }
            _ if c.is_alphabetic() || c == '_' => {
                lexer.take_while(&mut text, |c| c.is_alphanumeric() || "_.".contains(c));
                TokenKind::Word
            }
            _ if c.is_ascii_digit()
                || (c == '-' && lexer.peek().is_some_and(|c| c.is_ascii_digit())) =>
            {
                lexer.take_while(&mut text, |c| c.is_alphanumeric() || "-+:.".contains(c));
                TokenKind::Number
            }
            '<' | '>' => {
                if lexer.peek() == Some('=') {
                    text.extend(lexer.take());
                }
                TokenKind::Symbol
            }
            '=' | '(' | ')' | ',' | '*' => TokenKind::Symbol,
            _ => {
                let shown = format!("\"{}\" ({}), ", escaped(&text), u32::from(c));
                text = lexical(at, &shown, "");
                TokenKind::Bad
            }
        };
        out.push(Token { kind, text, at });
    }
    out.push(Token { kind: TokenKind::End, text: String::new(), at: lexer.at });
    out
}

fn lexical(at: Place, encountered: &str, after: &str) -> String {
    format!(
        "QueryParserError: Invalid content. Lexical error at line {}, column {}.  Encountered: \
         {encountered}after : \"{}\"",
        at.line,
        at.column,
        escaped(after)
    )
}

/// As the parser shows text: quotes and backslashes escaped, beyond ASCII by number.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}
