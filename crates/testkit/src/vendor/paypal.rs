//! A PayPal account: captures, refunds, disputes, fees and transfers to the bank.

use super::{Month, Tokens, at, page, webhook};
use crate::lists::{Asked, Lists, Vendor, answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Response};
use kernel::Timestamp;

/// Where the API is.
pub const ADDRESS: &str = "https://api-m.paypal.example";
/// Client id and secret.
pub const CLIENT: (&str, &str) = ("client", "secret");
/// More movements than this in one answer are refused.
const MOVEMENTS_MAX: usize = 40;

struct Account {
    /// Moment in seconds and text.
    events: Vec<(i64, String)>,
    movements: Vec<(i64, String)>,
    disputes: Vec<(i64, String, String)>,
    tokens: Tokens,
}

fn event(id: &str, name: &str, made: Timestamp, resource: &str) -> String {
    format!(
        "{{\"id\":\"WH-{id}\",\"event_version\":\"1.0\",\"create_time\":\"{made}\",\
         \"event_type\":\"{name}\",\"resource\":{resource},\"links\":[{{\"href\":\
         \"https://api.paypal.com/v1/notifications/webhooks-events/WH-{id}\",\"rel\":\"self\"}}]}}"
    )
}

fn amount(value: &str) -> String {
    format!("{{\"currency_code\":\"USD\",\"value\":\"{value}\"}}")
}

fn movement(id: &str, code: &str, made: Timestamp, value: &str, more: &str) -> String {
    let stamp = made.to_string().replace('Z', "+0000");
    format!(
        "{{\"transaction_info\":{{\"transaction_id\":\"{id}\",\"transaction_event_code\":\"{code}\",\
         \"transaction_initiation_date\":\"{stamp}\",\"transaction_updated_date\":\"{stamp}\",\
         \"transaction_amount\":{},\"transaction_status\":\"S\"{more}}}}}",
        amount(value)
    )
}

/// A month of `payments` captures of 34.97; every third is refunded, every fifth disputed.
pub fn month(payments: u32) -> Month {
    let mut account = Account {
        events: Vec::new(),
        movements: Vec::new(),
        disputes: Vec::new(),
        tokens: Tokens::default(),
    };
    let mut webhooks = Vec::new();
    for n in 0..payments {
        let (made, id) = (at(n), format!("8AB12345CD678{n:04}"));
        let mut tell = |key: String, name: &str, when: Timestamp, resource: &str| {
            let text = event(&key, name, when, resource);
            account.events.push((when.seconds(), text.clone()));
            webhooks.push(webhook(&[], text, when));
        };
        let capture = format!(
            "{{\"id\":\"{id}\",\"status\":\"COMPLETED\",\"amount\":{},\"final_capture\":true,\
             \"custom_id\":\"{n}\",\"seller_receivable_breakdown\":{{\"paypal_fee\":{}}},\
             \"create_time\":\"{made}\",\"update_time\":\"{made}\",\"links\":[]}}",
            amount("34.97"),
            amount("1.22")
        );
        tell(format!("C{n}"), "PAYMENT.CAPTURE.COMPLETED", made, &capture);
        let more = format!(",\"fee_amount\":{},\"custom_field\":\"{n}\"", amount("-1.22"));
        account.movements.push((made.seconds(), movement(&id, "T0006", made, "34.97", &more)));
        if n % 3 == 0 {
            let (when, back) = (made.plus_seconds(40_000), format!("1JU0890278169{n:04}"));
            let refund = format!(
                "{{\"id\":\"{back}\",\"status\":\"COMPLETED\",\"amount\":{},\"custom_id\":\"{n}\",\
                 \"seller_payable_breakdown\":{{\"paypal_fee\":{}}},\"create_time\":\"{when}\",\
                 \"links\":[{{\"href\":\"https://api.paypal.com/v2/payments/captures/{id}\",\
                 \"rel\":\"up\"}}]}}",
                amount("10.00"),
                amount("0.30")
            );
            tell(format!("R{n}"), "PAYMENT.CAPTURE.REFUNDED", when, &refund);
            let more = format!(
                ",\"fee_amount\":{},\"paypal_reference_id\":\"{id}\",\
                 \"paypal_reference_id_type\":\"TXN\",\"custom_field\":\"{n}\"",
                amount("0.30")
            );
            account
                .movements
                .push((when.seconds(), movement(&back, "T1107", when, "-10.00", &more)));
        }
        if n % 5 == 0 {
            let (opened, ended) = (made.plus_seconds(90_000), made.plus_seconds(180_000));
            let dispute = |when: Timestamp, end: &str| {
                format!(
                    "{{\"dispute_id\":\"PP-D-{n}\",\"create_time\":\"{opened}\",\
                     \"update_time\":\"{when}\",\"disputed_transactions\":[\
                     {{\"seller_transaction_id\":\"{id}\"}}],\"reason\":\"UNAUTHORISED\",{end},\
                     \"dispute_amount\":{},\"dispute_life_cycle_stage\":\"CHARGEBACK\",\"links\":[]}}",
                    amount("34.97")
                )
            };
            let open = dispute(opened, "\"status\":\"UNDER_REVIEW\"");
            tell(format!("D{n}"), "CUSTOMER.DISPUTE.CREATED", opened, &open);
            let won = dispute(
                ended,
                "\"status\":\"RESOLVED\",\
                 \"dispute_outcome\":{\"outcome_code\":\"RESOLVED_SELLER_FAVOUR\"}",
            );
            tell(format!("E{n}"), "CUSTOMER.DISPUTE.RESOLVED", ended, &won);
            account.disputes.push((ended.seconds(), format!("PP-D-{n}"), won));
            let more = format!(",\"paypal_reference_id\":\"{id}\"");
            let fee = movement(&format!("9FEE{n:013}"), "T0106", opened, "-14.00", &more);
            account.movements.push((opened.seconds(), fee));
        }
        if n % 10 == 9 {
            // No webhook tells of a transfer to the bank.
            let bank = movement(&format!("7BANK{n:012}"), "T0403", made, "-200.00", "");
            account.movements.push((made.seconds(), bank));
        }
    }
    webhooks.sort_by_key(|w| w.received_at);
    account.movements.sort();
    Month { webhooks, lists: Lists::new(account) }
}

impl Account {
    fn events(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&["page_size", "start_time", "end_time", "index_id"])?;
        let (since, until) = (asked.moment("start_time")?, asked.moment("end_time")?);
        let size = asked.number("page_size")?;
        if size > 300 {
            return Err(format!("page_size {size}"));
        }
        // Small pages, whatever was asked for.
        let size = size.min(4);
        let from = asked.find("index_id").and_then(|i| i.parse().ok()).unwrap_or(0);
        let within = |t: &&(i64, String)| since <= t.0 && t.0 <= until;
        let found: Vec<&str> =
            self.events.iter().filter(within).map(|(_, text)| text.as_str()).collect();
        let next = from + size;
        let link = if next < found.len() {
            format!(
                "{{\"href\":\"https://api.paypal.com/v1/notifications/webhooks-events/?page_size=300\
                 &start_time={}&end_time={}&index_id={next}\",\"rel\":\"next\",\"method\":\"GET\"}}",
                asked.get("start_time")?,
                asked.get("end_time")?
            )
        } else {
            String::new()
        };
        let list = page(&found, from, size);
        Ok(answer(200, format!("{{\"events\":[{list}],\"count\":{size},\"links\":[{link}]}}")))
    }

    fn movements(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&["fields", "page_size", "page", "start_date", "end_date"])?;
        asked.is("fields", "transaction_info")?;
        let (since, until) = (asked.moment("start_date")?, asked.moment("end_date")?);
        let (size, number) = (asked.number("page_size")?, asked.number("page")?);
        if size == 0 || size > 500 || number == 0 || until - since > 31 * 86_400 || until < since {
            return Err(format!("{size} on page {number}, {} seconds", until - since));
        }
        let within = |t: &&(i64, String)| since <= t.0 && t.0 <= until;
        let found: Vec<&str> =
            self.movements.iter().filter(within).map(|(_, text)| text.as_str()).collect();
        if found.len() > MOVEMENTS_MAX {
            return Ok(answer(400, "{\"name\":\"RESULTSET_TOO_LARGE\",\"message\":\"narrow it\"}"));
        }
        let list = page(&found, (number - 1) * size, size);
        Ok(answer(
            200,
            format!(
                "{{\"transaction_details\":[{list}],\"page\":{number},\"total_items\":{},\
                 \"total_pages\":{}}}",
                found.len(),
                found.len().div_ceil(size)
            ),
        ))
    }

    fn disputes(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&["page_size", "update_time_after", "update_time_before", "next_page_token"])?;
        let size = asked.number("page_size")?;
        if size > 50 {
            return Err(format!("page_size {size}"));
        }
        let (since, until) =
            (asked.moment("update_time_after")?, asked.moment("update_time_before")?);
        let from: usize = asked.find("next_page_token").and_then(|t| t.parse().ok()).unwrap_or(0);
        let within = |d: &&(i64, String, String)| since <= d.0 && d.0 < until;
        let found: Vec<String> = self
            .disputes
            .iter()
            .filter(within)
            .map(|(_, id, _)| format!("{{\"dispute_id\":\"{id}\",\"status\":\"RESOLVED\"}}"))
            .collect();
        let link = if from + 2 < found.len() {
            format!(
                "{{\"href\":\"https://api.paypal.com/v1/customer/disputes?page_size=50\
                 &update_time_after={}&update_time_before={}&next_page_token={}\",\"rel\":\"next\"}}",
                asked.get("update_time_after")?,
                asked.get("update_time_before")?,
                from + 2
            )
        } else {
            String::new()
        };
        Ok(answer(200, format!("{{\"items\":[{}],\"links\":[{link}]}}", page(&found, from, 2))))
    }
}

impl Vendor for Account {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        if asked.host != "api-m.paypal.example" {
            return Err(format!("a request to {}", asked.host));
        }
        if asked.path == "/v1/oauth2/token" {
            let login = STANDARD.encode(format!("{}:{}", CLIENT.0, CLIENT.1));
            let is_in_order = asked.request.method() == Method::POST
                && asked.header("authorization") == format!("Basic {login}")
                && asked.header("content-type") == "application/x-www-form-urlencoded"
                && asked.request.body() == "grant_type=client_credentials";
            if !is_in_order {
                return Err("the token is asked for wrongly".to_owned());
            }
            let token = self.tokens.grant();
            let body = format!(
                "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":32400}}"
            );
            return Ok(answer(200, body));
        }
        let token = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if !self.tokens.is_good(token) {
            return Ok(answer(401, "{\"error\":\"invalid_token\"}"));
        }
        match asked.path.trim_end_matches('/') {
            "/v1/notifications/webhooks-events" => self.events(asked),
            "/v1/reporting/transactions" => self.movements(asked),
            "/v1/customer/disputes" => self.disputes(asked),
            path => {
                let id = path.strip_prefix("/v1/customer/disputes/").unwrap_or_default();
                let found = self.disputes.iter().find(|(_, known, _)| known == id);
                let (.., text) = found.ok_or_else(|| format!("no route {path}"))?;
                Ok(answer(200, text.clone()))
            }
        }
    }

    fn end_tokens(&self) {
        self.tokens.end();
    }
}
