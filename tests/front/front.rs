//! A shop with a chain of its own, and nginx before it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::client::{Browser, Way};
use crate::shop::{PATIENCE, Running, Shop, health, within, words};

/// The host of the shop, as in the file that we ship.
pub(crate) const NAME: &str = "shop.example";
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/nginx.conf");
const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const COMMISSION: &str = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720";

/// An address that is free now.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// nginx with the file that we ship, fitted to this machine as docs/OPERATIONS.md says.
pub(crate) struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    /// Where it speaks TLS.
    pub(crate) tls: SocketAddr,
    /// Where it speaks plain HTTP.
    pub(crate) plain: SocketAddr,
    trust: Arc<ClientConfig>,
}

/// How nginx is fitted: where it listens and what lies behind it.
pub(crate) struct Fit {
    pub(crate) tls: SocketAddr,
    pub(crate) plain: SocketAddr,
    pub(crate) shop: SocketAddr,
}

impl Fit {
    /// Free ports before `shop`.
    pub(crate) fn before(shop: SocketAddr) -> Self {
        Self { tls: free(), plain: free(), shop }
    }
}

impl Nginx {
    pub(crate) fn start(fit: &Fit) -> Self {
        let folder = tempfile::Builder::new().prefix("holdfast-nginx-").tempdir().unwrap();
        let trust = certificate(&folder);
        let config = folder.path().join("nginx.conf");
        fs::write(&config, fitted(fit, &folder)).unwrap();
        let own = format!("daemon off; pid {}/nginx.pid;", folder.path().display());
        let run = |more: &[&str]| {
            let mut command = Command::new("nginx");
            command.arg("-c").arg(&config).args(["-g", &own]).args(more).stdin(Stdio::null());
            command
        };
        let tested = run(&["-t", "-q"]).output().expect("nginx is installed");
        assert!(tested.status.success(), "{}", words(&tested));
        assert_eq!(words(&tested), "", "nothing to warn of");
        let child = run(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let nginx = Self { child, folder, tls: fit.tls, plain: fit.plain, trust };
        within(PATIENCE, "nginx listens", || TcpStream::connect(nginx.tls).ok());
        nginx
    }

    /// The way through it, by TLS.
    pub(crate) fn way(&self) -> Way {
        Way { addr: self.tls, trust: Some(Arc::clone(&self.trust)), host: site(self.tls) }
    }

    /// What it wrote into a file of its own.
    pub(crate) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The certificate, for programs.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("fullchain.pem")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        let _gone = kill_process(pid, Signal::TERM);
        let _ended = self.child.wait();
    }
}

/// The shop's name with the port of TLS.
fn site(tls: SocketAddr) -> String {
    format!("{NAME}:{}", tls.port())
}

/// Makes key and certificate, and what trusts it.
fn certificate(folder: &tempfile::TempDir) -> Arc<ClientConfig> {
    let settings = format!(
        "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n[name]\nCN = {NAME}\n\
         [more]\nsubjectAltName = DNS:{NAME}\nbasicConstraints = critical, CA:FALSE\n"
    );
    fs::write(folder.path().join("openssl.cnf"), settings).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-config", "openssl.cnf"])
        .args(["-keyout", "privkey.pem", "-out", "fullchain.pem"])
        .current_dir(folder.path())
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", words(&made));
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(folder.path().join("fullchain.pem")).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The file that we ship with what differs from machine to machine, and with folders that whoever
/// runs the tests may write.
fn fitted(fit: &Fit, folder: &tempfile::TempDir) -> String {
    let path = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {path}/{kind};\n"))
        .collect();
    let mut text = fs::read_to_string(SHIPPED).unwrap();
    for (from, to) in [
        ("listen 443", format!("listen {}", fit.tls)),
        ("listen 80", format!("listen {}", fit.plain)),
        ("server 127.0.0.1:8080", format!("server {}", fit.shop)),
        ("/etc/holdfast/tls", path.to_string()),
        ("/var/log/nginx", path.to_string()),
        ("http {\n", format!("http {{\n{temporary}")),
    ] {
        assert!(text.contains(from), "nginx.conf has no {from}");
        text = text.replace(from, &to);
    }
    text
}

/// All of it.
pub(crate) struct Front {
    pub(crate) nginx: Nginx,
    pub(crate) running: Running,
    pub(crate) shop: Shop,
    /// Where the chain listens.
    pub(crate) chain: String,
}

impl Front {
    pub(crate) fn open() -> Self {
        Self::with(&[])
    }

    /// With some settings of its own.
    pub(crate) fn with(vars: &[(&str, &str)]) -> Self {
        let mut shop = Shop::bare();
        let fit = Fit::before(shop.address().parse().unwrap());
        let site = format!("https://{}", site(fit.tls));
        let chain = chain(&shop, &site);
        let text = format!(
            "MNEMONIC=\"{PHRASE}\"\nRPC_URL_DEV=http://{chain}\nCOMMISSION_WALLET_DEV={COMMISSION}\n\
             PRICES_URL=http://{chain}/prices/v1/demo/tokens/by-symbol\n"
        );
        fs::write(shop.secret(), text).unwrap();
        shop.set("SITE_URL", &site).set("TRUSTED_PROXIES", "127.0.0.1");
        for (name, value) in vars {
            shop.set(name, value);
        }
        let made = shop.run(&["migrate"]);
        assert!(made.status.success(), "{}", words(&made));
        let running = shop.serve();
        let nginx = Nginx::start(&fit);
        let front = Self { nginx, running, shop, chain };
        within(PATIENCE, "the shop is healthy", || {
            health(front.shop.address()).filter(|line| line.contains(" 200 "))
        });
        front
    }

    /// The way through nginx.
    pub(crate) fn way(&self) -> Way {
        self.nginx.way()
    }

    /// The way straight to web.
    pub(crate) fn direct(&self) -> Way {
        let addr = self.shop.address().parse().unwrap();
        Way { addr, trust: None, host: site(self.nginx.tls) }
    }

    /// A browser at an address of this machine's own: 127.0.0.`last`.
    pub(crate) fn browser(&self, last: u8) -> Browser {
        Browser::new(self.way(), IpAddr::from([127, 0, 0, last]))
    }
}

/// Starts the development chain in this process; gives its address.
fn chain(shop: &Shop, site: &str) -> String {
    let data = shop.path().join("chain").display().to_string();
    let vars = [("DEVNET_LISTEN", "127.0.0.1:0"), ("DEVNET_DATA", &data), ("SITE_URL", site)];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = devnet::Config::from_vars(vars).unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        devnet::run(config, || Ok(()), move |line| tell.send(line.to_owned()).unwrap())
    });
    let line = told.recv_timeout(Duration::from_secs(20)).expect("the chain starts");
    line.strip_prefix("devnet http://").expect("it says where").to_owned()
}
