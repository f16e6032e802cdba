//! What the shop sells and where it sends it. All invented.

use crate::draw::{Draws, Salt, mix};
use kernel::Currency;

/// Things the shop sells.
const NOUNS: [&str; 12] = [
    "Mug", "Notebook", "Backpack", "Lamp", "Blanket", "Bottle", "Apron", "Planter", "Candle",
    "Cushion", "Tote", "Tray",
];
const MATERIALS: [&str; 5] = ["Stoneware", "Linen", "Oak", "Recycled", "Enamel"];
const COLOURS: [&str; 4] = ["Ash", "Moss", "Clay", "Ink"];
/// Different products.
pub const PRODUCTS: u64 = 240;

/// One product.
#[derive(Clone, Copy)]
pub struct Product {
    pub id: u64,
    pub noun: &'static str,
    pub material: &'static str,
    pub colour: &'static str,
    /// Hundredths of a major unit; see [`crate::content`] for other currencies.
    pub price: i64,
    pub grams: u64,
}

impl Product {
    /// Product `id` of [`PRODUCTS`].
    pub fn of(id: u64) -> Self {
        let at = |n: u64| usize::try_from(n).expect("a small number");
        let hash = mix(id);
        Self {
            id,
            noun: NOUNS[at(id % 12)],
            material: MATERIALS[at(id / 12 % 5)],
            colour: COLOURS[at(id / 60 % 4)],
            price: i64::try_from(hash % 80 + 5).expect("a small number") * 100 + 99,
            grams: 100 + hash / 80 % 40 * 50,
        }
    }
}

/// One tax: its name and its rate in parts per million.
pub type Rate = (&'static str, i64);

/// Where an order goes.
pub struct Place {
    pub city: &'static str,
    pub province: &'static str,
    pub province_code: &'static str,
    pub zip: &'static str,
    pub country: &'static str,
    pub country_code: &'static str,
    /// Taxes, at most [`TAXES_MAX`].
    pub rates: &'static [Rate],
    pub is_shipping_taxed: bool,
}

/// Most taxes on one line.
pub const TAXES_MAX: usize = 3;

const fn us(
    (city, zip): (&'static str, &'static str),
    (province, province_code): (&'static str, &'static str),
    rates: &'static [Rate],
    is_shipping_taxed: bool,
) -> Place {
    let (country, country_code) = ("United States", "US");
    Place { city, province, province_code, zip, country, country_code, rates, is_shipping_taxed }
}

const ONE_TAX: &[Place] = &[
    us(("Grand Rapids", "49503"), ("Michigan", "MI"), &[("Michigan State Tax", 60_000)], true),
    us(("Baltimore", "21201"), ("Maryland", "MD"), &[("Maryland State Tax", 60_000)], false),
    us(("Hartford", "06103"), ("Connecticut", "CT"), &[("Connecticut State Tax", 63_500)], true),
    us(("Newark", "07102"), ("New Jersey", "NJ"), &[("New Jersey State Tax", 66_250)], true),
    us(("Portland", "97204"), ("Oregon", "OR"), &[], false),
];

const MANY_TAXES: &[Place] = &[
    us(
        ("Austin", "78701"),
        ("Texas", "TX"),
        &[("Texas State Tax", 62_500), ("Austin City Tax", 10_000), ("Capital Metro Tax", 10_000)],
        true,
    ),
    us(
        ("New York", "10001"),
        ("New York", "NY"),
        &[
            ("New York State Tax", 40_000),
            ("New York City Tax", 45_000),
            ("Commuter District Tax", 3_750),
        ],
        true,
    ),
    us(
        ("Los Angeles", "90012"),
        ("California", "CA"),
        &[("California State Tax", 72_500), ("Los Angeles District Tax", 22_500)],
        false,
    ),
    us(
        ("Denver", "80202"),
        ("Colorado", "CO"),
        &[("Colorado State Tax", 29_000), ("Denver City Tax", 51_500)],
        false,
    ),
];

const ABROAD_ONE: &[Place] = &[Place {
    city: "Norwich",
    province: "England",
    province_code: "ENG",
    zip: "NR2 1TF",
    country: "United Kingdom",
    country_code: "GB",
    rates: &[("VAT", 200_000)],
    is_shipping_taxed: true,
}];

const ABROAD_MANY: &[Place] = &[Place {
    city: "Quebec",
    province: "Quebec",
    province_code: "QC",
    zip: "G1R 4P5",
    country: "Canada",
    country_code: "CA",
    rates: &[("GST", 50_000), ("QST", 99_750)],
    is_shipping_taxed: true,
}];

/// Where an order in `currency` goes.
pub fn place(currency: Currency, draws: Draws, has_many_taxes: bool) -> &'static Place {
    let places = match (currency == Currency::USD, has_many_taxes) {
        (true, false) => ONE_TAX,
        (true, true) => MANY_TAXES,
        (false, false) => ABROAD_ONE,
        (false, true) => ABROAD_MANY,
    };
    let n = usize::try_from(draws.below(Salt::Place, places.len() as u64)).expect("an index fits");
    &places[n]
}
