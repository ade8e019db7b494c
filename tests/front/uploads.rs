//! What is shown in a dispute passes through nginx whole, as large as it may be.

use serde_json::json;

use crate::client::{Agent, Answer, written};
use crate::front::Front;
use crate::purchase::{follow, order, rpc, store, text, until};

/// Most bytes of a file, and most files of a statement (docs/API.md).
const FILE: usize = 5 << 20;
const FILES: usize = 5;
const EDGE: &str = "edge-of-a-part";

/// The parts of a dispute with so many files of so many bytes.
fn form(files: usize, bytes: usize) -> String {
    let part = |name: &str, file: &str, content: &str| {
        format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        )
    };
    let mut body = part("reason", "", "damaged") + &part("statement", "", "See for yourself.");
    for n in 0..files {
        // Each is another one: what was sent already is kept once.
        let content =
            format!("{n}{}", "all is written down, line by line\n".repeat(bytes / 34 + 1));
        body += &part("files", &format!("; filename=\"log-{n}.txt\""), &content[..bytes]);
    }
    body + &format!("--{EDGE}--\r\n")
}

fn dispute(who: &Agent, order: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {}", who.key);
    let kind = format!("multipart/form-data; boundary={EDGE}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind.as_str())];
    let path = format!("/api/v1/orders/{order}/dispute");
    Answer::of(&who.way.exchange(&written(&who.way.host, ("POST", &path), &headers, body)))
}

#[test]
fn five_files_of_five_mebibytes_pass_and_more_is_refused_in_words() {
    let front = Front::open();
    let (mut vendor_browser, mut buyer_browser) = (front.browser(31), front.browser(32));
    assert_eq!(vendor_browser.register("vera").status, 200);
    assert_eq!(buyer_browser.register("bruno").status, 200);
    let vendor = Agent { way: front.way(), key: vendor_browser.key() };
    let buyer = Agent { way: front.way(), key: buyer_browser.key() };
    let order = order(&buyer, &store(&vendor));
    let of_order = format!("/api/v1/orders/{order}");
    let mut stream = follow(&front.way(), &buyer.key, &order, 0);
    until(&mut stream, "address-issued");
    let open = buyer.get(&of_order).json();
    let wei = format!("0x{:x}", text(&open["amount"]).parse::<u128>().unwrap());
    rpc(&front.chain, "devnet_faucet", &json!([open["address"], wei]));
    until(&mut stream, "funded");

    // Within what nginx lets through, the shop says what is wrong.
    let large = dispute(&buyer, &order, &form(1, FILE + 1));
    assert_eq!(large.status, 422, "{}", large.text());
    assert!(large.text().contains("5 MiB"), "{}", large.text());
    let answer = dispute(&buyer, &order, &form(FILES, FILE));
    assert!(answer.status < 300, "{} {}", answer.status, answer.text());
    let shown = buyer.get(&of_order).json();
    let files = shown["dispute"]["files"].as_array().cloned().unwrap_or_default();
    let sizes: Vec<_> = files.iter().map(|file| file["bytes"].clone()).collect();
    assert_eq!(sizes, vec![json!(FILE); FILES], "{shown}");
}
