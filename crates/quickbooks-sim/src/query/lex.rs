//! Words of a query with their columns.

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// For strings the unescaped text, otherwise as written.
    pub text: String,
    /// First column, counted from 1.
    pub column: usize,
}

/// What kind of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Text,
    Number,
    Symbol,
    /// Not a word at all; the text is the complaint. It matters only when the grammar gets there.
    Bad,
    End,
}

/// Splits a query. A quote inside a string is `\'`, a backslash `\\` (quickbooks.md §3).
pub(crate) fn tokens(query: &str) -> Vec<Token> {
    let chars: Vec<char> = query.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let column = at + 1;
        let start = at;
        let kind = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c == '\'' {
            let (kind, text, next) = string(&chars, at);
            out.push(Token { kind, text, column });
            at = next;
            continue;
        } else if c.is_alphabetic() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || "_.".contains(chars[at])) {
                at += 1;
            }
            TokenKind::Word
        } else if c.is_ascii_digit()
            || (c == '-' && chars.get(at + 1).is_some_and(char::is_ascii_digit))
        {
            at += 1;
            while at < chars.len() && (chars[at].is_alphanumeric() || "-+:.".contains(chars[at])) {
                at += 1;
            }
            TokenKind::Number
        } else {
            at += 1;
            if matches!(c, '<' | '>') && chars.get(at) == Some(&'=') {
                at += 1;
            }
            if !"=<>(),*%".contains(c) {
                out.push(Token { kind: TokenKind::Bad, text: lexical(c, column), column });
                continue;
            }
            TokenKind::Symbol
        };
        out.push(Token { kind, text: chars[start..at].iter().collect(), column });
    }
    out.push(Token { kind: TokenKind::End, text: String::new(), column: chars.len() + 1 });
    out
}

/// The text of a string and where it ends.
fn string(chars: &[char], open: usize) -> (TokenKind, String, usize) {
    let mut text = String::new();
    let mut at = open + 1;
    while let Some(&c) = chars.get(at) {
        match c {
            '\'' => return (TokenKind::Text, text, at + 1),
            '\\' => {
                let Some(&next) = chars.get(at + 1) else { break };
                text.push(next);
                at += 2;
            }
            _ => {
                text.push(c);
                at += 1;
            }
        }
    }
    let complaint = format!(
        "QueryParserError: Lexical error at line 1, column {}.  Encountered: <EOF> after : \"\"",
        chars.len() + 1
    );
    (TokenKind::Bad, complaint, chars.len())
}

fn lexical(c: char, column: usize) -> String {
    format!(
        "QueryParserError: Lexical error at line 1, column {column}.  Encountered: \"{c}\" ({}), \
         after : \"\"",
        u32::from(c)
    )
}
