//! The whole purchase through nginx: two people open accounts in browsers, their agents trade, and
//! both ends are followed by a stream.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use testkit::stream::{Event, Stream};

use crate::client::{Agent, Way, Wire};
use crate::front::Front;
use crate::shop::{PATIENCE, within};

const PAYEE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const REFUND: &str = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Opens a store with one thing in it; gives the package.
pub(crate) fn store(vendor: &Agent) -> String {
    let made = |path: &str, body: Value| {
        let answer = vendor.post(path, &body);
        assert!(answer.status < 300, "{path}: {}", answer.text());
        answer.json()
    };
    let body = json!({ "name": "Kiln", "description": "We sell.", "picture": "crest-kiln" });
    let store = text(&made("/api/v1/stores", body)["id"]);
    let of_store = format!("/api/v1/stores/{store}");
    made(&format!("{of_store}/payout-address"), json!({ "address": PAYEE }));
    let body = json!({ "store_id": store, "name": "Mug", "description": "Good.",
                       "picture": "stoneware-mug" });
    let item = text(&made("/api/v1/items", body)["id"]);
    let body = json!({ "name": "One", "kind": "shipped", "price_cents": 2_800 });
    let package = made(&format!("/api/v1/items/{item}/packages"), body);
    within(PATIENCE, "escrow pays the store", || {
        vendor.get(&of_store).json()["payout"]["in_force"].is_string().then_some(())
    });
    text(&package["id"])
}

/// What the chain answers.
pub(crate) fn rpc(chain: &str, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut socket = TcpStream::connect(chain).unwrap();
    let length = body.len();
    write!(
        socket,
        "POST / HTTP/1.1\r\nHost: {chain}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<Value>(body).unwrap()["result"].clone()
}

/// What the vendor's address holds.
fn balance(front: &Front) -> u128 {
    let wei = rpc(&front.chain, "eth_getBalance", &json!([PAYEE, "latest"]));
    u128::from_str_radix(text(&wei).trim_start_matches("0x"), 16).unwrap()
}

pub(crate) fn follow(way: &Way, key: &str, order: &str, after: usize) -> Stream<Box<dyn Wire>> {
    let request = format!(
        "GET /api/v1/orders/{order}/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\
         Last-Event-ID: {after}\r\nX-API-Key: {key}\r\n\r\n",
        way.host
    );
    Stream::open(way.connect(), request.as_bytes()).unwrap()
}

pub(crate) fn until(stream: &mut Stream<Box<dyn Wire>>, name: &str) -> Vec<Event> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|event: &Event| event.name != name) {
        seen.push(stream.event().unwrap().unwrap_or_else(|| panic!("no {name} in {seen:?}")));
    }
    seen
}

/// An order for one of `package`; gives its id.
pub(crate) fn order(buyer: &Agent, package: &str) -> String {
    let wish = json!({
        "lines": [{ "package_id": package, "quantity": 1 }], "chain_id": 31_337,
        "refund_address": REFUND, "delivery_address": "Ada Lovelace, London",
    });
    let placed = buyer.post("/api/v1/orders", &wish);
    assert_eq!(placed.status, 201, "{}", placed.text());
    text(&placed.json()["id"])
}

#[test]
fn a_purchase_from_the_first_form_to_the_last_event() {
    let front = Front::open();
    let (mut vendor_browser, mut buyer_browser) = (front.browser(11), front.browser(12));
    assert_eq!(vendor_browser.register("vera").status, 200);
    assert_eq!(buyer_browser.register("bruno").status, 200);
    let vendor = Agent { way: front.way(), key: vendor_browser.key() };
    let buyer = Agent { way: front.way(), key: buyer_browser.key() };
    let package = store(&vendor);
    assert!(buyer_browser.see("/").contains("Mug"));

    let order = order(&buyer, &package);
    let of_order = format!("/api/v1/orders/{order}");
    let at = |verb: &str| format!("{of_order}/{verb}");

    let before = balance(&front);
    let mut stream = follow(&front.way(), &buyer.key, &order, 0);
    assert_eq!(stream.status(), Some(200), "{}", stream.head());
    assert!(stream.head().contains("content-type: text/event-stream"), "{}", stream.head());
    let mut seen = until(&mut stream, "address-issued");
    let open = buyer.get(&of_order).json();
    let wei = format!("0x{:x}", text(&open["amount"]).parse::<u128>().unwrap());
    rpc(&front.chain, "devnet_faucet", &json!([open["address"], wei]));
    seen.extend(until(&mut stream, "funded"));
    assert_eq!(vendor.post(&at("ship"), &json!({ "note": "Parcel 1" })).status, 200);
    let mut sold = follow(&front.way(), &vendor.key, &order, seen.len());
    assert_eq!(buyer.post(&at("confirm-receipt"), &json!({})).status, 202);
    let rest = until(&mut stream, "end");
    assert_eq!(until(&mut sold, "end"), rest, "the vendor sees the same");
    assert_eq!(stream.event().unwrap(), None);
    seen.extend(rest);
    assert!(seen.iter().any(|event| event.name == "released"), "{seen:?}");
    let over = follow(&front.way(), &buyer.key, &order, seen.len());
    assert_eq!(over.status(), Some(204));

    assert_eq!(buyer.get(&of_order).json()["status"], "RELEASED");
    assert!(buyer_browser.see(&format!("/orders/{order}")).contains("Released"));
    assert!(balance(&front) > before, "the vendor is paid");
}

#[test]
fn a_quiet_stream_shows_that_it_lives() {
    let front = Front::open();
    let (mut vendor, mut buyer) = (front.browser(13), front.browser(14));
    for (browser, name) in [(&mut vendor, "vera"), (&mut buyer, "bruno")] {
        assert_eq!(browser.register(name).status, 200);
    }
    let vendor = Agent { way: front.way(), key: vendor.key() };
    let buyer = Agent { way: front.way(), key: buyer.key() };
    let order = order(&buyer, &store(&vendor));
    let mut stream = follow(&front.way(), &buyer.key, &order, 0);
    until(&mut stream, "address-issued");
    assert_eq!(stream.comment().unwrap(), "beat", "within the time that nginx waits for");
}
