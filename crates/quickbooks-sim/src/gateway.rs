//! From an HTTP request to an answer: OAuth paths, authentication, limits, routes.

use http::{Method, StatusCode};

use crate::batch;
use crate::cdc;
use crate::config::Config;
use crate::error::Fault;
use crate::exchange::{Answer, Incoming};
use crate::json::{Json, Obj, nesting};
use crate::kind::Entity;
use crate::meter::{Count, Meter};
use crate::oauth::{ACCOUNTING, BadToken, OAuth, endpoints};
use crate::service::{self, Op, Write};
use crate::state::State;
use crate::uri::param;
use crate::windows::{Load, Windows};
use crate::{attachable, mail, pdf, query, rates, replies, report, upload};

/// Objects and arrays within each other in a body; no entity of the API needs a tenth of it.
const DEPTH_MAX: usize = 64;

/// Answers one request.
pub(crate) fn answer(
    state: &mut State,
    config: &Config,
    windows: &mut Windows,
    meter: &mut Meter,
    req: &Incoming<'_>,
) -> Answer {
    let State { oauth, books, .. } = state;
    let own = endpoints::Company { realm: &config.realm_id, name: &books.prefs.company_name };
    if let Some(answer) = endpoints::route(oauth, config, &[own], req) {
        meter.requests += 1;
        meter.count(Count::OAuth);
        return answer;
    }
    if let Err(answer) = authenticate(&state.oauth, req) {
        meter.requests += 1;
        meter.count(Count::Fault);
        return *answer;
    }
    within(state, config, windows, meter, req)
}

/// Answers a request whose token was accepted: limits and rules of the company.
pub(crate) fn within(
    state: &mut State,
    config: &Config,
    windows: &mut Windows,
    meter: &mut Meter,
    req: &Incoming<'_>,
) -> Answer {
    meter.requests += 1;
    let now_us = req.now_us;
    let rest = company_path(req.path).map_or("", |(_, rest)| rest);
    let load = Load::of(rest);
    meter.turn(now_us);
    if windows.over(req.arrived_us, load, &config.limits) {
        meter.violations += 1;
        if !config.limits.lifted && !req.replayed {
            meter.throttled += 1;
            return Answer::throttled(now_us);
        }
    }
    windows.hit(req.arrived_us, load);
    // CorePlus is everything that reads (quickbooks.md §6); items of a batch count alone.
    let reads = req.method == Method::GET || rest == "query";
    if reads && meter.is_blocked(&config.limits) {
        meter.throttled += 1;
        return Answer::throttled(now_us);
    }
    let mut call = Call { state, config, meter, req };
    match call.route(rest) {
        Ok(answer) => answer,
        Err(fault) => {
            meter.count(Count::Fault);
            Answer::fault(&fault, now_us)
        }
    }
}

/// `/v3/company/{realm}/{rest}`.
pub(crate) fn company_path(path: &str) -> Option<(&str, &str)> {
    let tail = path.strip_prefix("/v3/company/")?;
    Some(tail.split_once('/').unwrap_or((tail, "")))
}

/// Checks the token, and that it reaches the company of the path.
pub(crate) fn authenticate(oauth: &OAuth, req: &Incoming<'_>) -> Result<(), Box<Answer>> {
    let (token, now_us) = (req.bearer(), req.now_us);
    let grant = match oauth.check(token, now_us) {
        Ok(grant) => grant,
        Err(BadToken::Expired) => {
            let head: String = token.chars().take(3).collect();
            let why = format!("Token expired: {head}..");
            return Err(Box::new(Answer::unauthorized(&why, now_us)));
        }
        Err(BadToken::Unknown) => {
            return Err(Box::new(Answer::unauthorized("Token revoked or unknown", now_us)));
        }
    };
    match company_path(req.path) {
        Some((realm, _)) if realm == grant.realm && grant.has(ACCOUNTING) => Ok(()),
        _ => Err(Box::new(Answer::forbidden(now_us))),
    }
}

struct Call<'c> {
    state: &'c mut State,
    config: &'c Config,
    meter: &'c mut Meter,
    req: &'c Incoming<'c>,
}

type Routed = Result<Answer, Fault>;

impl Call<'_> {
    fn route(&mut self, rest: &str) -> Routed {
        if let Some(why) = self.req.bad_xml {
            return Err(Fault::malformed(format!("Error parsing XML body: {why}")));
        }
        if nesting(self.req.body) > DEPTH_MAX {
            let why = format!("Error parsing JSON body: nested deeper than {DEPTH_MAX} levels");
            return Err(Fault::malformed(why));
        }
        if let Some(fault) = Fault::condition(self.state.books.prefs.condition) {
            return Err(fault);
        }
        if self.state.books.prefs.subscription_ended {
            return Err(Fault::subscription_ended());
        }
        let parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
        match (self.req.method, parts.as_slice()) {
            (&Method::GET, ["query"]) => {
                self.query(&param(self.req.query, "query").unwrap_or_default())
            }
            (&Method::POST, ["query"]) => self.query(self.req.body),
            (&Method::POST, ["batch"]) => self.batch(),
            (&Method::GET, ["cdc"]) => self.cdc(),
            (&Method::GET, ["reports", name]) => {
                let (books, limits) = (&self.state.books, &self.config.limits);
                let body = report::run(books, limits, name, self.req.query, self.req.now_us)?;
                self.meter.count(Count::Report);
                Ok(Answer::json(StatusCode::OK, body))
            }
            (&Method::GET, ["exchangerate"]) => self.exchange_rate(),
            (&Method::GET, ["preferences"]) => self.read(Entity::Preferences, "1"),
            (&Method::GET, ["download", id]) => self.download(id),
            (&Method::GET, [entity, id]) => self.read(entity_of(entity)?, id),
            (&Method::GET, [entity, id, "pdf"]) => self.pdf(entity_of(entity)?, id),
            (&Method::POST, [entity, id, "send"]) => self.send(entity_of(entity)?, id),
            (&Method::POST, ["taxservice", "taxcode"]) => self.write(Entity::TaxService),
            (&Method::POST, ["upload"]) => self.upload(),
            (&Method::POST, [entity]) => self.write(entity_of(entity)?),
            _ => Err(Fault::unsupported(rest)),
        }
    }

    /// `{` + fragment + `,"time":...}`.
    fn envelope(&self, fill: impl FnOnce(&mut Json) -> Result<(), Fault>) -> Result<String, Fault> {
        let mut json = Json::with_capacity(1_536);
        json.open();
        fill(&mut json)?;
        json.field_time("time", self.req.now_us);
        json.close();
        Ok(json.out)
    }

    fn query(&mut self, text: &str) -> Routed {
        let context = query::Context {
            books: &self.state.books,
            realm: &self.config.realm_id,
            limits: &self.config.limits,
            now_us: self.req.now_us,
        };
        let body = self.envelope(|json| query::run(context, text, json).map(|_| ()))?;
        self.meter.count(Count::Query);
        Ok(Answer::json(StatusCode::OK, body))
    }

    fn read(&mut self, entity: Entity, id: &str) -> Routed {
        let (books, realm) = (&self.state.books, self.config.realm_id.as_str());
        let body = self.envelope(|json| service::read_one(books, entity, id, realm, json))?;
        self.meter.count(Count::Read);
        Ok(Answer::json(StatusCode::OK, body))
    }

    fn exchange_rate(&mut self) -> Routed {
        let (books, now_us) = (&self.state.books, self.req.now_us);
        let code = param(self.req.query, "sourcecurrencycode");
        let day = param(self.req.query, "asofdate");
        let body = self
            .envelope(|json| rates::show(books, code.as_deref(), day.as_deref(), now_us, json))?;
        self.meter.count(Count::Read);
        Ok(Answer::json(StatusCode::OK, body))
    }

    fn pdf(&mut self, entity: Entity, id: &str) -> Routed {
        let Entity::Txn(kind) = entity else { return Err(Fault::unsupported("pdf")) };
        let id = id.parse().map_err(|_| Fault::invalid_id("Id", id))?;
        let page = pdf::of(&self.state.books, kind, id)?;
        self.meter.count(Count::Read);
        Ok(Answer::new(StatusCode::OK, "application/pdf", page))
    }

    fn send(&mut self, entity: Entity, id: &str) -> Routed {
        let now_us = self.req.now_us;
        let Entity::Txn(kind) = entity else { return Err(Fault::unsupported("send")) };
        let id = id.parse().map_err(|_| Fault::invalid_id("Id", id))?;
        let to = param(self.req.query, "sendTo").filter(|to| !to.is_empty());
        let changed = mail::send(&mut self.state.books, kind, id, to.as_deref(), now_us)?;
        let body = self.envelope(|json| service::show(&self.state.books, id, json))?;
        self.meter.count(batch::count_of(service::Done::Sent));
        let answer = Answer::json(StatusCode::OK, body);
        Ok(if changed { answer.changed() } else { answer })
    }

    fn cdc(&mut self) -> Routed {
        let entities =
            param(self.req.query, "entities").ok_or_else(|| Fault::missing("entities"))?;
        let since =
            param(self.req.query, "changedSince").ok_or_else(|| Fault::missing("changedSince"))?;
        // An unescaped plus in the offset arrives as a space.
        let since = since.replace(' ', "+");
        let changes = cdc::Changes {
            books: &self.state.books,
            limits: &self.config.limits,
            entities: &entities,
            since: &since,
            realm: &self.config.realm_id,
            now_us: self.req.now_us,
        };
        let body = changes.answer()?;
        self.meter.count(Count::Cdc);
        Ok(Answer::json(StatusCode::OK, body))
    }

    fn upload(&mut self) -> Routed {
        let (now_us, most) = (self.req.now_us, self.config.limits.upload_bytes);
        let mut json = Json::with_capacity(1_536);
        json.open();
        let realm = &self.config.realm_id;
        let books = &mut self.state.books;
        let changed = upload::run(books, self.req.bytes, realm, most, now_us, &mut json)?;
        json.field_time("time", now_us);
        json.close();
        self.meter.count(Count::Create);
        let answer = Answer::json(StatusCode::OK, json.out);
        Ok(if changed { answer.changed() } else { answer })
    }

    /// The file itself. QuickBooks gives a temporary address of it instead.
    fn download(&mut self, id: &str) -> Routed {
        let id = attachable::parse_id(id)?;
        let file = self.state.books.attachables.get(&id).and_then(|a| a.content.as_deref());
        let body = file.ok_or_else(Fault::not_found)?.to_vec();
        self.meter.count(Count::Read);
        Ok(Answer::new(StatusCode::OK, "application/octet-stream", body))
    }

    fn request_id(&self, batch: bool) -> Result<Option<std::borrow::Cow<'_, str>>, Fault> {
        let id = param(self.req.query, "requestid");
        if let Some(id) = &id {
            replies::check(id, batch)?;
        }
        Ok(id)
    }

    fn check_content(&self) -> Result<(), Fault> {
        self.req.foreign_content.map_or(Ok(()), |content| Err(Fault::content_type(content)))
    }

    fn batch(&mut self) -> Routed {
        self.check_content()?;
        let id = self.request_id(true)?.map(std::borrow::Cow::into_owned);
        let (body, changed) = batch::run(
            self.state,
            self.config,
            self.meter,
            self.req.body,
            id.as_deref(),
            self.req.now_us,
        )?;
        self.meter.count(Count::Batch);
        let answer = Answer::json(StatusCode::OK, body);
        Ok(if changed { answer.changed() } else { answer })
    }

    fn write(&mut self, entity: Entity) -> Routed {
        self.check_content()?;
        let now_us = self.req.now_us;
        let id = self.request_id(false)?.map(std::borrow::Cow::into_owned);
        if let Some(id) = &id
            && let Some(kept) = self.state.replies.get(id, now_us, self.config.request_id_seconds)
        {
            self.meter.count(Count::Replay);
            return Ok(Answer::new(StatusCode::OK, "application/json;charset=UTF-8", kept));
        }
        let include = param(self.req.query, "include").unwrap_or_default();
        let include = include.to_ascii_lowercase();
        let op = match param(self.req.query, "operation").as_deref() {
            Some("delete") => Op::Delete,
            Some("void") => Op::Void,
            None | Some("update") if include.split(',').any(|i| i == "void") => Op::Void,
            Some("update") => Op::Update,
            None => Op::Save,
            Some(other) => return Err(Fault::unsupported(other)),
        };
        let obj = Obj::parse(self.req.body)
            .map_err(|e| Fault::malformed(format!("Error parsing JSON body: {e}")))?;
        let write = Write {
            entity,
            op,
            obj: &obj,
            allow_duplicate_number: include.split(',').any(|i| i == "allowduplicatedocnum"),
            void_paid_invoice: self.config.void_paid_invoice,
            realm: &self.config.realm_id,
            limits: &self.config.limits,
            now_us,
        };
        let mut json = Json::with_capacity(1_536);
        json.open();
        let (done, mut changed) = service::write(&mut self.state.books, &write, &mut json)?;
        json.field_time("time", now_us);
        json.close();
        self.meter.count(batch::count_of(done));
        if let Some(id) = id {
            self.state.replies.keep(&id, now_us, &json.out);
            changed = true;
        }
        let answer = Answer::json(StatusCode::OK, json.out);
        Ok(if changed { answer.changed() } else { answer })
    }
}

fn entity_of(path: &str) -> Result<Entity, Fault> {
    Entity::find(path).ok_or_else(|| Fault::unsupported(path))
}
