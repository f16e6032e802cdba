//! The consent page: which company, allow or deny (quickbooks.md §1).

use std::fmt::Write as _;

use http::StatusCode;

use super::endpoints::Company;
use super::{ACCOUNTING, Grant, OAuth};
use crate::config::{Config, Consent};
use crate::exchange::{Answer, Incoming};
use crate::uri::{encode, param};

/// Scopes an app may ask for.
const SCOPES: &[&str] = &[
    ACCOUNTING,
    "com.intuit.quickbooks.payment",
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "app-foundations.custom-field-definitions",
    "app-foundations.custom-field-definitions.read",
    "app-foundations.custom-dimensions.read",
    "project-management.project",
    "indirect-tax.tax-calculation.quickbooks",
    "payroll.compensation.read",
    "time-tracking.time-entry",
];

const STYLE: &str = "body{font:16px system-ui,sans-serif;background:#f4f5f8;color:#393a3d;margin:0}\
main{max-width:30rem;margin:10vh auto;background:#fff;border-radius:8px;padding:2rem;\
box-shadow:0 1px 4px #0003}h1{font-size:1.4rem;margin-top:0}label{display:block;padding:.4rem 0}\
li{margin:.2rem 0}button{font:inherit;padding:.6rem 1.4rem;border-radius:4px;\
border:1px solid #2ca01c;background:#fff;color:#2ca01c;margin-right:.6rem;cursor:pointer}\
button.main{background:#2ca01c;color:#fff}small{color:#6b6c72}";

/// What the app asks for, from the address or from the form of the page.
struct Asked<'a> {
    text: &'a str,
}

impl Asked<'_> {
    fn get(&self, name: &str) -> String {
        param(self.text, name).unwrap_or_default().into_owned()
    }
}

/// Answers the authorization address: GET shows the page, POST is the page's form.
pub(super) fn authorize(
    oauth: &mut OAuth,
    config: &Config,
    companies: &[Company<'_>],
    req: &Incoming<'_>,
) -> Answer {
    let is_form = req.method == http::Method::POST;
    let asked = Asked { text: if is_form { req.body } else { req.query } };
    let redirect = asked.get("redirect_uri");
    if asked.get("client_id") != config.client_id {
        return refuse("The client_id is not the one of the app this simulator knows.");
    }
    if !config.redirect_uris().any(|known| known == redirect) {
        return refuse("The redirect_uri is not registered for this app; it must match exactly.");
    }
    if asked.get("response_type") != "code" {
        return refuse("The response_type must be code.");
    }
    let join = if redirect.contains('?') { '&' } else { '?' };
    let state = encode(&asked.get("state"));
    let back = |result: &str, realm: &str| {
        Answer::redirect(&format!("{redirect}{join}{result}&state={state}{realm}"))
    };
    let scopes = asked.get("scope").split_whitespace().collect::<Vec<_>>().join(" ");
    if scopes.is_empty() || scopes.split(' ').any(|s| !SCOPES.contains(&s)) {
        return back("error=invalid_scope", "");
    }
    let realm = asked.get("realmId");
    let company = companies.iter().find(|c| c.realm == realm);
    let allowed = match (is_form, config.consent) {
        (true, _) => asked.get("decision") == "allow",
        (false, Consent::Allow) => true,
        (false, Consent::Deny) => false,
        (false, Consent::Ask) => return page(&asked, &scopes, companies),
    };
    if !allowed {
        return back("error=access_denied", "");
    }
    // Signing in needs no company (assumed); without a page the first one is taken.
    let needs_company = scopes.split(' ').any(|s| s.starts_with("com.intuit."));
    let company = company.or(if is_form { None } else { companies.first() });
    let realm = match company {
        Some(company) if needs_company => company.realm.to_owned(),
        None if needs_company => return refuse("No such company; go back and choose one."),
        _ => String::new(),
    };
    let tail = if realm.is_empty() { String::new() } else { format!("&realmId={realm}") };
    let code = oauth.consent(Grant { realm, scopes }, &redirect, req.now_us);
    back(&format!("code={code}"), &tail).changed()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Connect to \
         QuickBooks (simulated)</title><style>{STYLE}</style></head><body><main>{body}</main>\
         </body></html>"
    )
}

/// A wrong app is never sent back: a page says so.
fn refuse(why: &str) -> Answer {
    let body = format!("<h1>Sorry, something went wrong</h1><p>{}</p>", escaped(why));
    Answer::html(StatusCode::BAD_REQUEST, document(&body))
}

fn page(asked: &Asked<'_>, scopes: &str, companies: &[Company<'_>]) -> Answer {
    let mut body = format!(
        "<h1>Connect {} to a company</h1><p>The app asks for:</p><ul>",
        escaped(&asked.get("client_id"))
    );
    for scope in scopes.split(' ') {
        let _ = write!(body, "<li>{}</li>", escaped(scope));
    }
    body.push_str("</ul><form method=\"post\" action=\"/connect/oauth2\">");
    for name in ["client_id", "redirect_uri", "response_type", "scope", "state"] {
        let value = escaped(&asked.get(name));
        let _ = write!(body, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
    }
    for (n, company) in companies.iter().enumerate() {
        let _ = write!(
            body,
            "<label><input type=\"radio\" name=\"realmId\" value=\"{0}\"{1}> {2} \
             <small>{0}</small></label>",
            escaped(company.realm),
            if n == 0 { " checked" } else { "" },
            escaped(company.name)
        );
    }
    body.push_str(
        "<p><button class=\"main\" name=\"decision\" value=\"allow\">Connect</button><button \
         name=\"decision\" value=\"deny\">Cancel</button></p></form><small>A simulator: nothing \
         here reaches Intuit.</small>",
    );
    Answer::html(StatusCode::OK, document(&body))
}
