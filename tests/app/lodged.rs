//! Deposits of stores as members, buyers and staff meet them.

use serde_json::{Value, json};

use crate::client::{Agent, Browser};
use crate::keys;
use crate::market::Market;

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn staff(market: &Market) -> Browser {
    let mut browser = market.shop.member("ann");
    let change = "UPDATE users SET role = 'staff' WHERE username_key = 'ann';";
    market.shop.data.by_hand(db::Owner::Web, change, change);
    browser.see("/account");
    browser
}

fn demand(agent: &Agent, cents: u64) -> u16 {
    let rule = json!({ "kind": "shipped", "least_cents": cents }).to_string();
    agent.send("PUT", "/api/v1/deposits/rules", &JSON, rule.as_bytes()).status
}

/// Lodges half a coin and pays it.
fn lodge(market: &mut Market, vendor: &Agent, route: &str) -> Value {
    let wish = json!({ "chain_id": 31_337, "amount": "500000000000000000" });
    let made = vendor.post(route, &wish);
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["items"][0]["state"], "preparing");
    market.round();
    let awaited = vendor.get(route).json()["items"][0].clone();
    assert_eq!(awaited["state"], "awaited", "{awaited}");
    market.pay(&awaited, 100);
    market.round();
    let lodged = vendor.get(route).json()["items"][0].clone();
    assert_eq!(lodged["state"], "lodged", "{lodged}");
    lodged
}

#[test]
fn a_store_sells_what_wants_a_deposit_once_it_has_lodged_one_and_has_it_back() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let mut ann = staff(&market);
    let key = keys::make(&mut ann, "write", "");
    let ann_agent = market.shop.agent(&key);
    let route = format!("/api/v1/stores/{}/deposits", market.store);
    for agent in [&buyer, &vendor] {
        assert_eq!((agent.get("/api/v1/deposits").status, demand(agent, 1)), (404, 404));
    }
    assert_eq!(buyer.get(&route).status, 404, "a store's deposits are its members' business");
    assert_eq!(demand(&ann_agent, 50_000), 200);

    let refused = buyer.post("/api/v1/orders", &market.wish());
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("no-deposit")));
    let manage = market.vendor.see(&format!("/stores/{}/manage", market.store));
    assert!(manage.contains("Items wait for a deposit"), "{manage}");

    let lodged = lodge(&mut market, &vendor, &route);
    let all = vendor.get(&route).json();
    assert!(all["lodged_cents"].as_u64().unwrap() >= 50_000, "{all}");
    assert_eq!(all["demanded_cents"], 50_000);
    let store = market.buyer.see(&format!("/stores/{}", market.store));
    assert!(store.contains("Deposit lodged"), "{store}");
    let order = market.ordered(&buyer);

    let back = format!("{route}/{}/withdraw", lodged["id"].as_str().unwrap());
    assert_eq!(buyer.post(&back, &json!({})).status, 404);
    let held = vendor.post(&back, &json!({}));
    assert_eq!((held.status, &held.json()["code"]), (409, &json!("open-orders")));
    let cancel = format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap());
    assert_eq!(buyer.post(&cancel, &json!({})).status, 202);
    market.round();
    let asked = vendor.post(&back, &json!({}));
    assert_eq!(asked.status, 200, "{}", asked.text());
    assert_eq!(asked.json()["items"][0]["state"], "asked-back");
    assert_eq!(vendor.post(&back, &json!({})).json()["code"], "already-asked");
    let again = buyer.post("/api/v1/orders", &market.wish());
    assert_eq!(again.json()["code"], "no-deposit", "what is asked back is no security");
    let home = lodged["return_address"].as_str().unwrap().to_owned();
    let before = market.balance(&home);
    for _ in 0..4 {
        market.round();
    }
    let done = vendor.get(&route).json()["items"][0].clone();
    assert_eq!(done["state"], "returned", "{done}");
    assert!(market.balance(&home) > before);
    assert_eq!(vendor.post(&back, &json!({})).json()["code"], "not-lodged");
    let page = ann.see("/deposits");
    assert!(page.contains("Returned") && page.contains("$"), "{page}");
}

#[test]
fn a_collaborator_lodges_and_only_the_owner_withdraws() {
    let mut market = Market::open();
    let vendor = market.selling();
    let mut helper = market.shop.member("helper");
    let members = format!("/stores/{}/members", market.store);
    market.vendor.see(&members);
    assert_eq!(market.vendor.act(&members, &[("username", "helper")]), members);
    let key = keys::make(&mut helper, "write", "");
    let helper_agent = market.shop.agent(&key);
    let route = format!("/api/v1/stores/{}/deposits", market.store);
    let lodged = lodge(&mut market, &helper_agent, &route);
    let back = format!("{route}/{}/withdraw", lodged["id"].as_str().unwrap());
    let refused = helper_agent.post(&back, &json!({}));
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("owner-only")));

    for wrong in [
        json!({ "chain_id": 31_337, "amount": "0" }),
        json!({ "chain_id": 31_337, "amount": "1" }),
        json!({ "chain_id": 31_337, "amount": "a lot" }),
        json!({ "chain_id": 5, "amount": "500000000000000000" }),
    ] {
        assert_eq!(vendor.post(&route, &wrong).status, 422, "{wrong}");
    }

    let page = format!("/stores/{}/deposits", market.store);
    let told = helper.see(&page);
    assert!(told.contains("Lodged") && !told.contains("Withdraw it"), "{told}");
    let told = market.vendor.see(&page);
    assert!(told.contains("Withdraw it"), "{told}");
    let form = format!("{page}/{}/withdraw", lodged["id"].as_str().unwrap());
    market.shop.wait(domain::clock::Span::hours(1));
    let asked = market.vendor.post(&form, &[]);
    assert!(asked.location().starts_with("/account/confirm"), "{}", asked.location());
    assert_eq!(vendor.get(&route).json()["items"][0]["state"], "lodged");
}

#[test]
fn people_lodge_and_withdraw_on_pages_and_staff_demand_there() {
    let mut market = Market::open();
    let vendor = market.selling();
    let page = format!("/stores/{}/deposits", market.store);
    let form = market.vendor.see(&page);
    let pay = form.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (pay, amount, told) in [
        (pay.as_str(), "a lot", "how much"),
        (pay.as_str(), "0.0000001", "The least is"),
        ("5", "0.5", "what to lodge it in"),
    ] {
        let answer = market.vendor.post(&page, &[("pay", pay), ("amount", amount)]);
        assert_eq!(answer.status, 422, "{amount}");
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    assert_eq!(market.vendor.act(&page, &[("pay", &pay), ("amount", "0.5")]), page);
    market.round();
    let awaited = vendor.get(&format!("/api/v1{page}")).json()["items"][0].clone();
    let told = market.vendor.see(&page);
    assert!(told.contains(awaited["address"].as_str().unwrap()), "{told}");
    market.pay(&awaited, 100);
    market.round();

    let mut ann = staff(&market);
    ann.see("/deposits");
    let answer = ann.post("/deposits", &[("kind", "shipped"), ("least", "a lot")]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(ann.act("/deposits", &[("kind", "shipped"), ("least", "500.00")]), "/deposits");
    assert!(ann.see("/deposits").contains("</span>500<span"));

    market.vendor.see(&page);
    let back = format!("{page}/{}/withdraw", awaited["id"].as_str().unwrap());
    assert_eq!(market.vendor.act(&back, &[]), page);
    for _ in 0..4 {
        market.round();
    }
    assert!(market.vendor.see(&page).contains("Returned"));
}
