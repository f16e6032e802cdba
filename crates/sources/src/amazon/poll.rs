//! Amazon's settlement reports: listed, and each downloaded from the address that its document
//! names for five minutes (sources-and-cases.md A8). They cannot be asked for; Amazon makes them.

use super::file::is_whole_table;
use crate::kit::bearer::{Authorised, Bearer};
use crate::kit::poll::{address, check, escape, is_at, is_id, json, polled_bytes, second};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use kernel::ReasonCode;
use ports::{Finding, PollFault, PollRun, Polled, Poller, Secret, Stream, Window};
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};
use std::iter;
use std::sync::Arc;

const DAY: i64 = 86_400;
/// Reports are kept for 90 days, and may be listed some hours after they were begun.
const SETTLEMENTS: Stream =
    Stream { name: "settlements", window_s: 30 * DAY, late_s: 2 * DAY, memory_s: 90 * DAY };
/// Reports on a page, the most Amazon gives.
const PAGE: usize = 100;
/// What Amazon wants to know of the program.
const AGENT: &str = concat!("Tieout/", env!("CARGO_PKG_VERSION"), " (Language=Rust)");
const REPORTS: &str = "/reports/2021-06-30";
/// Times that a download whose address ended is tried with a new one.
const TRIES: u32 = 3;
/// Times that a download which is no report is tried again at once.
const SPOILED: u32 = 2;
/// Documents that are remembered as downloaded; two days bring a few.
const REMEMBERED: usize = 50;
/// Stands before the id of a document that is still to be downloaded.
const OPEN: char = '!';

/// How the Selling Partner API of one seller is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// `https://sellingpartnerapi-eu.amazon.com`, without a slash at the end.
    pub address: String,
    /// Where access tokens are granted: `https://api.amazon.com`.
    pub token_address: String,
    /// Client id of the app (Login with Amazon).
    pub client_id: Secret,
    /// Its secret.
    pub client_secret: Secret,
    /// The refresh token by which the seller lets the app read; role Finance and Accounting.
    pub refresh_token: Secret,
}

/// Reads the settlement reports of one seller.
#[derive(Debug, Clone)]
pub struct AmazonPoller {
    address: Arc<str>,
    bearer: Arc<Bearer>,
}

impl AmazonPoller {
    /// A poller of one seller.
    ///
    /// # Errors
    /// When an address cannot be used.
    pub fn new(access: Access) -> Result<Self, String> {
        address(&access.address).map_err(|e| e.to_string())?;
        let form = format!(
            "grant_type=refresh_token&refresh_token={}&client_id={}&client_secret={}",
            escape(access.refresh_token.reveal()),
            escape(access.client_id.reveal()),
            escape(access.client_secret.reveal())
        );
        let mut ask = Request::new(Bytes::from(form));
        *ask.method_mut() = Method::POST;
        let granted_at = format!("{}/auth/o2/token", access.token_address);
        *ask.uri_mut() = address(&granted_at).map_err(|e| e.to_string())?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        ask.headers_mut().insert(CONTENT_TYPE, form);
        let bearer = Bearer::new(ask, "x-amz-access-token", "", access.address.clone());
        Ok(Self { address: access.address.into(), bearer: Arc::new(bearer) })
    }
}

impl Poller for AmazonPoller {
    fn streams(&self) -> &'static [Stream] {
        &[SETTLEMENTS]
    }

    fn covers(&self, stream: &Stream) -> &'static [&'static str] {
        match stream.name {
            "settlements" => &["sale", "payment", "refund", "payout"],
            _ => &[],
        }
    }

    fn begin(&self, stream: &Stream, window: Window) -> Result<Box<dyn PollRun>, PollFault> {
        self.resume(stream, window, "")
    }

    fn resume(
        &self,
        _: &Stream,
        window: Window,
        place: &str,
    ) -> Result<Box<dyn PollRun>, PollFault> {
        // What the last reading downloaded is not downloaded again; what it could not is asked for.
        let (open, known): (Vec<&str>, Vec<&str>) =
            place.split_whitespace().partition(|id| id.starts_with(OPEN));
        let open: BTreeSet<String> =
            open.into_iter().map(|id| id.trim_start_matches(OPEN).to_owned()).collect();
        let list = format!(
            "{REPORTS}/reports?reportTypes=GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2\
             &processingStatuses=DONE&pageSize={PAGE}&createdSince={}&createdUntil={}",
            second(window.since),
            second(window.until)
        );
        let run = Run {
            address: Arc::clone(&self.address),
            asks: iter::once(Ask::List(list))
                .chain(open.iter().cloned().map(Ask::Document))
                .collect(),
            known: known.into_iter().map(str::to_owned).collect(),
            open,
            listed: Vec::new(),
            tries: 0,
            spoiled: 0,
        };
        Ok(Box::new(Authorised::new(run, Arc::clone(&self.bearer))))
    }
}

enum Ask {
    List(String),
    /// The id of a document.
    Document(String),
    /// The id, and the address where the file lies for five minutes. No token is shown there.
    File(String, Uri),
}

struct Run {
    address: Arc<str>,
    asks: VecDeque<Ask>,
    known: BTreeSet<String>,
    /// Documents that were no reports: they are asked for with every reading.
    open: BTreeSet<String>,
    /// Documents of this reading, newest first as Amazon lists them.
    listed: Vec<String>,
    tries: u32,
    /// Downloads of the document in front that were no report.
    spoiled: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reports {
    reports: Vec<Report>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    report_document_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    url: String,
    compression_algorithm: Option<String>,
}

impl Run {
    fn list(&mut self, asked: &str, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        let read: Reports = json(answer)?;
        // The token of the next page replaces all that was asked for.
        let token = read.next_token.filter(|t| !t.is_empty());
        let next = token.map(|t| format!("{REPORTS}/reports?nextToken={}", escape(&t)));
        if next.as_deref() == Some(asked) {
            return Err(PollFault::Failed("the list goes in a circle".to_owned()));
        }
        let ids: Option<Vec<String>> =
            read.reports.into_iter().map(|r| r.report_document_id.filter(|id| is_id(id))).collect();
        let ids = ids.ok_or_else(|| {
            PollFault::Failed("a report of the list that is done has no document".to_owned())
        })?;
        // Nothing fails from here on.
        self.asks.pop_front();
        for id in ids {
            if !self.known.contains(&id) && !self.open.contains(&id) {
                self.asks.push_back(Ask::Document(id.clone()));
            }
            self.listed.push(id);
        }
        if let Some(path) = next {
            self.asks.push_front(Ask::List(path));
        }
        Ok(Vec::new())
    }

    fn document(&mut self, id: String, answer: &Response<Bytes>) -> Result<(), PollFault> {
        let document: Document = json(answer)?;
        let uri = address(&document.url)?;
        if uri.scheme_str() != Some("https") && !is_at(&uri, &self.address) {
            return Err(PollFault::Failed("the document lies at no address with TLS".to_owned()));
        }
        if let Some(other) = document.compression_algorithm.filter(|a| a != "GZIP") {
            let shown: String = other.chars().take(20).collect();
            return Err(PollFault::Failed(format!("the document is compressed by `{shown}`")));
        }
        if let Some(ask) = self.asks.front_mut() {
            *ask = Ask::File(id, uri);
        }
        Ok(())
    }

    /// What was downloaded, if it is a report. What is none is tried again at once, and then with every
    /// reading, so that it keeps no other report back.
    fn file(&mut self, id: String, body: &Bytes) -> Result<Vec<Polled>, PollFault> {
        let is_report = is_whole_table(body) || ports::canary!("download-taken-unseen");
        if !is_report && self.spoiled < SPOILED {
            self.spoiled += 1;
            return Err(PollFault::Failed(format!(
                "what Amazon gives as document {id} is no settlement report"
            )));
        }
        self.asks.pop_front();
        (self.tries, self.spoiled) = (0, 0);
        if !is_report {
            self.open.insert(id);
            return Ok(Vec::new());
        }
        self.open.remove(&id);
        Ok(vec![polled_bytes(SETTLEMENTS.name, body)])
    }
}

impl PollRun for Run {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let uri = match self.asks.front()? {
            Ask::List(path) => address(&format!("{}{path}", self.address)).ok()?,
            Ask::Document(id) => {
                address(&format!("{}{REPORTS}/documents/{}", self.address, escape(id))).ok()?
            }
            Ask::File(_, uri) => uri.clone(),
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        Some(request)
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        match self.asks.front() {
            None => Ok(Vec::new()),
            Some(Ask::List(asked)) => {
                check(answer)?;
                let asked = asked.clone();
                self.list(&asked, answer)
            }
            Some(Ask::Document(id)) => {
                if answer.status() == StatusCode::NOT_FOUND && self.open.contains(id) {
                    // It stays open: somebody has to say what was in it.
                    self.asks.pop_front();
                    return Ok(Vec::new());
                }
                check(answer)?;
                let id = id.clone();
                self.document(id, answer)?;
                Ok(Vec::new())
            }
            Some(Ask::File(id, _))
                if answer.status() == StatusCode::FORBIDDEN && self.tries < TRIES =>
            {
                // The five minutes are over.
                let id = id.clone();
                self.tries += 1;
                self.asks.pop_front();
                self.asks.push_front(Ask::Document(id));
                Ok(Vec::new())
            }
            Some(Ask::File(id, _)) => {
                check(answer)?;
                let id = id.clone();
                self.file(id, answer.body())
            }
        }
    }

    fn place(&self) -> String {
        let open: Vec<String> = self.open.iter().map(|id| format!("{OPEN}{id}")).collect();
        let seen = self.listed.iter().chain(self.known.iter());
        let seen = seen.filter(|id| !self.open.contains(*id));
        let mut ids: Vec<&str> = Vec::new();
        for id in seen.map(String::as_str) {
            if !ids.contains(&id) && ids.len() < REMEMBERED {
                ids.push(id);
            }
        }
        ids.extend(open.iter().map(String::as_str));
        ids.join(" ")
    }

    fn findings(&self) -> Vec<Finding> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let ids: Vec<&str> = self.open.iter().map(String::as_str).collect();
        let detail = format!(
            "what Amazon gives as documents {} are no settlement reports; they are asked for again \
             with every reading. Download them in Seller Central and import them (`tieout import`)",
            ids.join(", ")
        );
        vec![Finding { code: ReasonCode::SourceGap, detail }]
    }
}
