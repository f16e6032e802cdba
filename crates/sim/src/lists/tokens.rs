//! Access tokens of vendors that grant them for a while.

use super::held::View;
use super::plain;
use bytes::Bytes;
use http::Response;

/// How long one is good, seconds: a month is told in an hour at most, so that a vendor's hour is
/// shorter here.
const GOOD_S: i64 = 600;

/// A new one.
pub fn grant(view: View<'_>) -> Response<Bytes> {
    let until = view.now().seconds().saturating_add(GOOD_S);
    let fields = format!("\"token_type\":\"Bearer\",\"expires_in\":{GOOD_S}");
    plain(200, format!("{{\"access_token\":\"good-until.{until}\",{fields}}}"))
}

/// Whether what a header shows is a token that has not ended.
pub fn is_good(view: View<'_>, shown: &str) -> bool {
    let until = shown.rsplit("good-until.").next().and_then(|until| until.parse().ok());
    until.is_some_and(|until: i64| view.now().seconds() <= until)
}
