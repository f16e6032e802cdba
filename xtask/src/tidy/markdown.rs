//! Rules for Markdown pages.

use std::path::{Component, Path, PathBuf};

use super::File;

pub fn check(root: &Path, file: &mut File<'_>) {
    let mut titles = Vec::new();
    let mut links = Vec::new();
    let mut fence: Option<&str> = None;
    let mut front_matter = file.text.starts_with("---\n");
    for (index, line) in file.text.lines().enumerate() {
        let number = index + 1;
        if front_matter {
            front_matter = !(index > 0 && line == "---");
            continue;
        }
        let start = line.trim_start();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark)) {
            fence = match fence {
                None => Some(mark),
                Some(open) if open == mark => None,
                open => open,
            };
            continue;
        }
        if fence.is_some() {
            continue;
        }
        if line.starts_with("# ") {
            titles.push(number);
        }
        links.extend(targets(line).map(|target| (number, target)));
    }
    match titles[..] {
        [_] => {}
        [] => file.report(0, "no title: start the page with one `# Title` line"),
        [_, second, ..] => file.report(second, "a second title: make it a `##` section"),
    }
    for (number, target) in links {
        if !exists(root, file.path, target) {
            file.report(number, format!("dead link to {target}: correct or remove it"));
        }
    }
}

/// The link targets of a line, without those in inline code.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').step_by(2).flat_map(|text| {
        text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
    })
}

fn exists(root: &Path, from: &str, target: &str) -> bool {
    let target = target.split(' ').next().unwrap_or_default();
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return true;
    }
    let base = match path.strip_prefix('/') {
        Some(_) => PathBuf::new(),
        None => Path::new(from).parent().map(Path::to_owned).unwrap_or_default(),
    };
    let mut inside = PathBuf::new();
    for part in base.join(path.trim_start_matches('/')).components() {
        match part {
            Component::Normal(name) => inside.push(name),
            // A link out of the repository is dead for everyone who has only the repository.
            Component::ParentDir if !inside.pop() => return false,
            _ => {}
        }
    }
    root.join(inside).exists()
}
