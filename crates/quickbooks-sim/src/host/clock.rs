//! The companies' time: as given, shifted, or standing still; never backwards.

use serde::{Deserialize, Serialize};

/// How the companies' time follows from the time given.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct HostClock {
    /// Added to the time given.
    offset_us: i64,
    /// Where time stands still.
    frozen_us: Option<i64>,
    last_us: i64,
}

impl Default for HostClock {
    fn default() -> Self {
        Self { offset_us: 0, frozen_us: None, last_us: i64::MIN }
    }
}

impl HostClock {
    fn shown(&self, real_us: i64) -> i64 {
        self.frozen_us.unwrap_or_else(|| real_us.saturating_add(self.offset_us))
    }

    /// The companies' time at a time given.
    pub(super) fn at(&mut self, real_us: i64) -> i64 {
        self.last_us = self.last_us.max(self.shown(real_us));
        self.last_us
    }

    /// The latest time shown.
    pub(super) fn last_us(&self) -> i64 {
        self.last_us
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen_us.is_some()
    }

    pub(super) fn offset_us(&self) -> i64 {
        self.offset_us
    }

    /// Goes on from another time, or stands still there. False: that would be backwards.
    pub(super) fn set(&mut self, to_us: i64, frozen: bool, real_us: i64) -> bool {
        if to_us < self.last_us {
            return false;
        }
        self.offset_us = to_us.saturating_sub(real_us);
        self.frozen_us = frozen.then_some(to_us);
        self.last_us = to_us;
        true
    }

    /// Follows the time given again. False: that would be backwards.
    pub(super) fn follow(&mut self, real_us: i64) -> bool {
        let ahead = self.last_us > real_us;
        if !ahead {
            *self = Self { last_us: self.last_us, ..Self::default() };
        }
        !ahead
    }
}
