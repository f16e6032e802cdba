//! An appending JSON writer: commas are placed by looking at the last byte written.

use crate::clock;
use crate::money;
use rust_decimal::Decimal;

/// A JSON text under construction.
#[derive(Debug, Default)]
pub(crate) struct Json {
    /// The text so far.
    pub out: String,
}

impl Json {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    fn comma(&mut self) {
        if self.out.as_bytes().last().is_some_and(|b| !matches!(b, b'{' | b'[' | b':' | b',')) {
            self.out.push(',');
        }
    }

    pub(crate) fn open(&mut self) {
        self.comma();
        self.out.push('{');
    }

    pub(crate) fn close(&mut self) {
        self.out.push('}');
    }

    pub(crate) fn open_array(&mut self) {
        self.comma();
        self.out.push('[');
    }

    pub(crate) fn close_array(&mut self) {
        self.out.push(']');
    }

    /// A property name; names are ours and need no escaping.
    pub(crate) fn key(&mut self, key: &str) {
        self.comma();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    /// Text that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.comma();
        self.out.push_str(json);
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.comma();
        self.out.push('"');
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..=0x1f => "",
                _ => continue,
            };
            self.out.push_str(&text[from..at]);
            if escape.is_empty() {
                let hex = |n: u8| char::from(b"0123456789abcdef"[usize::from(n & 15)]);
                self.out.push_str("\\u00");
                self.out.push(hex(byte >> 4));
                self.out.push(hex(byte));
            } else {
                self.out.push_str(escape);
            }
            from = at + 1;
        }
        self.out.push_str(&text[from..]);
        self.out.push('"');
    }

    pub(crate) fn field(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A property that is left out when empty.
    pub(crate) fn some(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.field(key, text);
        }
    }

    pub(crate) fn field_raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    pub(crate) fn field_bool(&mut self, key: &str, value: bool) {
        self.field_raw(key, if value { "true" } else { "false" });
    }

    pub(crate) fn field_cents(&mut self, key: &str, cents: i64) {
        self.key(key);
        money::write_cents(&mut self.out, cents);
    }

    /// A quantity or rate: no padding (quickbooks.md §2).
    pub(crate) fn field_decimal(&mut self, key: &str, value: Decimal) {
        use std::fmt::Write as _;
        self.key(key);
        let _ = write!(self.out, "{}", value.normalize());
    }

    pub(crate) fn field_number(&mut self, key: &str, value: u64) {
        self.key(key);
        push_number(&mut self.out, value);
    }

    /// A number as a string, the way ids and tokens travel.
    pub(crate) fn field_id(&mut self, key: &str, value: u32) {
        self.key(key);
        self.out.push('"');
        push_number(&mut self.out, u64::from(value));
        self.out.push('"');
    }

    pub(crate) fn field_date(&mut self, key: &str, date: clock::Date) {
        self.key(key);
        self.out.push('"');
        date.write(&mut self.out);
        self.out.push('"');
    }

    pub(crate) fn field_stamp(&mut self, key: &str, utc: i64) {
        self.key(key);
        self.out.push('"');
        clock::write_stamp(&mut self.out, utc);
        self.out.push('"');
    }

    pub(crate) fn field_time(&mut self, key: &str, now_us: i64) {
        self.key(key);
        self.out.push('"');
        clock::write_time(&mut self.out, now_us);
        self.out.push('"');
    }
}

/// Appends a number without going through the formatter.
pub(crate) fn push_number(out: &mut String, value: u64) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut rest = value;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&b| char::from(b)));
}
