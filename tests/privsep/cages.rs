//! A cage that does not close lets nothing start.

use std::fs;

use crate::attacker::{SETTINGS, Setting, prepared, start};
use crate::shop::{Shop, is_root};

fn setting(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).unwrap()
}

/// What `serve` says, which ends with 78 in a shop with some walls left out.
fn refused(setting: &Setting, without: &str, spoil: impl Fn(&Shop)) -> String {
    let (mut shop, program) = prepared(setting);
    shop.set("HOLDFAST_TEST_WITHOUT", without);
    spoil(&shop);
    let mut running = start(&shop, &program, setting);
    let code = running.end();
    let said = running.said();
    assert_eq!(code, Some(78), "{said}");
    running.none_left(std::time::Duration::from_secs(1));
    said
}

#[test]
fn a_filter_that_lets_everything_through_is_noticed() {
    for (wall, works) in [("files", "read-outside works"), ("calls", "io-uring works")] {
        let said = refused(setting("root"), &format!("pretend-{wall}"), |_| {});
        assert!(said.contains("the cage does not hold") && said.contains(works), "{said}");
    }
}

#[test]
fn a_thread_that_was_there_before_the_cage_is_noticed() {
    let said = refused(setting("root"), "thread", |_| {});
    assert!(said.contains("2 threads run already"), "{said}");
}

#[test]
fn a_shop_without_any_wall_must_be_accepted() {
    if !is_root("becoming another user") {
        return;
    }
    let bare = setting("nothing");
    let unaccepted = Setting { level: 1, ..*bare };
    let said = refused(&unaccepted, "files,calls", |_| {});
    assert!(said.contains("--accept-no-isolation"), "{said}");
}

#[test]
fn real_money_wants_walls() {
    if !is_root("becoming another user") {
        return;
    }
    let fresh = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let said = refused(setting("nothing"), "files,calls", |shop| {
        let text = fs::read_to_string(shop.secret()).unwrap().replace(crate::shop::PHRASE, fresh);
        let wallet = "COMMISSION_WALLET_MAINNET=0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n";
        let text = format!("{text}RPC_URL_MAINNET=https://127.0.0.1:9\n{wallet}");
        fs::write(shop.secret(), text).unwrap();
    });
    assert!(said.contains("Ethereum"), "{said}");
}
