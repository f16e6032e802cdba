//! Webhooks: changes become signed notifications, sent until they are answered (quickbooks.md §5).
//!
//! Nothing is sent here. [`Webhooks::due`] gives the requests to make now, [`Webhooks::answered`]
//! takes what came of each. Which notifications exist depends only on the changes and their instants,
//! not on how often somebody asks.

mod body;
mod rules;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::changes::Change;
use crate::faults::mix;
pub(crate) use body::instant;
pub use rules::{WebhookFormat, WebhookRules};

/// How many finished notifications are remembered.
const PAST_MAX: usize = 100;

/// One changed object on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Event {
    /// Number since the beginning; makes the event's id.
    number: u64,
    realm: String,
    entity: String,
    id: u32,
    operation: crate::Operation,
    /// Of a merge, the object that is no more.
    merged: Option<u32>,
    at_us: i64,
    due_us: i64,
}

/// One notification that was not acknowledged yet.
#[derive(Debug, Serialize, Deserialize)]
struct Post {
    events: u64,
    body: Vec<u8>,
    created_us: i64,
    due_us: i64,
    tries: u32,
    /// Delivered once already: this is the second copy.
    again: bool,
    #[serde(skip)]
    in_flight: bool,
}

/// A request to make now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To be given to the answer.
    pub id: u64,
    /// Where to post it.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The signed bytes.
    pub body: Bytes,
    /// Whoever answers later than this is taken for silent, milliseconds.
    pub timeout_ms: u32,
}

/// What became of the events so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCounts {
    /// Events that were to be told.
    pub events: u64,
    /// Events lost on purpose, or while the endpoint was disabled.
    pub lost: u64,
    /// Notifications acknowledged.
    pub acknowledged: u64,
    /// Attempts that were not acknowledged.
    pub failed: u64,
}

/// A notification that is done with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Past {
    pub id: u64,
    pub events: u64,
    pub tries: u32,
    pub done_us: i64,
    pub status: u16,
}

/// The webhooks of one app.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Webhooks {
    seed: u64,
    rules: Option<WebhookRules>,
    paused: bool,
    /// Why nothing is sent any more.
    disabled: Option<String>,
    waiting: Vec<Event>,
    posts: BTreeMap<u64, Post>,
    next_post: u64,
    counts: WebhookCounts,
    past: VecDeque<Past>,
}

impl Webhooks {
    pub(crate) fn new(seed: u64, rules: Option<WebhookRules>) -> Self {
        Self {
            seed,
            rules,
            paused: false,
            disabled: None,
            waiting: Vec::new(),
            posts: BTreeMap::new(),
            next_post: 1,
            counts: WebhookCounts::default(),
            past: VecDeque::new(),
        }
    }

    pub(crate) fn rules(&self) -> Option<&WebhookRules> {
        self.rules.as_ref()
    }

    /// Subscribes, changes the subscription, or ends it. A disabled endpoint is enabled again.
    pub(crate) fn set_rules(&mut self, rules: Option<WebhookRules>, now_us: i64) {
        self.form(now_us);
        if rules.is_none() {
            self.forget();
        }
        self.rules = rules;
        self.disabled = None;
    }

    /// Drops what waits: what it tells of is gone.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        self.posts.clear();
    }

    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn disabled(&self) -> Option<&str> {
        self.disabled.as_deref()
    }

    pub(crate) fn counts(&self) -> WebhookCounts {
        self.counts
    }

    pub(crate) fn past(&self) -> impl Iterator<Item = &Past> {
        self.past.iter()
    }

    /// Events and notifications that wait: how many of each.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.waiting.len(), self.posts.len())
    }

    fn chance(&self, salt: u64, number: u64, per_mille: u32) -> bool {
        mix(self.seed ^ salt, number) % 1_000 < u64::from(per_mille)
    }

    /// Takes a change of a company.
    pub(crate) fn note(&mut self, realm: &str, change: &Change, now_us: i64) {
        let Some(rules) = &self.rules else { return };
        if !rules.wants(change) {
            return;
        }
        self.counts.events += 1;
        let number = self.counts.events;
        if self.disabled.is_some() || self.chance(0x3e01, number, rules.loss) {
            self.counts.lost += 1;
            return;
        }
        let late = self.chance(0x3e02, number, rules.reorder);
        let due_us = rules.due_us(now_us, late);
        self.waiting.push(Event {
            number,
            realm: realm.to_owned(),
            entity: change.entity.to_owned(),
            id: change.id,
            operation: change.operation,
            merged: change.merged,
            at_us: now_us,
            due_us,
        });
    }

    /// Makes notifications of the events that are due: one for all of an instant, split where it
    /// would be too long.
    fn form(&mut self, now_us: i64) {
        let Some(rules) = &self.rules else { return };
        let mut due: BTreeMap<i64, Vec<Event>> = BTreeMap::new();
        let mut waiting = std::mem::take(&mut self.waiting);
        for event in waiting.extract_if(.., |e| e.due_us <= now_us) {
            due.entry(event.due_us).or_default().push(event);
        }
        self.waiting = waiting;
        for (due_us, events) in due {
            let events = rules.aggregated(events);
            for part in events.chunks(rules.events_max.max(1)) {
                let post = Post {
                    events: u64::try_from(part.len()).unwrap_or(u64::MAX),
                    body: rules.body(self.seed, part).into_bytes(),
                    created_us: due_us,
                    due_us,
                    tries: 0,
                    again: false,
                    in_flight: false,
                };
                self.posts.insert(self.next_post, post);
                self.next_post += 1;
            }
        }
    }

    /// The requests to make now. Each is under way until it is answered.
    pub(crate) fn due(&mut self, now_us: i64) -> Vec<Delivery> {
        if self.paused || self.disabled.is_some() {
            return Vec::new();
        }
        self.form(now_us);
        let Some(rules) = &self.rules else { return Vec::new() };
        let most = if rules.hold_back { 1 } else { usize::MAX };
        let mut out = Vec::new();
        for (id, post) in self.posts.iter_mut().take(most) {
            if post.in_flight || post.due_us > now_us {
                continue;
            }
            post.in_flight = true;
            out.push(Delivery {
                id: *id,
                url: rules.url.clone(),
                headers: rules.headers(self.seed, *id, &post.body, post.created_us),
                body: Bytes::from(post.body.clone()),
                timeout_ms: rules.timeout_ms,
            });
        }
        out
    }

    /// Takes what came of a request: the status, none when nobody answered in time. False: no such
    /// notification waits, and nothing changed.
    pub(crate) fn answered(&mut self, id: u64, status: Option<u16>, now_us: i64) -> bool {
        self.form(now_us);
        let (Some(rules), Some(post)) = (&self.rules, self.posts.get_mut(&id)) else {
            return false;
        };
        post.in_flight = false;
        post.tries += 1;
        if let Some(status) = status.filter(|s| (200..300).contains(s)) {
            self.counts.acknowledged += 1;
            if self.past.len() == PAST_MAX {
                self.past.pop_front();
            }
            let (events, tries, again) = (post.events, post.tries, post.again);
            self.past.push_back(Past { id, events, tries, done_us: now_us, status });
            if !again && mix(self.seed ^ 0x3e03, id) % 1_000 < u64::from(rules.duplicate) {
                post.again = true;
                post.due_us = now_us + rules.reorder_us();
            } else {
                self.posts.remove(&id);
            }
            return true;
        }
        self.counts.failed += 1;
        post.due_us = now_us + rules.retry_us(post.tries);
        if rules.disable_after.is_some_and(|most| post.tries >= most) {
            let tries = post.tries;
            self.disable(tries, status);
        }
        true
    }

    /// Intuit gives up on an endpoint that keeps failing; what waits is lost.
    fn disable(&mut self, tries: u32, status: Option<u16>) {
        let last = status.map_or("no answer in time".to_owned(), |s| format!("status {s}"));
        self.disabled = Some(format!("disabled after {tries} failed attempts, the last: {last}"));
        let lost: u64 = self.posts.values().map(|p| p.events).sum();
        self.counts.lost += lost + u64::try_from(self.waiting.len()).unwrap_or(0);
        self.forget();
    }

    /// Makes everything that waits due now.
    pub(crate) fn flush(&mut self, now_us: i64) {
        for event in &mut self.waiting {
            event.due_us = event.due_us.min(now_us);
        }
        for post in self.posts.values_mut() {
            post.due_us = post.due_us.min(now_us);
        }
        self.form(now_us);
    }

    /// The earliest instant at which something may be due; none while nothing waits.
    pub(crate) fn next_us(&self) -> Option<i64> {
        if self.paused || self.disabled.is_some() {
            return None;
        }
        let posts = self.posts.values().filter(|p| !p.in_flight).map(|p| p.due_us);
        self.waiting.iter().map(|e| e.due_us).chain(posts).min()
    }
}
