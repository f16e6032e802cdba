//! What the product logs in a run, kept for the judges.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Most lines kept.
const LINES_MAX: usize = 20_000;

/// Level and text of every line.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<(Level, String)>>>);

impl Logs {
    fn lock(&self) -> MutexGuard<'_, Vec<(Level, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.lock().clone()
    }
}

/// The fields of an event as one text.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Logs {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        // Fields of spans stand before every line within: they count as lines.
        let mut text = Text(String::new());
        attributes.record(&mut text);
        self.lock().push((*attributes.metadata().level(), text.0));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        self.lock().push((Level::INFO, text.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let mut lines = self.lock();
        if lines.len() < LINES_MAX {
            lines.push((*event.metadata().level(), text.0));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_with_their_fields() {
        let logs = Logs::default();
        tracing::subscriber::with_default(logs.clone(), || {
            tracing::warn!(lane = "books", "it {}", "happened");
        });
        let lines = logs.lines();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].0, Level::WARN);
        assert!(lines[0].1.contains("books") && lines[0].1.contains("it happened"), "{lines:?}");
    }
}
