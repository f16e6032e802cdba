//! Adyen's reports: settlement details, by the number of their batch.

use super::held::{Held, State, View};
use super::{Asked, not_found, plain};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;

/// The one column that only reports have.
const HEAD: &str = "Company Account,";

pub fn hold(held: &mut Held, text: &str, at: Timestamp) -> bool {
    let Some((_, rows)) = text.split_once('\n').filter(|_| text.starts_with(HEAD)) else {
        return false;
    };
    let number = rows.lines().next().and_then(|row| row.rsplit(',').next());
    let Some(number) = number.filter(|n| n.parse::<u64>().is_ok()) else { return false };
    held.keep("batch", number.to_owned(), State::of(at, text));
    true
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let number = asked.path.rsplit("settlement_detail_report_batch_").next();
    let number = number.and_then(|rest| rest.strip_suffix(".csv")).unwrap_or_default();
    view.one("batch", number).map_or_else(not_found, |state| plain(200, state.text.as_str()))
}
