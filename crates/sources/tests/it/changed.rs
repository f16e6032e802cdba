//! What happens to an order after it was paid, in the books that keep its documents or wait for
//! the goods: every order system tells it by sending the order again.

use crate::books::decided_under;
use crate::support::{amazon, bigcommerce, facts, fixture, shop, square, with, woo};
use book::Rules;
use kernel::{Document, Fact, FactBody};
use ports::EventSource;
use serde_json::{Value, json};

const LATE: &str = "[posting]\nrevenue = \"at_fulfilment\"";
const DELTA: &str = "[posting]\nedits = \"delta\"";

/// Kind, day and total of every document, and what waits for a person.
fn documents(facts: &[Fact], rules: &str) -> Vec<String> {
    let rules = Rules::parse(Rules::default_text()).unwrap().with(rules).unwrap();
    let mut found = Vec::new();
    for (_, desired) in decided_under(facts, &rules) {
        let shown = |d: &Document| format!("{} {} {}", d.kind.as_str(), d.date, d.total_minor);
        found.extend(desired.documents.iter().map(shown));
        found.extend(desired.holds.iter().map(|h| format!("{} {}", h.code, h.detail)));
    }
    found
}

/// The documents in this order of facts, the reverse, and with every fact told twice.
fn settled(facts: &[Fact], rules: &str) -> Vec<String> {
    let found = documents(facts, rules);
    let back: Vec<Fact> = facts.iter().rev().chain(facts).cloned().collect();
    assert_eq!(documents(&back, rules), found, "in any order, however often");
    found
}

fn changed(text: &str, change: impl Fn(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    change(&mut value);
    value.to_string()
}

fn shopify(change: impl Fn(&mut Value)) -> Vec<Fact> {
    let body = changed(&fixture("shopify", "order_paid"), change);
    facts(&shop(), &[("X-Shopify-Topic", "orders/updated")], &body)
}

fn shopify_paid() -> Vec<Fact> {
    let order = fixture("shopify", "order_paid");
    let mut all = facts(&shop(), &[("X-Shopify-Topic", "orders/create")], &order);
    let paid = fixture("shopify", "transaction_stripe");
    all.extend(facts(&shop(), &[("X-Shopify-Topic", "order_transactions/create")], &paid));
    all
}

fn parcel(id: u32, status: &str, day: &str, lines: &Value) -> Value {
    json!({"id": id, "status": status, "created_at": format!("2026-03-{day}T23:30:00-05:00"),
           "line_items": lines})
}

/// A shirt and the mug in two parcels; the second shirt goes with the mug.
fn two_parcels(order: &mut Value) {
    order["updated_at"] = json!("2026-03-05T10:00:00-05:00");
    order["fulfillment_status"] = json!("fulfilled");
    order["fulfillments"] = json!([
        parcel(81, "success", "03", &json!([{"id": 501, "quantity": 1}])),
        parcel(
            82,
            "success",
            "05",
            &json!([{"id": 501, "quantity": 1}, {"id": 502, "quantity": 1}])
        ),
    ]);
}

#[test]
fn parcels_of_shopify_earn_what_they_hold_on_the_day_they_leave() {
    // Case 8 with case 23: 50 + 10 shipping + 6 tax, then 50 + 20 + 7.
    let mut all = shopify_paid();
    assert_eq!(settled(&all, LATE), ["sales_receipt 2026-03-02 14300"], "a deposit");
    let one = |order: &mut Value| {
        two_parcels(order);
        order["updated_at"] = json!("2026-03-03T23:31:00-05:00");
        order["fulfillment_status"] = json!("partial");
        order["fulfillments"].as_array_mut().unwrap().pop();
    };
    all.extend(shopify(one));
    let first = ["sales_receipt 2026-03-02 14300", "sales_receipt 2026-03-03 0"];
    assert_eq!(settled(&all, LATE), first);
    let sold = all.iter().rev().find_map(|f| match &f.body {
        FactBody::OrderFulfilled(f) => Some(f),
        _ => None,
    });
    assert_eq!(sold.unwrap().worth_minor(), Some(6_600));
    assert_eq!(sold.unwrap().taxes[0].amount_minor, 600);
    all.extend(shopify(two_parcels));
    let both = [first[0], first[1], "sales_receipt 2026-03-05 0"];
    assert_eq!(settled(&all, LATE), both);
    // The second is called off, and the shirt that it held leaves later.
    all.extend(shopify(|order| {
        two_parcels(order);
        order["updated_at"] = json!("2026-03-06T10:00:00-05:00");
        order["fulfillment_status"] = json!("partial");
        order["fulfillments"][1]["status"] = json!("cancelled");
        let again = parcel(83, "success", "06", &json!([{"id": 501, "quantity": 1}]));
        order["fulfillments"].as_array_mut().unwrap().push(again);
    }));
    let later = [first[0], first[1], "sales_receipt 2026-03-06 0"];
    assert_eq!(settled(&all, LATE), later);
    // At the sale it is all the same.
    assert_eq!(settled(&all, ""), ["sales_receipt 2026-03-02 14300"]);
}

/// A cap for 30 and 3 tax, and a day.
fn with_a_cap(order: &mut Value) {
    order["updated_at"] = json!("2026-03-08T23:30:00-04:00");
    let mut cap = order["line_items"][1].clone();
    cap["id"] = json!(509);
    cap["title"] = json!("Cap");
    cap["price"] = json!("30.00");
    cap["price_set"]["shop_money"]["amount"] = json!("30.00");
    cap["tax_lines"][0]["price"] = json!("3.00");
    cap["tax_lines"][0]["price_set"]["shop_money"]["amount"] = json!("3.00");
    order["line_items"].as_array_mut().unwrap().push(cap);
    order["total_price"] = json!("176.00");
    order["total_price_set"]["shop_money"]["amount"] = json!("176.00");
    order["total_tax"] = json!("16.00");
}

#[test]
fn what_is_added_to_a_paid_order_of_shopify_is_a_document_of_its_own() {
    // Case 94; the day is the shop's.
    let mut all = shopify_paid();
    all.extend(shopify(with_a_cap));
    let edited = ["sales_receipt 2026-03-02 14300", "invoice 2026-03-08 3300"];
    assert_eq!(settled(&all, DELTA), edited);
    // A later version that costs the same changes nothing.
    all.extend(shopify(|order| {
        with_a_cap(order);
        order["updated_at"] = json!("2026-03-09T10:00:00-05:00");
        order["note"] = json!("call before delivery");
    }));
    assert_eq!(settled(&all, DELTA), edited);
    assert_eq!(settled(&all, ""), ["invoice 2026-03-02 17600", "payment 2026-03-02 14300"]);
}

#[test]
fn an_order_of_woocommerce_is_earned_when_it_is_completed_and_edited_after_it_was_paid() {
    let text = fixture("woocommerce", "order_paid");
    let topic = [("X-WC-Webhook-Topic", "order.updated")];
    let first = facts(&woo(), &[("X-WC-Webhook-Topic", "order.created")], &text);
    let total = first.iter().find_map(|f| match &f.body {
        FactBody::OrderCreated(o) => Some(o.total_minor),
        _ => None,
    });
    let total = total.unwrap();
    let done = changed(&text, |order| {
        order["status"] = json!("completed");
        order["date_modified_gmt"] = json!("2026-03-05T03:00:00");
        order["date_completed_gmt"] = json!("2026-03-05T03:00:00");
    });
    let mut all = first.clone();
    all.extend(facts(&woo(), &topic, &done));
    let deposit = format!("sales_receipt 2026-03-02 {total}");
    assert_eq!(settled(&first, LATE), std::slice::from_ref(&deposit));
    assert_eq!(settled(&all, LATE), [deposit.clone(), "sales_receipt 2026-03-04 0".to_owned()]);
    let edited = changed(&text, |order| {
        order["date_modified_gmt"] = json!("2026-03-06T12:00:00");
        let mut gift = order["line_items"][0].clone();
        gift["id"] = json!(999);
        for name in ["subtotal", "total"] {
            gift[name] = json!("5.00");
        }
        for name in ["subtotal_tax", "total_tax"] {
            gift[name] = json!("0.00");
        }
        gift["taxes"] = json!([]);
        order["line_items"].as_array_mut().unwrap().push(gift);
        order["total"] = json!(format!("{}.{:02}", (total + 500) / 100, (total + 500) % 100));
    });
    all.extend(facts(&woo(), &topic, &edited));
    assert_eq!(settled(&all, DELTA), [deposit, "invoice 2026-03-06 500".to_owned()]);
}

#[test]
fn a_counter_sale_of_square_is_earned_at_once_and_an_order_to_pick_up_when_it_is() {
    let text = fixture("square", "orders");
    let mut paid = facts(&square(), &[], &fixture("square", "payment_completed"));
    paid.retain(|f| matches!(f.body, FactBody::PaymentCaptured(_)));
    let with_order = |text: &str| [paid.clone(), facts(&square(), &[], text)].concat();
    let deposit = "sales_receipt 2026-03-02 14300";
    let at_once = [deposit, "sales_receipt 2026-03-02 0"];
    assert_eq!(settled(&with_order(&text), LATE), at_once);
    // The mug is picked up, the shirts wait.
    let waiting = |order: &mut Value, state: &str, updated: &str| {
        let order = &mut order["orders"][0];
        order["state"] = json!("OPEN");
        order["updated_at"] = json!(updated);
        order["fulfillments"] = json!([
            {"uid": "f1", "type": "PICKUP", "state": "COMPLETED",
             "line_item_application": "ENTRY_LIST",
             "entries": [{"uid": "e1", "line_item_uid": "l2", "quantity": "1"}],
             "pickup_details": {"picked_up_at": "2026-03-04T15:00:00Z"}},
            {"uid": "f2", "type": "SHIPMENT", "state": state,
             "line_item_application": "ENTRY_LIST",
             "entries": [{"uid": "e2", "line_item_uid": "l1", "quantity": "2"}],
             "shipment_details": {"shipped_at": "2026-03-07T15:00:00Z"}},
        ]);
    };
    let part = changed(&text, |o| waiting(o, "PROPOSED", "2026-03-04T15:00:01Z"));
    let part = with_order(&part);
    assert_eq!(settled(&part, LATE), [deposit, "sales_receipt 2026-03-04 0"]);
    // Shipping is a fee here, and goes with the first: 20 + 10, and 3 tax.
    let mug = part.iter().find_map(|f| match &f.body {
        FactBody::OrderFulfilled(f) => f.worth_minor(),
        _ => None,
    });
    assert_eq!(mug, Some(3_300));
    let all = changed(&text, |o| waiting(o, "COMPLETED", "2026-03-07T15:00:01Z"));
    let all = [part, facts(&square(), &[], &all)].concat();
    let both = [deposit, "sales_receipt 2026-03-04 0", "sales_receipt 2026-03-07 0"];
    assert_eq!(settled(&all, LATE), both);
}

#[test]
fn shipments_of_bigcommerce_or_its_state_say_what_left() {
    let source = bigcommerce();
    let text = fixture("bigcommerce", "order_paid");
    let paid = facts(&source, &[], &text);
    let deposit = "sales_receipt 2026-03-02 10800";
    assert_eq!(settled(&paid, LATE), [deposit]);
    let shipped = |status: u32, shipments: &Value| {
        let body = changed(&text, |whole| {
            whole["order"]["status_id"] = json!(status);
            whole["order"]["date_modified"] = json!("Fri, 06 Mar 2026 12:00:00 +0000");
            whole["order"]["date_shipped"] = json!("Fri, 06 Mar 2026 03:00:00 +0000");
            whole["shipments"] = shipments.clone();
        });
        [paid.clone(), facts(&source, &[], &body)].concat()
    };
    // Nobody made a shipment: the state says it, on the shop's day.
    assert_eq!(settled(&shipped(2, &json!([])), LATE), [deposit, "sales_receipt 2026-03-05 0"]);
    let one = json!([{"id": 91, "date_created": "Wed, 04 Mar 2026 15:00:00 +0000",
                      "items": [{"order_product_id": 11, "quantity": 1}]}]);
    let part = shipped(3, &one);
    assert_eq!(settled(&part, LATE), [deposit, "sales_receipt 2026-03-04 0"]);
    let all = shipped(2, &one);
    assert_eq!(settled(&all, LATE), [deposit, "sales_receipt 2026-03-04 0"], "all of it after all");
}

#[test]
fn what_amazon_settles_has_left() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("src/amazon/fixtures/settlement_v2_us.txt");
    let file = ports::RawDelivery {
        body: std::fs::read(file).unwrap().into(),
        ..crate::support::raw(&[], "")
    };
    let told = amazon().normalise(&file).facts;
    let kinds = |rules: &str| {
        let mut kinds: Vec<String> = documents(&told, rules);
        kinds.retain(|d| d.starts_with("NOP") || d.starts_with("MAP"));
        kinds
    };
    assert_eq!(kinds(LATE), Vec::<String>::new());
    let earned = documents(&told, LATE);
    assert!(earned.contains(&"sales_receipt 2026-01-30 0".to_owned()), "{earned:?}");
}

#[test]
fn a_parcel_that_does_not_say_what_is_in_it_is_a_fault() {
    let body = with(
        &changed(&fixture("shopify", "order_paid"), two_parcels),
        "{\"id\":502,\"quantity\":1}",
        "{\"quantity\":1}",
    );
    let told = crate::support::said(&shop(), &[("X-Shopify-Topic", "orders/updated")], &body);
    assert_eq!(told.faults.len(), 1, "{told:?}");
}
