//! `holdfast demo`: a shop to try out that needs nothing set. At its first start it makes its own
//! secrets, tables and goods; afterwards it goes on with them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use db::{DbConfig, WebDb};
use domain::clock::Clock;

use crate::cli::DemoArgs;
use crate::matrix;
use crate::monitor::{self, Post};
use crate::role::Role;
use crate::settings::{Settings, absolute, dotenv};
use crate::step::{self, Step, Told};
use crate::story::{self, Stage};
use crate::{Stop, folders, people, probe, say, serve};

/// Commission and resolver of the demo: accounts whose keys everybody knows, worth nothing.
const COMMISSION: &str = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720";
const RESOLVER: &str = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f";
const SALTS: [&str; 3] = ["SESSION_SALT", "COOKIE_ENCRYPTION_SALT", "CSRF_SALT"];

/// Which world a demo was filled with stands beside its settings.
const WORLD: &str = "WORLD";
/// Items of the busy world.
const BUSY_ITEMS: u32 = 10_000;

/// What a new demo is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum World {
    /// Nothing at all
    Empty,
    /// Three stores, their goods, and orders in every state
    Demo,
    /// The same, and ten thousand items more
    Busy,
}

impl World {
    const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Demo => "demo",
            Self::Busy => "busy",
        }
    }
}

/// Where a demo keeps what.
struct Paths {
    folder: PathBuf,
    /// Salts, ports and addresses.
    settings: PathBuf,
    /// The secret file of escrow.
    secret: PathBuf,
    /// What the roles say.
    log: PathBuf,
    /// There once the goods are.
    complete: PathBuf,
}

impl Paths {
    fn of(folder: &Path) -> Result<Self, Stop> {
        let folder = absolute(folder)?;
        let at = |name: &str| folder.join(name);
        let (settings, secret, log) = (at("demo.env"), at("secret.env"), at("demo.log"));
        Ok(Self { settings, secret, log, complete: at("complete"), folder })
    }
}

/// Runs the demo until it is asked to stop.
pub(crate) fn run(args: &DemoArgs) -> Result<(), Stop> {
    let paths = Paths::of(&args.data)?;
    folders::prepare(&paths.folder, &[], false)?;
    let _lock =
        folders::hold_all(&paths.folder, "the demo; stop it first, or choose another --data")?;
    let shop = free(args.listen, "choose another address with --listen")?;
    let own_users = own_users(&paths.folder);
    let settings = prepare(&paths, shop, (own_users, args.world))?;
    let user = |role| own_users.then(|| people::user(role));
    let walls = probe::ask(Role::Web, user(Role::Web), settings.vars(Role::Web), None)?.standing;
    let level = walls.level(own_users);
    if level == 0 {
        say("isolation level 0: fine for play money, not for a shop in earnest");
    }
    // The words of this run alone.
    write_private(&paths.log, "")?;
    let devnet = settings.get("DEVNET_LISTEN").unwrap_or_default();
    let greeting = format!(
        "the demo shop is open\n\n  \
         Shop     http://{shop}\n  \
         Logins   buyer, careful, vendor, admin, staff: the password of each is its name\n  \
         Wallet   http://{devnet} pays with play money\n  \
         Data     {}; delete it to begin anew\n  \
         Log      {}\n\n\
         Ctrl-C stops it.",
        paths.folder.display(),
        paths.log.display()
    );
    let tried = matrix::look(&settings, Some(&paths.folder), own_users);
    let vars = |role| {
        let mut vars = settings.vars(role);
        matrix::tell_web(&tried, role, &mut vars);
        vars
    };
    let posts: Vec<Post> = Role::ALL
        .iter()
        .rev()
        .map(|role| Post {
            role: *role,
            vars: vars(*role),
            user: user(*role),
            secret: (*role == Role::Escrow).then(|| paths.secret.clone()),
            log: Some(paths.log.clone()),
            level,
        })
        .collect();
    monitor::run(&posts, &serve::delays(&args.restart_secs), &greeting)
}

/// Whether the roles get users of their own; warns where not.
fn own_users(folder: &Path) -> bool {
    if !people::is_root() {
        return false;
    }
    let closed = Role::ALL.iter().find_map(|role| people::closed_to(people::user(*role), folder));
    if let Some(closed) = &closed {
        say(&format!("every role runs as root, because {} is closed to others", closed.display()));
    }
    closed.is_none()
}

/// Files, secrets, tables and goods; what is there stays. Answers the settings of all roles.
fn prepare(
    paths: &Paths,
    shop: SocketAddr,
    (own_users, world): (bool, World),
) -> Result<Settings, Stop> {
    let mut kept = dotenv(&paths.settings)?;
    let fresh = !paths.complete.exists();
    if fresh {
        begin_anew(paths, kept.is_empty())?;
        kept.insert(WORLD.to_owned(), world.name().to_owned());
    }
    for salt in SALTS {
        if !kept.contains_key(salt) {
            kept.insert(salt.to_owned(), random_hex()?);
        }
    }
    let before = kept.get("DEVNET_LISTEN").and_then(|text| text.parse().ok());
    let devnet = before.filter(|address| TcpListener::bind(address).is_ok());
    let devnet = devnet.map_or_else(|| free((Ipv4Addr::LOCALHOST, 0).into(), ""), Ok)?;
    for (name, value) in [
        ("LISTEN", shop.to_string()),
        ("SITE_URL", format!("http://{}", near(shop))),
        ("DEVNET_LISTEN", devnet.to_string()),
        ("DEVNET_URL", format!("http://{devnet}")),
    ] {
        kept.insert(name.to_owned(), value);
    }
    write_private(&paths.settings, &lines(&kept))?;
    write_secret(paths, devnet)?;

    let mut settings = Settings::none();
    settings.add(kept);
    let chain = paths.folder.join(Role::Devnet.name());
    settings.add([("DEVNET_DATA".to_owned(), chain.to_string_lossy().into_owned())]);
    settings.settle_folder(&paths.folder)?;
    for role in Role::ALL {
        role.check(settings.vars(*role))?;
    }
    fill(paths, &settings, (own_users, fresh))?;
    Ok(settings)
}

/// Folders and tables; at the first start the goods as well, by this user, who then hands all of
/// it to the roles: one process writes the tables of several.
fn fill(paths: &Paths, settings: &Settings, (own_users, fresh): (bool, bool)) -> Result<(), Stop> {
    folders::prepare(&paths.folder, Role::ALL, own_users && !fresh)?;
    if fresh {
        say("a new demo is being filled; that takes some seconds");
    }
    step::migrate_files(settings, Told::Nothing)?;
    if fresh {
        step::apart(Step::Seed, settings.vars(Role::Courier), Told::Nothing)?;
        if own_users {
            folders::hand_over(&paths.folder, Role::ALL)?;
        }
        write_private(&paths.complete, "")?;
    }
    Ok(())
}

/// Clears what a first start left behind that did not come to its end. A folder that no demo made
/// is not touched.
fn begin_anew(paths: &Paths, no_settings: bool) -> Result<(), Stop> {
    for role in Role::ALL {
        let own = paths.folder.join(role.name());
        if !own.exists() {
            continue;
        }
        if no_settings {
            return Err(Stop::Config(format!(
                "{} holds data that no demo made; choose another folder with --data",
                paths.folder.display()
            )));
        }
        fs::remove_dir_all(&own).map_err(|error| cannot(&own, &error))?;
    }
    Ok(())
}

/// The secret file: the phrase is made once, addresses of the chain follow its port.
fn write_secret(paths: &Paths, devnet: SocketAddr) -> Result<(), Stop> {
    let mut secret = dotenv(&paths.secret)?;
    if !secret.contains_key("MNEMONIC") {
        let phrase = escrow::new_mnemonic().map_err(|error| Stop::Failed(error.to_string()))?;
        secret.insert("MNEMONIC".to_owned(), phrase.to_string());
    }
    for (name, value) in [
        ("COMMISSION_WALLET_DEV", COMMISSION.to_owned()),
        ("TOKENS_DEV", devnet::DOLLAR.to_checksum(None)),
        ("RESOLVER_WALLET_DEV", RESOLVER.to_owned()),
        ("RPC_URL_DEV", format!("http://{devnet}")),
        ("PRICES_URL", format!("http://{devnet}/prices/v1/demo/tokens/by-symbol")),
    ] {
        secret.insert(name.to_owned(), value);
    }
    write_private(&paths.secret, &lines(&secret))
}

/// The hidden step: goods, people and orders for a new demo.
pub(crate) fn seed(config: &DbConfig) -> Result<(), Stop> {
    let folder = config.folder().ok_or_else(|| Stop::Failed("a demo keeps files".to_owned()))?;
    let paths = Paths::of(folder)?;
    let mut settings = dotenv(&paths.settings)?;
    let world = settings.remove(WORLD).unwrap_or_default();
    let phrase = dotenv(&paths.secret)?.remove("MNEMONIC").unwrap_or_default();
    let journal = folder.join(Role::Devnet.name()).join("chain.jsonl");
    if world == World::Empty.name() {
        return story::begin(&phrase, &journal);
    }
    let now = web::SystemClock.now();
    let unseeded = |error: db::DbError| Stop::Failed(format!("the demo was not filled: {error}"));
    web::demo::seed(config, now).map_err(unseeded)?;
    if world == World::Busy.name() {
        let door = WebDb::open(config).map_err(unseeded)?;
        let vendor = door.read(|conn| db::accounts::by_key(conn, "vendor")).map_err(unseeded)?;
        let owner = vendor.and_then(|row| row.id.parse().ok());
        let owner = owner.ok_or_else(|| Stop::Failed("the demo has no vendor".to_owned()))?;
        web::demo::busy_by(&door, owner, BUSY_ITEMS, now).map_err(unseeded)?;
    }
    settings.insert("DB_DSN".to_owned(), format!("sqlite:{}", folder.display()));
    let web = web::Config::from_vars(settings).map_err(|error| Stop::Config(error.to_string()))?;
    let (commission, resolver) = (COMMISSION, RESOLVER);
    let stage = Stage { config, web, phrase: &phrase, commission, resolver, journal: &journal };
    story::tell(stage, now)
}

/// The address itself where it is free, with a port where it has none; else a sentence.
fn free(address: SocketAddr, advice: &str) -> Result<SocketAddr, Stop> {
    let taken = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            Stop::Config(format!("{address} is taken by another program; {advice}"))
        }
        _ => Stop::Config(format!("{address} cannot be listened on ({error}); {advice}")),
    };
    TcpListener::bind(address).and_then(|listener| listener.local_addr()).map_err(taken)
}

/// How a browser on this machine reaches a listener.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn random_hex() -> Result<String, Stop> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Stop::Failed(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn lines(values: &BTreeMap<String, String>) -> String {
    values.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect()
}

/// Writes a file that nobody else reads, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), Stop> {
    let beside = path.with_extension("new");
    let write = || {
        let _old = fs::remove_file(&beside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| cannot(path, &error))
}

fn cannot(path: &Path, error: &io::Error) -> Stop {
    Stop::Failed(format!("{}: {error}", path.display()))
}
