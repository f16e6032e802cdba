//! The ledger port.

use crate::entity::{Entity, KindRules};
use crate::settings::Settings;
use crate::tokens::Tokens;
use crate::{apply, changes, company, compare, find, oauth, read};
use kernel::{
    BusinessDate, Currencies, Currency, Document, DocumentKind, ReferenceKey, ReferenceKind,
    Timestamp,
};
use ports::{
    ApplyOutcome, BoxFuture, CallCost, Callback, ChangedPage, Changes, Clock, Company, FindKey,
    FindOutcome, Grants, Http, LedgerTarget, Mismatch, Named, Pace, ReadOutcome, RefMap, Secret,
    Snapshot, TargetManifest, TargetOp, TokenPair, TokenStore,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Limits of QuickBooks Online. Batches: 30 items (quickbooks.md §4). Reads: 1,000 rows
/// (quickbooks.md §3). Changes: 30 days (quickbooks.md §5). Replay: retention is not documented and is trusted for minutes only
/// (quickbooks.md §2).
pub(crate) static MANIFEST: TargetManifest = TargetManifest {
    kind: "quickbooks",
    batch_ops_max: 30,
    read_ids_max: 1_000,
    find_keys_max: 500,
    changes_days: 30,
    replay_seconds: 300,
    needs_consent: true,
};

/// One QuickBooks Online company. Cheap to share; holds no state but the tokens used last.
pub struct QuickBooks {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) http: Arc<dyn Http>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Permits what must be sent beyond one request; none: everything is permitted.
    pub(crate) pace: Option<Arc<dyn Pace>>,
}

impl QuickBooks {
    /// A connection to the company of `settings`. Nothing is sent.
    pub fn new(
        settings: Settings,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        tokens: Arc<dyn TokenStore>,
    ) -> Self {
        let tokens = Tokens::new(Arc::clone(&http), Arc::clone(&clock), tokens);
        Self { settings, tokens, http, clock, pace: None }
    }

    /// The same, asking `pace` before anything is sent that the caller has not taken a permit for.
    #[must_use]
    pub fn paced(self, pace: Arc<dyn Pace>) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// The currency of objects that name none, as in companies with one currency; where it is not known
    /// it has two decimals.
    pub(crate) fn home(&self) -> Currency {
        self.settings.home_currency.unwrap_or(Currency::USD)
    }

    /// Whether one more request may be sent.
    pub(crate) async fn permit(&self, cost: CallCost, deadline: Timestamp) -> bool {
        match &self.pace {
            Some(pace) => pace.permit(cost, deadline).await,
            None => true,
        }
    }

    /// Whether a request that is permitted since `taken` may still be sent.
    pub(crate) async fn renew(&self, cost: CallCost, taken: Timestamp, until: Timestamp) -> bool {
        match &self.pace {
            Some(pace) => pace.renew(cost, taken, until).await,
            None => true,
        }
    }
}

impl LedgerTarget for QuickBooks {
    fn manifest(&self) -> &'static TargetManifest {
        &MANIFEST
    }

    fn currencies(&self) -> Currencies {
        match (self.settings.home_currency, self.settings.region.multi_currency) {
            (None, _) => Currencies::Unknown,
            (Some(home), false) => Currencies::Only(home),
            (Some(home), true) => Currencies::Several(home),
        }
    }

    fn named(&self, name: &str) -> Option<Named> {
        match Entity::named(name) {
            Some(Entity::Document(kind)) => Some(Named::Document(kind)),
            Some(Entity::Reference(kind)) => Some(Named::Reference(kind)),
            None if matches!(name, "CompanyInfo" | "Preferences") => Some(Named::Company),
            None => None,
        }
    }

    fn references(&self, document: &Document) -> Vec<ReferenceKey> {
        references(document)
    }

    fn apply<'a>(
        &'a self,
        call_id: &'a str,
        ops: &'a [TargetOp],
        refs: &'a RefMap,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Vec<ApplyOutcome>> {
        Box::pin(apply::apply(self, call_id, ops, refs, deadline))
    }

    fn read_back<'a>(
        &'a self,
        kind: DocumentKind,
        ids: &'a [String],
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<Snapshot>>> {
        Box::pin(async move { outcome(read::read_back(self, kind, ids, deadline).await) })
    }

    fn find<'a>(
        &'a self,
        keys: &'a [FindKey],
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<FindOutcome>>> {
        Box::pin(async move { outcome(find::find(self, keys, deadline).await) })
    }

    fn changes<'a>(
        &'a self,
        since: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Changes>> {
        Box::pin(async move { outcome(changes::changes(self, since, deadline).await) })
    }

    fn changed_page<'a>(
        &'a self,
        kind: DocumentKind,
        since: Timestamp,
        position: usize,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<ChangedPage>> {
        Box::pin(async move { outcome(changes::page(self, kind, since, position, deadline).await) })
    }

    fn trial_balance<'a>(
        &'a self,
        as_of: BusinessDate,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<BTreeMap<String, i64>>> {
        Box::pin(async move { outcome(read::trial_balance(self, as_of, deadline).await) })
    }

    fn company<'a>(&'a self, deadline: Timestamp) -> BoxFuture<'a, ReadOutcome<Company>> {
        Box::pin(async move { outcome(company::read(self, deadline).await) })
    }

    fn compare(&self, want: &Document, got: &Snapshot, refs: &RefMap) -> Vec<Mismatch> {
        compare::compare(want, got, refs, self.currencies())
    }
}

impl Grants for QuickBooks {
    fn consent_url(&self, redirect_uri: &str, state: &str) -> String {
        oauth::consent_url(&self.settings, redirect_uri, state)
    }

    fn callback(&self, query: &str) -> Callback {
        oauth::callback(query)
    }

    fn exchange<'a>(
        &'a self,
        code: &'a str,
        redirect_uri: &'a str,
        now: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<TokenPair, String>> {
        Box::pin(async move {
            let http = self.http.as_ref();
            let pair =
                oauth::exchange_code(&self.settings, http, code, redirect_uri, now, deadline);
            pair.await.map_err(|failure| failure.to_string())
        })
    }

    fn revoke<'a>(
        &'a self,
        refresh: &'a Secret,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(oauth::revoke(&self.settings, self.http.as_ref(), refresh, deadline))
    }
}

fn outcome<T>(result: Result<T, read::NoRead>) -> ReadOutcome<T> {
    match result {
        Ok(read) => ReadOutcome::Read(read),
        Err(none) => none.outcome(),
    }
}

/// Every list object the document's JSON names, and the accounts its items need to be created.
fn references(document: &Document) -> Vec<ReferenceKey> {
    let mut out = BTreeSet::new();
    let mut add = |kind, name: &str| {
        out.insert(ReferenceKey { kind, name: name.to_owned() });
    };
    let is_chosen = matches!(
        document.kind,
        DocumentKind::Invoice | DocumentKind::CreditMemo | DocumentKind::JournalEntry
    );
    // A payment of nothing has none.
    if !is_chosen && !document.account.is_empty() {
        add(ReferenceKind::Account, &document.account);
    }
    // Receivables, the counter account of payments, are chosen by QuickBooks.
    if let (DocumentKind::Transfer, Some(to)) = (document.kind, &document.counter_account) {
        add(ReferenceKind::Account, to);
    }
    if document.kind.has_customer()
        && let Some(customer) = &document.customer
    {
        add(ReferenceKind::Customer, customer);
    }
    if document.kind.has_location()
        && let Some(location) = &document.location
    {
        add(ReferenceKind::Location, location);
    }
    for line in &document.lines {
        add(ReferenceKind::Account, &line.account);
        if let Some(class) = &line.class {
            add(ReferenceKind::Class, class);
        }
        if document.kind == DocumentKind::JournalEntry
            && let Some(location) = &line.location
        {
            add(ReferenceKind::Location, location);
        }
        if document.kind.is_sales_form()
            && let Some(item) = &line.item
        {
            add(ReferenceKind::Item, item);
        }
        if document.kind == DocumentKind::JournalEntry
            && let Some(customer) = &line.customer
        {
            add(ReferenceKind::Customer, customer);
        }
    }
    out.into_iter().collect()
}
