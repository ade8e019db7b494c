//! Following an order by a stream of events.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::stream::{Event, Stream};

use crate::client::send;
use crate::market::Market;

/// Longest wait for an event: beyond the time between two looks by far.
const PATIENCE: Duration = Duration::from_secs(20);

fn open(addr: SocketAddr, key: &str, order: &str, more: &str) -> Stream<TcpStream> {
    let socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "GET /api/v1/orders/{order}/events HTTP/1.1\r\nHost: {addr}\r\nAccept: text/event-stream\r\n\
         Authorization: Bearer {key}\r\n{more}\r\n"
    );
    Stream::open(socket, request.as_bytes()).unwrap()
}

fn id(order: &Value) -> String {
    order["id"].as_str().unwrap().to_owned()
}

/// A market with a placed order, and the buyer's key.
fn ordered(market: &mut Market) -> (String, String) {
    let key = crate::keys::make(&mut market.buyer, "write", "");
    let placed = market.shop.agent(&key).post("/api/v1/orders", &market.wish());
    assert_eq!(placed.status, 201, "{}", placed.text());
    (id(&placed.json()), key)
}

/// Reads on until an event of this name came.
fn until(stream: &mut Stream<TcpStream>, name: &str) -> Vec<Event> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|event: &Event| event.name != name) {
        seen.push(stream.event().unwrap().unwrap_or_else(|| panic!("no {name} in {seen:?}")));
    }
    seen
}

#[test]
fn every_event_comes_as_it_happens_and_the_end_is_told() {
    let mut market = Market::open();
    let (order, key) = ordered(&mut market);
    let agent = market.shop.agent(&key);
    let mut stream = open(market.shop.addr, &key, &order, "");
    assert_eq!(stream.status(), Some(200), "{}", stream.head());
    for header in [
        "content-type: text/event-stream\r\n",
        "cache-control: no-store\r\n",
        "x-accel-buffering: no\r\n",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(stream.head().contains(header), "{header}: {}", stream.head());
    }
    market.round();
    let mut seen = until(&mut stream, "address-issued");
    let of_order = format!("/api/v1/orders/{order}");
    market.pay(&agent.get(&of_order).json(), 100);
    seen.extend(until(&mut stream, "funded"));
    assert_eq!(agent.post(&format!("{of_order}/confirm-receipt"), &json!({})).status, 202);
    market.round();
    market.round();
    seen.extend(until(&mut stream, "end"));
    assert_eq!(stream.event().unwrap(), None, "the order is over, and so is the stream");

    let end = seen.pop().unwrap();
    assert_eq!((end.id, end.data.as_str()), (None, "null"));
    let events = agent.get(&format!("{of_order}/events")).json();
    let events = events["events"].as_array().unwrap();
    assert_eq!(seen.len(), events.len());
    for (seen, event) in seen.iter().zip(events) {
        assert_eq!(&serde_json::from_str::<Value>(&seen.data).unwrap(), event);
        assert_eq!(seen.id.as_deref(), Some(event["seq"].to_string().as_str()));
        assert_eq!(seen.name, event["kind"].as_str().unwrap());
    }

    let mut rest = open(market.shop.addr, &key, &order, "Last-Event-ID: 2\r\n");
    let again = until(&mut rest, "end");
    assert_eq!(again[..again.len() - 1], seen[2..]);
    let all = format!("Last-Event-ID: {}\r\n", seen.len());
    let over = open(market.shop.addr, &key, &order, &all);
    assert_eq!(over.status(), Some(204), "a browser stops asking");
}

#[test]
fn it_is_for_the_parties_and_for_who_asks_for_it() {
    let mut market = Market::open();
    let (order, key) = ordered(&mut market);
    market.round();
    let stranger = crate::keys::make(&mut market.shop.member("stranger"), "read", "");
    assert_eq!(open(market.shop.addr, &stranger, &order, "").status(), Some(404));
    assert_eq!(open(market.shop.addr, "hfk_no", &order, "").status(), Some(401));
    let none = order.replace(|_: char| true, "0");
    assert_eq!(open(market.shop.addr, &key, &none, "").status(), Some(404));
    let vendor = crate::keys::make(&mut market.vendor, "read", "");
    let mut stream = open(market.shop.addr, &vendor, &order, "");
    assert_eq!(until(&mut stream, "address-issued").len(), 1, "the other party as well");

    let path = format!("/api/v1/orders/{order}/events");
    let agent = market.shop.agent(&key);
    for accept in ["*/*", "application/json", "text/html"] {
        let answer = agent.send("GET", &path, &[("Accept", accept)], b"");
        assert!(answer.json()["events"].is_array(), "{accept}");
    }
    let head = agent.send("HEAD", &path, &[("Accept", "text/event-stream")], b"");
    assert_eq!((head.status, head.body.len()), (200, 0), "it ends");
    let unsigned = send(market.shop.addr, "GET", &path, &[("Accept", "text/event-stream")], b"");
    assert_eq!((unsigned.status, unsigned.json()["code"].as_str()), (401, Some("not-signed-in")));
}

#[test]
fn an_account_follows_eight_at_once_and_who_leaves_makes_room() {
    let mut market = Market::open();
    let (order, key) = ordered(&mut market);
    market.round();
    let addr = market.shop.addr;
    let mut held: Vec<_> = (0..8).map(|_| open(addr, &key, &order, "")).collect();
    assert!(held.iter().all(|stream| stream.status() == Some(200)));
    let refused = open(addr, &key, &order, "");
    assert_eq!(refused.status(), Some(429));
    assert!(refused.head().contains("retry-after: 15\r\n"), "{}", refused.head());
    let vendor = crate::keys::make(&mut market.vendor, "read", "");
    assert_eq!(open(addr, &vendor, &order, "").status(), Some(200), "accounts count apart");

    held.clear();
    let until = Instant::now() + PATIENCE;
    while open(addr, &key, &order, "").status() != Some(200) {
        assert!(Instant::now() < until, "no room, though all left");
        market.shop.wait(domain::clock::Span::secs(2));
    }
}

#[test]
fn a_stopped_shop_cuts_its_streams() {
    let mut market = Market::open();
    let (order, key) = ordered(&mut market);
    market.round();
    let mut stream = open(market.shop.addr, &key, &order, "");
    until(&mut stream, "address-issued");
    drop(market);
    let cut = stream.event().expect_err("the shop is gone");
    assert!(matches!(cut.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{cut}");
}
