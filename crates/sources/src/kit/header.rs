//! Headers by any of several spellings.

use ports::RawDelivery;

/// The first value of a header under any of `names`, whatever the case (HTTP field names are
/// case-insensitive). Earlier names win, so that the usual spelling comes first.
pub fn header<'d>(delivery: &'d RawDelivery, names: &[&str]) -> Option<&'d str> {
    names.iter().find_map(|name| {
        delivery.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    })
}
