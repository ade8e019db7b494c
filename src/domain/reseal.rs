//! Another address than the sealed one: a party may ask for it once, the other side is told, and it
//! counts after [`crate::limits::RESEAL_AFTER`] of the clock of deadlines.

use crate::EvmAddress;
use crate::ids::OrderId;
use crate::intent::ActorRole;
use crate::seal::Terms;

/// Where a party is paid by the terms.
pub const fn address_of(terms: &Terms, party: ActorRole) -> EvmAddress {
    match party {
        ActorRole::Buyer | ActorRole::Staff => terms.refund,
        ActorRole::Vendor => terms.payout,
    }
}

/// The terms with another address for a party, and nothing else changed.
#[must_use]
pub fn replaced(terms: &Terms, party: ActorRole, address: EvmAddress) -> Terms {
    let terms = terms.clone();
    match party {
        ActorRole::Buyer => Terms { refund: address, ..terms },
        ActorRole::Vendor => Terms { payout: address, ..terms },
        ActorRole::Staff => terms,
    }
}

/// What escrow's MAC covers while an address waits: whose it is, and the reading of the clock from
/// which it counts.
pub fn text(order: OrderId, party: ActorRole, address: EvmAddress, due: i64) -> String {
    format!(
        "holdfast reseal 1\norder: {order}\nparty: {party}\naddress: {address}\ndue micros: {due}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::sample;

    #[test]
    fn a_party_moves_its_own_address_and_nothing_else() {
        let (terms, other) = (sample(), EvmAddress::from_bytes([0x77; 20]));
        let buyer = replaced(&terms, ActorRole::Buyer, other);
        assert_eq!((buyer.refund, address_of(&buyer, ActorRole::Buyer)), (other, other));
        assert_eq!(Terms { refund: terms.refund, ..buyer }, terms);
        let vendor = replaced(&terms, ActorRole::Vendor, other);
        assert_eq!((vendor.payout, address_of(&vendor, ActorRole::Vendor)), (other, other));
        assert_eq!(Terms { payout: terms.payout, ..vendor }, terms);
        assert_eq!(replaced(&terms, ActorRole::Staff, other), terms);
    }

    #[test]
    fn whatever_is_changed_changes_what_the_mac_covers() {
        let order = OrderId::from_random([1; 16]);
        let address = EvmAddress::from_bytes([2; 20]);
        let known = text(order, ActorRole::Buyer, address, 7);
        for other in [
            text(OrderId::from_random([2; 16]), ActorRole::Buyer, address, 7),
            text(order, ActorRole::Vendor, address, 7),
            text(order, ActorRole::Buyer, EvmAddress::from_bytes([3; 20]), 7),
            text(order, ActorRole::Buyer, address, 8),
        ] {
            assert_ne!(other, known);
        }
    }
}
