//! Progress on a terminal; silence elsewhere.

use crate::output::count;
use engine::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

/// A bar over `total` units, hidden when standard error is no terminal or `quiet`.
pub fn bar(total: u64, what: &str, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{prefix:>10} {bar:30} {human_pos} of {human_len}  {elapsed}  {msg}",
    );
    let bar = ProgressBar::new(total).with_prefix(what.to_owned());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A line without a known end.
pub fn spinner(what: &str, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix:>10} {elapsed}  {msg}");
    let bar = ProgressBar::new_spinner().with_prefix(what.to_owned());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What a worker is doing, in one line.
pub fn line(p: &Progress) -> String {
    let calls: u64 = p.calls.values().sum();
    let mut text = format!(
        "{} read, {} decided, {} posted, {} verified, {} calls",
        count(p.normalised),
        count(p.decided),
        count(p.posted),
        count(p.verified),
        count(calls)
    );
    let setbacks: u64 = p.setbacks.values().sum();
    if setbacks > 0 {
        let _ = write!(text, ", {} setbacks", count(setbacks));
    }
    text
}
