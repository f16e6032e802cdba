//! XML in and out: what clients send and ask for when they do not speak JSON (quickbooks.md §2).
//!
//! The company thinks in JSON. A request is turned into JSON before it is read, an answer is turned
//! into XML after it is made, so that both formats have one meaning.

mod names;
mod read;
mod request;
mod response;

use std::borrow::Cow;

use http::header;

use crate::clock;

/// The namespace of every document.
pub(crate) const NAMESPACE: &str = "http://schema.intuit.com/finance/v3";
const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";

/// What a caller wants to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Xml,
}

fn names_xml(value: &str) -> bool {
    value.contains("/xml")
}

/// XML only when it is asked for and JSON is not. Without a wish the answer is as the request
/// (assumed).
pub(crate) fn format_of(headers: &http::HeaderMap) -> Format {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    let accept = text(header::ACCEPT);
    let any = accept.is_empty() || accept.trim() == "*/*";
    let xml = if any { sends_xml(headers) } else { names_xml(accept) && !accept.contains("/json") };
    if xml { Format::Xml } else { Format::Json }
}

/// Whether the body is XML.
pub(crate) fn sends_xml(headers: &http::HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(names_xml)
}

/// A request body as JSON.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn to_json(body: &str) -> Result<String, String> {
    request::convert(&read::parse(body)?)
}

/// An answer body as XML. What is no JSON object stays as it is.
pub(crate) fn from_json(body: &str, now_us: i64) -> Option<String> {
    response::convert(body, now_us)
}

/// A fault of the gateway as XML: its form whatever was asked for is seen with throttling
/// (quickbooks.md §6).
pub(crate) fn gateway_fault(
    kind: &str,
    code: &str,
    message: &str,
    detail: &str,
    now_us: i64,
) -> String {
    let mut time = String::new();
    clock::write_time(&mut time, now_us);
    let (message, detail) = (escape(message), escape(detail));
    format!(
        "{PROLOG}<IntuitResponse time=\"{time}\" xmlns=\"{NAMESPACE}\"><Fault type=\"{kind}\">\
         <Error code=\"{code}\"><Message>{message}</Message><Detail>{detail}</Detail></Error>\
         </Fault></IntuitResponse>"
    )
}

/// Text that may stand in an element or an attribute.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| matches!(c, '&' | '<' | '>' | '"') || c < ' ') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            // XML 1.0 has no way to say the other control characters.
            c if c < ' ' => {}
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}
