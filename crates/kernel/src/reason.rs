//! Reason codes: stable names for why an item is held, excluded or differs.
//!
//! A code is defined by one page, `docs/reason-codes/<CODE>.md`. Its front matter makes the enum
//! (`cargo xtask codegen`), its body is what an accountant reads. The wire form is the code
//! (`PER-001`); the slug (`ledger-period-closed`) stands beside it for people. A code is never
//! renumbered and never reused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

mod generated;

pub use generated::ReasonCode;

/// What kind of cause a reason is, which decides who acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// Passes by itself or by a retry; a person need not act within the SLA.
    Transient,
    /// Needs a change of configuration, mapping or connection; one fix frees many items.
    Structural,
    /// The record itself is wrong, missing or contradicts another record.
    Data,
    /// A rule of the business decided; the item is sound.
    Policy,
}

impl ReasonClass {
    /// The letter of the class in a page's front matter: T, S, D or P.
    pub const fn letter(self) -> char {
        match self {
            Self::Transient => 'T',
            Self::Structural => 'S',
            Self::Data => 'D',
            Self::Policy => 'P',
        }
    }

    /// The word of the class as it goes over the wire, such as `structural`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Structural => "structural",
            Self::Data => "data",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for ReasonClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One page: its front matter and the whole file.
struct Row {
    code: &'static str,
    slug: &'static str,
    title: &'static str,
    class: ReasonClass,
    severity: u8,
    action: &'static str,
    sla: &'static str,
    owner: &'static str,
    since: &'static str,
    upstream: &'static [&'static str],
    file: &'static str,
}

impl ReasonCode {
    /// Every reason code, ordered by code.
    pub const ALL: &'static [Self] = &generated::ALL;

    const fn row(self) -> &'static Row {
        &generated::ROWS[self as usize]
    }

    /// The stable code, such as `PER-001`. This is the form that is stored and sent.
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// The three letters in front of the number, such as `PER`.
    pub fn family(self) -> &'static str {
        &self.code()[..3]
    }

    /// The readable name, such as `ledger-period-closed`.
    pub const fn slug(self) -> &'static str {
        self.row().slug
    }

    /// One plain sentence without a full stop.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// What kind of cause this is.
    pub const fn class(self) -> ReasonClass {
        self.row().class
    }

    /// 1 blocks the close or hints at misstatement or a security fault, 2 high, 3 normal,
    /// 4 information (audit-and-close.md §5.1).
    pub const fn severity(self) -> u8 {
        self.row().severity
    }

    /// The default action as a verb phrase in snake case, such as `look_then_decide`.
    pub const fn action(self) -> &'static str {
        self.row().action
    }

    /// When the default action is due: `1h` one hour, `1bd` and `3bd` business days, `close`
    /// before the period closes.
    pub const fn sla(self) -> &'static str {
        self.row().sla
    }

    /// Who acts: `SYS` automation, `INT` integration admin, `ACC` accountant, `CTL` controller,
    /// `TAX`, `TRE` treasury, `SEC` security, `ENG` engineering.
    pub const fn owner(self) -> &'static str {
        self.row().owner
    }

    /// The version of Tieout that introduced the code.
    pub const fn since(self) -> &'static str {
        self.row().since
    }

    /// Names that other systems and standards use for this cause, such as `quickbooks 6210`.
    pub const fn upstream(self) -> &'static [&'static str] {
        self.row().upstream
    }

    /// The page as Markdown, from its title on: what happened, how to check, what to do, and
    /// what Tieout will never do.
    pub fn page(self) -> &'static str {
        self.row().file.split_once("\n---\n").map_or(self.row().file, |(_front, body)| body)
    }

    /// The reason with this code, such as `PER-001`; `None` for an unknown code.
    pub fn from_code(code: &str) -> Option<Self> {
        // `ALL` is in the order of the codes, which `codegen` takes from the file names.
        let found = Self::ALL.binary_search_by(|reason| reason.code().cmp(code));
        found.ok().map(|index| Self::ALL[index])
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.slug())
    }
}

/// A text names no reason code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a reason code: a code reads like PER-001 and has a page in docs/reason-codes"
)]
pub struct UnknownReason(pub String);

impl FromStr for ReasonCode {
    type Err = UnknownReason;

    fn from_str(code: &str) -> Result<Self, UnknownReason> {
        Self::from_code(code).ok_or_else(|| UnknownReason(code.to_owned()))
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code;
        impl de::Visitor<'_> for Code {
            type Value = ReasonCode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reason code such as PER-001")
            }

            fn visit_str<E: de::Error>(self, code: &str) -> Result<ReasonCode, E> {
                code.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_itself_and_its_page() {
        for &reason in ReasonCode::ALL {
            assert_eq!(ReasonCode::from_code(reason.code()), Some(reason));
            assert_eq!(ReasonCode::ALL[reason as usize], reason);
            assert!(reason.page().starts_with(&format!("# {}\n", reason.title())));
            assert!((1..=4).contains(&reason.severity()), "{reason}");
            assert!(!reason.upstream().is_empty(), "{reason}");
        }
    }

    #[test]
    fn a_reason_travels_as_its_code_and_is_shown_with_its_slug() {
        let reason = ReasonCode::LedgerPeriodClosed;
        assert_eq!(reason.to_string(), "PER-001 ledger-period-closed");
        assert_eq!(serde_json::to_string(&reason).unwrap(), "\"PER-001\"");
        assert_eq!(serde_json::from_str::<ReasonCode>("\"PER-001\"").unwrap(), reason);
        assert_eq!((reason.class(), reason.family()), (ReasonClass::Policy, "PER"));
    }

    #[test]
    fn an_unknown_code_is_refused_with_the_code_in_the_message() {
        for text in ["PER-999", "per-001", "", "ledger-period-closed"] {
            assert_eq!(ReasonCode::from_code(text), None, "{text}");
        }
        let error = serde_json::from_str::<ReasonCode>("\"PER-999\"").unwrap_err();
        assert!(error.to_string().contains("PER-999"), "{error}");
    }

    #[test]
    fn nothing_to_post_never_asks_a_person() {
        for &reason in ReasonCode::ALL.iter().filter(|reason| reason.family() == "NOP") {
            let row = (reason.class(), reason.severity(), reason.owner());
            assert_eq!(row, (ReasonClass::Policy, 4, "SYS"), "{reason}");
        }
    }
}
