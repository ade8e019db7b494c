//! What does not start, and the one sentence that says why.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::shop::{PHRASE, Shop, is_root};

/// A phrase that stands in no manual.
const FRESH: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_setting_that_is_missing_short_or_a_default_is_named() {
    let bad = [
        ("SITE_URL", ""),
        ("SITE_URL", "shop.example"),
        ("LISTEN", "8080"),
        ("SESSION_SALT", ""),
        ("SESSION_SALT", "c0ffee"),
        ("COOKIE_ENCRYPTION_SALT", ""),
        ("COOKIE_ENCRYPTION_SALT", "change-me-change-me-change-me-change-me"),
        ("CSRF_SALT", ""),
        ("CSRF_SALT", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("CSRF_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
        ("DB_DRIVER", "postgres"),
        ("DB_DSN", "data"),
        ("SECRET_FILE", ""),
    ];
    for (name, value) in bad {
        let said = Shop::bare().set(name, value).refused(&["serve"]);
        assert!(said.contains(name), "{name}={value}: {said}");
        assert!(value.is_empty() || value.len() < 20 || !said.contains(value), "{said}");
    }
}

#[test]
fn a_secret_in_the_environment_is_named_and_not_shown() {
    for name in [
        "MNEMONIC",
        "ALCHEMY_API_KEY",
        "ALCHEMY_NETWORK",
        "COMMISSION_WALLET_MAINNET",
        "COMMISSION_WALLET_SEPOLIA",
        "COMMISSION_WALLET_BASE",
        "RESOLVER_WALLET_MAINNET",
        "RESOLVER_WALLET_SEPOLIA",
        "RESOLVER_WALLET_BASE",
        "RPC_URL_MAINNET",
        "RPC_URL_SEPOLIA",
        "RPC_URL_BASE",
    ] {
        let said = Shop::bare().set(name, "canary").refused(&["serve"]);
        assert!(said.contains(name) && !said.contains("canary"), "{said}");
    }
    let shop = Shop::bare();
    fs::write(shop.path().join(".env"), "MNEMONIC=canary\n").unwrap();
    let said = shop.refused(&["serve"]);
    assert!(said.contains("MNEMONIC") && !said.contains("canary"), "{said}");
}

#[test]
fn settings_may_lie_in_a_file_and_the_environment_wins() {
    let mut shop = Shop::bare();
    let salt = shop.vars.remove("CSRF_SALT").unwrap();
    assert!(shop.refused(&["serve"]).contains("CSRF_SALT"));
    fs::write(shop.path().join(".env"), format!("CSRF_SALT={salt}\nSITE_URL=nonsense\n")).unwrap();
    // Everything is right but that nobody made the tables.
    let said = shop.refused(&["serve"]);
    assert!(said.contains("holdfast migrate"), "{said}");
    fs::write(shop.path().join(".env"), "CSRF_SALT='open\n").unwrap();
    let said = shop.refused(&["serve"]);
    assert!(said.contains(".env") && !said.contains("open"), "{said}");
}

#[test]
fn code_from_the_environment_is_refused() {
    for name in ["LD_PRELOAD", "LD_LIBRARY_PATH"] {
        let mut shop = Shop::bare();
        // setsid itself would be loaded with it.
        let mut command = shop.set(name, "/nowhere").command(&["serve"]);
        let output = command.output().unwrap();
        let said = crate::shop::words(&output);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(&format!("{name} is set")), "{said}");
    }
}

#[test]
fn every_loose_secret_file_is_refused_before_anything_starts() {
    type Spoil = fn(&Path, &Path);
    let zoo: [(&str, Spoil); 11] = [
        ("not there", |_, file| fs::remove_file(file).unwrap()),
        ("symbolic link", |folder, file| {
            fs::rename(file, folder.join("real")).unwrap();
            symlink("real", file).unwrap();
        }),
        ("hard links", |folder, file| fs::hard_link(file, folder.join("other")).unwrap()),
        ("mode 640", |_, file| mode(file, 0o640)),
        ("mode 604", |_, file| mode(file, 0o604)),
        ("mode 620", |_, file| mode(file, 0o620)),
        ("no plain file", |_, file| {
            fs::remove_file(file).unwrap();
            let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(file).status();
            assert!(made.unwrap().success());
        }),
        ("folder", |_, file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
            mode(file, 0o700);
        }),
        ("empty", |_, file| fs::write(file, "").unwrap()),
        ("16385 bytes", |_, file| fs::write(file, vec![b'#'; 16 * 1024 + 1]).unwrap()),
        ("write in its folder", |folder, _| mode(folder, 0o775)),
    ];
    for (what, spoil) in zoo {
        let shop = Shop::bare();
        spoil(shop.path(), &shop.secret());
        let said = shop.refused(&["serve"]);
        assert!(said.contains("SECRET_FILE") && said.contains(what), "{what}: {said}");
    }
}

#[test]
fn a_secret_of_another_user_is_refused() {
    if !is_root("a file of another user") {
        return;
    }
    let shop = Shop::bare();
    std::os::unix::fs::chown(shop.secret(), Some(4242), None).unwrap();
    let said = shop.refused(&["serve"]);
    assert!(said.contains("SECRET_FILE") && said.contains("it belongs to user 4242"), "{said}");
    let shop = Shop::bare();
    std::os::unix::fs::chown(shop.path(), Some(4242), None).unwrap();
    let said = shop.refused(&["serve"]);
    assert!(said.contains("SECRET_FILE") && said.contains("folder belongs to user 4242"), "{said}");
}

#[test]
fn what_the_secret_file_lacks_is_named_by_escrow_and_stops_everything() {
    let shop = Shop::migrated();
    let good = fs::read_to_string(shop.secret()).unwrap();
    let faults = [
        ("MNEMONIC", good.replace("junk", "canary")),
        ("MNEMONIC", good.replace("MNEMONIC", "# MNEMONIC")),
        ("COMMISSION_WALLET_DEV", good.replace("0x70997970C", "0x70997970D")),
        ("RPC_URL_DEV", good.replace("http://127.0.0.1:9", "nonsense")),
    ];
    for (name, text) in faults {
        fs::write(shop.secret(), text).unwrap();
        let mut running = shop.start(&["serve"]);
        assert_eq!(running.end(), Some(78), "{}", running.said());
        let said = running.said();
        let told: Vec<_> = said.lines().filter(|line| line.contains(name)).collect();
        assert_eq!(told.len(), 1, "{name}: {said}");
        assert!(!said.contains("canary") && !said.contains("starts again"), "{said}");
        running.none_left(std::time::Duration::from_secs(1));
    }
}

#[test]
fn nothing_starts_without_tables() {
    let said = Shop::bare().refused(&["serve"]);
    assert!(said.contains("holdfast migrate"), "{said}");
}

#[test]
fn a_plain_user_may_serve_real_money_behind_the_filters() {
    if !is_root("becoming another user") {
        return;
    }
    let mut shop = Shop::bare();
    shop.user = Some(4242);
    let text = format!(
        "{}RPC_URL_MAINNET=https://127.0.0.1:9\n{}",
        fs::read_to_string(shop.secret()).unwrap().replace(PHRASE, FRESH),
        "COMMISSION_WALLET_MAINNET=0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n"
    );
    fs::write(shop.secret(), text).unwrap();
    for path in [shop.path().to_owned(), shop.secret()] {
        std::os::unix::fs::chown(path, Some(4242), Some(4242)).unwrap();
    }
    assert!(shop.run(&["migrate"]).status.success());
    let mut running = shop.serve();
    assert!(running.said().contains("isolation level 2"), "{}", running.said());
    for role in running.roles() {
        assert_eq!(role.status("Uid").split_whitespace().next(), Some("4242"), "{role:?}");
    }
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.end(), Some(0), "{}", running.said());
}

#[test]
fn a_folder_that_the_roles_cannot_reach_is_told() {
    if !is_root("users of their own") {
        return;
    }
    let mut shop = Shop::bare();
    let closed = shop.path().join("closed");
    fs::create_dir(&closed).unwrap();
    mode(&closed, 0o700);
    let dsn = format!("sqlite:{}", closed.join("data").display());
    let said = shop.set("DB_DSN", &dsn).refused(&["serve"]);
    assert!(said.contains("DB_DSN") && said.contains("closed"), "{said}");
}

#[test]
fn a_role_cannot_be_started_by_hand() {
    for role in ["web", "escrow", "courier"] {
        let output = Shop::bare().run(&["role", role]);
        let said = crate::shop::words(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("holdfast serve"), "{said}");
    }
}
