//! `holdfast recover`: finds and moves money by the keys alone. Its process is born as escrow's is: a
//! helper derives the keys, and nothing but the providers' ports is open to it from then on.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::time::Duration;

use courier::SystemClock;
use db::{CourierDb, DbConfig, DbError, Owner, ledger, migrate, pulse, todo, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Clock;
use domain::limits;
use domain::seal::hex;
use escrow::recover::{self, Assets, Extent, Find, Outcome, Range, Swept};
use escrow::{Fault, Keys, Served};

use crate::cage::{self, Needs};
use crate::cli::RecoverArgs;
use crate::role::Role;
use crate::settings::Settings;
use crate::step::{self, Step, Told, become_owner};
use crate::{Stop, derive, folders, people, say, secret, tell};

/// How long blocks are waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often the search tells how far it is, in keys.
const TELL: u32 = 10_000;

/// What a search has of one chain.
struct Chain {
    served: Served,
    assets: Assets,
    finds: Vec<Find>,
}

/// Finds the money of the keys in the secret file, lists it, and moves it where that is asked for.
pub(crate) fn run(args: &RecoverArgs) -> Result<(), Stop> {
    let mut settings = Settings::read()?;
    settings.refuse_dangers()?;
    let to = args.to.as_deref().map(payee).transpose()?;
    let config = settings.db()?;
    // Held until the end, so that no escrow starts meanwhile.
    let folder = config.folder().map(crate::settings::absolute).transpose()?;
    let _lock = match &folder {
        Some(folder) if folder.is_dir() => folders::lock(folder, &[Role::Escrow])?,
        _ => Vec::new(),
    };
    if let Some(folder) = &folder {
        settings.settle_folder(folder)?;
    }
    step::apart(Step::LookIdle, settings.vars(Role::Courier), Told::All)?;
    let issued = match (args.sweep, args.strayed) {
        (true, true) => Some(ask_issued(&settings)?),
        (true, false) => {
            step::apart(Step::LookUnused, settings.vars(Role::Courier), Told::All)?;
            None
        }
        (false, _) => None,
    };
    let (keys, chains) = shut_in(&settings)?;
    let extent = args.count.map_or(Extent::Gap(args.gap), Extent::Count);
    let range = Range { generations: args.generations, extent };
    let mut found = Vec::new();
    for served in chains {
        let mut chain = search(&keys, served, &range)?;
        if let Some(issued) = &issued {
            chain.finds = recover::strayed(&chain.finds, issued);
        }
        found.push(chain);
    }
    list(&found);
    match to.filter(|_| args.sweep && found.iter().any(|chain| !chain.finds.is_empty())) {
        Some(to) => move_all(&keys, &found, (to, args.yes)),
        None => Ok(()),
    }
}

/// The addresses of orders with the chains that they were issued for.
fn ask_issued(settings: &Settings) -> Result<BTreeMap<EvmAddress, ChainId>, Stop> {
    let told = step::answer(Step::LookIssued, settings.vars(Role::Courier), None)?;
    let one = |line: &str| {
        let (address, chain) = line.split_once(' ')?;
        Some((address.parse().ok()?, ChainId::from(chain.parse::<u64>().ok()?)))
    };
    let all: Option<_> = told.lines().map(one).collect();
    all.ok_or_else(|| failed("the addresses of orders make no sense"))
}

fn payee(text: &str) -> Result<EvmAddress, Stop> {
    EvmAddress::parse_payee(text)
        .map_err(|why| Stop::Config(format!("--to is not an address to pay to: {why}")))
}

fn failed(fault: impl std::fmt::Display) -> Stop {
    Stop::Failed(format!("recover: {fault}"))
}

/// Takes the keys and the providers from the secret file, becomes escrow's user where it is root, and
/// closes everything else.
fn shut_in(settings: &Settings) -> Result<(Keys, Vec<Served>), Stop> {
    cage::harden().map_err(failed)?;
    let secrets = derive::apart(&secret::open(&settings.secret_file()?)?)?;
    let reach = escrow::Reach::of(&secrets);
    // On locked pages, which the cage would not let be locked.
    let keys = Keys::from_source(secrets.keys).map_err(failed)?;
    let own_user = people::is_root();
    if own_user {
        step::become_user(people::user(Role::Escrow)).map_err(failed)?;
    }
    let random = std::path::PathBuf::from("/dev/urandom");
    let needs = Needs { read: vec![random], ports: reach.ports, ..Needs::default() };
    let needs = if reach.names { needs.with_names() } else { needs };
    let standing = cage::close(&needs).map_err(Stop::Config)?;
    say(&format!("isolation level {}", standing.level(own_user)));
    Ok((keys, escrow::providers(secrets.chains)))
}

fn search(keys: &Keys, served: Served, range: &Range) -> Result<Chain, Stop> {
    let name = served.client.spec().name;
    let assets = recover::assets(&served).map_err(|fault| failed(format!("{name}: {fault}")))?;
    for why in &assets.left_out {
        say(&format!("{name}: {why}"));
    }
    let finds = recover::scan(keys, &served, (&assets.all, range), |place, count| {
        let tried = place.index.saturating_add(1);
        if tried.is_multiple_of(TELL) {
            let (purpose, generation) = (place.purpose, place.generation);
            say(&format!("{name}: {tried} keys of {purpose}'/{generation} tried, {count} finds"));
        }
    });
    let finds = finds.map_err(|fault: Fault| failed(format!("{name}: {fault}")))?;
    Ok(Chain { served, assets, finds })
}

fn list(found: &[Chain]) {
    for chain in found {
        let name = chain.served.client.spec().name;
        tell(&format!("{name}: {} finds", chain.finds.len()));
        for Find { place, address, asset, amount } in &chain.finds {
            let path = format!("{}'/{}/{}", place.purpose, place.generation, place.index);
            tell(&format!("  m/44'/60'/{path:<16}{address}  {}", asset.shown(*amount)));
        }
        for (asset, _) in &chain.assets.all {
            let own = chain.finds.iter().filter(|find| find.asset == *asset);
            let sum = domain::money::Amount::sum(own.map(|find| find.amount)).unwrap_or_default();
            tell(&format!("  in all {}", asset.shown(sum)));
        }
    }
}

fn move_all(keys: &Keys, found: &[Chain], (to, sure): (EvmAddress, bool)) -> Result<(), Stop> {
    if !sure && !agreed(to)? {
        return Err(Stop::Failed("nothing was moved".to_owned()));
    }
    let mut all_moved = true;
    for chain in found.iter().filter(|chain| !chain.finds.is_empty()) {
        let domains: Vec<_> = chain
            .assets
            .all
            .iter()
            .filter_map(|(asset, domain)| Some((asset.token?, (*domain)?)))
            .collect();
        let swept = recover::sweep(keys, &chain.served, (&chain.finds, &domains), to, PATIENCE);
        for one in swept.map_err(failed)? {
            all_moved &= matches!(one.outcome, Outcome::Moved(_));
            tell(&format!("  {}", told(&one)));
        }
    }
    if all_moved {
        tell(&format!("All of it is at {to}."));
        Ok(())
    } else {
        Err(Stop::Failed("not all of it was moved; try again for the rest".to_owned()))
    }
}

fn told(one: &Swept) -> String {
    let Swept { find: Find { address, asset, amount: there, .. }, amount, outcome } = one;
    let shown = |asset: &Asset, amount| asset.shown(amount);
    match outcome {
        Outcome::Moved(hash) => {
            format!("{address}: {} moved by {}", shown(asset, *amount), hex(hash))
        }
        Outcome::Sent(hash) => format!(
            "{address}: {} sent by {}, and no block has it yet",
            shown(asset, *amount),
            hex(hash)
        ),
        Outcome::Stayed(why) => format!("{address}: {} stays: {why}", shown(asset, *there)),
    }
}

/// Asks on the terminal, or takes a line of the input.
fn agreed(to: EvmAddress) -> Result<bool, Stop> {
    say(&format!("move all of it to {to}? Type the address's last four characters to go on"));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    let address = to.to_string();
    let (_, last) = address.split_at(address.len().saturating_sub(4));
    Ok(line.trim() == last)
}

/// Opens the tables as one who only reads; none where there are none.
fn reader(config: &DbConfig) -> Result<Option<CourierDb>, Stop> {
    become_owner(config, Owner::Courier)?;
    let unknown = |error: DbError| {
        Stop::Failed(format!("whether an escrow runs on this database cannot be told: {error}"))
    };
    match migrate::has_tables(config, Owner::Escrow) {
        Ok(true) => CourierDb::open(config).map(Some).map_err(unknown),
        Ok(false) => Ok(None),
        Err(DbError::Down(_)) if config.is_local() => Ok(None),
        Err(error) => Err(unknown(error)),
    }
}

/// The hidden step: refuses where an escrow gave a sign of life just now.
pub(crate) fn idle(config: &DbConfig) -> Result<(), Stop> {
    let Some(door) = reader(config)? else { return Ok(()) };
    let beat = door.read(pulse::look).map_err(step::refused)?.beat_at;
    let now = SystemClock.now();
    match beat.filter(|beat| now.since(*beat) <= limits::HEARTBEAT_STALE) {
        None => Ok(()),
        Some(_) => Err(Stop::Config(
            "an escrow runs on this database, or did some seconds ago: stop it first, for it signs \
             with the same keys"
                .to_owned(),
        )),
    }
}

/// The hidden step: refuses where orders have addresses.
pub(crate) fn unused(config: &DbConfig) -> Result<(), Stop> {
    let Some(door) = reader(config)? else { return Ok(()) };
    let next = door.read(|conn| {
        let orders = ledger::next_index(conn, escrow::keys::ORDERS, 0)?;
        Ok(orders.saturating_add(ledger::next_index(conn, escrow::keys::DEPOSITS, 0)?))
    });
    match next.map_err(step::refused)? {
        0 => Ok(()),
        count => Err(Stop::Config(format!(
            "the database of DB_DSN has a ledger in which {count} addresses are issued: moving \
             their money past it would cheat its orders. Start that shop and let escrow pay; where \
             it is lost, name an empty place in DB_DSN"
        ))),
    }
}

/// The hidden step: tells the addresses of orders with their chains, a line each. Refuses while a
/// payout is on its way, whose gas wallet must not be used meanwhile.
pub(crate) fn issued(config: &DbConfig) -> Result<(), Stop> {
    let Some(door) = reader(config)? else {
        return Err(Stop::Config("DB_DSN names no shop whose orders could be told".to_owned()));
    };
    let busy = |conn: &mut _| Ok(todo::any_in_flight(conn)? || top_ups::any_in_flight(conn)?);
    if door.read(busy).map_err(step::refused)? {
        return Err(Stop::Config(
            "payouts are on their way: start the shop and let escrow end them first".to_owned(),
        ));
    }
    for (address, chain) in door.read(ledger::issued_for).map_err(step::refused)? {
        tell(&format!("{address} {}", chain.get()));
    }
    Ok(())
}
