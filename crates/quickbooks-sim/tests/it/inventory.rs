//! Inventory items: quantity, cost of goods sold first in first out, and the asset account.

use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Company, company, company_of, key};
use quickbooks_sim::{Config, Limits};

const ASSET: &str = "Inventory Asset";
const COGS: &str = "Cost of Goods Sold";

/// An item tracked since 2026-01-01 with a quantity at a unit cost.
fn item(name: &str, quantity: &str, cost: &str) -> String {
    format!(
        r#"{{"Name":"{name}","Type":"Inventory","TrackQtyOnHand":true,"QtyOnHand":{quantity},"InvStartDate":"2026-01-01","UnitPrice":20,"PurchaseCost":{cost},"IncomeAccountRef":{{"value":"79"}},"ExpenseAccountRef":{{"value":"80"}},"AssetAccountRef":{{"value":"81"}}}}"#
    )
}

fn sold(item: &Value, quantity: &str, date: &str) -> String {
    format!(
        r#"{{"CustomerRef":{{"value":"1"}},"TxnDate":"{date}","Line":[{{"Amount":100,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":{}}},"Qty":{quantity}}}}}]}}"#,
        item["Id"]
    )
}

fn bought(item: &Value, quantity: &str, amount: &str, date: &str) -> String {
    format!(
        r#"{{"VendorRef":{{"value":"3"}},"TxnDate":"{date}","Line":[{{"Amount":{amount},"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{{"ItemRef":{{"value":{}}},"Qty":{quantity}}}}}]}}"#,
        item["Id"]
    )
}

fn on_hand(c: &mut Company, item: &Value) -> String {
    let id = item["Id"].as_str().unwrap();
    c.get(&format!("item/{id}")).entity("Item")["QtyOnHand"].to_string().replace('"', "")
}

#[track_caller]
fn stands(c: &Company, asset: i64, cost: i64) {
    assert_eq!((c.balance(ASSET), c.balance(COGS)), (asset, cost));
}

#[test]
fn an_item_starts_with_its_quantity_against_opening_balance_equity() {
    fact!(
        "Item",
        "create",
        Documented,
        "§8",
        "an inventory item starts with its quantity at purchase cost, against Opening Balance Equity"
    );
    fact!(
        "Item",
        "create",
        Assumed,
        "§8",
        "what is there at first is an InventoryAdjustment numbered START"
    );
    let mut c = company();
    let i = c.save("Item", &item("Mug", "10", "3.25"));
    assert_eq!((i["QtyOnHand"].clone(), i["TrackQtyOnHand"].clone()), (10.into(), true.into()));
    assert_eq!(c.balance("Opening Balance Equity"), -3_250);
    stands(&c, 3_250, 0);
    let first = c.query("select * from InventoryAdjustment");
    let first = &first.body["QueryResponse"]["InventoryAdjustment"][0];
    assert_eq!(
        (first["DocNumber"].clone(), first["TxnDate"].clone()),
        ("START".into(), "2026-01-01".into())
    );
    assert_eq!(first["Line"][0]["ItemAdjustmentLineDetail"]["QtyDiff"], 10);
    // an item without a quantity at first has nothing to book
    c.save("Item", &item("Bowl", "0", "3.25"));
    stands(&c, 3_250, 0);
}

#[test]
fn sales_move_the_oldest_cost_and_returns_bring_it_back() {
    fact!(
        "Item",
        "sell",
        Documented,
        "§8",
        "cost of goods sold is first in, first out, and leaves the inventory asset"
    );
    fact!(
        "Item",
        "return",
        Assumed,
        "§8",
        "goods come back at the average cost of the latest sale"
    );
    let mut c = company();
    let i = c.save("Item", &item("Mug", "2", "3"));
    c.save("Bill", &bought(&i, "3", "15", "2026-02-01"));
    stands(&c, 2_100, 0);
    let sale = c.save("Invoice", &sold(&i, "4", "2026-03-01"));
    assert_eq!(sale["TotalAmt"], "100.00");
    // two at 3.00, two at 5.00
    stands(&c, 500, 1_600);
    assert_eq!((on_hand(&mut c, &i), c.balance("Sales of Product Income")), ("1".into(), -10_000));
    // one comes back at what the four left at on average
    let memo = c.save("CreditMemo", &sold(&i, "1", "2026-03-02"));
    stands(&c, 900, 1_200);
    c.post("creditmemo?operation=delete", &format!("{}}}", key(&memo))).entity("CreditMemo");
    stands(&c, 500, 1_600);
    // half a mug less
    let sale = c.save(
        "Invoice",
        &format!(r#"{},"sparse":true,{}"#, key(&sale), &sold(&i, "3.5", "2026-03-01")[1..]),
    );
    stands(&c, 750, 1_350);
    c.post("invoice?operation=void", &format!("{}}}", key(&sale))).entity("Invoice");
    stands(&c, 2_100, 0);
    assert_eq!(on_hand(&mut c, &i), "5");
    // receipts and refunds move goods too
    let receipt = c.save("SalesReceipt", &sold(&i, "2", "2026-03-02"));
    c.save(
        "RefundReceipt",
        &sold(&i, "2", "2026-03-02").replacen('{', r#"{"DepositToAccountRef":{"value":"35"},"#, 1),
    );
    stands(&c, 2_100, 0);
    c.post("salesreceipt?operation=delete", &format!("{}}}", key(&receipt))).entity("SalesReceipt");
    assert_eq!(on_hand(&mut c, &i), "7");
}

#[test]
fn goods_sold_before_they_were_bought_get_their_true_cost_later() {
    fact!(
        "Item",
        "sell",
        Assumed,
        "§8",
        "what is not there costs what the latest goods did, or PurchaseCost; the purchase that follows books the difference"
    );
    fact!(
        "Item",
        "buy",
        Documented,
        "§8",
        "a purchase dated before a sale changes the cost of that sale"
    );
    let mut c = company();
    let i = c.save("Item", &item("Mug", "0", "4"));
    c.save("Invoice", &sold(&i, "5", "2026-02-01"));
    stands(&c, -2_000, 2_000);
    assert_eq!(on_hand(&mut c, &i), "-5");
    c.save("Bill", &bought(&i, "8", "48", "2026-02-10"));
    stands(&c, 1_800, 3_000);
    // a bill dated before the sale makes the sale itself cost what it should
    c.save("Bill", &bought(&i, "5", "10", "2026-01-10"));
    stands(&c, 4_800, 1_000);
}

#[test]
fn goods_sent_back_to_the_vendor_leave_at_cost() {
    fact!(
        "VendorCredit",
        "create",
        Assumed,
        "§8",
        "goods leave at cost; the difference to the credit is cost of goods sold"
    );
    fact!(
        "Purchase",
        "create",
        Documented,
        "§8",
        "an ItemBasedExpenseLineDetail of an inventory item goes to the asset account"
    );
    let mut c = company();
    let i = c.save("Item", &item("Mug", "2", "3"));
    c.save("Bill", &bought(&i, "2", "10", "2026-02-01"));
    // credited at 5.00, on the shelf at 3.00: the difference is a gain
    c.save("VendorCredit", &bought(&i, "1", "5", "2026-02-02"));
    stands(&c, 1_300, -200);
    assert_eq!((on_hand(&mut c, &i), c.balance("Accounts Payable (A/P)")), ("3".into(), -500));
    let cash = bought(&i, "1", "4", "2026-02-03").replace(
        r#""VendorRef":{"value":"3"}"#,
        r#""AccountRef":{"value":"35"},"PaymentType":"Cash""#,
    );
    c.save("Purchase", &cash);
    stands(&c, 1_700, -200);
    // an order moves nothing
    c.save("PurchaseOrder", &bought(&i, "9", "99", "2026-02-03"));
    stands(&c, 1_700, -200);
}

#[test]
fn quantities_are_corrected_by_adjustments_and_by_the_item() {
    fact!(
        "InventoryAdjustment",
        "create",
        Documented,
        "§10",
        "QtyDiff or NewQty against AdjustAccountRef; the date stays"
    );
    fact!(
        "Item",
        "update",
        Assumed,
        "§8",
        "another QtyOnHand books the difference against Inventory Shrinkage; an inactive item has none left"
    );
    let mut c = company();
    let i = c.save("Item", &item("Mug", "10", "2"));
    let adjust = |detail: &str| {
        format!(
            r#"{{"TxnDate":"2026-03-01","AdjustAccountRef":{{"value":"7"}},"Line":[{{"DetailType":"ItemAdjustmentLineDetail","ItemAdjustmentLineDetail":{{"ItemRef":{{"value":{}}},{detail}}}}}]}}"#,
            i["Id"]
        )
    };
    let a = c.save("InventoryAdjustment", &adjust(r#""QtyDiff":-3"#));
    assert_eq!(a["AdjustAccountRef"]["name"], "Advertising");
    assert_eq!((c.balance(ASSET), c.balance("Advertising")), (1_400, 600));
    let a =
        c.save("InventoryAdjustment", &format!("{},{}", key(&a), &adjust(r#""NewQty":9"#)[1..]));
    assert_eq!(a["Line"][0]["ItemAdjustmentLineDetail"]["QtyDiff"], -1);
    assert_eq!((on_hand(&mut c, &i), c.balance("Advertising")), ("9".into(), 200));
    c.post("inventoryadjustment?operation=delete", &format!("{}}}", key(&a)))
        .entity("InventoryAdjustment");
    assert_eq!(on_hand(&mut c, &i), "10");
    // by the item itself, against an account that is made for it
    let i = c.save("Item", &format!(r#"{},"sparse":true,"QtyOnHand":4}}"#, key(&i)));
    assert_eq!((i["QtyOnHand"].clone(), i["SyncToken"].clone()), (4.into(), "1".into()));
    assert_eq!((c.balance(ASSET), c.balance("Inventory Shrinkage")), (800, 1_200));
    // nothing is left of an item that is given up
    c.save("Item", &format!(r#"{},"sparse":true,"Active":false}}"#, key(&i)));
    assert_eq!((c.balance(ASSET), c.balance("Inventory Shrinkage")), (0, 2_000));
    for (body, code) in [
        (adjust(r#""QtyDiff":1"#).replace(r#""AdjustAccountRef":{"value":"7"},"#, ""), "2020"),
        (adjust(r#""ClassRef":{}"#), "2500"),
        (adjust(r#""QtyDiff":1"#).replace(&i["Id"].to_string(), "\"1\""), "6000"),
    ] {
        assert_eq!(c.post("inventoryadjustment", &body).code(), code, "{body}");
    }
}

#[test]
fn refusals_of_inventory() {
    fact!(
        "Item",
        "create",
        Documented,
        "§8",
        "required: TrackQtyOnHand, QtyOnHand, InvStartDate, three accounts"
    );
    fact!(
        "Invoice",
        "create",
        Documented,
        "§7",
        "6270 before the item's first day, 6520 without a quantity"
    );
    fact!("Item", "update", Assumed, "§7", "tracking cannot be switched on or off: 2120");
    let mut c = company();
    let i = c.save("Item", &item("Mug", "1", "2"));
    let whole = item("Bowl", "1", "2");
    for (body, code) in [
        (whole.replace(r#""TrackQtyOnHand":true,"#, ""), "2020"),
        (whole.replace(r#""InvStartDate":"2026-01-01","#, ""), "2020"),
        (whole.replace("2026-01-01", "soon"), "2060"),
        (whole.replace(r#""QtyOnHand":1"#, r#""QtyOnHand":-1"#), "2240"),
        (whole.replace(r#"{"value":"80"}"#, r#"{"value":"7"}"#), "6430"),
        (whole.replace(r#"{"value":"81"}"#, r#"{"value":"35"}"#), "6430"),
        (format!(r#"{},"sparse":true,"Type":"Service"}}"#, key(&i)), "2120"),
    ] {
        assert_eq!(c.post("item", &body).code(), code, "{body}");
    }
    for (path, body, code) in [
        ("invoice", sold(&i, "1", "2025-12-31"), "6270"),
        ("invoice", sold(&i, "1", "2026-02-01").replace(r#","Qty":1"#, ""), "6520"),
        ("bill", bought(&i, "1", "1", "2025-12-31"), "6270"),
        ("bill", bought(&i, "1", "1", "2026-02-01").replace(r#","Qty":1"#, ""), "6520"),
    ] {
        assert_eq!(c.post(path, &body).code(), code, "{path} {body}");
    }
    let sale = c.save("Invoice", &sold(&i, "1", "2026-02-01"));
    let early = format!(r#"{},"sparse":true,"TxnDate":"2025-12-31"}}"#, key(&sale));
    assert_eq!(c.post("invoice", &early).code(), "6270");
    assert_eq!(c.save("Estimate", &sold(&i, "1", "2025-12-31"))["TotalAmt"], "100.00");
}

#[test]
fn a_bundle_is_sold_as_its_components() {
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "GroupLineDetail expands to the components of the bundle at the prices of their items"
    );
    fact!("Item", "create", Assumed, "§8", "a bundle (Type Group) can be made through the API");
    let mut c = company();
    let mug = c.save("Item", &item("Mug", "10", "2"));
    let set = c.save("Item", &format!(
        r#"{{"Name":"Set","Type":"Group","ItemGroupDetail":{{"ItemGroupLine":[{{"ItemRef":{{"value":{}}},"Qty":2}},{{"ItemRef":{{"value":"1"}},"Qty":1}}]}}}}"#,
        mug["Id"]
    ));
    let line = |more: &str| {
        format!(
            r#"{{"DetailType":"GroupLineDetail","GroupLineDetail":{{"GroupItemRef":{{"value":{}}},"Quantity":3{more}}}}}"#,
            set["Id"]
        )
    };
    let sale = |line: &str| {
        format!(r#"{{"CustomerRef":{{"value":"1"}},"TxnDate":"2026-03-01","Line":[{line}]}}"#)
    };
    let s = c.save("Invoice", &sale(&line("")));
    let group = &s["Line"][0];
    assert_eq!(
        (group["Amount"].clone(), group["GroupLineDetail"]["Quantity"].clone()),
        ("120.00".into(), 3.into())
    );
    let inner = &group["GroupLineDetail"]["Line"];
    assert_eq!(inner[0]["SalesItemLineDetail"]["Qty"], 6);
    assert_eq!(inner[0]["Id"], "2", "components have ids of their own");
    assert_eq!(
        (s["TotalAmt"].clone(), s["Line"][1]["Amount"].clone()),
        ("120.00".into(), "120.00".into())
    );
    assert_eq!((on_hand(&mut c, &mug), c.balance(COGS)), ("4".into(), 1_200));
    assert_eq!(c.balance("Sales of Product Income"), -12_000);
    // components as sent
    let own = line(
        r#","Line":[{"Amount":7,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"2"}}}]"#,
    );
    assert_eq!(c.save("SalesReceipt", &sale(&own))["TotalAmt"], "7.00");
    c.post("invoice?operation=void", &format!("{}}}", key(&s))).entity("Invoice");
    assert_eq!((on_hand(&mut c, &mug), c.balance(COGS)), ("10".into(), 0));
    let wrong = line("").replace(&set["Id"].to_string(), "\"1\"");
    assert_eq!(c.post("invoice", &sale(&wrong)).code(), "6000");
}

/// A movement: whether goods come in, quantity, cents for bought goods, day.
type Movement = (bool, u8, u16, u8);

fn write(c: &mut Company, item: &Value, (into, quantity, cents, day): Movement) -> (String, Value) {
    let date = format!("2026-02-{:02}", day + 1);
    let (kind, body) = if into {
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        ("Bill", bought(item, &quantity.to_string(), &amount, &date))
    } else {
        ("Invoice", sold(item, &quantity.to_string(), &date))
    };
    (kind.to_owned(), c.save(kind, &body))
}

/// What first in first out says, as a list of single units: value of the stock and cost of the sales.
/// None when more is sold than there is, or when a unit does not cost whole cents.
fn reference(mut all: Vec<Movement>) -> Option<(i64, i64)> {
    all.sort_by_key(|m| m.3);
    let (mut units, mut cost) = (std::collections::VecDeque::new(), 0);
    for (into, quantity, cents, _) in all {
        let quantity = u16::from(quantity);
        if into && cents % quantity == 0 {
            units.extend((0..quantity).map(|_| i64::from(cents / quantity)));
        } else if into {
            return None;
        } else {
            for _ in 0..quantity {
                cost += units.pop_front()?;
            }
        }
    }
    Some((units.iter().sum(), cost))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_entry_does_not_matter_and_everything_can_be_undone(
        moves in prop::collection::btree_map(0..20_u8, (any::<bool>(), 1..6_u8, 1..2_000_u16), 1..12),
        shuffled in any::<prop::sample::Index>(),
    ) {
        let moves: Vec<Movement> =
            moves.into_iter().map(|(day, (into, q, cents))| (into, q, cents / u16::from(q) * u16::from(q), day)).filter(|m| m.2 > 0).collect();
        prop_assume!(!moves.is_empty());
        let mut other = moves.clone();
        other.rotate_left(shuffled.index(moves.len()));
        other.reverse();
        let config = Config { limits: Limits { lifted: true, ..Limits::default() }, ..Config::default() };
        let mut seen = Vec::new();
        for order in [&moves, &other] {
            let mut c = company_of(config.clone());
            let i = c.save("Item", &item("Mug", "0", "1"));
            let written: Vec<_> = order.iter().map(|m| write(&mut c, &i, *m)).collect();
            let here = (on_hand(&mut c, &i), c.balance(ASSET), c.balance(COGS));
            if let Some((asset, cost)) = reference(moves.clone()) {
                prop_assert_eq!((here.1, here.2), (asset, cost));
            }
            if here.0 == "0" {
                prop_assert_eq!(here.1, 0, "nothing on the shelf, nothing on the account");
            }
            seen.push(here);
            for (kind, object) in written {
                c.post(&format!("{}?operation=delete", kind.to_lowercase()), &format!("{}}}", key(&object))).entity(&kind);
            }
            prop_assert!(c.sim.trial_balance().is_empty());
            prop_assert_eq!(on_hand(&mut c, &i), "0");
        }
        prop_assert_eq!(&seen[0], &seen[1]);
    }
}
