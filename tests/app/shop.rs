//! A running shop for one test.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use db::{EscrowDb, WebDb};
use domain::clock::{ManualClock, Span, Time};
use testkit::Data;
use web::{App, Config, State};

use crate::client::{Agent, Browser};

/// When every test begins: 21 November 2026.
pub const START: Time = Time::from_secs(1_795_219_200);
/// The password of every account that a test makes.
pub const PASSWORD: &str = "correct horse battery";

/// A running shop; it stops when it is dropped.
pub struct Shop {
    /// Its clock, which stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The application that it serves.
    pub app: State,
    /// Its database.
    pub data: Data,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Shop {
    /// A shop where registrations are not limited.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// A shop with some settings of its own.
    pub fn with(vars: &[(&str, &str)]) -> Self {
        Self::tuned(vars, |_as_it_is| {})
    }

    /// A shop with some settings of its own, and what no setting reaches.
    pub fn tuned(vars: &[(&str, &str)], tune: impl FnOnce(&mut App)) -> Self {
        Self::on(Data::new(), vars, tune)
    }

    /// The same on a database of its own.
    pub fn on(data: Data, vars: &[(&str, &str)], tune: impl FnOnce(&mut App)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let addr = listener.local_addr().expect("it has an address");
        let clock = Arc::new(ManualClock::at(START));
        let config = config(addr, vars);
        let mut app = App::new(config, data.web(), clock.clone(), Duration::ZERO);
        tune(&mut app);
        let app = State::new(app);
        let (tell, told) = mpsc::channel();
        let served = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = web::start(served, listener, 1).expect("it serves");
                tell.send(server.handle()).expect("the test waits");
                server.await.expect("it stops in peace");
            });
        });
        let handle = told.recv().expect("the server starts");
        Self { clock, addr, app, data, handle, thread: Some(thread) }
    }

    /// The site's own address.
    pub fn origin(&self) -> &str {
        self.app.config.site_url.origin()
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.addr, self.origin().to_owned())
    }

    /// A browser in which `name` just opened an account.
    pub fn member(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/register");
        let answer = browser
            .post("/register", &[("username", name), ("password", PASSWORD), ("repeat", PASSWORD)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        browser
    }

    /// An agent with this key.
    pub fn agent(&self, key: &str) -> Agent {
        Agent::new(self.addr, key)
    }

    /// The database as web sees it.
    pub fn db(&self) -> &WebDb {
        &self.app.db
    }

    /// The database as escrow sees it.
    pub fn escrow(&self) -> EscrowDb {
        self.data.escrow()
    }

    /// Lets time pass.
    pub fn wait(&self, span: Span) {
        self.clock.advance(span);
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The command is sent by the call; the future would only wait for its end.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

/// A configuration for `addr` with secrets that are good enough for a test.
fn config(addr: SocketAddr, vars: &[(&str, &str)]) -> Config {
    let site = format!("http://{addr}");
    let mut all = vec![
        ("SITE_URL", site.as_str()),
        ("SITE_NAME", "Test shop"),
        ("SESSION_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
        ("COOKIE_ENCRYPTION_SALT", "5d81e07b9c2f4a36af10d4c8e92b7365"),
        ("CSRF_SALT", "e94b72c8a15f4d03b6d7082f1ac53e69"),
        ("ACCOUNT_CREATION_MIN_INTERVAL_MINUTES", "0"),
    ];
    all.retain(|(name, _)| !vars.iter().any(|(other, _)| other == name));
    all.extend_from_slice(vars);
    let all = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Config::from_vars(all).expect("the settings are good")
}
