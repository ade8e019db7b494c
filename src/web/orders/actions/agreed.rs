//! What stands of an order, and what its sealed terms say, for whoever looks at it.

use db::rulings::Ruling;
use domain::EvmAddress;
use domain::journey::Position;
use domain::limits;
use domain::money::Bps;
use domain::policy::Relation;
use domain::signed;

use super::read::OrderView;
use super::waits::ResealView;

impl OrderView {
    /// What decides about its next step.
    pub(super) fn position(&self) -> Position {
        Position {
            status: self.status,
            credited: !self.credited.is_zero(),
            unfinal: !self.unfinal.is_zero(),
            intent_open: self.intent.is_some(),
            disputed: self.dispute.is_some(),
            paying: self.paying,
            held: self.held.as_ref().map(|held| (held.who, held.by)),
            expires_at: self.expires_at,
            dispatched: !self.shipments.is_empty(),
            deadline: self.deadline,
            ruling: self.settling.ruling().map(Ruling::standing).zip(self.settling.due),
        }
    }

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
