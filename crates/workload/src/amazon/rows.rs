//! The rows of a settlement report, in either of its forms.

use crate::content::{Content, Ware};
use crate::json::Json;
use crate::payout::{Batch, Cause, Movement};
use crate::plan::{Plan, World};
use crate::refund::Refund;
use kernel::Timestamp;

/// One amount in a row.
const V2: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\t\
    total-amount\tcurrency\ttransaction-type\torder-id\tmerchant-order-id\tadjustment-id\t\
    shipment-id\tmarketplace-name\tamount-type\tamount-description\tamount\tfulfillment-id\t\
    posted-date\tposted-date-time\torder-item-code\tmerchant-order-item-id\t\
    merchant-adjustment-item-id\tsku\tquantity-purchased\tpromotion-id";
/// Several kinds of amount, each in columns of its own.
const V1: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\t\
    total-amount\tcurrency\ttransaction-type\torder-id\tmerchant-order-id\tadjustment-id\t\
    shipment-id\tmarketplace-name\tshipment-fee-type\tshipment-fee-amount\torder-fee-type\t\
    order-fee-amount\tfulfillment-id\tposted-date\torder-item-code\tmerchant-order-item-id\t\
    merchant-adjustment-item-id\tsku\tquantity-purchased\tprice-type\tprice-amount\t\
    item-related-fee-type\titem-related-fee-amount\tmisc-fee-amount\tother-fee-amount\t\
    other-fee-reason-description\tpromotion-id\tpromotion-type\tpromotion-amount\t\
    direct-payment-type\tdirect-payment-amount\tother-amount";
/// A settlement ends this long before it is paid.
const ENDED_BEFORE: i64 = 3_600;
const DAY: i64 = 86_400;

/// What an amount is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Price,
    Withheld,
    Promotion,
    Fee,
}

/// One amount of an order or a refund.
struct Row {
    index: u32,
    cause: Cause,
    at: i64,
    kind: Kind,
    name: &'static str,
    amount: i64,
    /// Which line of the order.
    line: usize,
    sku: u64,
    quantity: i64,
}

/// The report of a settlement.
pub fn report(world: &World, batch: &Batch) -> String {
    let mut json = Json::new(world, V1.len() + batch.movements.len() * 800);
    let is_old = batch.number.is_multiple_of(2);
    json.put(if is_old { V1 } else { V2 }).put("\n");
    let clock = |at| clock(at, is_old);
    let end = batch.at - ENDED_BEFORE;
    json.settlement(batch).put("\t").put(&clock(end - 14 * DAY)).put("\t").put(&clock(end));
    json.put("\t").put(&clock(batch.at)).put("\t").decimal(batch.amount()).put("\t");
    json.put(world.shape.currency.code()).put("\n");
    for movement in &batch.movements {
        for row in rows(world, movement) {
            json.settlement(batch).put("\t\t\t\t\t\t");
            if is_old {
                json.old(&row);
            } else {
                json.new_form(&row);
            }
            json.put("\n");
        }
    }
    json.text
}

fn clock(at: i64, is_old: bool) -> String {
    let utc = Timestamp::from_seconds(at).to_string();
    if is_old { utc.replace('Z', "+00:00") } else { utc.replace('T', " ").replace('Z', " UTC") }
}

/// What a movement consists of.
fn rows(world: &World, movement: &Movement) -> Vec<Row> {
    let plan = Plan::of(world, movement.index);
    let content = Content::of(world, &plan);
    let mut rows = Vec::new();
    let mut add = |line: usize, quantity: i64, kind, name, amount| {
        let sku = match content.lines[line].ware {
            Ware::Product(product) => product.id,
            Ware::GiftCard => 0,
        };
        let (index, cause, at) = (movement.index, movement.cause, movement.at);
        if amount != 0 {
            rows.push(Row { index, cause, at, kind, name, amount, line, sku, quantity });
        }
    };
    let withheld = |tax: i64| if content.is_withheld { -tax } else { 0 };
    if movement.cause == Cause::Refund {
        let back = Refund::of(world, &plan, &content).expect("what is refunded was paid");
        for line in &back.lines {
            add(line.line, line.quantity, Kind::Price, "Principal", -line.net);
            add(line.line, line.quantity, Kind::Price, "Tax", -line.tax);
            add(line.line, line.quantity, Kind::Withheld, GOODS_TAX, -withheld(line.tax));
        }
        let (net, tax) = back.shipping.unwrap_or_default();
        add(0, 1, Kind::Price, "Shipping", -net);
        add(0, 1, Kind::Price, "ShippingTax", -tax);
        add(0, 1, Kind::Withheld, SHIPPING_TAX, -withheld(tax));
        return rows;
    }
    for (n, line) in content.lines.iter().enumerate() {
        add(n, line.quantity, Kind::Price, "Principal", line.gross);
        add(n, line.quantity, Kind::Price, "Tax", line.tax());
        add(n, line.quantity, Kind::Withheld, GOODS_TAX, withheld(line.tax()));
        add(n, line.quantity, Kind::Promotion, "Principal", -line.discount);
    }
    let tax = content.shipping_taxes.iter().sum();
    add(0, 1, Kind::Price, "Shipping", content.shipping);
    add(0, 1, Kind::Price, "ShippingTax", tax);
    add(0, 1, Kind::Withheld, SHIPPING_TAX, withheld(tax));
    add(0, 1, Kind::Fee, "Commission", -movement.fee);
    rows
}

const GOODS_TAX: &str = "MarketplaceFacilitatorTax-Principal";
const SHIPPING_TAX: &str = "MarketplaceFacilitatorTax-Shipping";

impl Json<'_> {
    /// The id of a settlement.
    fn settlement(&mut self, batch: &Batch) -> &mut Self {
        self.int(self.world.seed >> 40).padded(batch.number, 4)
    }

    /// The columns from the transaction on to the marketplace.
    fn about(&mut self, row: &Row) {
        let is_refund = row.cause == Cause::Refund;
        self.put(if is_refund { "Refund" } else { "Order" }).put("\t111-");
        self.padded((self.world.seed >> 40) % 10_000_000, 7).put("-");
        self.padded(u64::from(row.index), 7).put("\t\t");
        if is_refund {
            self.put("adj").int(u64::from(row.index));
        }
        self.put("\t\tAmazon.com\t");
    }

    /// The columns of the item.
    fn item(&mut self, row: &Row) {
        self.int(u64::from(row.index) * 16 + row.line as u64).put("\t\t\tTT-").padded(row.sku, 4);
        self.put("\t").signed(row.quantity);
    }

    fn new_form(&mut self, row: &Row) {
        let kind = match row.kind {
            Kind::Price => "ItemPrice",
            Kind::Withheld => "ItemWithheldTax",
            Kind::Promotion => "Promotion",
            Kind::Fee => "ItemFees",
        };
        let at = clock(row.at, false);
        self.about(row);
        self.put(kind).put("\t").put(row.name).put("\t").decimal(row.amount).put("\tAFN\t");
        self.put(&at[..10]).put("\t").put(&at).put("\t");
        self.item(row);
        self.put("\t");
    }

    fn old(&mut self, row: &Row) {
        self.about(row);
        self.put("\t\t\t\tAFN\t").put(&clock(row.at, true)).put("\t");
        self.item(row);
        match row.kind {
            Kind::Price | Kind::Withheld => self.put("\t"),
            Kind::Fee => self.put("\t\t\t"),
            Kind::Promotion => self.put("\t\t\t\t\t\t\t\t\t"),
        };
        self.put(row.name).put("\t").decimal(row.amount);
    }
}
