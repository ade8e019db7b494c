//! What is to be done about payouts, as lists to be walked, and whether anything of them is about.

use diesel::prelude::*;
use domain::chain::ChainId;
use domain::ids::OrderId;

use crate::codec;
use crate::conn::Conn;
use crate::error::DbError;
use crate::payouts::{LegState, PayoutState};
use crate::schema::{legs, payouts};

/// What is to be done about a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Todo {
    /// A leg of it may be in a block.
    Confirm,
    /// Signed bytes of it are to be sent.
    Broadcast,
    /// A planned leg of it is to be signed; nothing holds it.
    Sign,
    /// It is held with a leg that is planned or has failed.
    Unblock,
}

/// Order and case of the payouts of a chain about which something is to be done, in the order of
/// these two, after `after` if that is given.
pub fn to_do(
    conn: &mut Conn,
    (chain, todo): (ChainId, Todo),
    after: Option<&(String, i32)>,
    limit: i64,
) -> Result<Vec<(String, i32)>, DbError> {
    let chain: i64 = codec::column("legs.chain_id", chain.get())?;
    let (open, stand): (&[PayoutState], &[LegState]) = match todo {
        Todo::Confirm => {
            (&[PayoutState::Planned, PayoutState::Held], &[LegState::Signed, LegState::Seen])
        }
        Todo::Broadcast => (&[PayoutState::Planned, PayoutState::Held], &[LegState::Signed]),
        Todo::Sign => (&[PayoutState::Planned], &[LegState::Planned]),
        Todo::Unblock => (&[PayoutState::Held], &[LegState::Planned, LegState::Reverted]),
    };
    let mut query = payouts::table
        .inner_join(
            legs::table
                .on(legs::order_id.eq(payouts::order_id).and(legs::case_no.eq(payouts::case_no))),
        )
        .filter(payouts::state.eq_any(open.iter().map(|state| state.as_str())))
        .filter(legs::state.eq_any(stand.iter().map(|state| state.as_str())))
        .filter(legs::chain_id.eq(chain))
        .into_boxed();
    if let Some((order, case)) = after {
        let later = payouts::order_id.eq(order).and(payouts::case_no.gt(case));
        query = query.filter(payouts::order_id.gt(order).or(later));
    }
    query
        .order((payouts::order_id, payouts::case_no))
        .limit(limit)
        .select((payouts::order_id, payouts::case_no))
        .distinct()
        .load(conn)
        .map_err(DbError::from)
}

/// Whether signed bytes of any order may be about that no final block has settled.
pub fn any_in_flight(conn: &mut Conn) -> Result<bool, DbError> {
    let signed = legs::table.filter(legs::state.eq_any(["signed", "seen"]));
    diesel::select(diesel::dsl::exists(signed)).get_result(conn).map_err(DbError::from)
}

/// Whether signed bytes of an order may be about that no final block has settled.
pub fn in_flight(conn: &mut Conn, order: OrderId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        legs::table
            .filter(legs::order_id.eq(order.to_string()))
            .filter(legs::state.eq_any(["signed", "seen"])),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}
