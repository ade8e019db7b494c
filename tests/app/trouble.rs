//! When the rest of the shop is in trouble.

use std::sync::mpsc;

use db::desk::{self, Beat};
use db::{DbError, EscrowTx, WebDb, WebTx};
use diesel::connection::SimpleConnection;
use domain::clock::Span;
use serde_json::json;

use crate::shop::{PASSWORD, Shop};
use crate::{catalogue, keys};

fn beat(shop: &Shop) {
    let now = shop.app.now();
    let beat = Beat { started_at: now, beat_at: now, desk_at: now, chain_at: now };
    let job = move |tx: &mut EscrowTx<'_>| desk::beat(tx, &beat);
    db::tx::write(&shop.escrow(), "beat", job).expect("escrow beats");
}

#[test]
fn health_and_pages_say_how_escrow_is() {
    let shop = Shop::start();
    let health = || shop.browser().get("/health");
    let banner = || shop.browser().get("/login").text().contains("class=\"banner");
    assert_eq!(health().status, 503, "escrow never ran");
    assert!(banner());
    beat(&shop);
    let well = health();
    assert_eq!((well.status, well.json()["status"].as_str()), (200, Some("ok")));
    assert!(!banner());
    shop.wait(Span::secs(6));
    let stale = health();
    assert_eq!((stale.status, stale.json()["escrow"].as_str()), (503, Some("stale")));
    assert!(banner());
    beat(&shop);
    let now = shop.app.now();
    let pause = move |tx: &mut EscrowTx<'_>| desk::set_pause(tx, true, now);
    db::tx::write(&shop.escrow(), "pause", pause).expect("the operator pauses");
    let paused = health();
    assert_eq!((paused.status, paused.json()["escrow"].as_str()), (200, Some("paused")));
    assert!(shop.browser().get("/login").text().contains("Payments are paused"));
}

#[test]
fn a_locked_database_ends_in_a_sentence_and_nothing_is_half_done() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    browser.see("/account");
    let ada = shop.db().read(|conn| db::accounts::by_key(conn, "ada")).expect("it reads");
    let ada = ada.expect("she is a member").id.parse().expect("it is an id");
    let other = WebDb::open(&shop.data.config(db::Owner::Web)).expect("a second writer opens");
    let (locked, told) = mpsc::channel();
    let (free, freed) = mpsc::channel::<()>();
    let freed = std::sync::Mutex::new(freed);
    let holder = std::thread::spawn(move || {
        db::tx::write(&other, "hold", move |tx| {
            db::turns::of_user(tx, ada)?;
            locked.send(()).expect("the test waits");
            // It ends with an error when the test has let go.
            let _ = freed.lock().expect("nobody else holds it").recv();
            Ok::<_, DbError>(())
        })
    });
    told.recv().expect("the lock is taken");
    assert_eq!(browser.get("/account").status, 200, "reading goes on");
    let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let refused = browser.post("/account/refund-address", &[("refund_address", good)]);
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("nothing was changed"), "{}", refused.text());
    drop(free);
    holder.join().expect("it let go").expect("its write was empty");
    assert!(!browser.see("/account").contains(good));
    assert_eq!(browser.act("/account/refund-address", &[("refund_address", good)]), "/account");
}

#[test]
fn a_member_signs_in_while_many_fail() {
    let shop = Shop::start();
    shop.member("ada");
    let browsers: Vec<_> = (0..6).map(|_| shop.browser()).collect();
    let threads: Vec<_> = browsers
        .into_iter()
        .map(|mut browser| {
            std::thread::spawn(move || {
                browser.get("/login");
                browser
                    .post("/login", &[("username", "zoe"), ("password", "wrong password")])
                    .status
            })
        })
        .collect();
    let mut ada = shop.browser();
    ada.get("/login");
    assert_eq!(ada.post("/login", &[("username", "ada"), ("password", PASSWORD)]).status, 303);
    for thread in threads {
        assert_eq!(thread.join().expect("it got an answer"), 422);
    }
}

/// Keeps web's file from growing.
fn fill_the_disk(shop: &Shop) {
    let full = |tx: &mut WebTx<'_>| Ok(tx.batch_execute("PRAGMA max_page_count = 1;")?);
    let done: Result<(), DbError> = db::tx::write(shop.db(), "fill", full);
    done.expect("the bound is set");
}

#[test]
fn a_full_disk_ends_in_a_sentence_for_people_and_agents() {
    let shop = Shop::start();
    if !shop.data.is_local() {
        // A server's disk is not ours to fill; what it answers is told apart in tests/db.
        return;
    }
    let mut browser = shop.member("ada");
    let store = catalogue::open(&mut browser, "Kiln");
    let agent = shop.agent(&keys::make(&mut browser, "write", ""));
    fill_the_disk(&shop);
    // More than the free room of any page.
    let story = "A good mug. ".repeat(400);
    let fields = [("name", "Mug"), ("description", story.as_str()), ("picture", "stoneware-mug")];
    let page = format!("/stores/{store}/items/new");
    browser.see(&page);
    let refused = browser.post(&page, &fields);
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("nothing was changed"), "{}", refused.text());
    let body = json!({
        "store_id": store, "name": "Mug", "description": story, "picture": "stoneware-mug"
    });
    let refused = agent.post("/api/v1/items", &body);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (503, true));
    let listed = agent.get(&format!("/api/v1/items?store={store}")).json();
    assert_eq!(listed["items"], json!([]), "nothing is half done");
    assert_eq!(browser.get("/account").status, 200, "reading goes on");
}

/// The account of web is locked and what it has open is ended, as when a server is lost; or it may
/// come back.
#[cfg(feature = "mariadb")]
fn lose_the_server(shop: &Shop, lost: bool) {
    let user = shop.data.user("web").expect("it is on a server");
    let sql = if lost {
        format!("ALTER USER '{user}'@'%' ACCOUNT LOCK; KILL USER '{user}'@'%';")
    } else {
        format!("ALTER USER '{user}'@'%' ACCOUNT UNLOCK;")
    };
    testkit::server::Server::get().admin().batch_execute(&sql).expect("the server takes that");
}

#[cfg(feature = "mariadb")]
#[test]
fn a_database_that_is_gone_ends_in_a_sentence_and_is_found_again() {
    let shop = Shop::on(testkit::Data::mariadb(), &[], |_as_it_is| {});
    let mut browser = shop.member("ada");
    let agent = shop.agent(&keys::make(&mut browser, "write", ""));
    browser.see("/account");
    lose_the_server(&shop, true);
    let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let write = [("refund_address", good)];
    for answer in [browser.get("/account"), browser.post("/account/refund-address", &write)] {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
        assert!(answer.text().contains("cannot reach its records"), "{}", answer.text());
    }
    let body = json!({ "name": "Kiln", "description": "We sell.", "picture": "crest-kiln" });
    for answer in [agent.get("/api/v1/me"), agent.post("/api/v1/stores", &body)] {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.header("retry-after").is_some());
    }
    lose_the_server(&shop, false);
    assert!(!browser.see("/account").contains(good), "nothing is half done");
    assert_eq!(agent.post("/api/v1/stores", &body).status, 201);
}
