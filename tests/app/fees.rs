//! Fees as people and agents meet them: tiers, invitations, and every share before and after paying.

use domain::store::Tier;
use serde_json::{Value, json};

use crate::client::{Agent, Browser};
use crate::keys;
use crate::market::{COMMISSION, Market, REFUND};
use crate::shop::{PASSWORD, Shop};

/// Where the inviter is paid.
const INVITER: &str = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
/// Roles of legs with the name of each in the shares of an order.
const PAID: [&str; 3] = ["vendor", "commission", "referral"];

fn units(value: &Value) -> u128 {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

/// A member whom the operator made staff.
fn staff(shop: &Shop, name: &str) -> Browser {
    let mut browser = shop.member(name);
    let change = format!("UPDATE users SET role = 'staff' WHERE username_key = '{name}';");
    shop.data.by_hand(db::Owner::Web, &change, &change);
    browser.see("/account");
    browser
}

fn agent(market: &Market, browser: &mut Browser) -> Agent {
    let key = keys::make(browser, "write", "");
    market.shop.agent(&key)
}

/// The code on somebody's page of invitations.
fn code(browser: &mut Browser) -> String {
    let page = browser.see("/account/referrals");
    let rest = page.split("/register?ref=").nth(1).expect("a link");
    rest.get(..8).expect("a code").to_owned()
}

/// A browser in which somebody opened an account by a code.
fn invited(shop: &Shop, name: &str, code: &str) -> Browser {
    let mut browser = shop.browser();
    let form = browser.see(&format!("/register?ref={code}"));
    assert!(form.contains(&format!("value=\"{code}\"")), "{form}");
    let fields =
        [("username", name), ("password", PASSWORD), ("repeat", PASSWORD), ("invite", code)];
    let answer = browser.post("/register", &fields);
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser
}

/// An account that invites, with an address that counts.
fn inviter(market: &mut Market) -> (Browser, String) {
    let mut browser = market.shop.member("inviter");
    let code = code(&mut browser);
    let page = "/account/referrals";
    let sure = browser.post("/account/referrals/address", &[("address", INVITER)]);
    assert!(sure.text().contains("Is this the right address?"), "{}", sure.text());
    let fields = [("address", INVITER), ("sure", "true")];
    assert_eq!(browser.act("/account/referrals/address", &fields), page);
    market.round();
    let told = browser.see(page);
    assert!(told.contains("In force") && told.contains(INVITER), "{told}");
    (browser, code)
}

#[test]
fn staff_set_a_store_s_tier_and_orders_that_were_placed_keep_theirs() {
    let mut market = Market::open();
    let (buyer, page) = (market.buying(), format!("/stores/{}/tier", market.store));
    let before = market.ordered(&buyer);
    assert_eq!(
        (&before["shares"]["tier"], &before["commission_bps"]),
        (&json!("free"), &json!(2_000))
    );
    for browser in [&mut market.buyer, &mut market.vendor] {
        assert_eq!(browser.get(&page).status, 404, "customers set no tiers");
        let store = browser.see(page.trim_end_matches("/tier"));
        assert!(!store.contains("Tier and commission"), "{store}");
    }
    let mut ann = staff(&market.shop, "ann");
    assert!(ann.see(page.trim_end_matches("/tier")).contains("Tier and commission"));
    ann.see(&page);
    for fields in [[("tier", "gold"), ("reason", " ")], [("tier", "lead"), ("reason", "Why not")]] {
        assert_eq!(ann.post(&page, &fields).status, 422);
    }
    assert_eq!(ann.act(&page, &[("tier", "gold"), ("reason", "Ten good <b> years")]), page);
    let told = ann.see(&page);
    for word in ["Ten good &lt;b&gt; years", "ann", "Free", "Gold"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let same = ann.post(&page, &[("tier", "gold"), ("reason", "Again")]);
    assert_eq!(same.status, 422, "it is gold already");
    let manage = market.vendor.see(&format!("/stores/{}/manage", market.store));
    assert!(manage.contains("2 % (gold)"), "{manage}");

    let after = market.ordered(&buyer);
    assert_eq!((&after["shares"]["tier"], &after["commission_bps"]), (&json!("gold"), &json!(200)));
    let route = format!("/api/v1/orders/{}", before["id"].as_str().unwrap());
    market.pay(&before, 100);
    assert_eq!(buyer.post(&format!("{route}/confirm-receipt"), &json!({})).status, 202);
    let site = market.balance(COMMISSION);
    market.round();
    market.round();
    let done = buyer.get(&route).json();
    assert_eq!((&done["status"], &done["shares"]["tier"]), (&json!("RELEASED"), &json!("free")));
    let taken: u128 = (market.balance(COMMISSION) - site).to();
    assert_eq!(taken, units(&done["amount"]) / 5, "the commission of the time of the order");
}

#[test]
fn over_json_staff_set_a_tier_and_nobody_of_the_store_does() {
    let mut market = Market::open();
    let route = format!("/api/v1/stores/{}/tier", market.store);
    let wish = |tier: &str| json!({ "tier": tier, "reason": "Sells well" }).to_string();
    let put = |agent: &Agent, tier: &str| {
        agent.send("PUT", &route, &[("Content-Type", "application/json")], wish(tier).as_bytes())
    };
    let (buyer, vendor) = (market.buying(), market.selling());
    for agent in [&buyer, &vendor] {
        assert_eq!((agent.get(&route).status, put(agent, "gold").status), (404, 404));
    }
    let mut ann = staff(&market.shop, "ann");
    let ann = agent(&market, &mut ann);
    assert_eq!(ann.get(&route).json()["tier"], "free");
    assert_eq!(put(&ann, "tin").status, 422);
    for tier in Tier::ALL.map(Tier::as_str) {
        let set = put(&ann, tier);
        assert_eq!((set.status, &set.json()["tier"]), (200, &json!(tier)), "{}", set.text());
    }
    let told = ann.get(&route).json();
    let changes = told["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 4);
    assert_eq!((&changes[0]["was"], &changes[0]["tier"]), (&json!("bronze"), &json!("free")));
    assert_eq!((&changes[0]["by"], &changes[0]["reason"]), (&json!("ann"), &json!("Sells well")));
    // Whoever joins the store sets its tier no more.
    let change = format!(
        "INSERT INTO store_users (store_id, user_id, role, created_at) \
         SELECT '{}', id, 'collaborator', created_at FROM users WHERE username_key = 'ann';",
        market.store
    );
    market.shop.data.by_hand(db::Owner::Web, &change, &change);
    assert_eq!((ann.get(&route).status, put(&ann, "gold").status), (404, 404));
}

#[test]
fn a_code_is_kept_for_ever_and_nobody_s_is_said_so() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let code = code(&mut ada);
    assert_eq!(code, self::code(&mut ada), "always the same");
    let mut browser = shop.browser();
    browser.get("/register");
    for (bad, word) in [("00000000", "Nobody has this code"), ("what", "no invitation code")] {
        let fields =
            [("username", "eve"), ("password", PASSWORD), ("repeat", PASSWORD), ("invite", bad)];
        let answer = browser.post("/register", &fields);
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(word), "{}", answer.text());
    }
    invited(&shop, "bob", &code);
    invited(&shop, "cleo", &code);
    let page = ada.see("/account/referrals");
    assert!(page.contains("2 accounts were opened by it") && !page.contains("bob"), "{page}");
    let key = keys::make(&mut ada, "read", "");
    let json = shop.agent(&key).get("/api/v1/me/referrals").json();
    assert_eq!((&json["code"], &json["invited"]), (&json!(code), &json!(2)));
    assert_eq!((&json["share_bps"], &json["earnings"]["items"]), (&json!(5_000), &json!([])));
    let link = format!("{}/register?ref={code}", shop.origin());
    assert_eq!(json["link"], link);
}

#[test]
fn whoever_brings_a_buyer_is_paid_and_every_share_is_shown_before_and_after() {
    for market in [Market::open(), Market::with_dollars()] {
        brought(market);
    }
}

fn brought(mut market: Market) {
    let (mut inviter, code) = inviter(&mut market);
    let mut guest = invited(&market.shop, "guest", &code);
    let buyer = agent(&market, &mut guest);
    let (quoted, token) = before_paying(&market, &mut guest, &buyer);
    let mut wish = market.wish();
    wish["token_address"] = token;
    let placed = buyer.post("/api/v1/orders", &wish);
    assert_eq!(placed.status, 201, "{}", placed.text());
    let route = format!("/api/v1/orders/{}", placed.json()["id"].as_str().unwrap());
    market.round();
    let order = buyer.get(&route).json();
    assert_eq!(order["shares"]["release"], quoted["release"], "what was quoted is what is sealed");
    let sealed = order["sealed"]["terms"].as_str().unwrap();
    assert!(sealed.contains(&format!("referral address: {INVITER}\n")), "{sealed}");
    market.pay(&order, 100);
    let (path, selling) = (route.trim_start_matches("/api/v1").to_owned(), market.selling());
    let planned = selling.get(&route).json()["shares"].clone();
    assert_eq!(planned, buyer.get(&route).json()["shares"], "both see the same");
    for browser in [&mut guest, &mut market.vendor] {
        let page = browser.see(&path);
        for told in ["Where the money goes", "Referral", "Commission of this site", "Network fees"]
        {
            assert!(page.contains(told), "{told}: {page}");
        }
    }
    let asked = guest.see(&format!("{path}/confirm-receipt"));
    assert!(asked.contains("To whoever invited the buyer"), "{asked}");
    assert_eq!(buyer.post(&format!("{route}/confirm-receipt"), &json!({})).status, 202);
    market.round();
    market.round();
    let done = buyer.get(&route).json();
    assert_eq!(done["status"], "RELEASED", "{done}");
    paid_as_planned(&done, &planned["release"]);
    for browser in [&mut guest, &mut market.vendor] {
        let page = browser.see(&path);
        for told in ["Where the money went", "Referral", "Whoever invited the buyer"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert_eq!(
            page.contains("Left over"),
            units(&done["shares"]["paid"]["residue"]) > 0,
            "{page}"
        );
    }
    assert_eq!(agent(&market, &mut inviter).get(&route).status, 404);
    earned(&market, &mut inviter, (&route, &done));
}

/// What is shown of an order that nobody has placed yet, and the token that it is quoted in.
fn before_paying(market: &Market, guest: &mut Browser, buyer: &Agent) -> (Value, Value) {
    let quote = buyer.post("/api/v1/quotes", &json!({ "lines": market.wish()["lines"] })).json();
    let option = &quote["options"][0];
    let (quoted, token) = (option["shares"].clone(), option["token_address"].clone());
    assert_eq!((&quoted["items_cents"], &quoted["shipping_cents"]), (&json!(7_400), &json!(490)));
    assert_eq!((&quoted["referral_bps"], &quoted["tier"]), (&json!(5_000), &json!("free")));
    let whole = |parts: &Value| -> u128 {
        let all = ["vendor", "commission", "referral", "buyer", "network_fees"];
        all.iter().map(|part| units(&parts[*part])).sum()
    };
    assert_eq!(whole(&quoted["release"]), units(&option["amount"]));
    assert_eq!(whole(&quoted["refund"]), units(&option["amount"]));
    assert_eq!(units(&quoted["ruling"]), units(&option["amount"]) / 10);
    let page = guest.see(&format!("/checkout?package={}&quantity=1", market.package));
    for told in [
        "Where the money goes",
        "Items",
        "Shipping",
        "Referral",
        "50 % of the commission",
        "(free tier)",
        "If staff rule in a dispute",
        "10 %, half from each side",
        "A refund brings",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    (quoted, token)
}

/// What went out is what was shown, and nothing is left out.
fn paid_as_planned(done: &Value, shown: &Value) {
    let paid = &done["shares"]["paid"];
    let legs = done["legs"].as_array().unwrap();
    for role in PAID {
        let leg = legs.iter().find(|leg| leg["role"] == role).unwrap();
        assert_eq!(leg["amount"], paid[role], "{role}");
        let charged = if role == "commission" && !done["token_address"].is_null() {
            units(&shown["network_fees"])
        } else {
            0
        };
        assert_eq!(units(&paid[role]), units(&shown[role]) + charged, "{role}");
    }
    let left: u128 = ["vendor", "commission", "referral", "resolver", "buyer", "residue"]
        .iter()
        .map(|part| units(&paid[*part]))
        .sum();
    let in_coin = done["token_address"].is_null();
    let network = if in_coin { units(&paid["network_fees"]) } else { 0 };
    assert!(units(&paid["network_fees"]) > 0);
    assert_eq!(left + network, units(&done["credited"]), "nothing is left out: {paid}");
}

/// The inviter sees what the order brought, and nothing of the order.
fn earned(market: &Market, inviter: &mut Browser, (route, done): (&str, &Value)) {
    let told = inviter.see("/account/referrals");
    let legs = done["legs"].as_array().unwrap();
    let hash = legs.iter().find(|leg| leg["role"] == "referral").unwrap()["tx_hash"].clone();
    let hash = hash.as_str().unwrap();
    assert!(told.contains("No. 1") && told.contains(hash), "{told}");
    assert!(!told.contains("guest") && !told.contains("brass pen"), "{told}");
    let id = route.rsplit('/').next().unwrap();
    assert!(!told.contains(id), "{told}");
    let agent = agent(market, inviter);
    let json = agent.get("/api/v1/me/referrals").json();
    let earned = &json["earnings"]["items"][0];
    assert_eq!(
        (&earned["amount"], &earned["state"]),
        (&done["shares"]["paid"]["referral"], &json!("final"))
    );
    assert_eq!((&earned["invited"], &earned["tx_hash"]), (&json!(1), &json!(hash)));
}

#[test]
fn without_an_address_or_for_own_orders_nobody_is_paid() {
    let mut market = Market::open();
    let mut ada = market.shop.member("ada");
    let code = code(&mut ada);
    let mut guest = invited(&market.shop, "guest", &code);
    let buyer = agent(&market, &mut guest);
    let order = market.ordered(&buyer);
    assert_eq!(order["shares"]["referral_bps"], Value::Null, "ada has named no address");
    let ada = agent(&market, &mut ada);
    let bad = ada.post("/api/v1/me/referrals/address", &json!({ "address": "0x12" }));
    assert_eq!(bad.status, 422);
    let set = ada.post("/api/v1/me/referrals/address", &json!({ "address": REFUND }));
    assert_eq!((set.status, &set.json()["unanswered"]), (200, &json!(REFUND)));
    market.round();
    assert_eq!(ada.get("/api/v1/me/referrals").json()["address"]["in_force"], REFUND);
    let order = market.ordered(&buyer);
    assert_eq!(order["shares"]["referral_bps"], Value::Null, "it is the buyer's own address");
}

#[test]
fn the_site_may_share_less_or_nothing() {
    let shop = Shop::with(&[("REFERRAL_PERCENT", "0")]);
    let mut ada = shop.member("ada");
    let key = keys::make(&mut ada, "read", "");
    assert_eq!(shop.agent(&key).get("/api/v1/me/referrals").json()["share_bps"], 0);
}
