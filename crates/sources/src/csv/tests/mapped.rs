//! What sound rows become.

use super::super::{Mapping, MappingError};
use super::{HEADER, adjustment, fact, mapping_with, order, read, rows, shown};
use kernel::{BusinessDate, Currency, Decimal, EventTime, LineKind, SubjectKind, Timestamp};

#[test]
fn rows_of_a_group_are_one_order() {
    let (records, totals) = rows(
        "536365,2010-12-01 08:26:00,85123A,\"HEART, WHITE\",6,2.55,17850,Norway\n\
         536365,2010-12-01 08:26:00,POST,POSTAGE,1,-0.125,17850,Norway\n",
    );
    assert_eq!(shown(&records), ["2-3 csv:t/order/536365 15.17 GBP"]);
    let fact = fact(&records[0]);
    let at = Timestamp::parse("2010-12-01T08:26:00Z").unwrap();
    assert_eq!((fact.subject.kind, fact.version), (SubjectKind::Sale, 0));
    assert_eq!((fact.key.as_str(), fact.occurred_at), ("csv:t/order/536365", EventTime(at)));
    assert_eq!(fact.source.as_str(), "csv:t");
    let order = order(&records[0]);
    assert_eq!((order.number.as_str(), order.channel.as_str()), ("536365", "Norway"));
    assert_eq!(order.business_date, "2010-12-01".parse::<BusinessDate>().unwrap());
    assert_eq!(order.customer.as_ref().unwrap().name, "17850");
    assert!(!order.paid_at_checkout && !order.credit && !order.test && !order.draft);
    let [heart, post] = order.lines.as_slice() else { panic!("{order:?}") };
    assert_eq!((heart.id.as_str(), heart.title.as_str()), ("1", "HEART, WHITE"));
    assert_eq!((heart.quantity, heart.gross_minor), (Decimal::from(6), 1530));
    // Half a penny is rounded away from zero, on both sides of it.
    assert_eq!((post.id.as_str(), post.gross_minor, post.kind), ("2", -13, LineKind::Goods));
    let pounds = &totals.amounts[&Currency::GBP];
    assert_eq!((pounds.exact().to_string(), pounds.booked_minor), ("15.175".to_owned(), 1517));
    assert_eq!((pounds.residue().to_string(), pounds.lines_rounded), ("0.005".to_owned(), 1));
    assert!(kernel::validate::order(order).is_empty());
}

#[test]
fn credits_stay_negative_and_adjustments_are_their_own_kind() {
    let (records, totals) = rows(
        "C1,2026-01-02 10:00,a,A,-2,1.50,7,\n\
         A1,2026-01-02 11:00,B,Adjust bad debt,1,-11062.06,,United Kingdom\n\
         A1,2026-01-02 11:00,B,Adjust bad debt,1,0.06,,United Kingdom\n\
         A1,2026-01-02 11:00,X,,1,0,,United Kingdom\n",
    );
    let expected = ["2-2 csv:t/order/C1 -3.00 GBP", "3-5 csv:t/adjustment/A1 -11062.00 GBP"];
    assert_eq!(shown(&records), expected);
    let credit = order(&records[0]);
    assert!(credit.credit && credit.lines[0].quantity == Decimal::from(-2));
    assert_eq!((credit.channel.as_str(), credit.lines[0].gross_minor), ("default", -300));
    assert!(kernel::validate::order(credit).is_empty());
    let found = adjustment(&records[1]);
    assert_eq!(found.reason, "Adjust bad debt; X");
    assert_eq!((found.adjustment_id.as_str(), found.amount_minor), ("A1", -1_106_200));
    assert_eq!(fact(&records[1]).subject.kind, SubjectKind::Adjustment);
    assert_eq!((totals.credits, totals.adjustments, totals.orders), (1, 1, 0));
}

#[test]
fn the_longest_prefix_decides_and_sku_decides_the_line_kind() {
    let tables = "[line_kinds]\nPOST = \"shipping\"\nG10 = \"gift_card\"";
    let mapping = mapping_with("currency = \"GBP\"", tables);
    let text = format!(
        "{HEADER}1,2026-01-02,POST,P,1,1,,\n1,2026-01-02,G10,G,1,1,,\n1,2026-01-02,post,p,1,1,,\n"
    );
    let (records, _) = read(&mapping, text.as_bytes());
    let kinds: Vec<_> = order(&records[0]).lines.iter().map(|l| l.kind).collect();
    assert_eq!(kinds, [LineKind::Shipping, LineKind::GiftCard, LineKind::Goods]);
    let text = mapping_text("prefixes = { C = \"credit\", CO = \"order\" }");
    let mapping = Mapping::parse(&text).unwrap();
    let text = format!("{HEADER}CO1,2026-01-02,a,A,1,1,,\nC1,2026-01-02,a,A,-1,1,,\n");
    let (records, _) = read(&mapping, text.as_bytes());
    assert_eq!((order(&records[0]).credit, order(&records[1]).credit), (false, true));
}

fn mapping_text(kinds: &str) -> String {
    format!(
        "source = \"csv:t\"\nzone = \"UTC\"\ncurrency = \"GBP\"\nsettlement = \"paid\"\n\
         group_by = \"no\"\n[columns]\nplaced_at = \"at\"\nquantity = \"qty\"\n\
         unit_price = \"price\"\n[kind]\ncolumn = \"no\"\n{kinds}\n"
    )
}

#[test]
fn paid_orders_without_optional_columns() {
    let mapping = Mapping::parse(&mapping_text("prefixes = { C = \"credit\" }")).unwrap();
    assert_eq!(mapping.name().as_str(), "csv:t");
    let (records, _) = read(&mapping, "at,no,qty,price\n2026-01-02,1,1,1\n".as_bytes());
    let order = order(&records[0]);
    assert!(order.paid_at_checkout && order.customer.is_none());
    assert_eq!((order.lines[0].sku.as_str(), order.channel.as_str()), ("", "default"));
}

#[test]
fn the_earliest_moment_of_a_group_counts() {
    let (records, _) = rows(
        "1,2026-01-02 10:01,a,A,1,1,,\n1,2026-01-02 10:00,a,A,1,1,,\n1,2026-01-02 10:02,a,A,1,1,,\n",
    );
    let at = Timestamp::parse("2026-01-02T10:00:00Z").unwrap();
    assert_eq!(order(&records[0]).placed_at, at);
}

#[test]
fn moments_are_read_in_the_declared_pattern_and_zone() {
    let table = [
        ("iso", "2026-07-01 00:30:00", Some("2026-06-30T23:30:00Z")),
        ("iso", "2026-07-01", Some("2026-06-30T23:00:00Z")),
        ("iso", "2026-07-01T00:30:00-05:00", Some("2026-07-01T05:30:00Z")),
        ("iso", "2026-07-01T00:30:00Z", Some("2026-07-01T00:30:00Z")),
        // The hour that does not exist on the night of the change: an hour later.
        ("iso", "2026-03-29 01:30:00", Some("2026-03-29T01:30:00Z")),
        ("iso", "2026-07-01T00:30:00[Asia/Tokyo]", None),
        ("iso", "01/07/2026", None),
        ("iso", "2026-02-30", None),
        ("iso", "", None),
        ("%d/%m/%Y %H:%M", "12/1/2010 8:26", Some("2010-01-12T08:26:00Z")),
        ("%m/%d/%y %I:%M %p", "7/4/26 1:05 PM", Some("2026-07-04T12:05:00Z")),
        ("%d.%m.%Y", "01.07.2026", Some("2026-06-30T23:00:00Z")),
        ("%Y-%m-%d %H:%M %z", "2026-07-01 00:30 +0200", Some("2026-06-30T22:30:00Z")),
        ("%d.%m.%Y", "2026-07-01", None),
    ];
    for (format, text, expected) in table {
        let top = format!("currency = \"GBP\"\nplaced_at_format = \"{format}\"");
        let rows = format!("{HEADER}1,{text},a,A,1,1,,\n");
        let (records, _) = read(&mapping_with(&top, ""), rows.as_bytes());
        let found = records[0].normalised.facts.first().map(|f| f.occurred_at.0);
        let expected = expected.map(|e| Timestamp::parse(e).unwrap());
        assert_eq!(found, expected, "{format} {text}");
    }
}

#[test]
fn a_declared_suffix_is_taken_off_customers() {
    let top = "currency = \"GBP\"\ncustomer_id_strip_suffix = \".0\"";
    let text = format!("{HEADER}1,2026-01-02,a,A,1,1,17850.0,\n2,2026-01-02,a,A,1,1, ,\n");
    let (records, _) = read(&mapping_with(top, ""), text.as_bytes());
    assert_eq!(order(&records[0]).customer.as_ref().unwrap().id, "17850");
    assert_eq!(order(&records[1]).customer, None);
}

#[test]
fn currencies_may_come_from_a_column() {
    let mapping = mapping_with("", "currency = \"land\"");
    let text = format!("{HEADER}1,2026-01-02,a,A,1,1.005,,JPY\n2,2026-01-02,a,A,1,1.005,,kwd\n");
    let (records, totals) = read(&mapping, text.as_bytes());
    let expected = ["2-2 csv:t/order/1 1 JPY", "3-3 csv:t/order/2 1.005 KWD"];
    assert_eq!(shown(&records), expected);
    let residues: Vec<_> = totals.amounts.values().map(|a| a.residue().to_string()).collect();
    assert_eq!(residues, ["0.005", "0"]);
}

#[test]
fn ndjson_takes_numbers_by_their_digits() {
    let mapping = mapping_with("currency = \"GBP\"\nformat = \"ndjson\"", "");
    let text = "{\"no\":7,\"at\":\"2026-01-02\",\"qty\":3,\"price\":0.1,\"text\":\"a\\nb\"}\n\n\
                {\"price\":\"1e1\",\"no\":\"7\",\"at\":\"2026-01-02\",\"qty\":1,\"who\":null}\n";
    let (records, totals) = read(&mapping, text.as_bytes());
    assert_eq!(shown(&records), ["1-3 csv:t/order/7 10.30 GBP"]);
    assert_eq!(order(&records[0]).lines[0].title, "a\nb");
    assert_eq!(totals.lines, 2);
}

#[test]
fn a_mapping_that_cannot_work_is_refused_with_its_key() {
    let good = mapping_text("prefixes = { C = \"credit\" }");
    let table = [
        ("zone = \"UTC\"", "zone = \"Europe/Londn\"", "Europe/Londn"),
        ("currency = \"GBP\"", "currency = \"XXQ\"", "XXQ"),
        ("currency = \"GBP\"", "", "neither"),
        ("unit_price", "currency = \"c\"\nunit_price", "both"),
        ("settlement = \"paid\"", "settlement = \"cash\"", "cash"),
        ("settlement = \"paid\"", "", "settlement"),
        ("source = \"csv:t\"", "source = \"a/b\"", "source"),
        ("zone =", "format = \"xml\"\nzone =", "xml"),
        ("zone =", "delimiter = \"::\"\nzone =", "delimiter"),
        ("zone =", "delimiter = \"\\\"\"\nzone =", "delimiter"),
        ("zone =", "format = \"ndjson\"\nencoding = \"latin1\"\nzone =", "encoding"),
        ("zone =", "encoding = \"utf-16\"\nzone =", "utf-16"),
        ("zone =", "group_window = 0\nzone =", "group_window"),
        ("zone =", "group_window = 65\nzone =", "group_window"),
        ("zone =", "placed_at_format = \"%H:%M\"\nzone =", "placed_at_format"),
        ("zone =", "placed_at_format = \"%Q\"\nzone =", "placed_at_format"),
        ("zone =", "tax = 1\nzone =", "tax"),
        ("C = \"credit\"", "C = \"refund\"", "refund"),
        ("C = \"credit\"", "\"\" = \"credit\"", "prefix"),
        ("[kind]", "[limits]\nline_bytes = 1\n[kind]", "line_bytes"),
        ("[kind]", "[limits]\ngroup_lines = 10001\n[kind]", "group_lines"),
        ("[kind]", "[limits]\ngroup_bytes = 5\n[kind]", "group_bytes"),
        ("[kind]", "[limits]\ngroups = 0\n[kind]", "groups"),
        ("[kind]", "[line_kinds]\na = \"goodies\"\n[kind]", "goodies"),
    ];
    for (from, to, named) in table {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let error: MappingError = Mapping::parse(&text).unwrap_err();
        assert!(error.to_string().contains(named), "{to}: {error}");
    }
    assert!(Mapping::parse(&good).is_ok());
}
