//! Requests that no browser sends, straight to web and through nginx: what each answers is pinned,
//! none is taken for two, and the next visitor gets what he asked for.

use crate::client::Way;
use crate::front::Front;

/// What a connection said before it was closed: the status of each answer.
type Said = &'static [u16];

/// A request, and what it comes to on both ways.
struct Odd {
    name: &'static str,
    bytes: Vec<u8>,
    direct: Said,
    through: Said,
}

/// The request that hides in the body of others: an answer to it is a picture.
const HIDDEN: &str = "GET /favicon.svg HTTP/1.1\r\nHost: HOST\r\n\r\n";
const PICTURE: &str = "content-type: image/svg+xml";

fn odd(name: &'static str, text: &str, direct: Said, through: Said) -> Odd {
    Odd { name, bytes: text.as_bytes().to_vec(), direct, through }
}

/// A GET of /login with more lines in its head.
fn get(name: &'static str, lines: &str, direct: Said, through: Said) -> Odd {
    let text = format!("GET /login HTTP/1.1\r\nHost: HOST\r\n{lines}Connection: close\r\n\r\n");
    odd(name, &text, direct, through)
}

/// A GET of `target`.
fn target(name: &'static str, target: &str, direct: Said, through: Said) -> Odd {
    let text = format!("GET {target} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
    odd(name, &text, direct, through)
}

/// A form whose length is told by `lines`.
fn post(name: &'static str, lines: &str, body: &str, direct: Said, through: Said) -> Odd {
    let text = format!(
        "POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         {lines}\r\n{body}"
    );
    odd(name, &text, direct, through)
}

fn lengths() -> Vec<Odd> {
    let hidden = format!("0\r\n\r\n{HIDDEN}");
    let length = |value: &str| format!("Content-Length: {value}\r\n");
    vec![
        post(
            "length and chunks",
            &format!("{}Transfer-Encoding: chunked\r\n", length("4")),
            &hidden,
            &[400],
            &[400],
        ),
        post(
            "chunks and length",
            &format!("Transfer-Encoding: chunked\r\n{}", length("60")),
            &hidden,
            &[400],
            &[400],
        ),
        post("two lengths", &(length("3") + &length("4")), "abc", &[400], &[400]),
        post("two equal lengths", &(length("3") + &length("3")), "abc", &[400], &[400]),
        post("a list of lengths", &length("3, 3"), "abc", &[400], &[400]),
        post("a length with a sign", &length("+3"), "abc", &[400], &[400]),
        post("a negative length", &length("-1"), "", &[400], &[400]),
        post("a length in hexadecimal", &length("0x3"), "abc", &[400], &[400]),
        post("an empty length", &length(""), "abc", &[400], &[400]),
        post("a length of words", &length("three"), "abc", &[400], &[400]),
        post("a length beyond numbers", &length("99999999999999999999"), "abc", &[400], &[400]),
        post("a length with a space", &length("3 0"), "abc", &[400], &[400]),
        post(
            "a length under another name",
            "Content_Length: 3\r\nConnection: close\r\n",
            "a=b",
            &[403, 400],
            &[403],
        ),
    ]
}

fn chunks() -> Vec<Odd> {
    let coded = |value: &str| format!("Transfer-Encoding:{value}\r\n");
    let whole = format!("0\r\n\r\n{HIDDEN}");
    let close = "Connection: close\r\n";
    vec![
        post("identity", &coded(" identity"), HIDDEN, &[400], &[501]),
        post("an unknown coding", &coded(" xchunked"), &whole, &[400], &[501]),
        post("chunked twice", &coded(" chunked, chunked"), &whole, &[400], &[501]),
        post(
            "two lines of chunked",
            &(coded(" chunked") + &coded(" chunked")),
            &whole,
            &[400],
            &[400],
        ),
        post("chunked and more", &coded(" chunked, identity"), &whole, &[400], &[501]),
        post("gzip then chunked", &coded(" gzip, chunked"), &whole, &[400], &[501]),
        post("a tab before chunked", &(coded("\tchunked") + close), "0\r\n\r\n", &[403], &[501]),
        post("a vertical tab", &coded(" \x0bchunked"), &whole, &[400], &[501]),
        post("a quoted coding", &coded(" \"chunked\""), &whole, &[400], &[501]),
        post("a space before the colon", "Transfer-Encoding : chunked\r\n", &whole, &[400], &[400]),
        post(
            "a chunk that is no number",
            &coded(" chunked"),
            "xyz\r\nabc\r\n0\r\n\r\n",
            &[400],
            &[400],
        ),
        post(
            "a chunk beyond numbers",
            &coded(" chunked"),
            "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
            &[400],
            &[400],
        ),
        post("a chunk with a sign", &coded(" chunked"), "-3\r\nabc\r\n0\r\n\r\n", &[400], &[400]),
        post("a chunk in 0x", &coded(" chunked"), "0x3\r\nabc\r\n0\r\n\r\n", &[400], &[400]),
        post(
            "a chunk longer than told",
            &coded(" chunked"),
            &format!("3\r\nabcd\r\n{whole}"),
            &[400],
            &[400],
        ),
        post(
            "bare line ends in chunks",
            &(coded(" chunked") + close),
            "3\nabc\n0\r\n\r\n",
            &[400],
            &[403],
        ),
        post(
            "an extension of a chunk",
            &(coded(" chunked") + close),
            "3;a=b\r\nabc\r\n0\r\n\r\n",
            &[403],
            &[403],
        ),
        odd(
            "chunks in HTTP/1.0",
            &format!(
                "POST /login HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n{whole}"
            ),
            &[400],
            &[400],
        ),
    ]
}

fn heads() -> Vec<Odd> {
    vec![
        odd("no host", "GET /login HTTP/1.1\r\nConnection: close\r\n\r\n", &[400], &[400]),
        odd("no host in HTTP/1.0", "GET /login HTTP/1.0\r\n\r\n", &[421], &[]),
        get("two hosts", "Host: evil.example\r\n", &[400], &[400]),
        get("the same host twice", "Host: HOST\r\n", &[400], &[400]),
        odd(
            "a foreign host",
            "GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            &[421],
            &[],
        ),
        odd(
            "a host with a path",
            "GET /login HTTP/1.1\r\nHost: HOST/evil\r\nConnection: close\r\n\r\n",
            &[421],
            &[400],
        ),
        odd(
            "a host with a name",
            "GET /login HTTP/1.1\r\nHost: evil@HOST\r\nConnection: close\r\n\r\n",
            &[421],
            &[],
        ),
        get("a folded line", "X-A: a\r\n b\r\n", &[400], &[400]),
        get("a folded first line", " X-A: a\r\n", &[400], &[400]),
        get("no colon", "X-A\r\n", &[400], &[200]),
        get("an empty name", ": a\r\n", &[400], &[400]),
        get("a space in a name", "X A: a\r\n", &[400], &[400]),
        get("a NUL in a name", "X\0A: a\r\n", &[400], &[400]),
        get("a NUL in a value", "X-A: a\0b\r\n", &[400], &[400]),
        get("a bare carriage return", "X-A: a\rb\r\n", &[400], &[400]),
        get("200 lines", &"X-A: a\r\n".repeat(200), &[431], &[431]),
        get("9 KB in a line", &format!("X-A: {}\r\n", "a".repeat(9_000)), &[200], &[200]),
        get("40 KB in a line", &format!("X-A: {}\r\n", "a".repeat(40_000)), &[200], &[400]),
        get("200 KB in a line", &format!("X-A: {}\r\n", "a".repeat(200_000)), &[431], &[400]),
        odd(
            "bare line ends",
            "GET /login HTTP/1.1\nHost: HOST\nConnection: close\n\n",
            &[200],
            &[200],
        ),
        get("a cookie that is no text", "Cookie: a=\u{e9}\r\n", &[200], &[200]),
        get(
            "websocket",
            "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
            &[200],
            &[200],
        ),
        get(
            "HTTP/2 in the clear",
            "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            &[200],
            &[200],
        ),
    ]
}

fn lines() -> Vec<Odd> {
    let line = |line: &str| format!("{line}\r\nHost: HOST\r\nConnection: close\r\n\r\n");
    vec![
        odd(
            "another site's address",
            &line("GET https://evil.example/login HTTP/1.1"),
            &[421],
            &[],
        ),
        odd("the own address", &line("GET https://HOST/login HTTP/1.1"), &[200], &[200]),
        odd(
            "an address and another host",
            "GET https://HOST/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            &[421],
            &[421],
        ),
        odd("another scheme", &line("GET file:///etc/passwd HTTP/1.1"), &[400], &[400]),
        odd("CONNECT", &line("CONNECT evil.example:443 HTTP/1.1"), &[421], &[400]),
        odd("OPTIONS of all", &line("OPTIONS * HTTP/1.1"), &[404], &[400]),
        odd("TRACE", &line("TRACE /login HTTP/1.1"), &[405], &[405]),
        odd("a method of small letters", &line("get /login HTTP/1.1"), &[405], &[400]),
        odd("an unknown method", &line("BREW /login HTTP/1.1"), &[405], &[405]),
        odd(
            "a long method",
            &line(&format!("{} /login HTTP/1.1", "A".repeat(300))),
            &[405],
            &[405],
        ),
        odd("no version", "GET /login\r\n\r\n", &[400], &[]),
        odd("version 2", &line("GET /login HTTP/2.0"), &[400], &[505]),
        odd("version 1.2", &line("GET /login HTTP/1.2"), &[400], &[200]),
        odd("a version with more", &line("GET /login HTTP/1.1x"), &[400], &[400]),
        odd("two spaces", &line("GET  /login HTTP/1.1"), &[400], &[200]),
        odd("tabs between", &line("GET\t/login\tHTTP/1.1"), &[400], &[400]),
        odd("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400], &[400]),
        odd("TLS of another kind", "\x16\x03\x01\x02\x01\x01", &[400], &[400]),
        target("no slash", "login", &[421], &[400]),
        target("a NUL in the path", "/login\0", &[400], &[400]),
        target("a NUL behind a percent", "/login%00", &[404], &[400]),
        target("a broken percent", "/login%zz", &[404], &[400]),
        target("a byte that is no text", "/stores/%ff", &[404], &[404]),
        target("a raw byte", "/stores/\u{e9}", &[400], &[400]),
        target("two slashes", "//evil.example/login", &[404], &[404]),
        target("a backslash", "/\\evil.example", &[404], &[404]),
        target("dots", "/static/../account", &[404], &[404]),
        target("dots behind percents", "/static/%2e%2e/account", &[404], &[404]),
        target("dots above the top", "/../../etc/passwd", &[404], &[400]),
        target("a parameter in a segment", "/..;/account", &[404], &[404]),
        target("a fragment", "/login#x", &[200], &[200]),
        target("an address of 20 KB", &format!("/{}", "a".repeat(20_000)), &[404], &[404]),
        target("an address of 70 KB", &format!("/{}", "a".repeat(70_000)), &[400], &[414]),
        target("a key in the address", "/api/v1/me?token=x", &[400], &[400]),
    ]
}

fn bodies() -> Vec<Odd> {
    let form = |length: usize, body: &str| {
        format!(
            "POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let pair = "GET /openapi.json HTTP/1.1\r\nHost: HOST\r\n\r\nGET /login HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";
    vec![
        odd("a body too long for the shop", &form(70_000, &"a".repeat(70_000)), &[413], &[413]),
        odd("a body too long for nginx", &form(200_000, &"a".repeat(200_000)), &[413], &[413]),
        odd("a length far beyond", &form(4_000_000_000, "a"), &[413], &[413]),
        odd("a form without its token", &form(3, "a=b"), &[403], &[403]),
        odd(
            "a body with a GET",
            &format!(
                "GET /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{HIDDEN}",
                HIDDEN.len() + "shop.example:12345".len() - "HOST".len()
            ),
            &[200],
            &[200],
        ),
        odd("one after the other", pair, &[200, 200], &[200, 200]),
    ]
}

/// Sends an odd request; gives the statuses of what came back, and all of it.
fn said(way: &Way, odd: &Odd) -> (Vec<u16>, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // Not through text: some of it is none.
    let mut bytes = Vec::new();
    let mut rest = odd.bytes.as_slice();
    while let Some(at) = rest.windows(4).position(|four| four == b"HOST") {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(way.host.as_bytes());
        rest = &rest[at + 4..];
    }
    bytes.extend_from_slice(rest);
    let answer = text(&way.exchange(&bytes));
    let statuses =
        answer.split("HTTP/1.").skip(1).filter_map(|rest| rest.get(2..5)?.parse().ok()).collect();
    (statuses, answer)
}

fn check(front: &Front, all: &[Odd]) {
    let mut wrong = Vec::new();
    for odd in all {
        for (kind, way, expected) in
            [("direct", front.direct(), odd.direct), ("through", front.way(), odd.through)]
        {
            let (statuses, answer) = said(&way, odd);
            if statuses != expected {
                wrong.push(format!("{} {kind}: {statuses:?}, not {expected:?}", odd.name));
            }
            if answer.to_ascii_lowercase().contains(PICTURE) {
                wrong.push(format!("{} {kind}: took one request for two", odd.name));
            }
            // Connections between nginx and web are shared by visitors.
            let next = way.send("GET", "/openapi.json", &[]);
            let title = &next.json()["info"]["title"];
            assert_eq!((next.status, title.as_str()), (200, Some("Holdfast")), "{}", odd.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn odd_lengths_and_chunks() {
    let front = Front::open();
    check(&front, &lengths());
    check(&front, &chunks());
}

#[test]
fn odd_heads() {
    check(&Front::open(), &heads());
}

#[test]
fn odd_first_lines_and_bodies() {
    let front = Front::open();
    check(&front, &lines());
    check(&front, &bodies());
}
