//! A plain PDF of a form: one page of text, made of the object the API would show.

use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj, array};
use crate::kind::TxnKind;
use crate::schema;
use crate::txn;

/// Lines that fit on the page.
const LINES: usize = 50;

/// The page of a form; other transactions have none.
pub(crate) fn of(books: &Books, kind: TxnKind, id: u32) -> Result<Vec<u8>> {
    if !schema::txn(kind).knows("PrintStatus") && kind != TxnKind::Payment {
        return Err(Fault::unsupported("pdf"));
    }
    let txn = books.txn(id).filter(|t| t.kind == kind).ok_or_else(Fault::not_found)?;
    let mut json = Json::default();
    txn::write::write(&mut json, books, txn);
    let mut lines = vec![books.prefs.company_name.clone(), String::new()];
    if let Ok(object) = Obj::parse(&json.out) {
        lines.extend(words(kind, &object));
    }
    lines.truncate(LINES);
    Ok(page(&lines))
}

fn words(kind: TxnKind, object: &Obj<'_>) -> Vec<String> {
    let text = |object: &Obj<'_>, name: &str| object.text(name).unwrap_or_default().into_owned();
    let named = |object: &Obj<'_>, name: &str| {
        object.object(name).map(|inner| text(&inner, "name")).unwrap_or_default()
    };
    let mut lines = vec![format!("{} {}", kind.name(), text(object, "DocNumber"))];
    for (title, value) in [
        ("Date", text(object, "TxnDate")),
        ("Due", text(object, "DueDate")),
        ("Customer", named(object, "CustomerRef")),
        ("Vendor", named(object, "VendorRef")),
    ] {
        if !value.is_empty() {
            lines.push(format!("{title}: {value}"));
        }
    }
    lines.push(String::new());
    for raw in object.get("Line").and_then(array).unwrap_or_default() {
        let Ok(line) = Obj::parse(raw.get()) else { continue };
        let detail = line.object("SalesItemLineDetail").unwrap_or_default();
        let parts = [named(&detail, "ItemRef"), text(&line, "Description"), text(&line, "Amount")];
        lines.push(parts.join("  "));
    }
    lines.push(String::new());
    lines.push(format!("Total: {}", text(object, "TotalAmt")));
    lines
}

/// A PDF of one page with these lines.
fn page(lines: &[String]) -> Vec<u8> {
    let mut content = b"BT /F1 11 Tf 50 790 Td 14 TL\n".to_vec();
    for line in lines {
        content.push(b'(');
        for c in line.chars() {
            // The standard font knows Latin-1.
            match u8::try_from(u32::from(c)).unwrap_or(b'?') {
                byte @ (b'(' | b')' | b'\\') => content.extend([b'\\', byte]),
                byte if byte < b' ' => content.push(b' '),
                byte => content.push(byte),
            }
        }
        content.extend(b") Tj T*\n");
    }
    content.extend(b"ET");
    let stream = |content: &[u8]| {
        let head = format!("<< /Length {} >>\nstream\n", content.len());
        [head.as_bytes(), content, b"\nendstream"].concat()
    };
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        stream(&content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", n + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    let trailer = format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    out.extend(trailer.bytes());
    out
}
