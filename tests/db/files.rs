//! What SQLite leaves on the disk, and what happens when something of it is missing.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use db::{CourierDb, DbError, Owner, WebDb, migrate, tx};
use testkit::Data;

use crate::rows;

fn file(data: &Data, owner: Owner) -> PathBuf {
    data.config(owner).file(owner).unwrap()
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_group_may_read_and_nobody_else_may() {
    let data = Data::sqlite();
    for owner in Owner::ALL {
        let file = file(&data, owner);
        assert_eq!(mode(file.parent().unwrap()), 0o2750);
        for path in [file.clone(), beside(&file, "-wal"), beside(&file, "-shm")] {
            assert_eq!(mode(&path), 0o640, "{}", path.display());
        }
    }
}

#[test]
fn rows_are_read_after_the_writer_has_gone() {
    let data = Data::sqlite();
    let courier = data.courier();
    let write: Result<(), DbError> = tx::write(&courier, "insert", |tx| rows::insert(tx, "a"));
    assert_eq!(write, Ok(()));
    drop(courier);
    let file = file(&data, Owner::Courier);
    assert!(beside(&file, "-wal").exists() && beside(&file, "-shm").exists());
    assert_eq!(data.web().read(rows::names).unwrap(), ["a"]);
}

#[test]
fn a_missing_file_of_another_role_is_said_in_words() {
    let data = Data::sqlite();
    let file = file(&data, Owner::Escrow);
    fs::remove_file(&file).unwrap();
    let Err(DbError::Down(said)) = WebDb::open(&data.config(Owner::Web)) else {
        panic!("opened without the file of escrow");
    };
    assert!(said.contains("escrow.db") && said.contains("holdfast migrate"), "{said}");
    assert!(!file.exists(), "opening made an empty file");
}

#[test]
fn an_unmigrated_file_is_said_in_words() {
    let data = Data::sqlite();
    let file = file(&data, Owner::Escrow);
    fs::write(&file, "").unwrap();
    fs::remove_file(beside(&file, "-wal")).unwrap();
    fs::remove_file(beside(&file, "-shm")).unwrap();
    let Err(DbError::Schema(said)) = WebDb::open(&data.config(Owner::Web)) else {
        panic!("opened on an empty file of escrow");
    };
    assert!(said.contains("escrow") && said.contains("holdfast migrate"), "{said}");
}

#[test]
fn what_is_no_database_is_corrupt() {
    let data = Data::sqlite();
    let file = file(&data, Owner::Courier);
    fs::write(&file, "x".repeat(8_192)).unwrap();
    fs::remove_file(beside(&file, "-wal")).unwrap();
    fs::remove_file(beside(&file, "-shm")).unwrap();
    let answer = CourierDb::open(&data.config(Owner::Courier)).map(drop);
    assert!(matches!(answer, Err(DbError::Corrupt(_))), "{answer:?}");
}

#[test]
fn odd_letters_in_the_folder_s_name_do_no_harm() {
    let data = Data::unmigrated();
    let folder = data.folder().unwrap().join("it's 100% ?mode=ro#");
    let config = db::DbConfig::sqlite(&folder);
    migrate::run_all(&config).unwrap();
    let write: Result<(), DbError> =
        tx::write_once(&config, "insert", |tx: &mut db::CourierTx<'_>| rows::insert(tx, "a"));
    assert_eq!(write, Ok(()));
    assert!(folder.join("courier/courier.db").exists());
}

/// Where [`a_reader_of_another_uid`] finds the data.
const FOLDER: &str = "HOLDFAST_TEST_FOLDER";
const NOBODY: u32 = 65_534;

/// Not a test by itself: what the next one starts under another uid. Its outcome goes to stdout.
#[test]
#[ignore = "started by another_uid_reads_until_the_log_is_gone"]
fn a_reader_of_another_uid() {
    let config = db::DbConfig::sqlite(std::env::var_os(FOLDER).unwrap());
    match WebDb::open(&config).and_then(|door| door.read(rows::names)) {
        Ok(names) => println!("read {names:?}"),
        Err(error) => println!("failed {error}"),
    }
}

/// Web, which runs as a user who may only read courier's rows.
fn nobody(folder: &Path, group: u32) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "files::a_reader_of_another_uid", "--ignored", "--nocapture"]);
    child.env(FOLDER, folder).uid(NOBODY).gid(group).stdout(Stdio::piped()).spawn().unwrap()
}

/// What it reads of them.
fn read_by(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read_as_nobody(folder: &Path, group: u32) -> String {
    read_by(nobody(folder, group))
}

fn has_open(pid: u32, file: &Path) -> bool {
    let mut open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    open.any(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == file))
}

#[test]
fn another_uid_reads_until_the_log_is_gone() {
    let data = Data::sqlite();
    let above = data.folder().unwrap().to_owned();
    if fs::metadata(&above).unwrap().uid() != 0 {
        eprintln!("skipped: only root may become another user");
        return;
    }
    fs::set_permissions(&above, PermissionsExt::from_mode(0o755)).unwrap();
    let web = file(&data, Owner::Web);
    for path in [web.parent().unwrap(), &web, &beside(&web, "-wal"), &beside(&web, "-shm")] {
        chown(path, Some(NOBODY), None).unwrap();
    }
    let courier = data.config(Owner::Courier);
    let write: Result<(), DbError> =
        tx::write_once(&courier, "insert", |tx: &mut db::CourierTx<'_>| rows::insert(tx, "a"));
    assert_eq!(write, Ok(()));
    let file = file(&data, Owner::Courier);
    let group = fs::metadata(&file).unwrap().gid();
    let folder = above.join("data");

    // Courier has closed its file in good order.
    let said = read_as_nobody(&folder, group);
    assert!(said.contains("read [\"a\"]"), "{said}");
    // As in a copy of the file alone.
    fs::remove_file(beside(&file, "-shm")).unwrap();
    fs::remove_file(beside(&file, "-wal")).unwrap();
    let said = read_as_nobody(&folder, group);
    assert!(said.contains("failed courier is not running"), "{said}");
    // Whoever may write it opens it once, and all is well.
    drop(CourierDb::open(&courier).unwrap());
    let said = read_as_nobody(&folder, group);
    assert!(said.contains("read [\"a\"]"), "{said}");
    // The machine went down, and courier makes the index anew while web is starting.
    let index = fs::File::options().write(true).open(beside(&file, "-shm")).unwrap();
    index.write_all_at(&[0; 136], 0).unwrap();
    let child = nobody(&folder, group);
    while !has_open(child.id(), &web) {
        std::thread::yield_now();
    }
    drop(CourierDb::open(&courier).unwrap());
    let said = read_by(child);
    assert!(said.contains("read [\"a\"]"), "{said}");
}

#[test]
fn a_write_that_the_engine_forbids_says_so() {
    let data = Data::sqlite();
    let door = data.courier();
    let answer: Result<(), DbError> = tx::write(&door, "insert", |tx| {
        diesel::connection::SimpleConnection::batch_execute(tx.conn(), "PRAGMA query_only = ON;")?;
        rows::insert(tx, "a")
    });
    assert_eq!(answer, Err(DbError::ReadOnly));
}
