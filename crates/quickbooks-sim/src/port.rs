//! The simulated company behind the `Http` port: calls travel as long as their fault says.

use crate::{Carried, Simulator};
use bytes::Bytes;
use http::{Request, Response};
use kernel::Timestamp;
use ports::{BoxFuture, Clock, Http, HttpFailure};
use std::sync::{Arc, Mutex, PoisonError};

/// A simulator that several callers share.
pub type Shared = Arc<Mutex<Simulator>>;

/// Carries requests to a simulator in this process, on the time of `clock`.
pub struct SimulatedHttp {
    company: Shared,
    clock: Arc<dyn Clock>,
}

impl SimulatedHttp {
    /// A carrier to `company`.
    pub fn new(company: Shared, clock: Arc<dyn Clock>) -> Self {
        Self { company, clock }
    }

    async fn wait(&self, after_us: i64) {
        if after_us > 0 {
            self.clock.sleep_until(self.clock.now().plus_micros(after_us)).await;
        }
    }
}

impl Http for SimulatedHttp {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let now = self.clock.now();
            let carried =
                self.company.lock().unwrap_or_else(PoisonError::into_inner).call(&request, now.0);
            let late = |after_us: i64| now.plus_micros(after_us) > deadline;
            match carried {
                Carried::NotSent => {
                    Err(HttpFailure::NotSent("the connection was refused".to_owned()))
                }
                Carried::Lost => {
                    self.clock.sleep_until(deadline).await;
                    Err(HttpFailure::Unknown("no answer before the deadline".to_owned()))
                }
                Carried::Reply { after_us, .. } if late(after_us) => {
                    self.clock.sleep_until(deadline).await;
                    Err(HttpFailure::Unknown("the answer came after the deadline".to_owned()))
                }
                Carried::Reply { after_us, response } => {
                    self.wait(after_us).await;
                    Ok(response)
                }
                Carried::Broken { after_us } => {
                    self.wait(after_us).await;
                    Err(HttpFailure::Unknown("the connection broke".to_owned()))
                }
                Carried::Cut { after_us, .. } => {
                    self.wait(after_us).await;
                    Err(HttpFailure::Unknown("the answer was cut off".to_owned()))
                }
            }
        })
    }
}
