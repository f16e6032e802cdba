//! One case in a world of its own: its company, its deliveries, and what is there in the end.

use super::balance::{self, Balance};
use super::objects;
use crate::chance::Chance;
use crate::evidence;
use crate::faulty_sql::SqlFaults;
use crate::profile::Profile;
use crate::world::World;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use book::{Case, Rules};
use bytes::Bytes;
use engine::Engine;
use http::Request;
use kernel::{BusinessDate, Currencies, Currency, Fact, Money, SourceName};
use ports::{Clock, EventSource, Secret};
use quickbooks_sim::{FaultKind, Faults, PersonEdit};
use sources::cloudevents::{CloudEvents, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

const SECRET: &str = "the order system's secret";
const WRONG_SECRET: &str = "somebody else's secret";
/// Every case is the world of one seed: even, so that its company voids paid invoices.
const SEED: u64 = 4;
/// Longest a case may take, days of virtual time.
const DAYS_MAX: i64 = 30;
/// How long a worker stays after a person's edit: the ledger is asked every quarter of an hour.
const WATCH_S: i64 = 3_600;

/// How the facts of a case are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// In the order of the case, before any of it is posted.
    AtOnce,
    /// In the order of the case; what is known is posted before the next is told.
    InTurn,
    /// The last first and everything twice; what is known is posted before the next is told.
    Reversed,
}

/// A world for one case.
pub(super) struct House {
    world: World,
    before: Balance,
    home: Currency,
    /// A connection of a person's own; the engine's ends when there is one.
    token: Option<String>,
}

/// What is there in the end.
pub(super) struct Told {
    /// What the company holds.
    pub(super) objects: String,
    balance: Balance,
    exceptions: Vec<String>,
    /// What holds for every run and does not here.
    faults: Vec<String>,
    home: Currency,
}

fn profile(case: &Case, home: Currency, chance: &Chance) -> Result<Profile> {
    let company = quickbooks_sim::Profile::ALL
        .into_iter()
        .filter(|p| *p != quickbooks_sim::Profile::UsAst)
        .find(|p| p.prefs().home_currency == home.code())
        .with_context(|| format!("no company keeps its books in {home}"))?;
    Ok(Profile {
        company,
        multi_currency: matches!(case.currencies, Currencies::Several(_)),
        ledger: Faults::default(),
        sql: SqlFaults::default(),
        processes: crate::bounds::Processes::default(),
        throttled: false,
        custom_numbers: true,
        summary: false,
        sells_in: None,
        ..Profile::draw(chance)
    })
}

impl House {
    /// Builds the case's company, and the engine under `rules`.
    pub(super) fn build(case: &Case, rules: &Arc<Rules>) -> Result<Self> {
        let home = balance::home(case)?;
        let mut drawn = Err(anyhow!("no profile was drawn"));
        let draw = |chance: &Chance| {
            drawn = profile(case, home, chance);
            drawn.as_ref().map_or_else(|_| Profile::draw(chance), Profile::clone)
        };
        let mut world = World::of(draw, SEED, false)?;
        drawn?;
        let shop = SourceName::new("test:shop");
        let settings = Settings {
            secrets: vec![Secret::new(SECRET)],
            unsigned_allowed: false,
            event_source: shop.0.clone(),
        };
        let source: Arc<dyn EventSource> = Arc::new(CloudEvents::new(shop.clone(), settings));
        world.engine.sources = Arc::new(BTreeMap::from([(shop.0, source)]));
        world.engine.rules = Arc::clone(rules);
        "the case's rules".clone_into(&mut world.engine.rules_sha256);
        let before = world.company().trial_balance();
        let mut house = Self { world, before, home, token: None };
        house.furnish(case)?;
        Ok(house)
    }

    /// Names that are taken, rates, closed books.
    fn furnish(&mut self, case: &Case) -> Result<()> {
        for name in &case.ledger.vendors {
            let body = serde_json::json!({ "DisplayName": name }).to_string();
            self.ask("POST", "vendor", body)?;
        }
        self.set_lists(case)?;
        if let Currencies::Several(_) = case.currencies {
            self.set_rates(case)?;
        }
        if let Some(date) = case.ledger.closed_until {
            let at = self.now();
            let mut company = self.world.company();
            let mut prefs = company.prefs().clone();
            prefs.book_close_date = Some(date.to_string());
            company.set_prefs(prefs, at);
        }
        let at = self.now();
        let mut company = self.world.company();
        let mut prefs = company.prefs().clone();
        for what in &case.ledger.untracked {
            match what.as_str() {
                "locations" => prefs.track_departments = false,
                "classes" => prefs.class_tracking_per_line = false,
                other => bail!("a company does not track `{other}` anyway"),
            }
        }
        company.set_prefs(prefs, at);
        Ok(())
    }

    fn set_lists(&mut self, case: &Case) -> Result<()> {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for listed in &case.ledger.lists {
            let entry = listed.strip_suffix(" inactive");
            let (list, full) =
                entry.unwrap_or(listed).split_once(' ').context("a list and a name")?;
            let path = list.to_lowercase();
            let field = if list == "Customer" { "DisplayName" } else { "Name" };
            let mut body = serde_json::json!({ field: full.rsplit(':').next() });
            if let Some((above, _)) = full.rsplit_once(':') {
                let above = ids.get(&format!("{list} {above}")).context("what it is below")?;
                body["ParentRef"] = serde_json::json!({ "value": above });
            }
            let made = self.ask("POST", &path, body.to_string())?;
            let mut made = serde_json::from_slice::<serde_json::Value>(&made)?[list].take();
            ids.insert(format!("{list} {full}"), made["Id"].as_str().unwrap_or_default().into());
            if entry.is_some() {
                made["Active"] = false.into();
                self.ask("POST", &path, made.to_string())?;
            }
        }
        Ok(())
    }

    fn set_rates(&mut self, case: &Case) -> Result<()> {
        let mut days = BTreeSet::new();
        let last = case.facts.len();
        // Whatever is known at some time may be posted, told from the first or from the last.
        for facts in (0..last).flat_map(|n| [&case.facts[..=n], &case.facts[n..]]) {
            for desired in case.decide(&self.world.engine.rules, facts) {
                let documents = desired.documents.iter().map(|d| (d.currency, d.date));
                let shares = desired.contributions.iter().map(|c| (c.currency, c.date));
                days.extend(documents.chain(shares).map(|(c, date)| (c.code().to_owned(), date)));
            }
        }
        for (code, date) in days {
            let currency: Currency = code.parse()?;
            if currency == self.home {
                continue;
            }
            let rate = balance::rate(case, currency, date)?;
            self.set_rate(currency, date, &rate.to_string())?;
        }
        Ok(())
    }

    fn set_rate(&mut self, currency: Currency, date: BusinessDate, rate: &str) -> Result<()> {
        let body = format!(
            r#"{{"SourceCurrencyCode":"{}","AsOfDate":"{date}","Rate":{rate}}}"#,
            currency.code()
        );
        self.ask("POST", "exchangerate", body).map(|_| ())
    }

    fn now(&self) -> i64 {
        self.world.executor.clock().now().0
    }

    /// A call of a person's own.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: String) -> Result<Bytes> {
        let token = match &self.token {
            Some(token) => token.clone(),
            None => self.world.access_token(),
        };
        let realm = self.world.company().config().realm_id.clone();
        let request = Request::builder()
            .method(method)
            .uri(format!("/v3/company/{realm}/{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Bytes::from(body))?;
        let at = self.now();
        let answer = self.world.company().handle(&request, at);
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        ensure!(answer.status() == 200, "{method} {path}: {text}");
        Ok(answer.into_body())
    }

    /// Tells the facts of the case, lets everything come to an end and looks at it.
    pub(super) fn tell(mut self, case: &Case, telling: Telling) -> Result<Told> {
        let secret = if case.ledger.forged { WRONG_SECRET } else { SECRET };
        if case.ledger.answer_lost {
            self.lose_an_answer(case)?;
        }
        match telling {
            Telling::AtOnce => {
                self.deliver(case.facts.iter().enumerate(), "fact", secret)?;
                self.drain()?;
            }
            Telling::InTurn => {
                for told in case.facts.iter().enumerate() {
                    self.deliver([told].into_iter(), "fact", secret)?;
                    self.drain()?;
                }
            }
            Telling::Reversed => {
                for told in case.facts.iter().enumerate().rev() {
                    for time in ["first", "again"] {
                        self.deliver([told].into_iter(), time, secret)?;
                    }
                    self.drain()?;
                }
            }
        }
        for (number, fields) in &case.ledger.edits {
            self.edit(number, fields)?;
        }
        self.look(case)
    }

    fn deliver<'a>(
        &mut self,
        facts: impl Iterator<Item = (usize, &'a Fact)>,
        name: &str,
        secret: &str,
    ) -> Result<()> {
        let at = self.world.executor.clock().now();
        let told = facts.map(|(n, fact)| {
            let mut fact = fact.clone();
            fact.source = SourceName::new("test:shop");
            workload::cloud_event(&fact, &format!("{name}-{n}"), secret, at)
        });
        let vendors = self.world.start_vendors_with(told.collect());
        self.finish(vendors)
    }

    fn drain(&mut self) -> Result<()> {
        let worker = self.world.start_worker(true);
        self.finish(worker)
    }

    fn finish(&mut self, task: u64) -> Result<()> {
        let far = self.world.executor.clock().now().plus_seconds(DAYS_MAX * 86_400);
        while self.world.executor.is_alive(task) {
            if let Some(stop) = self.world.executor.step(far, u64::MAX) {
                bail!("it never came to an end: {stop:?}");
            }
        }
        Ok(())
    }

    /// The same case in another world of the same seed says which call writes the first
    /// transaction; its answer is lost in this one.
    fn lose_an_answer(&mut self, case: &Case) -> Result<()> {
        let mut rehearsal = Self::build(case, &self.world.engine.rules)?;
        let requests = |house: &Self| house.world.company().meter().requests;
        // Calls of a person's own do not go through the network.
        let own = requests(&rehearsal);
        rehearsal.deliver(case.facts.iter().enumerate(), "fact", SECRET)?;
        let worker = rehearsal.world.start_worker(true);
        let far = rehearsal.world.executor.clock().now().plus_seconds(86_400);
        while rehearsal.world.company().transactions().next().is_none() {
            ensure!(rehearsal.world.executor.is_alive(worker), "nothing is ever written");
            ensure!(rehearsal.world.executor.step(far, u64::MAX).is_none(), "nothing is written");
        }
        let schedule = vec![(requests(&rehearsal) - own, FaultKind::LostAfter)];
        self.world.company().set_faults(Faults { schedule, ..Faults::default() });
        Ok(())
    }

    /// A person changes the document with this number; the ledger tells of it, and it is looked at.
    fn edit(&mut self, number: &str, fields: &str) -> Result<()> {
        let at = self.now();
        let mut company = self.world.company();
        let id = company.transactions().find(|t| t.doc_number == number).map(|t| t.id);
        let id = id.with_context(|| format!("no document {number} to edit"))?;
        company
            .edit_by_person(id, &PersonEdit::Change(fields.to_owned()), at)
            .map_err(|e| anyhow!("{number} cannot be edited: {e}"))?;
        drop(company);
        let (worker, clock) = (self.world.start_worker(false), self.world.executor.clock());
        let until = clock.now().plus_seconds(WATCH_S);
        let watch = self.world.executor.spawn("watch", clock.sleep_until(until));
        self.finish(watch)?;
        self.world.stop_workers(true);
        self.finish(worker)?;
        self.world.stop_workers(false);
        self.drain()
    }

    fn look(mut self, case: &Case) -> Result<Told> {
        let mut faults = Vec::new();
        let found = evidence::gather(&mut self.world);
        let told = [found.breaks, found.undone, found.audit].into_iter().flatten();
        faults.extend(told.chain(found.error));
        let drawn = self.world.company().faults_drawn().get(&FaultKind::LostAfter).copied();
        if case.ledger.answer_lost && drawn != Some(1) {
            faults.push("no answer was lost".to_owned());
        }
        for twice in self.world.company().duplicates() {
            faults.push(format!("written twice: {twice:?}"));
        }
        let (exceptions, breaks) = self.engines_view()?;
        if case.ledger.edits.is_empty() {
            faults.extend(breaks);
        }
        let at = self.now();
        self.token = Some(self.world.company().issue_tokens(at).0);
        let objects = objects::text(&mut self)?;
        let mut balance = self.world.company().trial_balance();
        for (account, minor) in self.before {
            *balance.entry(account).or_default() -= minor;
        }
        balance.retain(|_, minor| *minor != 0);
        Ok(Told { objects, balance, exceptions, faults, home: self.home })
    }

    /// Open exceptions as `CODE AMOUNT CURRENCY` with what they say, and the accounts on which
    /// Tieout's own sub-ledger and the company's trial balance differ.
    fn engines_view(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        let slot = Arc::new(Mutex::new(None));
        let (place, engine, home) = (Arc::clone(&slot), self.world.engine.clone(), self.home);
        let task = async move {
            let view = view(&engine, home).await;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(view);
        };
        let task = self.world.executor.spawn("reader", Box::pin(task));
        self.finish(task)?;
        let view = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        view.context("the engine was not asked")?.map_err(|e| anyhow!("{e}"))
    }

    /// The transactions the company holds, in the order in which they were made.
    pub(super) fn transactions(&self) -> Vec<quickbooks_sim::LiveTransaction> {
        self.world.company().transactions().collect()
    }
}

async fn view(engine: &Engine, home: Currency) -> engine::Result<(Vec<String>, Vec<String>)> {
    let mut tx = engine.store.read().await?;
    let list = store::exception::list(tx.as_mut(), 1_000).await?;
    drop(tx);
    let open = list.into_iter().filter(|e| e.closed_at.is_none());
    let exceptions =
        open.map(|e| format!("{}\n      {}", named(e.code.code(), e.amount), e.detail)).collect();
    let check = engine.check_sub_ledger(home, 1).await?;
    let breaks = check.breaks.iter().map(|b| format!("the sub-ledger does not tie out: {b:?}"));
    Ok((exceptions, breaks.collect()))
}

fn named(code: &str, amount: Option<Money>) -> String {
    amount.map_or_else(|| code.to_owned(), |a| format!("{code} {a}"))
}

impl Told {
    /// How it differs from what the case expects under `rules`; `how` it was told.
    pub(super) fn differences(&self, case: &Case, rules: &Rules, how: &str) -> Result<Vec<String>> {
        let expected = balance::expected(case, rules)?;
        let mut lines = balance::differences(&expected, &self.balance, self.home);
        let mut wanted: Vec<String> = Vec::new();
        for desired in case.decide(rules, &case.facts) {
            wanted.extend(desired.holds.iter().map(|h| named(h.code.code(), h.amount)));
        }
        for raised in &case.ledger.raises {
            let (code, amount) = raised.split_once(' ').unwrap_or((raised, ""));
            let amount = (!amount.is_empty()).then(|| Money::parse(amount, case.currency));
            wanted.push(named(code, amount.transpose()?));
        }
        for open in &self.exceptions {
            let name = open.lines().next().unwrap_or_default();
            match wanted.iter().position(|w| w == name) {
                Some(at) => {
                    wanted.remove(at);
                }
                None => lines.push(format!("open and not expected: {open}")),
            }
        }
        lines.extend(wanted.iter().map(|w| format!("expected and not open: {w}")));
        lines.extend(self.faults.iter().cloned());
        Ok(lines.into_iter().map(|line| format!("{how}: {line}")).collect())
    }
}
