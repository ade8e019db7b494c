//! Files that people sent, for the operator's verbs: they go with copies of the shop, and a check
//! looks whether each is what was sent.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use db::{DbConfig, Owner, WebDb};
use rustix::pipe::{PipeFlags, pipe_with};
use serde::{Deserialize, Serialize};
use web::files::{Store, copy};

use crate::settings::Settings;
use crate::step::{become_owner, refused};
use crate::{Stop, tell};

/// Names the folder where it is not web's own.
pub(crate) const FILES_DIR: &str = "FILES_DIR";
/// The folder in a copy of the shop.
const FOLDER: &str = "files";

/// What a copy has of files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Uploads {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Contents that were not what had been sent, and are not in the copy.
    #[serde(default)]
    pub(crate) damaged: Vec<String>,
}

/// Where files lie, by the settings.
pub(crate) fn store(settings: &Settings, config: &DbConfig) -> Option<Store> {
    web::files::folder(config, settings.get(FILES_DIR)).map(Store::new)
}

/// The folder of files beside a copy of web's file.
pub(crate) fn beside(file: &Path) -> PathBuf {
    file.parent().unwrap_or(file).join(FOLDER)
}

fn failed(folder: &Path, error: &io::Error) -> Stop {
    Stop::Failed(format!("files in {}: {error}", folder.display()))
}

/// Part of a hidden step: copies the files beside the copy of web's file, and prints what came of it.
/// Rows follow their files, so whatever the copied tables name is there.
pub(crate) fn copy_beside(settings: &Settings, config: &DbConfig, file: &Path) -> Result<(), Stop> {
    let target = beside(file);
    let copied = match store(settings, config) {
        Some(store) => store.copy_to(&target).map_err(|error| failed(&target, &error))?,
        None => copy::Copied::default(),
    };
    let copy::Copied { files, bytes, damaged } = copied;
    let text = serde_json::to_string(&Uploads { files, bytes, damaged });
    tell(&text.map_err(|error| Stop::Failed(error.to_string()))?);
    Ok(())
}

/// Whether a copy has as many files as its manifest names.
pub(crate) fn check_copy(file: &Path, named: &Uploads) -> Result<(), Stop> {
    let folder = beside(file);
    let found = Store::new(folder.clone()).contents().map_err(|error| failed(&folder, &error))?;
    let found = u64::try_from(found.len()).unwrap_or(u64::MAX);
    if found == named.files {
        return Ok(());
    }
    Err(Stop::Failed(format!(
        "{} holds {found} of the {} files that its manifest names; nothing was restored",
        folder.display(),
        named.files
    )))
}

/// The files of a copy as one stream, for a step that may not read the copy itself.
pub(crate) fn stream(file: &Path) -> Result<std::fs::File, Stop> {
    let (source, folder) = (Store::new(beside(file)), beside(file));
    // Its reader would never see the end of a pipe whose other end it had inherited.
    let made = pipe_with(PipeFlags::CLOEXEC);
    let (output, input) = made.map_err(|error| failed(&folder, &error.into()))?;
    let mut input = std::fs::File::from(input);
    thread::Builder::new()
        .name("files".to_owned())
        .spawn(move || {
            // Where the copy is damaged the stream ends too soon, which its reader tells.
            if let Err(error) = source.pour(&mut input).and_then(|()| input.flush()) {
                crate::say(&failed(source.folder(), &error).to_string());
                // Half a frame: the reader must not take it for the end.
                let _told = input.write_all(b"cut off");
            }
        })
        .map_err(|error| failed(&folder, &error))?;
    Ok(std::fs::File::from(output))
}

/// The hidden step: takes the files of a copy in, as web.
pub(crate) fn put_back() -> Result<(), Stop> {
    let settings = Settings::read()?;
    let config = settings.db()?;
    become_owner(&config, Owner::Web)?;
    let mut input = io::stdin().lock();
    match store(&settings, &config) {
        Some(store) => {
            let count = store.fill(&mut input).map_err(|error| failed(store.folder(), &error))?;
            tell(&count.to_string());
        }
        None => {
            let mut byte = [0];
            if input.read(&mut byte).is_ok_and(|read| read > 0) {
                return Err(Stop::Config(format!("{FILES_DIR} is missing; files go there")));
            }
        }
    }
    Ok(())
}

/// The hidden step of a check: whether every file that a row names is what was sent, in a sentence.
/// It fails where one is not.
pub(crate) fn look() -> Result<(), Stop> {
    let settings = Settings::read()?;
    let config = settings.db()?;
    become_owner(&config, Owner::Web)?;
    let door = WebDb::open(&config).map_err(refused)?;
    let read = |after: &str, limit| door.read(|conn| copy::named(conn, after, limit));
    // Without a folder every row is one too many.
    let nowhere = || Store::new(PathBuf::from("/nonexistent"));
    let store = store(&settings, &config).unwrap_or_else(nowhere);
    let copy::Looked { named, lost } = store.look(read).map_err(refused)?;
    match lost.first() {
        None => {
            tell(&format!("{named} that statements name are what was sent"));
            Ok(())
        }
        Some(first) => Err(Stop::Failed(format!(
            "files: {} of {named} are gone or not what was sent, the first {first}",
            lost.len()
        ))),
    }
}
