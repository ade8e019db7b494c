//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// The one header that a trusted proxy speaks by; all others that claim an address are for show.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer's, or what a trusted peer says whom it speaks for.
pub(crate) fn address(trusted: &[IpNet], request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    Some(behind(trusted, peer, request.headers()))
}

/// Each proxy adds at the right whom it heard. So the list is read from there, as long as a trusted
/// proxy speaks: what stands further left was written by somebody unknown.
fn behind(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_proxy = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let mut client = peer;
    let mut lists: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
    while let Some(list) = lists.pop() {
        // A list that is no text says nothing, and nothing left of it can be believed.
        let Ok(list) = list.to_str() else { return client };
        for entry in list.rsplit(',') {
            if !is_proxy(&client) {
                return client;
            }
            match parse(entry.trim()) {
                Some(ip) => client = ip,
                None => return client,
            }
        }
    }
    client
}

/// An address, which some proxies write with its port.
fn parse(text: &str) -> Option<IpAddr> {
    let ip = text.parse().ok().or_else(|| text.parse().ok().map(|a: SocketAddr| a.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, lists: &[&[u8]]) -> String {
        let nets = ["127.0.0.1/32", "10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap());
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        for list in lists {
            request = request.append_header(("X-Forwarded-For", *list));
        }
        let forged = [("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")];
        for pair in forged {
            request = request.insert_header(pair);
        }
        address(&nets, &request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn a_stranger_speaks_for_nobody() {
        assert_eq!(seen("192.0.2.7:9", &[]), "192.0.2.7");
        assert_eq!(seen("192.0.2.7:9", &[b"198.51.100.1"]), "192.0.2.7");
        assert_eq!(seen("192.0.2.7:9", &[b"127.0.0.1"]), "192.0.2.7");
        assert_eq!(seen("[::ffff:192.0.2.7]:9", &[b"198.51.100.1"]), "192.0.2.7");
    }

    #[test]
    fn a_proxy_speaks_for_its_client_alone() {
        assert_eq!(seen("127.0.0.1:9", &[]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1:9", &[b"198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("[::1]:9", &[b"2001:db8::7"]), "2001:db8::7");
        assert_eq!(seen("[::ffff:127.0.0.1]:9", &[b"::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"6.6.6.6, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"127.0.0.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"6.6.6.6", b"198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn a_row_of_proxies_is_followed_to_its_first_client() {
        assert_eq!(seen("127.0.0.1:9", &[b"6.6.6.6,198.51.100.1,10.0.0.8"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"198.51.100.1", b"10.0.0.8"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"10.0.0.9,10.0.0.8"]), "10.0.0.9");
        assert_eq!(seen("127.0.0.1:9", &[b"198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1:9", &[b"[2001:db8::7]:4711"]), "2001:db8::7");
    }

    #[test]
    fn nonsense_ends_the_list_where_it_stands() {
        for nonsense in [&b""[..], b"unknown", b"1.2.3", b"\xff", b"198.51.100.1;x", b"_hidden"] {
            assert_eq!(seen("127.0.0.1:9", &[nonsense]), "127.0.0.1");
            let mixed = [b"6.6.6.6,", nonsense, b",10.0.0.8"].concat();
            let expected = if nonsense == b"\xff" { "127.0.0.1" } else { "10.0.0.8" };
            assert_eq!(seen("127.0.0.1:9", &[&mixed]), expected);
        }
    }
}
