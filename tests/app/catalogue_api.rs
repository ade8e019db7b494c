//! The catalogue over JSON: what a vendor's browser does, an agent does as well.

use serde_json::{Value, json};

use crate::catalogue::PAYEE;
use crate::client::{Agent, Answer, send};
use crate::shop::Shop;

/// An agent of a new member, with a key that may write.
fn agent(shop: &Shop, name: &str) -> Agent {
    let mut browser = shop.member(name);
    shop.agent(&crate::keys::make(&mut browser, "write", ""))
}

fn patch(agent: &Agent, path: &str, body: &Value) -> Answer {
    let kind = [("Content-Type", "application/json")];
    agent.send("PATCH", path, &kind, body.to_string().as_bytes())
}

fn anyone(shop: &Shop, path: &str) -> Answer {
    send(shop.addr, "GET", path, &[], b"")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn made(answer: Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn store(agent: &Agent, name: &str) -> String {
    let body = json!({ "name": name, "description": "We sell.", "picture": "crest-kiln" });
    text(&made(agent.post("/api/v1/stores", &body))["id"])
}

fn item(agent: &Agent, store: &str) -> String {
    let body = json!({ "store_id": store, "name": "Mug", "description": "Good.", "picture": "stoneware-mug" });
    text(&made(agent.post("/api/v1/items", &body))["id"])
}

#[test]
fn an_agent_opens_a_store_and_sells() {
    let shop = Shop::start();
    let ada = agent(&shop, "ada");
    let store = store(&ada, "Kiln");
    let of_store = format!("/api/v1/stores/{store}");
    let inside = ada.get(&of_store).json();
    assert_eq!(inside["role"], "owner");
    assert_eq!((&inside["tier"], &inside["commission_bps"]), (&json!("free"), &json!(2_000)));
    let outside = anyone(&shop, &of_store).json();
    assert_eq!((&outside["name"], &outside["role"]), (&json!("Kiln"), &Value::Null));
    assert_eq!((&outside["payout"], &outside["tier"]), (&Value::Null, &Value::Null));

    let mug = item(&ada, &store);
    let of_mug = format!("/api/v1/items/{mug}");
    let packages = format!("{of_mug}/packages");
    let body =
        json!({ "name": "One", "kind": "shipped", "price_cents": 2_800, "shipping_cents": 490 });
    let package = made(ada.post(&packages, &body));
    assert_eq!((&package["currency"], &package["handling_hours"]), (&json!("USD"), &json!(72)));
    assert_eq!(ada.get(&of_mug).json()["state"], "draft");
    assert_eq!(anyone(&shop, &of_mug).status, 404, "no payout address yet");
    let payout =
        ada.post(&format!("{of_store}/payout-address"), &json!({ "address": PAYEE })).json();
    assert_eq!((&payout["unanswered"], &payout["in_force"]), (&json!(PAYEE), &Value::Null));

    let seen = anyone(&shop, &of_mug).json();
    assert_eq!((&seen["state"], &seen["from_cents"]), (&json!("on-sale"), &json!(2_800)));
    assert_eq!(seen["packages"][0]["shipping_cents"], 490);
    assert_eq!(seen["created_at"], "2026-11-21T00:00:00Z");
    let listed = anyone(&shop, "/api/v1/items").json();
    assert_eq!((&listed["items"][0]["id"], &listed["next_cursor"]), (&json!(mug), &Value::Null));
    assert_eq!(
        anyone(&shop, &format!("/api/v1/items?store={store}")).json()["items"][0]["id"],
        json!(mug)
    );
    assert_eq!(anyone(&shop, "/api/v1/stores").json()["items"][0]["name"], "Kiln");

    let of_package = format!("/api/v1/packages/{}", text(&package["id"]));
    let changed = patch(&ada, &of_package, &json!({ "price_cents": 3_000 })).json();
    assert_eq!((&changed["price_cents"], &changed["shipping_cents"]), (&json!(3_000), &json!(490)));
    assert_eq!(anyone(&shop, &of_mug).json()["from_cents"], 3_000);
    let changed = patch(&ada, &of_mug, &json!({ "name": "Cup", "withdrawn": true })).json();
    assert_eq!((&changed["name"], &changed["state"]), (&json!("Cup"), &json!("withdrawn")));
    assert_eq!(anyone(&shop, &of_mug).status, 404);
    patch(&ada, &of_mug, &json!({ "withdrawn": false }));
    assert_eq!(anyone(&shop, &of_mug).status, 200);
    assert_eq!(ada.delete(&of_mug).status, 204);
    assert_eq!(ada.get(&of_mug).json()["state"], "withdrawn");
    assert_eq!(ada.delete(&of_package).status, 204);
    assert_eq!(ada.delete(&of_package).status, 404);
    assert_eq!(patch(&ada, &of_store, &json!({ "name": "Kiln & Co" })).json()["name"], "Kiln & Co");
}

#[test]
fn an_agent_s_wrong_inputs_are_named() {
    let shop = Shop::start();
    let ada = agent(&shop, "ada");
    let store = store(&ada, "Kiln");
    let mug = item(&ada, &store);
    let packages = format!("/api/v1/items/{mug}/packages");
    let good = json!({ "name": "One", "kind": "shipped", "price_cents": 100 });
    for (field, value) in [
        ("price_cents", json!(0)),
        ("price_cents", json!(-1)),
        ("price_cents", json!(1_000_000_001)),
        ("shipping_cents", json!(-1)),
        ("handling_hours", json!(0)),
        ("handling_hours", json!(721)),
        ("kind", json!("gift")),
        ("name", json!("")),
        ("name", json!("x".repeat(61))),
        ("name", json!("a\u{200d}b")),
        ("price_cents", Value::Null),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = ada.post(&packages, &body);
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["code"]),
            (422, &json!("invalid-input")),
            "{field} {value}"
        );
        assert_eq!(problem["faults"][0]["field"], field, "{problem}");
        let said = text(&problem["faults"][0]["message"]);
        assert!(said.ends_with('.'), "a sentence: {said}");
    }
    let digital =
        json!({ "name": "One", "kind": "digital", "price_cents": 100, "shipping_cents": 1 });
    assert_eq!(ada.post(&packages, &digital).json()["faults"][0]["field"], "shipping_cents");
    for body in [json!({ "price_cents": 1.5 }), json!({ "price": 1 }), json!({ "tier": "gold" })] {
        assert_eq!(ada.post(&packages, &body).json()["code"], "unexpected-members", "{body}");
    }
    let tier = json!({ "name": "Kiln", "tier": "gold" });
    assert_eq!(
        patch(&ada, &format!("/api/v1/stores/{store}"), &tier).status,
        422,
        "not for asking"
    );
    let address = json!({ "address": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" });
    let answer = ada.post(&format!("/api/v1/stores/{store}/payout-address"), &address);
    assert_eq!((answer.status, &answer.json()["faults"][0]["field"]), (422, &json!("address")));
    let again = json!({ "name": "KILN", "description": "x", "picture": "crest-kiln" });
    assert_eq!(ada.post("/api/v1/stores", &again).json()["faults"][0]["field"], "name");
}

#[test]
fn an_agent_finds_nothing_of_others_and_a_reading_key_changes_nothing() {
    let shop = Shop::start();
    let ada = agent(&shop, "ada");
    let mut bob = shop.member("bob");
    let reader = shop.agent(&crate::keys::make(&mut bob, "read", ""));
    let writer = shop.agent(&crate::keys::make(&mut bob, "write", ""));
    let store = store(&ada, "Kiln");
    let mug = item(&ada, &store);
    let body = json!({ "name": "One", "kind": "service", "price_cents": 100 });
    let package = text(&made(ada.post(&format!("/api/v1/items/{mug}/packages"), &body))["id"]);
    let members = format!("/api/v1/stores/{store}/members");
    let owner_only = [
        ("PATCH", format!("/api/v1/stores/{store}"), json!({ "name": "Mine" })),
        ("POST", format!("/api/v1/stores/{store}/payout-address"), json!({ "address": PAYEE })),
        ("POST", members.clone(), json!({ "username": "bob" })),
    ];
    let selling = [
        (
            "POST",
            "/api/v1/items".to_owned(),
            json!({ "store_id": store, "name": "Pen", "description": "x", "picture": "brass-pen" }),
        ),
        ("PATCH", format!("/api/v1/items/{mug}"), json!({ "name": "Mine" })),
        ("POST", format!("/api/v1/items/{mug}/packages"), body),
        ("PATCH", format!("/api/v1/packages/{package}"), json!({ "price_cents": 1 })),
        ("DELETE", format!("/api/v1/packages/{package}"), json!({})),
        ("DELETE", format!("/api/v1/items/{mug}"), json!({})),
    ];
    let ask = |agent: &Agent, (method, path, body): &(&str, String, Value)| match *method {
        // A body that nobody reads would cut the answer off.
        "DELETE" => agent.delete(path),
        _ => {
            let kind = [("Content-Type", "application/json")];
            agent.send(method, path, &kind, body.to_string().as_bytes())
        }
    };
    for request in owner_only.iter().chain(&selling) {
        assert_eq!(ask(&reader, request).json()["code"], "read-only-key", "{request:?}");
        assert_eq!(ask(&writer, request).status, 404, "{request:?}");
    }
    assert_eq!(writer.get(&members).status, 404);
    assert_eq!(writer.get(&format!("/api/v1/items/{mug}")).status, 404, "a draft");
    let listed = ada.post(&members, &json!({ "username": "bob" })).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    for request in &owner_only {
        let answer = ask(&writer, request);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (403, &json!("owner-only")),
            "{request:?}"
        );
    }
    for request in &selling {
        let answer = ask(&writer, request);
        assert!(answer.status < 300, "{request:?}: {}", answer.text());
    }
    let (owner, guest) =
        (text(&listed["items"][0]["user_id"]), text(&listed["items"][1]["user_id"]));
    assert_eq!(ada.delete(&format!("{members}/{owner}")).json()["code"], "owner-stays");
    assert_eq!(writer.delete(&format!("{members}/{owner}")).status, 403);
    assert_eq!(writer.delete(&format!("{members}/{guest}")).status, 204, "he may leave");
    assert_eq!(writer.get(&members).status, 404);
}

#[test]
fn a_wrong_key_is_refused_even_where_none_is_needed() {
    let shop = Shop::start();
    assert_eq!(anyone(&shop, "/api/v1/items").status, 200);
    let other = format!("Bearer hfk_{}", "0".repeat(43));
    for path in ["/api/v1/items", "/api/v1/stores"] {
        assert_eq!(send(shop.addr, "GET", path, &[("Authorization", &other)], b"").status, 401);
    }
}

#[test]
fn an_agent_turns_pages_by_the_cursor() {
    let shop = Shop::start();
    let ada = agent(&shop, "ada");
    let key = |conn: &mut db::Conn| db::accounts::by_key(conn, "ada");
    let owner = shop.db().read(key).unwrap().unwrap().id.parse().unwrap();
    web::demo::busy_by(shop.db(), owner, 120, crate::shop::START).unwrap();
    let (mut seen, mut path) =
        (std::collections::BTreeSet::new(), "/api/v1/items?limit=50".to_owned());
    loop {
        let page = ada.get(&path).json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.iter().all(|item| seen.insert(text(&item["id"]))), "nothing twice");
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert_eq!(items.len(), 50);
        path = format!("/api/v1/items?limit=50&cursor={next}");
    }
    assert_eq!(seen.len(), 120);
}
