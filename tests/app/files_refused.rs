//! Files that are not taken: of a foreign kind, too many, too large, from whom they are not wanted, or
//! where none can be kept. Each is answered in a sentence and leaves nothing.

use std::time::Duration;

use domain::limits::{FILE_BYTES, FILES_A_CLAIM};
use serde_json::json;

use crate::disputes::{agent, code, disputed};
use crate::files::{EDGE, Kept, PNG, Part, claim, claims, form, kind, names, post};
use crate::market::Market;

/// A file by its name.
type Named<'a> = (&'a str, &'a [u8]);

#[test]
fn what_is_not_taken_is_said_in_a_sentence_and_leaves_nothing() {
    let mut kept = Kept::open();
    let (_, route) = disputed(&mut kept.market);
    let buyer = kept.market.buying();
    let large = vec![b'a'; usize::try_from(FILE_BYTES).expect("it fits") + 1];
    let six: Vec<(&str, &[u8])> = (0..=FILES_A_CLAIM).map(|_| ("a.txt", &b"text"[..])).collect();
    let many: Vec<(&str, &[u8])> = (0..10_000).map(|_| ("a.txt", &b"text"[..])).collect();
    let cases: [(&str, &[Named<'_>], &str); 7] = [
        (
            "a picture of a foreign kind",
            &[("x.svg", b"\0<svg onload=alert(1)>")],
            "only PNG, JPEG and WebP",
        ),
        (
            "a program under a picture's name",
            &[("a.png", b"\x7fELF\x02\x01\x01\0\0\0\0\0")],
            "a.png is not taken",
        ),
        ("nothing at all", &[("empty.txt", b"")], "empty"),
        ("too large", &[("long.txt", &large)], "5 MiB at most"),
        (
            "a good and a bad one",
            &[("a.png", PNG), ("b.zip", b"PK\x03\x04\x14\0\0\0\x08\0")],
            "b.zip",
        ),
        ("six", &six, "At most 5"),
        ("ten thousand", &many, "At most 5"),
    ];
    for (what, files, sentence) in cases {
        let answer = claim(&buyer, &route, files);
        assert_eq!(code(&answer), (422, json!("invalid-input")), "{what}: {}", answer.text());
        assert_eq!(answer.json()["faults"][0]["field"], "files", "{what}: {}", answer.text());
        assert!(answer.text().contains(sentence), "{what}: {}", answer.text());
        assert_eq!(kept.names(), [""; 0], "{what}");
    }
    assert_eq!(claims(&buyer, &route), [json!(null); 0]);
}

#[test]
fn a_page_gives_its_form_back_with_what_was_typed() {
    let mut kept = Kept::open();
    let (page, _) = disputed(&mut kept.market);
    let browser = &mut kept.market.buyer;
    browser.see(&format!("{page}/claim"));
    let parts: [Part<'_>; 2] =
        [("body", None, b"As you can see"), ("files", Some("x.gif"), b"GIF89a\x01\0\x01\0\0\0")];
    let back = post(browser, &format!("{page}/claim"), &parts);
    assert_eq!(back.status, 422);
    for word in ["As you can see", "x.gif is not taken", "id=\"e-files\""] {
        assert!(back.text().contains(word), "{word}: {}", back.text());
    }
}

#[test]
fn what_is_no_form_of_ours_is_not_read() {
    let mut kept = Kept::open();
    let (_, route) = disputed(&mut kept.market);
    let buyer = kept.market.buying();
    // A body beyond all bounds is listened to for a while, and answered.
    let huge = vec![b'a'; 40 << 20];
    let answer = claim(&buyer, &route, &[("a.txt", &huge)]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    // What is no form of ours is not taken either.
    for (kind, body, status, word) in [
        ("multipart/form-data", form(&[("body", None, b"x")]), 400, "broken-form"),
        (kind().as_str(), b"no parts".to_vec(), 400, "broken-"),
        (
            kind().as_str(),
            form(&[("body", None, b"x"), ("body", None, b"y")]),
            400,
            "duplicate-field",
        ),
        (
            kind().as_str(),
            form(&[("body", None, b"x"), ("photo", Some("a.png"), PNG)]),
            422,
            "unexpected-fields",
        ),
        (kind().as_str(), form(&[("body", None, &vec![b'x'; 70_000])]), 413, "too-large"),
        (kind().as_str(), form(&[("body", None, b"\xff")]), 400, "not-utf-8"),
        ("text/plain", b"x".to_vec(), 415, "unsupported-media-type"),
    ] {
        let answer =
            buyer.send("POST", &format!("{route}/claim"), &[("Content-Type", kind)], &body);
        assert_eq!(answer.status, status, "{word}: {}", answer.text());
        assert!(answer.text().contains(word), "{word}: {}", answer.text());
    }
    assert_eq!(kept.names(), [""; 0]);
}

#[test]
fn a_form_without_its_token_is_not_even_written_down() {
    let mut kept = Kept::open();
    let (page, _) = disputed(&mut kept.market);
    let browser = &mut kept.market.buyer;
    browser.see(&format!("{page}/claim"));
    let (path, token) = (format!("{page}/claim"), browser.csrf.clone());
    let headers = [("Content-Type", kind())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    for parts in [
        vec![("body", None, &b"x"[..]), ("files", Some("a.png"), PNG)],
        vec![("csrf", None, &b"wrong"[..]), ("body", None, b"x"), ("files", Some("a.png"), PNG)],
        // It comes too late: the file would be on the disk already.
        vec![
            ("body", None, &b"x"[..]),
            ("files", Some("a.png"), PNG),
            ("csrf", None, token.as_bytes()),
        ],
    ] {
        let answer = browser.request("POST", &path, &headers, &form(&parts));
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(!kept.folder.exists(), "not even the folder was made");
    }
}

#[test]
fn who_may_say_nothing_sends_no_file() {
    let mut kept = Kept::open();
    let buyer = kept.market.buying();
    let undisputed = kept.market.ordered(&buyer)["id"].as_str().expect("an id").to_owned();
    let answer = claim(&buyer, &format!("/api/v1/orders/{undisputed}"), &[("a.png", PNG)]);
    assert_eq!(answer.status, 409, "{}", answer.text());
    let (page, route) = disputed(&mut kept.market);
    let mut eve = kept.market.shop.member("eve");
    assert_eq!(claim(&agent(&kept.market, &mut eve), &route, &[("a.png", PNG)]).status, 404);
    eve.see("/account");
    let sent = post(
        &mut eve,
        &format!("{page}/claim"),
        &[("body", None, b"x"), ("files", Some("a.png"), PNG)],
    );
    assert_eq!(sent.status, 404);
    assert!(!kept.folder.exists());
}

#[test]
fn a_slow_sender_is_cut_off() {
    let base = tempfile::tempdir().expect("a folder is made");
    let folder = base.path().join("files");
    let name = folder.to_str().expect("its name is text");
    let mut market = Market::tuned(&[("FILES_DIR", name)], |app| {
        app.body_deadline = Duration::from_millis(300);
    });
    let (_, route) = disputed(&mut market);
    let buyer = market.buying();
    let part = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\nabc"
    );
    let head = format!(
        "POST {route}/claim HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: 999\r\n\r\n{part}",
        market.shop.addr,
        buyer.key(),
        kind()
    );
    let answer = crate::client::raw(market.shop.addr, head.as_bytes());
    assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("slow-body")));
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_shop_that_cannot_keep_files_says_so_and_takes_words() {
    let base = tempfile::tempdir().expect("a folder is made");
    // A file stands where the folder would be: nothing can be written, whoever tries.
    let folder = base.path().join("files");
    std::fs::write(&folder, "").expect("it is written");
    let name = folder.to_str().expect("its name is text");
    let mut market = Market::with(&[("FILES_DIR", name)]);
    let (_, route) = disputed(&mut market);
    let buyer = market.buying();
    let refused = claim(&buyer, &route, &[("nib.png", PNG)]);
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("cannot keep files"), "{}", refused.text());
    assert!(claims(&buyer, &route).is_empty(), "nothing is half done");
    assert_eq!(claim(&buyer, &route, &[]).status, 200);
}

/// A folder of one megabyte, which root alone can make: elsewhere the test above stands for it.
#[test]
fn a_full_disk_leaves_nothing_half_done() {
    use std::process::Command;
    let base = tempfile::tempdir().expect("a folder is made");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(base.path());
    if !mount.status().is_ok_and(|status| status.success()) {
        eprintln!("no folder can be mounted here");
        return;
    }
    let folder = base.path().join("files");
    let mut market = Market::with(&[("FILES_DIR", folder.to_str().expect("text"))]);
    let (_, route) = disputed(&mut market);
    let buyer = market.buying();
    let large = vec![b'a'; 2 << 20];
    let refused = claim(&buyer, &route, &[("small.png", PNG), ("large.txt", &large)]);
    let left = names(&folder);
    let unmounted = Command::new("umount").arg("--lazy").arg(base.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(left, [""; 0]);
    assert!(claims(&buyer, &route).is_empty());
}
