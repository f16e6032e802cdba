//! From words to a query.

use super::lex::{Token, TokenKind, tokens};
use crate::error::{Fault, Result};
use crate::kind::Entity;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    Less,
    LessEqual,
    More,
    MoreEqual,
    In,
    Like,
}

/// One condition; all conditions of a query hold together, there is no OR.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub property: String,
    pub compare: Compare,
    pub values: Vec<String>,
}

/// A parsed query.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub count: bool,
    /// None for `*`.
    pub columns: Option<Vec<String>>,
    pub entity: Entity,
    pub filters: Vec<Filter>,
    /// Property and whether it descends.
    pub order: Vec<(String, bool)>,
    pub start: usize,
    pub most: Option<usize>,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// What the recorded parser says it expected (quickbooks.md §3).
const EXPECTING: &str = "<EOF> \n    \".\" ...\n    <AND> ...\n    \"between\" ...\n    \"contains\" \
                         ...\n    \"=\" ...\n    \"<\" ...\n    \">\" ...\n    \"<=\" ...\n    \
                         \">=\" ...\n    \"in\" ...\n    \"like\" ...\n    ";

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is_word(&self, word: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let token = self.peek();
        let found = token.kind == TokenKind::Symbol && token.text == symbol;
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self) -> Fault {
        let token = self.peek();
        let shown = match token.kind {
            TokenKind::Bad => return Fault::query_parser(token.text.clone()),
            TokenKind::End => "<EOF>".to_owned(),
            TokenKind::Word => format!(" <IDENTIFIER> \"{} \"", token.text),
            TokenKind::Text => format!(" <STRING> \"\\'{}\\' \"", token.text),
            TokenKind::Number => format!(" <NUMBER> \"{} \"", token.text),
            TokenKind::Symbol => format!(" \"{}\" \"{} \"", token.text, token.text),
        };
        Fault::query_parser(format!(
            "QueryParserError: Encountered \"{shown}\" at line 1, column {}.\nWas expecting one \
             of:\n    {EXPECTING}",
            token.column
        ))
    }

    fn word(&mut self) -> Result<String> {
        if self.peek().kind == TokenKind::Word {
            Ok(self.next().text)
        } else {
            Err(self.unexpected())
        }
    }

    fn value(&mut self) -> Result<String> {
        match self.peek().kind {
            TokenKind::Text | TokenKind::Number | TokenKind::Word => Ok(self.next().text),
            _ => Err(self.unexpected()),
        }
    }

    fn number(&mut self) -> Result<usize> {
        if self.peek().kind != TokenKind::Number {
            return Err(self.unexpected());
        }
        let parsed = self.peek().text.parse().ok();
        match parsed {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => Err(self.unexpected()),
        }
    }

    fn compare(&mut self) -> Result<Compare> {
        let token = self.peek();
        let compare = match (token.kind, token.text.to_ascii_lowercase().as_str()) {
            (TokenKind::Symbol, "=") => Compare::Equal,
            (TokenKind::Symbol, "<") => Compare::Less,
            (TokenKind::Symbol, "<=") => Compare::LessEqual,
            (TokenKind::Symbol, ">") => Compare::More,
            (TokenKind::Symbol, ">=") => Compare::MoreEqual,
            (TokenKind::Word, "in") => Compare::In,
            (TokenKind::Word, "like") => Compare::Like,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(compare)
    }

    fn filter(&mut self) -> Result<Filter> {
        let property = self.word()?;
        let compare = self.compare()?;
        let mut values = Vec::new();
        if compare == Compare::In {
            if !self.take_symbol("(") {
                return Err(self.unexpected());
            }
            loop {
                values.push(self.value()?);
                if self.take_symbol(")") {
                    break;
                }
                if !self.take_symbol(",") {
                    return Err(self.unexpected());
                }
            }
        } else {
            values.push(self.value()?);
        }
        Ok(Filter { property, compare, values })
    }

    fn columns(&mut self, query: &mut Query) -> Result<()> {
        if self.is_word("count") {
            self.at += 1;
            for symbol in ["(", "*", ")"] {
                if !self.take_symbol(symbol) {
                    return Err(self.unexpected());
                }
            }
            query.count = true;
            return Ok(());
        }
        let mut all = false;
        let mut columns = Vec::new();
        loop {
            if self.take_symbol("*") {
                all = true;
            } else {
                columns.push(self.word()?);
            }
            if !self.take_symbol(",") {
                break;
            }
        }
        query.columns = if all { None } else { Some(columns) };
        Ok(())
    }

    fn order(&mut self, query: &mut Query) -> Result<()> {
        loop {
            let property = self.word()?;
            let down = self.take_word("desc");
            if !down {
                self.take_word("asc");
            }
            query.order.push((property, down));
            if !self.take_symbol(",") {
                return Ok(());
            }
        }
    }
}

/// Parses a query; errors carry 4000 for grammar and 4001 for an unknown entity.
pub(crate) fn parse(text: &str) -> Result<Query> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut query = Query {
        count: false,
        columns: None,
        entity: Entity::CompanyInfo,
        filters: Vec::new(),
        order: Vec::new(),
        start: 1,
        most: None,
    };
    if !parser.take_word("select") {
        return Err(parser.unexpected());
    }
    parser.columns(&mut query)?;
    if !parser.take_word("from") {
        return Err(parser.unexpected());
    }
    let entity = parser.word()?;
    let found = Entity::find(&entity);
    if parser.take_word("where") {
        query.filters.push(parser.filter()?);
        while parser.take_word("and") {
            query.filters.push(parser.filter()?);
        }
    }
    // Real companies take these parts in either order (quickbooks.md §3).
    loop {
        if parser.take_word("orderby") {
            parser.order(&mut query)?;
        } else if parser.is_word("order") {
            parser.at += 1;
            if !parser.take_word("by") {
                return Err(parser.unexpected());
            }
            parser.order(&mut query)?;
        } else if parser.take_word("startposition") {
            query.start = parser.number()?;
        } else if parser.take_word("maxresults") {
            query.most = Some(parser.number()?);
        } else {
            break;
        }
    }
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected());
    }
    query.entity = found.ok_or_else(|| {
        Fault::query_validation(&format!("invalid context declaration: {entity}"))
    })?;
    if query.start == 0 {
        return Err(Fault::query_validation("value 0 is too small. Min allowed value is 1"));
    }
    Ok(query)
}
