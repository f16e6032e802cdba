//! Pollers against their vendors' list APIs: everything is read, whatever goes wrong on the way,
//! and it is what webhooks tell.

use crate::support;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Response;
use kernel::{Fact, FactBody};
use ports::{EventSource, PollFault, PollRun, Polled, Poller, RawDelivery, Secret};
use sources::adyen::{self, AdyenPoller};
use sources::amazon::{self, AmazonPoller};
use sources::paypal::{self, PayPalPoller};
use sources::square::{self, SquarePoller};
use sources::woocommerce::{self, WooCommercePoller};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use testkit::lists::{Lists, answer, read, with};
use testkit::vendor::{self, MARCH, Month};

fn woocommerce(webhooks: bool) -> WooCommercePoller {
    WooCommercePoller::new(woocommerce::Access {
        address: vendor::woocommerce::ADDRESS.to_owned(),
        key: Secret::new(vendor::woocommerce::KEY.0),
        secret: Secret::new(vendor::woocommerce::KEY.1),
        webhook_address: webhooks.then(|| vendor::woocommerce::HERE.to_owned()),
    })
    .unwrap()
}

fn pay_pal() -> PayPalPoller {
    PayPalPoller::new(paypal::Access {
        address: vendor::paypal::ADDRESS.to_owned(),
        client_id: Secret::new(vendor::paypal::CLIENT.0),
        secret: Secret::new(vendor::paypal::CLIENT.1),
    })
    .unwrap()
}

fn square() -> SquarePoller {
    SquarePoller::new(square::Access {
        address: vendor::square::ADDRESS.to_owned(),
        token: Secret::new(vendor::square::TOKEN),
        reads_orders: true,
    })
    .unwrap()
}

fn adyen() -> AdyenPoller {
    AdyenPoller::new(adyen::Access {
        address: vendor::adyen::ADDRESS.to_owned(),
        user: Some(Secret::new(vendor::adyen::USER.0)),
        secret: Secret::new(vendor::adyen::USER.1),
        merchant_account: vendor::adyen::ACCOUNT.to_owned(),
        first_batch: vendor::adyen::FIRST,
    })
    .unwrap()
}

fn amazon() -> AmazonPoller {
    let (id, secret, refresh) = vendor::amazon::CLIENT;
    AmazonPoller::new(amazon::Access {
        address: vendor::amazon::ADDRESS.to_owned(),
        token_address: vendor::amazon::TOKENS.to_owned(),
        client_id: Secret::new(id),
        client_secret: Secret::new(secret),
        refresh_token: Secret::new(refresh),
    })
    .unwrap()
}

fn settlements(reports: u32) -> Month {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/amazon/fixtures/settlement_v2_us.txt"));
    vendor::amazon::month(reports, &text.unwrap(), "11100000001")
}

/// The facts of what was fetched.
fn told(source: &dyn EventSource, polled: &[Polled]) -> Vec<Fact> {
    let facts = polled.iter().flat_map(|p| {
        let headers = p.headers.clone();
        let raw = RawDelivery { headers, body: p.body.clone(), received_at: MARCH.until };
        let said = source.normalise(&raw);
        assert_eq!(said.faults, [], "{}", String::from_utf8_lossy(&p.body));
        said.facts
    });
    facts.collect()
}

/// The poller reads all of the month, and the same while every third answer is spoiled. Returns
/// what it read.
fn reads(poller: &dyn Poller, month: &Month) -> Vec<Polled> {
    let calm = read(poller, &month.lists, MARCH);
    assert_eq!(month.lists.wrong(), Vec::<String>::new());
    assert!(!calm.is_empty());
    let set = |all: &[Polled]| all.iter().map(|p| p.body.clone()).collect::<BTreeSet<_>>();
    for seed in 1..9 {
        month.lists.spoil(seed);
        let spoiled = read(poller, &month.lists, MARCH);
        assert_eq!(month.lists.wrong(), Vec::<String>::new(), "seed {seed}");
        assert_eq!(set(&spoiled), set(&calm), "seed {seed}");
    }
    calm
}

/// Every movement that webhooks tell of is told by the lists under the same key, with the same
/// amount.
fn heals(source: &dyn EventSource, month: &Month, polled: &[Polled]) -> BTreeMap<String, i64> {
    let amounts = |facts: Vec<Fact>| -> BTreeMap<String, i64> {
        let moved = facts.into_iter().filter(|f| !matches!(f.body, FactBody::PaymentAuthorised(_)));
        moved.filter_map(|f| Some((f.key.0.clone(), f.amount()?.minor))).collect()
    };
    let listed = amounts(told(source, polled));
    let mut webhooks = Vec::new();
    for raw in &month.webhooks {
        let said = source.normalise(raw);
        assert_eq!(said.faults, []);
        webhooks.extend(said.facts);
    }
    let missing: Vec<_> =
        amounts(webhooks).into_iter().filter(|(key, n)| listed.get(key) != Some(n)).collect();
    assert_eq!(missing, [], "not listed, or with another amount");
    listed
}

#[test]
fn a_shop_on_woocommerce_is_read_with_its_refunds() {
    let month = vendor::woocommerce::month(130);
    let polled = reads(&woocommerce(false), &month);
    let listed = heals(&support::woo(), &month, &polled);
    assert_eq!(listed.keys().filter(|k| k.contains("/refund/")).count(), 44);
    let refunds = told(&support::woo(), &polled);
    let refunds = refunds.iter().filter_map(|f| match &f.body {
        FactBody::RefundIssued(r) => Some(r.lines.len()),
        _ => None,
    });
    assert!(refunds.eq(std::iter::repeat_n(1, 44)), "the list itemises them");
}

#[test]
fn an_account_at_paypal_is_read_also_where_no_webhook_tells() {
    let month = vendor::paypal::month(60);
    let polled = reads(&pay_pal(), &month);
    let listed = heals(&support::pay_pal(), &month, &polled);
    assert_eq!(listed.keys().filter(|k| k.contains("/paid")).count(), 6);
}

#[test]
fn an_account_at_square_is_read_at_all_its_locations() {
    let month = vendor::square::month(40);
    let polled = reads(&square(), &month);
    let listed = heals(&support::square(), &month, &polled);
    assert_eq!(listed.keys().filter(|k| k.contains("/order/")).count(), 40);
    let itemised = told(&support::square(), &polled);
    let entries: usize = itemised
        .iter()
        .filter_map(|f| match &f.body {
            FactBody::PayoutItemised(items) => Some(items.entries.len()),
            _ => None,
        })
        .sum();
    assert_eq!(entries, 36 + 9, "36 payments and 9 refunds were paid out");
}

#[test]
fn settlements_of_adyen_tell_what_webhooks_did() {
    let month = vendor::adyen::month(30);
    let polled = reads(&adyen(), &month);
    assert_eq!(polled.len(), 4);
    let source = support::adyen();
    let listed = heals(&source, &month, &polled);
    assert_eq!(listed.keys().filter(|k| k.ends_with("/capture")).count(), 30);
    // A webhook has the last word about its payment.
    let webhook = source.normalise(&month.webhooks[0]).facts;
    let report = told(&source, &polled);
    let same = report.iter().find(|f| f.key == webhook[0].key).unwrap();
    assert!(same.version < webhook[0].version);
}

#[test]
fn settlements_of_amazon_are_downloaded_once() {
    let month = settlements(7);
    let polled = reads(&amazon(), &month);
    assert_eq!(polled.len(), 7);
    let facts = told(&support::amazon(), &polled);
    let payouts = facts.iter().filter(|f| matches!(f.body, FactBody::PayoutPaid(_))).count();
    assert_eq!(payouts, 7);
    // The next reading goes on behind them.
    let poller = amazon();
    let stream = poller.streams()[0];
    let month = settlements(7);
    let run = |place: &str| {
        let mut run = poller.resume(&stream, MARCH, place).unwrap();
        let mut files = 0;
        while let Some(request) = run.ask() {
            files += run.take(&month.lists.ask(&request).unwrap()).unwrap().len();
        }
        (files, run.place())
    };
    let (files, place) = run("");
    assert_eq!(files, 7);
    assert_eq!(run(&place), (0, place.clone()));
}

/// A reading of Amazon's reports that asks for a file next.
fn about_to_download() -> Box<dyn PollRun> {
    let mut run = begin(&amazon(), "settlements");
    for body in [
        "{\"access_token\":\"t1\"}",
        "{\"reports\":[{\"reportDocumentId\":\"D1\"}]}",
        "{\"url\":\"https://files.example/1?X=1\"}",
    ] {
        run.ask();
        run.take(&answer(200, body)).unwrap();
    }
    run
}

#[test]
fn a_download_that_is_no_report_of_amazon_is_not_taken_for_one() {
    // Of a packed file that broke off the beginning still unpacks.
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(b"settlement-id\tamount\n1\t2.00\n").unwrap();
    let packed = packer.finish().unwrap();
    let half = packed[..packed.len() - 4].to_vec();
    let bodies: [&[u8]; 5] =
        [b"", b"{\"orders\":[{\"id\":", b"<html>\tbusy</html>", b"busy", &half];
    for body in bodies {
        let mut run = about_to_download();
        // It is tried again at once, and then keeps no other report back.
        let mut take = || {
            assert_eq!(run.ask().unwrap().uri().host(), Some("files.example"));
            run.take(&Response::new(Bytes::copy_from_slice(body)))
        };
        assert!(matches!(take(), Err(PollFault::Failed(_))));
        assert!(matches!(take(), Err(PollFault::Failed(_))));
        assert_eq!(take(), Ok(Vec::new()));
        assert!(run.ask().is_none());
        assert_eq!(run.place(), "!D1");
        assert!(run.findings()[0].detail.contains("D1"));
    }
    // Every further reading asks for it, also where it is listed no more, until it is there.
    let further = |answers: &[Response<Bytes>]| {
        let poller = amazon();
        let mut run = poller.resume(&poller.streams()[0], MARCH, "D0 !D1").unwrap();
        let mut read = 0;
        let first = ["{\"access_token\":\"t1\"}", "{\"reports\":[]}"].map(|body| answer(200, body));
        for answer in first.iter().chain(answers) {
            run.ask().unwrap();
            read += run.take(answer).unwrap().len();
        }
        assert!(run.ask().is_none());
        (read, run.place(), run.findings().len())
    };
    assert_eq!(further(&[answer(404, "{}")]), (0, "D0 !D1".to_owned(), 1));
    // A table is kept whatever its columns are called: what is new in it is told as a fault.
    let there = answer(200, "{\"url\":\"https://files.example/1?X=1\"}");
    let whole = Response::new(Bytes::from(packed));
    assert_eq!(further(&[there, whole]), (1, "D0".to_owned(), 0));
}

#[test]
fn a_batch_that_is_passed_over_is_missing_until_it_is_there() {
    let poller = adyen();
    let stream = poller.streams()[0];
    let run = |lists: &Lists, place: &str| {
        let mut run = poller.resume(&stream, MARCH, place).unwrap();
        let mut read = Vec::new();
        while let Some(request) = run.ask() {
            read.extend(run.take(&lists.ask(&request).unwrap()).unwrap());
        }
        assert_eq!(lists.wrong(), Vec::<String>::new());
        (read.len(), run.place(), run.findings())
    };
    let (read, place, found) = run(&vendor::adyen::without(120..125, &[121, 123]), "");
    assert_eq!((read, place.as_str()), (3, "125 missing 121 123"));
    assert_eq!(found[0].code, kernel::ReasonCode::SourceGap);
    assert!(found[0].detail.contains("121, 123"), "{}", found[0].detail);
    let (read, place, found) = run(&vendor::adyen::without(120..126, &[123]), &place);
    assert_eq!((read, place.as_str(), found.len()), (2, "126 missing 123", 1));
    let (read, place, found) = run(&vendor::adyen::without(120..126, &[]), &place);
    assert_eq!((read, place.as_str(), found.len()), (1, "126", 0));
    // Nothing new: nothing is read again.
    assert_eq!(
        run(&vendor::adyen::without(120..126, &[]), &place),
        (0, "126".to_owned(), Vec::new())
    );
    assert!(poller.resume(&stream, MARCH, "x").is_err());
}

fn begin(poller: &dyn Poller, stream: &str) -> Box<dyn PollRun> {
    let stream = poller.streams().iter().find(|s| s.name == stream).unwrap();
    poller.begin(stream, MARCH).unwrap()
}

fn orders(total: u32, page: &[u32]) -> Response<Bytes> {
    let list: Vec<String> = page.iter().map(|id| format!("{{\"id\":{id}}}")).collect();
    with(answer(200, format!("[{}]", list.join(","))), &[("x-wp-total", total.to_string())])
}

#[test]
fn a_list_that_changes_while_it_is_read_is_read_from_the_start() {
    let mut run = begin(&woocommerce(false), "orders");
    let page = |from: u32| (from..from + 100).collect::<Vec<_>>();
    let number = |run: &mut dyn PollRun| {
        let uri = run.ask().unwrap().uri().to_string();
        uri.rsplit("&page=").next().unwrap().to_owned()
    };
    assert_eq!(run.take(&orders(150, &page(1))).unwrap().len(), 100);
    assert_eq!(number(run.as_mut()), "2");
    // One order was changed and left the list: the 101st is now the 100th.
    assert_eq!(run.take(&orders(149, &(102..151).collect::<Vec<_>>())), Ok(Vec::new()));
    assert_eq!(number(run.as_mut()), "1");
    assert_eq!(run.take(&orders(149, &page(2))).unwrap().len(), 100);
    // A page that holds less than it must is not one.
    let short = run.take(&orders(149, &[102]));
    assert!(matches!(&short, Err(PollFault::Failed(why)) if why.contains("49")), "{short:?}");
    assert_eq!(run.take(&orders(149, &(102..151).collect::<Vec<_>>())).unwrap().len(), 49);
    assert!(run.ask().is_none());
}

#[test]
fn a_webhook_that_woocommerce_switched_off_is_found() {
    let hook = |topic: &str, status: &str| {
        let url = vendor::woocommerce::HERE;
        format!("{{\"topic\":\"{topic}\",\"delivery_url\":\"{url}/\",\"status\":\"{status}\"}}")
    };
    let found = |hooks: &[String]| {
        let mut run = begin(&woocommerce(true), "webhooks");
        let total = [("x-wp-total", hooks.len().to_string())];
        run.take(&with(answer(200, format!("[{}]", hooks.join(","))), &total)).unwrap();
        assert!(run.ask().is_none());
        run.findings()
    };
    let created = hook("order.created", "active");
    assert_eq!(found(&[created.clone(), hook("order.updated", "active")]), []);
    let lost = found(&[created, hook("order.updated", "disabled")]);
    assert_eq!(lost[0].code, kernel::ReasonCode::WebhookRemoved);
    assert!(lost[0].detail.contains("order.updated") && !lost[0].detail.contains("order.created"));
    assert_eq!(found(&[]).len(), 1);
}

#[test]
fn a_token_that_is_not_granted_or_refused_at_once_is_told() {
    let mut run = begin(&pay_pal(), "disputes");
    let asked = |run: &mut dyn PollRun| run.ask().unwrap().uri().path().to_owned();
    assert_eq!(asked(run.as_mut()), "/v1/oauth2/token");
    let refused = run.take(&answer(401, "{\"error\":\"invalid_client\"}"));
    assert!(matches!(refused, Err(PollFault::Denied(_))));
    assert!(matches!(run.take(&answer(400, "{}")), Err(PollFault::Denied(_))));
    assert!(matches!(run.take(&answer(200, "{}")), Err(PollFault::Failed(_))));
    let granted = answer(200, "{\"access_token\":\"t1\"}");
    assert_eq!(run.take(&granted), Ok(Vec::new()));
    let request = run.ask().unwrap();
    let shown = &request.headers()["authorization"];
    assert!(shown == "Bearer t1" && shown.is_sensitive());
    // Fresh and refused: the access is missing, another token would not help.
    assert!(matches!(run.take(&answer(401, "{}")), Err(PollFault::Denied(_))));
    assert_eq!(asked(run.as_mut()), "/v1/oauth2/token");
    run.take(&granted).unwrap();
    assert_eq!(asked(run.as_mut()), "/v1/customer/disputes");
    run.take(&answer(200, "{\"items\":[{\"dispute_id\":\"PP-1\"}]}")).unwrap();
    assert_eq!(asked(run.as_mut()), "/v1/customer/disputes/PP-1");
    // In use and refused: it has ended.
    assert_eq!(run.take(&answer(401, "{}")), Ok(Vec::new()));
    assert_eq!(asked(run.as_mut()), "/v1/oauth2/token");
}

#[test]
fn tokens_are_shown_nowhere_else() {
    // PayPal's next page is asked for at the one address that is known.
    let mut run = begin(&pay_pal(), "events");
    run.ask();
    run.take(&answer(200, "{\"access_token\":\"t1\"}")).unwrap();
    let next = |href: &str| {
        answer(
            200,
            format!("{{\"events\":[],\"links\":[{{\"rel\":\"next\",\"href\":\"{href}\"}}]}}"),
        )
    };
    run.ask();
    let elsewhere = run.take(&next("https://evil.example/v1/other?x=1"));
    assert!(matches!(elsewhere, Err(PollFault::Failed(_))), "{elsewhere:?}");
    run.take(&next("https://evil.example/v1/notifications/webhooks-events?x=1")).unwrap();
    let request = run.ask().unwrap();
    assert_eq!(request.uri().host(), Some("api-m.paypal.example"));
    // A file of Amazon's lies elsewhere, and is asked for without a token, over TLS.
    let mut run = about_to_download();
    let request = run.ask().unwrap();
    assert_eq!(request.uri().host(), Some("files.example"));
    assert!(!request.headers().contains_key("x-amz-access-token"));
    let mut run = begin(&amazon(), "settlements");
    for body in ["{\"access_token\":\"t1\"}", "{\"reports\":[{\"reportDocumentId\":\"D1\"}]}"] {
        run.ask();
        run.take(&answer(200, body)).unwrap();
    }
    run.ask();
    assert!(run.take(&answer(200, "{\"url\":\"http://files.example/1\"}")).is_err());
}

#[test]
fn what_is_no_list_is_asked_for_again() {
    let pollers: [(Box<dyn Poller>, &str); 4] = [
        (Box::new(woocommerce(true)), "orders"),
        (Box::new(woocommerce(true)), "webhooks"),
        (Box::new(square()), "refunds"),
        (Box::new(adyen()), "settlements"),
    ];
    for (poller, stream) in &pollers {
        let mut run = begin(poller.as_ref(), stream);
        let asked = run.ask().unwrap().uri().to_string();
        for body in ["", "{}x", "[{}]", "{\"errors\":[]}", "<html>", "{\"refunds\":{}}"] {
            let got = run.take(&answer(200, body));
            assert!(matches!(got, Err(PollFault::Failed(_))), "{stream}: {body}: {got:?}");
        }
        assert!(matches!(run.take(&answer(403, "")), Err(PollFault::Denied(_))));
        let busy = with(answer(429, ""), &[("retry-after", "7".to_owned())]);
        assert_eq!(run.take(&busy), Err(PollFault::Throttled { wait_s: 8 }));
        assert_eq!(run.ask().unwrap().uri().to_string(), asked);
    }
}
