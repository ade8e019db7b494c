//! The shop window under a finger that keeps turning pages while vendors add items.

use std::collections::BTreeSet;

use domain::clock::Span;

use crate::catalogue::{item, name_address, open};
use crate::client::{Browser, send};
use crate::shop::{PASSWORD, START, Shop};

/// The items on a page, and the way to the next one.
fn turn(browser: &mut Browser, path: &str) -> (Vec<String>, Option<String>) {
    let page = browser.see(path);
    let links = |prefix: &str| -> Vec<String> {
        let found = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        found
            .filter(|link| link.starts_with(prefix))
            .map(|link| link.replace("&amp;", "&"))
            .collect()
    };
    let list = path.split('?').next().unwrap_or(path);
    let next = links(&format!("{list}?cursor=")).pop();
    (links("/items/").into_iter().filter(|link| link.len() == 39).collect(), next)
}

/// Every item from `path` on, page by page, with `meanwhile` called between pages.
fn walk(browser: &mut Browser, path: &str, mut meanwhile: impl FnMut()) -> Vec<String> {
    let (mut all, mut next) = turn(browser, path);
    while let Some(path) = next.take() {
        meanwhile();
        let (more, following) = turn(browser, &path);
        assert!(!more.is_empty(), "no page is empty");
        all.extend(more);
        next = following;
    }
    all
}

#[test]
fn paging_misses_nothing_and_repeats_nothing_while_items_are_added() {
    let shop = Shop::start();
    let (mut ada, mut anyone) = (shop.member("ada"), shop.browser());
    let store = open(&mut ada, "Kiln");
    name_address(&mut ada, &store);
    let mut made = Vec::new();
    for n in 0..60 {
        made.push(format!("/items/{}", item(&mut ada, &store, &format!("Mug {n}"), "1")));
        // Some share their moment, so that the id has to order them.
        if n % 5 == 0 {
            shop.wait(Span::secs(1));
        }
    }
    let expected: BTreeSet<_> = made.iter().cloned().collect();
    for path in ["/", &format!("/stores/{store}")] {
        let mut n = 100;
        let all = walk(&mut anyone, path, || {
            shop.wait(Span::secs(1));
            item(&mut ada, &store, &format!("Mug {n}"), "1");
            n += 1;
        });
        let seen: BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!(seen.len(), all.len(), "nothing is shown twice");
        assert!(expected.is_subset(&seen), "nothing is missed");
    }
    let again = walk(&mut anyone, "/", || ());
    assert_eq!(again, walk(&mut anyone, "/", || ()), "the order is always the same");
    let newest = item(&mut ada, &store, "The newest", "1");
    shop.wait(Span::secs(1));
    assert!(turn(&mut anyone, "/").0.len() == 24);
    assert!(walk(&mut anyone, "/", || ()).iter().any(|link| link.ends_with(&newest)));
}

#[test]
fn a_cursor_that_is_none_is_refused_in_words() {
    let shop = Shop::start();
    let mut anyone = shop.browser();
    for cursor in [
        "x",
        "1-",
        "' OR 1=1 --",
        "-1-abababababababababababababababab",
        "9-ABABABABABABABABABABABABABABABAB",
    ] {
        let query = crate::client::encode(&[("cursor", cursor)]);
        for list in ["/", "/stores"] {
            let answer = anyone.get(&format!("{list}?{query}"));
            assert_eq!(answer.status, 422, "{list} {cursor}");
            assert!(answer.text().contains("<main"), "{}", answer.text());
        }
        for list in ["/api/v1/items", "/api/v1/stores"] {
            let answer = send(shop.addr, "GET", &format!("{list}?{query}"), &[], b"");
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (422, Some("invalid-input"))
            );
        }
    }
    let far = format!("/?cursor={}-{}", i64::MAX, "f".repeat(32));
    assert_eq!(anyone.get(&far).status, 200, "beyond the end of time there is simply everything");
}

#[test]
fn a_busy_shop_is_the_same_each_time_and_paged_to_its_end() {
    let shop = Shop::start();
    shop.member("vendor");
    let mut anyone = shop.browser();
    let key = |conn: &mut db::Conn| db::accounts::by_key(conn, "vendor");
    let owner = shop.db().read(key).unwrap().unwrap().id.parse().unwrap();
    web::demo::busy_by(shop.db(), owner, 250, START).unwrap();
    web::demo::busy_by(shop.db(), owner, 250, START).unwrap();
    let all = walk(&mut anyone, "/", || ());
    assert_eq!(all.len(), 250);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 250);
    assert_eq!(anyone.get(&all[0]).status, 200);
}

#[test]
fn the_demo_is_filled_once_and_its_logins_work() {
    let shop = Shop::start();
    let config = shop.data.config(db::Owner::Web);
    web::demo::seed(&config, START).unwrap();
    let first = shop.browser().see("/");
    web::demo::seed(&config, START.after(Span::days(3))).unwrap();
    let plain = |page: &str| {
        let main = page.split("<main").nth(1).and_then(|rest| rest.split("</main").next());
        main.expect("a page has a main part").to_owned()
    };
    assert_eq!(plain(&first), plain(&shop.browser().see("/")), "filling it twice changes nothing");
    let items: usize = web::demo::catalogue::STORES.iter().map(|store| store.items.len()).sum();
    assert_eq!(walk(&mut shop.browser(), "/", || ()).len(), items, "everything is on sale");
    for name in ["buyer", "vendor", "admin"] {
        let mut browser = shop.browser();
        browser.see("/login");
        assert_eq!(browser.act("/login", &[("username", name), ("password", name)]), "/");
    }
    let mut vendor = shop.browser();
    vendor.see("/login");
    vendor.act("/login", &[("username", "vendor"), ("password", "vendor")]);
    let manage = vendor.get("/selling").location().to_owned();
    assert!(vendor.see(&manage).contains("silver"), "the vendor has a store of a better tier");
}

#[test]
fn staff_cannot_be_made_members() {
    let shop = Shop::start();
    let db = shop.data.config(db::Owner::Web);
    web::create_account(&db, "clerk", PASSWORD, domain::user::Role::Staff).unwrap();
    web::create_account(&db, "admin", PASSWORD, domain::user::Role::Admin).unwrap();
    let mut ada = shop.member("ada");
    let store = open(&mut ada, "Kiln");
    let members = format!("/stores/{store}/members");
    for name in ["clerk", "admin"] {
        ada.see(&members);
        let answer = ada.post(&members, &[("username", name)]);
        assert_eq!(answer.status, 422, "{name}");
        assert!(answer.text().contains("Staff of this site cannot join a store."), "{name}");
    }
}
