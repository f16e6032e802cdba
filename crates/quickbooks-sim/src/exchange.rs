//! One exchange with the company: what a request says, and an answer on its way to the wire.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

use crate::error::{Fault, gateway_fault, throttle_xml};
use crate::faults::{HASH_START, hash, mix};
use crate::xml::{self, Format};

/// What a request says, borrowed.
pub(crate) struct Incoming<'r> {
    pub method: &'r Method,
    pub path: &'r str,
    pub query: &'r str,
    pub host: Option<&'r str>,
    pub authorization: Option<&'r str>,
    pub wants_hard_expiry: bool,
    /// What the caller wants to read; accounting answers only.
    pub format: Format,
    /// JSON or a form; XML was turned into JSON.
    pub body: &'r str,
    /// The body as sent.
    pub bytes: &'r [u8],
    /// The content type, if it is neither JSON nor XML.
    pub foreign_content: Option<&'r str>,
    /// Why a body could not be read as XML.
    pub bad_xml: Option<&'r str>,
    /// The company's time, microseconds UTC.
    pub now_us: i64,
    /// The time by which limits count: a clock that stands still must not throttle.
    pub arrived_us: i64,
    /// Repeated from a log: limits do not hold it up.
    pub replayed: bool,
}

impl<'r> Incoming<'r> {
    /// Reads a request. `converted` is the body when it came as XML, see [`converted`].
    pub(crate) fn new(
        req: &'r Request<Bytes>,
        converted: Option<&'r Result<String, String>>,
        now_us: i64,
    ) -> Self {
        let sent = || std::str::from_utf8(req.body()).unwrap_or("\u{fffd}");
        let text = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
        Self {
            method: req.method(),
            path: req.uri().path(),
            query: req.uri().query().unwrap_or(""),
            host: req.uri().authority().map(http::uri::Authority::as_str).or_else(|| text("host")),
            authorization: text("authorization"),
            wants_hard_expiry: text("x-include-refresh-token-hard-expires-in") == Some("true"),
            format: xml::format_of(req.headers()),
            body: match converted {
                Some(Ok(json)) => json,
                _ => sent(),
            },
            bytes: req.body(),
            foreign_content: text("content-type").filter(|content| {
                let content = content.to_ascii_lowercase();
                !content.is_empty() && !content.contains("json") && !content.contains("xml")
            }),
            bad_xml: converted.and_then(|c| c.as_ref().err()).map(String::as_str),
            now_us,
            arrived_us: now_us,
            replayed: false,
        }
    }

    /// The access token sent, empty for none.
    pub(crate) fn bearer(&self) -> &'r str {
        self.authorization.and_then(|a| a.strip_prefix("Bearer ")).unwrap_or("")
    }
}

/// The body of an accounting request as JSON when it came as XML; none when there is nothing to
/// convert.
pub(crate) fn converted(req: &Request<Bytes>) -> Option<Result<String, String>> {
    let path = req.uri().path();
    let reads_json = path.starts_with("/v3/company/") && !path.ends_with("/query");
    if !reads_json || req.body().is_empty() || !xml::sends_xml(req.headers()) {
        return None;
    }
    let text = std::str::from_utf8(req.body()).map_err(|e| e.to_string());
    Some(text.and_then(xml::to_json))
}

/// An answer before its headers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    content: &'static str,
    body: Bytes,
    extra: Option<(header::HeaderName, HeaderValue)>,
    /// Whether the request changed the state, and so belongs into the log.
    pub changed: bool,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, content: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content, body: body.into(), extra: None, changed: false }
    }

    pub(crate) fn json(status: StatusCode, body: String) -> Self {
        Self::new(status, "application/json;charset=UTF-8", body)
    }

    pub(crate) fn html(status: StatusCode, body: String) -> Self {
        Self::new(status, "text/html;charset=UTF-8", body)
    }

    pub(crate) fn redirect(location: &str) -> Self {
        let mut answer = Self::html(StatusCode::FOUND, String::new());
        answer.extra = HeaderValue::from_str(location).ok().map(|v| (header::LOCATION, v));
        answer
    }

    pub(crate) fn changed(mut self) -> Self {
        self.changed = true;
        self
    }

    pub(crate) fn fault(fault: &Fault, now_us: i64) -> Self {
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::json(status, fault.envelope(now_us))
    }

    /// 401: the gateway's own envelope and header (quickbooks.md §1).
    pub(crate) fn unauthorized(detail: &str, now_us: i64) -> Self {
        let body =
            gateway_fault(401, 3200, "AuthenticationFailed", detail, "AUTHENTICATION", now_us);
        Self::json(StatusCode::UNAUTHORIZED, body).with_challenge("invalid_token")
    }

    /// 403: the token does not reach the company (quickbooks.md §1).
    pub(crate) fn forbidden(now_us: i64) -> Self {
        let detail = "The application is not authorised for this company";
        let name = "ApplicationAuthorizationFailed";
        let body = gateway_fault(403, 3100, name, detail, "SERVICE", now_us);
        Self::json(StatusCode::FORBIDDEN, body)
    }

    pub(crate) fn with_challenge(mut self, error: &str) -> Self {
        let value = HeaderValue::from_str(&format!("Bearer realm=\"Intuit\", error=\"{error}\""));
        self.extra = value.ok().map(|v| (header::WWW_AUTHENTICATE, v));
        self
    }

    /// 429: XML whatever was asked for (quickbooks.md §6).
    pub(crate) fn throttled(now_us: i64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "application/xml", throttle_xml(now_us))
    }

    /// The answer in the format asked for. Only JSON is turned into XML; what has its own format, as
    /// throttling has, keeps it.
    pub(crate) fn formatted(mut self, req: &Incoming<'_>) -> Self {
        let is_json = self.content.starts_with("application/json");
        if req.format == Format::Xml && is_json && req.path.starts_with("/v3/company/") {
            let body = std::str::from_utf8(&self.body).ok();
            if let Some(document) = body.and_then(|b| xml::from_json(b, req.now_us)) {
                self.body = document.into();
                self.content = "application/xml";
            }
        }
        self
    }

    /// Adds the headers of every answer. Refusals lack the version and the timing
    /// (quickbooks.md §2).
    pub(crate) fn into_response(self, tid: &str) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content));
        if let Ok(tid) = HeaderValue::from_str(tid) {
            headers.insert("intuit_tid", tid);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
        headers.insert(header::EXPIRES, HeaderValue::from_static("0"));
        headers.insert(header::SERVER, HeaderValue::from_static("nginx"));
        let lasting = HeaderValue::from_static("max-age=15552000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, lasting);
        if let (Ok(trace), Ok(span)) = (
            HeaderValue::from_str(&format!("Root={tid}")),
            HeaderValue::from_str(tid.rsplit('-').next().unwrap_or(tid)),
        ) {
            headers.insert("x-amzn-trace-id", trace);
            headers.insert("x-spanid", span);
        }
        if self.status == StatusCode::OK {
            headers.insert("qbo-version", HeaderValue::from_static("1986.215"));
            headers.insert("service-time", HeaderValue::from_static("total=161, db=57"));
        }
        if let Some((name, value)) = self.extra {
            headers.insert(name, value);
        }
        response
    }
}

/// The tracing id of an answer: from the seed, the instant and the request, so that a rebuilt
/// simulator gives the same one.
pub(crate) fn tracing_id(seed: u64, changes: u64, req: &Incoming<'_>) -> String {
    let mut state = hash(HASH_START ^ seed, req.method.as_str().as_bytes());
    for part in [req.path, "?", req.query, "\n", req.body] {
        state = hash(state, part.as_bytes());
    }
    let (a, b) = (mix(state, changes), mix(state ^ 0x71d, changes));
    let seconds = req.now_us.div_euclid(1_000_000) & 0xffff_ffff;
    format!("1-{seconds:08x}-{a:016x}{:08x}", b & 0xffff_ffff)
}
