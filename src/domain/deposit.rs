//! Deposits of vendors: money that a store lodges with escrow as a security. It goes the way of an
//! order's money, by a table of its own with fewer moves: nobody disputes it, rules about it or has
//! it sealed anew, and it leaves by one payout, to the address that was sealed when its own was issued.

use crate::clock::Span;
use crate::event::EventKind as E;
use crate::item::PackageKind;
use crate::life::Change::{Nothing, Pay, To};
use crate::life::Move;
use crate::life::Phase::{self, Ended, Funded, New, Paying, Unpaid};
use crate::life::Writer::{Chain, Desk};
use crate::money::Cents;
use crate::moves::{chain, expiry, site};
use crate::order::OrderStatus as S;
use crate::settle::PayoutKind::Refund;

/// How long a deposit's address waits for it; what comes later goes back by itself.
pub const LIFE: Span = Span::days(7);
/// Deposits that a store may have open at once.
pub const OPEN_MAX: i64 = 20;

/// Escrow has issued its address.
const ISSUED: &[Phase] = &[Unpaid, Funded, Paying, Ended];
/// A payout may be on its way.
const PAYABLE: &[Phase] = &[Paying, Ended];

/// Every move that a deposit can make.
pub const MOVES: &[Move] = &[
    site(Desk, &[New], E::AddressIssued, To(S::Pending), "its virgin address is sealed"),
    site(Desk, &[New], E::Rejected, To(S::Failed), "its terms or addresses are not accepted"),
    expiry(Desk, &[New]),
    expiry(Chain, &[Unpaid]),
    chain(&[Unpaid], E::Funded, To(S::Completed), "the sum is final, in time"),
    chain(ISSUED, E::PaymentSeen, Nothing, "the head's balance rose above the final one"),
    chain(ISSUED, E::PaymentVanished, Nothing, "what was seen is gone and not final"),
    chain(ISSUED, E::PaymentCredited, Nothing, "final money that does not fund it"),
    chain(&[Funded], E::PayoutPlanned, Pay(Refund), "an owner of the store asks for it back"),
    chain(PAYABLE, E::LegPaid, Nothing, "a leg's chain tx is final"),
    chain(PAYABLE, E::PayoutHeld, Nothing, "the payee refuses, a chain tx reverted or is not ours"),
    chain(PAYABLE, E::PayoutResumed, Nothing, "what held it is gone, or was looked at"),
    chain(&[Paying], E::Refunded, To(S::Cancelled), "every leg is final"),
    chain(&[Ended], E::LateMoney, Nothing, "money beyond the decision, worth more than moving it"),
    chain(&[Ended], E::PayoutPlanned, Nothing, "that money's own case"),
    chain(&[Ended], E::LateMoneyReturned, Nothing, "every leg of that case is final"),
    site(Desk, ISSUED, E::IntentRefused, Nothing, "an owner asks and escrow refuses"),
];

/// Why a deposit cannot be had back now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not there, or is on its way back.
    #[error("Only a deposit that is there and not on its way back can be withdrawn.")]
    NotLodged,
    /// An order of the store is disputed.
    #[error("An order of this store is disputed. Its deposits stay until that is settled.")]
    Disputed,
    /// Orders are open that the deposit is security for.
    #[error(
        "Orders are open of a kind for which this site asks for a deposit. It stays until they have ended."
    )]
    OpenOrders,
    /// It was asked for already.
    #[error("This was asked for already. Escrow answers within moments.")]
    Asked,
    /// Whoever asks does not own the store.
    #[error("Only the owner of the store can ask for its deposit.")]
    NotOwner,
}

impl Refusal {
    /// A stable word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotLodged => "not-lodged",
            Self::Disputed => "store-disputed",
            Self::OpenOrders => "open-orders",
            Self::Asked => "already-asked",
            Self::NotOwner => "owner-only",
        }
    }
}

/// What a store must have lodged to sell packages of these kinds, by the least of each.
pub fn demanded(
    rules: &[(PackageKind, Cents)],
    kinds: impl IntoIterator<Item = PackageKind>,
) -> Cents {
    let least = |kind| rules.iter().find(|(of, _)| *of == kind).map(|(_, least)| *least);
    kinds.into_iter().filter_map(least).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Act;
    use crate::intent::ActorRole;
    use crate::life::{self, Standing};

    const LODGED: Standing = Standing { status: S::Completed, deposit: true, ..Standing::NEW };

    #[test]
    fn nobody_acts_on_a_deposit_as_on_an_order() {
        for act in Act::ALL {
            for role in ActorRole::ALL {
                assert!(life::permit(act, *role, LODGED).is_err(), "{act:?} of {role}");
            }
        }
        for event in [E::Frozen, E::Ruled, E::OfferMade, E::Resealed, E::ResealAsked, E::Released] {
            assert_eq!(life::after(event, LODGED), None, "{event}");
        }
    }

    #[test]
    fn it_leaves_once() {
        let paying = life::after(E::PayoutPlanned, LODGED).unwrap();
        assert!(paying.paying);
        assert_eq!(life::after(E::PayoutPlanned, paying), None);
        let back = life::after(E::Refunded, paying).unwrap();
        assert_eq!((back.status, back.paying), (S::Cancelled, false));
        assert_eq!(life::after(E::Refunded, back), None);
    }

    #[test]
    fn the_strictest_rule_of_what_is_sold_counts() {
        let cents = |cents| Cents::new(cents).unwrap();
        let rules = [(PackageKind::Digital, cents(5_000)), (PackageKind::Service, cents(9_000))];
        let all = |kinds: &[PackageKind]| demanded(&rules, kinds.iter().copied());
        assert_eq!(all(&[PackageKind::Shipped]), Cents::default());
        assert_eq!(all(&[PackageKind::Shipped, PackageKind::Digital]), cents(5_000));
        assert_eq!(all(&PackageKind::ALL), cents(9_000));
    }
}
