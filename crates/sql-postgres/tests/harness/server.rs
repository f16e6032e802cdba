//! The server the tests use, a schema for each test, and a way to cut the line.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::OnceLock;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use sql_postgres::PostgresSql;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};

const VARIABLE: &str = "TIEOUT_TEST_POSTGRES";
const DEFAULT: &str = "postgres://postgres@127.0.0.1:5432/test";

/// Runs `future` on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
fn configured() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// The server's URL, whether it answers or not.
pub fn url() -> String {
    configured().unwrap_or_else(|| DEFAULT.to_owned())
}

/// Whether the server answers. One that was asked for by name must.
fn answers() -> bool {
    static ANSWERS: OnceLock<bool> = OnceLock::new();
    *ANSWERS.get_or_init(|| {
        let failure = block_on(PostgresSql::connect(&url(), None, 1)).err();
        if let Some(failure) = &failure {
            assert!(configured().is_none(), "{VARIABLE} is set, but: {failure}");
        }
        failure.is_none()
    })
}

/// Calls `test` with the URL of the server; without a server it prints a line and passes.
pub fn with_url(test: impl AsyncFnOnce(&str)) {
    if answers() {
        block_on(test(&url()));
    } else {
        println!("skipped: no PostgreSQL at {DEFAULT}; start one or set {VARIABLE}");
    }
}

/// Calls `test` with the name of an empty schema and a pool on it; the schema is dropped at the
/// end, however that comes.
pub fn run(name: &str, pool_size: usize, test: impl AsyncFnOnce(&str, &PostgresSql)) {
    let mut schema = format!("t{}_{name}", std::process::id());
    schema.truncate(63);
    with_url(async |url| {
        let drop_schema = async || {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
            let work = async move { client.batch_execute(&sql).await.unwrap() };
            match select(Box::pin(work), Box::pin(connection)).await {
                Either::Left(_) => {}
                Either::Right((done, _)) => panic!("the connection ended first: {done:?}"),
            }
        };
        let sql = PostgresSql::connect(url, Some(&schema), pool_size).await.unwrap();
        let done = AssertUnwindSafe(test(&schema, &sql)).catch_unwind().await;
        drop(sql);
        drop_schema().await;
        if let Err(panic) = done {
            resume_unwind(panic);
        }
    });
}

/// Where the proxy cuts the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before `COMMIT` reaches the server.
    Request,
    /// Before the answer to `COMMIT` reaches the client.
    Answer,
}

/// Calls `test` with the URL of a proxy for one connection, which cuts at `COMMIT` and then
/// listens no more.
pub async fn through_proxy(cut: Cut, test: impl AsyncFnOnce(&str)) {
    let config: Config = url().parse().unwrap();
    let Some(Host::Tcp(host)) = config.get_hosts().first() else {
        println!("skipped: the server is not reached over TCP");
        return;
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let password = config.get_password().map(|p| format!(":{}", String::from_utf8_lossy(p)));
    let proxied = format!(
        "postgres://{}{}@{here}/{}",
        config.get_user().unwrap_or("postgres"),
        password.unwrap_or_default(),
        config.get_dbname().unwrap_or("postgres"),
    );
    let proxy = async {
        let (client, _) = listener.accept().await.unwrap();
        drop(listener);
        let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
        pump(client, server, cut).await;
        std::future::pending::<()>().await;
    };
    select(Box::pin(test(&proxied)), Box::pin(proxy)).await;
}

async fn pump(mut client: TcpStream, mut server: TcpStream, cut: Cut) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let requests = async {
        let mut buffer = [0; 8192];
        loop {
            let n = from_client.read(&mut buffer).await.unwrap();
            let commits = buffer[..n].windows(7).any(|w| w == b"COMMIT\0");
            if n == 0 || (commits && cut == Cut::Request) {
                return;
            }
            to_server.write_all(&buffer[..n]).await.unwrap();
            if commits {
                return;
            }
        }
    };
    let answers = async {
        let mut buffer = [0; 8192];
        loop {
            let n = from_server.read(&mut buffer).await.unwrap();
            to_client.write_all(&buffer[..n]).await.unwrap();
        }
    };
    select(Box::pin(requests), Box::pin(answers)).await;
    if cut == Cut::Answer {
        // The answer is there, so the commit is done; it goes no further.
        let _ = from_server.read(&mut [0; 8192]).await.unwrap();
    }
}
