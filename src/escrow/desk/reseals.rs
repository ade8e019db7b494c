//! Another address than the sealed one. Escrow takes a wish down as it first sees it; from then on
//! its own copy counts, under a MAC. When the clock of deadlines has run long enough the order is
//! sealed anew. Legs that were signed by then stay as they are.

use std::sync::Arc;

use db::deadlines;
use db::ledger::{self, State};
use db::payouts::{self, LegState, Payout, PayoutState};
use db::reseals::{self, Reseal, ResealState};
use db::{EscrowTx, desk, held, placing, proofs, seals};
use domain::EvmAddress;
use domain::act::Act;
use domain::clock::Time;
use domain::deadline::RunClock;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor};
use domain::life;
use domain::limits::RESEAL_AFTER;
use domain::order::EventKind;
use domain::reseal;
use domain::seal::Terms;

use crate::book::{self, Note};
use crate::ctx::{self, Ctx};
use crate::fault::Fault;
use crate::keys::Keys;
use crate::money::{PAYEE_TIME, freeze, leads, plan, standing, terms};
use crate::seal::SealKey;

/// Wishes in one round, of each kind.
const ROUND: i64 = 200;

/// Order and party of a wish.
type Whose = (OrderId, ActorRole);
/// Escrow's keys and its clocks.
type With<'a> = (&'a Keys, RunClock, Time);

/// Takes wishes down, ends those that were taken back, and seals those whose time has come. Answers
/// how many.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    let Some(clock) = ctx.db.read(deadlines::clock)? else { return Ok(0) };
    let wallet = ctx.keys.gas_wallet(ctx.generation())?;
    let take_down =
        move |tx: &mut EscrowTx<'_>, whose: Whose, with: With<'_>| first(tx, whose, with, wallet);
    let mut done = each(ctx, clock, reseals::unseen, take_down)?;
    done = done.saturating_add(each(ctx, clock, reseals::taken_back, take_back)?);
    if clock.fires(ctx.now()) && !ctx.db.read(placing::paused)? {
        let due = |conn: &mut db::Conn, limit| reseals::due(conn, clock.ran, limit);
        done = done.saturating_add(each(ctx, clock, due, seal)?);
    }
    Ok(done)
}

/// Runs `act` in a write of its own for each wish of a list.
fn each(
    ctx: &Ctx,
    clock: RunClock,
    list: impl FnOnce(&mut db::Conn, i64) -> Result<Vec<reseals::Named>, db::DbError>,
    act: impl Fn(&mut EscrowTx<'_>, Whose, With<'_>) -> Result<bool, Fault> + Copy + Send + 'static,
) -> Result<u32, Fault> {
    let mut done: u32 = 0;
    for (order, party) in ctx.db.read(|conn| list(conn, ROUND))? {
        let (Ok(order), Ok(party)) = (order.parse::<OrderId>(), party.parse::<ActorRole>()) else {
            continue;
        };
        let (keys, now) = (Arc::clone(&ctx.keys), ctx.now());
        let acted = ctx.write("reseal", move |tx| act(tx, (order, party), (&keys, clock, now)));
        if ctx.contain("reseals", Some(order), acted)? == Some(true) {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// Takes a wish down as it stands now.
fn first(
    tx: &mut EscrowTx<'_>,
    whose: Whose,
    (keys, clock, now): With<'_>,
    wallet: EvmAddress,
) -> Result<bool, Fault> {
    let (order, party) = whose;
    let Some(row) = reseals::step(tx, whose, reseals::ASK)? else { return Ok(false) };
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
    if reseals::one(tx, whose)?.is_some() {
        return Ok(false);
    }
    let actor: Option<UserId> = row.actor_id.parse().ok();
    let checked = match (party, actor) {
        _ if state.address.is_none() => Err("it was never sealed".to_owned()),
        (ActorRole::Buyer, Some(actor)) if actor != state.buyer => {
            Err("it does not come from the buyer".to_owned())
        }
        (_, None) => Err("whose wish it is cannot be read".to_owned()),
        _ => match terms(tx, keys.seal(), &state)? {
            Ok(sealed) => {
                address(tx, &row.address, (&sealed, party), wallet)?.map_err(str::to_owned)
            }
            Err(broken) => {
                freeze(tx, &mut state, "seal", &broken.to_string(), now)?;
                return Ok(false);
            }
        },
    };
    let checked = checked.and_then(|address| {
        let allowed = life::permit(Act::Reseal, party, book::standing(&state));
        allowed.map(|_| address).map_err(|refusal| refusal.to_string())
    });
    let due = clock.after(RESEAL_AFTER);
    let wish = Reseal {
        order,
        party,
        address: row.address.chars().take(64).filter(char::is_ascii).collect(),
        due,
        mac: match &checked {
            Ok(address) => tag(keys.seal(), whose, *address, due)?,
            Err(_) => String::new(),
        },
        state: if checked.is_ok() { ResealState::Waiting } else { ResealState::Refused },
        reason: checked.as_ref().err().cloned().unwrap_or_default(),
        seen_at: now,
    };
    reseals::take_down(tx, &wish)?;
    let note = match &checked {
        Ok(address) => Note::new(
            EventKind::ResealAsked,
            EventActor::from(party),
            format!("To {address}, which counts in 72 hours if escrow stays up."),
        )
        .by(actor),
        Err(why) => {
            ctx::alarm(tx, "reseal", Some(order), why, now)?;
            Note::new(EventKind::ResealEnded, EventActor::Escrow, format!("Refused: {why}."))
        }
    };
    book::append(tx, &mut state, note, now)?;
    Ok(true)
}

fn tag(
    key: &SealKey,
    (order, party): Whose,
    address: EvmAddress,
    due: i64,
) -> Result<String, Fault> {
    let text = reseal::text(order, party, address, due);
    key.tag(&text).map_err(|error| Fault::Key(error.to_string()))
}

/// The address that is asked for, if money may go there.
fn address(
    tx: &mut EscrowTx<'_>,
    text: &str,
    (sealed, party): (&Terms, ActorRole),
    wallet: EvmAddress,
) -> Result<Result<EvmAddress, &'static str>, Fault> {
    let Ok(address) = EvmAddress::parse_payee(text) else {
        return Ok(Err("it is not an address to pay to"));
    };
    if address.to_string() != text {
        return Ok(Err("it is not in its checksummed form"));
    }
    let token = sealed.token.map(|token| token.address);
    if address == wallet || Some(address) == token || ledger::derivation_of(tx, address)?.is_some()
    {
        return Ok(Err("it is one of escrow's own"));
    }
    if address == reseal::address_of(sealed, party) {
        return Ok(Err("it is the address that is sealed already"));
    }
    Ok(Ok(address))
}

/// Ends a wish that its party took back while it waited.
fn take_back(tx: &mut EscrowTx<'_>, whose: Whose, (_, _, now): With<'_>) -> Result<bool, Fault> {
    let Some(mut state) = ledger::state(tx, whose.0)? else { return Ok(false) };
    if !reseals::settle(tx, whose, (ResealState::Withdrawn, ""), now)? {
        return Ok(false);
    }
    let comment = "It was taken back; the sealed address stays.";
    let note = Note::new(EventKind::ResealEnded, EventActor::from(whose.1), comment);
    book::append(tx, &mut state, note, now)?;
    Ok(true)
}

/// Seals an order anew with the address that has waited long enough.
fn seal(tx: &mut EscrowTx<'_>, whose: Whose, (keys, clock, now): With<'_>) -> Result<bool, Fault> {
    let (order, party) = whose;
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
    let waiting = reseals::one(tx, whose)?;
    let Some(wish) = waiting.filter(|wish| wish.state == ResealState::Waiting) else {
        return Ok(false);
    };
    if wish.due > clock.ran || state.held_reason.is_some() {
        return Ok(false);
    }
    if reseals::step(tx, whose, reseals::WITHDRAW)?.is_some() {
        return take_back(tx, whose, (keys, clock, now));
    }
    let address = wish.address()?;
    let sealed = terms(tx, keys.seal(), &state)?;
    let broken = match &sealed {
        Ok(_) if keys.seal().fits(&reseal::text(order, party, address, wish.due), &wish.mac) => {
            None
        }
        Ok(_) => Some("the wish for another address is not as escrow took it down".to_owned()),
        Err(broken) => Some(broken.to_string()),
    };
    if let Some(why) = broken {
        freeze(tx, &mut state, "seal", &why, now)?;
        return Ok(false);
    }
    let Ok(sealed) = sealed else { return Ok(false) };
    let anew = reseal::replaced(&sealed, party, address);
    let generation = desk::installation(tx)?.map_or(0, |known| known.generation);
    seals::replace(tx, &keys.seal_signed(generation, &anew, now)?)?;
    reseals::settle(tx, whose, (ResealState::Sealed, ""), now)?;
    let note = Note::new(
        EventKind::Resealed,
        EventActor::Escrow,
        format!("What goes to the {party} goes to {address} from now on."),
    );
    book::append(tx, &mut state, note, now)?;
    move_legs(tx, &state, &anew, now)?;
    Ok(true)
}

/// Lets payouts wait whose legs were never signed and go to the old address, or failed there for good:
/// the chain lane looks at the new one first.
fn move_legs(tx: &mut EscrowTx<'_>, state: &State, anew: &Terms, now: Time) -> Result<(), Fault> {
    for payout in payouts::of_order(tx, state.order)? {
        if payout.state != PayoutState::Done && has_moved(tx, &payout, anew)? {
            let key = (payout.order, payout.case);
            held::hold(tx, key, (plan::MOVED, "escrow"), now.after(PAYEE_TIME))?;
        }
    }
    Ok(())
}

fn has_moved(tx: &mut EscrowTx<'_>, payout: &Payout, anew: &Terms) -> Result<bool, Fault> {
    let legs = payouts::legs_of(tx, payout.order, payout.case)?;
    for leg in standing(&legs).filter(|leg| !leads(anew, leg.role, leg.to)) {
        let never_signed = leg.state == LegState::Planned && proofs::attempts(tx, leg)?.is_empty();
        if never_signed || leg.state == LegState::Reverted {
            return Ok(true);
        }
    }
    Ok(false)
}
