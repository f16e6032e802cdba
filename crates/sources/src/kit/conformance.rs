//! The suite that every source passes: `sources::conformance!` makes its tests.
//!
//! A source proves with its own fixtures that it refuses what nobody signed, survives every
//! body, says something about every delivery, and says the same twice.

use bytes::Bytes;
use kernel::{ReasonCode, Timestamp};
use ports::{EventSource, Normalised, RawDelivery, SignatureState};

/// How long a signature stays good, seconds, where it carries a time.
const TOLERANCE_SECONDS: i64 = super::signature::TOLERANCE_SECONDS;

/// A source under test with what it needs to be tested.
pub struct Subject {
    /// The source, with a secret that `sign` uses.
    pub source: Box<dyn EventSource>,
    /// Deliveries that the source understands, by name, with their headers but unsigned.
    pub fixtures: Vec<(&'static str, RawDelivery)>,
    /// Signs a delivery as the vendor would at its time of receipt.
    pub sign: fn(&mut RawDelivery),
    /// The header that holds the signature; empty where the body holds it or nothing is signed.
    pub signature_header: &'static str,
    /// Whether the signature carries its time.
    pub is_timed: bool,
}

/// A delivery of `body` received on 2026-03-02.
pub fn delivery(headers: &[(&str, &str)], body: &[u8]) -> RawDelivery {
    RawDelivery {
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Bytes::copy_from_slice(body),
        received_at: Timestamp::from_seconds(1_772_460_910),
    }
}

impl Subject {
    /// A signature of the vendor is accepted under any spelling of its header; a missing, an
    /// altered, an old and a future one are refused, and so is a changed body.
    pub fn signatures(&self) {
        for (name, unsigned) in &self.fixtures {
            if self.signature_header.is_empty() {
                self.signed_inside(unsigned, name);
                continue;
            }
            self.refused(unsigned, name, "no signature");
            let mut signed = unsigned.clone();
            (self.sign)(&mut signed);
            let accepted = self.source.accept(&signed);
            assert!(accepted.is_ok(), "{name}: a good signature is refused: {accepted:?}");

            let mut shouted = signed.clone();
            for (header, _) in &mut shouted.headers {
                header.make_ascii_uppercase();
            }
            assert!(self.source.accept(&shouted).is_ok(), "{name}: upper-case headers");

            let mut changed = signed.clone();
            let mut body = changed.body.to_vec();
            body.push(b' ');
            changed.body = body.into();
            self.refused(&changed, name, "a blank added to the body");

            let with_signature = |value: &str| {
                let mut other = signed.clone();
                for (header, v) in &mut other.headers {
                    if header == self.signature_header {
                        value.clone_into(v);
                    }
                }
                other
            };
            for bad in ["", ",", "=", "v1", "v1,", "t=,v1=", "t=1", "\u{e9}", &"A".repeat(44)] {
                self.refused(&with_signature(bad), name, bad);
            }
            self.refused(&with_signature(&"v1,".repeat(10_000)), name, "a huge signature");
            self.times(name, &signed);
        }
    }

    /// A body that holds its signature, or a source that says of all it takes that it is unsigned.
    fn signed_inside(&self, unsigned: &RawDelivery, name: &str) {
        if self.source.accept(unsigned) != Ok(SignatureState::Unsigned) {
            self.refused(unsigned, name, "no signature");
        }
        let mut signed = unsigned.clone();
        (self.sign)(&mut signed);
        let accepted = self.source.accept(&signed);
        assert!(accepted.is_ok(), "{name}: a good signature is refused: {accepted:?}");
    }

    fn times(&self, name: &str, signed: &RawDelivery) {
        for (seconds, is_good) in [
            (TOLERANCE_SECONDS, true),
            (-TOLERANCE_SECONDS, true),
            (TOLERANCE_SECONDS + 1, false),
            (-TOLERANCE_SECONDS - 1, false),
        ] {
            let mut late = signed.clone();
            late.received_at = late.received_at.plus_seconds(seconds);
            if self.is_timed && !is_good {
                self.refused(&late, name, &format!("{seconds} s off"));
            } else {
                assert!(self.source.accept(&late).is_ok(), "{name}: {seconds} s off");
            }
        }
    }

    fn refused(&self, delivery: &RawDelivery, name: &str, why: &str) {
        let refusal = self.source.accept(delivery).expect_err(&format!("{name}: accepts {why}"));
        assert_eq!(refusal.code, ReasonCode::SignatureInvalid, "{name}: {why}");
    }

    /// A body that is no body of this source becomes a fault `SRC-007` and never a fact.
    pub fn broken_bodies(&self) {
        for (name, good) in &self.fixtures {
            let text = std::str::from_utf8(&good.body).expect("fixtures are text");
            let trimmed = text.trim_end();
            let mut broken: Vec<(String, Vec<u8>)> = vec![
                ("empty".into(), Vec::new()),
                ("blank".into(), b" \n\t".to_vec()),
                ("not UTF-8".into(), trimmed.replacen('a', "\u{0}", 1).into_bytes()),
                ("too large".into(), vec![b' '; self.source.manifest().body_bytes_max + 1]),
                ("NaN".into(), replace_scalar(trimmed, 0, "NaN").into_bytes()),
                ("two bodies".into(), [trimmed, trimmed].concat().into_bytes()),
            ];
            for byte in &mut broken[2].1 {
                if *byte == 0 {
                    *byte = 0xff;
                }
            }
            let cuts = (1..20).map(|n| trimmed.len() * n / 20).filter(|at| *at > 0);
            broken.extend(cuts.map(|at| (format!("cut at {at}"), trimmed.as_bytes()[..at].into())));
            for (what, body) in broken {
                let said = self.said(&RawDelivery { body: body.into(), ..good.clone() });
                assert!(said.facts.is_empty(), "{name}: {what} became a fact");
                let is_malformed =
                    said.faults.iter().any(|f| f.code == ReasonCode::MalformedDelivery);
                assert!(is_malformed, "{name}: {what} became {said:?}");
            }
        }
    }

    /// A field that stands twice is refused: two readers could choose differently.
    pub fn duplicate_fields(&self, field: &str) {
        let mut tried = 0;
        for (name, good) in &self.fixtures {
            let text = std::str::from_utf8(&good.body).expect("fixtures are text");
            let quoted = format!("\"{field}\":");
            let Some(at) = text.find(&quoted) else { continue };
            let after = at + quoted.len();
            let value = scalars(text).into_iter().find(|(start, _)| *start >= after);
            let (start, end) = value.expect("the field of the suite holds a scalar");
            tried += 1;
            let doubled = [&text[..at], &quoted, &text[start..end], ", ", &text[at..]].concat();
            let said = self.said(&RawDelivery { body: doubled.into(), ..good.clone() });
            let is_refused = said.faults.iter().any(|f| f.detail.contains("duplicate field"));
            assert!(is_refused, "{name}: `{field}` twice became {said:?}");
        }
        assert!(tried > 0, "no fixture has a field `{field}`");
    }

    /// Fixtures mean money; the same delivery means the same, however often and whenever it
    /// comes, and has the same identity.
    pub fn repeatable(&self) {
        for (name, first) in &self.fixtures {
            let mut again = first.clone();
            again.received_at = again.received_at.plus_seconds(86_400);
            let said = self.said(first);
            assert!(!said.facts.is_empty(), "{name}: no fact in {said:?}");
            assert_eq!(said.faults, [], "{name}");
            assert_eq!(said, self.said(&again), "{name}: a redelivery means something else");
            assert_eq!(self.source.dedupe_key(first), self.source.dedupe_key(&again), "{name}");
            let mut keys: Vec<_> =
                self.fixtures.iter().map(|f| self.source.dedupe_key(&f.1)).collect();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), self.fixtures.len(), "two fixtures have one identity");
            for fact in &said.facts {
                assert_eq!(fact.source.as_str(), self.source.name(), "{name}");
                let violations = kernel::validate::fact(fact, fact.occurred_at.0);
                assert_eq!(violations, [], "{name}: the kernel holds {fact:?}");
            }
        }
    }

    /// Replaces the scalar values of a fixture one after another by what should not be there:
    /// nothing panics and nothing passes in silence.
    pub fn replaced_scalars(&self) {
        const ODD: &[&str] = &[
            "null",
            "-0",
            "1e400",
            "-1",
            "0.1",
            "1.005",
            "9223372036854775807",
            "1e-400",
            "\"\"",
            "\"NaN\"",
            "[]",
            "{}",
            "true",
            "\"\\ud83d\\ude00\"",
            "\"79228162514264337593543950336\"",
        ];
        for (_, good) in &self.fixtures {
            let text = std::str::from_utf8(&good.body).expect("fixtures are text");
            for n in 0..scalars(text).len() {
                for odd in ODD {
                    let body = replace_scalar(text, n, odd);
                    self.said(&RawDelivery { body: body.into(), ..good.clone() });
                }
            }
        }
    }

    /// What the source says about `delivery`, checked for silence. Every edge is touched.
    pub fn said(&self, delivery: &RawDelivery) -> Normalised {
        let said = self.source.normalise(delivery);
        let is_silent = said.facts.is_empty() && said.faults.is_empty() && said.ignored.is_none();
        assert!(!is_silent, "silence about {:?}", delivery.body);
        assert!(said.ignored.as_ref().is_none_or(|why| !why.is_empty()), "ignored without reason");
        for fault in &said.faults {
            assert!(!fault.at.is_empty() && !fault.detail.is_empty(), "{fault:?}");
            assert!(fault.detail.len() < 1_000, "a fault of {} bytes", fault.detail.len());
        }
        assert!(!self.source.dedupe_key(delivery).is_empty());
        assert!(!self.source.topic(delivery).is_empty());
        // An answer to a refused delivery must not panic either.
        let _ = self.source.accept(delivery);
        said
    }

    /// A fixture with `bytes` written over it from `at` on (both taken modulo what fits).
    pub fn overwritten(&self, fixture: usize, at: usize, bytes: &[u8]) -> RawDelivery {
        let (_, good) = &self.fixtures[fixture % self.fixtures.len()];
        let mut body = good.body.to_vec();
        let at = at % body.len();
        let end = (at + bytes.len()).min(body.len());
        body.splice(at..end, bytes.iter().copied());
        RawDelivery { body: body.into(), ..good.clone() }
    }
}

/// Byte ranges of the scalar values that follow a colon.
fn scalars(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut inside) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if inside => at += 1,
            b'"' => inside = !inside,
            b':' if !inside => {
                let start = at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len();
                let end = match bytes.get(start) {
                    Some(b'"') => text[start + 1..].find('"').map(|n| start + n + 2),
                    Some(b'{' | b'[') | None => None,
                    Some(_) => text[start..].find([',', '}', ']', '\n']).map(|n| start + n),
                };
                found.extend(end.map(|end| (start, end)));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// `text` with its `n`th scalar value replaced.
fn replace_scalar(text: &str, n: usize, by: &str) -> String {
    let (start, end) = scalars(text)[n];
    [&text[..start], by, &text[end..]].concat()
}

/// Makes the tests of one source: a module `$name` that takes its [`Subject`] from `$subject`.
/// `$field` is a field of every fixture that the source reads. The calling crate needs proptest.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $subject:expr, $field:literal) => {
        mod $name {
            use super::*;

            #[test]
            fn refuses_what_nobody_signed() {
                $subject.signatures();
            }

            #[test]
            fn a_broken_body_is_a_fault_and_never_a_fact() {
                $subject.broken_bodies();
            }

            #[test]
            fn a_field_that_stands_twice_is_refused() {
                $subject.duplicate_fields($field);
            }

            #[test]
            fn the_same_delivery_means_the_same() {
                $subject.repeatable();
            }

            #[test]
            fn odd_values_are_never_silent() {
                $subject.replaced_scalars();
            }

            ::proptest::proptest! {
                #![proptest_config(::proptest::prelude::ProptestConfig {
                    cases: 512, failure_persistence: None, ..Default::default()
                })]

                #[test]
                fn any_bytes_are_answered(body: Vec<u8>) {
                    let subject = $subject;
                    for (_, fixture) in &subject.fixtures {
                        let mut any = fixture.clone();
                        any.body = body.clone().into();
                        subject.said(&any);
                    }
                }

                #[test]
                fn a_damaged_fixture_is_answered(
                    fixture: usize, at: usize, bytes in "[-0-9eE.,:{}\\[\\]\"a-z\u{0}]{1,8}",
                ) {
                    let subject = $subject;
                    let damaged = subject.overwritten(fixture, at, bytes.as_bytes());
                    subject.said(&damaged);
                }
            }
        }
    };
}
