//! What is wrong with a rules file, where, and what to do.

/// A rules file or rules test file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}; {fix}", place(*line, path))]
pub struct RulesError {
    /// Line, counted from 1, when known.
    pub line: Option<usize>,
    /// Where in the file, e.g. `accounts.revenue` or `rule "wholesale"`; may be empty.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub fix: String,
}

fn place(line: Option<usize>, path: &str) -> String {
    match (line, path) {
        (None, "") => String::new(),
        (None, path) => format!("{path}: "),
        (Some(line), "") => format!("line {line}: "),
        (Some(line), path) => format!("line {line}, {path}: "),
    }
}

impl RulesError {
    pub(crate) fn new(
        line: Option<usize>,
        path: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { line, path: path.into(), what: what.into(), fix: fix.into() }
    }

    /// Turns an error of the TOML reader into one with a suggestion.
    pub(crate) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| line_of(text, span.start));
        let message = error.message().replace('\n', " ");
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        match quoted.split_first() {
            Some((unknown, known)) if message.starts_with("unknown") => {
                let fix = match nearest(unknown, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("use one of {}", known.join(", ")),
                };
                let what = message.split(", expected").next().unwrap_or(&message).to_owned();
                Self::new(line, "", what, fix)
            }
            _ => Self::new(line, "", message, "correct the file; the default rules show the form"),
        }
    }
}

/// The line of a byte offset, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// The candidate that differs least from `word`, if any is close.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let limit = word.chars().count() / 3 + 1;
    let scored = candidates.iter().map(|c| (distance(word, c), *c));
    scored.filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
