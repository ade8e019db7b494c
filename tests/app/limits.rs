//! Too often is refused with the time to wait.

use domain::clock::Span;

use crate::client::{Answer, Browser};
use crate::shop::{PASSWORD, Shop};

fn login(browser: &mut Browser, name: &str, password: &str) -> Answer {
    browser.get("/login");
    browser.post("/login", &[("username", name), ("password", password)])
}

fn retry_after(answer: &Answer) -> u32 {
    answer.header("retry-after").expect("429 says when").parse().expect("in seconds")
}

#[test]
fn ten_logins_in_five_minutes_from_one_address() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    for n in 0..10 {
        assert_eq!(login(&mut browser, &format!("nobody{n}"), "wrong password").status, 422);
        shop.wait(Span::secs(1));
    }
    let refused = login(&mut browser, "ada", PASSWORD);
    assert_eq!(refused.status, 429, "the right password does not help");
    let wait = retry_after(&refused);
    assert!((289..=291).contains(&wait), "{wait}");
    assert!(refused.text().contains("try again in 5 minutes"), "{}", refused.text());
    shop.wait(Span::secs(wait));
    assert_eq!(login(&mut browser, "ada", PASSWORD).status, 303);
}

#[test]
fn a_forged_header_is_no_other_address() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    for n in 0..11 {
        browser.get("/login");
        let token = browser.csrf.clone();
        let from = format!("198.51.100.{n}");
        let fields =
            [("csrf", token.as_str()), ("username", "nobody"), ("password", "wrong password")];
        let more = [
            ("X-Forwarded-For", from.as_str()),
            ("X-Real-IP", &from),
            ("Forwarded", "for=198.51.100.9"),
        ];
        let answer = browser.post_bare("/login", &fields, &more);
        assert_eq!(answer.status, if n < 10 { 422 } else { 429 }, "try {n}");
    }
}

#[test]
fn failures_from_one_address_make_its_next_try_wait_longer_and_never_lock_the_account() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    for _ in 0..10 {
        assert_eq!(login(&mut browser, "ada", "wrong password").status, 422);
        shop.wait(Span::secs(35));
    }
    let mut waits = Vec::new();
    for _ in 0..3 {
        assert_eq!(login(&mut browser, "ada", "wrong password").status, 422);
        let refused = login(&mut browser, "ada", PASSWORD);
        assert_eq!(refused.status, 429);
        waits.push(retry_after(&refused));
        shop.wait(Span::secs(70));
    }
    assert!(waits.windows(2).all(|two| two[0] < two[1]), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 61), "{waits:?}");
    assert_eq!(login(&mut browser, "ada", PASSWORD).status, 303, "who waits gets in");
}

#[test]
fn strangers_failures_do_not_delay_the_owner() {
    let shop = Shop::start();
    shop.member("ada");
    let mut stranger = shop.browser();
    stranger.from = Some([127, 0, 0, 2].into());
    for n in 0..12 {
        assert_eq!(login(&mut stranger, "ada", "wrong password").status, 422, "try {n}");
        shop.wait(Span::secs(65));
    }
    assert_eq!(login(&mut stranger, "ada", "wrong password").status, 422);
    assert_eq!(login(&mut stranger, "ada", PASSWORD).status, 429, "the stranger waits");
    assert_eq!(login(&mut shop.browser(), "ada", PASSWORD).status, 303, "the owner does not");
}

#[test]
fn one_registration_in_ten_minutes_from_one_address() {
    let shop = Shop::with(&[("ACCOUNT_CREATION_MIN_INTERVAL_MINUTES", "10")]);
    shop.member("ada");
    let register = |name: &str| {
        let mut browser = shop.browser();
        browser.get("/register");
        let fields = [("username", name), ("password", PASSWORD), ("repeat", PASSWORD)];
        browser.post("/register", &fields)
    };
    assert_eq!(register("support").status, 422, "a bad form does not count");
    let refused = register("bob");
    assert_eq!(refused.status, 429);
    assert_eq!(retry_after(&refused), 601);
    shop.wait(Span::minutes(10));
    assert_eq!(register("bob").status, 200);
    assert_eq!(register("carol").status, 429);
}

#[test]
fn five_recoveries_in_an_hour() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    for n in 0..6 {
        browser.get("/recover");
        let password = "a sentence of mine";
        let fields =
            [("username", "ada"), ("code", "x"), ("password", password), ("repeat", password)];
        let answer = browser.post("/recover", &fields);
        assert_eq!(answer.status, if n < 5 { 422 } else { 429 }, "try {n}");
    }
    shop.wait(Span::hours(1));
    browser.get("/recover");
    let password = "a sentence of mine";
    let fields = [("username", "ada"), ("code", "x"), ("password", password), ("repeat", password)];
    assert_eq!(browser.post("/recover", &fields).status, 422);
}

#[test]
fn sixty_calls_a_minute_by_one_key() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let (one, other) =
        (crate::keys::make(&mut browser, "read", ""), crate::keys::make(&mut browser, "read", ""));
    let agent = shop.agent(&one);
    for _ in 0..60 {
        assert_eq!(agent.get("/api/v1/me").status, 200);
    }
    let refused = agent.get("/api/v1/me");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.json()["code"], "too-many-requests");
    assert!(retry_after(&refused) <= 61);
    assert_eq!(shop.agent(&other).get("/api/v1/me").status, 200, "keys count apart");
    shop.wait(Span::secs(61));
    assert_eq!(agent.get("/api/v1/me").status, 200);
}

#[test]
fn who_comes_while_too_many_sign_in_is_sent_away_and_not_counted() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    browser.get("/login");
    let desk = || shop.app.hasher.queue();
    let crowd: Vec<_> = std::iter::from_fn(|| desk().ok()).take(1_000).collect();
    assert_eq!(crowd.len(), 64);
    for _ in 0..12 {
        let refused = browser.post("/login", &[("username", "ada"), ("password", PASSWORD)]);
        assert_eq!((refused.status, retry_after(&refused)), (503, 10), "{}", refused.text());
        assert!(refused.text().contains("Many people sign in"), "{}", refused.text());
    }
    drop(crowd);
    assert_eq!(login(&mut browser, "ada", PASSWORD).status, 303);
}
