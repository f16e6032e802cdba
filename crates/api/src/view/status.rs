//! How things stand.

use crate::view::{ClosingView, CompanyView, ConnectionView, GroupView, StatementView, TotalView};
use engine::Engine;
use kernel::BusinessDate;
use serde::Serialize;
use store::completeness::ComparedDay;

/// How one lane stands. Every number has its denominator beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// The lane: tenant and ledger connection.
    pub lane: String,
    /// Who works it now, else empty.
    pub owner: String,
    /// Deliveries by state.
    pub deliveries: Vec<DeliveryCount>,
    /// Facts kept.
    pub facts: i64,
    /// Items by kind.
    pub items: Vec<CountView>,
    /// Items that wait for a decision.
    pub undecided: i64,
    /// Documents and references by kind and state.
    pub documents: Vec<CountView>,
    /// Open exceptions by cause.
    pub exceptions: Vec<GroupView>,
    /// Calls to the ledger by kind, since the beginning.
    pub calls: Vec<CallView>,
    /// Whether the ledger connection was authorised.
    pub connected: bool,
    /// Why a person must reconnect, else empty.
    pub reconnect: String,
    /// How the connection stands.
    pub connection: ConnectionView,
    /// The company as the ledger described it last.
    pub company: Option<CompanyView>,
    /// Up to when the books are closed.
    pub closed_until: ClosingView,
    /// Changes the ledger told of that nobody has followed yet.
    pub hints: i64,
    /// How far the lists of the sources were read.
    pub lists: Vec<ListView>,
    /// What was last compared of the sources with what is known here.
    pub compared: Vec<ComparedView>,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// Root of the audit log, base64.
    pub audit_root: String,
    /// Sums of the statement per currency.
    pub totals: Vec<TotalView>,
    /// Whether the statement ties out.
    pub ties_out: bool,
    /// One sentence.
    pub verdict: String,
}

/// A count with up to two names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountView {
    /// What is counted.
    pub kind: String,
    /// In which state, else empty.
    pub state: String,
    /// How many.
    pub count: i64,
}

/// Deliveries in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryCount {
    /// The state.
    pub state: String,
    /// Distinct ones.
    pub distinct: i64,
    /// With repetitions.
    pub copies: i64,
}

/// Calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// The kind.
    pub kind: String,
    /// How many.
    pub calls: i64,
    /// Whether the ledger's vendor meters them.
    pub metered: bool,
}

/// A list of a source that is read beside its webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListView {
    /// The connection.
    pub source: String,
    /// The list.
    pub list: String,
    /// Everything before this moment was read.
    pub read_until: String,
    /// Objects it held in all readings together.
    pub listed: i64,
    /// Readings that failed since one succeeded.
    pub failures: i64,
    /// Why the last one failed, else empty.
    pub why: String,
}

/// What was last compared of one source with what is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparedView {
    /// The connection.
    pub source: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// When.
    pub checked_at: String,
    /// Movements that the source lists and that are not known here, on whatever day.
    pub missing: i64,
    /// Movements that are known here, and gone or changed at the source.
    pub changed: i64,
}

impl ComparedView {
    fn of(c: &store::completeness::Compared, broken: &[ComparedDay]) -> Self {
        let of_it = || broken.iter().filter(|d| d.source == c.source);
        Self {
            source: c.source.clone(),
            from: c.first_day.to_string(),
            to: c.last_day.to_string(),
            checked_at: c.checked_at.to_string(),
            missing: of_it().map(|d| d.missing).sum(),
            changed: of_it().map(|d| d.unlisted + d.differing).sum(),
        }
    }
}

impl StatusView {
    /// Reads everything in one snapshot each.
    pub async fn load(engine: &Engine) -> engine::Result<Self> {
        let statement = StatementView::of(&engine::statement(&engine.store).await?, None);
        let mut tx = engine.store.read().await?;
        let tx = tx.as_mut();
        let lane = store::lane::get(tx, &engine.lane).await?;
        let counts = |rows: Vec<(String, String, i64)>| {
            rows.into_iter().map(|(kind, state, count)| CountView { kind, state, count }).collect()
        };
        let documents = store::document::counts(tx).await?;
        let groups = store::exception::groups(tx).await?;
        let deliveries = store::delivery::counts(tx).await?;
        let items = store::item::counts(tx).await?;
        let calls = store::lane::metered(tx, &engine.lane, BusinessDate::from_days(0)).await?;
        let token = store::token::get(tx, &engine.lane).await?;
        let company = engine.known_company(tx).await?;
        let closing = lane.as_ref().map(|l| l.closing).unwrap_or_default();
        let hints = store::hint::pending(tx, &engine.lane).await?;
        let lists = store::poll::list(tx).await?;
        let broken = store::completeness::incomplete(tx).await?;
        let compared = store::completeness::last(tx).await?;
        let head = store::audit::head(tx, &engine.origin).await?;
        let undecided = store::item::open(tx, &engine.lane).await?;
        let waiting: i64 =
            deliveries.iter().filter(|(s, ..)| s == "received").map(|(_, n, _)| n).sum();
        let verdict = verdict(&statement, &groups, waiting + undecided);
        Ok(Self {
            lane: engine.lane.clone(),
            owner: lane.map(|l| l.owner).unwrap_or_default(),
            deliveries: deliveries
                .into_iter()
                .map(|(state, distinct, copies)| DeliveryCount { state, distinct, copies })
                .collect(),
            facts: store::fact::count(tx).await?,
            items: counts(items.into_iter().map(|(k, n)| (k, String::new(), n)).collect()),
            undecided,
            documents: counts(documents),
            exceptions: groups.iter().map(GroupView::of).collect(),
            calls: calls
                .into_iter()
                .map(|(kind, calls)| {
                    let metered = engine::METERED_CALLS.contains(&kind.as_str());
                    CallView { kind, calls, metered }
                })
                .collect(),
            connected: token.is_some(),
            connection: ConnectionView::of(token.as_ref(), engine.now()),
            company: company.map(|(company, read_at)| CompanyView::of(&company, read_at)),
            closed_until: ClosingView::of(closing),
            hints,
            lists: lists
                .into_iter()
                .map(|m| ListView {
                    source: m.source,
                    list: m.stream,
                    read_until: m.read_until.to_string(),
                    listed: m.listed,
                    failures: m.failures,
                    why: m.note,
                })
                .collect(),
            compared: compared.iter().map(|c| ComparedView::of(c, &broken)).collect(),
            reconnect: token.map(|t| t.broken).unwrap_or_default(),
            audit_entries: head.size(),
            audit_root: head.root().to_base64(),
            totals: statement.totals,
            ties_out: statement.ties_out,
            verdict,
        })
    }
}

fn verdict(s: &StatementView, groups: &[store::exception::Group], waiting: i64) -> String {
    let sum = |f: fn(&TotalView) -> u64| -> u64 { s.totals.iter().map(f).sum() };
    let received = sum(|t| t.counts.received);
    if received == 0 && waiting == 0 {
        return "Nothing has been received yet.".to_owned();
    }
    let difference = if s.ties_out {
        "difference 0.00 in every period and currency".to_owned()
    } else {
        let broken = s.rows.iter().filter(|r| r.sums.difference != 0).count();
        format!("DIFFERENCE in {broken} of {} rows of the statement", s.rows.len())
    };
    let open: i64 = groups.iter().map(|g| g.count).sum();
    format!(
        "{} of {received} amounts are in the ledger, {} of them read back and found equal; \
         {} pending, {} held, {} excluded; {waiting} deliveries or items wait for a decision; \
         {open} open exceptions; {difference}.",
        sum(|t| t.counts.posted),
        sum(|t| t.counts.verified),
        sum(|t| t.counts.pending),
        sum(|t| t.counts.held),
        sum(|t| t.counts.excluded),
    )
}
