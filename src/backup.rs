//! `holdfast backup`, `restore` and `adopt`: copies of the SQLite files with a manifest, and the word
//! by which escrow runs where it did not run before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use courier::SystemClock;
use db::{DbConfig, DbError, EscrowTx, Owner, backup, desk, tx};
use domain::clock::Clock;
use domain::seal::hex;
use escrow::bond;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::role::Role;
use crate::settings::{Settings, absolute};
use crate::step::{self, OWNERS, Step, become_owner, refused};
use crate::uploads::{self, FILES_DIR, Uploads};
use crate::{Stop, folders, people, tell};

/// What a copy holds, in the folder beside the files.
const MANIFEST: &str = "holdfast-backup.json";
/// How a step learns where to.
const COPY_TO: &str = "COPY_TO";
/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// What a copy holds.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// The version that made it.
    holdfast: String,
    made_at: String,
    files: Vec<Entry>,
    /// How far addresses were used up: what was issued later is not in the copy.
    marks: Vec<Mark>,
    /// Files that people sent; copies of earlier versions have none.
    #[serde(default)]
    uploads: Uploads,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    role: String,
    sha256: String,
    bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    purpose: u32,
    generation: u32,
    next: u32,
}

/// Escrow first: what web wrote after escrow's moment is taken up anew, and nothing that escrow has
/// taken up is missing from web's file.
const COPIES: [(Role, Step, Step); 3] = [
    (Role::Escrow, Step::BackupEscrow, Step::RestoreEscrow),
    (Role::Web, Step::BackupWeb, Step::RestoreWeb),
    (Role::Courier, Step::BackupCourier, Step::RestoreCourier),
];

fn failed(what: &Path, error: &dyn std::fmt::Display) -> Stop {
    Stop::Failed(format!("{}: {error}", what.display()))
}

/// The settings, and the data folder in full.
fn local() -> Result<(Settings, PathBuf), Stop> {
    let mut settings = Settings::read()?;
    let config = settings.db()?;
    let Some(folder) = config.folder() else {
        return Err(Stop::Config(
            "DB_DRIVER is mariadb: use mariadb-dump --single-transaction, and after loading a dump \
             `holdfast adopt --restored`"
                .to_owned(),
        ));
    };
    let folder = absolute(folder)?;
    settings.settle_folder(&folder)?;
    Ok((settings, folder))
}

fn vars(settings: &Settings, target: &Path) -> Vec<(String, String)> {
    let mut vars = settings.vars(Role::Courier);
    vars.push((COPY_TO.to_owned(), target.to_string_lossy().into_owned()));
    vars.extend(settings.get(FILES_DIR).map(|dir| (FILES_DIR.to_owned(), dir.to_owned())));
    vars
}

fn copy_of(folder: &Path, role: Role) -> PathBuf {
    folder.join(role.name()).join(format!("{role}.db"))
}

/// Copies a shop, which may run meanwhile, into a new folder.
pub(crate) fn make(target: &Path) -> Result<(), Stop> {
    let (settings, _) = local()?;
    let target = absolute(target)?;
    if target.exists() {
        return Err(Stop::Config(format!(
            "{} is there already; name a new folder",
            target.display()
        )));
    }
    folders::prepare(&target, &OWNERS, people::is_root())?;
    let (mut files, mut marks, mut sent) = (Vec::new(), Vec::new(), Uploads::default());
    for (role, backup, _) in COPIES {
        if let Some(closed) =
            people::is_root().then(|| people::closed_to(people::user(role), &target)).flatten()
        {
            let why = format!("the user of {role} may not pass through {}", closed.display());
            return Err(Stop::Config(why));
        }
        let file = copy_of(&target, role);
        let said = step::answer(backup, vars(&settings, &file), None)?;
        if role == Role::Escrow {
            marks = serde_json::from_str(&said).map_err(|error| failed(&file, &error))?;
        }
        if role == Role::Web {
            sent = serde_json::from_str(&said).map_err(|error| failed(&file, &error))?;
        }
        let (sha256, bytes) = digest(&file).map_err(|error| failed(&file, &error))?;
        tell(&format!("{role}: {bytes} bytes, {sha256}"));
        files.push(Entry { role: role.name().to_owned(), sha256, bytes });
    }
    tell(&format!("files that people sent: {}, {} bytes", sent.files, sent.bytes));
    for content in &sent.damaged {
        tell(&format!("NOT in the copy, because it is not what was sent: {content}"));
    }
    for Mark { purpose, generation, next } in &marks {
        tell(&format!("addresses used up: purpose {purpose}, generation {generation}: {next}"));
    }
    let made_at = web::ui::rfc3339(SystemClock.now());
    let holdfast = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { holdfast, made_at, files, marks, uploads: sent };
    let path = target.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| failed(&path, &error))?;
    keep(&path, &text).map_err(|error| failed(&path, &error))?;
    tell("The copies tell who paid whom: encrypt them before they leave the machine.");
    Ok(())
}

fn keep(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()
}

/// SHA-256 and length of a file.
fn digest(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0_u64);
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        bytes = bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Puts a copy into an empty data folder. Escrow then starts paused and under new addresses.
pub(crate) fn restore(source: &Path) -> Result<(), Stop> {
    let (settings, folder) = local()?;
    let source = absolute(source)?;
    let path = source.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| failed(&path, &error))?;
    let files = COPIES.map(|(role, _, step)| (role, step, copy_of(&source, role)));
    for (role, _, file) in &files {
        let entry = manifest.files.iter().find(|entry| entry.role == role.name());
        let found = digest(file).map_err(|error| failed(file, &error))?;
        if entry.map(|entry| (&entry.sha256, entry.bytes)) != Some((&found.0, found.1)) {
            return Err(Stop::Failed(format!(
                "{} is not the copy that its manifest names; nothing was restored",
                file.display()
            )));
        }
    }
    let web = copy_of(&source, Role::Web);
    uploads::check_copy(&web, &manifest.uploads)?;
    folders::prepare(&folder, &OWNERS, people::is_root())?;
    let _locks = folders::lock(&folder, &OWNERS)?;
    for (role, ..) in &files {
        let there = copy_of(&folder, *role);
        if there.exists() {
            return Err(Stop::Config(format!(
                "{} is there: a copy goes into an empty data folder, so move that one away first",
                there.display()
            )));
        }
    }
    for (role, step, file) in &files {
        let from = File::open(file).map_err(|error| failed(file, &error))?;
        step::answer(*step, vars(&settings, &copy_of(&folder, *role)), Some(from))?;
        tell(&format!("{role}: restored"));
    }
    let back =
        step::answer(Step::RestoreFiles, vars(&settings, &folder), Some(uploads::stream(&web)?))?;
    tell(&format!("files that people sent: {} restored", back.trim()));
    tell(&format!(
        "The copy of {} is in place. `holdfast migrate` brings it to this version; escrow then starts \
         paused and issues addresses of a new generation. Look at `holdfast check` and at the orders, \
         then `holdfast admin resume`.",
        manifest.made_at
    ));
    Ok(())
}

/// The hidden steps: copies the file of `owner`, or puts it back from the input.
pub(crate) fn copy(owner: Owner, back: bool) -> Result<(), Stop> {
    let settings = Settings::read()?;
    let config = settings.db()?;
    let target = settings.get(COPY_TO).map(PathBuf::from);
    let target = target.ok_or_else(|| Stop::Failed("nobody said where to".to_owned()))?;
    become_owner(&config, owner)?;
    if back {
        return put_back(&config, owner, &target);
    }
    backup::copy(&config, owner, &target).map_err(refused)?;
    if owner == Owner::Web {
        uploads::copy_beside(&settings, &config, &target)?;
    }
    if owner == Owner::Escrow {
        let marks = backup::marks(&config).map_err(refused)?.into_iter();
        let marks: Vec<Mark> = marks
            .map(|backup::Mark { purpose, generation, next }| Mark { purpose, generation, next })
            .collect();
        let text =
            serde_json::to_string(&marks).map_err(|error| Stop::Failed(error.to_string()))?;
        tell(&text);
    }
    Ok(())
}

/// Writes what comes in to a new file, sees that it is sound, and has escrow told.
fn put_back(config: &DbConfig, owner: Owner, target: &Path) -> Result<(), Stop> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(target)?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        file.sync_all()
    };
    write().map_err(|error| failed(target, &error))?;
    let sound = backup::check(config, owner).and_then(|()| match owner {
        Owner::Escrow => {
            backup::set_control(config, bond::ADOPT, bond::RESTORED, SystemClock.now())
        }
        Owner::Web | Owner::Courier => Ok(()),
    });
    sound.map_err(|error| {
        // What is not sound is not left where a shop would find it.
        let gone = fs::remove_file(target);
        Stop::Failed(format!(
            "{}: {error}{}",
            target.display(),
            gone.err().map(|e| e.to_string()).unwrap_or_default()
        ))
    })
}

/// Tells escrow that this ledger is the only one that runs, wherever it lies now.
pub(crate) fn adopt(restored: bool) -> Result<(), Stop> {
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let (word, now) = (if restored { bond::RESTORED } else { bond::MOVED }, SystemClock.now());
    tx::write_once(&config, "adopt", |tx: &mut EscrowTx<'_>| {
        match desk::control(tx, bond::ADOPT)?.as_deref() == Some(word) {
            true => Ok(()),
            false => desk::set_control(tx, bond::ADOPT, word, now),
        }
    })
    .map_err(|error: DbError| refused(error))?;
    tell(if restored {
        "escrow takes this copy over when it starts next, paused and under addresses of a new generation"
    } else {
        "escrow takes this ledger over when it starts next; see to it that no other copy ever runs again"
    });
    Ok(())
}
