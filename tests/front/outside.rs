//! What nginx adds, leaves alone and says by itself.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use crate::client::Answer;
use crate::front::{Fit, Front, NAME, Nginx, free};
use crate::shop::{PATIENCE, within};

#[test]
fn files_pass_with_their_headers_once() {
    let front = Front::open();
    let way = front.way();
    let home = way.send("GET", "/", &[]);
    assert_eq!(home.status, 200);
    let text = home.text();
    let css = text.split("href=\"").find(|rest| rest.starts_with("/static/")).unwrap();
    let css = css.split('"').next().unwrap();
    let file = way.send("GET", css, &[("Accept-Encoding", "gzip")]);
    assert_eq!((file.status, file.header("content-encoding")), (200, Some("gzip")));
    assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let etag = file.header("etag").unwrap().to_owned();
    let again = way.send("GET", css, &[("If-None-Match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let plain = way.send("GET", css, &[]);
    assert!(plain.header("content-encoding").is_none() && plain.text().contains("--"), "css");
    let head = way.send("HEAD", css, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));

    for answer in [home, file, again, way.send("GET", "/api/v1/me", &[])] {
        for name in [
            "content-security-policy",
            "strict-transport-security",
            "x-content-type-options",
            "referrer-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "cache-control",
            "x-request-id",
            "date",
        ] {
            assert_eq!(answer.count(name), 1, "{name}: {:?}", answer.headers);
        }
        assert_eq!(answer.header("server"), Some("nginx"), "no version");
        for name in ["x-accel-buffering", "x-powered-by", "alt-svc", "upgrade"] {
            assert_eq!(answer.count(name), 0, "{name}: {:?}", answer.headers);
        }
    }
}

#[test]
fn only_the_shop_s_own_name_is_answered() {
    let front = Front::open();
    let way = front.way();
    for host in ["evil.example", "127.0.0.1", "", "shop.example.evil.example"] {
        let answer = way.exchange(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        let shown = String::from_utf8_lossy(&answer).into_owned();
        assert!(shown.is_empty() || shown.starts_with("HTTP/1.1 400 "), "{host}: {shown}");
    }
    let mut plain = front.direct();
    plain.addr = front.nginx.plain;
    plain.host = NAME.to_owned();
    let led = plain.send("GET", "/items?page=2", &[]);
    assert_eq!(led.status, 308);
    assert_eq!(led.header("location"), Some("https://shop.example/items?page=2"));
    assert_eq!(plain.exchange(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), b"");
    let mut mixed = front.direct();
    mixed.addr = front.nginx.tls;
    assert_eq!(mixed.send("GET", "/", &[]).status, 400, "plain HTTP where TLS is spoken");
    let mut stranger = way.clone();
    stranger.host = "shop.example:1".to_owned();
    assert_eq!(stranger.send("GET", "/api/v1/me", &[]).json()["code"], "unknown-host");
}

/// A page by curl, with the version of HTTP that was spoken.
fn curl(front: &Front, more: &[&str], path: &str) -> String {
    let tls = front.nginx.tls;
    let output = Command::new("curl")
        .args(["-sS", "-i", "-m", "20", "--noproxy", "*"])
        .args(["--resolve", &format!("{NAME}:{}:{}", tls.port(), tls.ip()), "--cacert"])
        .arg(front.nginx.certificate())
        .args(more)
        .arg(format!("https://{NAME}:{}{path}", tls.port()))
        .output()
        .expect("curl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn browsers_speak_http_2_and_old_tls_is_refused() {
    let front = Front::open();
    let page = curl(&front, &["--http2"], "/login");
    assert!(page.starts_with("HTTP/2 200") && page.contains("name=\"csrf\""), "{page}");
    let forged = ["--http2", "-H", "X-Forwarded-Host: evil.example", "-H", "Forwarded: host=evil"];
    assert!(!curl(&front, &forged, "/login").contains("evil"));
    let old = Command::new("curl")
        .args(["-sS", "-m", "20", "--noproxy", "*", "--tls-max", "1.1", "-k"])
        .arg(format!("https://{}/", front.nginx.tls))
        .output()
        .unwrap();
    assert!(!old.status.success(), "{old:?}");
    let log = front.nginx.log("access.log");
    assert!(log.contains("\"GET /login\" 200"), "{log}");
}

#[test]
fn queries_stand_in_no_log() {
    let front = Front::open();
    front.way().send("GET", "/api/v1/items?token=canary", &[]);
    front.way().send("GET", "/login?next=canary", &[]);
    let log = within(PATIENCE, "it is logged", || {
        Some(front.nginx.log("access.log")).filter(|log| log.contains("/login"))
    });
    assert!(!log.contains("canary") && log.contains("127.0.0.1"), "{log}");
    assert!(!front.nginx.log("error.log").contains("canary"));
    assert!(!front.running.said().contains("canary"));
}

#[test]
fn a_shop_that_is_away_is_told_in_words() {
    let nginx = Nginx::start(&Fit::before(free()));
    let way = nginx.way();
    let page = way.send("GET", "/", &[]);
    assert!(page.text().contains("look whether it arrived"), "{}", page.text());
    let problem = way.send("POST", "/api/v1/orders", &[("Content-Type", "application/json")]);
    assert_eq!(problem.json()["code"], "unavailable");
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    for answer in [page, problem] {
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("10")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

/// Answers one request with `answer`, and gives what was asked.
fn once(answer: String) -> (std::net::SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut asked = Vec::new();
        let mut buffer = [0; 4096];
        while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
            let count = socket.read(&mut buffer).unwrap();
            assert!(count > 0, "the head did not come whole");
            asked.extend_from_slice(&buffer[..count]);
        }
        socket.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&asked).into_owned()
    });
    (addr, served)
}

#[test]
fn payments_travel_in_long_headers_both_ways() {
    let offer = "a".repeat(28_000);
    let (shop, served) = once(format!(
        "HTTP/1.1 402 Payment Required\r\nPAYMENT-REQUIRED: {offer}\r\nContent-Length: 2\r\n\
         Connection: close\r\n\r\n{{}}"
    ));
    let nginx = Nginx::start(&Fit::before(shop));
    let payment = "b".repeat(28_000);
    let more = [
        ("PAYMENT-SIGNATURE", payment.as_str()),
        ("Authorization", "Payment x"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Protocol-Version", "2025-11-25"),
        ("Idempotency-Key", "1"),
        ("Last-Event-ID", "4"),
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Real-IP", "6.6.6.6"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-Server", "evil.example"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite-URL", "/admin"),
        ("Forwarded", "for=6.6.6.6"),
        ("Proxy", "http://evil.example"),
        ("Upgrade", "websocket"),
        ("TE", "trailers"),
    ];
    let answer: Answer = nginx.way().send("GET", "/api/v1/paid", &more);
    assert_eq!((answer.status, answer.text().as_str()), (402, "{}"));
    assert_eq!(answer.header("payment-required"), Some(offer.as_str()));

    let asked = served.join().unwrap().to_ascii_lowercase();
    let value = |name: &str| {
        let found: Vec<_> =
            asked.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        assert!(found.len() <= 1, "{name} came twice");
        found.first().copied().map(str::to_owned)
    };
    assert_eq!(value("payment-signature"), Some(payment));
    for (name, passed) in [
        ("authorization", "payment x"),
        ("mcp-method", "tools/call"),
        ("mcp-protocol-version", "2025-11-25"),
        ("idempotency-key", "1"),
        ("last-event-id", "4"),
        ("x-forwarded-for", "127.0.0.1"),
    ] {
        assert_eq!(value(name).as_deref(), Some(passed), "{name}");
    }
    assert_eq!(value("host"), Some(nginx.way().host));
    for name in [
        "x-real-ip",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-server",
        "x-original-url",
        "x-rewrite-url",
        "forwarded",
        "proxy",
        "upgrade",
        "te",
        "connection",
    ] {
        assert_eq!(value(name), None, "{name}");
    }
}
