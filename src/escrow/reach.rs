//! Where escrow calls, so that its cage can be closed around just that.

use std::net::IpAddr;

use secrecy::ExposeSecret;
use ureq::http::Uri;

use crate::secret::Secrets;

/// The ends of escrow's calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// TCP ports, each once.
    pub ports: Vec<u16>,
    /// Whether a host goes by a name that a resolver has to be asked for.
    pub names: bool,
}

impl Reach {
    /// The providers of all chains and of prices.
    pub fn of(secrets: &Secrets) -> Self {
        let mut reach = Self::default();
        let chains = secrets.chains.iter().map(|chain| &chain.url);
        for url in chains.chain([&secrets.prices_url]) {
            reach.add(url.expose_secret());
        }
        reach.ports.sort_unstable();
        reach.ports.dedup();
        reach
    }

    /// An address that was checked when the secret was read.
    fn add(&mut self, url: &str) {
        let Ok(uri) = url.parse::<Uri>() else { return };
        let own = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        self.ports.push(uri.port_u16().unwrap_or(own));
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        self.names |= host.parse::<IpAddr>().is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(urls: &[&str]) -> (Vec<u16>, bool) {
        let mut reach = Reach::default();
        urls.iter().for_each(|url| reach.add(url));
        (reach.ports, reach.names)
    }

    #[test]
    fn a_port_is_the_one_that_is_named_or_that_of_the_scheme() {
        assert_eq!(of(&["https://rpc.example/v2/x", "http://127.0.0.1/"]), (vec![443, 80], true));
        assert_eq!(
            of(&["http://127.0.0.1:8545", "http://[::1]:8546/x"]),
            (vec![8545, 8546], false)
        );
        assert_eq!(of(&["http://localhost:1"]), (vec![1], true));
    }
}
