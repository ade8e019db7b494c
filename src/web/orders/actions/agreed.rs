//! What the sealed terms say of an order, for whoever looks at it.

use domain::EvmAddress;
use domain::limits;
use domain::money::Bps;
use domain::policy::Relation;
use domain::signed;

use super::read::OrderView;
use super::waits::ResealView;

impl OrderView {
    /// Where the viewer's own side is paid by the sealed terms.
    pub fn own_address(&self) -> Option<EvmAddress> {
        match self.relation {
            Relation::Buyer => Some(self.refund),
            Relation::Vendor(_) => self.payout(),
            Relation::Staff | Relation::Stranger => None,
        }
    }

    /// What a ruling would cost, by the sealed terms.
    pub fn resolver_fee(&self) -> Bps {
        let resolver = self.sealed.as_ref().and_then(|sealed| sealed.terms.resolver);
        resolver.map_or(Bps::ZERO, |_| limits::RESOLVER_FEE)
    }

    /// What the buyer gets if nobody ends the dispute.
    pub fn by_default(&self) -> Bps {
        self.settling.by_default(&self.shipments, &self.events)
    }

    /// The wallet without whose signature the buyer parts with no money, by the sealed terms.
    pub fn signer(&self) -> Option<EvmAddress> {
        self.sealed.as_ref().and_then(|sealed| sealed.terms.signer)
    }

    /// Where the vendor is paid, once it is sealed.
    pub fn payout(&self) -> Option<EvmAddress> {
        self.sealed.as_ref().map(|sealed| sealed.terms.payout)
    }

    pub(super) fn own_reseal(&self) -> Option<&ResealView> {
        let own = self.relation.actor()?;
        self.reseals.iter().find(|wish| wish.party == own)
    }

    /// The sealed terms with this site's signature, as one text to keep and to check.
    pub fn signed_text(&self) -> Option<String> {
        let sealed = self.sealed.as_ref()?;
        let (_, signature) = sealed.signed.as_ref()?;
        Some(signed::join(&sealed.terms.to_text(), signature))
    }
}
