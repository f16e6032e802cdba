//! The rows of a file: what an order, a credit note or an adjustment comes to.

use crate::content::{Content, SHIPPING, Ware};
use crate::draw::{Draws, Salt, mix};
use crate::json::Json;
use crate::plan::{Course, Plan, Step, World};
use crate::refund::Refund;
use crate::shape::Shape;
use crate::vendors::OrderSystem;

pub const SHIPPING_CODE: &str = "POST";
pub const TIP_CODE: &str = "TIP";
pub const GIFT_CODE: &str = "GIFT";
pub const DISCOUNT_CODE: &str = "DISC";
/// The usual rules know an adjustment with this text.
const GIVEN_UP: &str = "Adjust bad debt";

/// How a shop's system writes its files.
#[derive(Clone, Copy)]
pub struct Form {
    /// What stands between fields; none where a line is a JSON object.
    pub delimiter: Option<char>,
    /// Whether each row states the currency.
    pub has_currency: bool,
    /// Lines end as on Windows.
    is_crlf: bool,
    /// Orders that are edited are told before that as well.
    pub is_correcting: bool,
}

/// Shops that correct in later files what they told in earlier ones, per mille.
const CORRECTING: u16 = 500;

/// The rows of one document.
pub struct Group {
    pub index: u32,
    /// When it was issued, seconds.
    pub at: i64,
    /// Its number, which its rows are grouped by.
    number: String,
    rows: Vec<Row>,
    /// What it was before it was edited.
    edited: Option<Vec<Row>>,
    /// Something is wrong where it is told first.
    is_spoilt: bool,
}

impl Group {
    /// Whether it was something else before.
    pub const fn is_edited(&self) -> bool {
        self.edited.is_some()
    }
}

struct Row {
    code: String,
    text: String,
    quantity: i64,
    /// Minor units.
    price: i64,
}

/// What is wrong with a row of a damaged group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// The quantity is no number.
    Quantity,
    /// It names another buyer than the rows before it.
    Buyer,
    /// It is cut off.
    Torn,
}

/// The documents that the files tell of an order: itself, its credit note, and that it is given up.
pub fn groups(world: &World, index: u32) -> Vec<Group> {
    let plan = Plan::of(world, index);
    let content = Content::of(world, &plan);
    let number = plan.number();
    let mut groups = Vec::new();
    if let Some(at) = plan.at(world, Step::Created) {
        let (rows, is_spoilt) = (order(&content), plan.course == Course::Unfooting);
        let edited = (!is_spoilt).then(|| before(world, plan)).flatten();
        let number = number.to_string();
        groups.push(Group { index, at, number, rows, edited, is_spoilt });
    }
    let returned = plan.refund_step().and_then(|step| plan.at(world, step));
    if let (Some(at), Some(back)) = (returned, Refund::credit_note(world, &plan, &content)) {
        let (number, rows) = (format!("C{number}"), credit(&content, &back));
        groups.push(Group { index, at, number, rows, edited: None, is_spoilt: false });
    }
    let given_up = plan.at(world, Step::DisputeOpened).filter(|_| plan.is_given_up(world));
    if let Some(at) = given_up {
        let (number, rows) = (format!("A{number}"), vec![row("B", GIVEN_UP, 1, -content.stated)]);
        groups.push(Group { index, at, number, rows, edited: None, is_spoilt: false });
    }
    groups
}

/// The rows of an order before it was edited, if it was.
fn before(world: &World, plan: Plan) -> Option<Vec<Row>> {
    let edits = world.shape.features.edits_per_mille;
    let is_edited = plan.course != Course::Free && plan.draws.chance(Salt::Edited, edits);
    let plan = Plan { is_edited, ..plan };
    is_edited.then(|| order(&Content::version(world, &plan, true)))
}

fn row(code: impl Into<String>, text: impl Into<String>, quantity: i64, price: i64) -> Row {
    Row { code: code.into(), text: text.into(), quantity, price }
}

fn named(ware: Ware) -> (String, String) {
    match ware {
        // Texts hold what delimits fields, and quotes.
        Ware::Product(p) => (
            format!("TT-{:04}", p.id),
            format!("{} {}; \"{}\", 1 pc", p.material, p.noun, p.colour),
        ),
        Ware::GiftCard => (GIFT_CODE.to_owned(), "Gift Card".to_owned()),
    }
}

fn order(content: &Content) -> Vec<Row> {
    let lines = content.lines.iter().map(|line| {
        let (code, text) = named(line.ware);
        row(code, text, line.quantity, line.price)
    });
    let mut rows: Vec<Row> = lines.collect();
    let method = SHIPPING[content.shipping_method].0;
    let extra = [
        (SHIPPING_CODE, method, content.shipping),
        (TIP_CODE, "Tip", content.tip),
        (DISCOUNT_CODE, content.code.map_or("", |code| code.name), -content.discount),
    ];
    let extra = extra.into_iter().filter(|(.., amount)| *amount != 0);
    rows.extend(extra.map(|(code, text, amount)| row(code, text, 1, amount)));
    rows
}

fn credit(content: &Content, back: &Refund) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut discount = 0;
    for line in &back.lines {
        let of = &content.lines[line.line];
        let (code, text) = named(of.ware);
        if line.quantity == of.quantity {
            rows.push(row(code, text, -line.quantity, of.price));
            discount += of.gross - line.net;
        } else {
            // One piece goes back at what was paid for it.
            rows.push(row(code, text, -line.quantity, line.net / line.quantity));
        }
    }
    if let Some((shipping, _)) = back.shipping {
        rows.push(row(SHIPPING_CODE, "Shipping", -1, shipping));
    }
    if discount != 0 {
        rows.push(row(DISCOUNT_CODE, "Discount taken back", -1, -discount));
    }
    rows
}

impl Form {
    /// The form that the shop of `shape` has chosen.
    pub fn of(shape: &Shape) -> Self {
        let draws = Draws::of(mix(shape.seed), 0);
        let delimiter = match shape.order_system {
            OrderSystem::Ndjson => None,
            _ => Some(draws.pick(Salt::FilePeriod, &[',', ';', '\t'])),
        };
        Self {
            delimiter,
            has_currency: draws.chance(Salt::FileWhole, 500),
            is_crlf: draws.chance(Salt::FilePacked, 500),
            is_correcting: draws.chance(Salt::Edited, CORRECTING),
        }
    }

    /// The text of a file; the groups from `new` on are told for the first time.
    pub fn text(self, world: &World, groups: &[Group], new: usize) -> String {
        let mut json = Json::new(world, 100 + groups.len() * 400);
        if let Some(delimiter) = self.delimiter {
            let names: Vec<&str> = self.columns().collect();
            json.put(&names.join(&delimiter.to_string()));
            self.end(&mut json);
        }
        for (n, group) in groups.iter().enumerate() {
            let is_new = n >= new;
            let first = group.edited.as_ref().filter(|_| is_new && self.is_correcting);
            let damage = (is_new && group.is_spoilt).then(|| damage(world, group));
            let rows = first.unwrap_or(&group.rows);
            for (n, row) in rows.iter().enumerate() {
                self.row(&mut json, group, row, damage.filter(|_| n == rows.len() - 1));
            }
        }
        json.text
    }

    fn columns(self) -> impl Iterator<Item = &'static str> {
        let columns = ["No", "Date", "Code", "Text", "Qty", "Price", "Customer", "Name", "Channel"];
        columns.into_iter().chain(self.has_currency.then_some("Currency"))
    }

    fn end(self, json: &mut Json<'_>) {
        json.put(if self.is_crlf { "\r\n" } else { "\n" });
    }

    fn row(self, json: &mut Json<'_>, group: &Group, row: &Row, damage: Option<Damage>) {
        let world = json.world;
        let mut cells = cells(world, group, row);
        match damage {
            Some(Damage::Quantity) => cells[4] = format!("{} pc", row.quantity),
            Some(Damage::Buyer) => cells[6] = "0".to_owned(),
            Some(Damage::Torn) | None => {}
        }
        let start = json.text.len();
        match self.delimiter {
            Some(delimiter) => {
                let count = self.columns().count();
                let fields = cells.iter().take(count).map(|cell| quoted(cell, delimiter));
                json.put(&fields.collect::<Vec<_>>().join(&delimiter.to_string()));
            }
            None => {
                let fields = self.columns().zip(&cells).map(|(name, cell)| {
                    let is_number = matches!(name, "Qty" | "Price") && damage.is_none();
                    let value = if is_number { cell.clone() } else { text(cell) };
                    format!("\"{name}\":{value}")
                });
                json.put("{").put(&fields.collect::<Vec<_>>().join(",")).put("}");
            }
        }
        if damage == Some(Damage::Torn) {
            // Behind the second of its fields.
            let end = json.text[start..].match_indices(self.delimiter.unwrap_or(',')).nth(1);
            let end = end.map_or(json.text.len(), |(at, _)| start + at);
            json.text.truncate(end);
        }
        self.end(json);
    }
}

/// What a row says, in the order of the columns.
fn cells(world: &World, group: &Group, row: &Row) -> [String; 10] {
    let customer = Plan::of(world, group.index).customer();
    let mut at = String::new();
    world.calendar.write(group.at, &mut at);
    let price = Json::new(world, 12).decimal(row.price).text.clone();
    [
        group.number.clone(),
        at,
        row.code.clone(),
        row.text.clone(),
        row.quantity.to_string(),
        price,
        customer.to_string(),
        format!("Customer {customer:06}"),
        "web".to_owned(),
        world.shape.currency.code().to_owned(),
    ]
}

fn damage(world: &World, group: &Group) -> Damage {
    let kinds = [Damage::Quantity, Damage::Buyer, Damage::Torn];
    let drawn = Plan::of(world, group.index).draws.pick(Salt::Unfooting, &kinds);
    // A row alone contradicts none.
    if drawn == Damage::Buyer && group.rows.len() == 1 { Damage::Quantity } else { drawn }
}

fn quoted(cell: &str, delimiter: char) -> String {
    let is_plain = !cell.contains([delimiter, '"', '\n']);
    if is_plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
}

fn text(cell: &str) -> String {
    serde_json::Value::from(cell).to_string()
}
