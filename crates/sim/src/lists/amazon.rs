//! Amazon's Selling Partner API: settlement reports in the newer of their forms, and the files that
//! they are kept in for five minutes.

use super::held::{Held, State, View};
use super::tokens;
use super::{Asked, not_found, page, plain};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, Response, StatusCode};
use kernel::Timestamp;
use std::io::Write as _;

pub const API: &str = "sellingpartnerapi-na.amazon.example";
pub const TOKENS: &str = "api.amazon.example";
pub const FILES: &str = "tortuga.amazon.example";

/// Only the newer form has this column.
const COLUMN: &str = "amount-description";
/// How long the address of a file is good, seconds.
const GOOD_S: i64 = 300;

pub fn hold(held: &mut Held, text: &str, at: Timestamp) -> bool {
    let mut lines = text.lines();
    let is_newer = lines.next().is_some_and(|head| head.split('\t').any(|name| name == COLUMN));
    let settlement = lines.next().and_then(|row| row.split('\t').next()).unwrap_or_default();
    if is_newer {
        held.keep("settlement", settlement.to_owned(), State::of(at, text));
    }
    is_newer
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    if asked.uri.host() == Some(TOKENS) {
        return tokens::grant(view);
    }
    let (query, now) = (asked.query, view.now());
    if asked.uri.host() == Some(FILES) {
        if query.int("until") < now.seconds() {
            return plain(403, "Request has expired");
        }
        return file(view, asked.path.trim_start_matches('/'));
    }
    if !tokens::is_good(view, asked.header("x-amz-access-token")) {
        return plain(401, "{\"errors\":[{\"code\":\"Unauthorized\"}]}");
    }
    if let Some((_, id)) = asked.path.split_once("/documents/") {
        let until = now.seconds() + GOOD_S;
        let packed = if is_packed(id) { ",\"compressionAlgorithm\":\"GZIP\"" } else { "" };
        return plain(200, format!("{{\"url\":\"https://{FILES}/{id}?until={until}\"{packed}}}"));
    }
    // The token of a page stands for all that was asked for on the first one.
    let token = query.get("nextToken");
    let mut asked_for = token.splitn(3, '.').map(|part| part.parse().unwrap_or(0));
    let mut next = |first| asked_for.next().filter(|_| !token.is_empty()).unwrap_or(first);
    let (since, until) = (query.moment("createdSince").0, query.moment("createdUntil").0);
    let (since, until, from) = (next(since), next(until), next(0));
    let found = view.changed("settlement", &[], (Timestamp(since), Timestamp(until)));
    let reports: Vec<String> = found.iter().rev().map(|(id, _)| report(id)).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let from = usize::try_from(from).unwrap_or(0);
    let (some, is_more) = page(&reports, from);
    let token = if is_more {
        format!(",\"nextToken\":\"{since}.{until}.{}\"", from + super::PAGE)
    } else {
        String::new()
    };
    plain(200, format!("{{\"reports\":[{some}]{token}}}"))
}

fn report(id: &str) -> String {
    format!(
        "{{\"reportId\":\"R{id}\",\"processingStatus\":\"DONE\",\"reportDocumentId\":\"{id}\"}}"
    )
}

/// Some files are kept compressed.
fn is_packed(settlement: &str) -> bool {
    settlement.ends_with(['1', '5', '9'])
}

fn file(view: View<'_>, settlement: &str) -> Response<Bytes> {
    let Some(state) = view.one("settlement", settlement) else { return not_found() };
    if !is_packed(settlement) {
        return plain(200, state.text.as_str());
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = packer.write_all(state.text.as_bytes()).and_then(|()| packer.finish());
    let mut answer = Response::new(Bytes::from(packed.unwrap_or_default()));
    *answer.status_mut() = StatusCode::OK;
    answer.headers_mut().insert("content-type", HeaderValue::from_static("application/gzip"));
    answer
}
