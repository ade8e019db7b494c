//! Forms that are not ours: every page that changes something refuses them.

use crate::client::Browser;
use crate::shop::{PASSWORD, Shop};

/// Every path that takes a form, with an id in place of `{…}`.
fn forms() -> Vec<String> {
    let posts = web::listed()
        .into_iter()
        .filter(|(method, path)| method == "POST" && !path.starts_with("/api/"));
    posts.map(|(_, path)| filled(path)).collect()
}

/// A path with an id in place of each `{…}`.
pub fn filled(path: &str) -> String {
    let id = "ab".repeat(16);
    let segment = |part: &str| if part.starts_with('{') { id.clone() } else { part.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn every_form_wants_the_token_of_its_session() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let mut bob = shop.member("bob");
    bob.see("/account");
    ada.see("/account");
    let forms = forms();
    assert!(forms.len() > 10, "{forms:?}");
    for path in &forms {
        for (what, fields) in [
            ("no token", vec![]),
            ("an empty token", vec![("csrf", "")]),
            ("another's token", vec![("csrf", bob.csrf.as_str())]),
        ] {
            let answer = ada.clone().post_bare(path, &fields, &[]);
            assert_eq!(answer.status, 403, "{path} with {what}: {}", answer.text());
        }
    }
    let mine = ada.csrf.clone();
    let answer = ada.post_bare("/theme", &[("csrf", &mine), ("theme", "dark")], &[]);
    assert_eq!(answer.status, 303, "with its own token it goes");
}

#[test]
fn forms_of_other_sites_are_refused_even_with_the_token() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    ada.see("/account");
    let mine = ada.csrf.clone();
    for path in &forms() {
        for header in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ] {
            let answer = ada.clone().post_bare(path, &[("csrf", &mine)], &[header]);
            assert_eq!(answer.status, 403, "{path} with {header:?}");
            assert!(answer.text().contains("another site"), "{}", answer.text());
        }
    }
}

#[test]
fn a_token_of_before_the_login_does_not_work_after_it() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    browser.get("/login");
    let before = browser.csrf.clone();
    browser.act("/login", &[("username", "ada"), ("password", PASSWORD)]);
    let answer = browser.post_bare("/logout", &[("csrf", &before)], &[]);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("out of date"), "{}", answer.text());
}

#[test]
fn nobody_is_signed_in_unawares() {
    let shop = Shop::start();
    shop.member("mallory");
    let mut mallory = shop.browser();
    mallory.get("/login");
    let mut victim: Browser = shop.browser();
    let fields = [("csrf", mallory.csrf.as_str()), ("username", "mallory"), ("password", PASSWORD)];
    let answer = victim.post_bare("/login", &fields, &[]);
    assert_eq!(answer.status, 403, "a login form of another browser");
    assert!(!victim.cookies.contains_key("session"));
}

#[test]
fn cookies_open_no_door_of_the_api() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let closed = web::listed().into_iter().filter(|(_, path)| path.starts_with("/api/"));
    for (method, path) in closed {
        let path = filled(path);
        let open = method == "GET"
            && ["stores", "items", "transparency", "site"]
                .iter()
                .any(|open| path.starts_with(&format!("/api/v1/{open}")));
        if !open {
            let answer =
                ada.request(&method, &path, &[("Content-Type", "application/json")], b"{}");
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
            assert!(answer.set_cookies().is_empty(), "{path} sets a cookie");
        }
    }
}
