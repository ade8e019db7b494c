//! `holdfast check`: which walls stand, and whether everything answers.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use courier::SystemClock;
use db::tokens::{self, TokenState};
use db::{
    Conn, CourierDb, DbConfig, DbError, Owner, evidence, jobs, migrate, placing, pulse, stats,
    unbound,
};
use domain::clock::{Clock, Time};
use domain::job::Job;
use domain::limits;
use serde::Serialize;

use crate::cli::CheckArgs;
use crate::matrix::{self, Tried, Wall};
use crate::settings::{Settings, dotenv};
use crate::step::become_owner;
use crate::{Stop, books, people, tell};

/// Longest wait for the shop's own answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Where web listens when nobody says otherwise.
const LISTEN: &str = "127.0.0.1:8080";
/// Entries of the evidence that are looked at in one read.
const EVIDENCE_WALK: i64 = 500;
/// A chain that escrow has not looked at for so long is not reached.
const CHAIN_STALE_SECS: i64 = 180;

#[derive(Serialize)]
struct Report {
    version: &'static str,
    isolation_level: u8,
    walls: Vec<Wall>,
    attacks: Vec<Tried>,
    advice: Vec<String>,
    findings: Vec<Finding>,
    ok: bool,
}

#[derive(Serialize)]
struct Finding {
    name: String,
    ok: bool,
    said: String,
}

/// Prints what stands and what answers; fails where something does not.
pub(crate) fn run(args: &CheckArgs) -> Result<(), Stop> {
    let mut settings = Settings::read()?;
    if let Some(folder) = &args.data {
        settings = settings.of_demo(folder, dotenv(&folder.join("demo.env"))?)?;
    }
    if args.books {
        return books::run(&settings, args.json);
    }
    if args.health {
        return match health(&settings).1 {
            true => Ok(()),
            false => Err(Stop::Said(1)),
        };
    }
    let mut findings = vec![loose_secret(&settings)];
    let (said, answers) = health(&settings);
    findings.push(Finding { name: "shop".to_owned(), ok: answers, said });
    let config = settings.db_of(Owner::Courier)?;
    let matrix = matrix::look(&settings, config.folder(), own_users(&config))?;
    become_owner(&config, Owner::Courier)?;
    findings.extend(database(&config, SystemClock.now()));
    if args.evidence {
        findings.push(chain(&config));
    }
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        isolation_level: matrix.level,
        ok: findings.iter().all(|finding| finding.ok) && !matrix.leaks(),
        walls: matrix.walls,
        attacks: matrix.tried,
        advice: matrix.advice,
        findings,
    };
    if args.json {
        let text = serde_json::to_string_pretty(&report);
        tell(&text.map_err(|error| Stop::Failed(error.to_string()))?);
    } else {
        print(&report);
    }
    if report.ok { Ok(()) } else { Err(Stop::Said(1)) }
}

/// Whether the roles have users of their own: their folders say so, whoever asks; where there are
/// none, it is whether this user could give them.
fn own_users(config: &DbConfig) -> bool {
    let owner = |owner| {
        let file = config.file(owner)?;
        Some(fs::symlink_metadata(file.parent()?).ok()?.uid())
    };
    match Owner::ALL.map(owner) {
        [Some(web), Some(escrow), Some(courier)] => {
            web != escrow && escrow != courier && courier != web
        }
        _ => people::is_root(),
    }
}

fn print(report: &Report) {
    tell(&format!(
        "Holdfast {}, isolation level {}\n\nWalls",
        report.version, report.isolation_level
    ));
    for wall in &report.walls {
        let stands = if wall.stands { "stands" } else { "open" };
        tell(&format!("  {:<28}{stands:<8}{}", wall.name, wall.what));
    }
    let open: Vec<_> = report.attacks.iter().filter(|tried| tried.result == "open").collect();
    let all = report.attacks.len();
    tell(&format!("\nAttacks: {} of {all} blocked", all.saturating_sub(open.len())));
    for tried in &open {
        tell(&format!("  {:<9}{:<34}OPEN    {}", tried.role, tried.attack, tried.what));
    }
    tell("\nFindings");
    for finding in &report.findings {
        let ok = if finding.ok { "ok" } else { "NOT OK" };
        tell(&format!("  {:<28}{ok:<8}{}", finding.name, finding.said));
    }
    if !report.advice.is_empty() {
        tell("\nWhat to change");
    }
    for sentence in &report.advice {
        tell(&format!("  {sentence}"));
    }
}

fn loose_secret(settings: &Settings) -> Finding {
    let outcome =
        settings.refuse_dangers().map_or_else(|stop| stop.to_string(), |()| String::new());
    let ok = outcome.is_empty();
    let said = if ok { "holds no secret of escrow's".to_owned() } else { outcome };
    Finding { name: "environment".to_owned(), ok, said }
}

/// What the database tells of the tables, the roles and the chains.
fn database(config: &DbConfig, now: Time) -> Vec<Finding> {
    let finding = |name: &str, outcome: Result<String, String>| Finding {
        name: name.to_owned(),
        ok: outcome.is_ok(),
        said: outcome.unwrap_or_else(|why| why),
    };
    let tables = Owner::ALL.into_iter().try_for_each(|owner| migrate::check(config, owner));
    let tables = tables.map(|()| "those of this binary".to_owned());
    let door = match CourierDb::open(config) {
        Ok(door) => door,
        Err(error) => {
            let closed = Err(error.to_string());
            return vec![
                finding("database", closed),
                finding("tables", tables.map_err(|error| error.to_string())),
            ];
        }
    };
    let place = config.folder().map_or("a MariaDB server", |_| "SQLite files");
    let mut all = vec![
        finding("database", Ok(place.to_owned())),
        finding("tables", tables.map_err(|error| error.to_string())),
    ];
    let stale = limits::HEARTBEAT_STALE.as_secs();
    let beat = |at: Option<Time>| match at.map(|at| now.since(at).as_secs()) {
        None => Err("never ran".to_owned()),
        Some(secs) if secs >= stale => Err(format!("last heard of {secs} s ago")),
        Some(secs) => Ok(format!("heard of {secs} s ago")),
    };
    match read(&door, pulse::look) {
        Err(why) => all.push(finding("escrow", Err(why))),
        Ok(pulse) => {
            all.push(finding("escrow", beat(pulse.beat_at)));
            let pause = if pulse.paused { "on: no payouts, no new orders" } else { "off" };
            all.push(finding("pause", Ok(pause.to_owned())));
        }
    }
    all.push(finding("courier", read(&door, stats::last_beat).and_then(beat)));
    match read(&door, jobs::all) {
        Err(why) => all.push(finding("jobs", Err(why))),
        Ok(jobs) => {
            all.extend(told(&jobs, now).into_iter().map(|(name, said)| finding(&name, said)))
        }
    }
    match read(&door, pulse::chain_states) {
        Err(why) => all.push(finding("chains", Err(why))),
        Ok(chains) if chains.is_empty() => {
            all.push(finding("chains", Err("escrow has not looked at any yet".to_owned())));
        }
        Ok(chains) => {
            for (id, name, state, at) in chains {
                let secs = now.since(at).as_secs();
                let said = format!("{state}, looked at {secs} s ago");
                let ok = state == "ok" && secs < CHAIN_STALE_SECS;
                all.push(finding(&format!("{name} ({id})"), if ok { Ok(said) } else { Err(said) }));
            }
        }
    }
    match read(&door, paid_in) {
        Err(why) => all.push(finding("tokens", Err(why))),
        Ok(tokens) => all.extend(tokens.into_iter().map(|(name, said)| finding(&name, Ok(said)))),
    }
    all
}

/// The jobs of each role in one line, and in a line of its own each that failed or is late.
fn told(jobs: &[(Owner, Job)], now: Time) -> Vec<(String, Result<String, String>)> {
    let mut said = Vec::new();
    for owner in Owner::ALL {
        let own: Vec<&Job> =
            jobs.iter().filter(|(whose, _)| *whose == owner).map(|(_, job)| job).collect();
        if own.is_empty() {
            continue;
        }
        let well = own.iter().filter(|job| !job.is_amiss(now)).count();
        said.push((
            format!("jobs of {}", owner.name()),
            Ok(format!("{well} of {} on time", own.len())),
        ));
        for job in own.into_iter().filter(|job| job.is_amiss(now)) {
            let last = now.since(job.finished_at.unwrap_or(job.started_at)).as_secs();
            let why = if job.failed { format!(": {}", job.outcome) } else { String::new() };
            said.push((
                format!("job {}/{}", owner.name(), job.name),
                Err(format!("last ran {last} s ago, usually every {} s{why}", job.period_secs)),
            ));
        }
    }
    said
}

/// The tokens that escrow has looked at and the wallets that carry them. One that is not offered is
/// nothing wrong: a shop may take coins alone.
fn paid_in(conn: &mut Conn) -> Result<Vec<(String, String)>, DbError> {
    let mut said = Vec::new();
    for token in tokens::all(conn)? {
        let name = format!("{} ({})", token.asset.symbol, token.asset.chain.get());
        let offered = token.state == TokenState::Ok;
        said.push((name, if offered { "offered".to_owned() } else { token.note }));
    }
    for coin in placing::assets(conn)?.into_iter().filter(|now| now.asset.token.is_none()) {
        if let Some((address, balance)) = tokens::wallet(conn, coin.spec.id)? {
            let name = format!("gas wallet ({})", coin.spec.id.get());
            said.push((name, format!("{address} holds {}", coin.asset.shown(balance))));
        }
    }
    Ok(said)
}

/// Walks along the evidence from its start: a row that was changed, removed or slipped in is named.
fn chain(config: &DbConfig) -> Finding {
    let walked = CourierDb::open(config).map_err(|error| error.to_string()).and_then(|door| {
        let mut at = evidence::NOWHERE;
        loop {
            let next = read(&door, |conn| evidence::walk_rows(conn, at, EVIDENCE_WALK))??;
            if next.n == at.n {
                let anchored = read(&door, evidence::last_anchor)?.map_or(0, |anchor| anchor.n);
                let unbound = door.snapshot(unbound::unbound).map_err(|error| error.to_string())?;
                if !unbound.is_empty() {
                    return Err(unbound.join("; "));
                }
                return if anchored > at.n {
                    Err(format!(
                        "escrow anchored entry {anchored}, but the evidence ends at {}",
                        at.n
                    ))
                } else {
                    Ok(format!("{} entries follow, {anchored} of them anchored", at.n))
                };
            }
            at = next;
        }
    });
    let ok = walked.is_ok();
    Finding { name: "evidence".to_owned(), ok, said: walked.unwrap_or_else(|why| why) }
}

fn read<T>(
    door: &CourierDb,
    look: impl FnOnce(&mut Conn) -> Result<T, DbError>,
) -> Result<T, String> {
    door.read(look).map_err(|error| error.to_string())
}

/// What the running shop says of itself on this machine, and whether that is good.
fn health(settings: &Settings) -> (String, bool) {
    let listen = settings.get("LISTEN").unwrap_or(LISTEN);
    let Ok(address) = listen.parse::<SocketAddr>() else {
        return (format!("LISTEN is {listen:?}, no address with a port"), false);
    };
    let host = settings.get("SITE_URL").and_then(|url| url.split("//").nth(1));
    let host =
        host.map_or_else(|| address.to_string(), |host| host.trim_end_matches('/').to_owned());
    match ask(near(address), &host) {
        Ok(answer) => {
            let status = answer.lines().next().unwrap_or_default();
            let good = status.starts_with("HTTP/1.1 200");
            (format!("{address} answers {status:?} to GET /health"), good)
        }
        Err(error) => (format!("{address} does not answer: {error}"), false),
    }
}

/// The loopback address by which a listener on every address is reached.
fn near(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

fn ask(address: SocketAddr, host: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 64];
    let count = stream.read(&mut head)?;
    Ok(String::from_utf8_lossy(head.get(..count).unwrap_or_default()).into_owned())
}

impl Settings {
    /// The settings of a demo in `folder`, of which `kept` are those in its file.
    fn of_demo(
        mut self,
        folder: &Path,
        kept: std::collections::BTreeMap<String, String>,
    ) -> Result<Self, Stop> {
        self.add(kept);
        let folder = crate::settings::absolute(folder)?;
        self.settle_folder(&folder)?;
        let secret = folder.join("secret.env").to_string_lossy().into_owned();
        self.add([("SECRET_FILE".to_owned(), secret)]);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_asked_over_loopback() {
        let near = |text: &str| near(text.parse().unwrap()).to_string();
        assert_eq!(near("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(near("[::]:80"), "[::1]:80");
        assert_eq!(near("192.0.2.7:80"), "192.0.2.7:80");
    }

    #[test]
    fn a_shop_that_never_ran_is_told_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        let config = DbConfig::sqlite(folder.path());
        let before = database(&config, SystemClock.now());
        assert!(before.iter().all(|finding| !finding.ok), "nothing is there yet");

        migrate::run_all(&config).unwrap();
        let after = database(&config, SystemClock.now());
        let bad: Vec<_> = after.iter().filter(|finding| !finding.ok).map(|f| &f.name).collect();
        assert_eq!(bad, ["escrow", "courier", "chains"]);
    }
}
