//! The change of the key under which secrets are stored.

use crate::journal::{self, Actor};
use crate::tokens::context;
use crate::{Engine, Error, Result};
use ports::Sealer;
use serde_json::json;

impl Engine {
    /// Seals everything that is stored with the present key of `sealer`, in one transaction, and
    /// returns how much there was. `sealer` must hold every key that something is sealed with.
    /// `keys` names the old and the new ones for the audit log.
    pub async fn reseal(&self, sealer: &dyn Sealer, by: &Actor, keys: &[String]) -> Result<usize> {
        let mut tx = self.store.write().await?;
        let all = store::token::all_sealed(tx.as_mut()).await?;
        for (lane, realm, old) in &all {
            let context = context(lane, realm);
            let plain = sealer
                .open(old, &context)
                .map_err(|e| Error::Refused(format!("the tokens of {lane}: {e}")))?;
            let new = sealer.seal(&plain, &context);
            if !store::token::reseal(tx.as_mut(), lane, old, &new).await? {
                return Err(Error::Refused(format!(
                    "the tokens of {lane} were renewed meanwhile; run the command again"
                )));
            }
        }
        let fields = json!({ "keys": keys, "secrets": all.len().to_string() });
        let body = journal::entry(self.now(), by, "key.rotated", fields);
        store::audit::append(tx.as_mut(), &self.origin, &[body]).await?;
        tx.commit().await?;
        Ok(all.len())
    }
}
