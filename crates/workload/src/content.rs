//! What an order consists of, in minor units: lines, discounts, taxes, shipping, tip, tenders.

use crate::catalogue::{PRODUCTS, Place, Product, Rate, TAXES_MAX, place};
use crate::draw::{Salt, scale};
use crate::plan::{Course, Gateway, Plan, World};
use kernel::Money;

/// What a line sells.
#[derive(Clone, Copy)]
pub enum Ware {
    Product(Product),
    GiftCard,
}

/// One line of an order.
pub struct Line {
    pub ware: Ware,
    pub quantity: i64,
    pub price: i64,
    pub gross: i64,
    pub discount: i64,
    /// In the order of the place's rates; all zero on gift cards.
    pub taxes: [i64; TAXES_MAX],
}

impl Line {
    pub const fn net(&self) -> i64 {
        self.gross - self.discount
    }
    pub fn tax(&self) -> i64 {
        self.taxes.iter().sum()
    }
    pub const fn is_taxed(&self) -> bool {
        matches!(self.ware, Ware::Product(_))
    }
}

/// A discount code.
#[derive(Clone, Copy)]
pub struct Code {
    pub name: &'static str,
    /// Hundredths of a percent, or 0 for a fixed amount.
    pub basis_points: i64,
    /// Hundredths of a major unit of a fixed amount.
    pub fixed: i64,
}

const CODES: [Code; 3] = [
    Code { name: "WELCOME10", basis_points: 1_000, fixed: 0 },
    Code { name: "SEASON15", basis_points: 1_500, fixed: 0 },
    Code { name: "TAKE5", basis_points: 0, fixed: 500 },
];
const FREE: Code = Code { name: "SAMPLE100", basis_points: 10_000, fixed: 0 };
/// Shipping costs nothing from this value of goods on, hundredths of a major unit.
const FREE_SHIPPING_FROM: i64 = 9_000;

/// Money taken by one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tender {
    pub gateway: Gateway,
    pub amount: i64,
}

/// An order with its amounts.
pub struct Content {
    pub place: &'static Place,
    pub lines: Vec<Line>,
    pub code: Option<Code>,
    pub discount: i64,
    /// Index of the shipping method, and its price.
    pub shipping_method: usize,
    pub shipping: i64,
    pub shipping_taxes: [i64; TAXES_MAX],
    pub tip: i64,
    /// Lines after discounts.
    pub subtotal: i64,
    pub tax: i64,
    /// What the shop says it comes to; on unfooting orders not what it does come to.
    pub stated: i64,
    pub is_included: bool,
    /// The tax is not handed on: it is no part of what the order comes to.
    pub is_withheld: bool,
}

impl Content {
    /// The order in its last version.
    pub fn of(world: &World, plan: &Plan) -> Self {
        Self::version(world, plan, false)
    }

    /// The order as announced (`is_first`) or as edited.
    pub fn version(world: &World, plan: &Plan, is_first: bool) -> Self {
        let (draws, features) = (plan.draws, &world.shape.features);
        let is_free = plan.course == Course::Free;
        let many = draws.chance(Salt::ManyTaxes, features.multiple_taxes_per_mille);
        let place = place(world.shape.currency, draws, many);
        let mut lines = lines(world, plan, is_first && plan.is_edited);
        let goods: i64 = lines.iter().filter(|l| l.is_taxed()).map(|l| l.gross).sum();
        let code = if is_free {
            Some(FREE)
        } else if draws.chance(Salt::Discount, features.discounts_per_mille) {
            Some(draws.pick(Salt::DiscountCode, &CODES))
        } else {
            None
        };
        let discount = code.map_or(0, |c| spread(world, c, goods, &mut lines));
        let (shipping_method, shipping) = shipping(world, plan, goods - discount, is_free);
        let rates = if world.shape.order_system.tells_taxes() { place.rates } else { &[] };
        let is_included = features.taxes_included && world.shape.order_system.tells_tax_inside();
        for line in &mut lines {
            if line.is_taxed() {
                line.taxes = taxes(line.gross - line.discount, rates, is_included);
            }
        }
        let shipping_rates = if place.is_shipping_taxed { rates } else { &[] };
        let shipping_taxes = taxes(shipping, shipping_rates, is_included);
        let has_tip = !is_free && world.shape.order_system.has_extras();
        let tip = if has_tip && draws.chance(Salt::Tip, features.tips_per_mille) {
            draws.pick(Salt::TipAmount, &[200, 300, 500]) * world.hundredth
        } else {
            0
        };
        let subtotal: i64 = lines.iter().map(Line::net).sum();
        let tax = lines.iter().map(Line::tax).sum::<i64>() + shipping_taxes.iter().sum::<i64>();
        let is_withheld = world.shape.order_system.withholds_tax(world.shape.currency);
        let total = subtotal + shipping + tip + if is_included || is_withheld { 0 } else { tax };
        // What the total comes to is the same then.
        let is_included = is_included && (tax > 0 || !world.shape.order_system.infers_tax_inside());
        let off = match plan.course {
            // What a file states is what its rows come to.
            Course::Unfooting if !world.shape.order_system.is_file() => {
                let least = 1 + world.shape.order_system.rounding();
                least + i64::try_from(draws.below(Salt::Unfooting, 99)).unwrap_or(0)
            }
            _ => 0,
        };
        Self {
            place,
            lines,
            code,
            discount,
            shipping_method,
            shipping,
            shipping_taxes,
            tip,
            subtotal,
            tax,
            stated: total + off,
            is_included,
            is_withheld,
        }
    }

    /// The rates on shipping.
    pub const fn shipping_rates(&self) -> &'static [Rate] {
        if self.place.is_shipping_taxed { self.place.rates } else { &[] }
    }

    /// What pays, or is reserved to pay, the order: one or two tenders, none for nothing, nor for what
    /// is sold on account.
    pub fn tenders(&self, world: &World, plan: &Plan) -> Vec<Tender> {
        if world.shape.order_system.is_file() {
            return Vec::new();
        }
        let tender = |gateway, amount| Tender { gateway, amount };
        let whole = self.stated;
        let tenders = match plan.course {
            Course::Free => Vec::new(),
            Course::GiftCard => {
                let worth = plan.draws.pick(Salt::CardValue, &[2_500, 5_000, 10_000]);
                let card = whole.min(worth * world.hundredth);
                vec![tender(Gateway::GiftCard, card), tender(Gateway::Processor, whole - card)]
            }
            Course::Split if world.shape.order_system.splits() => {
                vec![
                    tender(Gateway::Other, whole / 3),
                    tender(Gateway::Processor, whole - whole / 3),
                ]
            }
            _ => vec![tender(plan.gateway(world), whole)],
        };
        tenders.into_iter().filter(|t| t.amount > 0).collect()
    }
}

fn lines(world: &World, plan: &Plan, has_one_more: bool) -> Vec<Line> {
    let draws = plan.draws;
    // One to five lines, small orders most often.
    let most = 1 + scale(draws.nth(Salt::Lines, 1), 5);
    let count = 1 + draws.below(Salt::Lines, most);
    let mut lines = Vec::with_capacity(6);
    for n in 0..count {
        let product = Product::of(scale(draws.nth(Salt::Product, n), PRODUCTS));
        let pieces = scale(draws.nth(Salt::Quantity, n), 10);
        let extra = i64::from(has_one_more && n == 0);
        let quantity = extra + if pieces < 7 { 1 } else { i64::try_from(pieces).unwrap_or(7) - 5 };
        let price = product.price * world.hundredth;
        lines.push(line(Ware::Product(product), quantity, price));
    }
    let sells_card = matches!(plan.course, Course::Paid | Course::Unfooting | Course::Test)
        && world.shape.order_system.has_extras()
        && draws.chance(Salt::GiftLine, world.shape.features.gift_cards_sold_per_mille);
    if sells_card {
        let worth = draws.pick(Salt::GiftAmount, &[2_500, 5_000, 10_000]) * world.hundredth;
        lines.push(line(Ware::GiftCard, 1, worth));
    }
    lines
}

const fn line(ware: Ware, quantity: i64, price: i64) -> Line {
    let gross = quantity * price;
    Line { ware, quantity, price, gross, discount: 0, taxes: [0; TAXES_MAX] }
}

/// Takes the code off the goods, largest remainder first, and says how much that is.
fn spread(world: &World, code: Code, goods: i64, lines: &mut [Line]) -> i64 {
    let amount = match code.basis_points {
        0 => goods.min(code.fixed * world.hundredth),
        share => half_up(goods * share, 10_000),
    };
    let weights: Vec<i64> = lines.iter().map(|l| if l.is_taxed() { l.gross } else { 0 }).collect();
    let shares = Money::new(amount, world.shape.currency).allocate(&weights);
    for (line, share) in lines.iter_mut().zip(shares) {
        line.discount = share.minor;
    }
    amount
}

/// Titles of the shipping methods, with their prices in hundredths of a major unit.
pub const SHIPPING: [(&str, i64); 4] =
    [("Free Shipping", 0), ("Economy", 499), ("Standard", 799), ("Express", 1_299)];

fn shipping(world: &World, plan: &Plan, goods: i64, is_free: bool) -> (usize, i64) {
    let method = 1 + usize::try_from(plan.draws.below(Salt::Shipping, 3)).unwrap_or(0);
    let method = if is_free || goods >= FREE_SHIPPING_FROM * world.hundredth { 0 } else { method };
    (method, SHIPPING[method].1 * world.hundredth)
}

/// The taxes on `net`, each rounded by itself.
fn taxes(net: i64, rates: &[Rate], is_included: bool) -> [i64; TAXES_MAX] {
    let inside: i64 = if is_included { rates.iter().map(|r| r.1).sum() } else { 0 };
    let mut taxes = [0; TAXES_MAX];
    for (tax, (_, rate)) in taxes.iter_mut().zip(rates) {
        *tax = half_up(net * rate, 1_000_000 + inside);
    }
    taxes
}

/// `a / b` rounded half up; both positive.
pub const fn half_up(a: i64, b: i64) -> i64 {
    (a * 2 + b) / (b * 2)
}
