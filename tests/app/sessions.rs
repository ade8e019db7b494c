//! How long a session lives, and who may not have one.

use db::{DbError, WebTx, accounts, sessions};
use domain::clock::{Span, Time};
use domain::ids::UserId;

use crate::client::Browser;
use crate::shop::{PASSWORD, Shop};

/// Closes an account.
pub fn ban(shop: &Shop, name: &'static str, at: Time) {
    let job = move |tx: &mut WebTx<'_>| {
        let user = accounts::by_key(tx, name)?.ok_or(DbError::NotFound)?;
        let id: UserId = db::codec::parsed("users.id", &user.id)?;
        accounts::set_banned(tx, id, Some(at))
    };
    db::tx::write(shop.db(), "ban", job).unwrap();
}

fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").status == 200
}

#[test]
fn a_token_that_somebody_else_chose_is_no_session() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    let planted = "ab".repeat(32);
    browser.cookies.insert("session".to_owned(), planted.clone());
    browser.get("/login");
    browser.act("/login", &[("username", "ada"), ("password", PASSWORD)]);
    assert_ne!(browser.cookies["session"], planted);
    assert!(is_in(&mut browser));
    browser.cookies.insert("session".to_owned(), planted);
    assert!(!is_in(&mut browser));
}

#[test]
fn a_login_replaces_the_session_that_it_was_made_in() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let mut old = browser.clone();
    browser.see("/account/confirm");
    browser.act("/account/confirm", &[("password", PASSWORD), ("next", "/account")]);
    assert!(is_in(&mut browser));
    assert!(!is_in(&mut old), "the token of before is dead");
}

#[test]
fn the_database_has_no_token() {
    let shop = Shop::start();
    let browser = shop.member("ada");
    let token = browser.cookies["session"].clone();
    let found = shop.db().read(|conn| sessions::look(conn, &token, shop.app.now())).unwrap();
    assert!(found.is_none(), "the cookie's text is not what is stored");
}

#[test]
fn a_session_slides_for_fourteen_days() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    for _ in 0..4 {
        shop.wait(Span::days(13));
        assert!(is_in(&mut browser));
    }
    shop.wait(Span::minutes(59));
    let quiet = browser.get("/account");
    assert!(quiet.set_cookies().is_empty(), "used again within the hour: nothing is written");
    shop.wait(Span::minutes(2));
    let loud = browser.get("/account");
    assert!(
        loud.set_cookies().iter().any(|set| set.contains("Max-Age=1209600")),
        "{:?}",
        loud.set_cookies()
    );
    shop.wait(Span::days(14));
    assert!(!is_in(&mut browser));
}

#[test]
fn a_ban_takes_effect_at_once() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let key = crate::keys::make(&mut browser, "write", "");
    assert_eq!(shop.agent(&key).get("/api/v1/me").status, 200);
    ban(&shop, "ada", shop.app.now());
    assert!(!is_in(&mut browser));
    assert_eq!(shop.agent(&key).get("/api/v1/me").status, 401);
    browser.get("/login");
    let answer = browser.post("/login", &[("username", "ada"), ("password", PASSWORD)]);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("This account is closed"), "{}", answer.text());
    browser.get("/login");
    let wrong = browser.post("/login", &[("username", "ada"), ("password", "not the right one")]);
    assert_eq!(wrong.status, 422, "only who knows the password learns of the ban");
}

#[test]
fn a_session_that_ends_in_the_middle_of_a_form_leads_to_the_login_and_back() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    browser.see("/account");
    shop.wait(Span::days(15));
    let answer = browser.post("/account/refund-address", &[("refund_address", "")]);
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), "/login?next=%2Faccount");
    assert!(browser.see("/login?next=%2Faccount").contains("nothing was sent"));
    let answer = browser.htmx("POST", "/account/refund-address", &[("refund_address", "")]);
    assert_eq!(answer.header("hx-redirect").map(|place| place.starts_with("/login")), Some(true));
}
