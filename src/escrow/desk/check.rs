//! The check of an order before it is sealed. Its rows were written by web, so every field is
//! read again, recomputed or compared; what does not fit is refused and never mended.

use db::addresses::Purpose;
use db::orders::{LineRow, OrderRow};
use db::tokens::{self, Token, TokenState};
use db::{Conn, DbError, codec, desk, inbox, ledger, placing};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::{ChainId, RATE_FRESH};
use domain::clamps::{Bound, Clamps};
use domain::clock::{Span, Time};
use domain::ids::{OrderId, RateId, StoreId, UserId};
use domain::limits;
use domain::money::{Amount, Bps, Cents, UsdMicros};
use domain::order::{self, Line, LineKind};
use domain::referral::{self, Parties};
use domain::seal::{ReferralTerms, Terms, TokenTerms, hex};

/// Most lines of an order.
const LINES_MAX: usize = 100;
/// Lines that are read of an order: one more than there may be tells that there are too many.
const LINES_READ: i64 = 101;
/// Longest title of a line, in characters.
const TITLE_MAX: usize = 300;
/// How far web's clock may run ahead of ours.
const SKEW: Span = Span::secs(60);

/// Why an order is refused, for its timeline and the alarm. It repeats nothing of the row.
pub(crate) type Reason = &'static str;

/// What a row must say about itself before anything can be written about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) order: OrderId,
    pub(crate) buyer: UserId,
    pub(crate) store: StoreId,
    pub(crate) asset: Asset,
    pub(crate) due: Amount,
    pub(crate) placed_at: Time,
    pub(crate) expires_at: Time,
}

/// Reads who and what an order is; none where that cannot even be told. The deadline is at most
/// that of a quote from when it was placed.
pub(crate) fn identity(row: &OrderRow) -> Option<Identity> {
    let placed_at = codec::time(row.created_at);
    let asset = claimed(row)?;
    Some(Identity {
        order: row.id.parse().ok()?,
        buyer: row.buyer_id.parse().ok()?,
        store: row.store_id.parse().ok()?,
        asset,
        due: Amount::from_fixed(&row.amount).ok()?,
        placed_at,
        expires_at: codec::time(row.expires_at).min(placed_at.after(asset.quote_life())),
    })
}

/// What a row says that it is paid in; the chain's coin where that makes no sense.
fn claimed(row: &OrderRow) -> Option<Asset> {
    let coin = Asset::native_of(ChainId::from(u64::try_from(row.chain_id).ok()?));
    let read = || {
        let token = row.token_address.as_deref().map(str::parse).transpose().ok()?;
        let decimals = u8::try_from(row.decimals).ok()?;
        Some(Asset { token, symbol: row.token.parse().ok()?, decimals, ..coin })
    };
    Some(read().unwrap_or(coin))
}

/// What escrow knows by itself and holds an order against.
pub(crate) struct Known {
    pub(crate) now: Time,
    pub(crate) commission_wallet: EvmAddress,
    pub(crate) resolver_wallet: Option<EvmAddress>,
    /// Carries payouts; nobody's refund.
    pub(crate) gas_wallet: EvmAddress,
    /// The operator's bounds.
    pub(crate) clamps: Clamps,
    /// What is in escrow already, in US cents.
    pub(crate) in_escrow: u64,
}

/// The terms of an order but for its address, or why it is refused.
///
/// # Errors
/// Outside: the database failed. Inside: the order does not fit.
pub(crate) fn terms(
    conn: &mut Conn,
    row: &OrderRow,
    id: &Identity,
    known: &Known,
) -> Result<Result<Terms, Reason>, DbError> {
    let lines = match inbox::lines(conn, id.order, LINES_READ) {
        Err(DbError::Corrupt(_)) => return Ok(Err("a line cannot be read")),
        lines => lines?,
    };
    let facts = Facts {
        rate: match row.rate_id.parse::<RateId>() {
            Ok(rate) => placing::rate_by_id(conn, rate, id.asset.rate_name())?,
            Err(_) => None,
        },
        payout: desk::in_force(conn, Purpose::Payout(id.store), known.now)?,
        signer: desk::in_force(conn, Purpose::Signer(id.buyer), known.now)?,
        referral: inviter(conn, row, id, known.now)?,
        leg_fee: desk::leg_fee(conn, id.asset.chain)?,
        token: match id.asset.token {
            Some(token) => tokens::by_address(conn, id.asset.chain, token)?,
            None => None,
        },
        own_store: placing::is_member(conn, id.store, id.buyer)?,
        refund_is_ours: match row.refund_address.parse::<EvmAddress>() {
            Ok(refund) => {
                let ours = [Some(known.gas_wallet), id.asset.token].contains(&Some(refund));
                ours || ledger::derivation_of(conn, refund)?.is_some()
            }
            Err(_) => false,
        },
    };
    Ok(judge(row, lines, id, known, &facts))
}

/// What the tables of escrow say about an order, and its store's members.
struct Facts {
    rate: Option<order::Rate>,
    payout: Option<EvmAddress>,
    signer: Option<EvmAddress>,
    /// Who is named for having brought the buyer, and where the book says that he is paid.
    referral: Option<Inviter>,
    leg_fee: Option<Amount>,
    token: Option<Token>,
    own_store: bool,
    refund_is_ours: bool,
}

/// Somebody who brought a buyer, as far as tables tell.
struct Inviter {
    user: UserId,
    address: EvmAddress,
    /// Belongs to the store.
    sells: bool,
}

/// Who brought the buyer, by the order, if the book has an address for him.
fn inviter(
    conn: &mut Conn,
    row: &OrderRow,
    id: &Identity,
    now: Time,
) -> Result<Option<Inviter>, DbError> {
    let named = row.referrer_id.as_deref().and_then(|user| user.parse::<UserId>().ok());
    let Some(user) = named else { return Ok(None) };
    let Some(address) = desk::in_force(conn, Purpose::Referral(user), now)? else {
        return Ok(None);
    };
    Ok(Some(Inviter { user, address, sells: placing::is_member(conn, id.store, user)? }))
}

fn judge(
    row: &OrderRow,
    lines: Vec<LineRow>,
    id: &Identity,
    known: &Known,
    facts: &Facts,
) -> Result<Terms, Reason> {
    let token = asset(row, id, facts)?;
    let usd = money(row, id, facts, token.as_ref())?;
    let total = Cents::new(u64::try_from(row.total_cents).unwrap_or(u64::MAX))
        .ok_or("the sum is out of range")?;
    let lines_hash = goods(row, lines, total)?;
    worth(total, known)?;
    times(row, id, known)?;
    if facts.own_store {
        return Err("the buyer is a member of the store");
    }
    let refund = refund(row, facts)?;
    let payout = facts.payout.ok_or("the store has no payout address that counts")?;
    let bps = |value: i32, max: Bps| {
        let bps = u16::try_from(value).ok().and_then(Bps::new);
        bps.filter(|bps| *bps <= max)
    };
    let hours =
        |value: i32, max: u32| u32::try_from(value).ok().filter(|hours| (1..=max).contains(hours));
    Ok(Terms {
        order: id.order,
        buyer: id.buyer,
        store: id.store,
        lines_hash,
        total,
        chain: id.asset.chain,
        token,
        usd,
        due: id.due,
        tolerance: bps(row.tolerance_bps, known.clamps.bps(Bound::Tolerance))
            .ok_or("the tolerance is above the limit")?,
        // Set when the address is issued.
        escrow: EvmAddress::from_bytes([0; 20]),
        refund,
        payout,
        commission_wallet: known.commission_wallet,
        commission: bps(row.commission_bps, known.clamps.bps(Bound::Commission))
            .ok_or("the commission is above the limit")?,
        referral: invited(row, id, known, (facts.referral.as_ref(), refund, payout))?,
        resolver: known.resolver_wallet,
        signer: facts.signer.filter(|signer| !signer.is_zero()),
        deposit: false,
        handling_hours: hours(row.handling_hours, known.clamps.hours(Bound::Handling))
            .ok_or("the handling time is out of range")?,
        inspection_hours: hours(row.inspection_hours, known.clamps.hours(Bound::Inspection))
            .ok_or("the inspection time is out of range")?,
        placed_at: id.placed_at,
        expires_at: id.expires_at,
    })
}

/// The coin is the chain's, or the token one that was checked; with a token goes its charge, as the
/// buyer was shown it. Fees may have moved since, so half and twice of the present charge will do.
fn asset(row: &OrderRow, id: &Identity, facts: &Facts) -> Result<Option<TokenTerms>, Reason> {
    let spec = id.asset.chain.spec().ok_or("the chain is not one of ours")?;
    let is_named = |asset: &Asset| {
        row.token == asset.symbol.as_str() && row.decimals == i32::from(asset.decimals)
    };
    if row.token_address.is_none() {
        let fits = is_named(&Asset::native(spec)) && row.leg_fee.is_none();
        return if fits { Ok(None) } else { Err("the coin is not the chain's") };
    }
    let known = facts.token.as_ref().filter(|token| token.state != TokenState::Refused);
    let known = known.ok_or("the token is not one of ours")?;
    let address = known.asset.token.ok_or("the token is not one of ours")?;
    if !is_named(&known.asset) || row.token_address != Some(address.to_string()) {
        return Err("the token is not what it is called");
    }
    let leg_fee = row.leg_fee.as_deref().and_then(|fee| Amount::from_fixed(fee).ok());
    let leg_fee = leg_fee.ok_or("the network fee is none")?;
    let twice = |fee: Amount| fee.checked_mul(2);
    if twice(leg_fee).is_none_or(|fee| fee < known.leg_fee)
        || twice(known.leg_fee).is_none_or(|fee| fee < leg_fee)
    {
        return Err("the network fee is not of this time");
    }
    let Asset { symbol, decimals, .. } = known.asset;
    Ok(Some(TokenTerms { address, symbol, decimals, domain: known.domain, leg_fee }))
}

/// The amount follows from the sum and from a rate that escrow wrote and that was fresh.
fn money(
    row: &OrderRow,
    id: &Identity,
    facts: &Facts,
    token: Option<&TokenTerms>,
) -> Result<UsdMicros, Reason> {
    let rate = facts.rate.ok_or("the rate is not one of ours")?;
    if i64::try_from(rate.usd.get()).ok() != Some(row.rate_usd_micros) {
        return Err("the rate is not as it was quoted");
    }
    let fresh = id.placed_at.since(rate.fetched_at) <= RATE_FRESH
        && rate.fetched_at <= id.placed_at.after(SKEW);
    if !fresh {
        return Err("the rate was not of that time");
    }
    let total = u64::try_from(row.total_cents).ok().and_then(Cents::new);
    let amount = total.and_then(|total| rate.usd.amount_for(total, id.asset.decimals));
    if amount != Some(id.due) || id.due.is_zero() {
        return Err("the amount does not follow from the sum and the rate");
    }
    // Fees may have risen since the page was shown, so half of the present minimum will do.
    let fee = match token {
        Some(token) => token.leg_fee,
        None => facts.leg_fee.ok_or("the chain is not one that is served")?,
    };
    let least = fee.checked_mul(limits::MIN_ORDER_FEES.wrapping_div(2));
    if least.is_none_or(|least| id.due < least) {
        return Err("the amount is below the minimum of the chain");
    }
    Ok(rate.usd)
}

/// What whoever brought the buyer is sealed. The share is bounded like the commission that it is a part
/// of; who bought or sold himself, or has no address in the book, is sealed nothing.
fn invited(
    row: &OrderRow,
    id: &Identity,
    known: &Known,
    (inviter, refund, payout): (Option<&Inviter>, EvmAddress, EvmAddress),
) -> Result<Option<ReferralTerms>, Reason> {
    let (Some(named), Some(bps)) = (row.referrer_id.as_ref(), row.referral_bps) else {
        let none = row.referrer_id.is_none() && row.referral_bps.is_none();
        return if none { Ok(None) } else { Err("the referral is half of one") };
    };
    let share = u16::try_from(bps).ok().and_then(Bps::new);
    let share = share.filter(|share| *share <= known.clamps.bps(Bound::Referral));
    let share = share.ok_or("the referral is above the limit")?;
    named.parse::<UserId>().map_err(|_bad| "the inviter is none")?;
    let (refund, payout) = (Some(refund), Some(payout));
    let paid = inviter.filter(|Inviter { user, address, sells }| {
        let parties = Parties { buyer: id.buyer, sells: *sells, refund, payout };
        referral::is_paid(*user, *address, &parties)
    });
    Ok(paid.map(|inviter| ReferralTerms { address: inviter.address, share }))
}

/// No order is dearer than the operator allows, and none is taken up while so much is in escrow that
/// it would be more than he does.
fn worth(total: Cents, known: &Known) -> Result<(), Reason> {
    if total.get() > known.clamps.get(Bound::Order) {
        return Err("the sum is above the limit of this site");
    }
    if known.in_escrow.saturating_add(total.get()) > known.clamps.get(Bound::Open) {
        return Err("as much is in escrow as this site takes");
    }
    Ok(())
}

fn goods(row: &OrderRow, rows: Vec<LineRow>, total: Cents) -> Result<[u8; 32], Reason> {
    if rows.is_empty() || rows.len() > LINES_MAX {
        return Err("it has no lines or too many");
    }
    let numbered = rows.iter().zip(0..).all(|(row, n)| row.n == n);
    let last = rows.len().saturating_sub(1);
    let lines: Result<Vec<Line>, DbError> = rows.into_iter().map(Line::try_from).collect();
    let lines = lines.map_err(|_corrupt| "a line cannot be read")?;
    if !numbered || !lines.iter().enumerate().all(|(n, line)| is_sound(line, n == last)) {
        return Err("a line does not fit");
    }
    let sum = lines.iter().try_fold(Cents::default(), |sum, line| sum.checked_add(line.total));
    if sum != Some(total) || total == Cents::default() {
        return Err("the lines do not sum up");
    }
    let hash = order::lines_hash(&lines);
    if row.lines_hash == hex(&hash) {
        Ok(hash)
    } else {
        Err("the lines are not those of the order")
    }
}

fn is_sound(line: &Line, is_last: bool) -> bool {
    let title = line.title.chars().count();
    let shape = match line.kind {
        LineKind::Package => {
            line.package.is_some()
                && line.item.is_some()
                && (1..=limits::QUANTITY_MAX).contains(&line.quantity)
        }
        LineKind::Shipping => {
            line.package.is_none() && line.item.is_none() && line.quantity == 1 && is_last
        }
    };
    shape
        && (1..=TITLE_MAX).contains(&title)
        && !line.title.chars().any(char::is_control)
        && line.unit.checked_mul(line.quantity) == Some(line.total)
}

fn times(row: &OrderRow, id: &Identity, known: &Known) -> Result<(), Reason> {
    if id.placed_at > known.now.after(SKEW) {
        return Err("it was placed in the future");
    }
    let asked = codec::time(row.expires_at);
    if asked <= id.placed_at || asked > id.placed_at.after(id.asset.quote_life()) {
        return Err("its deadline is not that of its quote");
    }
    Ok(())
}

fn refund(row: &OrderRow, facts: &Facts) -> Result<EvmAddress, Reason> {
    let address = EvmAddress::parse_payee(&row.refund_address)
        .map_err(|_bad| "the refund address is not one to pay to")?;
    if address.to_string() != row.refund_address {
        return Err("the refund address is not in its checksummed form");
    }
    if facts.refund_is_ours {
        return Err("the refund address is one of escrow's own");
    }
    Ok(address)
}
