//! The flow of public client libraries, order by order, at the best pace the limits allow.
//!
//! Find the customer, make it, find the invoice by its number, make it, make the payment, read
//! the invoice, read the payment: seven calls, four of them metered (performance.md §5). The
//! libraries have no throttle; here the engine's rate manager paces ten orders at a time, so the
//! flow is shown at its best.

use super::pace::{LINE, START, priced_by};
use super::samples::Samples;
use crate::report::{Aim, Row, float};
use crate::stage::{company, consent, lock, settings};
use crate::virtual_time::VirtualClock;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use engine::{Budget, Limits, RateManager};
use futures_util::future::join;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use http::{Method, Request};
use ports::{CallCost, Clock, Http, Secret};
use quickbooks_sim::{Shared, SimulatedHttp};
use serde::Deserialize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Orders under way at once.
const AT_ONCE: usize = 10;

/// Runs `n` orders.
pub fn run(name: &str, n: u32, _: &Path) -> Result<Row> {
    let clock = VirtualClock::new(START);
    let shared: Shared = Arc::new(Mutex::new(company(true, LINE)));
    let client = Client::new(&shared, &clock);
    let (done, finished) = (AtomicBool::new(false), AtomicU64::new(0));
    let (end, samples) = clock.run(async {
        let working = async {
            let orders = iter(1..=n).map(Ok).try_for_each_concurrent(AT_ONCE, async |n| {
                client.order(n).await?;
                finished.fetch_add(1, Ordering::SeqCst);
                Ok::<_, anyhow::Error>(())
            });
            let outcome = orders.await;
            done.store(true, Ordering::SeqCst);
            outcome.map(|()| clock.now())
        };
        let counting = Samples::take(&clock, &done, || finished.load(Ordering::SeqCst));
        join(working, counting).await
    })?;
    let seconds = float(u64::try_from(end?.0 - START.0)?) / 1e6;
    let meter = lock(&shared).meter();
    let orders = u64::from(n);
    let per_minute = samples.per_minute(orders).unwrap_or(float(orders) * 60.0 / seconds);
    ensure!(meter.creates == 3 * orders, "{} objects for {orders} orders", meter.creates);
    Ok(Row {
        name: name.to_owned(),
        orders,
        seconds,
        virtual_time: true,
        rates: vec![
            (per_minute * 3.0, "entities/min".to_owned()),
            (per_minute, "orders/min".to_owned()),
        ],
        aims: vec![Aim::at_most(0.0, "429s", float(meter.throttled))],
        ..priced_by(&meter)
    })
}

struct Client {
    http: SimulatedHttp,
    clock: VirtualClock,
    base: String,
    token: Secret,
    rate: Mutex<RateManager>,
}

impl Client {
    fn new(company: &Shared, clock: &VirtualClock) -> Self {
        let settings = settings(lock(company).config());
        let limits = Limits { read_reserve_per_minute: 0, ..Limits::default() };
        Self {
            http: SimulatedHttp::new(Arc::clone(company), Arc::new(clock.clone())),
            clock: clock.clone(),
            base: format!("{}/v3/company/{}", settings.base_url, settings.realm_id),
            token: consent(company, clock).access,
            rate: Mutex::new(RateManager::new(Budget::of(&limits))),
        }
    }

    async fn order(&self, n: u32) -> Result<()> {
        let name = format!("Buyer number {n:07}");
        self.find("Customer", "DisplayName", &name).await?;
        let body = format!(r#"{{"DisplayName":"{name}"}}"#);
        let customer = self.save("customer", &body).await?;
        self.find("Invoice", "DocNumber", &n.to_string()).await?;
        let invoice = self.save("invoice", &invoice(n, &customer)).await?;
        let payment = self.save("payment", &payment(n, &customer, &invoice)).await?;
        self.get("invoice", &invoice).await?;
        self.get("payment", &payment).await
    }

    async fn find(&self, kind: &str, field: &str, value: &str) -> Result<()> {
        let query = format!("select * from {kind} where {field} = '{value}'");
        let query = query.replace(' ', "%20").replace('\'', "%27").replace('=', "%3D");
        let path = format!("query?query={query}");
        let reply = self.send(Method::GET, &path, String::new(), CallCost::Read).await?;
        let text = String::from_utf8_lossy(&reply);
        ensure!(!text.contains(r#""Id""#), "{kind} {value} stands already");
        Ok(())
    }

    async fn save(&self, path: &str, body: &str) -> Result<String> {
        let reply = self.send(Method::POST, path, body.to_owned(), CallCost::Single).await?;
        let reply: Reply = serde_json::from_slice(&reply).context("the answer to a write")?;
        Ok(reply.object()?.id)
    }

    async fn get(&self, path: &str, id: &str) -> Result<()> {
        let path = format!("{path}/{id}");
        let reply = self.send(Method::GET, &path, String::new(), CallCost::Read).await?;
        let reply: Reply = serde_json::from_slice(&reply).context("the answer to a read")?;
        ensure!(reply.object()?.id == id, "another object came back");
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
        cost: CallCost,
    ) -> Result<Bytes> {
        loop {
            let now = self.clock.now();
            let permit = self.rate.lock().unwrap_or_else(PoisonError::into_inner).permit(cost, now);
            match permit {
                Ok(()) => break,
                Err(at) => self.clock.sleep_until(at).await,
            }
        }
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token.reveal()))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Bytes::from(body))?;
        let reply = self.http.send(request, self.clock.now().plus_seconds(130)).await?;
        if !reply.status().is_success() {
            bail!("{path}: {} {}", reply.status(), String::from_utf8_lossy(reply.body()));
        }
        Ok(reply.into_body())
    }
}

/// An answer with one object in it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    customer: Option<Object>,
    invoice: Option<Object>,
    payment: Option<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    id: String,
}

impl Reply {
    fn object(self) -> Result<Object> {
        self.customer.or(self.invoice).or(self.payment).context("no object in the answer")
    }
}

fn amount(n: u32) -> String {
    let minor = 1_000 + n % 9_000;
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn invoice(n: u32, customer: &str) -> String {
    format!(
        concat!(
            r#"{{"DocNumber":"{n}","TxnDate":"2026-01-15","CustomerRef":{{"value":"{customer}"}},"#,
            r#""Line":[{{"Amount":{amount},"DetailType":"SalesItemLineDetail","#,
            r#""SalesItemLineDetail":{{"ItemRef":{{"value":"1"}}}}}}]}}"#
        ),
        n = n,
        customer = customer,
        amount = amount(n)
    )
}

fn payment(n: u32, customer: &str, invoice: &str) -> String {
    let amount = amount(n);
    format!(
        concat!(
            r#"{{"TxnDate":"2026-01-15","CustomerRef":{{"value":"{customer}"}},"#,
            r#""TotalAmt":{amount},"Line":[{{"Amount":{amount},"#,
            r#""LinkedTxn":[{{"TxnId":"{invoice}","TxnType":"Invoice"}}]}}]}}"#
        ),
        customer = customer,
        amount = amount,
        invoice = invoice
    )
}
