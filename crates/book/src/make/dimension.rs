//! Locations and classes: what reports count a document and its lines under (case 170).

use super::Desk;
use crate::rules::NONE;
use crate::state::State;
use kernel::{DocumentKind, FactBody};

/// Gives every document the location and every line the class that the rules want.
pub(crate) fn mark(desk: &mut Desk<'_>) {
    let (location, class) = {
        let state = origin(desk);
        let source = state.source().map_or("", |s| s.as_str());
        let channel = channel(state);
        let of = |name: Option<&str>| name.map(str::to_owned);
        let rules = desk.rules;
        (of(rules.locations.of(source, channel)), of(rules.classes.of(source, channel)))
    };
    for document in &mut desk.out.documents {
        let in_lines = document.kind == DocumentKind::JournalEntry;
        match document.kind {
            // Neither carries one in QuickBooks, nor earns or costs anything.
            DocumentKind::Payment | DocumentKind::Transfer => continue,
            _ if in_lines => {}
            _ => document.location.clone_from(&location),
        }
        for line in &mut document.lines {
            if in_lines {
                line.location.clone_from(&location);
            }
            line.class = match line.class.take() {
                None => class.clone(),
                Some(name) => Some(name).filter(|name| name != NONE),
            };
        }
    }
}

/// What tells where it was sold: a dispute belongs to its sale.
fn origin<'a>(desk: &Desk<'a>) -> &'a State {
    let sale = desk.cx.disputed.filter(|_| desk.state.order().is_none());
    sale.unwrap_or(desk.state)
}

/// The channel of the order or adjustment; payouts and fees of their own have none.
pub(crate) fn channel(state: &State) -> Option<&str> {
    if let Some(order) = state.order() {
        return Some(&order.channel);
    }
    state.facts().iter().find_map(|f| match &f.body {
        FactBody::AdjustmentRecorded(a) => Some(a.channel.as_str()),
        _ => None,
    })
}
