//! Who may do what in a store: every page, form and route of a store's members asks here.

use db::{Conn, DbError, stores};
use domain::ids::{StoreId, UserId};
use domain::store::{self, Store, StoreAct, StoreRefusal, StoreRole};

use crate::error::AppError;

/// A store and what somebody is in it.
pub type Membership = (Store, StoreRole);

/// Looks up a membership; none where the person has no part in the store, or where there is none.
pub fn find(conn: &mut Conn, store: StoreId, who: UserId) -> Result<Option<Membership>, DbError> {
    let Some(role) = stores::role_of(conn, store, who)? else { return Ok(None) };
    Ok(stores::by_id(conn, store)?.map(|store| (store, role)))
}

/// Decides about `act`. To those without a part in the store it does not exist.
pub fn permit(found: Option<Membership>, act: StoreAct) -> Result<Membership, AppError> {
    let (store, role) = found.ok_or(AppError::NotFound)?;
    store::check(act, role, store.suspended_at.is_some())?;
    Ok((store, role))
}

/// [`find`] and [`permit`] for writes, which decide inside their transaction.
pub fn member(
    conn: &mut Conn,
    store: StoreId,
    who: UserId,
    act: StoreAct,
) -> Result<Membership, AppError> {
    permit(find(conn, store, who)?, act)
}

impl From<StoreRefusal> for AppError {
    fn from(refusal: StoreRefusal) -> Self {
        let sentence = refusal.to_string().into();
        match refusal {
            StoreRefusal::OwnerOnly => Self::Denied(refusal.code(), sentence),
            _ => Self::Conflict(refusal.code(), sentence),
        }
    }
}
