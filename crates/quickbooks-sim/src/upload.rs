//! `POST /upload`: files and their descriptions in one multipart body.
//!
//! Line ends may be bare and files may come as base64: a public client sends both (python-quickbooks).
//! Parts go by their names: `file_metadata_01` is the JSON of an Attachable, `file_content_01` the
//! file. Each file is answered on its own, with HTTP 200 even when it is refused (quickbooks.md §7).

use std::borrow::Cow;

use base64::Engine as _;

use crate::attachable;
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::Json;

const CONTENT: &str = "file_content_";
const DESCRIPTION: &str = "file_metadata_";

/// One part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
struct Part<'b> {
    name: &'b str,
    file_name: &'b str,
    content_type: &'b str,
    body: Cow<'b, [u8]>,
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The value of `name="..."` in a header.
fn quoted<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let start = header.find(&format!("{key}=\""))? + key.len() + 2;
    header.get(start..)?.split('"').next()
}

/// The parts of a body. The boundary is its first line that is not empty; the line end behind it is
/// that of the whole body.
fn parts(body: &[u8]) -> Option<Vec<Part<'_>>> {
    let blank = body.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let body = body.get(blank..)?;
    let line = find(body, b"\n")?;
    let (first, eol): (&[u8], &[u8]) = match body.get(..line)? {
        [first @ .., b'\r'] => (first, b"\r\n"),
        first => (first, b"\n"),
    };
    if !first.starts_with(b"--") || first.len() < 3 {
        return None;
    }
    let separator = [eol, first].concat();
    let blank_line = [eol, eol].concat();
    let mut rest = body.get(first.len()..)?;
    let mut parts = Vec::new();
    while let Some(after) = rest.strip_prefix(eol) {
        // A part without headers begins with the empty line at once.
        let head_end =
            if after.starts_with(eol) { 0 } else { find(after, &blank_line)? + eol.len() };
        let head = std::str::from_utf8(after.get(..head_end)?).ok()?;
        let after = after.get(head_end + eol.len()..)?;
        let length = find(after, &separator)?;
        parts.push(part(head, after.get(..length)?)?);
        rest = after.get(length + separator.len()..)?;
    }
    rest.starts_with(b"--").then_some(parts)
}

fn part<'b>(head: &'b str, body: &'b [u8]) -> Option<Part<'b>> {
    let value = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value.trim())
    };
    let disposition = value("content-disposition");
    let body = if value("content-transfer-encoding").eq_ignore_ascii_case("base64") {
        let text: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        Cow::Owned(base64::engine::general_purpose::STANDARD.decode(text).ok()?)
    } else {
        Cow::Borrowed(body)
    };
    Some(Part {
        name: quoted(disposition, " name").unwrap_or(""),
        file_name: quoted(disposition, "filename").unwrap_or(""),
        content_type: value("content-type"),
        body,
    })
}

/// Stores the files and appends `"AttachableResponse":[...]`. The flag tells whether anything was
/// stored.
pub(crate) fn run(
    books: &mut Books,
    body: &[u8],
    realm: &str,
    most_bytes: usize,
    now_us: i64,
    json: &mut Json,
) -> Result<bool> {
    let parts =
        parts(body).ok_or_else(|| Fault::malformed("The body is not multipart/form-data"))?;
    let files: Vec<&Part<'_>> = parts.iter().filter(|p| p.name.starts_with(CONTENT)).collect();
    if files.is_empty() {
        return Err(Fault::missing("file_content_01"));
    }
    let mut changed = false;
    json.key("AttachableResponse");
    json.open_array();
    for file in files {
        let number = file.name.strip_prefix(CONTENT).unwrap_or("");
        let description = parts
            .iter()
            .find(|p| p.name.strip_prefix(DESCRIPTION) == Some(number))
            .map_or(Some("{}"), |p| std::str::from_utf8(&p.body).ok());
        json.open();
        let stored = if file.body.len() > most_bytes {
            Err(Fault::upload_too_large(most_bytes))
        } else {
            match description {
                None => Err(Fault::not_attachable()),
                Some(text) => attachable::upload(
                    books,
                    text,
                    file.file_name,
                    file.content_type,
                    &file.body,
                    now_us,
                ),
            }
        };
        match stored {
            Ok(stored) => {
                attachable::show(json, stored, realm);
                changed = true;
            }
            Err(fault) => fault.write(json),
        }
        json.close();
    }
    json.close_array();
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_at_the_boundary_only() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f.txt\"\r\n\
                     Content-Type: text/plain\r\n\r\none\r\n--y\r\n\xff\r\n--x\r\n\
                     content-disposition: form-data; name=\"b\"\r\n\r\n\r\n--x--\r\n";
        let found = parts(body).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].name, found[0].file_name, found[0].content_type),
            ("a", "f.txt", "text/plain")
        );
        assert_eq!(&*found[0].body, b"one\r\n--y\r\n\xff");
        assert_eq!((found[1].name, &*found[1].body), ("b", &b""[..]));
        for cut in 0..body.len() - 4 {
            assert!(parts(&body[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn line_ends_may_be_bare_and_bodies_base64() {
        let body = b"\n--x\nContent-Disposition: form-data; name=\"a\"\n\
                     Content-Transfer-Encoding: base64\n\ndHdv\nIGN1cHM=\n\n--x--\n";
        let found = parts(body).unwrap();
        assert_eq!((found[0].name, &*found[0].body), ("a", &b"two cups"[..]));
        let bad = String::from_utf8(body.to_vec()).unwrap().replace("dHdv", "?");
        assert!(parts(bad.as_bytes()).is_none());
    }
}
