//! What SQLite leaves on the disk, and what happens when something of it is missing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
