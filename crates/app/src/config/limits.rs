//! The table `[limits]`: every limit of the engine, each optional.

use serde::Deserialize;

macro_rules! limits {
    ($($name:ident: $kind:ty, $least:expr;)*) => {
        /// Limits that the file states.
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        pub struct LimitsText {
            $($name: Option<$kind>,)*
            unthrottled: Option<bool>,
            use_singles: Option<bool>,
        }

        impl LimitsText {
            /// Writes what is stated over `limits`; refuses values below the least that works.
            pub fn apply(&self, limits: &mut engine::Limits) -> Result<(), String> {
                $(if let Some(value) = self.$name {
                    if value < $least {
                        return Err(format!(
                            "limits.{} must be at least {}", stringify!($name), $least
                        ));
                    }
                    limits.$name = value;
                })*
                if let Some(value) = self.unthrottled {
                    limits.unthrottled = value;
                }
                if let Some(value) = self.use_singles {
                    limits.use_singles = value;
                }
                Ok(())
            }
        }
    };
}

limits! {
    requests_per_minute: u32, 1;
    requests_per_second: u32, 1;
    batches_per_minute: u32, 1;
    window_margin_ms: i64, 0;
    read_reserve_per_minute: u32, 0;
    in_flight_max: usize, 1;
    call_timeout_s: i64, 1;
    normalise_batch: i64, 1;
    decide_batch: i64, 1;
    verify_batch: i64, 1;
    verify_after_s: i64, 0;
    backoff_first_ms: i64, 1;
    backoff_max_ms: i64, 1;
    tries_max: i64, 1;
    throttle_wait_ms: i64, 1;
    settle_ms: i64, 0;
    replay_ms: i64, 0;
    lease_s: i64, 1;
    idle_ms: i64, 1;
    refused_kept_max: i64, 0;
    intake_batch: usize, 1;
}
