//! A company is connected beside a running service, lost, and connected again.

use crate::ledger::Company;
use crate::support::{Folder, MAPPING, Server, exchange, sales, text, until};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

const VERIFIER: &str = "verifier-of-the-test";

/// Lines of `[ledger]` for a company whose consent page is simulated too.
fn lines(company: &Company, realm: &str) -> String {
    let base = company.text("base_url");
    format!(
        "realm_id = \"{realm}\"\nconsent_url = \"{base}/connect/oauth2\"\n\
         webhook_verifiers = [{{ insecure_inline = \"old\" }}, {{ insecure_inline = \"{VERIFIER}\" }}]\n"
    )
}

/// The address the consent page sends the browser to.
fn consent(company: &Company, address: &str) -> String {
    let place = address.strip_prefix(company.text("base_url")).unwrap();
    let answer = exchange(company.port(), "GET", place, &[], b"");
    let location = answer
        .lines()
        .find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case("location")));
    location.unwrap_or_else(|| panic!("it sends the browser back: {answer}")).1.to_owned()
}

/// Runs `tieout connect` and plays the browser; `follow` takes the address it is sent to.
fn connect(folder: &Folder, company: &Company, uri: &str, follow: impl FnOnce(&str)) -> Output {
    let mut child = folder
        .command(&["connect", "quickbooks", "--redirect-uri", uri, "--json"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = says.find(|l| l.starts_with("http://")).expect("it says where to go");
    follow(&consent(company, &address));
    let rest: Vec<String> = says.collect();
    let mut out = child.wait_with_output().unwrap();
    out.stderr = rest.join("\n").into_bytes();
    out
}

/// Consent is given and the address that the browser ends on is pasted.
fn connect_by_paste(folder: &Folder, company: &Company) {
    let uri = "http://127.0.0.1:9/oauth/quickbooks/callback";
    company.control("PATCH", "/app", &json!({ "redirect_uri": uri }));
    let mut child = folder
        .command(&["connect", "--redirect-uri", uri])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = says.find(|l| l.starts_with("http://")).unwrap();
    let line = consent(company, &address) + "\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes()).unwrap();
    let rest: Vec<String> = says.collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
}

fn path_of(address: &str) -> &str {
    let at = address.match_indices('/').nth(2).unwrap().0;
    &address[at..]
}

fn state(server: &Server) -> String {
    let (_, status) = server.get("/v1/status");
    status["connection"]["state"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_service_is_connected_while_it_runs_pauses_when_consent_is_withdrawn_and_goes_on() {
    let folder = Folder::with_books("connect");
    let company = Company::start(&folder, &["--consent", "allow"]);
    let realm = company.text("realm_id");
    company.configure(&folder, &lines(&company, realm));
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let limits = "[limits]\ncompany_refresh_s = 1\nverify_after_s = 1\n";
    std::fs::write(&path, config.replace("[limits]\n", limits)).unwrap();
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(20).as_bytes());
    let out = folder.run(&["import", &file, "--mapping", &mapping, "--no-apply"]);
    assert!(out.status.success(), "{}", text(&out));
    assert_eq!(folder.run(&["apply"]).status.code(), Some(4), "a person is needed first");

    let server = Server::start(&folder);
    assert_eq!(state(&server), "never_connected");
    let uri = format!("http://127.0.0.1:{}/oauth/quickbooks/callback", server.port);
    company.control("PATCH", "/app", &json!({ "redirect_uri": uri }));
    let hooks = format!("http://127.0.0.1:{}/webhooks/quickbooks", server.port);
    let rules = json!({ "url": hooks, "verifier": VERIFIER, "format": "cloud_events" });
    company.control("PUT", "/webhooks", &rules);
    let browse = |address: &str| {
        let (status, page) = server.exchange("GET", path_of(address), &[], b"");
        assert_eq!((status, page.contains("is connected")), (200, true), "{page}");
    };
    let out = connect(&folder, &company, &uri, browse);
    assert!(out.status.success(), "{}", text(&out));
    let connected: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(connected["realm"], realm);
    let settings = connected["company"]["settings"].as_array().unwrap();
    let numbers = settings.iter().find(|s| s["name"] == "Custom transaction numbers").unwrap();
    assert!(numbers["follows"].as_str().unwrap().contains("Tieout looks by its marker"));

    until("twenty documents posted", || {
        let (_, s) = server.get("/v1/statement");
        (s["totals"][0]["counts"]["posted"] == 20).then_some(())
    });
    assert_eq!(state(&server), "connected");
    until("webhooks are acknowledged", || {
        let shown = company.control("GET", "/webhooks", &Value::Null);
        let past = shown["delivered"].as_array().unwrap();
        past.iter().any(|p| p["status"] == 200).then_some(())
    });

    // The company takes its consent back: posting pauses, and every view says so.
    company.control("POST", "/tokens/revoke", &json!({ "realm": realm }));
    until("the loss is noticed", || (state(&server) == "needs_reconnect").then_some(()));
    let (code, status) = folder.json(&["status", "--check"]);
    assert_eq!(code, 4, "{status}");
    assert!(status["connection"]["says"].as_str().unwrap().contains("nothing is lost"), "{status}");
    let screen = text(&folder.run(&["status"]));
    assert!(screen.contains("MUST BE RECONNECTED"), "{screen}");
    let (code, doctor) = folder.json(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    let failed = checks.iter().any(|c| c["what"] == "connection" && c["ok"] == false);
    assert!(code == 6 && failed, "{doctor}");
    until("one exception stands for the lane", || {
        let (_, all) = server.get("/v1/exceptions");
        let all = all.as_array().unwrap();
        all.iter().any(|e| e["code"] == "CON-002").then_some(())
    });

    let out = connect(&folder, &company, &uri, browse);
    assert!(out.status.success(), "{}", text(&out));
    until("work goes on", || {
        let (_, all) = server.get("/v1/exceptions");
        let told = all.as_array().unwrap().iter().any(|e| e["code"] == "CON-002");
        (state(&server) == "connected" && !told).then_some(())
    });
    assert!(server.stop());
    assert_eq!(folder.json(&["apply"]).0, 0);
    let (code, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{checked}");
    assert_eq!(checked["totals"][0]["counts"]["verified"], 20);
    assert_eq!(folder.json(&["audit", "verify"]).0, 0);
}

#[test]
fn consent_for_another_company_or_none_connects_nothing() {
    let folder = Folder::with_books("refuse");
    let company = Company::start(&folder, &["--consent", "allow"]);
    company.configure(&folder, &lines(&company, "12 3456-789"));
    let uri = "http://127.0.0.1:9/oauth/quickbooks/callback";
    company.control("PATCH", "/app", &json!({ "redirect_uri": uri }));
    // Port 9 is not ours to listen on, so the address is pasted.
    let paste = |words: &str| {
        let mut child = folder
            .command(&["connect", "--redirect-uri", uri])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = says.find(|l| l.starts_with("http://")).unwrap();
        let to = consent(&company, &address);
        let line = format!("{to}\n");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes()).unwrap();
        let rest: Vec<String> = says.collect();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
        assert!(rest.join("\n").contains(words), "{words}: {rest:?}");
    };
    paste("this lane keeps the books of 123456789");
    company.control("PATCH", "/app", &json!({ "consent": "deny" }));
    paste("ask an administrator");
    let (code, status) = folder.json(&["status", "--check"]);
    assert_eq!((code, &status["connection"]["state"]), (4, &"never_connected".into()));
}

#[test]
fn a_company_in_another_currency_is_not_written_to() {
    let folder = Folder::with_books("currency");
    let company = Company::start(&folder, &["--consent", "allow"]);
    company.configure(&folder, &lines(&company, company.text("realm_id")));
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let euro = config.replace("home_currency = \"USD\"", "home_currency = \"EUR\"");
    std::fs::write(&path, euro).unwrap();
    let uri = "http://127.0.0.1:0/oauth/quickbooks/callback";
    company.control("PATCH", "/app", &json!({ "redirect_uri": uri }));
    let mut child = folder
        .command(&["connect", "--redirect-uri", uri])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = says.find(|l| l.starts_with("http://")).unwrap();
    let line = consent(&company, &address) + "\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes()).unwrap();
    let rest: Vec<String> = says.collect();
    assert_eq!(child.wait().unwrap().code(), Some(6), "{rest:?}");
    assert!(rest.join("\n").contains("kept in USD, but ledger.home_currency is EUR"), "{rest:?}");
}

#[test]
fn closed_days_take_nothing_until_a_person_opens_them_and_says_why() {
    let folder = Folder::with_books("period");
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(28).as_bytes());
    let (code, closed) = folder.json(&["period", "close", "2026-01-10"]);
    assert_eq!((code, &closed["tieout"]), (0, &"2026-01-10".into()));
    let out = folder.run(&["import", &file, "--mapping", &mapping]);
    assert!(out.status.success(), "{}", text(&out));
    let (_, statement) = folder.json(&["statement"]);
    let counts = &statement["totals"][0]["counts"];
    assert_eq!((&counts["posted"], &counts["held"]), (&18.into(), &10.into()), "{statement}");
    assert_eq!(statement["totals"][0]["difference"], 0);
    let groups = text(&folder.run(&["exceptions", "list", "--group-by", "cause"]));
    assert!(groups.contains("PER-002"), "{groups}");
    let screen = text(&folder.run(&["status"]));
    assert!(screen.contains("closed up to and including 2026-01-10 in Tieout"), "{screen}");

    for (args, code, words) in [
        (&["period", "open", "--note", "because"][..], 1, "at least 20 characters"),
        (&["period", "close", "2026-01-05"][..], 1, "at least 20 characters"),
        (&["period", "close", "2999-01-01"][..], 1, "only days that have begun"),
        (&["period", "close", "yesterday"][..], 2, "YYYY-MM-DD"),
    ] {
        let out = folder.run(args);
        assert_eq!(out.status.code(), Some(code), "{args:?} {}", text(&out));
        assert!(text(&out).contains(words), "{args:?} {}", text(&out));
    }
    let note = "three invoices of the tenth were missing";
    let (code, open) = folder.json(&["period", "open", "--note", note]);
    assert_eq!((code, &open["tieout"]), (0, &Value::Null));
    assert_eq!(folder.json(&["apply"]).0, 0);
    let (_, statement) = folder.json(&["statement"]);
    assert_eq!(statement["totals"][0]["counts"]["posted"], 28, "{statement}");
    assert_eq!(folder.json(&["exceptions", "list", "--check"]).0, 0);
    assert_eq!(folder.json(&["audit", "verify"]).0, 0);
}

/// Connections that the company's side knows.
fn connections(company: &Company) -> usize {
    let tokens = company.control("GET", "/tokens", &Value::Null);
    tokens["connections"].as_array().unwrap().len()
}

#[test]
fn a_company_is_disconnected_beside_a_service_and_goes_on_when_connected_again() {
    let folder = Folder::with_books("disconnect");
    let company = Company::start(&folder, &["--consent", "allow"]);
    let realm = company.text("realm_id");
    company.control("POST", "/tokens/revoke", &json!({ "realm": realm }));
    company.configure(&folder, &lines(&company, realm));
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let import = |invoices: u32| {
        let file = folder.write("sales.csv", sales(invoices).as_bytes());
        let out = folder.run(&["import", &file, "--mapping", &mapping, "--no-apply"]);
        assert!(out.status.success(), "{}", text(&out));
    };
    import(12);
    let out = folder.run(&["disconnect"]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out));
    assert!(text(&out).contains("never connected"), "{}", text(&out));
    connect_by_paste(&folder, &company);
    assert_eq!(connections(&company), 1);

    let server = Server::start(&folder);
    let posted = |server: &Server, n: u32| {
        let (_, s) = server.get("/v1/statement");
        (s["totals"][0]["counts"]["posted"] == n).then_some(())
    };
    until("twelve documents posted", || posted(&server, 12));
    let sealed = || folder.json(&["key", "list"]).1["keys"][0][1].as_u64().unwrap();
    let before = sealed();
    let (code, done) = folder.json(&["disconnect"]);
    assert_eq!((code, &done["revoked"], &done["realm"]), (0, &true.into(), &realm.into()));
    assert_eq!(connections(&company), 0, "Intuit's side has ended it");
    assert_eq!(state(&server), "needs_reconnect");
    until("one exception stands for the lane", || {
        let (_, all) = server.get("/v1/exceptions");
        let mut all = all.as_array().unwrap().iter();
        all.any(|e| e["code"] == "CON-002" && e["detail"].to_string().contains("by tester"))
            .then_some(())
    });
    assert!(server.stop());
    assert_eq!(sealed(), before - 1, "no token of the company is left");
    assert_eq!(folder.run(&["disconnect"]).status.code(), Some(1), "there is nothing to end");

    // What comes meanwhile is kept and decided, and goes on afterwards.
    import(20);
    assert_eq!(folder.run(&["apply"]).status.code(), Some(4));
    connect_by_paste(&folder, &company);
    assert_eq!(folder.json(&["apply"]).0, 0);
    let (code, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{checked}");
    assert_eq!(checked["totals"][0]["counts"]["verified"], 20, "{checked}");

    // Where Intuit cannot be told nothing changes, unless a person insists.
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let nowhere = config.replace(company.text("revoke_url"), "http://127.0.0.1:9/revoke");
    std::fs::write(&path, nowhere).unwrap();
    let out = folder.run(&["disconnect"]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out));
    assert!(text(&out).contains("nothing was changed"), "{}", text(&out));
    assert_eq!(folder.json(&["status"]).1["connection"]["state"], "connected");
    let (code, done) = folder.json(&["disconnect", "--force"]);
    assert_eq!((code, &done["revoked"]), (0, &false.into()));
    assert_eq!(folder.json(&["status"]).1["connection"]["state"], "needs_reconnect");
    assert_eq!(connections(&company), 1, "Intuit still knows it");
    assert_eq!(folder.json(&["audit", "verify"]).0, 0);
}

#[test]
fn two_processes_that_need_a_token_at_once_refresh_it_once() {
    let folder = Folder::with_books("refresh");
    let company = Company::start(&folder, &["--consent", "allow"]);
    let realm = company.text("realm_id");
    company.configure(&folder, &lines(&company, realm));
    connect_by_paste(&folder, &company);
    // Another machine: a directory of its own, the same key, rules and database.
    let other = folder.file("other");
    std::fs::create_dir_all(&other).unwrap();
    for name in ["rules.toml", "tieout.key"] {
        std::fs::copy(folder.file("books").join(name), other.join(name)).unwrap();
    }
    let config = std::fs::read_to_string(folder.file("books/tieout.toml")).unwrap();
    let database = folder.file("books/tieout.db");
    let shared = format!("sqlite = \"{}\"", database.display());
    let config = config.replace("sqlite = \"tieout.db\"", &shared);
    std::fs::write(other.join("tieout.toml"), config).unwrap();
    let refreshes = || {
        let path = "/requests?limit=100000&path=/tokens/bearer";
        let seen = company.control("GET", path, &Value::Null);
        let seen = seen["requests"].as_array().unwrap();
        assert!(seen.iter().all(|r| r["status"] == 200), "{seen:?}");
        seen.len()
    };
    for round in 0..5 {
        let before = refreshes();
        company.control("POST", "/tokens/expire", &json!({ "realm": realm }));
        let start = |data: &std::path::Path| {
            let mut command = folder.command(&["doctor", "--json"]);
            command.env("TIEOUT_DATA", data).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        let both = [folder.file("books"), other.clone()];
        let mut running: Vec<_> = both.iter().map(|data| (data, start(data))).collect();
        // Whoever came second may be told to try again in a moment.
        until("both answer", || {
            for (data, child) in &mut running {
                if child.wait().unwrap().code() != Some(0) {
                    *child = start(data);
                    return None;
                }
            }
            Some(())
        });
        assert_eq!(refreshes() - before, 1, "round {round}: one refresh on the far side");
    }
    assert_eq!(connections(&company), 1);
}
