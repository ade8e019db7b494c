//! Files that go with statements in disputes: what is taken, what is not, who gets them, and what is
//! left where something is cut off.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::clock::Span;
use domain::limits::{FILES_A_CLAIM, FILES_A_DAY, FILES_A_DISPUTE};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{Agent, Answer, Browser};
use crate::disputes::{agent, code, disputed, staff};
use crate::market::Market;

pub const EDGE: &str = "----holdfast-test-edge";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and the rest of a picture";

/// A part of a form: a field, or a file with its name.
pub type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head =
            format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend(head.bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{EDGE}--\r\n").bytes());
    body
}

pub fn kind() -> String {
    format!("multipart/form-data; boundary={EDGE}")
}

pub fn send(who: &Agent, path: &str, parts: &[Part<'_>]) -> Answer {
    who.send("POST", path, &[("Content-Type", &kind())], &form(parts))
}

/// A statement of an agent with these files.
pub fn claim(who: &Agent, route: &str, files: &[(&str, &[u8])]) -> Answer {
    let mut parts: Vec<Part<'_>> = vec![("body", None, b"See for yourself.")];
    parts.extend(files.iter().map(|(name, content)| ("files", Some(*name), *content)));
    send(who, &format!("{route}/claim"), &parts)
}

/// What a browser sends, the token first.
pub fn post(browser: &mut Browser, path: &str, parts: &[Part<'_>]) -> Answer {
    let token = browser.csrf.clone();
    let mut all: Vec<Part<'_>> = vec![("csrf", None, token.as_bytes())];
    all.extend_from_slice(parts);
    let headers = [("Content-Type", kind()), ("Sec-Fetch-Site", "same-origin".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    browser.request("POST", path, &headers, &form(&all))
}

/// A market that keeps files in a folder of its own, on any engine.
pub struct Kept {
    pub market: Market,
    pub folder: PathBuf,
    _base: tempfile::TempDir,
}

impl Kept {
    pub fn open() -> Self {
        let base = tempfile::tempdir().expect("a folder is made");
        let folder = base.path().join("files");
        let name = folder.to_str().expect("its name is text").to_owned();
        Self { market: Market::with(&[("FILES_DIR", &name)]), folder, _base: base }
    }

    pub fn names(&self) -> Vec<String> {
        names(&self.folder)
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("it is listed").file_name().into_string().expect("its name is text")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The statements of a dispute as `who` reads them.
pub fn claims(who: &Agent, route: &str) -> Vec<Value> {
    who.get(route).json()["dispute"]["claims"].as_array().expect("a list").clone()
}

#[test]
fn a_buyer_shows_a_file_on_a_page_and_those_of_the_order_get_it() {
    let mut kept = Kept::open();
    let market = &mut kept.market;
    let buying = market.buying();
    let json = market.ordered(&buying);
    market.pay(&json, 100);
    let id = json["id"].as_str().expect("an id");
    let (page, route) = (format!("/orders/{id}"), format!("/api/v1/orders/{id}"));
    let asked = market.buyer.see(&format!("{page}/dispute"));
    for word in
        ["enctype=\"multipart/form-data\"", "type=\"file\" name=\"files\" multiple", "5 MiB"]
    {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    let opened = post(
        &mut market.buyer,
        &format!("{page}/dispute"),
        &[
            ("reason", None, b"damaged"),
            ("statement", None, b"The nib is bent."),
            ("files", Some("C:\\fakepath\\../Nib & Küche.png"), PNG),
            ("files", Some(""), b""),
        ],
    );
    assert_eq!((opened.status, opened.location()), (303, page.as_str()), "{}", opened.text());
    market.round();
    let shown = market.vendor.see(&page);
    let link = format!("{page}/files/{}", hash(PNG));
    assert!(shown.contains(&link) && shown.contains("Nib _ Küche.png"), "{shown}");
    let file = &buying.get(&route).json()["dispute"]["files"][0];
    assert_eq!(
        (&file["name"], &file["media_type"], &file["bytes"], &file["sha256"]),
        (&json!("Nib _ Küche.png"), &json!("image/png"), &json!(PNG.len()), &json!(hash(PNG)))
    );
    let mut ann = staff(market, "ann");
    let mut bob = market.shop.member("bob");
    for browser in [&mut market.buyer, &mut market.vendor, &mut ann] {
        let got = browser.get(&link);
        assert_eq!((got.status, got.body.as_slice()), (200, PNG));
        let header = |name| got.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(
            header("content-disposition"),
            "attachment; filename=\"Nib _ K_che.png\"; filename*=UTF-8''Nib%20_%20K%C3%BCche.png"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("cache-control"), "private, no-cache");
        let tag = header("etag");
        let again = browser.request("GET", &link, &[("If-None-Match", &tag)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(bob.get(&link).status, 404, "a stranger");
    let signed_out = market.shop.browser().get(&link);
    assert_eq!(signed_out.status, 303, "{}", signed_out.text());
    let url = file["url"].as_str().expect("an address").to_owned();
    assert_eq!(buying.get(&url).body, PNG);
    assert_eq!(agent(market, &mut bob).get(&url).status, 404);
    // Another order's address does not lead to it, nor does a name of another form.
    let other = market.ordered(&buying)["id"].as_str().expect("an id").to_owned();
    for bad in [
        format!("/orders/{other}/files/{}", hash(PNG)),
        format!("{page}/files/{}", hash(b"?")),
        format!("{page}/files/..%2f..%2fweb.db"),
        format!("{page}/files/{}", hash(PNG).to_uppercase()),
    ] {
        assert_eq!(market.buyer.get(&bad).status, 404, "{bad}");
    }
}

#[test]
fn the_same_content_lies_there_once_and_bounds_are_kept() {
    let mut kept = Kept::open();
    let (_, route) = disputed(&mut kept.market);
    let (buyer, vendor) = (kept.market.buying(), kept.market.selling());
    let five: Vec<(&str, &[u8])> =
        (0..FILES_A_CLAIM).map(|_| ("same.txt", &b"the same"[..])).collect();
    let claims_of = |count: i64| count / i64::try_from(FILES_A_CLAIM).expect("it fits");
    for n in 0..claims_of(FILES_A_DISPUTE) {
        let answer = claim(&buyer, &route, &five);
        assert_eq!(answer.status, 200, "{n}: {}", answer.text());
    }
    assert_eq!(kept.names(), [hash(b"the same")]);
    assert_eq!(code(&claim(&buyer, &route, &five)), (409, json!("too-many-files")));
    assert_eq!(claims(&buyer, &route).len(), 8, "the statement is not there without its files");
    let words = json!({ "body": "In words, then." });
    assert_eq!(buyer.post(&format!("{route}/claim"), &words).status, 200);
    assert_eq!(claim(&vendor, &route, &five).status, 200, "the other has bounds of his own");
    let (_, other) = disputed(&mut kept.market);
    for _ in 0..claims_of(FILES_A_DAY - FILES_A_DISPUTE) {
        assert_eq!(claim(&buyer, &other, &five).status, 200);
    }
    assert_eq!(code(&claim(&buyer, &other, &five)), (409, json!("too-many-files-today")));
    kept.market.shop.wait(Span::hours(25));
    kept.market.round();
    assert_eq!(claim(&buyer, &other, &five).status, 200, "a day later");
    let mut refused = Vec::new();
    for _ in 0..40 {
        refused.push(claim(&vendor, &route, &[("a.gif", b"GIF89a\x01\0\x01\0\0\0")]).status);
    }
    assert!(refused.contains(&429), "tries are counted, whatever becomes of them: {refused:?}");
}

#[test]
fn a_swapped_file_is_found_out() {
    let mut kept = Kept::open();
    let (page, route) = disputed(&mut kept.market);
    let buyer = kept.market.buying();
    assert_eq!(claim(&buyer, &route, &[("nib.png", PNG)]).status, 200);
    kept.market.round();
    let place = kept.folder.join(hash(PNG));
    let swapped = [PNG, b"!"].concat();
    std::fs::write(&place, &swapped).expect("it is swapped");
    let link = format!("{page}/files/{}", hash(PNG));
    let answer = kept.market.vendor.get(&link);
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("not what was sent"), "{}", answer.text());
    // Whoever swaps the row as well breaks the chain that escrow anchored.
    let walk = |kept: &Kept| {
        let db = kept.market.shop.db();
        db.read(|conn| db::evidence::walk_rows(conn, db::evidence::NOWHERE, 500)).expect("it reads")
    };
    assert!(walk(&kept).is_ok());
    let change = format!("sha256 = '{}', bytes = {}", hash(&swapped), swapped.len());
    let local = format!("DROP TRIGGER dispute_files_no_update; UPDATE dispute_files SET {change};");
    let server = format!("UPDATE dispute_files SET {change};");
    kept.market.shop.data.by_hand(db::Owner::Web, &local, &server);
    let why = walk(&kept).expect_err("it is found out");
    assert!(why.contains("file") && why.contains("is not as it was"), "{why}");
    std::fs::remove_file(&place).expect("it is removed");
    assert_eq!(kept.market.buyer.get(&format!("{page}/files/{}", hash(&swapped))).status, 503);
}

#[test]
fn what_is_cut_off_leaves_nothing_and_is_swept() {
    let mut kept = Kept::open();
    let (_, route) = disputed(&mut kept.market);
    let buyer = kept.market.buying();
    let whole = form(&[("body", None, b"x"), ("files", Some("a.txt"), &vec![b'a'; 300_000])]);
    // The connection ends in the middle of the file.
    for cut in [whole.len() / 2, whole.len() - 10] {
        let mut socket = TcpStream::connect(kept.market.shop.addr).expect("the shop listens");
        let head = format!(
            "POST {route}/claim HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            kept.market.shop.addr,
            buyer.key(),
            kind(),
            whole.len()
        );
        socket.write_all(head.as_bytes()).expect("it is sent");
        socket.write_all(&whole[..cut]).expect("it is sent");
        until(|| !kept.names().is_empty());
        socket.shutdown(Shutdown::Both).expect("it ends");
        until(|| kept.names().is_empty());
    }
    assert_eq!(claims(&buyer, &route), [json!(null); 0]);
    // The process ended between the file and its row, or while a file came in.
    assert_eq!(claim(&buyer, &route, &[("nib.png", PNG)]).status, 200);
    let orphan = "ab".repeat(32);
    let many: Vec<_> = (0..10_000_u32).map(|n| hash(&n.to_be_bytes())).collect();
    for name in many.iter().map(String::as_str).chain([orphan.as_str(), "new-1"]) {
        std::fs::write(kept.folder.join(name), "x").expect("it is written");
    }
    let past = SystemTime::now() - Duration::from_secs(7_200);
    let fresh = hash(b"fresh");
    for name in kept.names() {
        let file = std::fs::File::open(kept.folder.join(name)).expect("it opens");
        file.set_modified(past).expect("it is older now");
    }
    std::fs::write(kept.folder.join(&fresh), "fresh").expect("it is written");
    kept.market.shop.wait(Span::hours(2));
    let mut browser = kept.market.shop.browser();
    browser.get("/login");
    let fields = [("username", "vendor"), ("password", crate::shop::PASSWORD)];
    assert_eq!(browser.post("/login", &fields).status, 303);
    let mut left = vec![hash(PNG), fresh];
    left.sort();
    assert_eq!(kept.names(), left, "what a row names, and what is young");
}

fn until(mut there: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !there() {
        assert!(std::time::Instant::now() < end, "it does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
