//! The chain as a role of the binary: its variables, its start, its life.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::chain::{Chain, Options};
use crate::site::PayPage;

/// The environment that this role may see.
pub const VARS: &[&str] = &["DEVNET_LISTEN", "DEVNET_DATA", "SITE_URL"];

/// Seconds of chain time after which an idle chain makes a block.
const IDLE_SECS: u64 = 2;

/// How often that is looked at.
const TICK: Duration = Duration::from_millis(500);

/// One block: the shop shows a payment as seen before it shows it as final.
const FINALITY_LAG: u64 = 1;

/// The settings of the role.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where JSON-RPC and the pages are served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder that holds `chain.jsonl`.
    pub data: PathBuf,
    /// The shop's URL, without a slash at its end.
    pub site_url: String,
}

/// What is wrong with the environment, in one sentence that names the variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Why the role ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Starting it again would not help.
    #[error("{0}")]
    Config(ConfigError),
    /// Starting it again may help.
    #[error("{0}")]
    Failed(String),
}

#[derive(Deserialize)]
struct Raw {
    devnet_listen: String,
    devnet_data: PathBuf,
    site_url: String,
}

impl Config {
    /// Reads the settings from [`VARS`]; other names are ignored.
    ///
    /// # Errors
    /// Where a variable is missing or makes no sense.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let raw: Raw = envy::from_iter(vars).map_err(|error| match error {
            envy::Error::MissingValue(name) => {
                ConfigError(format!("{} is missing.", name.to_uppercase()))
            }
            envy::Error::Custom(what) => ConfigError(what),
        })?;
        let listen = raw.devnet_listen.parse().map_err(|error| {
            ConfigError(format!(
                "DEVNET_LISTEN must be an address and a port such as 127.0.0.1:8545: {error}."
            ))
        })?;
        let site_url = raw.site_url.trim_end_matches('/').to_owned();
        let host = ["http://", "https://"].iter().find_map(|scheme| site_url.strip_prefix(scheme));
        if host.is_none_or(str::is_empty) {
            return Err(ConfigError(
                "SITE_URL must begin with http:// or https:// and name a host.".to_owned(),
            ));
        }
        Ok(Self { listen, data: raw.devnet_data, site_url })
    }
}

/// Runs the chain until it fails: JSON-RPC, the price route and the pages on `config.listen`, and
/// a block every two idle seconds.
///
/// `enclose` is called once the socket and the journal are open and before the first thread;
/// `ready` once it serves.
///
/// # Errors
/// Where the journal or the socket cannot be opened or is lost, or `enclose` refuses.
pub fn run(
    config: Config,
    enclose: impl FnOnce() -> Result<(), String>,
    ready: impl FnOnce(&str),
) -> Result<(), RunError> {
    let failed =
        |what: &str, error: &dyn fmt::Display| RunError::Failed(format!("{what}: {error}"));
    std::fs::create_dir_all(&config.data)
        .map_err(|error| failed(&format!("cannot make {}", config.data.display()), &error))?;
    let options = Options { finality_lag: FINALITY_LAG, ..Options::default() };
    let chain = Chain::open(&config.data.join("chain.jsonl"), options)
        .map_err(|error| RunError::Failed(error.message))?;
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| failed(&format!("cannot listen on {}", config.listen), &error))?;
    let address = listener.local_addr().map_err(|error| failed("cannot listen", &error))?;
    enclose().map_err(RunError::Failed)?;

    let (lost, server) = mpsc::channel();
    let (served, page) = (chain.clone(), PayPage { site_url: config.site_url });
    thread::Builder::new()
        .name("accept".to_owned())
        .spawn(move || lost.send(crate::serve(served, listener, page)))
        .map_err(|error| failed("cannot start a thread", &error))?;
    ready(&format!("devnet http://{address}"));
    loop {
        match server.recv_timeout(TICK) {
            Err(RecvTimeoutError::Timeout) => {
                chain.tick(IDLE_SECS).map_err(|error| RunError::Failed(error.message))?;
            }
            Ok(error) => return Err(failed("the listener is lost", &error)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RunError::Failed("the server stopped".to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_vars(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    const GOOD: [(&str, &str); 3] = [
        ("DEVNET_LISTEN", "127.0.0.1:8545"),
        ("DEVNET_DATA", "demo/devnet"),
        ("SITE_URL", "http://127.0.0.1:8080/"),
    ];

    #[test]
    fn reads_its_variables() {
        let config = config(&GOOD).unwrap();
        assert_eq!(config.listen.port(), 8545);
        assert_eq!(config.data, PathBuf::from("demo/devnet"));
        assert_eq!(config.site_url, "http://127.0.0.1:8080");
        assert_eq!(GOOD.map(|(name, _)| name), VARS);
    }

    #[test]
    fn names_the_variable_that_is_wrong() {
        for (at, name) in VARS.iter().enumerate() {
            let mut vars = GOOD.to_vec();
            vars.remove(at);
            let error = config(&vars).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
        for (at, bad) in [(0, "localhost"), (2, "127.0.0.1"), (2, "https://")] {
            let mut vars = GOOD.to_vec();
            vars[at].1 = bad;
            let error = config(&vars).unwrap_err().to_string();
            assert!(error.starts_with(VARS[at]), "{error}");
        }
    }

    fn free(folder: &tempfile::TempDir) -> Config {
        let data = folder.path().join("devnet");
        let data = data.to_str().unwrap();
        config(&[("DEVNET_LISTEN", "127.0.0.1:0"), ("DEVNET_DATA", data), GOOD[2]]).unwrap()
    }

    #[test]
    fn serves_and_makes_blocks_by_itself() {
        use std::io::{Read, Write};

        let folder = tempfile::tempdir().unwrap();
        let config = free(&folder);
        let (tell, told) = mpsc::channel();
        let enclosed = tell.clone();
        thread::spawn(move || {
            let enclose = move || enclosed.send("enclosed".to_owned()).map_err(|e| e.to_string());
            run(config, enclose, move |line| tell.send(line.to_owned()).unwrap())
        });
        assert_eq!(told.recv().unwrap(), "enclosed");
        let line = told.recv().unwrap();
        let address = line.strip_prefix("devnet http://").unwrap();

        let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}"#;
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let mut answer = String::new();
        while !answer.contains(r#""result":"0x1""#) {
            assert!(std::time::Instant::now() < deadline, "no block came: {answer}");
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let length = body.len();
            write!(
                stream,
                "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
            answer.clear();
            stream.read_to_string(&mut answer).unwrap();
        }
    }

    #[test]
    fn does_not_serve_unenclosed() {
        let folder = tempfile::tempdir().unwrap();
        let ready = |_: &str| panic!("served all the same");
        let error = run(free(&folder), || Err("no cage".to_owned()), ready).unwrap_err();
        assert!(matches!(&error, RunError::Failed(why) if why == "no cage"), "{error}");
    }
}
