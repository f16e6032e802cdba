//! A reader for the XML that clients send: elements, attributes, text, CDATA, comments. Documents
//! with a DTD are refused, so that no entity but the five of XML exists.

use std::borrow::Cow;

/// Deepest nesting taken.
const DEPTH_MAX: usize = 32;

/// One element. Prefixes are left out: there is one namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element<'x> {
    pub name: &'x str,
    pub attributes: Vec<(&'x str, Cow<'x, str>)>,
    pub children: Vec<Element<'x>>,
    /// All text directly inside.
    pub text: String,
}

impl Element<'_> {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_ref())
    }
}

type Parsed<T> = Result<T, String>;

/// Reads a document.
pub(super) fn parse(text: &str) -> Parsed<Element<'_>> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}') };
    reader.skip_misc()?;
    let root = reader.element(0)?;
    reader.skip_misc()?;
    if reader.rest.is_empty() { Ok(root) } else { Err("text after the root element".to_owned()) }
}

struct Reader<'x> {
    rest: &'x str,
}

/// `finance:Invoice` is `Invoice`.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

impl<'x> Reader<'x> {
    fn eat(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// The text up to `end`, which is taken too.
    fn until(&mut self, end: &str) -> Parsed<&'x str> {
        let (text, rest) =
            self.rest.split_once(end).ok_or_else(|| format!("`{end}` is missing"))?;
        self.rest = rest;
        Ok(text)
    }

    /// Declarations, comments and white space around the root.
    fn skip_misc(&mut self) -> Parsed<()> {
        loop {
            self.space();
            if self.eat("<?") {
                self.until("?>")?;
            } else if self.eat("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<!") {
                return Err("a document type is not allowed".to_owned());
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Parsed<&'x str> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err("a name is missing".to_owned()) } else { Ok(name) }
    }

    fn element(&mut self, depth: usize) -> Parsed<Element<'x>> {
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements inside each other"));
        }
        if !self.eat("<") {
            return Err("an element is missing".to_owned());
        }
        let full = self.name()?;
        let mut element = Element {
            name: local(full),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        };
        loop {
            self.space();
            if self.eat("/>") {
                return Ok(element);
            }
            if self.eat(">") {
                break;
            }
            self.attribute(&mut element)?;
        }
        self.content(full, &mut element, depth)?;
        Ok(element)
    }

    fn attribute(&mut self, element: &mut Element<'x>) -> Parsed<()> {
        let name = self.name()?;
        self.space();
        if !self.eat("=") {
            return Err(format!("the attribute {name} has no value"));
        }
        self.space();
        let quote = if self.eat("\"") {
            "\""
        } else if self.eat("'") {
            "'"
        } else {
            return Err(format!("the value of {name} has no quotes"));
        };
        let value = unescape(self.until(quote)?)?;
        // Namespaces and hints for schema readers say nothing about the object.
        if name != "xmlns" && !name.starts_with("xmlns:") && !name.starts_with("xsi:") {
            element.attributes.push((local(name), value));
        }
        Ok(())
    }

    fn content(&mut self, full: &str, element: &mut Element<'x>, depth: usize) -> Parsed<()> {
        loop {
            let end = self.rest.find('<').ok_or_else(|| format!("</{full}> is missing"))?;
            let (text, rest) = self.rest.split_at(end);
            element.text.push_str(&unescape(text)?);
            self.rest = rest;
            if self.eat("</") {
                let closed = self.name()?;
                self.space();
                if closed != full || !self.eat(">") {
                    return Err(format!("</{closed}> where </{full}> is due"));
                }
                return Ok(());
            } else if self.eat("<!--") {
                self.until("-->")?;
            } else if self.eat("<![CDATA[") {
                element.text.push_str(self.until("]]>")?);
            } else if self.eat("<?") {
                self.until("?>")?;
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }
}

/// Text with its character references resolved.
fn unescape(text: &str) -> Parsed<Cow<'_, str>> {
    if !text.contains('&') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) =
            after.split_once(';').ok_or_else(|| "an entity has no end".to_owned())?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => character(name).ok_or_else(|| format!("&{name}; is not known"))?,
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

fn character(name: &str) -> Option<char> {
    let code = name.strip_prefix('#')?;
    let number = match code.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => code.parse().ok()?,
    };
    char::from_u32(number)
}
