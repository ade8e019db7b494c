//! Who counts as whom, and how often he may come.

use std::net::IpAddr;

use crate::client::{Answer, PASSWORD, Way, read_all, written};
use crate::front::Front;

const FORGED: [(&str, &str); 5] = [
    ("X-Forwarded-For", "198.51.100.77"),
    ("X-Real-IP", "198.51.100.77"),
    ("Forwarded", "for=198.51.100.77;host=evil.example;proto=http"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "http"),
];

/// A login that fails, with a fresh form each time.
fn login(way: &Way, from: IpAddr, more: &[(&str, &str)]) -> Answer {
    let page = Answer::of(&read_all(
        way.connect_from(from),
        &written(&way.host, ("GET", "/login"), &[], ""),
    ));
    let shown = page.text();
    let csrf = shown.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let cookie = page.header("set-cookie").and_then(|set| set.split(';').next()).unwrap();
    let origin = format!("https://{}", way.host);
    let mut headers = vec![
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Origin", origin.as_str()),
        ("Cookie", cookie),
    ];
    headers.extend_from_slice(more);
    let body = format!("csrf={}&username=nobody&password={PASSWORD}", csrf.unwrap());
    let bytes = written(&way.host, ("POST", "/login"), &headers, &body.replace(' ', "+"));
    Answer::of(&read_all(way.connect_from(from), &bytes))
}

#[test]
fn a_visitor_is_counted_by_his_own_address_whatever_he_claims() {
    let front = Front::open();
    let way = front.way();
    let at = |last: u8| IpAddr::from([127, 0, 0, last]);
    for n in 0..11 {
        let claimed = format!("198.51.100.{n}");
        let more = [("X-Forwarded-For", claimed.as_str()), FORGED[1], FORGED[2]];
        let answer = login(&way, at(21), &more);
        assert_eq!(answer.status, if n < 10 { 422 } else { 429 }, "try {n}: {}", answer.text());
    }
    assert!(login(&way, at(21), &[]).header("retry-after").is_some());
    assert_eq!(login(&way, at(22), &[]).status, 422, "his neighbour is not delayed");

    // Straight to web, a stranger's headers count for nothing, and the proxy's are believed.
    let direct = front.direct();
    for n in 0..11 {
        let claimed = format!("198.51.100.{n}");
        let answer = login(&direct, at(23), &[("X-Forwarded-For", &claimed)]);
        assert_eq!(answer.status, if n < 10 { 422 } else { 429 }, "try {n}");
    }
    let refused = login(&direct, at(1), &[("X-Forwarded-For", "127.0.0.21")]);
    assert_eq!(refused.status, 429, "who is known from nginx is known here");
    let other = [("X-Forwarded-For", "127.0.0.21, 198.51.100.3")];
    assert_eq!(login(&direct, at(1), &other).status, 422, "what stands left is not believed");
}

#[test]
fn what_a_visitor_claims_about_the_site_is_not_believed() {
    let front = Front::open();
    for way in [front.way(), front.direct()] {
        let page = way.send("GET", "/login", &FORGED);
        assert_eq!(page.status, 200);
        let shown = format!("{:?} {}", page.headers, page.text());
        assert!(!shown.contains("evil.example") && !shown.contains("http://"), "{shown}");
        let cookie = page.header("set-cookie").unwrap();
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    }
}

#[test]
fn one_address_gets_no_more_than_its_share_of_nginx() {
    let front = Front::open();
    let way = front.way();
    // Many requests on one connection, faster than any reader clicks.
    let burst = |from: u8, path: &str, count: usize| -> Vec<u16> {
        let one = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", way.host);
        let last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let wire = way.connect_from([127, 0, 0, from].into());
        let bytes = read_all(wire, (one.repeat(count - 1) + &last).as_bytes());
        statuses(&bytes)
    };
    let pages = burst(31, "/api/v1/nowhere", 200);
    let refused = pages.iter().filter(|status| **status == 429).count();
    assert_eq!(pages.len(), 200);
    assert!((40..=100).contains(&refused), "{refused} of 200 were refused");
    assert!(pages.iter().all(|status| [404, 429].contains(status)), "{pages:?}");
    assert_eq!(burst(32, "/api/v1/nowhere", 1), [404], "his neighbour is served");
    let files = burst(33, "/static/img/placeholder.svg", 200);
    assert!(files.iter().all(|status| *status == 200), "a page's files are no flood: {files:?}");

    let ask = |path: &str| {
        let bytes = written(&way.host, ("GET", path), &[], "");
        let from = [127, 0, 0, 31].into();
        let all: Vec<_> =
            (0..40).map(|_| Answer::of(&read_all(way.connect_from(from), &bytes))).collect();
        all.into_iter().find(|answer| answer.status == 429)
    };
    burst(31, "/api/v1/nowhere", 200);
    let problem = ask("/api/v1/nowhere").expect("it is still refused");
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert_eq!(problem.json()["code"], "too-many-requests");
    burst(31, "/api/v1/nowhere", 200);
    let page = ask("/").expect("it is still refused");
    assert!(page.text().contains("A little slower, please"), "{}", page.text());
    for answer in [problem, page] {
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

/// The statuses of all answers in `bytes`.
fn statuses(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}
