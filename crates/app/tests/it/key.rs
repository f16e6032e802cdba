//! The keys under which tokens are stored: exchanged at any moment, lost, or open to others.

use crate::support::{Folder, Server, text};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn key_file(folder: &Folder) -> PathBuf {
    folder.file("books/tieout.key")
}

fn write_keys(folder: &Folder, keys: &str) {
    let path = key_file(folder);
    std::fs::write(&path, keys).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
}

fn keys(folder: &Folder) -> String {
    std::fs::read_to_string(key_file(folder)).unwrap()
}

/// Key ids, the present one first, each with what is sealed under it.
fn listed(folder: &Folder) -> Vec<(String, i64)> {
    let (_, list) = folder.json(&["key", "list"]);
    let all = list["keys"].as_array().unwrap_or_else(|| panic!("{list}"));
    all.iter().map(|k| (k[0].as_str().unwrap().to_owned(), k[1].as_i64().unwrap())).collect()
}

fn works(folder: &Folder) {
    let (code, doctor) = folder.json(&["doctor"]);
    assert_eq!(code, 0, "{doctor}");
}

fn rotate(folder: &Folder) -> Value {
    let (code, rotated) = folder.json(&["key", "rotate"]);
    assert_eq!(code, 0, "{rotated}");
    rotated
}

#[test]
fn a_rotation_seals_everything_anew_and_can_be_cut_off_anywhere() {
    let folder = Folder::with_books("key");
    works(&folder);
    let (old_text, old) = (keys(&folder), listed(&folder));
    assert_eq!(old.len(), 1);
    assert_eq!(old[0].1, 1, "the tokens of the company");
    let rotated = rotate(&folder);
    assert_eq!((&rotated["resealed"], &rotated["older"][0]), (&1.into(), &old[0].0.clone().into()));
    let (new_text, new) = (keys(&folder), listed(&folder));
    assert_eq!((new.len(), new[0].1), (1, 1));
    assert_ne!(new[0].0, old[0].0);
    let mode = std::fs::metadata(key_file(&folder)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    works(&folder);

    // Killed after the new key was written and before anything was sealed with it.
    let next = "ab".repeat(32);
    write_keys(&folder, &format!("{next}\n{new_text}"));
    works(&folder);
    assert_eq!(listed(&folder).iter().map(|k| k.1).collect::<Vec<_>>(), [0, 1]);
    let (_, doctor) = folder.json(&["doctor"]);
    assert!(doctor.to_string().contains("a rotation was not finished"), "{doctor}");
    rotate(&folder);
    assert_eq!(keys(&folder).trim(), next, "it is finished, not begun anew");
    works(&folder);

    // Killed after everything was sealed and before the old key was taken out.
    write_keys(&folder, &format!("{next}\n{old_text}"));
    works(&folder);
    rotate(&folder);
    assert_eq!(keys(&folder).trim(), next);
    works(&folder);
    assert_eq!(folder.json(&["audit", "verify"]).0, 0);
}

#[test]
fn a_wrong_key_is_named_and_a_key_that_others_can_read_is_refused() {
    let folder = Folder::with_books("wrong");
    let (good, id) = (keys(&folder), listed(&folder)[0].0.clone());
    write_keys(&folder, &"cd".repeat(32));
    let (code, doctor) = folder.json(&["doctor"]);
    assert_eq!(code, 6, "{doctor}");
    let said = doctor.to_string();
    assert!(said.contains(&id) && said.contains("connect the company again"), "{said}");
    assert!(!said.contains(good.trim()), "a key is never shown");
    let (code, list) = folder.json(&["key", "list"]);
    assert_eq!((code, &list["lost"]), (4, &1.into()));
    let out = folder.run(&["key", "rotate"]);
    assert_eq!(out.status.code(), Some(6), "nothing is sealed anew blindly: {}", text(&out));
    let out = folder.run(&["apply"]);
    assert_eq!(out.status.code(), Some(6), "nothing can be done with it: {}", text(&out));
    assert!(text(&out).contains("tokens"), "{}", text(&out));
    write_keys(&folder, &good);
    works(&folder);

    std::fs::set_permissions(key_file(&folder), PermissionsExt::from_mode(0o644)).unwrap();
    let out = folder.run(&["status"]);
    assert_eq!(out.status.code(), Some(6));
    assert!(text(&out).contains("chmod 600"), "{}", text(&out));
    write_keys(&folder, "not a key");
    assert_eq!(folder.run(&["status"]).status.code(), Some(6));
}

#[test]
fn keys_in_the_environment_are_exchanged_by_who_sets_them() {
    let folder = Folder::with_books("env");
    let (old, new) = (keys(&folder).trim().to_owned(), "ef".repeat(32));
    let with = |keys: &str, args: &[&str]| {
        let out = folder.command(args).env("TIEOUT_KEY", keys).output().unwrap();
        (out.status.code(), text(&out))
    };
    std::fs::remove_file(key_file(&folder)).unwrap();
    assert_eq!(with(&old, &["doctor"]).0, Some(0));
    let (code, said) = with(&old, &["key", "rotate"]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("openssl rand -hex 32"), "{said}");
    let (code, said) = with(&format!("{new},{old}"), &["key", "rotate"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(with(&new, &["doctor"]).0, Some(0));
    assert_eq!(with(&old, &["doctor"]).0, Some(6));
}

#[test]
fn a_rotation_waits_until_nobody_works_with_the_old_key() {
    let folder = Folder::with_books("busy");
    let server = Server::start(&folder);
    let out = folder.run(&["key", "rotate", "--no-wait"]);
    assert_eq!(out.status.code(), Some(5), "{}", text(&out));
    assert!(server.stop());
    rotate(&folder);
}
