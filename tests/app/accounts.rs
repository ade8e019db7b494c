//! From the first visit to a lost password.

use domain::clock::Span;

use crate::client::Browser;
use crate::shop::{PASSWORD, Shop};

/// The ten codes of the page that shows them.
fn codes(page: &str) -> Vec<String> {
    let fits = |word: &&str| {
        word.len() == 14
            && word
                .bytes()
                .enumerate()
                .all(|(n, b)| if n % 5 == 4 { b == b'-' } else { b.is_ascii_alphanumeric() })
    };
    let mut found: Vec<String> = page
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(fits)
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

fn sign_in(browser: &mut Browser, name: &str, password: &str) -> u16 {
    browser.get("/login");
    browser.post("/login", &[("username", name), ("password", password)]).status
}

fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").status == 200
}

#[test]
fn an_account_from_its_first_day_to_a_lost_password() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    browser.get("/register");
    let shown = browser
        .post("/register", &[("username", "Ada"), ("password", PASSWORD), ("repeat", PASSWORD)])
        .text();
    let codes = codes(&shown);
    assert_eq!(codes.len(), 10, "{shown}");
    assert!(is_in(&mut browser), "registration signs in");
    assert!(
        !codes.iter().any(|code| browser.see("/account/codes").contains(code)),
        "codes are shown once"
    );

    assert_eq!(browser.act("/logout", &[]), "/");
    assert_eq!(browser.get("/account").location(), "/login?next=%2Faccount");
    browser.get("/login?next=%2Faccount");
    let place =
        browser.act("/login", &[("username", "aDA"), ("password", PASSWORD), ("next", "/account")]);
    assert_eq!(place, "/account");

    let mut elsewhere = shop.browser();
    assert_eq!(sign_in(&mut elsewhere, "ada", PASSWORD), 303);
    browser.see("/account/password");
    let (new, newer) = ("another fine sentence", "the third of its kind");
    let wrong = [("current", "not it, surely"), ("password", new), ("repeat", new)];
    assert_eq!(browser.post("/account/password", &wrong).status, 422);
    let before = browser.cookies["session"].clone();
    let right = [("current", PASSWORD), ("password", new), ("repeat", new)];
    assert_eq!(browser.act("/account/password", &right), "/account");
    assert_ne!(browser.cookies["session"], before, "the session got a new token");
    assert!(is_in(&mut browser));
    assert!(!is_in(&mut elsewhere), "every other session ended");
    assert_eq!(sign_in(&mut elsewhere, "ada", PASSWORD), 422);

    let mut lost = shop.browser();
    lost.get("/recover");
    let typed = codes[3].to_uppercase().replace('-', " ");
    let fields =
        [("username", "ada"), ("code", typed.as_str()), ("password", newer), ("repeat", newer)];
    assert_eq!(lost.act("/recover", &fields), "/login");
    assert!(lost.see("/login").contains("The password is changed"), "the next page says so");
    assert!(!lost.see("/login").contains("The password is changed"), "and only the next one");
    assert!(!is_in(&mut browser), "recovery ends every session");
    assert_eq!(sign_in(&mut lost, "ada", newer), 303);
    assert_eq!(lost.post("/recover", &fields).status, 403, "the form is of before the login");
    lost.get("/recover");
    assert_eq!(lost.post("/recover", &fields).status, 422, "a code works once");
    assert!(lost.see("/account").contains("9 of 10 left"));
}

#[test]
fn a_new_password_ends_every_key() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    browser.get("/register");
    let fields = [("username", "ada"), ("password", PASSWORD), ("repeat", PASSWORD)];
    let codes = codes(&browser.post("/register", &fields).text());
    let mut other = shop.member("bob");
    let (bobs, mut key) =
        (crate::keys::make(&mut other, "write", ""), crate::keys::make(&mut browser, "write", ""));
    let holds = |key: &str| shop.agent(key).get("/api/v1/me").status == 200;
    let (new, newer) = ("another fine sentence", "the third of its kind");

    assert!(browser.see("/account/password").contains("your API keys are revoked"));
    assert!(holds(&key));
    let fields = [("current", PASSWORD), ("password", new), ("repeat", new)];
    browser.act("/account/password", &fields);
    assert!(!holds(&key), "by a change");

    key = crate::keys::make(&mut browser, "write", "");
    assert!(holds(&key));
    let mut lost = shop.browser();
    assert!(lost.see("/recover").contains("revokes its API keys"));
    let fields = [("username", "ada"), ("code", &codes[0]), ("password", newer), ("repeat", newer)];
    assert_eq!(lost.act("/recover", &fields), "/login");
    assert!(!holds(&key), "by a recovery");

    assert_eq!(sign_in(&mut lost, "ada", newer), 303);
    key = crate::keys::make(&mut lost, "read", "");
    assert!(holds(&key));
    web::set_password(&shop.data.config(db::Owner::Web), "ada", "a sentence of mine").unwrap();
    assert!(!holds(&key), "by the operator");
    assert!(holds(&bobs), "nobody else's");
}

#[test]
fn nobody_learns_which_names_exist() {
    let shop = Shop::start();
    shop.member("tom");
    let mut browser = shop.browser();
    let mut said = Vec::new();
    // No name that could stand in a token, which is hexadecimal.
    for name in ["tom", "zoe"] {
        browser.get("/login");
        let login =
            browser.post("/login", &[("username", name), ("password", "wrong, both times")]);
        browser.get("/recover");
        let password = "a sentence of mine";
        let code = [
            ("username", name),
            ("code", "01z0-1zab-cdef"),
            ("password", password),
            ("repeat", password),
        ];
        let recover = browser.post("/recover", &code);
        let plain = |text: String| text.replace(name, "NAME");
        said.push((login.status, plain(login.text()), recover.status, plain(recover.text())));
    }
    assert_eq!(said[0].0, 422);
    assert_eq!(said[0], said[1]);
}

#[test]
fn a_bad_registration_says_what_is_wrong_and_keeps_the_name() {
    let shop = Shop::start();
    shop.member("ada");
    let mut browser = shop.browser();
    for (name, password, repeat, sentence) in [
        ("ADA", PASSWORD, PASSWORD, "This name is taken."),
        ("a b", PASSWORD, PASSWORD, "Letters a to z"),
        ("support", PASSWORD, PASSWORD, "reserved"),
        ("bob", "short", "short", "At least 8"),
        ("bob", "bob-the-builder", "bob-the-builder", "easily guessed"),
        ("bob", PASSWORD, "correct horse batter", "not the same password"),
    ] {
        browser.get("/register");
        let fields = [("username", name), ("password", password), ("repeat", repeat)];
        let answer = browser.post("/register", &fields);
        assert_eq!(answer.status, 422, "{name}");
        let text = answer.text();
        assert!(text.contains(sentence), "{name}: {text}");
        assert!(text.contains(&format!("value=\"{name}\"")), "{name}: {text}");
        assert!(!text.contains(password), "no password comes back");
    }
}

#[test]
fn a_refund_address_is_checked_before_it_is_kept() {
    let shop = Shop::start();
    let mut browser = shop.member("ada");
    let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    for (bad, sentence) in [
        ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "do not match its checksum"),
        ("0x0000000000000000000000000000000000000000", "Nobody holds the key"),
        ("vitalik.eth", "An address is 0x"),
    ] {
        browser.see("/account");
        let answer = browser.post("/account/refund-address", &[("refund_address", bad)]);
        assert_eq!(answer.status, 422);
        assert!(
            answer.text().contains(sentence) && answer.text().contains(bad),
            "{}",
            answer.text()
        );
    }
    assert_eq!(browser.act("/account/refund-address", &[("refund_address", good)]), "/account");
    assert!(browser.see("/account").contains(good));
    browser.act("/account/refund-address", &[("refund_address", " ")]);
    assert!(!browser.see("/account").contains(good));
}

#[test]
fn new_recovery_codes_make_the_old_ones_void() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    browser.get("/register");
    let fields = [("username", "ada"), ("password", PASSWORD), ("repeat", PASSWORD)];
    let old = codes(&browser.post("/register", &fields).text());
    browser.see("/account/codes");
    assert_eq!(browser.post("/account/codes", &[("password", "not mine at all")]).status, 422);
    let new = codes(&browser.post("/account/codes", &[("password", PASSWORD)]).text());
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(code)));
    browser.act("/logout", &[]);
    for (code, status) in [(&old[0], 422), (&new[0], 303)] {
        browser.get("/recover");
        let password = "a sentence of mine";
        let fields =
            [("username", "ada"), ("code", code), ("password", password), ("repeat", password)];
        assert_eq!(browser.post("/recover", &fields).status, status);
    }
}

#[test]
fn colours_are_a_matter_of_taste() {
    let shop = Shop::start();
    let mut browser = shop.browser();
    assert!(browser.see("/login").contains("data-theme=\"auto\""));
    assert_eq!(
        browser.act("/theme", &[("theme", "dark")]),
        "/login",
        "back to where it was chosen"
    );
    assert!(browser.see("/login").contains("data-theme=\"dark\""));
    browser.act("/theme", &[("theme", "\"><script>")]);
    assert!(browser.see("/login").contains("data-theme=\"auto\""));
}

#[test]
fn the_way_after_a_login_stays_on_this_site() {
    let shop = Shop::start();
    shop.member("ada");
    let evil = [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%2f%2fevil.example",
        "/..//evil.example",
    ];
    for next in evil {
        let mut browser = shop.browser();
        let text = browser
            .get(&format!(
                "/login?next={}",
                crate::client::encode(&[("", next)]).trim_start_matches('=')
            ))
            .text();
        assert!(!text.contains("evil.example"), "{next}: {text}");
        let place =
            browser.act("/login", &[("username", "ada"), ("password", PASSWORD), ("next", next)]);
        assert_eq!(place, "/", "{next}");
        shop.wait(Span::minutes(5));
    }
}

#[test]
fn the_operators_administrator_is_made_once_and_never_changed() {
    let shop = Shop::with(&[("ADMIN_USERNAME", "boss"), ("ADMIN_PASSWORD", PASSWORD)]);
    web::accounts::first_admin(&shop.app).unwrap();
    let mut browser = shop.browser();
    assert_eq!(sign_in(&mut browser, "boss", PASSWORD), 303);
    let key = crate::keys::make(&mut browser, "read", "");
    assert_eq!(shop.agent(&key).get("/api/v1/me").json()["role"], "admin");
    browser.see("/account/password");
    let new =
        [("current", PASSWORD), ("password", "my own sentence"), ("repeat", "my own sentence")];
    browser.act("/account/password", &new);
    web::accounts::first_admin(&shop.app).unwrap();
    assert_eq!(sign_in(&mut shop.browser(), "boss", PASSWORD), 422, "the set password is void");
    assert_eq!(sign_in(&mut shop.browser(), "boss", "my own sentence"), 303);
}

#[test]
fn the_operator_opens_accounts_and_resets_passwords() {
    let shop = Shop::start();
    let db = shop.data.config(db::Owner::Web);
    web::create_account(&db, "clerk", PASSWORD, domain::user::Role::Staff).unwrap();
    let taken = web::create_account(&db, "Clerk", PASSWORD, domain::user::Role::Admin);
    assert_eq!(taken.unwrap_err(), "This name is taken.");
    let mut browser = shop.browser();
    assert_eq!(sign_in(&mut browser, "clerk", PASSWORD), 303);
    web::set_password(&db, "CLERK", "a sentence of mine").unwrap();
    assert!(!is_in(&mut browser), "a new password from the operator ends the sessions");
    assert_eq!(sign_in(&mut browser, "clerk", "a sentence of mine"), 303);
    assert!(web::set_password(&db, "nobody", "a sentence of mine").is_err());
}
