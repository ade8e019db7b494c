//! What nobody should send: each ends in a clear sentence and changes nothing.

use std::time::Duration;

use serde_json::json;

use crate::client::{Browser, encode, raw, send};
use crate::shop::{PASSWORD, Shop};

fn post(browser: &mut Browser, kind: &str, body: &[u8]) -> (u16, String) {
    let headers = [("Content-Type", kind), ("Sec-Fetch-Site", "same-origin")];
    let answer = browser.request("POST", "/login", &headers, body);
    (answer.status, answer.text())
}

#[test]
fn a_form_that_no_browser_sends_is_refused_in_words() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    browser.get("/login");
    let form = "application/x-www-form-urlencoded";
    let good = encode(&[("csrf", &browser.csrf), ("username", "ada"), ("password", PASSWORD)]);
    let with = |more: &str| format!("{good}{more}").into_bytes();
    let mut raw = good.clone().into_bytes();
    raw.extend_from_slice(b"&note=\xff\xfe");
    for (kind, body, status, sentence) in [
        (form, with(&format!("&note={}", "x".repeat(70_000))), 413, "at most 64 KiB"),
        (form, with("&note=%ff"), 400, "not UTF-8"),
        (form, raw, 400, "not UTF-8"),
        (form, with("&role=admin"), 422, "unknown field"),
        (form, with("&username=bob"), 400, "a field twice"),
        (form, with("&csrf=x"), 400, "a field twice"),
        (form, with("&note=%zz"), 400, "not encoded"),
        ("application/json", b"{}".to_vec(), 415, "only"),
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415, "only"),
        ("", good.clone().into_bytes(), 415, "only"),
    ] {
        let (got, text) = post(&mut browser, kind, &body);
        assert_eq!(got, status, "{sentence}: {text}");
        assert!(text.contains(sentence), "{sentence}: {text}");
        assert!(text.contains("<main"), "it is a page of ours: {text}");
    }
    assert!(!browser.cookies.contains_key("session"));
}

#[test]
fn a_body_that_is_no_good_json_is_refused_as_a_problem() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let agent = shop.agent(&crate::keys::make(&mut browser, "write", ""));
    let json_type = "application/json";
    let long = json!({ "name": "x".repeat(70_000), "scope": "read" }).to_string();
    for (kind, body, status, code) in [
        (json_type, &b"{"[..], 400, "not-json"),
        (json_type, b"", 400, "not-json"),
        (json_type, b"{\"name\":\"\xff\",\"scope\":\"read\"}", 400, "not-utf-8"),
        (
            json_type,
            b"{\"name\":\"a\",\"scope\":\"read\",\"admin\":true}",
            422,
            "unexpected-members",
        ),
        (
            json_type,
            b"{\"name\":\"a\",\"name\":\"b\",\"scope\":\"read\"}",
            422,
            "unexpected-members",
        ),
        (json_type, b"{\"name\":\"a\"}", 422, "unexpected-members"),
        (json_type, b"{\"name\":1,\"scope\":\"read\"}", 422, "unexpected-members"),
        (json_type, b"[]", 422, "unexpected-members"),
        (json_type, long.as_bytes(), 413, "too-large"),
        ("text/plain", b"{\"name\":\"a\",\"scope\":\"read\"}", 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", b"name=a&scope=read", 415, "unsupported-media-type"),
    ] {
        let answer = agent.send("POST", "/api/v1/keys", &[("Content-Type", kind)], body);
        let problem = answer.json();
        assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    let keys = agent.get("/api/v1/keys").json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 1, "nothing was made: {keys}");
}

#[test]
fn wrong_addresses_and_methods_are_told_apart() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    for path in
        ["/nowhere", "/orders/../etc/passwd", "/items/xyz", "/stores/%00", "/%ff", "/account/keys/"]
    {
        let answer = browser.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.text().contains("There is nothing at this address."),
            "{path}: {}",
            answer.text()
        );
    }
    assert_eq!(browser.get("/logout").status, 405);
    assert_eq!(
        browser.request("DELETE", "/account", &[("Sec-Fetch-Site", "same-origin")], b"").status,
        405
    );
    let problem = send(shop.addr, "GET", "/api/v1/nowhere", &[], b"");
    assert_eq!((problem.status, problem.json()["code"].as_str()), (404, Some("not-found")));
    let problem = send(shop.addr, "PUT", "/api/v1/me", &[], b"");
    assert_eq!(
        (problem.status, problem.json()["code"].as_str()),
        (405, Some("method-not-allowed"))
    );
    assert_eq!(browser.get("/login?next=%ff").status, 400);
    assert_eq!(browser.get("/login?other=1").status, 400);
}

#[test]
fn head_is_get_without_a_body() {
    let shop = Shop::start();
    let head = send(shop.addr, "HEAD", "/login", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.header("content-length").is_some_and(|length| length != "0"));
}

#[test]
fn broken_requests_end_the_connection_and_not_the_shop() {
    let shop = Shop::start();
    let host = shop.addr.to_string();
    for request in [
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        ),
        format!("GET /\x01 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!(
            "POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        format!(
            "POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"
        ),
        format!("POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "y".repeat(200_000)),
    ] {
        let text = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let answer = crate::client::raw(shop.addr, text.as_bytes());
        assert!((400..500).contains(&answer.status), "{request}: {}", answer.status);
    }
    assert_eq!(shop.browser().get("/login").status, 200);
}

#[test]
fn htmx_is_told_in_a_way_that_it_can_show() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    browser.see("/account");
    let id = "ab".repeat(16);
    let gone = browser.htmx("POST", &format!("/account/keys/{id}/revoke"), &[]);
    assert_eq!(gone.status, 404);
    assert_eq!(gone.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(gone.text(), "There is nothing at this address.");
    let led = browser.htmx("POST", "/theme", &[("theme", "dark")]);
    assert_eq!((led.status, led.header("hx-redirect")), (200, Some("/account")));
    for n in 0..25 {
        browser.see("/account/keys");
        let fields = [("name", "Robot"), ("scope", "read"), ("days", "1")];
        assert_eq!(browser.post("/account/keys", &fields).status, 200, "key {n}");
    }
    let full = browser.htmx(
        "POST",
        "/account/keys",
        &[("name", "Robot"), ("scope", "read"), ("days", "")],
    );
    assert_eq!(full.status, 409);
    assert!(
        full.text().starts_with("<div class=\"callout") && full.text().contains("25 keys"),
        "{}",
        full.text()
    );
    let page = browser.post("/account/keys", &[("name", "Robot"), ("scope", "read"), ("days", "")]);
    assert_eq!(page.status, 409);
    assert!(page.text().contains("<main") && page.text().contains("25 keys"), "{}", page.text());
}

#[test]
fn a_body_that_trickles_is_cut_off() {
    let shop = Shop::tuned(&[], |app| app.body_deadline = Duration::from_millis(50));
    let mut browser = shop.member("ada");
    let key = crate::keys::make(&mut browser, "write", "");
    let token = &browser.cookies["session"];
    for head in [
        format!(
            "POST /api/v1/keys HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json"
        ),
        format!(
            "POST /account/keys HTTP/1.1\r\nCookie: session={token}\r\nContent-Type: application/x-www-form-urlencoded"
        ),
    ] {
        // Without "Connection: close": the answer ends because the server closes.
        let request =
            format!("{head}\r\nHost: {}\r\nContent-Length: 1000\r\n\r\n{{\"na", shop.addr);
        let answer = raw(shop.addr, request.as_bytes());
        assert_eq!(answer.status, 408, "{}", answer.text());
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(answer.text().contains("took too long to arrive"), "{}", answer.text());
    }
}
