//! Locations and classes that people gave to the lines of what stands in the ledger.

use ports::{Snapshot, SnapshotLine};

/// What a line takes over from the one in whose place it comes: ledger ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Added<'a> {
    pub(crate) class: Option<&'a str>,
    pub(crate) location: Option<&'a str>,
}

/// What each of `lines` (ledger id of its item or account, amount) takes over from what stood. Lines of
/// the same item come into each other's place: first those of one amount, then the others in order.
pub(crate) fn to_lines<'a>(stood: Option<&'a Snapshot>, lines: &[(&str, i64)]) -> Vec<Added<'a>> {
    let counted = |line: &SnapshotLine| line.class.is_some() || line.location.is_some();
    let mut added = vec![Added::default(); lines.len()];
    let Some(stood) = stood.filter(|got| got.lines.iter().any(counted)) else { return added };
    let mut left: Vec<&SnapshotLine> = stood.lines.iter().collect();
    let mut open: Vec<usize> = (0..lines.len()).collect();
    for same_amount in [true, false] {
        open.retain(|n| {
            let (target, minor) = lines[*n];
            let at = left.iter().position(|line| {
                line.target.as_deref() == Some(target)
                    && (!same_amount || line.amount_minor == minor)
            });
            if let Some(at) = at {
                let line = left.remove(at);
                let (class, location) = (line.class.as_deref(), line.location.as_deref());
                added[*n] = Added { class, location };
            }
            at.is_none()
        });
    }
    added
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire_in;

    fn stood(lines: &[(&str, i64, Option<&str>)]) -> Snapshot {
        let lines = lines.iter().map(|(target, amount_minor, class)| SnapshotLine {
            target: Some((*target).to_owned()),
            amount_minor: *amount_minor,
            class: class.map(str::to_owned),
            location: None,
        });
        Snapshot { lines: lines.collect(), ..wire_in::deleted(None, "1", "0") }
    }

    fn classes(stood: &Snapshot, lines: &[(&str, i64)]) -> Vec<Option<String>> {
        let added = to_lines(Some(stood), lines);
        added.into_iter().map(|a| a.class.map(str::to_owned)).collect()
    }

    #[test]
    fn a_line_takes_over_what_its_like_had() {
        let got = stood(&[("1", 100, Some("A")), ("1", 20, Some("B")), ("2", 10, None)]);
        let class = |name: &str| Some(name.to_owned());
        // A line before, and one gone.
        assert_eq!(
            classes(&got, &[("1", 30), ("1", 100), ("1", 20), ("2", 10)]),
            [None, class("A"), class("B"), None]
        );
        assert_eq!(classes(&got, &[("1", 20), ("2", 10)]), [class("B"), None]);
        // Another amount is the same line; another item is not.
        assert_eq!(classes(&got, &[("1", 90), ("3", 20)]), [class("A"), None]);
        assert_eq!(to_lines(None, &[("1", 100)]), [Added::default()]);
    }
}
