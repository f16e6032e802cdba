//! The table `[limits]`: every limit of the engine, each optional.

use serde::Deserialize;

macro_rules! limits {
    (positive { $($name:ident: $kind:ty,)* } any { $($free:ident: $free_kind:ty,)* }) => {
        /// Limits that the file states.
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        pub struct LimitsText {
            $($name: Option<$kind>,)*
            $($free: Option<$free_kind>,)*
        }

        impl LimitsText {
            /// Writes what is stated over `limits`; refuses values that cannot work.
            pub fn apply(&self, limits: &mut engine::Limits) -> Result<(), String> {
                $(if let Some(value) = self.$name {
                    if value < 1 {
                        return Err(format!("limits.{} must be at least 1", stringify!($name)));
                    }
                    limits.$name = value;
                })*
                $(if let Some(value) = self.$free {
                    limits.$free = value;
                })*
                limits.check_signs()
            }
        }
    };
}

limits! {
    positive {
    requests_per_minute: u32,
    requests_per_second: u32,
    batches_per_minute: u32,
    in_flight_max: usize,
    call_timeout_s: i64,
    normalise_batch: i64,
    decide_batch: i64,
    verify_batch: i64,
    reread_every_s: i64,
    backoff_first_ms: i64,
    backoff_max_ms: i64,
    tries_max: i64,
    throttle_wait_ms: i64,
    company_refresh_s: i64,
    lease_s: i64,
    idle_ms: i64,
    intake_batch: usize,
    } any {
    window_margin_ms: i64,
    gather_ms: i64,
    read_reserve_per_minute: u32,
    verify_after_s: i64,
    watch_every_s: i64,
    settle_ms: i64,
    replay_ms: i64,
    refused_kept_max: i64,
    unthrottled: bool,
    use_singles: bool,
    }
}

trait Signs {
    fn check_signs(&self) -> Result<(), String>;
}

impl Signs for engine::Limits {
    fn check_signs(&self) -> Result<(), String> {
        let signed = [
            ("window_margin_ms", self.window_margin_ms),
            ("gather_ms", self.gather_ms),
            ("verify_after_s", self.verify_after_s),
            ("watch_every_s", self.watch_every_s),
            ("settle_ms", self.settle_ms),
            ("replay_ms", self.replay_ms),
            ("refused_kept_max", self.refused_kept_max),
        ];
        match signed.iter().find(|(_, value)| *value < 0) {
            Some((name, _)) => Err(format!("limits.{name} must not be negative")),
            None => Ok(()),
        }
    }
}
