//! Removes what no row names: files whose statement was never written down, and what was cut off.
//!
//! Somebody may send the same content at that moment, to this process or to another one that shares
//! the folder. So a file is first set aside under another name; one that is as old as it was taken for
//! is looked up once more, and goes back to its place if a row names it by now. A file that is sent
//! meanwhile comes under the name that is free, and is not touched.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use actix_web::web;
use db::files;
use domain::clock::Span;

use super::store::{ASIDE, COMING, Store, is_content};
use crate::error::AppError;
use crate::state::App;

/// The folder is looked through at most this often.
const EVERY: Span = Span::hours(1);
/// What is younger may belong to a statement that is about to be written down.
const YOUNG: Duration = Duration::from_secs(3_600);
/// Contents that are looked up in one read.
const AT_ONCE: usize = 500;

/// Sweeps the folder, once in an hour. A failure is logged and tried again an hour later.
pub(crate) async fn sweep(app: &App) {
    let Some(store) = app.files.clone().filter(|_| app.sweeping.is_due(app.now(), EVERY)) else {
        return;
    };
    match swept(app, &store).await {
        Ok(0) => {}
        Ok(gone) => tracing::info!(gone, "files that no statement names were removed"),
        Err(error) => tracing::warn!(?error, "files were not swept"),
    }
}

/// Removes what no row names, and answers how much that was.
async fn swept(app: &App, store: &Store) -> Result<usize, AppError> {
    let folder = store.clone();
    let old = blocking(move || folder.old(SystemTime::now())).await?;
    let mut gone = old.cut_off;
    for contents in old.aside.chunks(AT_ONCE) {
        gone += settled(app, store, contents.to_vec()).await?;
    }
    for contents in old.contents.chunks(AT_ONCE) {
        let unnamed = unnamed(app, contents.to_vec()).await?;
        let folder = store.clone();
        let aside = blocking(move || folder.set_aside(unnamed, SystemTime::now())).await?;
        gone += settled(app, store, aside).await?;
    }
    Ok(gone)
}

/// Removes what is aside and still has no name, and puts the rest back.
async fn settled(app: &App, store: &Store, aside: Vec<String>) -> Result<usize, AppError> {
    let (unnamed, folder) = (unnamed(app, aside.clone()).await?, store.clone());
    blocking(move || folder.settle(aside, &unnamed)).await
}

async fn unnamed(app: &App, contents: Vec<String>) -> Result<Vec<String>, AppError> {
    if contents.is_empty() {
        return Ok(contents);
    }
    let asked = contents.clone();
    let known = app.read(move |conn| files::known(conn, &asked)).await?;
    let known: HashSet<String> = known.into_iter().collect();
    Ok(contents.into_iter().filter(|content| !known.contains(content)).collect())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, AppError> {
    let done = web::block(work).await.map_err(|error| AppError::Internal(error.to_string()))?;
    done.map_err(|error| AppError::Internal(error.to_string()))
}

/// What an hour and more has passed over.
#[derive(Debug, Default)]
struct Old {
    /// How many were cut off while they came in; they are removed.
    cut_off: usize,
    /// Contents in their places.
    contents: Vec<String>,
    /// Contents that an earlier sweep set aside before it was cut off.
    aside: Vec<String>,
}

/// Whether a file was written longer ago than [`YOUNG`]; not one that is gone.
fn is_old(path: &Path, now: SystemTime) -> bool {
    let written = fs::metadata(path).and_then(|about| about.modified());
    written.is_ok_and(|then| now.duration_since(then).is_ok_and(|age| age > YOUNG))
}

impl Store {
    /// Removes what was cut off while it came in, and lists what else is old.
    fn old(&self, now: SystemTime) -> io::Result<Old> {
        let mut old = Old::default();
        let entries = match fs::read_dir(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(old),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !is_old(&entry.path(), now) {
                continue;
            }
            match name.strip_suffix(ASIDE) {
                Some(content) if is_content(content) => old.aside.push(content.to_owned()),
                None if is_content(&name) => old.contents.push(name),
                None if name.starts_with(COMING) => {
                    fs::remove_file(entry.path())?;
                    old.cut_off += 1;
                }
                _ => {}
            }
        }
        Ok(old)
    }

    /// Sets files aside that no row names; answers those that are.
    fn set_aside(&self, unnamed: Vec<String>, now: SystemTime) -> io::Result<Vec<String>> {
        let mut aside = Vec::new();
        for content in unnamed {
            let (place, away) = (self.place(&content), self.aside(&content));
            match fs::rename(&place, &away) {
                // Another process that shares the folder sweeps as well.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                moved => moved?,
            }
            if is_old(&away, now) {
                aside.push(content);
            } else {
                fs::rename(&away, &place)?;
            }
        }
        Ok(aside)
    }

    /// Removes those of what is aside that have no name, and puts the rest back. Another process may
    /// have done so already.
    fn settle(&self, aside: Vec<String>, unnamed: &[String]) -> io::Result<usize> {
        for content in aside {
            let away = self.aside(&content);
            let done = match unnamed.contains(&content) {
                true => fs::remove_file(away),
                false => fs::rename(away, self.place(&content)),
            };
            match done {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(unnamed.len())
    }

    fn aside(&self, content: &str) -> std::path::PathBuf {
        self.folder().join(format!("{content}{ASIDE}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_sent_while_it_is_swept_stays() {
        let base = tempfile::tempdir().unwrap();
        let store = Store::new(base.path().to_owned());
        let content = "ab".repeat(32);
        let later = SystemTime::now() + YOUNG + Duration::from_secs(60);
        fs::write(store.place(&content), "old").unwrap();
        assert_eq!(store.old(SystemTime::now()).unwrap().contents, [""; 0], "it is young");
        assert_eq!(store.old(later).unwrap().contents, [content.as_str()]);
        let unnamed = vec![content.clone()];

        // Sent anew before it is set aside: it is young again.
        assert_eq!(store.set_aside(unnamed.clone(), SystemTime::now()).unwrap(), [""; 0]);
        assert!(store.place(&content).exists());

        // Sent anew while the old one is aside.
        let aside = store.set_aside(unnamed.clone(), later).unwrap();
        assert_eq!(aside, unnamed);
        fs::write(store.place(&content), "new").unwrap();
        assert_eq!(store.settle(aside, &unnamed).unwrap(), 1);
        assert_eq!(fs::read_to_string(store.place(&content)).unwrap(), "new");

        // Named while it is aside.
        let aside = store.set_aside(unnamed.clone(), later).unwrap();
        assert_eq!(store.settle(aside, &[]).unwrap(), 0);
        assert_eq!(fs::read_to_string(store.place(&content)).unwrap(), "new");

        // Cut off in the middle.
        store.set_aside(unnamed.clone(), later).unwrap();
        let old = store.old(later).unwrap();
        assert_eq!((old.contents, &old.aside), (vec![], &unnamed));
        assert_eq!(store.settle(old.aside, &unnamed).unwrap(), 1);

        // Cut off while it came in.
        drop(fs::File::create(base.path().join(format!("{COMING}x"))).unwrap());
        assert_eq!(store.old(SystemTime::now()).unwrap().cut_off, 0, "it may still come");
        assert_eq!(store.old(later).unwrap().cut_off, 1);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }
}
