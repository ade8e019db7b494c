//! API keys from their making to their end.

use domain::clock::Span;
use serde_json::json;

use crate::client::{Browser, send};
use crate::shop::{PASSWORD, Shop};

/// Makes a key on the page, with the password where it is asked for, and gives its text.
pub fn make(browser: &mut Browser, scope: &str, days: &str) -> String {
    let fields = [("name", "Robot"), ("scope", scope), ("days", days)];
    browser.see("/account/keys");
    let mut answer = browser.post("/account/keys", &fields);
    if answer.status == 303 {
        browser.see(answer.location());
        browser.act("/account/confirm", &[("password", PASSWORD), ("next", "/account/keys")]);
        browser.see("/account/keys");
        answer = browser.post("/account/keys", &fields);
    }
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let at = text.find("hfk_").expect("the key is shown");
    text[at..at + 47].to_owned()
}

#[test]
fn a_key_is_shown_once_works_by_both_headers_and_ends_when_revoked() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let key = make(&mut browser, "write", "");
    let page = browser.see("/account/keys");
    assert!(!page.contains(&key) && page.contains(&key[..10]), "only its beginning is shown again");

    let me = shop.agent(&key).get("/api/v1/me");
    assert_eq!((me.status, me.json()["username"].as_str()), (200, Some("ada")));
    assert_eq!(me.json()["scope"], "write");
    let own = send(shop.addr, "GET", "/api/v1/me", &[("X-API-Key", &key)], b"");
    assert_eq!(own.status, 200);

    let listed = shop.agent(&key).get("/api/v1/keys").json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(listed["items"][0]["last_used_at"].is_string());
    assert!(!listed.to_string().contains(&key));
    assert_eq!(browser.act(&format!("/account/keys/{id}/revoke"), &[]), "/account/keys");
    let refused = shop.agent(&key).get("/api/v1/me");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert_eq!(refused.json()["code"], "not-signed-in");
}

#[test]
fn a_key_makes_and_revokes_keys_if_it_may_write() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let (reads, writes) = (make(&mut browser, "read", ""), make(&mut browser, "write", ""));
    let wanted = json!({ "name": "Second", "scope": "read", "expires_in_days": 1 });
    let refused = shop.agent(&reads).post("/api/v1/keys", &wanted);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("read-only-key")));
    let made = shop.agent(&writes).post("/api/v1/keys", &wanted);
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.location().to_owned();
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(shop.agent(&secret).get("/api/v1/me").status, 200);
    shop.wait(Span::days(1));
    assert_eq!(shop.agent(&secret).get("/api/v1/me").status, 401, "it expired");
    assert_eq!(shop.agent(&writes).delete(&place).status, 204);
    assert_eq!(shop.agent(&writes).delete(&place).status, 404);
    for bad in [
        json!({ "name": "", "scope": "read" }),
        json!({ "name": "x", "scope": "admin" }),
        json!({ "name": "x", "scope": "read", "expires_in_days": 0 }),
    ] {
        let answer = shop.agent(&writes).post("/api/v1/keys", &bad);
        assert_eq!(answer.status, 422);
        assert!(answer.json()["faults"][0]["field"].is_string(), "{}", answer.text());
    }
}

#[test]
fn one_cannot_revoke_anothers_key() {
    let shop = Shop::start();
    let (mut ada, mut bob) = (shop.member("ada"), shop.member("bob"));
    let (hers, his) = (make(&mut ada, "write", ""), make(&mut bob, "write", ""));
    let id =
        shop.agent(&hers).get("/api/v1/keys").json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.agent(&his).delete(&format!("/api/v1/keys/{id}")).status, 404);
    assert_eq!(bob.post(&format!("/account/keys/{id}/revoke"), &[]).status, 404);
    assert_eq!(shop.agent(&hers).get("/api/v1/me").status, 200);
}

#[test]
fn a_key_that_writes_wants_the_password_of_just_now() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    shop.wait(Span::minutes(6));
    make(&mut browser, "read", "");
    let fields = [("name", "Robot"), ("scope", "write"), ("days", "")];
    let answer = browser.post("/account/keys", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.location(), "/account/confirm?next=%2Faccount%2Fkeys");
    browser.see("/account/confirm?next=%2Faccount%2Fkeys");
    let fields = [("password", PASSWORD), ("next", "/account/keys")];
    assert_eq!(browser.act("/account/confirm", &fields), "/account/keys");
    make(&mut browser, "write", "");
}

#[test]
fn a_key_never_outlives_the_one_that_made_it() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let short = make(&mut browser, "write", "2");
    let end = |asked: serde_json::Value| {
        let made = shop.agent(&short).post("/api/v1/keys", &asked);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["key"]["expires_at"].as_str().map(str::to_owned)
    };
    let day = end(json!({ "name": "a", "scope": "read", "expires_in_days": 1 })).unwrap();
    assert!(day.starts_with("2026-11-22T"), "{day}");
    for asked in [
        json!({ "name": "b", "scope": "write" }),
        json!({ "name": "c", "scope": "write", "expires_in_days": 30 }),
    ] {
        let end = end(asked).expect("its maker ends");
        assert!(end.starts_with("2026-11-23T"), "{end}");
    }
}

#[test]
fn a_key_in_an_address_is_refused_and_revoked() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    for (before, after) in [
        ("/api/v1/me?token=", ""),
        ("/api/v1/me?TOKEN=", ""),
        ("/api/v1/me?whatever=1&x=", "&y=2"),
        ("/api/v1/me?%74oken=Bearer+", ""),
        ("/api/v1/me?", ""),
        ("/api/v1/me?", "=1"),
        ("/?token=", ""),
        ("/login?next=%2Faccount%3Fkey%3D", "%26more"),
    ] {
        let key = make(&mut browser, "read", "");
        let sent = key.replace("hfk_", "%68fk%5F");
        let refused = send(shop.addr, "GET", &format!("{before}{sent}{after}"), &[], b"");
        assert_eq!(refused.status, 400, "{before}");
        assert!(refused.text().contains("is revoked"), "{before}: {}", refused.text());
        assert!(!refused.text().contains(&key), "{before}: it is not repeated");
        assert_eq!(shop.agent(&key).get("/api/v1/me").status, 401, "{before}: it is revoked");
    }
    let (one, two) = (make(&mut browser, "read", ""), make(&mut browser, "read", ""));
    send(shop.addr, "GET", &format!("/?a={one}&b={two}"), &[], b"");
    for key in [&one, &two] {
        assert_eq!(shop.agent(key).get("/api/v1/me").status, 401, "each of them");
    }
}

#[test]
fn what_was_not_revoked_is_not_said_to_be() {
    let shop = Shop::start();
    let unknown = format!("hfk_{}", "0".repeat(43));
    for query in [format!("token={unknown}"), "api_key=nonsense".to_owned()] {
        let refused = send(shop.addr, "GET", &format!("/api/v1/me?{query}"), &[], b"");
        let said = (refused.status, refused.json()["code"].as_str().map(str::to_owned));
        assert_eq!(said, (400, Some("key-in-address".to_owned())));
        assert!(!refused.text().contains("revoked"), "{}", refused.text());
    }
    let short = format!("/?q=hfk_{}", "0".repeat(42));
    let answer = send(shop.addr, "GET", &short, &[], b"").text();
    assert!(!answer.contains("Authorization"), "shorter than a key: {answer}");
}

#[test]
fn what_is_no_key_opens_nothing() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let key = make(&mut browser, "read", "");
    let basic = format!("Basic {key}");
    let (bare, shorter) = (key.clone(), format!("Bearer {}", &key[..46]));
    let other = format!("Bearer hfk_{}", "0".repeat(43));
    for value in ["", "Bearer", "Bearer ", &basic, &bare, &shorter, &other] {
        let answer = send(shop.addr, "GET", "/api/v1/me", &[("Authorization", value)], b"");
        assert_eq!(answer.status, 401, "{value}");
    }
}

#[test]
fn the_database_holds_no_secret_in_plain_text() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let key = make(&mut browser, "write", "");
    let token = browser.cookies["session"].clone();
    let bytes = shop.data.bytes(db::Owner::Web);
    for secret in [key.as_str(), &key[4..], &token, PASSWORD] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
    assert!(bytes.windows(4).any(|part| part == b"ada\n" || part == b"ada$"), "the rows are in it");
}
