//! What the operator's own verbs do to a shop.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::process::{Output, Stdio};

use db::{DbConfig, Owner, WebDb, pulse};

use crate::shop::{PATIENCE, PHRASE, Shop, within, words};

fn typed(shop: &Shop, args: &[&str], line: &str) -> Output {
    let mut command = shop.command(args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn database(shop: &Shop) -> DbConfig {
    DbConfig::sqlite(shop.path().join("data"))
}

#[test]
fn accounts_are_made_and_their_passwords_changed_from_the_input_alone() {
    let shop = Shop::migrated();
    let create = ["admin", "create-user", "--name", "ada", "--role", "admin"];
    let weak = typed(&shop, &create, "ada\n");
    assert_eq!(weak.status.code(), Some(1), "{}", words(&weak));
    let made = typed(&shop, &create, "correct horse battery\n");
    assert!(made.status.success(), "{}", words(&made));
    let again = typed(&shop, &create, "correct horse battery\n");
    assert_eq!(again.status.code(), Some(1), "{}", words(&again));

    let door = WebDb::open(&database(&shop)).unwrap();
    let ada = || door.read(|conn| db::accounts::by_key(conn, "ada")).unwrap().unwrap();
    let before = ada();
    assert_eq!(before.role, "admin");
    assert!(before.password_hash.starts_with("$argon2id$"), "{}", before.password_hash);
    let set = ["admin", "set-password", "--name", "ada"];
    let changed = typed(&shop, &set, "another horse battery\n");
    assert!(changed.status.success(), "{}", words(&changed));
    assert_ne!(ada().password_hash, before.password_hash);
    for (verb, closed) in [("ban", true), ("unban", false)] {
        let output = shop.run(&["admin", verb, "--name", "Ada"]);
        assert!(output.status.success(), "{}", words(&output));
        assert_eq!(ada().banned_at.is_some(), closed, "{verb}");
    }
    assert_eq!(shop.run(&["admin", "ban", "--name", "eve"]).status.code(), Some(1));
    let nobody = typed(&shop, &["admin", "set-password", "--name", "eve"], "another horse\n");
    assert_eq!(nobody.status.code(), Some(1), "{}", words(&nobody));
}

#[test]
fn a_new_phrase_opens_a_shop_and_is_never_the_same() {
    let shop = Shop::migrated();
    let phrase = || {
        let made = shop.run(&["admin", "new-phrase"]);
        assert!(made.status.success(), "{}", words(&made));
        String::from_utf8(made.stdout).unwrap().trim_end().to_owned()
    };
    let (first, second) = (phrase(), phrase());
    assert_eq!(first.split(' ').count(), 24);
    assert_ne!(first, second);
    let file = shop.secret();
    let text = std::fs::read_to_string(&file).unwrap().replace(PHRASE, &first);
    std::fs::write(&file, text).unwrap();
    shop.serve();
}

#[test]
fn a_pause_stands_until_it_is_ended_and_changes_no_owner() {
    let shop = Shop::migrated();
    let _running = shop.serve();
    let door = WebDb::open(&database(&shop)).unwrap();
    let paused = || door.read(pulse::look).unwrap().paused;
    for (verb, stands) in [("pause", true), ("pause", true), ("resume", false)] {
        let output = shop.run(&["admin", verb]);
        assert!(output.status.success(), "{}", words(&output));
        assert_eq!(paused(), stands, "{verb}");
    }
    let file = database(&shop).file(Owner::Escrow).unwrap();
    let owner = std::fs::metadata(file.parent().unwrap()).unwrap().uid();
    for entry in std::fs::read_dir(file.parent().unwrap()).unwrap().flatten() {
        assert_eq!(entry.metadata().unwrap().uid(), owner, "{entry:?}");
    }
    within(PATIENCE, "check tells it", || {
        let told = words(&shop.run(&["check"]));
        told.lines().any(|line| line.contains("pause") && line.contains("off")).then_some(())
    });
}

#[test]
fn migrating_twice_changes_nothing() {
    let shop = Shop::bare();
    let first = words(&shop.run(&["migrate"]));
    assert!(first.contains("web: ") && first.contains("escrow: "), "{first}");
    let second = shop.run(&["migrate"]);
    assert!(second.status.success() && words(&second).is_empty(), "{}", words(&second));
}
