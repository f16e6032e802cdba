//! Everything a request can change, and the only thing a log has to rebuild.

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::config::Config;
use crate::oauth::OAuth;
use crate::replies::Replies;

/// State of the company and its connection.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub books: Books,
    pub replies: Replies,
    pub oauth: OAuth,
    /// How many requests changed something.
    pub changes: u64,
}

impl State {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            books: Books::new(config.prefs.clone(), config.seed_data),
            replies: Replies::default(),
            oauth: OAuth::new(config.seed),
            changes: 0,
        }
    }
}
