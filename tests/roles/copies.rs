//! Copies of a shop as an operator makes them, by hand and by `holdfast backup`, and what starts on
//! them.

use std::path::Path;
use std::process::Command;

use db::{DbConfig, EscrowDb, Owner, desk, placing};
use rustix::process::Signal;

use crate::shop::{Shop, words};

fn ledger(shop: &Shop) -> EscrowDb {
    EscrowDb::open(&DbConfig::sqlite(shop.path().join("data"))).unwrap()
}

/// A shop that has run, and ended.
fn ran() -> Shop {
    let shop = Shop::migrated();
    let mut running = shop.serve();
    running.signal(Signal::TERM);
    running.end();
    shop
}

fn done(shop: &Shop, args: &[&str]) -> String {
    let output = shop.run(args);
    assert!(output.status.success(), "{args:?}: {}", words(&output));
    words(&output)
}

/// Copies a folder with its owners, as a person would.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

#[test]
fn a_data_folder_that_was_copied_does_not_start_before_it_is_adopted() {
    let (first, second) = (ran(), Shop::bare());
    copy(&first.path().join("data"), &second.path().join("data"));
    let mut running = second.start(&["serve"]);
    assert_eq!(running.end(), Some(78), "{}", running.said());
    assert!(running.said().contains("holdfast adopt"), "{}", running.said());
    assert_eq!(running.roles(), []);
    // The first is as it was.
    drop(first.serve());
    assert!(done(&second, &["adopt"]).contains("no other copy"));
    let mut running = second.serve();
    running.signal(Signal::TERM);
    running.end();
    assert_eq!(ledger(&second).read(desk::installation).unwrap().unwrap().generation, 0);
    // Moved within a file system it is the same ledger still.
    let data = second.path().join("data");
    std::fs::rename(&data, second.path().join("elsewhere")).unwrap();
    std::fs::rename(second.path().join("elsewhere"), &data).unwrap();
    drop(second.serve());
}

#[test]
fn a_backup_of_a_running_shop_is_restored_and_starts_paused() {
    let (first, mut second) = (Shop::migrated(), Shop::bare());
    let _running = first.serve();
    let copies = second.path().join("copies");
    let target = copies.to_str().unwrap();
    let said = done(&first, &["backup", target]);
    assert!(said.contains("escrow: ") && said.contains("encrypt"), "{said}");
    let again = first.run(&["backup", target]);
    assert_eq!(again.status.code(), Some(78), "a folder that is there: {}", words(&again));

    let said = done(&second, &["restore", target]);
    assert!(said.contains("paused"), "{said}");
    let full = second.run(&["restore", target]);
    assert_eq!(full.status.code(), Some(78), "{}", words(&full));
    let mut running = second.serve();
    running.signal(Signal::TERM);
    running.end();
    let door = ledger(&second);
    assert_eq!(door.read(desk::installation).unwrap().unwrap().generation, 1);
    assert!(door.read(placing::paused).unwrap());
    done(&second, &["admin", "resume"]);
    assert!(!door.read(placing::paused).unwrap());
    second.set("DB_DRIVER", "mariadb").set("DB_DSN", "mysql://127.0.0.1/x").set("DB_USER", "x");
    let server = second.run(&["backup", "elsewhere"]);
    assert_eq!(server.status.code(), Some(78), "{}", words(&server));
}

/// One byte that is not as it was copied, and nothing is restored.
#[test]
fn a_spoilt_backup_is_not_restored() {
    let (first, second) = (ran(), Shop::bare());
    let copies = second.path().join("copies");
    done(&first, &["backup", copies.to_str().unwrap()]);
    for role in ["web", "escrow", "courier"] {
        let file = copies.join(role).join(format!("{role}.db"));
        let sound = std::fs::read(&file).unwrap();
        let mut spoilt = sound.clone();
        let middle = spoilt.len() / 2;
        spoilt[middle] ^= 1;
        std::fs::write(&file, spoilt).unwrap();
        let refused = second.run(&["restore", copies.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1), "{}", words(&refused));
        assert!(words(&refused).contains("nothing was restored"), "{}", words(&refused));
        let config = DbConfig::sqlite(second.path().join("data"));
        assert!(Owner::ALL.into_iter().all(|owner| !config.file(owner).unwrap().exists()));
        std::fs::write(&file, sound).unwrap();
    }
}

#[test]
fn bounds_are_set_within_their_range_and_told() {
    let shop = Shop::migrated();
    let told = done(&shop, &["admin", "limits"]);
    assert!(told.lines().count() == 9 && told.contains("tolerance-bps"), "{told}");
    done(&shop, &["admin", "limit", "order-cents", "50000"]);
    let told = done(&shop, &["admin", "limits"]);
    let line = told.lines().find(|line| line.starts_with("order-cents")).unwrap();
    assert!(line.contains(" 50000 "), "{line}");
    for (args, word) in [
        (["admin", "limit", "tolerance-bps", "501"], "from 0 to 500"),
        (["admin", "limit", "day-cents", "49999"], "never be paid out"),
        (["admin", "limit", "generosity", "1"], "there are tolerance-bps"),
    ] {
        let refused = shop.run(&args);
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(words(&refused).contains(word), "{}", words(&refused));
    }
    assert!(done(&shop, &["admin", "payout", "list"]).contains("nothing is held"));
    let nobody = shop.run(&["admin", "payout", "retry", &"0".repeat(32)]);
    assert_eq!(nobody.status.code(), Some(1), "{}", words(&nobody));
    let told = words(&shop.run(&["check", "--evidence"]));
    assert!(
        told.lines().any(|line| line.contains("evidence") && line.contains("0 entries")),
        "{told}"
    );
}
