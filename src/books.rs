//! `holdfast check --books`: the audit, printed.

use courier::SystemClock;
use db::balances::Standing;
use db::{CourierDb, Owner};
use domain::asset::Asset;
use domain::clock::Clock;
use escrow::audit::{self, Audit};
use serde::Serialize;

use crate::settings::Settings;
use crate::step::{become_owner, refused};
use crate::{Stop, derive, secret, tell};

/// Why no chain is asked.
const NO_SECRET: &str =
    "no chain is asked: SECRET_FILE is not set, and the providers' addresses stand there alone";

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    orders: u64,
    entries: u64,
    /// Keys of each generation that orders have used up.
    keys_issued: &'a [u32],
    balances_compared: u64,
    blocks: Vec<BlockJson>,
    accounts: Vec<AccountJson>,
    faults: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct BlockJson {
    chain: &'static str,
    number: u64,
    /// Seconds since 1970.
    at: i64,
}

#[derive(Serialize)]
struct AccountJson {
    chain_id: u64,
    token: String,
    token_address: Option<String>,
    account: &'static str,
    /// Base units, as all sums are.
    given: String,
    taken: String,
}

/// Goes through the books and prints what it found; fails where something does not agree.
pub(crate) fn run(settings: &Settings, json: bool) -> Result<(), Stop> {
    let config = settings.db_of(Owner::Courier)?;
    // Read while we may; of the secret the providers' addresses are kept, and nothing else.
    let chains = match settings.get("SECRET_FILE") {
        None => None,
        Some(_) => {
            let secret = secret::open(&settings.secret_file()?)?;
            let secrets = derive::apart(&secret)?;
            Some(escrow::providers(secrets.chains))
        }
    };
    become_owner(&config, Owner::Courier)?;
    let door = CourierDb::open(&config).map_err(refused)?;
    let asked = chains.as_deref().unwrap_or_default();
    let mut audit = audit::books(&door, asked).map_err(refused)?;
    if chains.is_none() {
        audit.notes.push(NO_SECRET.to_owned());
    }
    if json {
        print_json(&audit)?
    } else {
        print(&audit)
    }
    if audit.faults.is_empty() { Ok(()) } else { Err(Stop::Said(1)) }
}

fn print_json(audit: &Audit) -> Result<(), Stop> {
    let block = |(chain, number, at): &(&'static str, u64, domain::clock::Time)| BlockJson {
        chain,
        number: *number,
        at: at.as_secs(),
    };
    let account = |(asset, account, sums): &Standing| AccountJson {
        chain_id: asset.chain.get(),
        token: asset.symbol.to_string(),
        token_address: asset.token.map(|token| token.to_string()),
        account: account.as_str(),
        given: sums.given.to_string(),
        taken: sums.taken.to_string(),
    };
    let report = Report {
        ok: audit.faults.is_empty(),
        orders: audit.orders,
        entries: audit.entries,
        keys_issued: &audit.issued,
        balances_compared: audit.compared,
        blocks: audit.chains.iter().map(block).collect(),
        accounts: audit.totals.iter().map(account).collect(),
        faults: &audit.faults,
        notes: &audit.notes,
    };
    let text = serde_json::to_string_pretty(&report);
    tell(&text.map_err(|error| Stop::Failed(error.to_string()))?);
    Ok(())
}

fn print(audit: &Audit) {
    tell(&format!(
        "{} orders, {} entries in the journal, {} balances held against their chains",
        audit.orders, audit.entries, audit.compared
    ));
    for (generation, count) in audit.issued.iter().enumerate() {
        tell(&format!("  {count} keys issued in generation {generation}"));
    }
    for (chain, number, at) in &audit.chains {
        let age = SystemClock.now().since(*at).as_secs();
        tell(&format!("  {chain}, by block {number}, {age} s old"));
    }
    let mut last: Option<Asset> = None;
    for (asset, account, sums) in &audit.totals {
        if last.replace(*asset) != Some(*asset) {
            let chain = asset.chain.spec().map_or("a chain that is not known", |spec| spec.name);
            tell(&format!("\n{} on {chain}", asset.symbol));
        }
        let (sign, balance) = match sums.balance() {
            Some(balance) => (" ", balance),
            None => ("-", sums.taken.minus(sums.given)),
        };
        tell(&format!("  {:<12}{sign}{}", account.as_str(), asset.shown(balance)));
    }
    for (title, all) in [("Notes", &audit.notes), ("Faults", &audit.faults)] {
        if !all.is_empty() {
            tell(&format!("\n{title}"));
        }
        for sentence in all {
            tell(&format!("  {sentence}"));
        }
    }
    let verdict = match audit.faults.len() {
        0 => "The books agree.".to_owned(),
        1 => "The books do not agree: 1 fault.".to_owned(),
        many => format!("The books do not agree: {many} faults."),
    };
    tell(&format!("\n{verdict}"));
}
