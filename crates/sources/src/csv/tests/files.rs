//! Whole files: packing, encodings, headers, breaks.

use super::super::{ImportError, Mapping, open};
use super::{Failing, HEADER, detail, mapping, mapping_with, order, read, refused, shown};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

const ROWS: &str = "1,2026-01-02,a,A,1,1,,\n2,2026-01-02,a,A,1,2,,\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn gzip_of_several_members_is_one_file() {
    let whole = format!("{HEADER}{ROWS}");
    let (plain, totals) = read(&mapping(), whole.as_bytes());
    // Cut in the middle of a row: members know nothing of lines.
    let (head, tail) = whole.as_bytes().split_at(HEADER.len() + 7);
    let packed = [gzip(head), gzip(tail)].concat();
    assert_eq!(read(&mapping(), packed.as_slice()), (plain, totals));
}

/// Many orders of one line each, large enough for several blocks.
fn many() -> String {
    let mut text = HEADER.to_owned();
    for n in 0_u32..20_000 {
        writeln!(text, "{n},2026-01-02,sku{},T{n},1,2,,", n.wrapping_mul(2_654_435_761)).unwrap();
    }
    text
}

#[test]
fn a_truncated_gzip_gives_what_was_whole_and_says_where_it_broke() {
    let packed = gzip(many().as_bytes());
    let cut = &packed[..packed.len() / 2];
    let (records, totals) = read(&mapping(), cut);
    let (last, whole) = records.split_last().unwrap();
    assert!(whole.len() > 1000 && whole.iter().all(|r| r.normalised.faults.is_empty()));
    let fault = &last.normalised.faults[0];
    let broken = totals.incomplete.as_ref().unwrap();
    assert_eq!((fault.code.code(), fault.amount), ("SRC-007", None));
    assert!(fault.detail.contains(&format!("byte {}", broken.byte)), "{}", fault.detail);
    // The last order may have lost rows: it is held, and its lines are still in the totals.
    assert_eq!(fault.subject.as_ref().unwrap().key, format!("csv:t/order/{}", whole.len()));
    assert_eq!((totals.groups_held, totals.lines), (1, whole.len() as u64 + 1));
    let read_before = usize::try_from(broken.byte).unwrap();
    assert!(many()[..read_before].lines().count() > whole.len());
}

#[test]
fn a_gzip_with_a_wrong_checksum_is_not_taken_for_whole() {
    let mut packed = gzip(many().as_bytes());
    let crc = packed.len() - 8;
    packed[crc] ^= 1;
    let (records, totals) = read(&mapping(), packed.as_slice());
    assert!(totals.incomplete.is_some());
    assert_eq!(records.iter().filter(|r| !r.normalised.faults.is_empty()).count(), 1);
}

#[test]
fn a_read_error_between_two_orders_holds_the_one_before_it() {
    let text = format!("{HEADER}{ROWS}");
    let (records, totals) = read(&mapping(), Failing(text.as_bytes()));
    let expected = ["2-2 csv:t/order/1 1.00 GBP", "3-3 SRC-007 csv:t/order/2 - at line 3"];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 1).contains("the disk is gone"));
    assert_eq!(totals.incomplete.unwrap().byte, text.len() as u64);
    let (records, _) = read(&mapping(), Failing(HEADER.as_bytes()));
    assert_eq!(shown(&records), ["1-1 SRC-007 - - at line 1"]);
    let error = open(&mapping(), Failing(b"no,at")).err().unwrap();
    assert!(matches!(error, ImportError::Unreadable { at: 5, .. }), "{error}");
}

#[test]
fn half_a_row_before_a_break_is_no_row() {
    let text = format!("{HEADER}1,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,A,10");
    let (records, totals) = read(&mapping(), Failing(text.as_bytes()));
    assert_eq!(shown(&records), ["2-2 SRC-007 csv:t/order/1 - at line 2"]);
    assert_eq!(totals.lines, 1);
    // Without a break the end of the file ends the row.
    let text = format!("{HEADER}1,2026-01-02,a,A,1,1,,");
    assert_eq!(shown(&read(&mapping(), text.as_bytes()).0), ["2-2 csv:t/order/1 1.00 GBP"]);
}

#[test]
fn marks_and_encodings() {
    let text = format!("{HEADER}1,2026-01-02,a,Caf\u{e9} £5,1,1,,\n");
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let plain = read(&mapping(), text.as_bytes());
    assert_eq!(read(&mapping(), marked.as_slice()), plain);
    assert_eq!(read(&mapping(), gzip(&marked).as_slice()), plain);
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let declared = mapping_with("currency = \"GBP\"\nencoding = \"latin1\"", "");
    let (records, _) = read(&declared, latin.as_slice());
    assert_eq!(order(&records[0]).lines[0].title, "Café £5");
    // Undeclared, the same bytes are a fault and never a guess.
    let (records, _) = read(&mapping(), latin.as_slice());
    assert_eq!(shown(&records), ["2-2 SRC-007 csv:t/order/1 1.00 GBP at line 2"]);
    assert!(detail(&records, 0).contains("not UTF-8"));
    assert!(matches!(refused(&declared, &marked), ImportError::Encoding("UTF-8")));
    let wide: Vec<u8> = "\u{feff}no,at".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refused(&mapping(), &wide).to_string().contains("UTF-16 (little endian)"));
    let wide: Vec<u8> = "\u{feff}no,at".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(refused(&mapping(), &wide).to_string().contains("UTF-16 (big endian)"));
}

#[test]
fn the_header_is_checked_against_the_mapping() {
    let error = refused(&mapping(), b"no,at,sku,text,qty,cost,who,land\n");
    let text = error.to_string();
    assert!(text.contains("`price`") && text.contains("no, at, sku, text, qty, cost"), "{text}");
    let error = refused(&mapping(), b"no,at,sku,text,qty,price,who,land,qty\n");
    assert!(matches!(&error, ImportError::DuplicateColumn(name) if name == "qty"), "{error}");
    for empty in [&b""[..], b"\n\n", b"\xef\xbb\xbf"] {
        assert!(matches!(refused(&mapping(), empty), ImportError::Empty));
    }
    assert!(matches!(refused(&mapping(), b"no,\xff\n"), ImportError::Header(_)));
    assert!(matches!(refused(&mapping(), b"no,\"at\n"), ImportError::Header(_)));
    let long = vec![b'x'; 2 << 20];
    assert!(matches!(refused(&mapping(), &long), ImportError::Header(_)));
    // Other columns, another order, quotes and spaces around names do no harm.
    let text = "x,land,\"who\", price,qty,text,sku,at,no\n,,,1,1,,,2026-01-02,1\n";
    assert_eq!(shown(&read(&mapping(), text.as_bytes()).0), ["2-2 csv:t/order/1 1.00 GBP"]);
    assert!(read(&mapping(), HEADER.as_bytes()).0.is_empty());
}

#[test]
fn other_delimiters() {
    for delimiter in [";", "\\t", "|"] {
        let top = format!("currency = \"GBP\"\ndelimiter = \"{delimiter}\"");
        let real = if delimiter == "\\t" { "\t" } else { delimiter };
        let text = format!("{HEADER}1,2026-01-02,a,\"x,y\",1,1,,\n").replace(',', real);
        let mapping: Mapping = mapping_with(&top, "");
        let (records, _) = read(&mapping, text.as_bytes());
        assert_eq!(order(&records[0]).lines[0].title, format!("x{real}y"));
    }
}
