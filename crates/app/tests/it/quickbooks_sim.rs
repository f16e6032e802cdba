//! The simulated companies as clients meet them: over real sockets, over restarts.

use crate::support::{Folder, exchange, json_line, terminate, text, until};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

struct Sim {
    child: Child,
    about: Value,
}

impl Sim {
    fn start(folder: &Folder, more: &[&str]) -> Self {
        let mut child = folder
            .command(&["quickbooks-sim", "--port", "0", "--json"])
            .args(more)
            .env_remove("TIEOUT_DATA")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let about = json_line(child.stdout.as_mut().unwrap());
        Self { child, about }
    }

    fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.about))
    }

    fn port(&self) -> u16 {
        self.text("base_url").rsplit(':').next().unwrap().parse().unwrap()
    }

    fn raw(&self, method: &str, path: &str, body: &str) -> String {
        let headers = [
            ("authorization".to_owned(), format!("Bearer {}", self.text("access_token"))),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        exchange(self.port(), method, path, &headers, body.as_bytes())
    }

    /// Status and body; the body is null when it is no JSON.
    fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let answer = self.raw(method, path, body);
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn company(&self, path: &str) -> String {
        format!("/v3/company/{}/{path}", self.text("realm_id"))
    }

    #[track_caller]
    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.send(method, &format!("/_sim{path}"), &body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    fn customer(&self, name: &str) -> (u16, Value) {
        self.send("POST", &self.company("customer"), &json!({"DisplayName": name}).to_string())
    }

    fn names(&self) -> Vec<String> {
        let path = self.company("query?query=select%20*%20from%20Customer%20orderby%20Id");
        let (status, answer) = self.send("GET", &path, "");
        assert_eq!(status, 200, "{answer}");
        let all = answer["QueryResponse"]["Customer"].as_array().cloned().unwrap_or_default();
        let names = all.iter().map(|c| c["DisplayName"].as_str().unwrap().to_owned());
        names.filter(|n| n.starts_with("Made ")).collect()
    }

    /// Asks it to end; true when it ended well.
    fn stop(mut self) -> bool {
        terminate(self.child.id());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_walks_from_discovery_to_an_invoice() {
    let folder = Folder::new("sim-walk");
    let sim = Sim::start(&folder, &["--profile", "us-no-tax", "--company", "uk-vat"]);
    assert!(sim.text("base_url").starts_with("http://127.0.0.1:"), "loopback only");
    let (_, found) = sim.send("GET", "/.well-known/openid_sandbox_configuration", "");
    assert!(found["token_endpoint"].as_str().unwrap().ends_with("/oauth2/v1/tokens/bearer"));
    let asked = format!(
        "client_id={}&response_type=code&scope=com.intuit.quickbooks.accounting&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&state=s",
        sim.text("client_id")
    );
    let page = sim.raw("GET", &format!("/connect/oauth2?{asked}"), "");
    let second = sim.about["companies"][1]["realm_id"].as_str().unwrap();
    assert!(page.contains(&format!("value=\"{second}\"")), "{page}");
    let sent =
        sim.raw("POST", "/connect/oauth2", &format!("{asked}&realmId={second}&decision=allow"));
    let (_, after) = sent.split_once("?code=").unwrap();
    let code = after.split('&').next().unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&client_id={}&client_secret={}",
        sim.text("client_id"),
        sim.text("client_secret")
    );
    let (status, issued) = sim.send("POST", "/oauth2/v1/tokens/bearer", &form);
    assert_eq!((status, &issued["token_type"]), (200, &"bearer".into()));
    let answer = exchange(
        sim.port(),
        "GET",
        &format!("/v3/company/{second}/companyinfo/{second}"),
        &[
            (
                "authorization".to_owned(),
                format!("Bearer {}", issued["access_token"].as_str().unwrap()),
            ),
            ("accept".to_owned(), "application/xml".to_owned()),
        ],
        b"",
    );
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<Country>GB"), "{answer}");
    assert!(answer.contains("intuit_tid: 1-"), "{answer}");
    let (status, made) = sim.customer("Made here");
    assert_eq!((status, &made["Customer"]["DisplayName"]), (200, &"Made here".into()));
    let seen = sim.control("GET", "/requests?path=/customer", &Value::Null);
    assert_eq!(seen["requests"][0]["status"], 200);
    assert!(sim.stop(), "it ends well");
}

#[test]
fn a_company_begins_with_seed_data_unless_it_is_to_be_empty() {
    let folder = Folder::new("sim-seeds");
    for (more, customers, invoices) in [(&[][..], 29, 15), (&["--empty"][..], 2, 0)] {
        let sim = Sim::start(&folder, more);
        for (entity, wanted) in [("Customer", customers), ("Invoice", invoices)] {
            let path = format!("query?query=select%20count(*)%20from%20{entity}");
            let (_, answer) = sim.send("GET", &sim.company(&path), "");
            assert_eq!(answer["QueryResponse"]["totalCount"], wanted, "{more:?} {entity}");
        }
    }
}

#[test]
fn what_is_in_a_file_survives_ends_of_every_kind() {
    let folder = Folder::new("sim-file");
    let path = folder.file("company.qbo");
    let data = ["--data", path.to_str().unwrap()];
    let first = Sim::start(&folder, &[&data[..], &["--pref", "company_name=Mill Lane"]].concat());
    let refresh = first.text("refresh_token").to_owned();
    assert_eq!(first.customer("Made 1").0, 200);
    first.control("PUT", "/faults", &json!({"jitter_us": 1}));
    assert!(first.stop());
    let snapshot = folder.file("company.qbo.snapshot");
    assert!(snapshot.exists(), "a good end leaves a shortcut");

    // From the snapshot alone, then killed: the rest is in the log.
    let mut second = Sim::start(&folder, &data);
    assert_eq!(second.text("refresh_token"), refresh, "nobody has to connect again");
    assert_eq!(second.about["companies"][0]["name"], "Mill Lane");
    assert_eq!(second.customer("Made 2").0, 200);
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    drop(second);

    let third = Sim::start(&folder, &data);
    assert_eq!(third.names(), ["Made 1", "Made 2"]);
    assert_eq!(third.control("GET", "/faults", &Value::Null)["faults"]["jitter_us"], 1);
    assert!(third.stop());

    // Without the shortcut, and with a record that was being written.
    std::fs::remove_file(&snapshot).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [whole.as_slice(), &[7; 40]].concat()).unwrap();
    let fourth = Sim::start(&folder, &data);
    assert_eq!(fourth.names(), ["Made 1", "Made 2"]);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), whole.len() as u64, "cut off");
    drop(fourth);

    // A snapshot of another program is left alone.
    std::fs::write(&snapshot, b"{\"program\":\"other\",\"log_bytes\":1}\nxyz").unwrap();
    assert_eq!(Sim::start(&folder, &data).names(), ["Made 1", "Made 2"]);
}

#[test]
fn one_file_has_one_process_and_only_its_own_kind() {
    let folder = Folder::new("sim-lock");
    let path = folder.file("company.qbo");
    let data = ["--data", path.to_str().unwrap()];
    let first = Sim::start(&folder, &data);
    let second = folder.run(&[&["quickbooks-sim", "--port", "0"], &data[..]].concat());
    assert_eq!(second.status.code(), Some(5), "{}", text(&second));
    assert!(text(&second).contains("another process works on"), "{}", text(&second));
    assert_eq!(first.customer("Made 1").0, 200);

    let other = folder.write("notes.txt", b"bread and butter\n");
    let out = folder.run(&["quickbooks-sim", "--port", "0", "--data", &other]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out));
    assert!(text(&out).contains("not a file of this simulator"), "{}", text(&out));
    assert_eq!(std::fs::read(&other).unwrap(), b"bread and butter\n", "and is left as it was");
}

#[test]
fn wrong_options_are_explained() {
    let folder = Folder::new("sim-options");
    for (args, words) in [
        (&["--profile", "mars"][..], "us-ast"),
        (&["--faults", "lost=3"], "lost_before"),
        (&["--faults", "lost_after"], "NAME=VALUE"),
        (&["--pref", "custom=1"], "custom_txn_numbers"),
        (&["--webhook", "http://x"], "--verifier"),
        (&["--webhook", "x", "--verifier", "v"], "http://"),
        (&["--clock", "soon"], "2026-03-02T10:00:00Z"),
    ] {
        let mut command = folder.command(&["quickbooks-sim", "--port", "0"]);
        let out = command.args(args).env_remove("TIEOUT_DATA").output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?} {}", text(&out));
        assert!(text(&out).contains(words), "{args:?} {}", text(&out));
    }
}

#[test]
fn a_bad_line_breaks_real_connections() {
    let folder = Folder::new("sim-faults");
    let sim = Sim::start(&folder, &[]);
    let schedule = json!({"schedule": [[1, "refused"], [2, "cut"], [4, "throttled"]]});
    sim.control("PUT", "/faults", &schedule);
    let path = sim.company("customer");
    let body = json!({"DisplayName": "Made 1"}).to_string();
    assert_eq!(sim.raw("POST", &path, &body), "", "closed without a word");
    let cut = sim.raw("POST", &path, &body);
    assert!(cut.starts_with("HTTP/1.1 200") && !cut.ends_with('}'), "{cut}");
    let promised = cut.split("content-length: ").nth(1).and_then(|t| t.split('\r').next());
    let came = cut.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
    assert!(promised.unwrap().parse::<usize>().unwrap() > came, "{cut}");
    assert_eq!(sim.names(), ["Made 1"], "the second one did happen");
    let throttled = sim.raw("GET", &sim.company("preferences"), "");
    assert!(throttled.starts_with("HTTP/1.1 429"), "{throttled}");
    assert!(throttled.contains("<Error code=\"3001\">"), "{throttled}");
    // A lost answer keeps the caller waiting; the process ends all the same.
    sim.control("PUT", "/faults", &json!({"lost_after": 1_000}));
    let mut stream = TcpStream::connect(("127.0.0.1", sim.port())).unwrap();
    let get = sim.company("preferences");
    write!(stream, "GET {get} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    until("the request is seen", || {
        let seen = sim.control("GET", "/requests?limit=1", &Value::Null);
        (seen["requests"][0]["fault"] == "lost_after").then_some(())
    });
    assert!(sim.stop());
    let mut rest = String::new();
    let _ = stream.read_to_string(&mut rest);
    assert_eq!(rest, "");
}

#[test]
fn webhooks_reach_a_real_endpoint_until_it_says_yes() {
    let endpoint = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", endpoint.local_addr().unwrap());
    let folder = Folder::new("sim-webhooks");
    let sim = Sim::start(&folder, &["--webhook", &url, "--verifier", "v"]);
    sim.control("PUT", "/webhooks", &json!({"latency_ms": 1, "retry_seconds": [0]}));
    assert_eq!(sim.customer("Made 1").0, 200);
    let mut bodies = Vec::new();
    for status in ["500 No", "200 OK"] {
        let (mut stream, _) = endpoint.accept().unwrap();
        let mut got = Vec::new();
        let mut part = [0; 4_096];
        while !got.ends_with(b"]") {
            let n = stream.read(&mut part).unwrap();
            got.extend_from_slice(&part[..n]);
        }
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        let got = String::from_utf8(got).unwrap();
        assert!(got.starts_with("POST /hook HTTP/1.1"), "{got}");
        assert!(got.contains("intuit-signature: "), "{got}");
        bodies.push(got.split_once("\r\n\r\n").unwrap().1.to_owned());
    }
    assert_eq!(bodies[0], bodies[1], "the same events under the same ids");
    assert!(bodies[0].contains("qbo.customer.created.v1"), "{}", bodies[0]);
    until("it is acknowledged", || {
        let shown = sim.control("GET", "/webhooks", &Value::Null);
        (shown["counts"]["acknowledged"] == 1 && shown["counts"]["failed"] == 1).then_some(())
    });
}
