//! The part of `cargo metadata` that our checks need.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::commands::{cargo, output};

/// `cargo metadata --format-version 1`.
#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub workspace_members: Vec<String>,
    pub target_directory: String,
}

/// A crate of ours or of others.
#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub id: String,
    /// An SPDX expression.
    pub license: Option<String>,
    /// `None` for a path dependency.
    pub source: Option<String>,
    pub dependencies: Vec<Dependency>,
}

/// An edge as it is declared in a `Cargo.toml`.
#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub kind: Option<String>,
    /// Set for a path dependency.
    pub path: Option<String>,
    /// The version requirement.
    pub req: String,
}

impl Metadata {
    /// Asks cargo about the workspace at `root`.
    pub fn load(root: &Path) -> Result<Self> {
        let text = output(&mut cargo(root, &["metadata", "--format-version", "1"]))
            .context("`cargo metadata` failed: run it by hand to see why")?;
        serde_json::from_str(&text).context("`cargo metadata` answered something unexpected")
    }

    /// The crates of this repository.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}
