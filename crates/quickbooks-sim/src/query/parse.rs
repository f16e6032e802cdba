//! From words to a query.

use super::lex::{Token, TokenKind, escaped, tokens};
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
    /// Both ends belong to it.
    Between,
    Contains,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    /// In quotes or bare.
    Text(String),
    /// `CURRENT_DATE`: today in the company's time zone.
    Today,
}

/// One condition; all conditions of a query hold together, there is no OR.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub property: String,
    pub compare: Compare,
    /// One for most comparisons, two for `Between`, any number for `In`.
    pub values: Vec<Literal>,
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

/// What the parser expected at a place of the grammar, in its own spelling and order.
type Expected = &'static [&'static str];

const SELECT: Expected = &["\"select\""];
const COLUMN: Expected = &["\"*\"", "\"count\"", "<IDENTIFIER>"];
const AFTER_COLUMN: Expected = &["\",\"", "\"from\""];
const NAME: Expected = &["<IDENTIFIER>"];
const VALUE: Expected = &["\"false\"", "<IDENTIFIER>", "<NUMBER>", "<STRING>", "\"true\""];
const NUMBER: Expected = &["<INTEGER>"];
const OPEN: Expected = &["\"(\""];
const STAR: Expected = &["\"*\""];
const CLOSE: Expected = &["\")\"", "\",\""];
const AND: Expected = &["<AND>"];
const BY: Expected = &["\"by\""];
/// After the entity.
const CLAUSE: Expected = &[
    "<EOF>",
    "\"iterator\"",
    "\"maxresults\"",
    "\"order\"",
    "\"orderby\"",
    "\"startposition\"",
    "\"where\"",
];
/// After a property or a value: the recorded list (quickbooks.md §3).
const OPERAND: Expected = &[
    "<EOF>",
    "\".\"",
    "<AND>",
    "\"between\"",
    "\"contains\"",
    "\"=\"",
    "\">\"",
    "\">=\"",
    "\"in\"",
    "\"iterator\"",
    "\"like\"",
    "\"<\"",
    "\"<=\"",
    "\"maxresults\"",
    "<OR>",
    "\"order\"",
    "\"orderby\"",
    "\"startposition\"",
];
/// After ORDERBY and what follows it.
const PAGING: Expected =
    &["<EOF>", "\"asc\"", "\",\"", "\"desc\"", "\"maxresults\"", "\"startposition\""];

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

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

    fn unexpected(&self, expected: Expected) -> Fault {
        let token = self.peek();
        let image = escaped(&token.text);
        let shown = match (token.kind, token.text.to_ascii_lowercase().as_str()) {
            (TokenKind::Bad, _) => return Fault::query_parser(token.text.clone()),
            (TokenKind::End, _) => "<EOF>".to_owned(),
            (TokenKind::Word, "and") => format!(" <AND> \"{image} \""),
            (TokenKind::Word, "or") => format!(" <OR> \"{image} \""),
            (TokenKind::Word, word) if KEYWORDS.contains(&word) => {
                format!(" \"{word}\" \"{image} \"")
            }
            (TokenKind::Word, _) => format!(" <IDENTIFIER> \"{image} \""),
            (TokenKind::Text, _) => format!(" <STRING> \"\\\'{image}\\\' \""),
            (TokenKind::Number, text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                format!(" <INTEGER> \"{image} \"")
            }
            (TokenKind::Number, _) => format!(" <NUMBER> \"{image} \""),
            (TokenKind::Symbol, symbol) => format!(" \"{symbol}\" \"{image} \""),
        };
        let mut detail = format!(
            "QueryParserError: Encountered \"{shown}\" at line {}, column {}.\nWas expecting{}:\n    ",
            token.at.line,
            token.at.column,
            if expected.len() == 1 { "" } else { " one of" }
        );
        for one in expected {
            detail.push_str(one);
            detail.push_str(if *one == "<EOF>" { " \n    " } else { " ...\n    " });
        }
        Fault::query_parser(detail)
    }

    /// Takes a keyword or refuses.
    fn need_word(&mut self, word: &str, expected: Expected) -> Result<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn need_symbol(&mut self, symbol: &str, expected: Expected) -> Result<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn name(&mut self) -> Result<String> {
        if self.peek().kind == TokenKind::Word {
            Ok(self.next().text)
        } else {
            Err(self.unexpected(NAME))
        }
    }

    fn value(&mut self) -> Result<Literal> {
        let token = self.peek();
        match token.kind {
            TokenKind::Word if token.text.eq_ignore_ascii_case("current_date") => {
                self.at += 1;
                Ok(Literal::Today)
            }
            TokenKind::Word if is_keyword(&token.text) => Err(self.unexpected(VALUE)),
            TokenKind::Text | TokenKind::Number | TokenKind::Word => {
                Ok(Literal::Text(self.next().text))
            }
            _ => Err(self.unexpected(VALUE)),
        }
    }

    fn number(&mut self) -> Result<usize> {
        let token = self.peek();
        let digits =
            token.kind == TokenKind::Number && token.text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(self.unexpected(NUMBER));
        }
        Ok(self.next().text.parse().unwrap_or(usize::MAX))
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
            (TokenKind::Word, "between") => Compare::Between,
            (TokenKind::Word, "contains") => Compare::Contains,
            _ => return Err(self.unexpected(OPERAND)),
        };
        self.at += 1;
        Ok(compare)
    }

    fn filter(&mut self) -> Result<Filter> {
        let property = self.name()?;
        let compare = self.compare()?;
        let mut values = Vec::new();
        match compare {
            Compare::In => {
                self.need_symbol("(", OPEN)?;
                loop {
                    values.push(self.value()?);
                    if self.take_symbol(")") {
                        break;
                    }
                    self.need_symbol(",", CLOSE)?;
                }
            }
            Compare::Between => {
                values.push(self.value()?);
                self.need_word("and", AND)?;
                values.push(self.value()?);
            }
            _ => values.push(self.value()?),
        }
        Ok(Filter { property, compare, values })
    }

    fn columns(&mut self, query: &mut Query) -> Result<()> {
        if self.take_word("count") {
            self.need_symbol("(", OPEN)?;
            self.need_symbol("*", STAR)?;
            self.need_symbol(")", CLOSE)?;
            query.count = true;
            return Ok(());
        }
        let mut all = false;
        let mut columns = Vec::new();
        loop {
            if self.take_symbol("*") {
                all = true;
            } else if self.peek().kind == TokenKind::Word {
                columns.push(self.next().text);
            } else {
                return Err(self.unexpected(COLUMN));
            }
            if !self.take_symbol(",") {
                break;
            }
        }
        query.columns = if all { None } else { Some(columns) };
        Ok(())
    }

    fn filters(&mut self, query: &mut Query) -> Result<()> {
        loop {
            query.filters.push(self.filter()?);
            if self.is_word("or") {
                // The grammar knows it, the language does not (quickbooks.md §3).
                return Err(Fault::query_validation("OR is not supported in a where clause"));
            }
            if !self.take_word("and") {
                return Ok(());
            }
        }
    }

    fn order(&mut self, query: &mut Query) -> Result<()> {
        loop {
            let property = self.name()?;
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

    /// STARTPOSITION and MAXRESULTS, in either order (quickbooks.md §3).
    fn paging(&mut self, query: &mut Query) -> Result<()> {
        let mut started = false;
        loop {
            if !started && self.take_word("startposition") {
                query.start = self.number()?;
                started = true;
            } else if query.most.is_none() && self.take_word("maxresults") {
                query.most = Some(self.number()?);
            } else {
                return Ok(());
            }
        }
    }
}

fn is_keyword(word: &str) -> bool {
    ["and", "or"].iter().chain(&KEYWORDS).any(|known| known.eq_ignore_ascii_case(word))
}

/// Words with a meaning of their own, as the parser spells them in its complaints.
const KEYWORDS: [&str; 15] = [
    "select",
    "count",
    "from",
    "where",
    "in",
    "like",
    "between",
    "contains",
    "order",
    "by",
    "orderby",
    "asc",
    "desc",
    "startposition",
    "maxresults",
];

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
    parser.need_word("select", SELECT)?;
    parser.columns(&mut query)?;
    parser.need_word("from", AFTER_COLUMN)?;
    let entity = parser.name()?;
    let found = Entity::find(&entity);
    let mut expected = CLAUSE;
    if parser.take_word("where") {
        parser.filters(&mut query)?;
        expected = OPERAND;
    }
    let order = parser.take_word("orderby");
    if order || parser.take_word("order") {
        if !order {
            parser.need_word("by", BY)?;
        }
        parser.order(&mut query)?;
        expected = PAGING;
    }
    parser.paging(&mut query)?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected(expected));
    }
    query.entity = found.ok_or_else(|| {
        Fault::query_validation(&format!("invalid context declaration: {entity}"))
    })?;
    if query.start == 0 || query.most == Some(0) {
        return Err(Fault::query_validation("value 0 is too small. Min allowed value is 1"));
    }
    Ok(query)
}
