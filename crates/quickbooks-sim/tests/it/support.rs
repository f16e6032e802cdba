//! A company with a caller.

use bytes::Bytes;
use http::{Method, Request, Response};
use quickbooks_sim::{Config, Simulator};
use serde_json::Value;

/// 2026-03-02T18:00:00Z.
pub const START_US: i64 = 1_772_474_400_000_000;
pub const SECOND: i64 = 1_000_000;

/// A simulator, a token, and a clock that moves a second with each call.
pub struct Company {
    pub sim: Simulator,
    pub token: String,
    pub refresh: String,
    pub now_us: i64,
}

pub struct Answer {
    pub status: u16,
    pub text: String,
    pub body: Value,
}

/// Amounts as strings, so that their digits survive: `"TotalAmt":5.00` becomes `"TotalAmt":"5.00"`.
fn exact(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let (mut quoted, mut escaped) = (false, false);
    while let Some(c) = rest.chars().next() {
        let length = if quoted || !(c == '-' || c.is_ascii_digit()) {
            c.len_utf8()
        } else {
            rest.find(|c: char| !(c == '-' || c == '.' || c.is_ascii_digit())).unwrap_or(rest.len())
        };
        let (part, after) = rest.split_at(length);
        let amount = !quoted && part.contains('.');
        out.push_str(if amount { "\"" } else { "" });
        out.push_str(part);
        out.push_str(if amount { "\"" } else { "" });
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped;
        rest = after;
    }
    out
}

impl Answer {
    fn of(response: &Response<Bytes>) -> Self {
        let text = String::from_utf8(response.body().to_vec()).expect("answers are text");
        let body = serde_json::from_str(&exact(&text)).unwrap_or(Value::Null);
        Self { status: response.status().as_u16(), text, body }
    }

    /// The object under an entity name of a successful answer.
    #[track_caller]
    pub fn entity(&self, name: &str) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        assert!(self.body[name].is_object(), "no {name} in {}", self.text);
        self.body[name].clone()
    }

    /// Code of the fault.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.body["Fault"]["Error"][0]["code"].as_str().unwrap_or_else(|| panic!("{}", self.text))
    }

    pub fn detail(&self) -> &str {
        self.body["Fault"]["Error"][0]["Detail"].as_str().unwrap_or("")
    }
}

pub fn company() -> Company {
    company_of(Config::default())
}

pub fn company_of(config: Config) -> Company {
    let mut sim = Simulator::new(config);
    let (token, refresh) = sim.issue_tokens(START_US);
    Company { sim, token, refresh, now_us: START_US }
}

pub fn request(method: Method, path: &str, token: &str, body: &str) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(format!("/v3/company/9130350000000001/{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .expect("request")
}

/// Percent-encodes a query.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
        })
        .collect()
}

impl Company {
    pub fn send(&mut self, req: &Request<Bytes>) -> Answer {
        self.now_us += SECOND;
        Answer::of(&self.sim.handle(req, self.now_us))
    }

    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        let req = request(Method::POST, path, &self.token, body);
        self.send(&req)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let req = request(Method::GET, path, &self.token, "");
        self.send(&req)
    }

    pub fn query(&mut self, text: &str) -> Answer {
        self.get(&format!("query?query={}", encoded(text)))
    }

    /// Creates or updates and gives the object.
    #[track_caller]
    pub fn save(&mut self, name: &str, body: &str) -> Value {
        self.post(&name.to_lowercase(), body).entity(name)
    }

    /// Balance of an account in cents, debit positive; the whole must sum to zero.
    #[track_caller]
    pub fn balance(&self, account: &str) -> i64 {
        let all = self.sim.trial_balance();
        assert_eq!(all.values().sum::<i64>(), 0, "{all:?}");
        all.get(account).copied().unwrap_or(0)
    }
}

/// `{"Id":..,"SyncToken":..` of an object, to be closed by the caller.
pub fn key(object: &Value) -> String {
    format!("{{\"Id\":{},\"SyncToken\":{}", object["Id"], object["SyncToken"])
}

/// An invoice of one line for customer 1.
pub fn invoice(amount: &str) -> String {
    format!(
        r#"{{"CustomerRef":{{"value":"1"}},"Line":[{{"Amount":{amount},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"1"}}}}}}]}}"#
    )
}
