//! `tieout quickbooks-sim`.

use crate::adapter::clock::SystemClock;
use crate::adapter::company;
use crate::adapter::lock::DataLock;
use crate::cli::Global;
use crate::command::serve::bind;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{COMPANY_FILE, company_config, data_directory};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use ports::Clock;
use quickbooks_sim::{Carried, Shared};
use std::net::SocketAddr;
use std::sync::PoisonError;

/// Largest request taken, bytes.
const REQUEST_BYTES_MAX: usize = 64 << 20;

/// Offers a simulated company over HTTP until it is told to stop.
pub async fn run(global: &Global, listen: SocketAddr, throttle: bool) -> Done {
    if !listen.ip().is_loopback() {
        return Err(Stop::new(Exit::Usage, "the simulated company listens on loopback only"));
    }
    let data = data_directory(global);
    std::fs::create_dir_all(&data)?;
    let _lock = DataLock::take(&data, global.no_wait).await?;
    let config = company_config("USD", throttle, 1);
    let (company, _) = company::open(&data.join(COMPANY_FILE), config.clone())?;
    let (access, refresh) = {
        let mut company = company.lock().unwrap_or_else(PoisonError::into_inner);
        company.issue_tokens(SystemClock.now().0)
    };
    let stop = StopSignal::listen()?;
    let listener = bind(listen).await?;
    let base = format!("http://{}", listener.local_addr()?);
    output::json(&serde_json::json!({
        "base_url": base, "token_url": format!("{base}/oauth2/v1/tokens/bearer"),
        "realm_id": config.realm_id, "client_id": config.client_id,
        "client_secret": config.client_secret, "access_token": access, "refresh_token": refresh,
    }))?;
    let router = Router::new().fallback(answer).with_state(company);
    axum::serve(listener, router).with_graceful_shutdown(stop.wait()).await?;
    Ok(Exit::Ok)
}

async fn answer(State(company): State<Shared>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_BYTES_MAX).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = Request::from_parts(head, body);
    let carried = {
        let mut company = company.lock().unwrap_or_else(PoisonError::into_inner);
        company.call(&request, SystemClock.now().0)
    };
    match carried {
        Carried::Reply { after_us, response } => {
            SystemClock.sleep_until(SystemClock.now().plus_micros(after_us)).await;
            response.map(Body::from)
        }
        // Faults are off here; a network of its own would drop the connection.
        Carried::NotSent | Carried::Lost | Carried::Cut { .. } => status(StatusCode::BAD_GATEWAY),
    }
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}
