//! The exchanges in which tokens are refreshed, as the line sees them.

use bytes::Bytes;
use http::Request;
use kernel::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// Which process.
    pub who: Arc<str>,
    /// The form that was sent, with the refresh token in it.
    form: Bytes,
    /// When.
    pub sent: Timestamp,
    /// When it was answered or given up; a process that died would have given up then.
    pub until: Timestamp,
}

impl Refresh {
    /// Whether both show the same token, the other one before this one had ended.
    pub fn overlaps(&self, later: &Self) -> bool {
        self.form == later.form && later.sent < self.until
    }
}

/// All exchanges of a run, in the order in which they were sent.
#[derive(Clone, Default)]
pub struct Refreshes(Arc<Mutex<Vec<Refresh>>>);

impl Refreshes {
    fn lock(&self) -> MutexGuard<'_, Vec<Refresh>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request if it refreshes: its number.
    pub fn begin(
        &self,
        who: &Arc<str>,
        request: &Request<Bytes>,
        sent: Timestamp,
        until: Timestamp,
    ) -> Option<usize> {
        let form = request.body();
        let refreshes = request.uri().path().contains("/tokens/")
            && form.windows(24).any(|part| part == b"grant_type=refresh_token");
        refreshes.then(|| {
            let (mut all, form) = (self.lock(), form.clone());
            all.push(Refresh { who: Arc::clone(who), form, sent, until });
            all.len() - 1
        })
    }

    /// The exchange with this number has ended.
    pub fn end(&self, number: usize, at: Timestamp) {
        if let Some(refresh) = self.lock().get_mut(number) {
            refresh.until = refresh.until.min(at);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Refresh> {
        self.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_one_token_at_once_overlaps() {
        let all = Refreshes::default();
        let ask = |form: &'static str, at: i64| {
            let path = "https://oauth.example/oauth2/v1/tokens/bearer";
            let request = Request::post(path).body(Bytes::from_static(form.as_bytes())).unwrap();
            all.begin(&"one".into(), &request, Timestamp(at), Timestamp(at + 30))
        };
        let first = ask("grant_type=refresh_token&refresh_token=a", 0).unwrap();
        all.end(first, Timestamp(10));
        ask("grant_type=refresh_token&refresh_token=a", 9).unwrap();
        ask("grant_type=refresh_token&refresh_token=b", 9).unwrap();
        ask("grant_type=refresh_token&refresh_token=a", 39).unwrap();
        assert_eq!(ask("grant_type=authorization_code", 9), None);
        let all = all.all();
        let overlap = |one: usize, other: usize| all[one].overlaps(&all[other]);
        assert!(overlap(0, 1) && !overlap(0, 2) && !overlap(1, 3));
    }
}
