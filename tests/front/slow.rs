//! Who sends slowly is cut off, and holds up nobody.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::client::{Way, Wire};
use crate::front::Front;

/// Beyond the ten seconds that a request's head and its body may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Sends `start` and then a byte now and then, until the server closes; gives what it said.
fn drip(mut wire: Box<dyn Wire>, start: &str) -> String {
    wire.write_all(start.as_bytes()).unwrap();
    let began = Instant::now();
    let mut said = Vec::new();
    let mut byte = [0; 1];
    while began.elapsed() < LIMIT {
        match wire.read(&mut byte) {
            Ok(0) => return String::from_utf8_lossy(&said).into_owned(),
            Ok(_) => said.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if wire.write_all(b"a").and_then(|()| wire.flush()).is_err() {
                    return String::from_utf8_lossy(&said).into_owned();
                }
            }
            Err(_) => return String::from_utf8_lossy(&said).into_owned(),
        }
    }
    panic!("still open after {LIMIT:?}; it said {}", String::from_utf8_lossy(&said));
}

fn slow(way: &Way, start: &str) -> String {
    drip(way.connect_patient(Duration::from_secs(2)), &start.replace("HOST", &way.host))
}

#[test]
fn slow_heads_and_slow_bodies_are_cut() {
    let front = Front::open();
    let head = "GET /login HTTP/1.1\r\nHost: HOST\r\nX-A: a";
    let body = "POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\na=";
    let silent = "";
    let (direct, through) = (front.direct(), front.way());
    std::thread::scope(|scope| {
        let all: Vec<_> = [
            ("head, direct", &direct, head, "HTTP/1.1 408 "),
            ("head, through", &through, head, ""),
            ("body, direct", &direct, body, "HTTP/1.1 408 "),
            ("silent, direct", &direct, silent, "HTTP/1.1 408 "),
        ]
        .into_iter()
        .map(|(name, way, start, said)| (name, scope.spawn(move || slow(way, start)), said))
        .collect();
        // Meanwhile everybody else is served.
        for way in [&direct, &through] {
            assert_eq!(way.send("GET", "/login", &[]).status, 200);
        }
        for (name, thread, said) in all {
            let answer = thread.join().unwrap();
            assert!(answer.starts_with(said), "{name}: {answer}");
            assert!(!answer.contains("200 OK"), "{name}: {answer}");
        }
    });
}
