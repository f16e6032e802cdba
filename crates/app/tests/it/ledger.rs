//! A ledger over HTTP: consent, posting, the ledger's own trial balance.

use crate::support::{Folder, MAPPING, exchange, json_line, sales, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

/// A running `tieout quickbooks-sim`.
pub struct Company {
    child: Child,
    about: Value,
}

impl Company {
    pub fn start(folder: &Folder, more: &[&str]) -> Self {
        let data = folder.file("company");
        let mut child = folder
            .command(&["quickbooks-sim", "--port", "0", "--no-throttle", "--empty", "--json"])
            .args(["--pref", "automated_sales_tax=false"])
            .args(more)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let about = json_line(child.stdout.as_mut().unwrap());
        Self { child, about }
    }

    /// Makes it the ledger of the books; `more` are further lines of `[ledger]`.
    pub fn configure(&self, folder: &Folder, more: &str) {
        folder.write("client.secret", self.text("client_secret").as_bytes());
        let path = folder.file("books/tieout.toml");
        let ledger = format!(
            "kind = \"quickbooks\"\nbase_url = \"{0}\"\ntoken_url = \"{1}\"\nclient_id = \"{2}\"\n\
             revoke_url = \"{3}\"\n\
             client_secret = {{ file = \"../client.secret\" }}\n{more}\n",
            self.text("base_url"),
            self.text("token_url"),
            self.text("client_id"),
            self.text("revoke_url"),
        );
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, config.replace("kind = \"simulator\"\n", &ledger)).unwrap();
    }

    /// One call of the control interface.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let body = body.to_string();
        let path = format!("/_sim{path}");
        let answer = exchange(self.port(), method, &path, &headers, body.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    pub fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap()
    }

    pub fn port(&self) -> u16 {
        self.text("base_url").rsplit(':').next().unwrap().parse().unwrap()
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_company_is_connected_posted_to_and_tied_out_over_http() {
    let folder = Folder::with_books("ledger");
    let company = Company::start(&folder, &["--pref", "custom_txn_numbers=true"]);
    company.configure(&folder, &format!("realm_id = \"{}\"", company.text("realm_id")));
    let (code, doctor) = folder.json(&["doctor"]);
    assert_eq!(code, 6, "not connected yet: {doctor}");
    assert!(!doctor.to_string().contains(company.text("client_secret")), "secrets stay secret");

    connect(&folder, &company);
    let (code, doctor) = folder.json(&["doctor"]);
    assert_eq!(code, 0, "{doctor}");
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(40).as_bytes());
    let out = folder.run(&["import", &file, "--mapping", &mapping]);
    assert!(out.status.success(), "{}", text(&out));
    let (code, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{checked}");
    let counts = &checked["totals"][0]["counts"];
    assert_eq!((&counts["received"], &counts["verified"]), (&40.into(), &40.into()));

    // The company is gone: nothing is lost, and the check says why it cannot be made.
    drop(company);
    let out = folder.run(&["statement", "--check-ledger"]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out));
    assert!(text(&out).contains("trial balance could not be read"), "{}", text(&out));
}

/// Plays the person: opens the address, gives consent, pastes what the browser shows.
pub fn connect(folder: &Folder, company: &Company) {
    let mut child = folder
        .command(&["connect"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = says.find_map(|l| l.ok().filter(|l| l.starts_with("https://"))).unwrap();
    let (place, asked) = address.split_once(".com").unwrap().1.split_once('?').unwrap();
    let page = exchange(company.port(), "GET", &format!("{place}?{asked}"), &[], b"");
    assert!(page.contains("value=\"allow\""), "it asks the person: {page}");
    let form = format!("{asked}&realmId={}&decision=allow", company.text("realm_id"));
    let answer = exchange(company.port(), "POST", place, &[], form.as_bytes());
    let to = answer
        .lines()
        .find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case("location")))
        .unwrap_or_else(|| panic!("it sends the browser back: {answer}"))
        .1;
    writeln!(child.stdin.take().unwrap(), "{to}").unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
}
