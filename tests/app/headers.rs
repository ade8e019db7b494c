//! Headers of every answer, flags of every cookie, names that we answer to.

use crate::client::{Answer, send};
use crate::forgery::filled;
use crate::shop::{PASSWORD, Shop};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                   connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn check(what: &str, answer: &Answer) {
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    let id = answer.header("x-request-id").unwrap_or_default();
    assert_eq!(id.len(), 32, "{what}: {id}");
    assert!(answer.header("cache-control").is_some(), "{what}");
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert_eq!(answer.header(name), None, "{what}: {name}");
    }
}

#[test]
fn every_answer_has_them() {
    let shop = Shop::start();
    let mut stranger = shop.browser();
    let mut ada = shop.member("ada");
    for (method, path) in web::listed() {
        let path = filled(path);
        for (who, browser) in [("a stranger", &mut stranger), ("a member", &mut ada)] {
            let answer = browser.clone().request(&method, &path, &[], b"");
            check(&format!("{method} {path} by {who}"), &answer);
            assert!(answer.status < 500 || path == "/health", "{method} {path}: {}", answer.text());
        }
    }
    for path in ["/nowhere", "/favicon.svg", "/api/v1/nowhere"] {
        check(path, &stranger.get(path));
    }
    check("a foreign host", &send(shop.addr, "GET", "/", &[("Host", "evil.example")], b""));
}

#[test]
fn pages_of_members_are_kept_nowhere() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let page = ada.get("/account");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(
        page.header("vary")
            .is_some_and(|vary| vary.contains("Cookie") && vary.contains("HX-Request"))
    );
    let window = shop.browser().get("/login");
    assert_eq!(window.header("cache-control"), Some("private, no-cache"));
    let static_file = shop.browser().get("/favicon.svg");
    assert!(static_file.header("cache-control").is_some_and(|value| value.starts_with("public")));
    assert!(static_file.set_cookies().is_empty());
    ada.see("/account");
    let out = ada.post("/logout", &[]);
    assert!(out.header("clear-site-data").is_some());
}

#[test]
fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
    let shop = Shop::with(&[("SITE_URL", "https://shop.example")]);
    let mut browser = shop.browser();
    let host = ("Host", "shop.example");
    let page = browser.request("GET", "/register", &[host], b"");
    let token = browser.csrf.clone();
    let fields = [
        ("csrf", token.as_str()),
        ("username", "ada"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
    ];
    let more = [host, ("Origin", "https://shop.example")];
    let registered = browser.post_bare("/register", &fields, &more);
    assert_eq!(registered.status, 200, "{}", registered.text());
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    let theme =
        browser.post_bare("/theme", &[("csrf", &browser.csrf.clone()), ("theme", "dark")], &more);
    let mut names = Vec::new();
    for set in
        page.set_cookies().into_iter().chain(registered.set_cookies()).chain(theme.set_cookies())
    {
        names.push(set.split('=').next().unwrap_or_default().to_owned());
        assert!(set.starts_with("__Host-"), "{set}");
        for flag in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
            assert!(set.contains(flag), "{set}");
        }
        assert!(!set.contains("Domain"), "{set}");
    }
    for name in ["__Host-visit", "__Host-session", "__Host-theme"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
}

#[test]
fn plain_http_has_no_hsts_and_no_secure_cookie() {
    let shop = Shop::start();
    let page = shop.browser().get("/login");
    assert_eq!(page.header("strict-transport-security"), None);
    assert!(
        page.set_cookies().iter().all(|set| !set.contains("Secure") && set.contains("HttpOnly"))
    );
}

#[test]
fn only_our_own_name_is_answered() {
    let shop = Shop::with(&[("SITE_URL", "https://shop.example"), ("LISTEN", "127.0.0.1:8099")]);
    let ask = |path: &str, host: &str| send(shop.addr, "GET", path, &[("Host", host)], b"");
    assert_eq!(ask("/login", "shop.example").status, 200);
    assert_eq!(ask("/login", "Shop.Example").status, 200);
    let inside = shop.addr.to_string();
    for host in
        ["evil.example", "shop.example.evil.example", "shop.example:81", "", "127.0.0.1", &inside]
    {
        assert_eq!(ask("/login", host).status, 421, "{host}");
    }
    assert_eq!(ask("/api/v1/me", "evil.example").json()["code"], "unknown-host");
    assert_eq!(
        ask("/health", "127.0.0.1:8099").status,
        503,
        "health answers, and escrow is not there"
    );
    assert_eq!(ask("/health", "evil.example").status, 421);
    let absolute =
        send(shop.addr, "GET", "http://evil.example/login", &[("Host", "shop.example")], b"");
    assert_eq!(absolute.status, 421);
    let forwarded = [("Host", "shop.example"), ("X-Forwarded-Host", "evil.example")];
    let page = send(shop.addr, "GET", "/login", &forwarded, b"");
    assert!(!page.text().contains("evil.example"));
}

#[test]
fn another_name_of_this_machine_leads_to_the_one_that_is_configured() {
    let shop = Shop::start();
    let other = format!("localhost:{}", shop.addr.port());
    let answer = send(shop.addr, "GET", "/login", &[("Host", &other)], b"");
    assert_eq!(answer.status, 307);
    assert_eq!(answer.location(), format!("{}/login", shop.origin()));
    let posted = send(shop.addr, "POST", "/login", &[("Host", &other)], b"");
    assert_eq!(posted.status, 421);
}
