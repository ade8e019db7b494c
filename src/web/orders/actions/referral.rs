//! Who is paid for having brought a buyer, as web sees it; escrow decides when it seals the order.

use db::addresses::Purpose;
use db::{Conn, DbError, desk, placing, referrals};
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::{StoreId, UserId};
use domain::money::Bps;
use domain::referral::{self, Parties};

/// An inviter with an address that counts, and what he would get of an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Referral(Option<(Inviter, Bps)>);

#[derive(Debug, Clone, Copy)]
struct Inviter {
    user: UserId,
    address: EvmAddress,
    parties: Parties,
}

impl Referral {
    /// Looks up who invited a buyer, for an order at a store now.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn read(
        conn: &mut Conn,
        (buyer, store): (UserId, StoreId),
        (share, now): (Bps, Time),
    ) -> Result<Self, DbError> {
        if share == Bps::ZERO {
            return Ok(Self(None));
        }
        let Some(user) = referrals::inviter_of(conn, buyer)? else { return Ok(Self(None)) };
        let Some(address) = desk::in_force(conn, Purpose::Referral(user), now)? else {
            return Ok(Self(None));
        };
        let parties = Parties {
            buyer,
            sells: placing::is_member(conn, store, user)?,
            refund: None,
            payout: desk::in_force(conn, Purpose::Payout(store), now)?,
        };
        Ok(Self(Some((Inviter { user, address, parties }, share))))
    }

    /// Who gets which share of the commission, if anybody; `refund` is the order's, once it is known.
    pub(super) fn share(&self, refund: Option<EvmAddress>) -> Option<(UserId, Bps)> {
        let (inviter, share) = self.0?;
        let parties = Parties { refund, ..inviter.parties };
        let paid = referral::is_paid(inviter.user, inviter.address, &parties);
        paid.then_some((inviter.user, share))
    }
}
