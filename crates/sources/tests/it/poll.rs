//! Pollers ask for every page and take nothing that is not an answer.

use crate::support::zone;
use bytes::Bytes;
use http::{Response, StatusCode};
use kernel::Timestamp;
use ports::{PollFault, PollRun, Poller, Secret, Window};
use sources::bigcommerce::{self, BigCommercePoller};
use sources::shopify::{self, ShopifyPoller};
use sources::square::{self, SquarePoller};
use sources::stripe::{self, StripePoller};

const WINDOW: Window =
    Window { since: Timestamp(1_772_323_200_000_000), until: Timestamp(1_772_409_600_000_000) };

const HERE: &str = "https://books.example/webhooks/shopify:acme";

fn shopify(stream: &str) -> Box<dyn PollRun> {
    let address = "https://acme.myshopify.example".to_owned();
    let webhook_address = Some(HERE.to_owned());
    let access =
        shopify::Access { address, token: Secret::new("shpat_1"), zone: zone(), webhook_address };
    let poller = ShopifyPoller::new(access).unwrap();
    let stream = poller.streams().iter().find(|s| s.name == stream).unwrap();
    poller.begin(stream, WINDOW).unwrap()
}

fn stripe() -> Box<dyn PollRun> {
    let address = "https://api.stripe.example".to_owned();
    let access = stripe::Access { address, key: Secret::new("rk_1") };
    let poller = StripePoller::new(access).unwrap();
    poller.begin(&poller.streams()[0], WINDOW).unwrap()
}

fn bigcommerce() -> BigCommercePoller {
    let address = "https://api.bigcommerce.example/stores/abc".to_owned();
    BigCommercePoller::new(bigcommerce::Access { address, token: Secret::new("t") }).unwrap()
}

fn bigcommerce_list(n: usize) -> Box<dyn PollRun> {
    let poller = bigcommerce();
    poller.begin(&poller.streams()[n], WINDOW).unwrap()
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        answer.headers_mut().insert(*name, value.parse().unwrap());
    }
    answer
}

fn uri(run: &mut dyn PollRun) -> String {
    run.ask().map_or_else(String::new, |r| r.uri().to_string())
}

fn bodies(run: &mut dyn PollRun, answer: &Response<Bytes>) -> Vec<String> {
    let polled = run.take(answer).unwrap();
    polled.iter().map(|p| String::from_utf8(p.body.to_vec()).unwrap()).collect()
}

#[test]
fn orders_are_asked_for_page_by_page_each_with_its_transactions() {
    let mut run = shopify("orders");
    let first = uri(run.as_mut());
    assert_eq!(
        first,
        "https://acme.myshopify.example/admin/api/2026-07/orders.json?status=any&limit=250\
         &order=updated_at+asc&updated_at_min=2026-03-01T00:00:00Z\
         &updated_at_max=2026-03-02T00:00:00Z"
    );
    let request = run.ask().unwrap();
    let token = &request.headers()["x-shopify-access-token"];
    assert!(token == "shpat_1" && token.is_sensitive());
    let next = "https://acme.myshopify.example/admin/api/2026-07/orders.json?page_info=2";
    let link =
        format!("<https://acme.myshopify.example/x>; rel=\"previous\", <{next}>; rel=\"next\"");
    // Amounts stay as they are written.
    let page = "{\"orders\":[{\"id\":11,\"total\":1.10},{\"id\":12}]}";
    let found = bodies(run.as_mut(), &answer(200, &[("link", &link)], page));
    assert_eq!(found, ["{\"id\":11,\"total\":1.10}", "{\"id\":12}"]);
    for id in [11, 12] {
        assert!(uri(run.as_mut()).ends_with(&format!("/orders/{id}/transactions.json")));
        let found = bodies(run.as_mut(), &answer(200, &[], "{\"transactions\":[{\"id\":1}]}"));
        assert_eq!(found, ["{\"id\":1}"]);
    }
    assert_eq!(uri(run.as_mut()), next);
    assert!(bodies(run.as_mut(), &answer(200, &[], "{\"orders\":[]}")).is_empty());
    assert!(run.ask().is_none());
}

#[test]
fn a_payout_is_handed_over_with_all_pages_of_its_movements_at_once() {
    let mut run = shopify("payouts");
    assert!(uri(run.as_mut()).ends_with("date_min=2026-02-28&date_max=2026-03-01"));
    let page =
        "{\"payouts\":[{\"id\":5,\"status\":\"paid\"},{\"id\":6,\"status\":\"in_transit\"}]}";
    assert_eq!(bodies(run.as_mut(), &answer(200, &[], page)).len(), 2);
    assert!(uri(run.as_mut()).ends_with("payout_id=5"));
    let link = "<https://acme.myshopify.example/admin/p2>; rel=\"next\"";
    let first = answer(200, &[("link", link)], "{\"transactions\":[{\"id\":1}]}");
    assert!(bodies(run.as_mut(), &first).is_empty());
    let found = bodies(run.as_mut(), &answer(200, &[], "{\"transactions\":[{\"id\":2}]}"));
    assert_eq!(found, ["{\"transactions\":[{\"id\":1},{\"id\":2}]}"]);
    assert!(run.ask().is_none());
    // A shop without Shopify Payments has no such list.
    let mut run = shopify("payouts");
    assert!(bodies(run.as_mut(), &answer(404, &[], "{\"errors\":\"Not Found\"}")).is_empty());
    assert!(run.ask().is_none());
}

#[test]
fn a_token_is_not_sent_to_another_host() {
    let elsewhere = [
        "https://acme.myshopify.example.evil.example/admin/p2",
        "https://evil.example/admin/p2",
        "http://acme.myshopify.example/admin/p2",
    ];
    for uri in elsewhere {
        let mut run = shopify("orders");
        let link = format!("<{uri}>; rel=\"next\"");
        let got = run.take(&answer(200, &[("link", &link)], "{\"orders\":[]}"));
        assert!(matches!(&got, Err(PollFault::Failed(why)) if why.contains("refused")), "{got:?}");
        assert!(run.ask().is_some(), "it is asked again");
    }
}

#[test]
fn events_are_paged_and_a_reconciled_payout_brings_its_movements() {
    let mut run = stripe();
    let first = uri(run.as_mut());
    assert!(first.ends_with("created%5Bgte%5D=1772323200&created%5Blt%5D=1772409600"), "{first}");
    let payout = "{\"id\":\"evt_2\",\"object\":\"event\",\"type\":\"payout.paid\",\"data\":{\"object\":\
                  {\"id\":\"po_1\",\"object\":\"payout\",\"reconciliation_status\":\"completed\"}}}";
    let page = |more: bool, data: &str| {
        answer(200, &[], &format!("{{\"object\":\"list\",\"has_more\":{more},\"data\":[{data}]}}"))
    };
    assert_eq!(bodies(run.as_mut(), &page(true, payout)), [payout]);
    assert_eq!(uri(run.as_mut()), format!("{first}&starting_after=evt_2"));
    // The same page again would never end.
    assert!(run.take(&page(true, payout)).is_err());
    assert!(bodies(run.as_mut(), &page(false, "")).is_empty());
    assert!(uri(run.as_mut()).contains("/v1/balance_transactions?payout=po_1&"));
    assert!(bodies(run.as_mut(), &page(true, "{\"id\":\"txn_1\"}")).is_empty());
    let polled = run.take(&page(false, "{\"id\":\"txn_2\"}")).unwrap();
    assert_eq!(polled[0].headers[1], ("tieout-payout".to_owned(), "po_1".to_owned()));
    let body = String::from_utf8(polled[0].body.to_vec()).unwrap();
    assert!(body.contains("\"has_more\":false,\"data\":[{\"id\":\"txn_1\"},{\"id\":\"txn_2\"}]"));
    assert!(run.ask().is_none());
}

/// Answers what is asked for an order whose parts are all empty; returns what was read.
fn parts(run: &mut dyn PollRun, order: &str, all_parts: bool) -> Vec<String> {
    let v3 = "{\"data\":[],\"meta\":{}}";
    let mut all = vec![("v2", "products", 204, ""), ("v2", "taxes", 204, "")];
    if all_parts {
        all.extend([("v2", "coupons", 200, "[]"), ("v2", "shipments", 204, "")]);
    }
    all.extend([("v3", "transactions", 200, v3), ("v3", "payment_actions/refunds", 200, v3)]);
    let mut read = Vec::new();
    for (version, part, status, body) in all {
        assert_eq!(
            uri(run),
            format!(
                "https://api.bigcommerce.example/stores/abc/{version}/orders/{order}/{part}\
                 ?page=1&limit=250"
            )
        );
        assert!(read.is_empty());
        read = bodies(run, &answer(status, &[], body));
    }
    read
}

#[test]
fn an_order_of_bigcommerce_is_handed_over_whole() {
    let mut run = bigcommerce_list(0);
    let first = uri(run.as_mut());
    assert_eq!(
        first,
        "https://api.bigcommerce.example/stores/abc/v2/orders?include=fees\
         &sort=id:asc&min_date_modified=2026-03-01T00:00:00Z\
         &max_date_modified=2026-03-02T00:00:00Z&page=1&limit=250"
    );
    let request = run.ask().unwrap();
    assert!(request.headers()["x-auth-token"].is_sensitive());
    let full: Vec<String> = (1..=250)
        .map(|n| format!("{{\"id\":{n},\"coupon_discount\":\"0.0000\",\"items_shipped\":0}}"))
        .collect();
    assert!(bodies(run.as_mut(), &answer(200, &[], &format!("[{}]", full.join(",")))).is_empty());
    for n in 1..=250 {
        let read = parts(run.as_mut(), &n.to_string(), false);
        assert_eq!(
            read,
            [format!(
                "{{\"order\":{},\"products\":[],\"taxes\":[],\"coupons\":[],\
                 \"shipments\":[],\"transactions\":[],\"refunds\":[]}}",
                full[n - 1]
            )]
        );
    }
    // The list goes on behind the last id, whatever changed meanwhile, and never back.
    let second = uri(run.as_mut());
    assert_eq!(second, first.replace("&page=1", "&min_id=251&page=1"));
    let back = run.take(&answer(200, &[], &format!("[{}]", full.join(","))));
    assert!(matches!(back, Err(PollFault::Failed(_))), "{back:?}");
    assert_eq!(uri(run.as_mut()), second);
    // A full page may be the last one.
    assert!(bodies(run.as_mut(), &answer(204, &[], "")).is_empty());
    assert!(run.ask().is_none());
    // Parts are paged too, and coupons and shipments asked for where there are some.
    let mut run = bigcommerce().fetch("orders/7").unwrap();
    assert!(uri(run.as_mut()).ends_with("/v2/orders/7?include=fees"));
    let order = "{\"id\":7,\"coupon_discount\":\"5.0000\",\"items_shipped\":2}";
    assert!(bodies(run.as_mut(), &answer(200, &[], order)).is_empty());
    let full = format!("[{}]", ["{\"id\":1}"; 250].join(","));
    assert!(bodies(run.as_mut(), &answer(200, &[], &full)).is_empty());
    assert!(uri(run.as_mut()).ends_with("/v2/orders/7/products?page=2&limit=250"));
    assert!(bodies(run.as_mut(), &answer(200, &[], "[{\"id\":2}]")).is_empty());
    assert!(uri(run.as_mut()).contains("/7/taxes"));
    assert!(bodies(run.as_mut(), &answer(200, &[], "[]")).is_empty());
    assert!(uri(run.as_mut()).contains("/7/coupons"));
    assert!(bodies(run.as_mut(), &answer(200, &[], "[]")).is_empty());
    assert!(uri(run.as_mut()).contains("/7/shipments"));
    assert!(bodies(run.as_mut(), &answer(200, &[], "[{\"id\":11}]")).is_empty());
    let page = |now: u8, data: &str| {
        let pages = format!("{{\"pagination\":{{\"current_page\":{now},\"total_pages\":2}}}}");
        answer(200, &[], &format!("{{\"data\":[{data}],\"meta\":{pages}}}"))
    };
    assert!(bodies(run.as_mut(), &page(1, "{\"id\":8}")).is_empty());
    assert!(uri(run.as_mut()).ends_with("/v3/orders/7/transactions?page=2&limit=250"));
    assert!(bodies(run.as_mut(), &page(2, "{\"id\":9}")).is_empty());
    let read = bodies(run.as_mut(), &page(2, "{\"id\":10}"));
    assert_eq!(read[0].matches("\"id\":1}").count(), 250);
    assert!(read[0].contains("{\"id\":1},{\"id\":2}],\"taxes\":[]"), "{}", read[0]);
    assert!(read[0].contains("\"shipments\":[{\"id\":11}],"), "{}", read[0]);
    assert!(
        read[0].ends_with("\"transactions\":[{\"id\":8},{\"id\":9}],\"refunds\":[{\"id\":10}]}")
    );
    assert!(run.ask().is_none());
}

#[test]
fn a_refund_brings_its_order_and_one_that_is_gone_is_said() {
    let mut run = bigcommerce_list(1);
    assert!(uri(run.as_mut()).contains(
        "/v3/orders/payment_actions/refunds?created%3Amin=2026-03-01T00:00:00Z&created%3Amax="
    ));
    let refunds = "{\"data\":[{\"id\":1,\"order_id\":5},{\"id\":2,\"order_id\":\"6\"},\
                   {\"id\":3,\"order_id\":5}],\"meta\":{}}";
    assert!(bodies(run.as_mut(), &answer(200, &[], refunds)).is_empty());
    assert!(uri(run.as_mut()).ends_with("/v2/orders/5?include=fees"));
    assert!(bodies(run.as_mut(), &answer(200, &[], "{\"id\":5}")).is_empty());
    assert_eq!(parts(run.as_mut(), "5", true).len(), 1);
    assert!(uri(run.as_mut()).ends_with("/v2/orders/6?include=fees"));
    let gone = bodies(run.as_mut(), &answer(404, &[], "[]"));
    assert_eq!(gone, ["{\"deleted_order\":6}"]);
    assert!(run.ask().is_none());
    // Only an order that was asked for by its name can be gone: a list that is not there is no
    // empty one.
    let mut run = bigcommerce_list(1);
    assert!(run.take(&answer(404, &[], "[]")).is_err());
    for name in ["orders/", "orders/../x", "orders/1/products", "refunds/1", ""] {
        assert!(bigcommerce().fetch(name).is_err(), "{name}");
    }
    let mut run = bigcommerce_list(0);
    let busy = run.take(&answer(429, &[("x-rate-limit-time-reset-ms", "12500")], ""));
    assert_eq!(busy, Err(PollFault::Throttled { wait_s: 13 }));
}

#[test]
fn what_is_no_answer_is_asked_again() {
    for mut run in [shopify("orders"), stripe(), bigcommerce_list(0), bigcommerce_list(1)] {
        let asked = uri(run.as_mut());
        let busy = run.take(&answer(429, &[("retry-after", "2.0")], ""));
        assert_eq!(busy, Err(PollFault::Throttled { wait_s: 3 }));
        let refused = run.take(&answer(403, &[], "no\u{7} access"));
        assert!(matches!(&refused, Err(PollFault::Denied(why)) if why.contains("no access")));
        let garbage = [
            "",
            "7",
            "[{}]",
            "[{\"id\":\"../x\"}]",
            "{}",
            "{\"data\":[{}]}",
            "{\"data\":[],\"meta\":{\"pagination\":{\"current_page\":1,\"total_pages\":2}}}",
            "{\"orders\":{}}",
            "{\"orders\":[{}]}",
            "{\"orders\":[{\"id\":",
            "{\"orders\":[{\"id\":\"../x\"}]}",
            "{\"object\":\"list\",\"has_more\":true,\"data\":[{\"id\":\"a/b\"}]}",
        ];
        for body in garbage {
            assert!(
                matches!(run.take(&answer(200, &[], body)), Err(PollFault::Failed(_))),
                "{body}"
            );
        }
        for status in [301, 404, 500, 503] {
            assert!(matches!(run.take(&answer(status, &[], "x")), Err(PollFault::Failed(_))));
        }
        assert_eq!(uri(run.as_mut()), asked);
    }
}

#[test]
fn a_subscription_that_shopify_removed_is_found() {
    let all = ["orders/create", "orders/updated", "order_transactions/create", "refunds/create"];
    let hook = |topic: &str, address: &str| {
        format!("{{\"id\":1,\"topic\":\"{topic}\",\"address\":\"{address}\"}}")
    };
    let page = |hooks: &[String], link: &str| {
        answer(200, &[("link", link)], &format!("{{\"webhooks\":[{}]}}", hooks.join(",")))
    };
    let mut run = shopify("webhooks");
    assert!(uri(run.as_mut()).ends_with("/webhooks.json?limit=250"));
    let next = "<https://acme.myshopify.example/admin/p2>; rel=\"next\"";
    let mut hooks: Vec<String> = all.iter().map(|topic| hook(topic, HERE)).collect();
    let last = hooks.split_off(2);
    assert!(bodies(run.as_mut(), &page(&hooks, next)).is_empty());
    assert!(bodies(run.as_mut(), &page(&last, "")).is_empty());
    assert!(run.ask().is_none());
    assert_eq!(run.findings(), []);
    // One is gone, one delivers elsewhere.
    let mut run = shopify("webhooks");
    hooks.push(hook("refunds/create", "https://old.example/webhooks/shopify:acme"));
    assert!(bodies(run.as_mut(), &page(&hooks, "")).is_empty());
    let found = run.findings();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, kernel::ReasonCode::WebhookRemoved);
    let lost = "order_transactions/create, refunds/create";
    assert!(found[0].detail.contains(lost), "{}", found[0].detail);
}

fn square() -> SquarePoller {
    let address = "https://connect.square.example".to_owned();
    let access = square::Access { address, token: Secret::new("t"), reads_orders: true };
    SquarePoller::new(access).unwrap()
}

#[test]
fn an_order_that_squares_webhook_names_is_read_by_its_id() {
    let poller = square();
    assert!(poller.fetches());
    let mut run = poller.fetch("orders/ORDER_1").unwrap();
    assert_eq!(uri(run.as_mut()), "https://connect.square.example/v2/orders/ORDER_1");
    let order = "{\"order\":{\"id\":\"ORDER_1\",\"version\":3}}";
    assert_eq!(bodies(run.as_mut(), &answer(200, &[], order)), [order]);
    assert!(run.ask().is_none());
    // One that is not there keeps nothing back, and one that cannot be read is asked for again.
    let mut run = poller.fetch("orders/ORDER_2").unwrap();
    assert!(run.take(&answer(500, &[], "{}")).is_err());
    let gone = answer(404, &[], "{\"errors\":[{\"code\":\"NOT_FOUND\"}]}");
    assert_eq!(bodies(run.as_mut(), &gone), ["{\"missing_order\":\"ORDER_2\"}"]);
    for name in ["orders/", "orders/a/b", "orders/..", "payments/1", "orders/a?b"] {
        assert!(poller.fetch(name).is_err(), "{name}");
    }
}
