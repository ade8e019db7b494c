//! Copies of all files, for the operator: into a backup, out of one, and a look whether each is what
//! was sent.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use db::{Conn, DbError, files};
use domain::limits::FILE_BYTES;
use sha2::{Digest, Sha256};

use super::store::{Lost, Store, Unfit, is_content};
use crate::state::hex;

/// Contents that are looked up in one read.
const AT_ONCE: i64 = 500;
/// Length of a hash in hexadecimal digits.
const DIGITS: usize = 64;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// How many files.
    pub files: u64,
    /// Their lengths together.
    pub bytes: u64,
    /// Contents that are not what was sent, and were not copied.
    pub damaged: Vec<String>,
}

/// What a look at files came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looked {
    /// Contents that rows name.
    pub named: u64,
    /// Those of them that cannot be read or are not what was sent.
    pub lost: Vec<String>,
}

impl Store {
    /// Every content, in order.
    ///
    /// # Errors
    /// What the system says; a folder that is not there holds none.
    pub fn contents(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut contents = Vec::new();
        for entry in entries {
            if let Ok(name) = entry?.file_name().into_string()
                && is_content(&name)
            {
                contents.push(name);
            }
        }
        contents.sort_unstable();
        Ok(contents)
    }

    /// Copies every file into the folder `target`. A shop may run meanwhile: files are never changed,
    /// and none is removed that a row names.
    ///
    /// # Errors
    /// What the system says.
    pub fn copy_to(&self, target: &Path) -> io::Result<Copied> {
        let (target, mut copied) = (Self::new(target.to_owned()), Copied::default());
        for content in self.contents()? {
            let bytes = match self.whole(&content) {
                Ok(bytes) => bytes,
                Err(Lost::Changed) => {
                    copied.damaged.push(content);
                    continue;
                }
                // Swept meanwhile: no row names it.
                Err(Lost::Disk(error)) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(Lost::Disk(error)) => return Err(error),
            };
            target.put(&content, &bytes)?;
            copied.files = copied.files.saturating_add(1);
            copied.bytes = copied.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        }
        if copied.files > 0 {
            fs::File::open(target.folder())?.sync_all()?;
        }
        Ok(copied)
    }

    /// Writes every file one after the other, as [`Store::fill`] reads them.
    ///
    /// # Errors
    /// What the system says, and where a file is not what its name says.
    pub fn pour(&self, out: &mut impl Write) -> io::Result<()> {
        for content in self.contents()? {
            let bytes = self.whole(&content).map_err(io::Error::other)?;
            out.write_all(content.as_bytes())?;
            out.write_all(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes())?;
            out.write_all(&bytes)?;
        }
        out.flush()
    }

    /// Takes in what [`Store::pour`] wrote; answers how many files that were.
    ///
    /// # Errors
    /// What the system says, and where something else comes in.
    pub fn fill(&self, input: &mut impl Read) -> io::Result<u64> {
        let mut count = 0_u64;
        loop {
            let mut content = Vec::new();
            input.by_ref().take(DIGITS.try_into().unwrap_or(0)).read_to_end(&mut content)?;
            if content.is_empty() {
                break;
            }
            let content = String::from_utf8(content).map_err(io::Error::other)?;
            let mut length = [0; 8];
            input.read_exact(&mut length)?;
            let length = u64::from_be_bytes(length);
            if !is_content(&content) || length > FILE_BYTES {
                return Err(io::Error::other("this is no file of a copy"));
            }
            let mut bytes = Vec::new();
            input.by_ref().take(length).read_to_end(&mut bytes)?;
            self.put(&content, &bytes)?;
            count = count.saturating_add(1);
        }
        if count > 0 {
            fs::File::open(self.folder())?.sync_all()?;
        }
        Ok(count)
    }

    /// Puts a content in its place, unless it is another than its hash says.
    fn put(&self, content: &str, bytes: &[u8]) -> io::Result<()> {
        if hex(&Sha256::digest(bytes)) != content {
            return Err(io::Error::other(format!("{content} is not what was sent")));
        }
        let disk = |unfit: Unfit| match unfit {
            Unfit::Disk(error) => error,
            Unfit::Bad(bad) => io::Error::other(format!("{content}: {bad}")),
        };
        let mut coming = self.begin(content)?;
        coming.push(bytes).map_err(disk)?;
        self.place_one(&coming.finish().map_err(disk)?)
    }

    /// Looks whether each content that a row names is what was sent. `read` runs what it is given on
    /// the database.
    ///
    /// # Errors
    /// What the database says.
    pub fn look(
        &self,
        read: impl Fn(&str, i64) -> Result<Vec<(String, i64)>, DbError>,
    ) -> Result<Looked, DbError> {
        let (mut looked, mut after) = (Looked::default(), String::new());
        loop {
            let found = read(&after, AT_ONCE)?;
            let Some((last, _)) = found.last() else { return Ok(looked) };
            after.clone_from(last);
            for (content, bytes) in found {
                looked.named = looked.named.saturating_add(1);
                let length = u64::try_from(bytes).unwrap_or(u64::MAX);
                if self.read(&content, length).is_err() {
                    looked.lost.push(content);
                }
            }
        }
    }
}

/// Contents that rows name, for [`Store::look`].
///
/// # Errors
/// What the database says.
pub fn named(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<(String, i64)>, DbError> {
    files::contents(conn, after, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(folder: &Path) -> Store {
        let store = Store::new(folder.to_owned());
        for (nonce, content) in [("a", "one"), ("b", "two"), ("c", "three")] {
            let mut coming = store.begin(nonce).unwrap();
            coming.push(content.as_bytes()).unwrap();
            store.keep(vec![coming.finish().unwrap()]).unwrap();
        }
        store
    }

    #[test]
    fn a_copy_is_the_same_and_leaves_out_what_was_changed() {
        let base = tempfile::tempdir().unwrap();
        let store = filled(&base.path().join("files"));
        let all = store.contents().unwrap();
        let copy = base.path().join("copy");
        let copied = store.copy_to(&copy).unwrap();
        assert_eq!(copied, Copied { files: 3, bytes: 11, damaged: vec![] });
        assert_eq!(Store::new(copy.clone()).contents().unwrap(), all);

        fs::write(store.folder().join(&all[1]), "another").unwrap();
        let copied = store.copy_to(&base.path().join("again")).unwrap();
        assert_eq!((copied.files, copied.damaged), (2, vec![all[1].clone()]));
        let nothing = Store::new(base.path().join("none"));
        assert_eq!(nothing.copy_to(&copy).unwrap(), Copied::default());
    }

    #[test]
    fn what_is_poured_out_fills_another_folder() {
        let base = tempfile::tempdir().unwrap();
        let store = filled(&base.path().join("files"));
        let mut stream = Vec::new();
        store.pour(&mut stream).unwrap();
        let other = Store::new(base.path().join("other"));
        assert_eq!(other.fill(&mut stream.as_slice()).unwrap(), 3);
        assert_eq!(other.contents().unwrap(), store.contents().unwrap());
        let cut = stream.len() - 1;
        assert!(other.fill(&mut &stream[..cut]).is_err(), "it ends too soon");
        stream[0] = b'x';
        assert!(other.fill(&mut stream.as_slice()).is_err(), "no hash");
        let bare = base.path().join("bare");
        assert_eq!(Store::new(bare.clone()).fill(&mut &b""[..]).unwrap(), 0);
        assert!(!bare.exists());
    }

    #[test]
    fn a_look_names_what_is_lost() {
        let base = tempfile::tempdir().unwrap();
        let store = filled(&base.path().join("files"));
        let all = store.contents().unwrap();
        let gone = "ab".repeat(32);
        let mut rows: Vec<(String, i64)> = vec![(gone.clone(), 3)];
        rows.extend(all.iter().map(|content| {
            let length = fs::metadata(store.folder().join(content)).unwrap().len();
            (content.clone(), length.try_into().unwrap())
        }));
        rows.sort_unstable();
        let read = |after: &str, _: i64| {
            Ok(rows
                .iter()
                .filter(|(content, _)| content.as_str() > after)
                .take(2)
                .cloned()
                .collect())
        };
        assert_eq!(store.look(read).unwrap(), Looked { named: 4, lost: vec![gone] });
    }
}
