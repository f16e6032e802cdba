//! The rate manager of one realm: exact sliding windows, pure. What it knows is stored between two
//! permits, so that all processes of one realm count together.

use crate::config::Limits;
use kernel::Timestamp;
use ports::CallCost;
use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;
const SECOND_MS: i64 = 1_000;
/// How long a person who was told to wait may take to come back, milliseconds.
const PERSON_MS: i64 = 1_000;
/// The whole budget, in tenths.
const FULL: usize = 10;

/// Decides when a call may be made. Keeps the send times of the last minute.
#[derive(Debug, Clone)]
pub struct RateManager {
    budget: Budget,
    calls: VecDeque<Timestamp>,
    batches: VecDeque<Timestamp>,
    paused_until: Timestamp,
    /// A person waits: until then nobody else is let through.
    person_until: Timestamp,
    /// Tenths of the budget in use, and since when.
    tenths: usize,
    tenths_since: Timestamp,
}

/// The limits the rate manager keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    requests_per_minute: usize,
    requests_per_second: usize,
    batches_per_minute: usize,
    read_reserve: usize,
    margin_ms: i64,
    unthrottled: bool,
}

impl Budget {
    /// The budget in `limits`.
    pub fn of(limits: &Limits) -> Self {
        Self {
            requests_per_minute: limits.requests_per_minute as usize,
            requests_per_second: limits.requests_per_second as usize,
            batches_per_minute: limits.batches_per_minute as usize,
            read_reserve: limits.read_reserve_per_minute as usize,
            margin_ms: limits.window_margin_ms,
            unthrottled: limits.unthrottled,
        }
    }
}

impl RateManager {
    /// A manager that knows of no earlier calls.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            calls: VecDeque::new(),
            batches: VecDeque::new(),
            paused_until: Timestamp(i64::MIN),
            person_until: Timestamp(i64::MIN),
            tenths: FULL,
            tenths_since: Timestamp(i64::MIN),
        }
    }

    /// The manager that was stored as `state`, for calls from `now` on. What cannot be read, or lies
    /// in the future because a clock was set back, counts as a call made now: too few permits are
    /// better than too many.
    pub fn restore(budget: Budget, state: &[u8], now: Timestamp) -> Self {
        let mut rate = Self::new(budget);
        let mut words = state.chunks(8).map(|word| word.try_into().map(i64::from_be_bytes).ok());
        let mut head = || words.next().flatten();
        let (Some(paused), Some(person), Some(tenths), Some(since)) =
            (head(), head(), head(), head())
        else {
            return rate;
        };
        let longest = now.plus_micros(MINUTE_MS * 1_000 * 60);
        rate.paused_until = Timestamp(paused).min(longest);
        rate.person_until = Timestamp(person).min(now.plus_micros(PERSON_MS * 1_000));
        rate.tenths = usize::try_from(tenths).unwrap_or(FULL).clamp(1, FULL);
        rate.tenths_since = Timestamp(since).min(longest);
        for word in words {
            let at = Timestamp(word.map_or(now.0, |w| w >> 1)).min(now);
            rate.calls.push_back(at);
            if word.is_some_and(|w| w & 1 == 1) {
                rate.batches.push_back(at);
            }
        }
        rate
    }

    /// What [`Self::restore`] reads: pauses, tenths, since when, then each call, its lowest bit set for
    /// a batch.
    pub fn state(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32 + self.calls.len() * 8);
        let tenths = i64::try_from(self.tenths).unwrap_or(1);
        let mut put = |word: i64| out.extend_from_slice(&word.to_be_bytes());
        let head = [self.paused_until.0, self.person_until.0, tenths, self.tenths_since.0];
        head.into_iter().for_each(&mut put);
        let mut batches = self.batches.iter().peekable();
        for call in &self.calls {
            let batch = batches.next_if(|at| *at == call).is_some();
            put(call.0 << 1 | i64::from(batch));
        }
        out
    }

    /// Takes a permit for one call now, or says when to ask again.
    pub fn permit(&mut self, cost: CallCost, now: Timestamp) -> Result<(), Timestamp> {
        if now < self.paused_until {
            return Err(self.paused_until);
        }
        if self.budget.unthrottled || ports::canary!("limits-ignored") {
            return Ok(());
        }
        let minute = (MINUTE_MS + self.budget.margin_ms) * 1_000;
        let second = (SECOND_MS + self.budget.margin_ms) * 1_000;
        forget(&mut self.calls, now, minute);
        forget(&mut self.batches, now, minute);
        self.regain(now);
        let is_person = cost == CallCost::Person;
        if !is_person && now < self.person_until {
            return Err(self.person_until);
        }
        let per_second = self.share(self.budget.requests_per_second);
        let batches_per_minute = self.share(self.budget.batches_per_minute);
        let kept_free = match cost {
            CallCost::Person | CallCost::Read => 0,
            CallCost::Batch => self.budget.read_reserve,
            // Singles never take what batches, thirty times cheaper per document, could use.
            CallCost::Single => {
                self.budget.read_reserve + batches_per_minute.saturating_sub(self.batches.len())
            }
        };
        let per_minute =
            self.share(self.budget.requests_per_minute).saturating_sub(kept_free).max(1);
        let mut wait = opens(&self.calls, per_minute, minute);
        wait = wait.max(opens(&self.calls, per_second, second));
        if cost == CallCost::Batch {
            wait = wait.max(opens(&self.batches, batches_per_minute, minute));
        }
        if wait > now {
            if is_person {
                self.person_until = wait.plus_micros(PERSON_MS * 1_000);
            }
            return Err(wait);
        }
        if is_person {
            self.person_until = Timestamp(i64::MIN);
        }
        self.calls.push_back(now);
        if cost == CallCost::Batch {
            self.batches.push_back(now);
        }
        Ok(())
    }

    /// Takes back the permit of a call that was not made, taken at `taken`.
    pub fn give_back(&mut self, cost: CallCost, taken: Timestamp) {
        let mut times = vec![&mut self.calls];
        if cost == CallCost::Batch {
            times.push(&mut self.batches);
        }
        for times in times {
            // Newest last: it is near the end.
            if let Some(n) = times.iter().rposition(|at| *at == taken) {
                times.remove(n);
            }
        }
    }

    /// The ledger said that a limit was hit: no call before `until`. We count exactly, so somebody
    /// else uses the limit too; half of what we took is left to them, and a tenth of the budget is
    /// taken back with every minute that passes quietly.
    pub fn pause(&mut self, now: Timestamp, until: Timestamp) {
        // What was under way together is told off together: that counts once.
        if now >= self.paused_until {
            self.regain(now);
            self.tenths = (self.tenths / 2).max(1);
            self.tenths_since = until;
        }
        self.paused_until = self.paused_until.max(until);
    }

    fn regain(&mut self, now: Timestamp) {
        while self.tenths < FULL {
            let next = self.tenths_since.plus_micros(MINUTE_MS * 1_000);
            if now < next {
                return;
            }
            self.tenths += 1;
            self.tenths_since = next;
        }
    }

    fn share(&self, budget: usize) -> usize {
        (budget * self.tenths / FULL).max(1)
    }
}

fn forget(times: &mut VecDeque<Timestamp>, now: Timestamp, window_us: i64) {
    while times.front().is_some_and(|t| t.0.saturating_add(window_us) <= now.0) {
        times.pop_front();
    }
}

/// When a window that holds at most `max` calls has room for one more.
fn opens(times: &VecDeque<Timestamp>, max: usize, window_us: i64) -> Timestamp {
    match times.len().checked_sub(max.max(1)) {
        Some(over) => times[over].plus_micros(window_us),
        None => Timestamp(i64::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most calls any window of `window_us` holds.
    fn busiest(times: &[i64], window_us: i64) -> usize {
        times
            .iter()
            .map(|t| times.iter().filter(|u| **u >= *t && **u < t + window_us).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn never_above_any_limit_and_close_to_the_ceiling() {
        let limits = Limits { window_margin_ms: 0, ..Limits::default() };
        let mut rate = RateManager::new(Budget::of(&limits));
        let (mut now, mut all, mut batches) = (0_i64, Vec::new(), Vec::new());
        while now < 180_000_000 {
            match rate.permit(CallCost::Batch, Timestamp(now)) {
                Ok(()) => {
                    all.push(now);
                    batches.push(now);
                }
                Err(a) => match rate.permit(CallCost::Single, Timestamp(now)) {
                    Ok(()) => all.push(now),
                    Err(b) => now = a.min(b).0.max(now + 1),
                },
            }
        }
        assert!(busiest(&all, 60_000_000) <= 496, "reads keep their reserve");
        assert!(busiest(&all, 1_000_000) <= 10);
        assert!(busiest(&batches, 60_000_000) <= 40);
        let entities = (all.len() - batches.len()) + batches.len() * 30;
        assert!(entities >= 3 * 1_600, "{entities} entities in three minutes");
    }

    #[test]
    fn a_permit_that_was_not_used_makes_room_again() {
        let limits = Limits { batches_per_minute: 2, ..Limits::default() };
        let mut rate = RateManager::new(Budget::of(&limits));
        let at = |second: i64| Timestamp(second * 1_000_000);
        assert!(rate.permit(CallCost::Batch, at(0)).is_ok());
        assert!(rate.permit(CallCost::Batch, at(5)).is_ok());
        assert!(rate.permit(CallCost::Batch, at(11)).is_err());
        rate.give_back(CallCost::Batch, at(3));
        assert!(rate.permit(CallCost::Batch, at(11)).is_err(), "nobody took one then");
        rate.give_back(CallCost::Batch, at(5));
        let mut rate = RateManager::restore(Budget::of(&limits), &rate.state(), at(11));
        assert!(rate.permit(CallCost::Batch, at(11)).is_ok());
        assert_eq!(rate.permit(CallCost::Batch, at(59)), Err(at(60).plus_micros(250_000)));
    }

    #[test]
    fn reads_may_use_the_reserve_and_a_pause_stops_everything() {
        let limits =
            Limits { requests_per_minute: 6, requests_per_second: 100, ..Limits::default() };
        let mut rate = RateManager::new(Budget::of(&limits));
        let now = Timestamp(0);
        assert!(rate.permit(CallCost::Batch, now).is_ok());
        assert!(rate.permit(CallCost::Batch, now).is_ok());
        assert!(rate.permit(CallCost::Batch, now).is_err(), "four stay free for reads");
        for _ in 0..4 {
            assert!(rate.permit(CallCost::Read, now).is_ok());
        }
        assert!(rate.permit(CallCost::Read, now).is_err());
        rate.pause(now, Timestamp(120_000_000));
        assert_eq!(rate.permit(CallCost::Read, Timestamp(90_000_000)), Err(Timestamp(120_000_000)));
        assert!(rate.permit(CallCost::Read, Timestamp(120_000_000)).is_ok());
    }

    /// Calls permitted within the minute that begins at `from`.
    fn calls_of_a_minute(rate: &mut RateManager, from: i64) -> usize {
        (from..from + 60_000_000)
            .step_by(50_000)
            .filter(|at| rate.permit(CallCost::Read, Timestamp(*at)).is_ok())
            .count()
    }

    #[test]
    fn a_limit_that_others_use_too_is_shared_and_taken_back() {
        let minute = 60_000_000;
        let mut rate = RateManager::new(Budget::of(&Limits::default()));
        let full = calls_of_a_minute(&mut rate, 0);
        assert!(full >= 450, "{full} calls");
        // Ten calls under way are refused together.
        for n in 0..10 {
            rate.pause(Timestamp(minute + n), Timestamp(2 * minute + n));
        }
        assert_eq!(calls_of_a_minute(&mut rate, minute), 0);
        let half = calls_of_a_minute(&mut rate, 2 * minute + 10);
        assert!((200..=250).contains(&half), "{half} calls");
        // Refused again at once: a quarter.
        rate.pause(Timestamp(3 * minute + 20), Timestamp(4 * minute));
        let quarter = calls_of_a_minute(&mut rate, 4 * minute);
        assert!((100..=150).contains(&quarter), "{quarter} calls");
        let later = calls_of_a_minute(&mut rate, 14 * minute);
        assert!(later >= 450, "{later} calls");
    }

    #[test]
    fn what_is_stored_is_what_was_known() {
        let budget = Budget::of(&Limits::default());
        let mut rate = RateManager::new(budget);
        let mut now = 0;
        for _ in 0..40 {
            while rate.permit(CallCost::Batch, Timestamp(now)).is_err() {
                now += 10_000;
            }
        }
        now += 2_000_000;
        assert!(rate.permit(CallCost::Person, Timestamp(now)).is_ok());
        let again = |now: i64| RateManager::restore(budget, &rate.state(), Timestamp(now));
        assert_eq!(again(now).state(), rate.state());
        assert!(again(30_000_000).permit(CallCost::Batch, Timestamp(30_000_000)).is_err());
        let later = now + 61_000_000;
        assert!(again(later).permit(CallCost::Batch, Timestamp(later)).is_ok());
        // A clock that was set back frees nothing, and binds for no longer than a window.
        let back = again(-90_000_000).permit(CallCost::Batch, Timestamp(-90_000_000));
        assert!(back.is_err_and(|at| at.0 <= -29_000_000));
        rate.pause(Timestamp(now), Timestamp(now + 60_000_000));
        let paused = RateManager::restore(budget, &rate.state(), Timestamp(now));
        assert_eq!(paused.state(), rate.state());
        // Bytes that are none of ours are calls made now.
        assert!(RateManager::restore(budget, &[7; 4_100], Timestamp(0)).calls.len() > 500);
        assert!(RateManager::restore(budget, &[], Timestamp(0)).calls.is_empty());
    }

    #[test]
    fn a_person_goes_ahead_of_what_runs_by_itself() {
        let mut rate = RateManager::new(Budget::of(&Limits::default()));
        // Bulk takes whatever it can get, all the time; a person asks now and then and comes back when
        // told to.
        let (mut asked_at, mut comes_at, mut longest, mut served) = (None, 0, 0, 0);
        for now in (0..180_000_000_i64).step_by(5_000) {
            if now % 7_000_000 == 0 {
                (asked_at, comes_at) = (Some(now), now);
            }
            for cost in [CallCost::Batch, CallCost::Single, CallCost::Read] {
                while rate.permit(cost, Timestamp(now)).is_ok() {}
            }
            if let Some(asked) = asked_at.filter(|_| now >= comes_at) {
                match rate.permit(CallCost::Person, Timestamp(now)) {
                    Ok(()) => {
                        longest = longest.max(now - asked);
                        served += 1;
                        asked_at = None;
                    }
                    Err(at) => comes_at = at.0,
                }
            }
        }
        assert_eq!(served, 26);
        assert!(longest < 1_500_000, "{longest} us behind bulk");
        // Who never comes back holds nobody up for long.
        let now = Timestamp(200_000_000);
        let mut rate = RateManager::new(Budget::of(&Limits::default()));
        while rate.permit(CallCost::Read, now).is_ok() {}
        let at = rate.permit(CallCost::Person, now).unwrap_err();
        assert!(rate.permit(CallCost::Read, at).is_err(), "it is kept for the person");
        assert!(rate.permit(CallCost::Read, at.plus_seconds(1)).is_ok());
    }
}
