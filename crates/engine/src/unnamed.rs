//! Documents that name what the rules no longer name: rules may change while a day's summary still
//! holds contributions that were decided under the ones before.

use crate::Engine;
use book::Step;
use kernel::ReasonCode;
use ports::RefMap;

impl Engine {
    /// The step, or a hold where the document needs an account or item that the rules do not name and
    /// that is not known to stand in the ledger. Only this document is held: it is decided again with
    /// what contributes to it, and everything else goes on.
    pub(crate) fn named(&self, step: Step, refs: &RefMap) -> Step {
        let (Step::Create(document) | Step::Replace(document) | Step::Update(document)) = &step
        else {
            return step;
        };
        let is_foreign = self.target.currencies().is_foreign(document.currency);
        let abroad = is_foreign.then_some(document.currency);
        let unnamed = self.target.references(document).into_iter().find(|key| {
            !refs.references.contains_key(key) && self.rules.reference(key, abroad).is_none()
        });
        let Some(key) = unnamed else { return step };
        let detail = format!(
            "the rules name no {} called `{}`; add it to the rules",
            key.kind.as_str(),
            key.name
        );
        Step::Hold { key: document.key.clone(), code: ReasonCode::AccountUnmapped, detail }
    }
}
