//! The folder of files: how one comes in, is kept and is read again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::file::{BadFile, FileKind, Sniffer};
use domain::limits::FILE_BYTES;
use sha2::{Digest, Sha256};

use crate::state::hex;

/// How the name of a file begins that is still coming in.
pub(super) const COMING: &str = "new-";
/// How the name of a file ends that may be about to be removed.
pub(super) const ASIDE: &str = ".aside";

/// The folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// Why a file is not received.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It is not taken.
    #[error(transparent)]
    Bad(#[from] BadFile),
    /// It cannot be written down.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Why a file is not given out.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// Its content is another than when it was sent.
    #[error("it is not what was sent")]
    Changed,
    /// It cannot be read.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Store {
    /// The store in `folder`, which is made when the first file comes.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The place of a content, by its hash.
    pub(super) fn place(&self, sha256: &str) -> PathBuf {
        self.folder.join(sha256)
    }

    /// Begins to take a file in; `nonce` tells it apart from all others that come in.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(&self, nonce: &str) -> io::Result<Incoming> {
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = self.folder.join(format!("{COMING}{nonce}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let (hash, sniffer) = (Sha256::new(), Sniffer::default());
        Ok(Incoming { place: Temporary(path), file, hash, sniffer })
    }

    /// Moves files to the places of their contents. One that is there already is replaced by itself.
    ///
    /// # Errors
    /// What the system says; files that were moved before it stay, and no row names them.
    pub fn keep(&self, files: Vec<Received>) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        for file in &files {
            self.place_one(file)?;
        }
        File::open(&self.folder)?.sync_all()
    }

    /// Moves a file to the place of its content; durable once the folder is.
    pub(super) fn place_one(&self, file: &Received) -> io::Result<()> {
        fs::rename(&file.place.0, self.place(&file.sha256))
    }

    /// The content of this hash and length, checked against both.
    ///
    /// # Errors
    /// [`Lost`]
    pub fn read(&self, sha256: &str, bytes: u64) -> Result<Vec<u8>, Lost> {
        let content = self.whole(sha256)?;
        match u64::try_from(content.len()) {
            Ok(length) if length == bytes => Ok(content),
            _ => Err(Lost::Changed),
        }
    }

    /// The content of this hash, checked against it.
    pub(super) fn whole(&self, sha256: &str) -> Result<Vec<u8>, Lost> {
        let mut content = Vec::new();
        let file = File::open(self.place(sha256))?;
        file.take(FILE_BYTES.saturating_add(1)).read_to_end(&mut content)?;
        if hex(&Sha256::digest(&content)) == sha256 { Ok(content) } else { Err(Lost::Changed) }
    }
}

/// Whether `name` is the hash of a content.
pub(super) fn is_content(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// A file beside its place; gone when this is dropped, unless it was moved there.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "a file that was not kept stays until it is swept");
            }
            _ => {}
        }
    }
}

/// A file that is coming in.
#[derive(Debug)]
pub struct Incoming {
    place: Temporary,
    file: File,
    hash: Sha256,
    sniffer: Sniffer,
}

impl Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Unfit`], as soon as that is plain.
    pub fn push(&mut self, part: &[u8]) -> Result<(), Unfit> {
        self.sniffer.push(part)?;
        self.hash.update(part);
        Ok(self.file.write_all(part)?)
    }

    /// Brings what came to the disk.
    ///
    /// # Errors
    /// [`Unfit`]
    pub fn finish(self) -> Result<Received, Unfit> {
        let (kind, bytes) = self.sniffer.finish()?;
        self.file.sync_all()?;
        Ok(Received { place: self.place, kind, bytes, sha256: hex(&self.hash.finalize()) })
    }
}

/// A file that is whole and on the disk, but not kept yet; gone when this is dropped.
#[derive(Debug)]
pub struct Received {
    place: Temporary,
    /// What it is.
    pub kind: FileKind,
    /// Its length.
    pub bytes: u64,
    /// The hash of its content, in hexadecimal digits.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(store: &Store) -> Vec<String> {
        let Ok(entries) = fs::read_dir(store.folder()) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn received(store: &Store, nonce: &str, content: &[u8]) -> Result<Received, Unfit> {
        let mut incoming = store.begin(nonce)?;
        for part in content.chunks(3) {
            incoming.push(part)?;
        }
        incoming.finish()
    }

    #[test]
    fn a_content_lies_once_under_its_hash() {
        let base = tempfile::tempdir().unwrap();
        let store = Store::new(base.path().join("files"));
        let [one, two] = ["a", "b"].map(|nonce| received(&store, nonce, b"hello").unwrap());
        assert_eq!((one.kind, one.bytes), (FileKind::Text, 5));
        assert_eq!(names(&store).len(), 2);
        let sha256 = one.sha256.clone();
        assert!(is_content(&sha256) && !is_content(&sha256.to_uppercase()) && !is_content("new-a"));
        store.keep(vec![one, two]).unwrap();
        assert_eq!(names(&store), [sha256.as_str()]);
        assert_eq!(store.read(&sha256, 5).unwrap(), b"hello");
    }

    #[test]
    fn what_is_not_kept_is_gone() {
        let base = tempfile::tempdir().unwrap();
        let store = Store::new(base.path().join("files"));
        drop(store.begin("a").unwrap());
        drop(received(&store, "b", b"hello").unwrap());
        assert!(matches!(received(&store, "c", b"\0"), Err(Unfit::Bad(BadFile::Kind))));
        assert!(matches!(received(&store, "d", b""), Err(Unfit::Bad(BadFile::Empty))));
        assert_eq!(names(&store), [""; 0]);
    }

    #[test]
    fn a_swapped_file_is_not_given_out() {
        let base = tempfile::tempdir().unwrap();
        let store = Store::new(base.path().join("files"));
        let file = received(&store, "a", b"hello").unwrap();
        let sha256 = file.sha256.clone();
        store.keep(vec![file]).unwrap();
        for swapped in [&b"hallo"[..], b"hello!", b""] {
            fs::write(store.place(&sha256), swapped).unwrap();
            assert!(matches!(store.read(&sha256, 5), Err(Lost::Changed)), "{swapped:?}");
        }
        fs::remove_file(store.place(&sha256)).unwrap();
        assert!(matches!(store.read(&sha256, 5), Err(Lost::Disk(_))));
    }
}
