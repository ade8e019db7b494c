//! How a request reaches a provider and an answer comes back.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use ureq::Agent;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 1 << 20;

/// No answer. It says nothing about what became of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Carries JSON-RPC to a provider.
pub trait Transport: Send + Sync {
    /// Sends a request or a batch and answers the text that came back.
    ///
    /// # Errors
    /// [`TransportError`] when none came: the request may have been carried out all the same.
    fn call(&self, body: &str) -> Result<String, TransportError>;
}

/// Asks for prices by a query such as `symbols=ETH`.
pub trait PriceSource: Send + Sync {
    /// Answers JSON in the shape of Alchemy's Prices API.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer.
    fn get(&self, query: &str) -> Result<String, TransportError>;

    /// Who it is, for the record.
    fn name(&self) -> String;
}

/// A provider on the web. Its address may hold a key, so it is shown nowhere.
pub struct HttpTransport {
    agent: Agent,
    url: SecretString,
    host: String,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpTransport({})", self.host)
    }
}

impl HttpTransport {
    /// A provider under an address that was checked when the secret was read.
    pub fn new(url: SecretString) -> Self {
        let host = host(url.expose_secret());
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .proxy(None)
            .build()
            .into();
        Self { agent, url, host }
    }

    /// The error without the address, which libraries like to repeat.
    fn silent(&self, error: &ureq::Error) -> TransportError {
        let why = match error {
            ureq::Error::StatusCode(status) => format!("status {status}"),
            ureq::Error::Timeout(_) => "no answer in time".to_owned(),
            ureq::Error::HostNotFound => "the host is not known".to_owned(),
            ureq::Error::Io(error) => error.kind().to_string(),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "no secure connection".to_owned(),
            ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
            ureq::Error::TooManyRedirects => "it points elsewhere".to_owned(),
            _ => "the exchange failed".to_owned(),
        };
        TransportError(format!("{}: {why}", self.host))
    }
}

/// Scheme, host and port of an address, without the path that may hold a key.
fn host(url: &str) -> String {
    url.split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default())
        .map(|authority| authority.rsplit('@').next().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

impl Transport for HttpTransport {
    fn call(&self, body: &str) -> Result<String, TransportError> {
        let mut answer = self
            .agent
            .post(self.url.expose_secret())
            .header("Content-Type", "application/json")
            .send(body)
            .map_err(|error| self.silent(&error))?;
        let body = answer.body_mut().with_config().limit(ANSWER_MAX);
        body.read_to_string().map_err(|error| self.silent(&error))
    }
}

impl PriceSource for HttpTransport {
    fn get(&self, query: &str) -> Result<String, TransportError> {
        let url = format!("{}?{query}", self.url.expose_secret());
        let mut answer = self.agent.get(url).call().map_err(|error| self.silent(&error))?;
        let body = answer.body_mut().with_config().limit(ANSWER_MAX);
        body.read_to_string().map_err(|error| self.silent(&error))
    }

    fn name(&self) -> String {
        self.host.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_an_address_shows_up_nowhere() {
        let url = "https://user:canary@127.0.0.1:1/v2/canary?key=canary";
        let transport = HttpTransport::new(SecretString::from(url));
        assert_eq!(format!("{transport:?}"), "HttpTransport(127.0.0.1:1)");
        let error = transport.call("{}").unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(!PriceSource::get(&transport, "symbols=ETH").unwrap_err().0.contains("canary"));
    }
}
