//! Writes the files that are derived from other files of the repository.
//!
//! The pages of `docs/reason-codes/` become `crates/kernel/src/reason/generated.rs`. The page is
//! the only place where a code is defined; the enum, the console and the manual all read it.
//! The marks in the tests of `quickbooks-sim` become its conformance page. The accounting cases of
//! `book` are run into the simulated company; what it holds is written into them, and their page.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{commands, conformance};

const PAGES: &str = "docs/reason-codes";
/// The generated schema of the canonical event.
const SCHEMA: &str = "schemas/canonical-event.schema.json";

const TARGET: &str = "crates/kernel/src/reason/generated.rs";
const HEADINGS: [&str; 4] =
    ["## What happened", "## How to check", "## What to do", "## What Tieout will never do"];
const OWNERS: [&str; 8] = ["ACC", "CTL", "ENG", "INT", "SEC", "SYS", "TAX", "TRE"];
const SLAS: [&str; 4] = ["1h", "1bd", "3bd", "close"];

/// The front matter of one page, checked.
#[derive(Debug)]
struct Page {
    code: String,
    slug: String,
    class: &'static str,
    severity: u8,
    action: String,
    sla: String,
    owner: String,
    since: String,
    upstream: Vec<String>,
    title: String,
}

/// Regenerates every derived file, or with `check` only says whether one is out of date.
pub fn run(root: &Path, check: bool) -> Result<()> {
    let pages = read_pages(&root.join(PAGES))?;
    let text = render(&pages);
    let path = root.join(TARGET);
    let old = fs::read_to_string(&path).unwrap_or_default();
    if old == text {
        println!("codegen: {} reason codes, up to date", pages.len());
    } else if check {
        bail!("{TARGET} is out of date with {PAGES}/*.md: run `cargo xtask codegen` and commit it");
    } else {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("codegen: wrote {TARGET} with {} reason codes", pages.len());
    }
    conformance_page(root, check)?;
    // Tests of `kernel` and `sim` compare what they generate, so checking needs no second build.
    if check {
        return Ok(());
    }
    write_schema(root)?;
    write_cases(root)
}

/// Runs the accounting cases and writes what the simulated company holds into them, and their page.
fn write_cases(root: &Path) -> Result<()> {
    let arguments = ["run", "--quiet", "--package", "sim", "--", "cases", "--write"];
    let done = commands::succeeds(&mut commands::cargo(root, &arguments))?;
    ensure!(done, "the accounting cases could not be run");
    Ok(())
}

/// Writes the conformance page of the QuickBooks simulator, or says that it is out of date.
fn conformance_page(root: &Path, check: bool) -> Result<()> {
    let text = conformance::page(root)?;
    let path = root.join(conformance::PAGE);
    if fs::read_to_string(&path).unwrap_or_default() == text {
        println!("codegen: {}, up to date", conformance::PAGE);
    } else if check {
        bail!(
            "{} is out of date with the tests: run `cargo xtask codegen` and commit it",
            conformance::PAGE
        );
    } else {
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("codegen: wrote {}", conformance::PAGE);
    }
    Ok(())
}

/// Writes the JSON Schema of the canonical event as `kernel` derives it from its types.
fn write_schema(root: &Path) -> Result<()> {
    let output = std::process::Command::new("cargo")
        .current_dir(root)
        .args(["run", "--quiet", "--package", "kernel", "--example", "schema"])
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "the schema could not be derived from kernel");
    let path = root.join(SCHEMA);
    fs::write(&path, output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
    println!("codegen: wrote {SCHEMA}");
    Ok(())
}

fn read_pages(folder: &Path) -> Result<Vec<Page>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| {
        path.extension().is_some_and(|extension| extension == "md")
            && path.file_stem().is_some_and(|stem| stem != "README")
    });
    paths.sort();
    let mut slugs = BTreeSet::new();
    let mut pages = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let page = parse(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            path.file_stem().is_some_and(|stem| stem == page.code.as_str()),
            "{}: the file name and `code: {}` differ",
            path.display(),
            page.code
        );
        ensure!(slugs.insert(page.slug.clone()), "the slug `{}` is used twice", page.slug);
        pages.push(page);
    }
    ensure!(!pages.is_empty(), "{} holds no page", folder.display());
    Ok(pages)
}

fn parse(text: &str) -> Result<Page> {
    let rest = text.strip_prefix("---\n").context("the page must start with a `---` line")?;
    let (front, body) = rest.split_once("\n---\n").context("the front matter has no end")?;
    let mut lines = front.lines();
    let mut field = |name: &str| -> Result<String> {
        let line = lines.next().with_context(|| format!("`{name}` is missing"))?;
        let (key, value) = line.split_once(": ").context("a line must read `key: value`")?;
        ensure!(key == name, "expected `{name}`, found `{key}`: keep the order of the other pages");
        Ok(value.to_owned())
    };
    let code = field("code")?;
    let slug = field("slug")?;
    let class = match field("class")?.as_str() {
        "T" => "Transient",
        "S" => "Structural",
        "D" => "Data",
        "P" => "Policy",
        other => bail!("`class: {other}` is none of T, S, D, P"),
    };
    let severity: u8 = field("severity")?.parse().context("`severity` must be 1 to 4")?;
    let action = field("action")?;
    let sla = field("sla")?;
    let owner = field("owner")?;
    let since = field("since")?;
    let upstream = field("upstream")?;
    let upstream = upstream
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .context("`upstream` must be a list: [a, b]")?
        .split(", ")
        .map(str::to_owned)
        .collect();
    ensure!(is_code(&code), "`code: {code}` must be three capitals, a dash, three digits");
    ensure!(is_kebab(&slug), "`slug: {slug}` must be kebab-case");
    ensure!((1..=4).contains(&severity), "`severity: {severity}` must be 1 to 4");
    ensure!(SLAS.contains(&sla.as_str()), "`sla: {sla}` is none of {SLAS:?}");
    ensure!(OWNERS.contains(&owner.as_str()), "`owner: {owner}` is none of {OWNERS:?}");
    let title = check_body(body)?;
    Ok(Page { code, slug, class, severity, action, sla, owner, since, upstream, title })
}

/// Checks the sections of a page and returns its title.
fn check_body(body: &str) -> Result<String> {
    let mut lines = body.lines();
    let title = lines
        .next()
        .and_then(|line| line.strip_prefix("# "))
        .context("the body must start with `# Title`")?;
    ensure!(title.len() <= 88, "the title is longer than 88 bytes: {title}");
    ensure!(!title.contains(['"', '\\']), "the title must not need escaping: {title}");
    let found: Vec<&str> = lines.filter(|line| line.starts_with("## ")).collect();
    ensure!(found == HEADINGS, "the sections must be {HEADINGS:?}, found {found:?}");
    for section in body.split("\n## ").skip(1) {
        let text = section.split_once('\n').map_or("", |(_, text)| text.trim());
        ensure!(text.len() >= 40, "the section `{}` says too little", section.trim());
    }
    Ok(title.to_owned())
}

fn is_code(code: &str) -> bool {
    code.split_once('-').is_some_and(|(family, number)| {
        family.len() == 3
            && family.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_kebab(slug: &str) -> bool {
    slug.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

fn variant(slug: &str) -> String {
    slug.split('-')
        .flat_map(|word| {
            let (first, rest) = word.split_at(1);
            [first.to_ascii_uppercase(), rest.to_owned()]
        })
        .collect()
}

fn render(pages: &[Page]) -> String {
    let mut out = String::from(
        "//! Written by `cargo xtask codegen` from the pages of `docs/reason-codes/`.\n\
         //! Edit a page and run it again; an edit here is lost.\n\n\
         use super::{ReasonClass, Row};\n\n\
         /// The cause of an exception, an exclusion or a difference: one variant for each page\n\
         /// of `docs/reason-codes/`. Codes are never renumbered and never reused.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum ReasonCode {\n",
    );
    for page in pages {
        let _ =
            writeln!(out, "    /// `{}`: {}.\n    {},", page.code, page.title, variant(&page.slug));
    }
    let _ = writeln!(out, "}}\n\n/// Every reason code in the order of its code.");
    let _ = writeln!(out, "pub(super) const ALL: [ReasonCode; {}] = [", pages.len());
    for page in pages {
        let _ = writeln!(out, "    ReasonCode::{},", variant(&page.slug));
    }
    let _ = writeln!(out, "];\n\n/// The front matter and page of each code, indexed by variant.");
    let _ = writeln!(out, "pub(super) static ROWS: [Row; {}] = [", pages.len());
    for page in pages {
        render_row(&mut out, page);
    }
    out.push_str("];\n");
    out
}

fn render_row(out: &mut String, page: &Page) {
    let _ = write!(
        out,
        "    Row {{\n        code: \"{}\",\n        slug: \"{}\",\n        title: \"{}\",\n        \
         class: ReasonClass::{},\n        severity: {},\n        action: \"{}\",\n        \
         sla: \"{}\",\n        owner: \"{}\",\n        since: \"{}\",\n",
        page.code,
        page.slug,
        page.title,
        page.class,
        page.severity,
        page.action,
        page.sla,
        page.owner,
        page.since
    );
    let names: Vec<String> = page.upstream.iter().map(|name| format!("\"{name}\"")).collect();
    let one_line = format!("        upstream: &[{}],\n", names.join(", "));
    // The widths of rustfmt.toml, so that the file passes `cargo fmt --check`.
    if one_line.len() <= 101 {
        out.push_str(&one_line);
    } else {
        let list = names.join(",\n            ");
        let _ = writeln!(out, "        upstream: &[\n            {list},\n        ],");
    }
    let _ = writeln!(
        out,
        "        file: include_str!(\"../../../../{PAGES}/{}.md\"),\n    }},",
        page.code
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\ncode: PER-001\nslug: ledger-period-closed\nclass: P\nseverity: 1\n\
        action: hold\nsla: 1bd\nowner: CTL\nsince: 0.1.0\nupstream: [a 1, b 2]\n---\n# Closed\n\n\
        ## What happened\n\nforty characters are enough to say something\n\n\
        ## How to check\n\nforty characters are enough to say something\n\n\
        ## What to do\n\nforty characters are enough to say something\n\n\
        ## What Tieout will never do\n\nforty characters are enough to say something\n";

    #[test]
    fn a_page_becomes_a_variant_and_a_row() {
        let page = parse(GOOD).unwrap();
        assert_eq!(page.upstream, ["a 1", "b 2"]);
        let text = render(&[page]);
        assert!(text.contains("    /// `PER-001`: Closed.\n    LedgerPeriodClosed,\n"), "{text}");
        assert!(text.contains("docs/reason-codes/PER-001.md"), "{text}");
    }

    #[test]
    fn a_bad_page_is_refused() {
        for (from, to) in [
            ("class: P", "class: X"),
            ("severity: 1", "severity: 5"),
            ("code: PER-001", "code: PER1"),
            ("slug: ledger-period-closed", "slug: Ledger"),
            ("owner: CTL", "owner: ME"),
            ("## How to check", "## How"),
            ("# Closed\n", "Closed\n"),
            ("enough to say something\n\n## What to do", "\n\n## What to do"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            assert!(parse(&GOOD.replace(from, to)).is_err(), "{from} -> {to} was accepted");
        }
    }

    #[test]
    fn committed_files_are_up_to_date() {
        run(&crate::root(), true).unwrap();
    }
}
