//! What is served where, and to whom.

use std::net::IpAddr;
use std::sync::Mutex;

use crate::chain::Chain;
use crate::http::{Request, Response};
use crate::pages;
use crate::pay::{self, Offers};

/// What the demo wallet's page needs to know of the shop.
#[derive(Clone, Debug)]
pub struct PayPage {
    /// Where the shop is, such as `http://127.0.0.1:8080`: the only place to lead back to.
    pub site_url: String,
}

/// Nothing but our own stylesheet and our own form.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("pages.css");

const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">\
                    <circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"#2f6f5e\"/></svg>";

pub(crate) struct Site {
    pub(crate) chain: Chain,
    pub(crate) shop: PayPage,
    pub(crate) offers: Mutex<Offers>,
}

impl Site {
    pub(crate) fn new(chain: Chain, shop: PayPage) -> Self {
        Self { chain, shop, offers: Mutex::new(Offers::default()) }
    }

    pub(crate) fn respond(&self, request: &Request) -> Response {
        let answer = if self.is_ours(request.header("host").unwrap_or_default()) {
            self.route(request)
        } else {
            Response::text(421, "this host is not served here\n")
        };
        answer
            .with("Content-Security-Policy", POLICY)
            .with("X-Content-Type-Options", "nosniff")
            // `no-referrer` would make the Origin of our own form `null`.
            .with("Referrer-Policy", "same-origin")
            .with("Cache-Control", "no-store")
    }

    fn route(&self, request: &Request) -> Response {
        let method = match request.method.as_str() {
            "HEAD" => "GET",
            other => other,
        };
        match (method, request.path.as_str()) {
            ("POST", "/") => self.rpc(request),
            ("GET", "/") => pages::html(200, pages::index(self, request)),
            ("GET", "/pay") => pay::offer(self, request),
            ("POST", "/pay") => pay::accept(self, request),
            ("GET", "/paid") => pay::paid(self, request),
            ("GET", "/sign") => pay::sign(request),
            ("GET", "/pages.css") => Response::new(200, "text/css; charset=utf-8", STYLE),
            ("GET", "/icon.svg" | "/favicon.ico") => Response::new(200, "image/svg+xml", ICON),
            ("GET", path) if is_price_route(path) => {
                Response::new(200, "application/json", self.chain.prices(&request.query))
            }
            (_, "/" | "/pay" | "/paid" | "/sign" | "/pages.css" | "/icon.svg") => {
                Response::text(405, "method not allowed\n")
            }
            _ => pages::html(404, pages::refusal("There is no such page.")),
        }
    }

    fn rpc(&self, request: &Request) -> Response {
        // A page of another site can post a form or plain text here unasked, but JSON only after
        // asking by OPTIONS, which is never granted.
        let content_type = request.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let message = "invalid content type, only application/json is supported\n";
            return Response::text(415, message);
        }
        let body = String::from_utf8_lossy(&request.body);
        Response::new(200, "application/json", self.chain.handle(&body))
    }

    /// Is the host one of this machine or the shop's? A name that anybody can point to this
    /// machine would make their pages the same origin as ours.
    fn is_ours(&self, host: &str) -> bool {
        let name = host_name(host);
        let shop = self.shop.site_url.split_once("://").map_or("", |(_, rest)| rest);
        let shop = host_name(shop.split('/').next().unwrap_or_default());
        name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case(shop)
            || (!name.is_empty() && !name.contains('.'))
            || name.to_ascii_lowercase().ends_with(".localhost")
    }
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

/// `/prices/v1/{key}/tokens/by-symbol`, whatever the key.
fn is_price_route(path: &str) -> bool {
    path.strip_prefix("/prices/v1/")
        .and_then(|rest| rest.strip_suffix("/tokens/by-symbol"))
        .is_some_and(|key| !key.is_empty() && !key.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Options;

    fn site() -> Site {
        let shop = PayPage { site_url: "https://shop.example".to_owned() };
        Site::new(Chain::new(Options::default()), shop)
    }

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut headers: std::collections::HashMap<_, _> = headers.iter().map(owned).collect();
        headers.entry("host".to_owned()).or_insert_with(|| "127.0.0.1:8545".to_owned());
        let (method, path) = (method.to_owned(), path.to_owned());
        Request { method, path, headers, ..Request::default() }
    }

    #[test]
    fn serves_this_machine_and_the_shop_only() {
        let site = site();
        for host in ["localhost:1", "127.0.0.1:8545", "[::1]:8545", "devnet:8545", "shop.example"] {
            let answer = site.respond(&request("GET", "/", &[("host", host)]));
            assert_eq!(answer.status, 200, "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "shop.example.evil.example", ""] {
            let answer = site.respond(&request("GET", "/", &[("host", host)]));
            assert_eq!(answer.status, 421, "{host}");
        }
    }

    #[test]
    fn takes_json_only() {
        let site = site();
        let mut post = request("POST", "/", &[("content-type", "application/json")]);
        post.body = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#.to_vec();
        assert_eq!(site.respond(&post).body, r#"{"id":1,"jsonrpc":"2.0","result":"0x7a69"}"#);
        for unasked in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let mut post = request("POST", "/", &[("content-type", unasked)]);
            post.body = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#.to_vec();
            assert_eq!(site.respond(&post).status, 415, "{unasked}");
        }
        assert_eq!(site.respond(&request("OPTIONS", "/", &[])).status, 405);
    }

    #[test]
    fn tells_prices_whatever_the_key() {
        let site = site();
        site.chain.set_price("1234.5").unwrap();
        let mut get = request("GET", "/prices/v1/any-key/tokens/by-symbol", &[]);
        get.query = "symbols=ETH".to_owned();
        let answer = site.respond(&get);
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains(r#""value":"1234.5""#), "{}", answer.body);
        let keyless = request("GET", "/prices/v1//tokens/by-symbol", &[]);
        assert_eq!(site.respond(&keyless).status, 404);
    }

    #[test]
    fn every_answer_carries_the_policy() {
        for path in ["/", "/pay", "/sign", "/nowhere", "/pages.css"] {
            let answer = site().respond(&request("GET", path, &[]));
            let header = |name| answer.headers.iter().find(|(at, _)| *at == name);
            assert_eq!(header("Content-Security-Policy").unwrap().1, POLICY, "{path}");
            assert_eq!(header("X-Content-Type-Options").unwrap().1, "nosniff", "{path}");
        }
    }
}
