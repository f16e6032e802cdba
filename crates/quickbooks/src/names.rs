//! List names within QuickBooks' rules, the same way in every request.

use kernel::ReferenceKind;

/// Longest name of an item or account; customers may be longer today, older pages say 100
/// (quickbooks.md §8).
pub const NAME_CHARS_MAX: usize = 100;

/// `name` as QuickBooks can hold it: `:` becomes `-` where it does not stand between levels, tab,
/// newline and other control characters become blanks, `"` in accounts becomes `'`, blanks at the
/// ends and repeated blanks go, and a name over [`NAME_CHARS_MAX`] characters is cut and ends in `~`
/// and 8 digits of its hash, so that two long names stay two names (quickbooks.md §8). Empty when
/// nothing is left.
///
/// Creating and finding both use this text, so that what was created is what is found.
pub fn quickbooks_name(kind: ReferenceKind, name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        let c = match c {
            // Between the name of a location or class and the one above it.
            ':' if matches!(kind, ReferenceKind::Location | ReferenceKind::Class) => ':',
            ':' => '-',
            '"' if kind == ReferenceKind::Account => '\'',
            c if c.is_control() || c.is_whitespace() => ' ',
            c => c,
        };
        if c != ' ' || !(out.is_empty() || out.ends_with(' ')) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    match out.char_indices().nth(NAME_CHARS_MAX) {
        None => out,
        Some(_) => shortened(&out),
    }
}

fn shortened(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let kept: String = name.chars().take(NAME_CHARS_MAX - 9).collect();
    format!("{kept}~{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_quickbooks() {
        for (kind, name, expected) in [
            (ReferenceKind::Item, "Mug: blue", "Mug- blue"),
            (ReferenceKind::Class, "Retail:Berlin ", "Retail:Berlin"),
            (ReferenceKind::Item, "6\" nail", "6\" nail"),
            (ReferenceKind::Account, "6\" nail", "6' nail"),
            (ReferenceKind::Customer, "  Ann\tLee \n ", "Ann Lee"),
            (ReferenceKind::Customer, "\u{7}", ""),
        ] {
            assert_eq!(quickbooks_name(kind, name), expected);
        }
    }

    #[test]
    fn long_names_stay_different_and_fit() {
        let (a, b) = (format!("{}a", "é".repeat(120)), format!("{}b", "é".repeat(120)));
        let (a, b) =
            (quickbooks_name(ReferenceKind::Item, &a), quickbooks_name(ReferenceKind::Item, &b));
        assert_eq!(a.chars().count(), NAME_CHARS_MAX);
        assert_ne!(a, b);
        assert_eq!(quickbooks_name(ReferenceKind::Item, &a), a, "cleaning is idempotent");
    }
}
