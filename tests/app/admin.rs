//! What administrators see of the shop, and that nobody else does.

use db::desk::{self, Beat};
use db::{alarms, codec, tx};
use domain::clock::{Clock, Span};
use domain::ids::AlarmId;
use domain::user::Role;
use serde_json::Value;

use crate::client::Browser;
use crate::shop::{PASSWORD, Shop};

const WALLS: &str = r#"{"walls":[{"name":"own users","stands":true,"what":"nobody reads another"},
    {"name":"call filter","stands":false,"what":"few calls"}],
    "attacks":[{"role":"web","attack":"read-the-secret","what":"the keys","result":"blocked","why":"EPERM"},
    {"role":"courier","attack":"read-the-secret","what":"the keys","result":"open","why":null}],
    "advice":["Use another kernel."]}"#;

fn shop() -> Shop {
    Shop::tuned(&[("WALLS", WALLS)], |app| app.isolation_level = Some(3))
}

fn signed_in(shop: &Shop, name: &str, role: Role) -> Browser {
    web::create_account(&shop.data.config(db::Owner::Web), name, PASSWORD, role).unwrap();
    let mut browser = shop.browser();
    browser.get("/login");
    let answer = browser.post("/login", &[("username", name), ("password", PASSWORD)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser
}

/// Raises so many alarms, one a second.
fn raise(shop: &Shop, many: u8) {
    let escrow = shop.escrow();
    for n in 0..many {
        let at = shop.clock.now();
        tx::write(&escrow, "alarm", move |tx| -> Result<(), db::DbError> {
            let id = (AlarmId::from_random([n; 16]), "payout");
            alarms::raise(tx, id, None, &format!("alarm <{n}>"), at).map(drop)
        })
        .unwrap();
        shop.wait(Span::secs(1));
    }
}

#[test]
fn administrators_alone_see_how_the_shop_stands() {
    let shop = shop();
    for (name, role, status) in
        [("boss", Role::Admin, 200), ("clerk", Role::Staff, 404), ("ada", Role::Customer, 404)]
    {
        let mut browser = signed_in(&shop, name, role);
        let key = crate::keys::make(&mut browser, "read", "");
        for path in ["/admin", "/admin/walls"] {
            assert_eq!(browser.get(path).status, status, "{name} {path}");
        }
        let agent = shop.agent(&key);
        assert_eq!(agent.get("/api/v1/admin/status").status, status, "{name}");
        let home = browser.see("/");
        assert_eq!(home.contains("href=\"/admin\""), status == 200, "{name}");
        assert!(!browser.see("/account").contains("Isolation"), "{name}");
    }
    let nobody = shop.browser().get("/admin");
    assert_eq!(nobody.status, 303, "led to the login");
    assert_eq!(shop.agent("hf_nothing").get("/api/v1/admin/status").status, 401);
}

#[test]
fn the_page_tells_roles_money_chains_alarms_and_walls() {
    let shop = shop();
    let mut browser = signed_in(&shop, "boss", Role::Admin);
    let before = browser.see("/admin");
    assert!(before.contains("Not heard of") && before.contains("There is none."), "{before}");

    let (escrow, now) = (shop.escrow(), shop.clock.now());
    tx::write(&escrow, "stand", move |tx| -> Result<(), db::DbError> {
        desk::beat(tx, &Beat { started_at: now, beat_at: now, desk_at: now, chain_at: now })?;
        desk::set_pause(tx, true, now)?;
        desk::put_chain(
            tx,
            &desk::ChainRow {
                chain_id: 31_337,
                name: "Development".to_owned(),
                token: "ETH".to_owned(),
                decimals: 18,
                state: "down".to_owned(),
                note: "no <answer>".to_owned(),
                head_number: 12,
                final_number: 9,
                final_hash: String::new(),
                final_at: codec::stamp(now),
                leg_fee: codec::amount_text(domain::money::Amount::ZERO),
                checked_at: codec::stamp(now),
                resolver: false,
            },
        )
    })
    .unwrap();
    raise(&shop, 1);
    let page = browser.see("/admin");
    for said in [
        "Alive",
        "Paused",
        "down: no &lt;answer&gt;",
        "9 of 12",
        "alarm &lt;0&gt;",
        "Isolation level 3 of 3: each role has a user of its own",
        "1 of 2 attacks are blocked",
        "Use another kernel.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let walls = browser.see("/admin/walls");
    assert!(
        walls.contains("read the secret") && walls.contains("<strong>Open</strong>"),
        "{walls}"
    );
}

#[test]
fn alarms_come_in_pages_newest_first_and_alike_in_json() {
    let shop = shop();
    let mut browser = signed_in(&shop, "boss", Role::Admin);
    raise(&shop, 45);
    let agent = shop.agent(&crate::keys::make(&mut browser, "read", ""));
    let (mut seen, mut path) = (Vec::new(), "/api/v1/admin/status?limit=20".to_owned());
    loop {
        let status: Value = agent.get(&path).json();
        for alarm in status["alarms"]["items"].as_array().unwrap() {
            seen.push(alarm["message"].as_str().unwrap().to_owned());
        }
        let Some(next) = status["alarms"]["next_cursor"].as_str() else { break };
        path = format!("/api/v1/admin/status?limit=20&cursor={next}");
    }
    let wanted: Vec<String> = (0..45).rev().map(|n| format!("alarm <{n}>")).collect();
    assert_eq!(seen, wanted);
    assert_eq!(agent.get("/api/v1/admin/status?cursor=x").status, 422);

    let first = browser.see("/admin");
    assert!(first.contains("alarm &lt;44&gt;") && !first.contains("alarm &lt;24&gt;"), "{first}");
    let older = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.see(older);
    assert!(
        second.contains("alarm &lt;24&gt;") && !second.contains("alarm &lt;25&gt;"),
        "{second}"
    );
    assert!(second.contains("rel=\"prev\" href=\"/admin\""), "{second}");
}

#[test]
fn the_json_tells_what_the_page_does() {
    let shop = shop();
    let mut browser = signed_in(&shop, "boss", Role::Admin);
    let agent = shop.agent(&crate::keys::make(&mut browser, "read", ""));
    let status: Value = agent.get("/api/v1/admin/status").json();
    assert_eq!(status["isolation_level"], 3);
    assert_eq!(status["isolation"]["attacks"][1]["result"], "open");
    assert_eq!(status["roles"][0]["name"], "escrow");
    assert_eq!(status["roles"][0]["alive"], false);
    assert_eq!((&status["held_payouts"], &status["frozen_orders"]), (&0.into(), &0.into()));
    assert_eq!(status["paused"], false);
}
