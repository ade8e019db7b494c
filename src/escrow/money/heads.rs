//! The heads of chains: whether a provider serves, which chain it serves and how far it is.

use db::desk::{self, ChainRow};
use db::{DbError, codec};
use domain::chain::ChainSpec;
use domain::clock::{Span, Time};
use domain::money::Amount;
use domain::seal::hex;

use crate::chain::client::View;
use crate::ctx::{Ctx, Served};
use crate::evm::fees;
use crate::fault::{ChainFault, Fault};

/// A public chain whose newest block is older than this is not looked at by this provider.
const STALE: Span = Span::minutes(15);

/// How far ahead of our clock a public chain's newest block may be dated.
const AHEAD: Span = Span::secs(60);
/// The same for a development chain, whose blocks a person may date.
const AHEAD_DEVELOPMENT: Span = Span::minutes(5);

/// Looks at a chain and publishes what was seen. Answers the view if money can be moved by it.
///
/// # Errors
/// [`Fault`] when the database fails; a provider in trouble is noted and answers none.
pub fn look(ctx: &Ctx, served: &Served) -> Result<Option<View>, Fault> {
    let spec = served.client.spec();
    let before = ctx.db.read(|conn| desk::chain(conn, spec.id))?;
    let looked = served.client.look().and_then(|view| {
        let data = served.client.data_fee()?;
        let fee = fees::reserve(fees::TRANSFER_GAS, view.market.ceiling());
        let fee = fee.and_then(|fee| fee.checked_add(data));
        Ok((view, fee.ok_or_else(|| ChainFault::Garbage("a fee beyond all sums".to_owned()))?))
    });
    let now = ctx.now();
    let (view, leg_fee) = match looked {
        Ok(seen) => seen,
        Err(fault) => {
            let state = if matches!(fault, ChainFault::Wrong(_)) { "wrong" } else { "down" };
            let told = before.as_ref().is_some_and(|row| row.state == state);
            if !told {
                tracing::error!(chain = spec.name, %fault, "the chain is not served");
                if state == "wrong" {
                    ctx.alarm("chain", None, fault.to_string())?;
                }
            }
            publish(ctx, served, trouble(before, spec, state, &fault.to_string(), now))?;
            return Ok(None);
        }
    };
    let known = before.as_ref().map_or(Ok(0), known_final)?;
    let ahead = if spec.genesis.is_some() { AHEAD } else { AHEAD_DEVELOPMENT };
    // What is believed once stands for ever as the least final block, so a lie must not be.
    let note = if view.head.time.max(view.fin.time) > now.after(ahead) {
        "the provider's newest block is dated ahead of our clock".to_owned()
    } else if view.fin.number < known {
        format!("the provider is behind: its final block is {}, {known} was seen", view.fin.number)
    } else if spec.genesis.is_some() && now.since(view.head.time) > STALE {
        "the provider's newest block is old".to_owned()
    } else {
        publish(ctx, served, row(spec, &view, leg_fee, now)?)?;
        return Ok(Some(view));
    };
    tracing::warn!(chain = spec.name, note, "the chain is not looked at");
    publish(ctx, served, trouble(before, spec, "down", &note, now))?;
    Ok(None)
}

fn known_final(row: &ChainRow) -> Result<u64, DbError> {
    codec::number("chains.final_number", row.final_number)
}

fn publish(ctx: &Ctx, served: &Served, row: ChainRow) -> Result<(), Fault> {
    let row = ChainRow { resolver: served.resolver_wallet.is_some(), ..row };
    ctx.write("chain", move |tx| Ok(desk::put_chain(tx, &row)?))?;
    Ok(())
}

fn row(spec: &ChainSpec, view: &View, leg_fee: Amount, now: Time) -> Result<ChainRow, DbError> {
    Ok(ChainRow {
        head_number: codec::column("chains.head_number", view.head.number)?,
        final_number: codec::column("chains.final_number", view.fin.number)?,
        final_hash: hex(&view.fin.hash),
        final_at: codec::stamp(view.fin.time),
        leg_fee: codec::amount_text(leg_fee),
        state: "ok".to_owned(),
        note: String::new(),
        ..blank(spec, now)
    })
}

/// What was known before, with the trouble that there is now.
fn trouble(
    before: Option<ChainRow>,
    spec: &ChainSpec,
    state: &str,
    note: &str,
    now: Time,
) -> ChainRow {
    ChainRow {
        state: state.to_owned(),
        note: note.to_owned(),
        checked_at: codec::stamp(now),
        ..before.unwrap_or_else(|| blank(spec, now))
    }
}

fn blank(spec: &ChainSpec, now: Time) -> ChainRow {
    ChainRow {
        chain_id: i64::try_from(spec.id.get()).unwrap_or_default(),
        name: spec.name.to_owned(),
        token: spec.coin.to_owned(),
        decimals: i32::from(spec.decimals),
        state: String::new(),
        note: String::new(),
        head_number: 0,
        final_number: 0,
        final_hash: hex(&[0; 32]),
        final_at: codec::stamp(Time::from_secs(0)),
        leg_fee: codec::amount_text(Amount::ZERO),
        checked_at: codec::stamp(now),
        resolver: false,
    }
}
