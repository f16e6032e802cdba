//! The numbers of the catalogue (sources-and-cases.md part B) and where they are cases.

use super::CaseFile;
use book::Case;
use std::collections::BTreeSet;

/// A chapter of the catalogue with its numbers; gaps in the numbers are intended.
pub(super) struct Chapter {
    pub(super) name: &'static str,
    pub(super) numbers: &'static [u16],
}

/// The chapters in their order.
pub(super) const CHAPTERS: [Chapter; 9] = [
    Chapter {
        name: "B1 Sale and payment",
        numbers: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23],
    },
    Chapter {
        name: "B2 Discounts, tax, rounding",
        numbers: &[
            24, 25, 26, 27, 29, 30, 31, 32, 34, 35, 36, 37, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49,
            50, 51, 52,
        ],
    },
    Chapter {
        name: "B3 Gift cards and store credit",
        numbers: &[54, 55, 56, 57, 59, 60, 61, 62, 64, 65],
    },
    Chapter {
        name: "B4 Refunds, cancellations, exchanges",
        numbers: &[
            66, 67, 69, 70, 71, 72, 74, 75, 76, 77, 79, 80, 81, 82, 84, 85, 86, 87, 89, 90, 91, 92,
        ],
    },
    Chapter { name: "B5 Edits after posting", numbers: &[94, 95, 96, 97, 99, 100] },
    Chapter {
        name: "B6 Fees, payouts, exchange rates",
        numbers: &[
            101, 102, 104, 105, 106, 107, 109, 110, 111, 112, 114, 115, 116, 117, 119, 120, 121,
            122,
        ],
    },
    Chapter { name: "B7 Disputes", numbers: &[124, 125, 126, 127, 129, 130, 131, 132] },
    Chapter {
        name: "B8 Event hygiene",
        numbers: &[134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 149, 150],
    },
    Chapter {
        name: "B9 Marketplaces, subscriptions, others",
        numbers: &[151, 152, 154, 155, 156, 157, 159, 160, 161, 162, 164, 165, 166, 167, 169, 170],
    },
];

/// Numbers that are no cases yet. A number that is missing and not listed fails the test.
pub const MISSING: &[u16] = &[];

/// All numbers a name begins with: `40, 41 marketplace tax`.
pub(super) fn numbers(name: &str) -> Vec<u16> {
    let mut found = Vec::new();
    for word in name.split(' ') {
        match word.trim_end_matches(',').parse() {
            Ok(number) => found.push(number),
            Err(_) => break,
        }
        if !word.ends_with(',') {
            break;
        }
    }
    found
}

/// The cases of a number, each with its file.
pub(super) fn cases_of(files: &[CaseFile], wanted: u16) -> Vec<(&CaseFile, &Case)> {
    let all = files.iter().flat_map(|f| f.cases.iter().map(move |c| (f, c)));
    all.filter(|(_, c)| numbers(&c.name).contains(&wanted)).collect()
}

/// Numbers of the catalogue without a case.
pub fn missing(files: &[CaseFile]) -> Vec<u16> {
    let there: BTreeSet<u16> =
        files.iter().flat_map(|f| &f.cases).flat_map(|c| numbers(&c.name)).collect();
    let all = CHAPTERS.iter().flat_map(|c| c.numbers);
    all.copied().filter(|n| !there.contains(n)).collect()
}
