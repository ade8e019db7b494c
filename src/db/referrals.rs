//! Referrals: who invited whom, by which code, and what inviters were paid for it.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::{OrderId, UserId};
use domain::money::Amount;
use domain::referral::InviteCode;
use domain::settle::LegRole;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{address_book, invitations, invite_codes, legs, orders, receipts, users};
use crate::turns;

/// What an inviter was paid, or is being paid, for an order of somebody he invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    /// The order, by which lists go on; an inviter is no party to it.
    pub order: OrderId,
    /// When it was placed.
    pub placed_at: Time,
    /// The how-manieth of those he invited bought something.
    pub invited: i32,
    /// What it pays in.
    pub asset: Asset,
    /// How much, in base units.
    pub amount: Amount,
    /// `planned`, `signed`, `seen` or `final`.
    pub state: String,
    /// The chain tx, once it is signed.
    pub tx_hash: Option<String>,
    /// When it was final, by the block.
    pub final_at: Option<Time>,
}

/// The code of an account, if it has one already.
pub fn code_of(conn: &mut Conn, user: UserId) -> Result<Option<InviteCode>, DbError> {
    let code: Option<String> = invite_codes::table
        .find(user.to_string())
        .select(invite_codes::code)
        .first(conn)
        .optional()?;
    codec::parsed_opt("invite_codes.code", code.as_deref())
}

/// Gives an account its code, once.
///
/// # Errors
/// [`DbError::Unique`] where it has one or another account has this one.
pub fn insert_code(
    tx: &mut WebTx<'_>,
    user: UserId,
    code: &InviteCode,
    at: Time,
) -> Result<(), DbError> {
    diesel::insert_into(invite_codes::table)
        .values((
            invite_codes::user_id.eq(user.to_string()),
            invite_codes::code.eq(code.as_str()),
            invite_codes::created_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whose code it is; nobody's where the account is closed.
pub fn owner_of(conn: &mut Conn, code: &InviteCode) -> Result<Option<UserId>, DbError> {
    let user: Option<String> = invite_codes::table
        .inner_join(users::table.on(users::id.eq(invite_codes::user_id)))
        .filter(invite_codes::code.eq(code.as_str()))
        .filter(users::banned_at.is_null())
        .select(invite_codes::user_id)
        .first(conn)
        .optional()?;
    codec::parsed_opt("invite_codes.user_id", user.as_deref())
}

/// Notes for ever who invited an account.
pub fn invite(tx: &mut WebTx<'_>, user: UserId, inviter: UserId, at: Time) -> Result<(), DbError> {
    turns::of_user(tx, inviter)?;
    let n = invited(tx, inviter)?.saturating_add(1);
    diesel::insert_into(invitations::table)
        .values((
            invitations::user_id.eq(user.to_string()),
            invitations::inviter_id.eq(inviter.to_string()),
            invitations::n.eq(n),
            invitations::created_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Who invited an account, unless the inviter's account is closed.
pub fn inviter_of(conn: &mut Conn, user: UserId) -> Result<Option<UserId>, DbError> {
    let inviter: Option<String> = invitations::table
        .inner_join(users::table.on(users::id.eq(invitations::inviter_id)))
        .filter(invitations::user_id.eq(user.to_string()))
        .filter(users::banned_at.is_null())
        .select(invitations::inviter_id)
        .first(conn)
        .optional()?;
    codec::parsed_opt("invitations.inviter_id", inviter.as_deref())
}

/// How many accounts somebody invited.
pub fn invited(conn: &mut Conn, inviter: UserId) -> Result<i32, DbError> {
    let last: Option<i32> = invitations::table
        .filter(invitations::inviter_id.eq(inviter.to_string()))
        .select(diesel::dsl::max(invitations::n))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}

type Found = (
    (String, NaiveDateTime, i32),
    (i64, String, i32, Option<String>),
    (String, String, Option<String>),
    Option<NaiveDateTime>,
);

/// Up to `limit` payments to an inviter, by the age of their orders, newest first, older than the
/// cursor. One that went to the site, because the address took nothing, is not among them.
pub fn earnings(
    conn: &mut Conn,
    inviter: UserId,
    before: Option<(Time, OrderId)>,
    limit: i64,
) -> Result<Vec<Earning>, DbError> {
    let own = address_book::table
        .filter(address_book::owner_kind.eq("user"))
        .filter(address_book::owner_id.eq(inviter.to_string()))
        .filter(address_book::purpose.eq("referral"))
        .filter(address_book::address.eq(legs::to_address));
    let mut query = orders::table
        .inner_join(invitations::table.on(invitations::user_id.eq(orders::buyer_id)))
        .inner_join(legs::table.on(legs::order_id.eq(orders::id)))
        .left_join(
            receipts::table.on(receipts::order_id
                .eq(legs::order_id)
                .and(receipts::case_no.eq(legs::case_no))
                .and(receipts::leg.eq(legs::leg))
                .and(receipts::succeeded.eq(true))),
        )
        .filter(orders::referrer_id.eq(inviter.to_string()))
        .filter(legs::role.eq(LegRole::Referral.as_str()))
        .filter(legs::state.ne("reverted"))
        .filter(exists(own))
        .into_boxed();
    if let Some((time, id)) = before {
        let time = codec::stamp(time);
        query = query.filter(
            orders::created_at
                .lt(time)
                .or(orders::created_at.eq(time).and(orders::id.lt(id.to_string()))),
        );
    }
    let rows: Vec<Found> = query
        .order((orders::created_at.desc(), orders::id.desc()))
        .limit(limit)
        .select((
            (orders::id, orders::created_at, invitations::n),
            (orders::chain_id, orders::token, orders::decimals, legs::token_address),
            (legs::amount, legs::state, legs::tx_hash),
            receipts::block_at.nullable(),
        ))
        .load(conn)?;
    rows.into_iter().map(earning).collect()
}

fn earning(
    ((order, placed_at, invited), paid_in, leg, final_at): Found,
) -> Result<Earning, DbError> {
    let (chain, symbol, decimals, token) = paid_in;
    let (amount, state, tx_hash) = leg;
    let chain = ChainId::from(codec::number::<_, u64>("orders.chain_id", chain)?);
    Ok(Earning {
        order: codec::parsed("orders.id", &order)?,
        placed_at: codec::time(placed_at),
        invited,
        asset: codec::asset("orders", chain, token.as_deref(), (&symbol, decimals))?,
        amount: codec::amount("legs.amount", &amount)?,
        state,
        tx_hash,
        final_at: final_at.map(codec::time),
    })
}
