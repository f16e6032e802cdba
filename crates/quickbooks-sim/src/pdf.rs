//! A plain PDF of a document: number, customer, lines, total.

use std::fmt::Write as _;

use crate::books::Books;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::money::cents_text;
use crate::txn::{Detail, GRATUITY, Line, SHIPPING, Txn};

/// Lines of text on one page.
const PAGE_LINES: usize = 50;

/// The pages of a form; other transactions have none.
pub(crate) fn of(books: &Books, kind: TxnKind, id: u32) -> Result<Vec<u8>> {
    let is_form = kind.is_sales_form() || kind == TxnKind::PurchaseOrder;
    if !is_form && kind != TxnKind::Payment {
        return Err(Fault::unsupported("pdf"));
    }
    let txn = books.txn(id).filter(|t| t.kind == kind).ok_or_else(Fault::not_found)?;
    Ok(typeset(&words(books, txn)))
}

/// Columns of one line of text: left, and right-aligned by spaces.
type Row = (String, String);

fn words(books: &Books, txn: &Txn) -> Vec<Row> {
    let left = |text: String| (text, String::new());
    let name = |kind, id| books.list(kind, id).map_or("", |r| r.name.as_ref()).to_owned();
    let mut rows = vec![
        left(books.prefs.company_name.clone()),
        left(String::new()),
        (spaced(txn.kind.name()), txn.date.text()),
    ];
    if !txn.doc.is_empty() {
        rows.push(left(format!("Number {}", txn.doc)));
    }
    if let Some(kind) = books.name_kind(txn.name) {
        rows.push(left(format!("{} {}", kind.name(), name(kind, txn.name))));
    }
    rows.push(left(String::new()));
    for line in &txn.lines {
        rows.push((described(books, line), amount(line)));
    }
    rows.push(left(String::new()));
    if txn.tax != 0 {
        rows.push(("Tax".to_owned(), cents_text(txn.tax)));
    }
    rows.push(("Total".to_owned(), cents_text(txn.total)));
    if txn.kind == TxnKind::Invoice {
        rows.push(("Balance due".to_owned(), cents_text(txn.balance)));
    }
    rows
}

/// `SalesReceipt` as `Sales Receipt`.
fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

fn amount(line: &Line) -> String {
    match line.detail {
        Detail::Text | Detail::Group { .. } => String::new(),
        Detail::Discount { .. } => cents_text(-line.amount),
        _ => cents_text(line.amount),
    }
}

fn described(books: &Books, line: &Line) -> String {
    let item = |id: u32| match id {
        SHIPPING => "Shipping".to_owned(),
        GRATUITY => "Gratuity".to_owned(),
        id => books.list(ListKind::Item, id).map_or_else(String::new, |i| i.name.to_string()),
    };
    let (mut text, quantity, price) = match &line.detail {
        Detail::Sale { item: id, quantity, price, .. }
        | Detail::Expense { item: id, quantity, price, .. } => (item(*id), *quantity, *price),
        Detail::Group { item: id, quantity, .. } => (item(*id), *quantity, None),
        Detail::Discount { .. } => ("Discount".to_owned(), None, None),
        Detail::Applied { kind, txn, .. } => {
            let number = books.txn(*txn).map_or("", |t| t.doc.as_ref());
            (format!("{} {number}", spaced(kind.name())), None, None)
        }
        _ => (String::new(), None, None),
    };
    if !line.description.is_empty() {
        let _ = write!(text, "{}{}", if text.is_empty() { "" } else { ": " }, line.description);
    }
    if let Some(quantity) = quantity {
        let _ = write!(text, "  {quantity}");
    }
    if let Some(price) = price {
        let _ = write!(text, " x {price}");
    }
    text
}

/// A string of the document in WinAnsi; what it lacks becomes a question mark.
fn literal(text: &str) -> Vec<u8> {
    let mut out = vec![b'('];
    for c in text.chars() {
        let byte = u8::try_from(u32::from(c)).unwrap_or(b'?');
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', byte]),
            0..=0x1f | 0x7f..=0x9f => out.push(b' '),
            _ => out.push(byte),
        }
    }
    out.push(b')');
    out
}

fn page(rows: &[Row]) -> Vec<u8> {
    let mut out = b"BT /F1 11 Tf 14 TL 50 780 Td\n".to_vec();
    for (left, right) in rows {
        // The font has one width, so that amounts line up.
        let left: String = left.chars().take(60).collect();
        let text = if right.is_empty() { left } else { format!("{left:<60}{right:>14}") };
        out.extend(literal(&text));
        out.extend(b" Tj T*\n");
    }
    out.extend(b"ET\n");
    out
}

/// Pages of text in one fixed-width font, with the table of objects that readers need.
fn typeset(rows: &[Row]) -> Vec<u8> {
    let pages: Vec<Vec<u8>> = rows.chunks(PAGE_LINES).map(page).collect();
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    for (n, content) in pages.iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R \
                 >> >> /Contents {} 0 R >>",
                5 + 2 * n
            )
            .into_bytes(),
        );
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend(content);
        stream.extend(b"endstream");
        objects.push(stream);
    }
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::new();
    for (number, object) in (1..).zip(&objects) {
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        out.extend(format!("{number} 0 obj\n").into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let (start, count) = (out.len(), objects.len() + 1);
    out.extend(
        format!(
            "xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n\
             startxref\n{start}\n%%EOF\n"
        )
        .into_bytes(),
    );
    out
}
