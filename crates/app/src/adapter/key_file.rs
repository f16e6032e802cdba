//! The file of keys: readable by its owner only, replaced as a whole.

use crate::adapter::sealer::{KEY_BYTES, Sealer};
use crate::exit::Stop;
use ports::Entropy;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The text of the key file. It must be readable by its owner only.
pub fn read(path: &Path) -> Result<Zeroizing<String>, Stop> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|e| {
        Stop::configuration(format!(
            "the key {shown} cannot be read ({e}); run `tieout init`, restore the file from your \
             backup, or set TIEOUT_KEY"
        ))
    })?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(Stop::configuration(format!(
            "the key {shown} can be read by others; run `chmod 600 {shown}`"
        )));
    }
    Ok(Zeroizing::new(std::fs::read_to_string(path)?))
}

/// A sealer with the keys of the file.
pub fn sealer(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Sealer, Stop> {
    let shown = path.display().to_string();
    Sealer::read(&read(path)?, &shown, entropy)
        .map_err(|e| Stop::configuration(format!("the key {shown} is damaged: {e}")))
}

/// A new random key as text.
pub fn new_key(entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
    entropy.fill(key.as_mut());
    Zeroizing::new(hex::encode(key.as_ref()))
}

/// Writes a new random key; an existing file is left alone (false).
pub fn create(path: &Path, entropy: &dyn Entropy) -> std::io::Result<bool> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Ok(mut file) => {
            file.write_all(Zeroizing::new(format!("{}\n", *new_key(entropy))).as_bytes())?;
            file.sync_all()?;
            Ok(true)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e),
    }
}

/// Replaces the keys of the file, the present one first. Whoever reads it at any moment, also
/// after a crash, finds all of the old keys or all of the new ones.
pub fn replace(path: &Path, keys: &[&str]) -> std::io::Result<()> {
    let beside = path.with_extension("key.new");
    match std::fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(Zeroizing::new(keys.join("\n") + "\n").as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::entropy::OsEntropy;

    #[test]
    fn a_key_file_is_the_owners_alone_and_replaced_whole() {
        let folder = std::env::temp_dir().join(format!("tieout-key-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("tieout.key");
        assert!(create(&path, &OsEntropy).unwrap());
        assert!(!create(&path, &OsEntropy).unwrap(), "an existing key is left alone");
        let old = read(&path).unwrap();
        // What a process that was killed left behind.
        std::fs::write(folder.join("tieout.key.new"), "half").unwrap();
        let new = new_key(&OsEntropy);
        replace(&path, &[&new, old.trim()]).unwrap();
        assert_eq!(sealer(&path, Arc::new(OsEntropy)).unwrap().ids().len(), 2);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for open in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
            let refused = read(&path).unwrap_err();
            assert!(format!("{:#}", refused.why).contains("chmod 600"), "{open:o}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
