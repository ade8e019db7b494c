//! Escrow's endpoints go by names, which it looks up from inside of its cage.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::shop::{PATIENCE, Running, Shop, is_root, within};

/// A shop whose endpoint is `site` on the port of a provider that says nothing.
fn with_endpoint(site: &str) -> (Shop, TcpListener) {
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    provider.set_nonblocking(true).unwrap();
    let port = provider.local_addr().unwrap().port();
    let shop = Shop::migrated();
    let text = fs::read_to_string(shop.secret()).unwrap();
    let named =
        text.replace("RPC_URL_DEV=http://127.0.0.1:9", &format!("RPC_URL_DEV={site}:{port}"));
    assert_ne!(named, text);
    fs::write(shop.secret(), named).unwrap();
    (shop, provider)
}

fn called(running: &Running, provider: &TcpListener) {
    running.ready();
    within(PATIENCE, "escrow calls its provider", || provider.accept().ok());
}

#[test]
fn a_name_of_the_file_of_hosts_is_found() {
    let (shop, provider) = with_endpoint("http://localhost");
    called(&shop.start(&["serve"]), &provider);
}

/// The answer to a question for an address: this machine; to any other, none.
fn answer(question: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let asks_address = question[end - 3] == 1;
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(asks_address), 0, 0, 0, 0]);
    answer.extend(&question[12..end]);
    if asks_address {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    answer
}

#[test]
fn a_name_that_a_resolver_knows_is_found() {
    if !is_root("a resolver of one's own") {
        return;
    }
    let (mut shop, provider) = with_endpoint("https://provider.holdfast");
    let resolver = UdpSocket::bind("127.0.0.153:53").unwrap();
    resolver.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let serving = Arc::clone(&done);
    let resolving = thread::spawn(move || {
        let (mut bytes, mut asked) = ([0; 512], 0);
        while !serving.load(Ordering::SeqCst) {
            if let Ok((count, from)) = resolver.recv_from(&mut bytes) {
                resolver.send_to(&answer(&bytes[..count]), from).unwrap();
                asked += 1;
            }
        }
        asked
    });
    let settings = shop.path().join("resolv.conf");
    fs::write(&settings, "nameserver 127.0.0.153\n").unwrap();
    shop.set("RESOLV", settings.to_str().unwrap());
    let script = format!(
        "exec unshare --mount sh -c 'mount --bind \"$RESOLV\" /etc/resolv.conf && exec {} serve'",
        env!("CARGO_BIN_EXE_holdfast")
    );
    called(&shop.start_shell(&script), &provider);
    done.store(true, Ordering::SeqCst);
    assert!(resolving.join().unwrap() > 0, "nobody asked");
}
