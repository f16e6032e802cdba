//! `cargo xtask new-source NAME`: a source that compiles, and says what to fill in.
//!
//! The templates are a whole small source. Besides its own files it gets its line in every list of
//! sources that there is; a list that is no longer where it was is an error, so the test of this file
//! notices when one moves.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::commands::{cargo, succeeds};

/// The source's own files: where they go, and their templates.
const FILES: &[(&str, &str)] = &[
    ("crates/sources/src/__name__.rs", include_str!("../templates/source/source.rs.tmpl")),
    ("crates/sources/src/__name__/event.rs", include_str!("../templates/source/event.rs.tmpl")),
    ("crates/sources/src/__name__/verify.rs", include_str!("../templates/source/verify.rs.tmpl")),
    ("crates/sources/src/__name__/wire.rs", include_str!("../templates/source/wire.rs.tmpl")),
    ("crates/sources/src/__name__/README.md", include_str!("../templates/source/README.md.tmpl")),
    (
        "crates/sources/src/__name__/fixtures/order_paid.json",
        include_str!("../templates/source/fixture.json.tmpl"),
    ),
    ("crates/sources/tests/it/__name__.rs", include_str!("../templates/source/test.rs.tmpl")),
    ("fuzz/fuzz_targets/__name__.rs", include_str!("../templates/source/fuzz.rs.tmpl")),
];

/// A line in a list of sources: in which file, before what, and the line.
const LISTS: &[(&str, &str, &str)] = &[
    ("crates/sources/src/lib.rs", "pub mod kit;\n", "pub mod __name__;\n"),
    (
        "crates/sources/README.md",
        "| [cloudevents]",
        "| [__name__](src/__name__/README.md) | webhooks | HMAC-SHA256 of the body, base64 |\n",
    ),
    (
        "crates/sources/tests/it.rs",
        "#[cfg(test)]\n#[path = \"it/poll.rs\"]",
        "#[cfg(test)]\n#[path = \"it/__name__.rs\"]\nmod __name__;\n",
    ),
    ("crates/sources/tests/garbage/drive.rs", "    \"paypal\",\n", "    \"__name__\",\n"),
    (
        "crates/sources/tests/garbage/drive.rs",
        "        _ => &[\n",
        "        \"__name__\" => &[include_bytes!(\"../../src/__name__/fixtures/order_paid.json\")],\n",
    ),
    (
        "crates/sources/tests/garbage/drive.rs",
        "        _ => panic!(\"no source is called",
        "        \"__name__\" => Box::new(sources::__name__::__Name__::new(\n            name,\n            \
         sources::__name__::Settings { secrets, zone },\n        )),\n",
    ),
    (
        "crates/app/src/config/source.rs",
        "    /// An own order system that speaks CloudEvents.\n",
        "    /// An account of __Title__.\n    __Name__,\n",
    ),
    (
        "crates/app/src/config/source.rs",
        "            Self::Cloudevents => \"cloudevents\",\n",
        "            Self::__Name__ => \"__name__\",\n",
    ),
    (
        "crates/app/src/config/source.rs",
        "            SourceKind::Cloudevents => Arc::new(",
        "            SourceKind::__Name__ => Arc::new(sources::__name__::__Name__::new(\n                \
         name,\n                sources::__name__::Settings { secrets, zone },\n            )),\n",
    ),
    (
        "crates/app/src/config/source.rs",
        "SourceKind::Bigcommerce | SourceKind::Cloudevents => None,",
        "SourceKind::__Name__ | ",
    ),
    (
        "crates/app/src/config/poll.rs",
        "SourceKind::Cloudevents => None,",
        "SourceKind::__Name__ | ",
    ),
    (
        "crates/app/src/config/poll.rs",
        "            SourceKind::Cloudevents => return Err(",
        "            SourceKind::__Name__ => return Err(\"no poller reads its lists\".to_owned()),\n",
    ),
    (
        "crates/app/src/config/default.toml",
        "#: [[source]]\n#: name = \"cloudevents:oms\"\n",
        "#: [[source]]\n#: name = \"__name__:acme\"\n#: kind = \"__name__\"\n\
         #: secrets = [{ env = \"__NAME___SECRET\" }]\n\n",
    ),
    (
        "fuzz/Cargo.toml",
        "[[bin]]\nname = \"csv\"\n",
        "[[bin]]\nname = \"__name__\"\npath = \"fuzz_targets/__name__.rs\"\ntest = false\n\
         doc = false\nbench = false\n\n",
    ),
    ("xtask/src/fuzz.rs", "    (\"csv\", 400),\n", "    (\"__name__\", 400),\n"),
];

/// Longest name of a source.
const NAME_MAX: usize = 30;

/// Writes the files and lines of a new source. Nothing is written unless all of it can be.
pub fn run(root: &Path, arguments: &[String]) -> Result<bool> {
    let [name, title @ ..] = arguments else {
        anyhow::bail!("a name is missing: `cargo xtask new-source acmeshop \"Acme Shop\"`")
    };
    ensure!(title.len() < 2, "at most a name and a title; put a title of several words in quotes");
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    ensure!(
        name.len() <= NAME_MAX
            && name.bytes().all(is_plain)
            && name.starts_with(|c: char| c.is_ascii_lowercase()),
        "`{name}` is no name: at most {NAME_MAX} small letters and digits, a letter first"
    );
    let kind = format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]);
    let words = Words { name, kind: &kind, title: title.first().unwrap_or(&kind) };
    let written = prepare(root, &words)?;
    for (path, text) in &written {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let formatted = ["sources", "app", "xtask"].iter().try_fold(true, |all, package| {
        Ok::<_, anyhow::Error>(all & succeeds(&mut cargo(root, &["fmt", "-p", package]))?)
    })?;
    println!("new-source: {name} is a source that compiles; {} files changed", written.len());
    println!("  what is left to fill in: cargo test -p sources --test it {name}");
    println!("  how: docs/how-to/add-a-source.md");
    Ok(formatted)
}

/// What the placeholders of the templates stand for.
struct Words<'a> {
    name: &'a str,
    kind: &'a str,
    title: &'a str,
}

impl Words<'_> {
    fn fill(&self, template: &str) -> String {
        template
            .replace("__NAME__", &self.name.to_ascii_uppercase())
            .replace("__Name__", self.kind)
            .replace("__Title__", self.title)
            .replace("__name__", self.name)
    }
}

/// Every file that is written, with its text.
fn prepare(root: &Path, words: &Words<'_>) -> Result<Vec<(String, String)>> {
    let mut written: Vec<(String, String)> = Vec::new();
    for (path, template) in FILES {
        let path = words.fill(path);
        ensure!(!root.join(&path).exists(), "{path} is there already: take another name");
        written.push((path, words.fill(template)));
    }
    for (path, before, line) in LISTS {
        let known = written.iter().position(|(p, _)| p == path);
        let text = match known {
            Some(at) => written.remove(at).1,
            None => fs::read_to_string(root.join(path))
                .with_context(|| format!("cannot read {path}"))?,
        };
        let at = text.find(before).with_context(|| {
            format!(
                "{path} has no line `{}` any more: teach xtask/src/new_source.rs",
                before.trim()
            )
        })?;
        let (head, tail) = text.split_at(at);
        written.push(((*path).to_owned(), format!("{head}{}{tail}", words.fill(line))));
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Metadata;
    use std::path::PathBuf;

    /// A copy of what a build needs, gone when it is dropped.
    struct Copy(PathBuf);

    impl Copy {
        fn of(root: &Path, at: PathBuf) -> Self {
            let _ = fs::remove_dir_all(&at);
            fs::create_dir_all(&at).expect("a folder");
            for name in ["crates", "docs", "examples", "fuzz", "schemas", "xtask"] {
                copy(&root.join(name), &at.join(name));
            }
            for entry in fs::read_dir(root).expect("the root") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    let name = path.file_name().expect("a name").to_owned();
                    fs::copy(&path, at.join(name)).expect("a copy");
                }
            }
            Self(at)
        }
    }

    impl Drop for Copy {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            let to = to.join(path.file_name().expect("a name"));
            if path.is_dir() {
                if !path.ends_with("target") {
                    copy(&path, &to);
                }
            } else {
                fs::copy(&path, &to).expect("a copy");
            }
        }
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|w| (*w).to_owned()).collect()
    }

    fn said(root: &Path, target: &Path, arguments: &[&str]) -> (bool, String) {
        let mut command = cargo(root, arguments);
        command.env("CARGO_TARGET_DIR", target).env_remove("RUST_BACKTRACE");
        let out = command.output().expect("cargo runs");
        let text = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn a_name_that_is_none_or_taken_writes_nothing() {
        let root = crate::root();
        for bad in [&[][..], &["Acme"], &["acme-shop"], &["1acme"], &[""], &["a", "b", "c"]] {
            assert!(run(&root, &words(bad)).is_err(), "{bad:?}");
        }
        for taken in ["stripe", "bigcommerce"] {
            let refused = run(&root, &words(&[taken])).expect_err("it is there");
            assert!(refused.to_string().contains("already"), "{refused}");
        }
    }

    /// What docs/how-to/add-a-source.md promises: the new source compiles, is tidy and clean, passes
    /// all tests but one, and that one names what is to be filled in.
    #[test]
    fn a_new_source_compiles_and_says_what_to_fill_in() {
        let root = crate::root();
        let target = PathBuf::from(Metadata::load(&root).expect("metadata").target_directory);
        let copy = Copy::of(&root, target.join("new-source"));
        let at = copy.0.as_path();
        assert!(run(at, &words(&["acmeshop", "Acme Shop"])).expect("it is written"));
        assert!(run(at, &words(&["acmeshop"])).is_err(), "twice");
        crate::tidy::run(at).expect("it is tidy");
        crate::arrows::run(at).expect("its arrows are allowed");
        let (formatted, text) = said(at, &target, &["fmt", "--all", "--check"]);
        assert!(formatted, "{text}");
        let lint = ["clippy", "-q", "--offline", "-p", "sources", "-p", "app", "--lib", "--bins"];
        let (clean, text) = said(at, &target, &[&lint[..], &["--", "-D", "warnings"]].concat());
        assert!(clean, "{text}");
        let test = ["test", "-q", "--offline", "-p", "sources", "--test", "it", "--"];
        let (passed, text) = said(at, &target, &[&test[..], &["acmeshop", "driven"]].concat());
        assert!(!passed, "something is left to fill in: {text}");
        let failed: Vec<&str> = text.lines().filter(|l| l.contains("--- FAILED")).collect();
        assert_eq!(failed.len(), 1, "{text}");
        assert!(failed[0].contains("nothing_is_left_to_fill_in"), "{text}");
        for told in
            ["src/acmeshop/verify.rs:2: // FILL IN: the vendor's own scheme", "README.md:3:"]
        {
            assert!(text.contains(told), "{told}: {text}");
        }
        // When it is filled in, everything passes.
        for (path, _) in FILES {
            let path = at.join(path.replace("__name__", "acmeshop"));
            let text = fs::read_to_string(&path).expect("a file of the source");
            if !path.ends_with("tests/it/acmeshop.rs") {
                fs::write(&path, text.replace("FILL IN", "Known")).expect("it is written");
            }
        }
        let (passed, text) = said(at, &target, &[&test[..], &["acmeshop", "driven"]].concat());
        assert!(passed, "{text}");
    }
}
