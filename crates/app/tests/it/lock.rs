//! Two processes on one data directory.

use crate::support::{Folder, MAPPING, Server, sales, text};
use std::process::Stdio;

#[test]
fn the_second_process_waits_or_says_who_is_first() {
    let folder = Folder::with_books("lock");
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(20).as_bytes());
    let server = Server::start(&folder);
    let refused = folder.run(&["apply", "--no-wait"]);
    assert_eq!(refused.status.code(), Some(5), "{}", text(&refused));
    assert!(text(&refused).contains(&format!("process {}", server.pid())), "{}", text(&refused));
    let looked = folder.run(&["status"]);
    assert!(looked.status.success(), "looking is always possible: {}", text(&looked));
    let planned = folder.run(&["plan"]);
    assert!(planned.status.success(), "{}", text(&planned));
    assert!(text(&planned).contains("what it has decided"), "{}", text(&planned));
    let waiting = folder
        .command(&["import", &file, "--mapping", &mapping])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(server.stop());
    let done = waiting.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
}

#[test]
fn two_imports_of_one_file_at_once_are_one_import() {
    let folder = Folder::with_books("twice");
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(200).as_bytes());
    let start = || {
        let mut command = folder.command(&["import", &file, "--mapping", &mapping]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (a, b) = (start(), start());
    let (a, b) = (a.wait_with_output().unwrap(), b.wait_with_output().unwrap());
    assert!(a.status.success() && b.status.success(), "{}{}", text(&a), text(&b));
    let before = [text(&a), text(&b)].iter().filter(|t| t.contains("imported before")).count();
    assert_eq!(before, 1, "one reads it, the other finds it read");
    let (code, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{checked}");
    let counts = &checked["totals"][0]["counts"];
    assert_eq!(counts["verified"], counts["received"], "{checked}");
}
