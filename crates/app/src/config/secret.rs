//! Secrets by the name of where they are.

use ports::Secret;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a secret is: exactly one of the three.
#[derive(Clone, Deserialize)]
#[serde(try_from = "SecretFields")]
pub enum SecretText {
    /// In this environment variable.
    Env(String),
    /// In this file, relative to the folder of the configuration; the end of line is cut off.
    File(PathBuf),
    /// In the configuration itself, for tests.
    Inline(Secret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretFields {
    env: Option<String>,
    file: Option<PathBuf>,
    insecure_inline: Option<String>,
}

impl TryFrom<SecretFields> for SecretText {
    type Error = &'static str;

    fn try_from(fields: SecretFields) -> Result<Self, Self::Error> {
        match (fields.env, fields.file, fields.insecure_inline) {
            (Some(name), None, None) => Ok(Self::Env(name)),
            (None, Some(path), None) => Ok(Self::File(path)),
            (None, None, Some(text)) => Ok(Self::Inline(Secret::new(text))),
            _ => Err("write { env = \"NAME\" } or { file = \"PATH\" }"),
        }
    }
}

impl SecretText {
    /// The secret itself.
    #[expect(clippy::disallowed_methods, reason = "configuration is read here, once")]
    pub fn fetch(&self, folder: &Path) -> Result<Secret, String> {
        let text = match self {
            Self::Inline(secret) => return Ok(secret.clone()),
            Self::Env(name) => std::env::var(name)
                .map_err(|_| format!("the environment variable {name} is not set"))?,
            Self::File(path) => {
                let path = folder.join(path);
                std::fs::read_to_string(&path)
                    .map_err(|e| format!("{} cannot be read: {e}", path.display()))?
            }
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err(format!("{self:?} is empty")) } else { Ok(Secret::new(text)) }
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Inline(_) => f.write_str("written in the configuration"),
        }
    }
}
