//! Whose ledger this is, and where it lies. A copy that is started elsewhere would issue the same
//! addresses to other orders and sign with the same nonces, so it does not start before the operator
//! has said that it is the only one.

use std::fmt::Write as _;

use db::desk::{self, Bond, Installation, SiteKey};
use db::{EscrowDb, EscrowTx, tx};
use domain::clock::Time;

use crate::ctx::{self, Unfit};
use crate::fault::Fault;
use crate::keys::Keys;

/// The operator's word about where the ledger lies.
pub const ADOPT: &str = "adopt";
/// It is the only one and up to date.
pub const MOVED: &str = "moved";
/// It is an older copy: what was issued after it was made is not in it.
pub const RESTORED: &str = "restored";
/// Nothing is asked.
const DONE: &str = "done";

/// Binds a fresh ledger to the keys and to its place, or sees that it is bound to both. Answers the
/// generation of its addresses.
///
/// # Errors
/// [`Unfit`] for the keys or the place of another.
pub(crate) fn hold(db: &EscrowDb, keys: &Keys, now: Time) -> Result<u32, Unfit> {
    let place = db.place().map_err(Fault::from)?;
    let (known, word) = db
        .read(|conn| Ok((desk::installation(conn)?, desk::control(conn, ADOPT)?)))
        .map_err(Fault::from)?;
    let word = word.unwrap_or_default();
    let Some(known) = known else {
        let fingerprint = keys.fingerprint().to_owned();
        return bind(db, keys, (&fingerprint, 0, &place), (&word, now));
    };
    if known.fingerprint != keys.fingerprint() {
        return Err(Unfit::OtherPhrase);
    }
    let generation = match (&known.bond, word.as_str()) {
        (Some(bond), _) if !fits(keys, &known, bond) => return Err(Unfit::Forged),
        (_, RESTORED) => known.generation.saturating_add(1),
        (Some(bond), word) if bond.place != place && word != MOVED => return Err(Unfit::Copy),
        (Some(bond), word) if bond.place == place && word != MOVED => return Ok(known.generation),
        _ => known.generation,
    };
    bind(db, keys, (&known.fingerprint, generation, &place), (&word, now))
}

/// Ties the ledger to a place under a new id. A restored one starts paused, so that somebody looks
/// before money moves.
fn bind(
    db: &EscrowDb,
    keys: &Keys,
    (fingerprint, generation, place): (&str, u32, &str),
    (word, now): (&str, Time),
) -> Result<u32, Unfit> {
    let row = bound(keys, (fingerprint, generation), (&fresh_id()?, place))?;
    let (asked, restored) = (!word.is_empty(), word == RESTORED);
    tx::write(db, "install", move |tx| -> Result<(), Fault> {
        desk::install(tx, &row, now)?;
        if asked {
            desk::set_control(tx, ADOPT, DONE, now)?;
        }
        if restored {
            desk::set_pause(tx, true, now)?;
            let why = format!(
                "the ledger was restored from a copy; addresses are of generation {} from now on, \
                 and nothing moves before it is resumed",
                row.generation
            );
            ctx::alarm(tx, "restore", None, &why, now)?;
        }
        Ok(())
    })?;
    Ok(generation)
}

/// Lets addresses be of the next generation, whose keys nobody has used.
///
/// # Errors
/// [`Fault`] when the database fails or holds no installation.
pub(crate) fn rise(tx: &mut EscrowTx<'_>, keys: &Keys, now: Time) -> Result<u32, Fault> {
    let known = desk::installation(tx)?;
    let known = known.ok_or_else(|| Fault::Ledger("it is bound to no key".to_owned()))?;
    let Some(bond) = &known.bond else {
        return Err(Fault::Ledger("it is bound to no place".to_owned()));
    };
    let next = known.generation.saturating_add(1);
    let row = bound(keys, (&known.fingerprint, next), (&bond.id, &bond.place))?;
    desk::install(tx, &row, now)?;
    let site = SiteKey { generation: next, address: keys.site(next)?, since: now };
    desk::note_site_key(tx, &site)?;
    Ok(next)
}

fn bound(
    keys: &Keys,
    (fingerprint, generation): (&str, u32),
    (id, place): (&str, &str),
) -> Result<Installation, Fault> {
    let text = text((fingerprint, generation), (id, place));
    let mac = keys.seal().tag(&text).map_err(|error| Fault::Key(error.to_string()))?;
    let bond = Bond { id: id.to_owned(), place: place.to_owned(), mac };
    Ok(Installation { fingerprint: fingerprint.to_owned(), generation, bond: Some(bond) })
}

fn fits(keys: &Keys, known: &Installation, bond: &Bond) -> bool {
    let text = text((&known.fingerprint, known.generation), (&bond.id, &bond.place));
    keys.seal().fits(&text, &bond.mac)
}

fn text((fingerprint, generation): (&str, u32), (id, place): (&str, &str)) -> String {
    format!(
        "holdfast installation 1\nfingerprint: {fingerprint}\ngeneration: {generation}\nid: {id}\n\
         place: {place}\n"
    )
}

fn fresh_id() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Key(error.to_string()))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
