//! The control API under `/_sim`: what a test or a person may do that no app may.

mod companies;
mod time;
mod tokens;
mod traffic;
mod webhooks;

use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{CONTROL, Host};
use crate::exchange::{Answer, Incoming};
use crate::simulator::Simulator;
use crate::uri::param;
use crate::webhooks::instant;

/// One control request.
struct Ask<'a> {
    req: &'a Incoming<'a>,
    /// What stands for `{...}` in the route.
    name: &'a str,
}

/// A refused control request.
struct Refusal {
    status: StatusCode,
    error: String,
    /// What to do instead.
    hint: String,
}

/// What is answered, and whether anything changed.
struct Reply(Value, bool);

type Outcome = Result<Reply, Refusal>;

struct Route {
    method: &'static str,
    path: &'static str,
    about: &'static str,
    run: fn(&mut Host, &Ask<'_>) -> Outcome,
}

macro_rules! routes {
    ($($method:literal $path:literal $run:path: $about:literal;)+) => {
        &[$(Route { method: $method, path: $path, about: $about, run: $run }),+]
    };
}

const ROUTES: &[Route] = routes! {
    "GET" "" index: "this list, the clock and the companies";
    "POST" "/reset" time::reset: "books as at the start; {\"all\":true} also tokens, clock and settings";
    "GET" "/clock" time::clock: "the companies' time";
    "PUT" "/clock" time::set_clock: "now and frozen, or advance_seconds, or real";
    "GET" "/companies" companies::list: "realms, names, profiles to choose from";
    "POST" "/companies" companies::add: "a new company of a profile";
    "GET" "/preferences" companies::preferences: "switches of a company";
    "PATCH" "/preferences" companies::set_preferences: "change switches, as a person would";
    "GET" "/books" companies::books: "trial balance, live transactions, duplicates";
    "GET" "/journal" companies::journal: "every posting; txn, after, limit";
    "POST" "/person" companies::person: "a person changes, voids or deletes a transaction";
    "GET" "/app" traffic::app: "client id, secret, redirect addresses, lifetimes, switches";
    "PATCH" "/app" traffic::set_app: "change them";
    "GET" "/limits" traffic::limits: "rates, sizes, monthly CorePlus calls";
    "PATCH" "/limits" traffic::set_limits: "change them";
    "GET" "/faults" traffic::faults: "rates per mille, schedule, faults drawn so far";
    "PUT" "/faults" traffic::set_faults: "replace them; calls keep their numbers";
    "DELETE" "/faults" traffic::no_faults: "a good line";
    "GET" "/meter" traffic::meter: "calls by company, CorePlus calls of the month";
    "GET" "/requests" traffic::requests: "the latest requests; limit, path";
    "DELETE" "/requests" traffic::forget_requests: "forget them";
    "GET" "/tokens" tokens::list: "connections and their tokens";
    "POST" "/tokens" tokens::issue: "connect without a consent page; realm, scopes";
    "POST" "/tokens/expire" tokens::expire: "access tokens end now; token or realm";
    "POST" "/tokens/revoke" tokens::revoke: "a token or the connection of a realm ends";
    "GET" "/webhooks" webhooks::show: "subscription, what waits, what was delivered";
    "PUT" "/webhooks" webhooks::subscribe: "subscribe or change the subscription";
    "DELETE" "/webhooks" webhooks::unsubscribe: "no webhooks";
    "POST" "/webhooks/pause" webhooks::pause: "nothing is sent, everything waits";
    "POST" "/webhooks/resume" webhooks::resume: "send again";
    "POST" "/webhooks/flush" webhooks::flush: "everything that waits is due now";
    "GET" "/snapshots" time::snapshots: "names and sizes";
    "PUT" "/snapshots/{name}" time::take_snapshot: "remember books, tokens and settings";
    "POST" "/snapshots/{name}/restore" time::restore_snapshot: "go back to them";
    "DELETE" "/snapshots/{name}" time::drop_snapshot: "forget them";
};

/// Answers a control request; none for any other path.
pub(super) fn route(host: &mut Host, req: &Incoming<'_>) -> Option<Answer> {
    let rest = req.path.strip_prefix(CONTROL)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let rest = rest.trim_end_matches('/');
    let outcome = match find(req.method, rest) {
        Ok((route, name)) => (route.run)(host, &Ask { req, name }),
        Err(refusal) => Err(refusal),
    };
    Some(match outcome {
        Ok(Reply(value, changed)) => {
            let answer = Answer::json(StatusCode::OK, text(&value));
            if changed { answer.changed() } else { answer }
        }
        Err(Refusal { status, error, hint }) => {
            Answer::json(status, text(&json!({ "error": error, "hint": hint })))
        }
    })
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether a path fits a route, and what stands for its placeholder.
fn fits<'p>(route: &str, path: &'p str) -> Option<&'p str> {
    let (mut known, mut sent) = (route.split('/'), path.split('/'));
    let mut name = "";
    loop {
        match (known.next(), sent.next()) {
            (None, None) => return Some(name),
            (Some("{name}"), Some(part)) if !part.is_empty() => name = part,
            (Some(a), Some(b)) if a == b => {}
            _ => return None,
        }
    }
}

fn find<'p>(method: &Method, path: &'p str) -> Result<(&'static Route, &'p str), Refusal> {
    let fitting: Vec<_> =
        ROUTES.iter().filter_map(|r| fits(r.path, path).map(|name| (r, name))).collect();
    if let Some(found) = fitting.iter().find(|(r, _)| r.method == method.as_str()) {
        return Ok(*found);
    }
    let methods: Vec<_> = fitting.iter().map(|(r, _)| r.method).collect();
    Err(if methods.is_empty() {
        Refusal {
            status: StatusCode::NOT_FOUND,
            error: format!("{CONTROL}{path} is not part of the control API"),
            hint: format!("GET {CONTROL} lists all of it"),
        }
    } else {
        Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            error: format!("{CONTROL}{path} does not take {method}"),
            hint: format!("it takes {}", methods.join(", ")),
        }
    })
}

fn index(host: &mut Host, ask: &Ask<'_>) -> Outcome {
    let routes: Vec<_> = ROUTES
        .iter()
        .map(|r| json!({ "method": r.method, "path": format!("{CONTROL}{}", r.path), "about": r.about }))
        .collect();
    let companies: Vec<_> = host.companies.keys().collect();
    look(json!({
        "about": "control of the simulated companies; docs/how-to/quickbooks-sim.md explains it",
        "now": instant(ask.req.now_us),
        "companies": companies,
        "routes": routes,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler ends with it or a refusal")]
fn look(value: Value) -> Outcome {
    Ok(Reply(value, false))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler ends with it or a refusal")]
fn change(value: Value) -> Outcome {
    Ok(Reply(value, true))
}

impl Refusal {
    fn bad(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: error.into(), hint: hint.into() }
    }

    fn missing(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::bad(error, hint) }
    }

    fn conflict(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, ..Self::bad(error, hint) }
    }
}

impl Ask<'_> {
    /// A parameter of the address.
    fn param(&self, name: &str) -> Option<String> {
        param(self.req.query, name).map(std::borrow::Cow::into_owned)
    }

    fn number(&self, name: &str, default: u64) -> Result<u64, Refusal> {
        match self.param(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                Refusal::bad(format!("{name}: `{text}` is not a number"), "use digits only")
            }),
        }
    }

    /// The body as JSON; an empty one is an empty object.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body = if self.req.body.trim().is_empty() { "{}" } else { self.req.body };
        serde_json::from_str(body).map_err(|e| {
            Refusal::bad(format!("the body cannot be used: {e}"), "send one JSON object")
        })
    }

    /// `value` with the properties of the body in place of its own.
    fn patched<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<T, Refusal> {
        let patch: serde_json::Map<String, Value> = self.body()?;
        let broken = |e: serde_json::Error| {
            Refusal::bad(format!("a value cannot be used: {e}"), "GET shows values that can")
        };
        let mut whole = serde_json::to_value(value).map_err(broken)?;
        for (name, new) in patch {
            let known = whole.as_object_mut().and_then(|object| object.get_mut(&name));
            let Some(known) = known else {
                let names: Vec<_> = whole.as_object().into_iter().flat_map(|o| o.keys()).collect();
                let hint = format!("known are {names:?}");
                return Err(Refusal::bad(format!("`{name}` is not known"), hint));
            };
            *known = new;
            serde_json::from_value::<T>(whole.clone()).map_err(|e| {
                Refusal::bad(format!("{name} cannot be used: {e}"), "GET shows values that can")
            })?;
        }
        serde_json::from_value(whole).map_err(broken)
    }
}

impl Host {
    /// The company named, or the first one.
    fn company(&mut self, realm: Option<&str>) -> Result<&mut Simulator, Refusal> {
        let realm = realm.unwrap_or(&self.base.realm_id);
        match self.companies.get_mut(realm) {
            Some(company) => Ok(company),
            None => Err(Refusal::missing(
                format!("there is no company {realm}"),
                format!("GET {CONTROL}/companies lists them"),
            )),
        }
    }
}
