//! Attachments and uploads.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Method;
use quickbooks_sim::{Config, Simulator};
use serde_json::Value;

use crate::support::{Answer, Company, SECOND, company, invoice, key, request};

fn note(owner: &Value, text: &str) -> String {
    format!(
        r#"{{"AttachableRef":[{{"EntityRef":{{"type":"Invoice","value":{}}},"IncludeOnSend":true}}],"Note":"{text}"}}"#,
        owner["Id"]
    )
}

#[test]
fn a_note_is_attached_found_changed_and_deleted_by_its_id_alone() {
    fact!("Attachable", "create", Documented, "§8", "a note with references to what it belongs to");
    fact!("Attachable", "query", Documented, "§3", "by type and id of what it belongs to");
    fact!("Attachable", "delete", Recorded, "§2", "the id alone is enough");
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    let other = c.save("Invoice", &invoice("20"));
    let a = c.save("Attachable", &note(&i, "ship with care"));
    assert_eq!((a["SyncToken"].clone(), a["Note"].clone()), ("0".into(), "ship with care".into()));
    assert!(a["Id"].as_str().unwrap().len() > 15 && a.get("Size").is_none());
    c.save("Attachable", &note(&other, "second"));
    let found = |c: &mut Company, kind: &str, id: &Value| {
        let id = id.as_str().unwrap();
        let text = format!(
            "select * from attachable where AttachableRef.EntityRef.Type = '{kind}' and AttachableRef.EntityRef.value = '{id}'"
        );
        c.query(&text).body["QueryResponse"].clone()
    };
    let here = found(&mut c, "invoice", &i["Id"]);
    assert_eq!(
        (here["maxResults"].clone(), here["Attachable"][0]["Id"].clone()),
        (1.into(), a["Id"].clone())
    );
    assert_eq!(found(&mut c, "Bill", &i["Id"]), serde_json::json!({}));
    let a = c.save("Attachable", &format!(r#"{},"sparse":true,"Note":"fragile"}}"#, key(&a)));
    assert_eq!(
        (a["SyncToken"].clone(), a["AttachableRef"][0]["EntityRef"]["value"].clone()),
        ("1".into(), i["Id"].clone())
    );
    assert_eq!(
        c.post("attachable", &format!(r#"{{"Id":{},"SyncToken":"0","Note":"x"}}"#, a["Id"])).code(),
        "5010"
    );
    let gone = c
        .post("attachable?operation=delete", &format!(r#"{{"Id":{}}}"#, a["Id"]))
        .entity("Attachable");
    assert_eq!(gone["status"], "Deleted");
    assert_eq!(c.get(&format!("attachable/{}", a["Id"].as_str().unwrap())).code(), "610");
    for (body, code) in [
        (r#"{"FileName":null}"#.to_owned(), "2020"),
        (note(&i, "x").replace("Invoice", "Term"), "6050"),
        (note(&i, "x").replace("Invoice", "Bill"), "2500"),
        (note(&i, "x").replace("IncludeOnSend", "Include"), "2010"),
        (note(&i, &"x".repeat(2_001)), "2050"),
    ] {
        assert_eq!(c.post("attachable", &body).code(), code, "{body}");
    }
}

fn upload(c: &mut Company, parts: &[(&str, &str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, head, content) in parts {
        body.extend(
            format!("--0123\r\nContent-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n")
                .into_bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--0123--\r\n");
    let mut req = request(Method::POST, "upload", &c.token, "");
    *req.body_mut() = Bytes::from(body);
    req.headers_mut().insert("content-type", "multipart/form-data; boundary=0123".parse().unwrap());
    c.send(&req)
}

const IMAGE: &str = "; filename=\"receipt.png\"\r\nContent-Type: image/png";

#[test]
fn files_are_uploaded_with_their_descriptions_and_refused_one_by_one() {
    fact!(
        "Attachable",
        "upload",
        Documented,
        "§2",
        "multipart parts file_metadata_NN and file_content_NN"
    );
    fact!(
        "Attachable",
        "upload",
        Recorded,
        "§7",
        "HTTP 200 may hold a Fault in place of one Attachable"
    );
    fact!(
        "Attachable",
        "download",
        Assumed,
        "§8",
        "FileAccessUri gives the bytes, not a temporary address"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    let described = format!(
        r#"{{"AttachableRef":[{{"EntityRef":{{"type":"Invoice","value":{}}}}}],"FileName":"july.png","Note":"n"}}"#,
        i["Id"]
    );
    let bytes = b"\x89PNG\r\n--012 is not the end\xff\x00";
    let answer = upload(
        &mut c,
        &[
            ("file_metadata_01", "", described.as_bytes()),
            ("file_content_01", IMAGE, bytes),
            (
                "file_content_02",
                "; filename=\"tool.exe\"\r\nContent-Type: application/octet-stream",
                b"MZ",
            ),
            ("file_metadata_03", "", b"[1]"),
            ("file_content_03", IMAGE, b"x"),
            ("file_metadata_04", "", br#"{"Notes":"unknown"}"#),
            ("file_content_04", IMAGE, b"x"),
            ("file_content_05", IMAGE, b"x"),
        ],
    );
    assert_eq!(answer.status, 200);
    let all = &answer.body["AttachableResponse"];
    let first = &all[0]["Attachable"];
    assert_eq!(
        (first["FileName"].clone(), first["ContentType"].clone()),
        ("july.png".into(), "image/png".into())
    );
    assert_eq!(first["Size"], bytes.len());
    let code = |n: usize| all[n]["Fault"]["Error"][0]["code"].clone();
    assert_eq!([code(1), code(2), code(3)], ["6041", "6040", "2010"]);
    assert_eq!(
        all[4]["Attachable"]["FileName"], "receipt.png",
        "without a description the file's own name"
    );
    // the bytes are there
    let path = first["FileAccessUri"].as_str().unwrap();
    let path = path.strip_prefix("/v3/company/9130350000000001/").unwrap();
    c.now_us += SECOND;
    let got = c.sim.handle(&request(Method::GET, path, &c.token, ""), c.now_us);
    assert_eq!(&got.body()[..], bytes);
    let rows =
        c.query("select count(*) from Attachable where Size > '5' and FileName like '%.png'");
    assert_eq!(rows.body["QueryResponse"]["totalCount"], 1);
    for parts in [&[("file_metadata_01", "", &b"{}"[..])][..], &[]] {
        assert_eq!(upload(&mut c, parts).status, 400);
    }
}

#[test]
fn files_are_rebuilt_from_the_log_and_from_a_snapshot() {
    fact!("Attachable", "all", Assumed, "§12", "files outlive a restart");
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let mut c = company();
    c.sim = Simulator::with_log(
        Config::default(),
        Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)),
    );
    (c.token, c.refresh) = c.sim.issue_tokens(c.now_us);
    let stored = upload(&mut c, &[("file_content_01", IMAGE, b"\x89PNG\xff\x00")]);
    let uri = stored.body["AttachableResponse"][0]["Attachable"]["FileAccessUri"].clone();
    let path = uri.as_str().unwrap().strip_prefix("/v3/company/9130350000000001/").unwrap();
    let (again, _) = Simulator::replay(Config::default(), &log.lock().unwrap().clone());
    c.now_us += SECOND;
    let resumed = Simulator::resume(Config::default(), &c.sim.save().unwrap()).unwrap();
    for mut sim in [again, resumed] {
        let got = sim.handle(&request(Method::GET, path, &c.token, ""), c.now_us);
        assert_eq!(&got.body()[..], b"\x89PNG\xff\x00");
    }
}
