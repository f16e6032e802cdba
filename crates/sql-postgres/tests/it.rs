//! PostgreSQL through the port: the shared cases, and what only PostgreSQL does.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "../../sql-sqlite/tests/shared/cases.rs"]
mod cases;
#[path = "harness/server.rs"]
mod server;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join;
use ports::{BoxFuture, CommitFailure, Kind, Sql, SqlFailure, SqlTx, Stmt, TxMode, Value};
use sql_postgres::{Options, PostgresSql};

use server::{Cut, run, with_url};

mod shared {
    crate::cases::one_transaction!(super::shared_case);
    crate::cases::two_transactions!(super::shared_case);
}

fn shared_case(name: &str, case: for<'a> fn(&'a dyn Sql) -> BoxFuture<'a, ()>) {
    run(name, 4, async |_, sql: &PostgresSql| case(sql).await);
}

/// Declares a statement without arguments that returns one integer, or nothing.
macro_rules! plain {
    ($name:ident, $sql:expr) => {
        plain!($name, $sql, [], []);
    };
    ($name:ident, $sql:expr, [$($arg:expr),*], [$($col:expr),*]) => {
        static $name: Stmt =
            Stmt { name: stringify!($name), sql: $sql, args: &[$($arg),*], cols: &[$($col),*] };
    };
}

plain!(PUT, "INSERT INTO t (n) VALUES ($1)", [Kind::Int], []);
plain!(COUNT, "SELECT count(*) FROM t", [], [Kind::Int]);
plain!(PID, "SELECT pg_backend_pid()", [], [Kind::Int]);

async fn write(sql: &dyn Sql) -> Box<dyn SqlTx + '_> {
    sql.begin(TxMode::Write).await.unwrap()
}

async fn int(sql: &dyn Sql, stmt: &'static Stmt) -> i64 {
    let mut tx = sql.begin(TxMode::Read).await.unwrap();
    tx.run(stmt, &[]).await.unwrap()[0].int(0).unwrap()
}

async fn table(sql: &dyn Sql) {
    let mut tx = write(sql).await;
    tx.script("CREATE TABLE t (n BIGINT PRIMARY KEY);").await.unwrap();
    tx.commit().await.unwrap();
}

#[test]
fn a_plain_insert_of_many_rows_is_one_statement() {
    plain!(SEEN, "SELECT count(*) FROM seen", [], [Kind::Int]);
    run("one_statement", 2, async |_, sql: &PostgresSql| {
        table(sql).await;
        let mut tx = write(sql).await;
        tx.script(
            "CREATE TABLE seen (n BIGINT);
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN INSERT INTO seen VALUES (1); RETURN NULL; END $$;
             CREATE TRIGGER see AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION see();",
        )
        .await
        .unwrap();
        let rows: Vec<_> = (0..1_200_i64).map(|n| vec![n.into()]).collect();
        assert_eq!(tx.run_many(&PUT, &rows).await.unwrap().affected, 1_200);
        assert_eq!(tx.run(&SEEN, &[]).await.unwrap()[0].int(0).unwrap(), 1);
    });
}

#[test]
fn a_dropped_transaction_leaves_a_clean_connection() {
    run("clean_connection", 1, async |_, sql: &PostgresSql| {
        table(sql).await;
        let pid = int(sql, &PID).await;
        let mut tx = write(sql).await;
        tx.run(&PUT, &[1.into()]).await.unwrap();
        drop(tx);
        assert_eq!(int(sql, &COUNT).await, 0);
        let mut tx = write(sql).await;
        tx.run(&PUT, &[1.into()]).await.unwrap();
        tx.run(&PUT, &[1.into()]).await.unwrap_err();
        drop(tx);
        assert_eq!(int(sql, &COUNT).await, 0);
        assert_eq!(int(sql, &PID).await, pid, "the connection is used again");
    });
}

#[test]
fn an_abandoned_statement_costs_the_connection_and_nothing_else() {
    run("abandoned", 1, async |_, sql: &PostgresSql| {
        table(sql).await;
        let pid = int(sql, &PID).await;
        let mut tx = write(sql).await;
        tx.run(&PUT, &[1.into()]).await.unwrap();
        let args = [Value::Int(2)];
        let mut running = tx.run(&PUT, &args);
        assert!((&mut running).now_or_never().is_none());
        drop(running);
        let got = tx.run(&COUNT, &[]).await;
        assert!(matches!(got, Err(SqlFailure::Bug(_))), "{got:?}");
        let got = tx.commit().await;
        assert!(matches!(got, Err(CommitFailure::NotCommitted(_))), "{got:?}");
        assert_eq!(int(sql, &COUNT).await, 0);
        assert_ne!(int(sql, &PID).await, pid, "the connection is not used again");
    });
}

#[test]
fn deadlocks_and_busy_locks_mean_retry() {
    plain!(LOCK, "UPDATE t SET n = n WHERE n = $1", [Kind::Int], []);
    plain!(NOWAIT, "SELECT n FROM t WHERE n = $1 FOR UPDATE NOWAIT", [Kind::Int], [Kind::Int]);
    run("retry", 3, async |_, sql: &PostgresSql| {
        table(sql).await;
        let mut tx = write(sql).await;
        tx.run_many(&PUT, &[vec![1.into()], vec![2.into()]]).await.unwrap();
        tx.commit().await.unwrap();

        let (mut a, mut b) = (write(sql).await, write(sql).await);
        a.run(&LOCK, &[1.into()]).await.unwrap();
        b.run(&LOCK, &[2.into()]).await.unwrap();
        let mut c = write(sql).await;
        let got = c.run(&NOWAIT, &[1.into()]).await;
        assert!(matches!(got, Err(SqlFailure::Retry(_))), "{got:?}");
        // The loser's transaction must end for the winner to go on.
        let ours = async {
            let got = a.run(&LOCK, &[2.into()]).await;
            drop(a);
            got
        };
        let theirs = async {
            let got = b.run(&LOCK, &[1.into()]).await;
            drop(b);
            got
        };
        let (ours, theirs) = join(ours, theirs).await;
        let lost = if ours.is_err() { &ours } else { &theirs };
        assert!(ours.is_ok() != theirs.is_ok(), "{ours:?} {theirs:?}");
        assert!(matches!(lost, Err(SqlFailure::Retry(_))), "{lost:?}");
    });
}

#[test]
fn a_deferred_constraint_at_commit_means_not_committed() {
    run("deferred", 1, async |_, sql: &PostgresSql| {
        let mut tx = write(sql).await;
        tx.script("CREATE TABLE t (n BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED);").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = write(sql).await;
        tx.run_many(&PUT, &[vec![1.into()], vec![1.into()]]).await.unwrap();
        let got = tx.commit().await;
        assert!(matches!(got, Err(CommitFailure::NotCommitted(_))), "{got:?}");
        assert_eq!(int(sql, &COUNT).await, 0);
    });
}

#[test]
fn a_commit_without_an_answer_is_unknown() {
    run("unknown", 2, async |schema, sql: &PostgresSql| {
        table(sql).await;
        let cases = [(Cut::Request, 0), (Cut::Answer, 1)];
        for (cut, rows) in cases {
            let lossy = async |url: &str| {
                let sql = PostgresSql::connect(url, Some(schema), 1).await.unwrap();
                let mut tx = write(&sql).await;
                tx.run(&PUT, &[1.into()]).await.unwrap();
                let got = tx.commit().await;
                assert!(matches!(got, Err(CommitFailure::Unknown(_))), "{cut:?}: {got:?}");
                let got = sql.begin(TxMode::Read).await.err();
                assert!(matches!(got, Some(SqlFailure::Unavailable(_))), "{cut:?}: {got:?}");
            };
            server::through_proxy(cut, lossy).await;
            assert_eq!(int(sql, &COUNT).await, rows, "{cut:?}");
        }
    });
}

#[test]
fn a_killed_session_is_unavailable_and_the_pool_recovers() {
    plain!(KILL, "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", [Kind::Int], [Kind::Int]);
    run("killed", 2, async |_, sql: &PostgresSql| {
        table(sql).await;
        let mut victim = write(sql).await;
        victim.run(&PUT, &[1.into()]).await.unwrap();
        let pid = victim.run(&PID, &[]).await.unwrap()[0].0.clone();
        write(sql).await.run(&KILL, &pid).await.unwrap();
        let got = victim.run(&PUT, &[2.into()]).await;
        assert!(matches!(got, Err(SqlFailure::Unavailable(_))), "{got:?}");
        let got = victim.commit().await;
        assert!(matches!(got, Err(CommitFailure::NotCommitted(_))), "{got:?}");
        assert_eq!(int(sql, &COUNT).await, 0);

        // An idle connection that died is replaced without anybody noticing.
        let (mut idle, mut killer) = (write(sql).await, write(sql).await);
        let pid = idle.run(&PID, &[]).await.unwrap()[0].0.clone();
        drop(idle);
        killer.run(&KILL, &pid).await.unwrap();
        for _ in 0..4 {
            assert_eq!(int(sql, &COUNT).await, 0);
        }
    });
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    plain!(SLOW, "SELECT count(*) FROM pg_sleep(60)", [], [Kind::Int]);
    run("timeout", 1, async |schema, _: &PostgresSql| {
        let options = Options {
            schema: Some(schema.to_owned()),
            pool_size: 1,
            statement_timeout: Some(Duration::from_millis(30)),
        };
        let sql = PostgresSql::connect_with(&server::url(), &options).await.unwrap();
        let got = write(&sql).await.run(&SLOW, &[]).await;
        assert!(matches!(got, Err(SqlFailure::Unavailable(_))), "{got:?}");
        let mut tx = write(&sql).await;
        tx.script("SELECT count(*) FROM pg_sleep(0.1);").await.unwrap();
    });
}

#[test]
fn numbers_must_be_cast_and_narrow_ones_are_widened() {
    plain!(NUMERIC, "SELECT sum(n) FROM t", [], [Kind::Int]);
    plain!(
        NARROW,
        "SELECT CAST(7 AS SMALLINT), CAST(-8 AS INTEGER), true, CAST('x' AS VARCHAR)",
        [],
        [Kind::Int, Kind::Int, Kind::Int, Kind::Text]
    );
    run("numbers", 1, async |_, sql: &PostgresSql| {
        table(sql).await;
        let mut tx = write(sql).await;
        let rows = tx.run(&NARROW, &[]).await.unwrap();
        assert_eq!(rows[0].0, [7.into(), (-8).into(), 1.into(), "x".into()]);
        tx.run(&PUT, &[1.into()]).await.unwrap();
        let got = tx.run(&NUMERIC, &[]).await;
        assert!(matches!(&got, Err(SqlFailure::Bug(text)) if text.contains("cast")), "{got:?}");
    });
}

#[test]
fn what_cannot_be_connected_says_why() {
    let refused = |url: &'static str| {
        server::block_on(async { PostgresSql::connect(url, None, 1).await.err().unwrap() })
    };
    let SqlFailure::Unavailable(text) = refused("postgres://x@127.0.0.1:1/x?sslmode=require")
    else {
        panic!("encryption is refused")
    };
    assert!(text.contains("sslmode=disable"), "{text}");
    for url in ["not a url", "postgres://x@127.0.0.1:1/x?sslmode=verify-full"] {
        let got = refused(url);
        assert!(
            matches!(&got, SqlFailure::Unavailable(text) if text.contains("not understood")),
            "{got:?}"
        );
    }
    let got = refused("postgres://x:secret@127.0.0.1:1/x");
    let SqlFailure::Unavailable(text) = got else { panic!("nothing listens on port 1: {got:?}") };
    assert!(text.contains("refused") && !text.contains("secret"), "{text}");
}

#[test]
fn a_schema_name_that_needs_quotes_is_refused() {
    with_url(async |url| {
        for name in ["", "Upper", "1st", "pg_own", "a b", "a\"; DROP TABLE t", &"x".repeat(64)] {
            let got = PostgresSql::connect(url, Some(name), 1).await.err();
            assert!(matches!(got, Some(SqlFailure::Bug(_))), "{name}: {got:?}");
        }
    });
}
