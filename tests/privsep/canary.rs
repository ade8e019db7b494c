//! Where the keys are, and where they are not: the memory, the words and the files of every role.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use bip32::{ChildNumber, XPrv};
use bip39::Mnemonic;

use crate::shop::{
    PATIENCE, PHRASE, Process, Running, SERVED, Shop, health, is_root, within, words,
};

/// What must be nowhere, and what escrow alone may have.
struct Canaries {
    nowhere: Vec<(&'static str, Vec<u8>)>,
    escrow: Vec<(&'static str, Vec<u8>)>,
}

impl Canaries {
    fn new() -> Self {
        let seed = Mnemonic::parse_normalized(PHRASE).unwrap().to_seed_normalized("");
        let account = escrow::account_key(PHRASE).unwrap();
        let root: XPrv = account.parse().unwrap();
        let orders = root.derive_child(ChildNumber::new(0, true).unwrap()).unwrap();
        let hex = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
        };
        Self {
            nowhere: vec![
                ("the phrase", PHRASE.as_bytes().to_vec()),
                ("the seed", seed.to_vec()),
                ("half of the seed", seed[..32].to_vec()),
                ("the account key", root.to_bytes().to_vec()),
                ("the account key as a number", root.to_bytes().into_iter().rev().collect()),
                ("the account key as text", account.as_bytes().to_vec()),
                ("the seed in hex", hex(&seed)),
                ("the account key in hex", hex(&root.to_bytes())),
                ("the key of orders in hex", hex(&orders.to_bytes())),
            ],
            // The curve's library keeps a number with its least digit first.
            escrow: vec![("the key of orders", orders.to_bytes().into_iter().rev().collect())],
        }
    }

    /// What of it stands in `bytes`.
    fn found(list: &[(&'static str, Vec<u8>)], bytes: &[u8]) -> Vec<&'static str> {
        let stands = |canary: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
        list.iter().filter(|(_, canary)| stands(canary)).map(|(name, _)| *name).collect()
    }

    /// Nothing of it may stand there.
    fn none(&self, place: &str, bytes: &[u8]) {
        let found = [&self.nowhere, &self.escrow].map(|list| Self::found(list, bytes)).concat();
        assert!(found.is_empty(), "{place}: {found:?}");
    }
}

/// Everything that a process has in memory and may read.
fn memory(process: &Process) -> Vec<u8> {
    let maps = File::open(format!("/proc/{}/maps", process.pid)).unwrap();
    let memory = File::open(format!("/proc/{}/mem", process.pid)).unwrap();
    let mut all = Vec::new();
    for line in BufReader::new(maps).lines().map(Result::unwrap) {
        let mut fields = line.split(' ');
        let (range, rights) = (fields.next().unwrap(), fields.next().unwrap());
        // What cannot be written is the program itself.
        if !rights.starts_with("rw") || line.ends_with("[vvar]") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            all.extend(bytes);
        }
    }
    assert!(all.len() > 100 << 10, "{process:?}: its memory was read");
    all
}

/// Everything in and below a folder.
fn files(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, look) } else { look(&path, &fs::read(&path).unwrap()) }
    }
}

/// Bodies that nobody should send, with what they say they are.
const BODIES: [(&str, &[u8]); 5] = [
    ("application/x-www-form-urlencoded", b"csrf=%zz&username=\xff"),
    ("application/json", b"{\"name\": [[[["),
    ("application/json", b"\xff\xfe\x00"),
    ("multipart/form-data; boundary=x", b"--x--"),
    ("text/plain", b"MNEMONIC=?"),
];

/// The answer to a request without an account, whatever it is.
fn ask(address: &str, head: &str, (kind, body): (&str, &[u8])) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    // It may answer before it has read all of that.
    let _refused = stream.write_all(body);
    let mut answer = Vec::new();
    let mut part = [0; 4_096];
    // Who was refused is kept waiting for the end of the connection.
    while !is_whole(&answer) {
        match stream.read(&mut part).unwrap() {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    assert!(answer.starts_with(b"HTTP/1.1 "), "{head}");
    answer
}

/// Whether an answer that tells its length is there to the end.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| answer.len() >= end + 4 + length)
}

/// Every page and every answer of the API, as asked for and as nobody should ask.
fn answers(address: &str, canaries: &Canaries) {
    for (method, path) in web::listed() {
        let query = format!("{path}?cursor=%ff&limit=-1&token=x");
        for path in [path, &query, "/nowhere"] {
            canaries.none(path, &ask(address, &format!("{method} {path}"), ("text/plain", b"")));
        }
        if method != "GET" {
            for body in BODIES {
                canaries.none(path, &ask(address, &format!("{method} {path}"), body));
            }
        }
    }
}

/// Each role panics in the midst of its work and is then ended as a fault would end it: what it
/// says tells no key, and no core is left of it.
fn falls(running: &Running, shop: &Shop) {
    for name in SERVED {
        let folder = shop.path().join("data").join(name);
        fs::write(folder.join("attack.json"), r#"{"race":false,"panic":true}"#).unwrap();
        let word = format!("{name} panics as it was ordered");
        within(PATIENCE, &word, || running.said().contains(&word).then_some(()));
        let old = running.role(name).unwrap();
        assert_eq!(
            old.about("limits")
                .lines()
                .find(|line| line.contains("core"))
                .map(|line| { line.split_whitespace().filter(|part| *part == "0").count() }),
            Some(2),
            "{name} may leave a core"
        );
        let pid = rustix::process::Pid::from_raw(old.pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::ABORT).unwrap();
        let word = format!("{name} ended (signal: 6 (SIGABRT))");
        within(PATIENCE, &word, || running.said().contains(&word).then_some(()));
        within(PATIENCE, name, || running.role(name).filter(|new| new.pid != old.pid));
        fs::remove_file(folder.join("attack.json")).unwrap();
    }
    let said = running.said();
    assert!(!said.contains("core dumped"), "{said}");
    within(PATIENCE, "the shop answers", || health(shop.address()));
}

fn scanned(running: &Running, shop: &Shop, canaries: &Canaries) {
    let mut all = running.roles();
    assert_eq!(all.iter().map(|one| one.role.as_str()).collect::<Vec<_>>(), SERVED);
    all.push(running.monitor());
    for process in &all {
        let place = format!("memory of {}", process.role);
        let memory = memory(process);
        assert_eq!(Canaries::found(&canaries.nowhere, &memory), Vec::<&str>::new(), "{place}");
        let keys = Canaries::found(&canaries.escrow, &memory);
        if process.role == "escrow" {
            // Or else the scan would not find them anywhere.
            assert_eq!(keys, ["the key of orders"], "{place}");
            assert_ne!(process.status("VmLck"), "0 kB", "the keys are locked");
        } else {
            assert_eq!(keys, Vec::<&str>::new(), "{place}");
        }
        for file in ["cmdline", "environ"] {
            canaries.none(&format!("{file} of {}", process.role), process.about(file).as_bytes());
        }
    }
    answers(shop.address(), canaries);
    files(&shop.path().join("data"), &mut |path, bytes| {
        canaries.none(&path.display().to_string(), bytes);
    });
    canaries.none("what was said", running.said().as_bytes());
}

#[test]
fn the_phrase_is_nowhere_and_the_keys_are_with_escrow_alone() {
    if !is_root("looking into processes") {
        return;
    }
    let canaries = Canaries::new();
    let shop = Shop::migrated();
    let mut running = shop.serve();
    scanned(&running, &shop, &canaries);
    falls(&running, &shop);
    canaries.none("what was said at the fall", running.said().as_bytes());
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.end(), Some(0), "{}", running.said());

    // The account key in the place of the phrase: the same keys, or escrow would refuse to start.
    let text = fs::read_to_string(shop.secret()).unwrap();
    let phrase = text.lines().find(|line| line.starts_with("MNEMONIC")).unwrap();
    let account = format!("ACCOUNT_KEY={}", *escrow::account_key(PHRASE).unwrap());
    fs::write(shop.secret(), text.replace(phrase, &account)).unwrap();
    let running = shop.serve();
    scanned(&running, &shop, &canaries);

    let check = shop.run(&["check", "--json"]);
    canaries.none("check", words(&check).as_bytes());
}
