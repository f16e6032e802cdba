//! Where reports count documents: the location of the whole, the class of a line (case 170).

use super::RulesError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The value that stands for no location or class.
pub(crate) const NONE: &str = "none";

/// The table `[locations]` or `[classes]`: names by where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dimension {
    default: String,
    source: BTreeMap<String, String>,
    channel: BTreeMap<String, String>,
}

impl Default for Dimension {
    fn default() -> Self {
        Self { default: NONE.to_owned(), source: BTreeMap::new(), channel: BTreeMap::new() }
    }
}

impl Dimension {
    /// The name for a channel of a source: `<source>/<channel>`, else `<channel>`, else the source,
    /// else the default. Without a channel those of the source.
    pub(crate) fn of(&self, source: &str, channel: Option<&str>) -> Option<&str> {
        let by_channel = || {
            let channel = channel?;
            let exact = self.channel.get(&format!("{source}/{channel}"));
            exact.or_else(|| self.channel.get(channel))
        };
        let named = by_channel().or_else(|| self.source.get(source)).unwrap_or(&self.default);
        Some(named.as_str()).filter(|name| *name != NONE)
    }

    /// Refuses names that no ledger accepts.
    pub(super) fn check(&self, table: &str) -> Result<(), RulesError> {
        name(&format!("{table}.default"), None, &self.default)?;
        for (part, names) in [("source", &self.source), ("channel", &self.channel)] {
            for (key, text) in names {
                name(&format!("{table}.{part}.{key}"), None, text)?;
            }
        }
        Ok(())
    }
}

/// Refuses a name of a location or class that no ledger accepts. A colon stands between a name and
/// the one above it.
pub(super) fn name(path: &str, line: Option<usize>, text: &str) -> Result<(), RulesError> {
    let empty = text.split(':').any(|level| level.trim().is_empty());
    if empty || text.chars().count() > 100 || text.contains(char::is_control) {
        let what = format!("`{text}` is no name the ledger accepts");
        let fix = "use 1 to 100 characters without line end, `above:below` for one below another, \
                   or \"none\"";
        return Err(RulesError::new(line, path, what, fix));
    }
    Ok(())
}
