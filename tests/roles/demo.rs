//! The demo: what `cargo run` opens.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::process::Signal;

use crate::shop::{PATIENCE, Running, Shop, health, within, words};

/// A first demo plays out its history before it opens: some hundred blocks.
const OPENING: Duration = Duration::from_secs(90);

/// The shop's address, once it says that it is open.
pub(crate) fn opened(running: &Running) -> String {
    within(OPENING, "the demo opens", || {
        let said = running.said();
        assert!(!said.contains("ended"), "{said}");
        let line = said.lines().find_map(|line| line.trim().strip_prefix("Shop "))?;
        said.contains("Ctrl-C").then(|| line.trim().trim_start_matches("http://").to_owned())
    })
}

#[test]
fn it_opens_tells_how_to_get_in_and_opens_again_with_the_same_secrets() {
    let mut shop = Shop::bare();
    // It looks at nobody's settings, not even at secrets that lie about.
    shop.vars.clear();
    shop.set("MNEMONIC", "canary").set("SITE_URL", "nonsense");
    let args = ["demo", "--listen", "127.0.0.1:0", "--data", "try"];
    let mut running = shop.start(&args);
    let address = opened(&running);
    let said = running.said();
    for word in ["buyer", "vendor", "admin", "try"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    within(PATIENCE, "it is healthy", || health(&address).filter(|line| line.contains(" 200 ")));
    let check = shop.run(&["check", "--data", "try", "--json"]);
    assert!(words(&check).contains("\"shop\""), "{}", words(&check));
    let healthy = shop.run(&["check", "--data", "try", "--health"]);
    assert_eq!(healthy.status.code(), Some(0), "{}", words(&healthy));

    let twice = shop.refused(&args);
    assert!(twice.contains("--data"), "{twice}");
    let folder = shop.path().join("try");
    let kept = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (secret, salts) = (kept("secret.env"), kept("demo.env"));
    for name in ["secret.env", "demo.env"] {
        let mode = fs::metadata(folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    running.signal(Signal::INT);
    assert_eq!(running.end(), Some(0), "{}", running.said());

    let again = shop.start(&args);
    opened(&again);
    let phrase = |text: &str| text.lines().find(|line| line.contains("MNEMONIC")).map(str::len);
    assert!(phrase(&secret).is_some());
    assert_eq!(kept("secret.env"), secret, "the chain moved or the phrase changed");
    let salt = |text: &str| text.lines().find(|line| line.contains("CSRF")).map(str::to_owned);
    assert_eq!(salt(&kept("demo.env")), salt(&salts));
}

#[test]
fn its_chain_may_be_killed_like_any_role() {
    let mut shop = Shop::bare();
    shop.vars.clear();
    let running = shop.start(&["demo", "--listen", "127.0.0.1:0", "--data", "try"]);
    let address = opened(&running);
    let names: Vec<_> = running.roles().into_iter().map(|process| process.role).collect();
    assert_eq!(names, ["courier", "devnet", "escrow", "web"]);
    let healthy = || health(&address).filter(|line| line.contains(" 200 "));
    within(PATIENCE, "it is healthy", healthy);
    let old = running.role("devnet").unwrap();
    old.kill();
    let second = std::time::Duration::from_secs(1);
    within(second, "devnet is back", || running.role("devnet").filter(|new| new.pid != old.pid));
    let wallet = running.said();
    let wallet = wallet.lines().find_map(|line| line.split("Wallet   http://").nth(1)).unwrap();
    let wallet = wallet.split(' ').next().unwrap();
    within(PATIENCE, "the chain answers where it did", || health(wallet));
    within(PATIENCE, "the shop is healthy again", healthy);
}

#[test]
fn a_taken_port_is_told() {
    let shop = Shop::bare();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let said = shop.refused(&["demo", "--listen", &taken, "--data", "try"]);
    assert!(said.contains(&taken) && said.contains("--listen"), "{said}");
}

#[test]
fn a_folder_with_other_data_is_left_alone() {
    let shop = Shop::migrated();
    let said = shop.refused(&["demo", "--listen", "127.0.0.1:0", "--data", "data"]);
    assert!(said.contains("--data"), "{said}");
    assert!(shop.path().join("data/web/web.db").exists());
}
