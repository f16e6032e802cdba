//! Agreement with the public vectors of transparency-dev/merkle, run where they are present.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tlog::{Hash, leaf_hash, verify_consistency, verify_inclusion};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    desc: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    desc: String,
    want_err: bool,
}

/// Some vectors have values of another length than 32 bytes, which [`Hash`] cannot hold: nothing,
/// garbage, or texts such as "don't care 1". The type refuses them before a verifier is asked. A
/// hash stands in for each, so that the verifier is asked as well: the same for equal texts of one
/// kind, another for a leaf and a root that are both absent.
fn hash(kind: &str, text: &str) -> Hash {
    Hash::from_base64(text).unwrap_or_else(|_| leaf_hash(format!("{kind} {text}").as_bytes()))
}

fn path(texts: Option<&[String]>) -> Vec<Hash> {
    texts.unwrap_or_default().iter().map(|text| hash("path", text)).collect()
}

impl Inclusion {
    fn holds(&self) -> bool {
        let (leaf, root) = (hash("leaf", &self.leaf_hash), hash("root", &self.root));
        let proof = path(self.proof.as_deref());
        verify_inclusion(self.leaf_idx, self.tree_size, &leaf, &proof, &root).is_ok()
    }
}

impl Consistency {
    fn holds(&self) -> bool {
        let (root1, root2) = (hash("root", &self.root1), hash("root", &self.root2));
        let proof = path(self.proof.as_deref());
        verify_consistency(self.size1, self.size2, &proof, &root1, &root2).is_ok()
    }
}

/// How many vectors hold and how many are refused; both kinds must be there.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn add(&mut self, holds: bool, want_err: bool, what: &str) {
        assert_eq!(holds, !want_err, "{what}");
        if holds {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }
}

#[test]
fn inclusion_vectors() {
    let Some(cases) = read::<Inclusion>("inclusion") else { return };
    let mut tally = Tally::default();
    for (path, case) in cases {
        tally.add(case.holds(), case.want_err, &format!("{}: {}", path.display(), case.desc));
    }
    println!("inclusion vectors: {tally:?}");
    assert!(tally.accepted >= 6 && tally.refused >= 80, "{tally:?}");
}

#[test]
fn consistency_vectors() {
    let Some(cases) = read::<Consistency>("consistency") else { return };
    let mut tally = Tally::default();
    for (path, case) in cases {
        tally.add(case.holds(), case.want_err, &format!("{}: {}", path.display(), case.desc));
    }
    println!("consistency vectors: {tally:?}");
    assert!(tally.accepted >= 6 && tally.refused >= 80, "{tally:?}");
}

fn read<T: DeserializeOwned>(kind: &str) -> Option<Vec<(PathBuf, T)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/merkle-vectors");
    let folder = root.join(kind);
    if !folder.is_dir() {
        println!("skipped: no {kind} vectors of transparency-dev/merkle beside the repository");
        return None;
    }
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let parse = |path: PathBuf| {
        let text = fs::read(&path).unwrap();
        let case = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, case)
    };
    Some(files.into_iter().map(parse).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}
