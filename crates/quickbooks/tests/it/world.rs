//! A simulated company with the lists the test documents need.

use super::documents::{ACCOUNTS, CUSTOMERS, ITEMS, RECEIVABLES};
use super::support::{MemoryTokens, NOW, Reply, SetClock, deadline, op, run, settings};
use bytes::Bytes;
use http::{Request, Response};
use kernel::{AccountType, BusinessKey, Currency, Document, DocumentKind, Reference, Timestamp};
use ports::{
    Act, ApplyOutcome, BoxFuture, Clock, FindKey, FindOutcome, Http, HttpFailure, LedgerTarget,
    Mismatch, ReadOutcome, RefMap, Secret, Snapshot, TargetOp, TargetSubject, TokenPair,
};
use quickbooks::{QuickBooks, Region, Settings};
use quickbooks_sim::{Carried, CompanyPrefs, Config, FaultKind, Faults, Limits, Simulator};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

/// The simulator as a network.
pub struct Wire {
    pub simulator: Mutex<Simulator>,
    pub clock: Arc<SetClock>,
}

impl Http for Wire {
    fn send<'a>(&'a self, request: Request<Bytes>, _: Timestamp) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            match self.simulator.lock().unwrap().call(&request, self.clock.now().0) {
                Carried::NotSent => Err(HttpFailure::NotSent("refused".to_owned())),
                Carried::Lost | Carried::Broken { .. } => {
                    Err(HttpFailure::Unknown("timeout".to_owned()))
                }
                Carried::Reply { response, .. } => Ok(response),
                Carried::Cut { partial, status, .. } => {
                    let mut response = Response::new(partial);
                    *response.status_mut() = status;
                    Ok(response)
                }
            }
        })
    }
}

pub struct World {
    pub target: QuickBooks,
    pub wire: Arc<Wire>,
    pub tokens: Arc<MemoryTokens>,
    pub refs: RefMap,
    region: Region,
    /// Of a company with several currencies.
    home: Option<Currency>,
    calls: u32,
}

impl World {
    /// A company with the accounts, items and customers the test documents use.
    pub fn new() -> Self {
        Self::with(CompanyPrefs::default())
    }

    pub fn with(prefs: CompanyPrefs) -> Self {
        Self::of(Config { prefs, ..Config::default() }, Region::default())
    }

    /// The same in any company.
    pub fn of(mut config: Config, region: Region) -> Self {
        config.limits = Limits { lifted: true, ..config.limits };
        let home = region.multi_currency.then(|| config.prefs.home_currency.parse().unwrap());
        let mut simulator = Simulator::new(config);
        let (access, refresh) = simulator.issue_tokens(NOW.0);
        let tokens = MemoryTokens::holding(TokenPair {
            access: Secret::new(access),
            refresh: Secret::new(refresh),
            granted_at: NOW,
            access_expires_at: NOW.plus_seconds(3_600),
            refresh_expires_at: NOW.plus_seconds(8_726_400),
            hard_expires_at: None,
        });
        let clock = Arc::new(SetClock(AtomicI64::new(NOW.0)));
        let wire = Arc::new(Wire { simulator: Mutex::new(simulator), clock: Arc::clone(&clock) });
        let http = Arc::clone(&wire) as Arc<dyn Http>;
        let target = connector((region, home), http, clock, Arc::clone(&tokens));
        let refs = RefMap::default();
        let mut world = Self { target, wire, tokens, refs, region, home, calls: 0 };
        world.lists();
        world
    }

    /// Another connector to the same company, over another network.
    pub fn through(&self, http: Arc<dyn Http>) -> QuickBooks {
        let (clock, tokens) = (Arc::clone(&self.wire.clock), Arc::clone(&self.tokens));
        connector((self.region, self.home), http, clock, tokens)
    }

    fn lists(&mut self) {
        for name in ACCOUNTS {
            let account_type = match *name {
                "Clearing" | "Checking" => AccountType::Bank,
                "Sales" | "Discounts" => AccountType::Income,
                "Fees" => AccountType::Expense,
                RECEIVABLES => AccountType::AccountsReceivable,
                _ => AccountType::OtherCurrentLiability,
            };
            self.ensure(Reference::Account {
                name: (*name).to_owned(),
                account_type,
                currency: None,
            });
        }
        for (item, account) in ITEMS.iter().zip(["Sales", "Discounts", "Sales tax"]) {
            let (name, account) = ((*item).to_owned(), account.to_owned());
            self.ensure(Reference::Item { name, account });
        }
        for name in CUSTOMERS.iter().chain(&["Somebody: else"]) {
            self.ensure(Reference::Customer { name: (*name).to_owned(), currency: None });
        }
    }

    /// Finds the list object or makes it.
    pub fn ensure(&mut self, reference: Reference) {
        let name = reference.key();
        let found = run(self.target.find(&[FindKey::Reference(name.clone())], deadline()));
        let ReadOutcome::Read(found) = found else { panic!("{found:?}") };
        let id = match &found[0] {
            FindOutcome::Found(snapshot) => snapshot.ledger.id.clone(),
            FindOutcome::Several(_) | FindOutcome::Deleted(_) => panic!("{name:?}"),
            FindOutcome::Absent => {
                let op = TargetOp {
                    key: BusinessKey::new(format!("list/{}", name.name)),
                    act: Act::Create,
                    subject: TargetSubject::Reference(reference),
                    ledger: None,
                    anew: false,
                    stood: None,
                };
                applied(self.one(op)).ledger.id
            }
        };
        self.refs.references.insert(name, id);
    }

    pub fn call_id(&mut self) -> String {
        self.calls += 1;
        format!("{:032x}", self.calls)
    }

    pub fn one(&mut self, op: TargetOp) -> ApplyOutcome {
        let call = self.call_id();
        let deadline = self.wire.clock.now().plus_seconds(120);
        run(self.target.apply(&call, &[op], &self.refs, deadline)).remove(0)
    }

    /// Creates the document and remembers it as something others may settle.
    pub fn create(&mut self, document: &Document) -> Snapshot {
        let snapshot = applied(self.one(op(Act::Create, document.clone(), None)));
        let handle = (document.kind, snapshot.ledger.id.clone());
        self.refs.documents.insert(document.key.clone(), handle);
        snapshot
    }

    pub fn change(&mut self, act: Act, document: &Document, at: &Snapshot) -> ApplyOutcome {
        let handle = (at.ledger.id.as_str(), at.ledger.version.as_str());
        self.one(op(act, document.clone(), Some(handle)))
    }

    /// An update of what was read before it.
    pub fn change_of(&mut self, document: &Document, stood: &Snapshot) -> ApplyOutcome {
        let handle = (stood.ledger.id.as_str(), stood.ledger.version.as_str());
        let stood = Some(Arc::new(stood.clone()));
        self.one(TargetOp { stood, ..op(Act::Update, document.clone(), Some(handle)) })
    }

    pub fn compare(&self, document: &Document, snapshot: &Snapshot) -> Vec<Mismatch> {
        self.target.compare(document, snapshot, &self.refs)
    }

    pub fn find(&self, documents: &[&Document]) -> Vec<FindOutcome> {
        let keys: Vec<_> =
            documents.iter().map(|d| FindKey::Document(Arc::new((*d).clone()), None)).collect();
        match run(self.target.find(&keys, deadline())) {
            ReadOutcome::Read(outcomes) => outcomes,
            other => panic!("{other:?}"),
        }
    }

    pub fn read(&self, kind: DocumentKind, id: &str) -> Vec<Snapshot> {
        match run(self.target.read_back(kind, &[id.to_owned()], deadline())) {
            ReadOutcome::Read(snapshots) => snapshots,
            other => panic!("{other:?}"),
        }
    }

    /// How the network treats the next call.
    pub fn next_call(&self, kind: FaultKind) {
        let mut simulator = self.wire.simulator.lock().unwrap();
        // Whatever number the next call has, this is its fault.
        let schedule = (1..=2_000).map(|n| (n, kind)).collect();
        simulator.set_faults(Faults { schedule, ..Faults::default() });
    }

    pub fn calm(&self) {
        self.wire.simulator.lock().unwrap().set_faults(Faults::default());
    }

    pub fn live(&self) -> usize {
        let simulator = self.wire.simulator.lock().unwrap();
        assert_eq!(simulator.duplicates(), []);
        simulator.transactions().filter(|t| !t.voided).count()
    }
}

fn connector(
    (region, home_currency): (Region, Option<Currency>),
    http: Arc<dyn Http>,
    clock: Arc<SetClock>,
    tokens: Arc<MemoryTokens>,
) -> QuickBooks {
    let token_url = "https://oauth.test/oauth2/v1/tokens/bearer".to_owned();
    QuickBooks::new(
        Settings { token_url, region, home_currency, ..settings() },
        http,
        clock,
        tokens,
    )
}

pub fn applied(outcome: ApplyOutcome) -> Snapshot {
    match outcome {
        ApplyOutcome::Applied(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}
