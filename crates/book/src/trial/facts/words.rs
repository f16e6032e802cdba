//! Words and options of one line.

use crate::rules::RulesError;
use kernel::decimal::parse_decimal;
use kernel::{BusinessDate, Currency, Decimal, Money};
use std::collections::BTreeMap;

/// One line: words in order, and options `name=value` (or `name="a value"`) anywhere.
#[derive(Debug)]
pub(crate) struct Words {
    line: usize,
    pub(crate) indented: bool,
    words: std::vec::IntoIter<String>,
    options: BTreeMap<String, String>,
}

/// Splits a text into lines; blank lines and comments (`#`) are left out.
pub(crate) fn lines(text: &str) -> Result<Vec<Words>, RulesError> {
    let real = |l: &&str| !l.trim().is_empty() && !l.trim().starts_with('#');
    let indent = |l: &str| l.len() - l.trim_start().len();
    let margin = text.lines().filter(real).map(indent).min().unwrap_or_default();
    let numbered = text.lines().enumerate().filter(|(_, l)| real(l));
    numbered
        .map(|(line, text)| {
            let (mut words, mut options) = (Vec::new(), BTreeMap::new());
            for token in tokens(text) {
                match token.split_once('=') {
                    Some((name, value)) => {
                        options.insert(name.to_owned(), value.to_owned());
                    }
                    None => words.push(token),
                }
            }
            let indented = indent(text) > margin;
            Ok(Words { line, indented, words: words.into_iter(), options })
        })
        .collect()
}

/// Splits at blanks outside quotes; the quotes vanish.
fn tokens(line: &str) -> Vec<String> {
    let (mut tokens, mut token, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
            }
            c => token.push(c),
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

impl Words {
    pub(crate) fn error(&self, what: impl Into<String>) -> RulesError {
        RulesError::new(Some(self.line), "", what, "the README of `book` shows the form of facts")
    }

    /// The next word.
    pub(crate) fn next(&mut self, what: &str) -> Result<String, RulesError> {
        self.words.next().ok_or_else(|| self.error(format!("{what} is missing")))
    }

    /// The next word if it looks like `test` says.
    pub(crate) fn next_if(&mut self, test: impl Fn(&str) -> bool) -> Option<String> {
        let next = self.words.as_slice().first().is_some_and(|w| test(w));
        if next { self.words.next() } else { None }
    }

    /// All words that are left, as one text.
    pub(crate) fn rest(&mut self) -> String {
        self.words.by_ref().collect::<Vec<_>>().join(" ")
    }

    /// Takes an option.
    pub(crate) fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }

    pub(crate) fn amount(&mut self, currency: Currency) -> Result<i64, RulesError> {
        let text = self.next("an amount")?;
        self.minor(&text, currency)
    }

    /// An optional amount, else 0.
    pub(crate) fn amount_option(
        &mut self,
        name: &str,
        currency: Currency,
    ) -> Result<i64, RulesError> {
        self.option(name).map_or(Ok(0), |text| self.minor(&text, currency))
    }

    pub(crate) fn minor(&self, text: &str, currency: Currency) -> Result<i64, RulesError> {
        Money::parse(text, currency).map(|m| m.minor).map_err(|e| self.error(e.to_string()))
    }

    pub(crate) fn decimal(&mut self, what: &str) -> Result<Decimal, RulesError> {
        let text = self.next(what)?;
        parse_decimal(&text).map_err(|e| self.error(e.to_string()))
    }

    pub(crate) fn date(&mut self) -> Result<BusinessDate, RulesError> {
        let text = self.next("a date")?;
        text.parse().map_err(|e| self.error(format!("{e}")))
    }

    /// An optional date.
    pub(crate) fn date_option(&mut self, name: &str) -> Result<Option<BusinessDate>, RulesError> {
        let text = self.option(name);
        text.map(|t| t.parse().map_err(|e| self.error(format!("{e}")))).transpose()
    }

    pub(crate) fn currency(&mut self, default: Currency) -> Result<Currency, RulesError> {
        let given = self.option("currency");
        given.map_or(Ok(default), |c| c.parse().map_err(|e| self.error(format!("{e}"))))
    }

    /// Refuses what nobody asked for.
    pub(crate) fn end(&mut self) -> Result<(), RulesError> {
        if let Some(word) = self.words.next() {
            return Err(self.error(format!("`{word}` is not expected here")));
        }
        match self.options.keys().next() {
            Some(name) => Err(self.error(format!("option `{name}` is not known here"))),
            None => Ok(()),
        }
    }
}
