//! `holdfast admin payout`: what is held, and the operator's word to try it again. Escrow reads the
//! request from its own table and answers there; no key is touched here.

use courier::SystemClock;
use db::{Conn, DbError, EscrowDb, EscrowTx, Owner, held, tx};
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::seal::unhex;

use crate::settings::Settings;
use crate::step::{become_owner, refused};
use crate::{Stop, tell};

/// Most lines of a list.
const LINES: i64 = 500;

/// Prints the held payouts and the stopped orders.
pub(crate) fn list() -> Result<(), Stop> {
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let door = EscrowDb::open(&config).map_err(refused)?;
    let lines = door.read(lines).map_err(refused)?;
    if lines.is_empty() {
        tell("nothing is held");
    }
    lines.iter().for_each(|line| tell(line));
    Ok(())
}

fn lines(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let mut lines = Vec::new();
    for held in held::all(conn, LINES)? {
        let until = held.deadline.map(web::ui::rfc3339).unwrap_or_default();
        lines.push(format!(
            "{} case {} ({}): {}; {} until {until}",
            held.order, held.case, held.kind, held.reason, held.owner
        ));
        lines.extend(answered(conn, held.order, held.case)?);
    }
    for (order, why) in held::frozen(conn, LINES)? {
        lines.push(format!("{order}: all of it is stopped: {why}"));
        lines.extend(answered(conn, order, 0)?);
    }
    Ok(lines)
}

/// What came of the last request, in a line of its own.
fn answered(conn: &mut Conn, order: OrderId, case: i32) -> Result<Option<String>, DbError> {
    let asked = held::last_asked(conn, order, case)?;
    Ok(asked.map(|(state, said)| {
        format!("    retry is {state}{}{said}", if said.is_empty() { "" } else { ": " })
    }))
}

/// Asks escrow to look at a payout again.
pub(crate) fn retry(order: &str, case: Option<i32>, hash: Option<&str>) -> Result<(), Stop> {
    let wrong = |what: &str| Stop::Failed(format!("{what}; nothing was asked"));
    let order: OrderId =
        order.parse().map_err(|_bad| wrong("an order is 32 hexadecimal digits"))?;
    let hash = match hash {
        None => None,
        Some(text) => Some(unhex(text).ok_or_else(|| wrong("a chain tx is 0x and 64 digits"))?),
    };
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let now = SystemClock.now();
    let asked = tx::write_once(&config, "retry", |tx: &mut EscrowTx<'_>| {
        if db::ledger::state(tx, order)?.is_none() {
            return Err(DbError::NotFound);
        }
        let first = held::of_order(tx, order)?.map(|held| held.case);
        held::ask(tx, (order, case.or(first).unwrap_or_default()), hash, now)
    });
    match asked {
        Err(DbError::NotFound) => Err(wrong("escrow knows no such order")),
        asked => {
            asked.map_err(refused)?;
            tell(
                "escrow looks at it in its next round; `holdfast admin payout list` says what came of it",
            );
            Ok(())
        }
    }
}
