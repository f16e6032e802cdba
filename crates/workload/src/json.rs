//! JSON by hand: a month is mostly text, and the text is mostly the same.

use crate::plan::World;

/// A JSON text being written.
pub struct Json<'w> {
    pub text: String,
    pub world: &'w World,
}

impl<'w> Json<'w> {
    pub fn new(world: &'w World, capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), world }
    }

    /// Text as it stands.
    pub fn put(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A number.
    pub fn int(&mut self, n: u64) -> &mut Self {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = n;
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.put(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"))
    }

    /// A number with its sign.
    pub fn signed(&mut self, n: i64) -> &mut Self {
        if n < 0 {
            self.text.push('-');
        }
        self.int(n.unsigned_abs())
    }

    /// A number of at least `width` digits.
    pub fn padded(&mut self, n: u64, width: u32) -> &mut Self {
        let mut limit = 10_u64.pow(width.saturating_sub(1));
        while n < limit && limit > 1 {
            self.text.push('0');
            limit /= 10;
        }
        self.int(n)
    }

    /// Minor units as a decimal of major units, without quotes.
    pub fn decimal(&mut self, minor: i64) -> &mut Self {
        if minor < 0 {
            self.text.push('-');
        }
        let (minor, exponent) = (minor.unsigned_abs(), self.world.exponent);
        let unit = 10_u64.pow(exponent);
        self.int(minor / unit);
        if exponent > 0 {
            self.put(".").padded(minor % unit, exponent);
        }
        self
    }

    /// `"10.50"`.
    pub fn money(&mut self, minor: i64) -> &mut Self {
        self.put("\"").decimal(minor).put("\"")
    }

    /// Shop and presentment money, which are the same here.
    pub fn set(&mut self, minor: i64) -> &mut Self {
        self.put("{\"shop_money\":").side(minor).put(",\"presentment_money\":").side(minor);
        self.put("}")
    }

    fn side(&mut self, minor: i64) -> &mut Self {
        let currency = self.world.shape.currency;
        self.put("{\"amount\":").money(minor);
        self.put(",\"currency_code\":\"").put(currency.code()).put("\"}")
    }

    /// `"name":"10.50","name_set":{…},`.
    pub fn both(&mut self, name: &str, minor: i64) -> &mut Self {
        self.put("\"").put(name).put("\":").money(minor);
        self.put(",\"").put(name).put("_set\":").set(minor).put(",")
    }

    /// A moment on the shop's clock, in quotes.
    pub fn time(&mut self, at: i64) -> &mut Self {
        self.text.push('"');
        self.world.calendar.write(at, &mut self.text);
        self.put("\"")
    }

    /// A rate in parts per million as a JSON number: `0.0625`.
    pub fn rate(&mut self, parts: i64) -> &mut Self {
        let parts = parts.unsigned_abs();
        self.int(parts / 1_000_000);
        let mut rest = parts % 1_000_000;
        if rest > 0 {
            self.put(".");
            let mut unit = 100_000;
            while rest > 0 {
                self.int(rest / unit);
                rest %= unit;
                unit /= 10;
            }
        }
        self
    }

    /// True or false.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.put(if value { "true" } else { "false" })
    }

    /// Sixteen hexadecimal digits.
    pub fn hex(&mut self, number: u64) -> &mut Self {
        for shift in (0..16).rev() {
            let digit = u32::try_from(number >> (shift * 4) & 15).unwrap_or(0);
            self.text.push(char::from_digit(digit, 16).unwrap_or('0'));
        }
        self
    }

    /// Writes what stands between elements.
    pub fn comma(&mut self, n: usize) -> &mut Self {
        if n > 0 { self.put(",") } else { self }
    }
}
