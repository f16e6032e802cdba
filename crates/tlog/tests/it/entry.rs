//! The one text of an entry.

use proptest::prelude::*;
use tlog::entry::{decode, encode};
use tlog::{
    ENTRY_BYTES_MAX, Entry, EntryError, Hash, ORIGIN_BYTES_MAX, Origin, OriginError, SIZE_MAX,
    empty_root,
};

use crate::support::origin;

const LINE: &str = "e1 books.example.com/t/01k2v9 7 \
                    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= {\"memo\":\"two words\"}";

#[test]
fn an_entry_is_the_documented_line() {
    let body = r#"{"memo":"two words"}"#;
    let bytes = encode(&origin(), 7, &empty_root(), body).unwrap();
    assert_eq!(str::from_utf8(&bytes), Ok(LINE));
    let origin = origin();
    let entry = Entry { origin: origin.as_str(), index: 7, prev: empty_root(), body };
    assert_eq!(decode(&bytes), Ok(entry));
}

#[test]
fn the_first_entry_has_the_all_zero_prev() {
    let bytes = encode(&origin(), 0, &Hash::ZERO, "{}").unwrap();
    let zero = "A".repeat(43) + "=";
    assert_eq!(bytes, format!("e1 books.example.com/t/01k2v9 0 {zero} {{}}").into_bytes());
}

#[test]
fn anything_but_the_documented_line_is_refused() {
    type Check = fn(&EntryError) -> bool;
    let table: [(String, Check); 21] = [
        (String::new(), |e| matches!(e, EntryError::UnknownVersion)),
        (LINE.replace("e1", "e2"), |e| matches!(e, EntryError::UnknownVersion)),
        (LINE.replace("e1", "E1"), |e| matches!(e, EntryError::UnknownVersion)),
        (format!(" {LINE}"), |e| matches!(e, EntryError::UnknownVersion)),
        ("e1".to_owned(), |e| matches!(e, EntryError::MissingField { name: "origin" })),
        ("e1 o".to_owned(), |e| matches!(e, EntryError::MissingField { name: "index" })),
        (LINE[..LINE.len() - 21].to_owned(), |e| {
            matches!(e, EntryError::MissingField { name: "body" })
        }),
        (LINE[..LINE.len() - 20].to_owned(), |e| matches!(e, EntryError::EmptyBody)),
        (LINE.replace("e1 ", "e1  "), |e| {
            matches!(e, EntryError::BadOrigin { source: OriginError::Empty })
        }),
        (LINE.replace("books", "bo\u{a0}oks"), |e| {
            matches!(e, EntryError::BadOrigin { source: OriginError::Forbidden { .. } })
        }),
        (LINE.replace("books", "bo\toks"), |e| matches!(e, EntryError::BadOrigin { .. })),
        (LINE.replace(" 7 ", " 07 "), |e| matches!(e, EntryError::BadIndex)),
        (LINE.replace(" 7 ", " +7 "), |e| matches!(e, EntryError::BadIndex)),
        (LINE.replace(" 7 ", "  "), |e| matches!(e, EntryError::BadIndex)),
        (LINE.replace(" 7 ", " 9223372036854775807 "), |e| matches!(e, EntryError::BadIndex)),
        (LINE.replace("FU= ", "FU "), |e| matches!(e, EntryError::BadPrev { .. })),
        (LINE.replace("FU= ", "FV= "), |e| matches!(e, EntryError::BadPrev { .. })),
        (LINE.replace("+/", "-_"), |e| matches!(e, EntryError::BadPrev { .. })),
        (format!("{LINE}\n"), |e| matches!(e, EntryError::ControlInBody { offset: 20 })),
        (LINE.replace("two words", "two\nwords"), |e| {
            matches!(e, EntryError::ControlInBody { offset: 12 })
        }),
        (format!("{LINE}{}", "x".repeat(ENTRY_BYTES_MAX)), |e| {
            matches!(e, EntryError::TooLong { .. })
        }),
    ];
    assert!(decode(LINE.as_bytes()).is_ok());
    for (line, is_expected) in table {
        let error = decode(line.as_bytes()).unwrap_err();
        assert!(is_expected(&error), "{line:.90}: {error:?}");
    }
    let mut damaged = LINE.as_bytes().to_vec();
    damaged[90] = 0xff;
    assert_eq!(decode(&damaged), Err(EntryError::NotText { offset: 90 }));
}

#[test]
fn an_entry_fits_up_to_the_last_byte() {
    let empty = encode(&origin(), 7, &Hash::ZERO, "x").unwrap().len() - 1;
    let longest = "x".repeat(ENTRY_BYTES_MAX - empty);
    let bytes = encode(&origin(), 7, &Hash::ZERO, &longest).unwrap();
    assert_eq!(bytes.len(), ENTRY_BYTES_MAX);
    assert!(decode(&bytes).is_ok());
    let result = encode(&origin(), 7, &Hash::ZERO, &(longest + "x"));
    assert_eq!(result, Err(EntryError::TooLong { len: ENTRY_BYTES_MAX + 1 }));
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let write = |index, body| encode(&origin(), index, &Hash::ZERO, body);
    assert_eq!(write(0, ""), Err(EntryError::EmptyBody));
    assert_eq!(write(0, "{}\n"), Err(EntryError::ControlInBody { offset: 2 }));
    assert_eq!(write(0, "{\r}"), Err(EntryError::ControlInBody { offset: 1 }));
    assert_eq!(write(SIZE_MAX, "{}"), Err(EntryError::BadIndex));
    assert!(write(SIZE_MAX - 1, "{}").is_ok());
    for (name, fits) in [
        ("o".repeat(ORIGIN_BYTES_MAX), true),
        ("o".repeat(ORIGIN_BYTES_MAX + 1), false),
        (String::new(), false),
        ("two words".to_owned(), false),
        ("line\u{2028}end".to_owned(), false),
        ("delete\u{7f}".to_owned(), false),
        ("a+b".to_owned(), false),
        ("b\u{fc}cher.example/t/1".to_owned(), true),
    ] {
        assert_eq!(Origin::new(name.clone()).is_ok(), fits, "{name:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn fields_survive_the_line(name in "[a-z./0-9\u{e9}]{1,40}", index in 0..SIZE_MAX, prev in any::<[u8; 32]>(), body in "[^\\x00-\\x1f]{1,200}") {
        let origin = Origin::new(name).unwrap();
        let bytes = encode(&origin, index, &Hash(prev), &body).unwrap();
        let entry = Entry { origin: origin.as_str(), index, prev: Hash(prev), body: &body };
        prop_assert_eq!(decode(&bytes), Ok(entry));
    }

    #[test]
    fn a_damaged_line_is_refused_or_is_the_one_text_of_other_fields(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = LINE.as_bytes().to_vec();
        bytes[at.index(LINE.len())] = byte;
        for bytes in [&bytes[..], &bytes[..cut.index(LINE.len())]] {
            if let Ok(entry) = decode(bytes) {
                let origin = Origin::new(entry.origin).unwrap();
                let again = encode(&origin, entry.index, &entry.prev, entry.body).unwrap();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
