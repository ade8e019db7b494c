//! Who may do what about an order: asked by every button and every handler.

use crate::dispute::{self, Judge, Ruling};
use crate::intent::{self, ActorRole, IntentAction, Standing};
use crate::order::OrderStatus;
use crate::refusal::Refusal;
use crate::reseal;
use crate::store::StoreRole;
use crate::user::Role;

/// What somebody is to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Placed it.
    Buyer,
    /// A member of its store.
    Vendor(StoreRole),
    /// Neither, but staff.
    Staff,
    /// None of these: for such a one the order does not exist.
    Stranger,
}

impl Relation {
    /// The relation of a person of `role` to an order. Being a party comes before being staff:
    /// nobody acts as staff in his own order.
    pub const fn of(is_buyer: bool, member: Option<StoreRole>, role: Role) -> Self {
        match (is_buyer, member) {
            (true, _) => Self::Buyer,
            (false, Some(store_role)) => Self::Vendor(store_role),
            (false, None) if role.is_staff() => Self::Staff,
            (false, None) => Self::Stranger,
        }
    }

    /// The part in which they act; `None` for a stranger.
    pub const fn actor(self) -> Option<ActorRole> {
        match self {
            Self::Buyer => Some(ActorRole::Buyer),
            Self::Vendor(_) => Some(ActorRole::Vendor),
            Self::Staff => Some(ActorRole::Staff),
            Self::Stranger => None,
        }
    }
}

/// An act on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Look at it.
    See,
    /// Read the delivery address.
    SeeDelivery,
    /// Ask escrow to cancel, release or refund.
    Ask(IntentAction),
    /// Mark it as shipped.
    Ship,
    /// Open a dispute.
    Dispute,
    /// Propose in a dispute how to share.
    Offer,
    /// Say something about a dispute.
    Claim,
    /// Ask to be paid to another address than the sealed one.
    Reseal,
    /// Take that back while it waits.
    KeepAddress,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 17] = [
        Self::See,
        Self::SeeDelivery,
        Self::Ask(IntentAction::Cancel),
        Self::Ask(IntentAction::Release),
        Self::Ask(IntentAction::Refund),
        Self::Ask(IntentAction::Extend),
        Self::Ask(IntentAction::Resume),
        Self::Ask(IntentAction::Accept),
        Self::Ask(IntentAction::Rule),
        Self::Ask(IntentAction::Contest),
        Self::Ask(IntentAction::Confirm),
        Self::Ship,
        Self::Dispute,
        Self::Offer,
        Self::Claim,
        Self::Reseal,
        Self::KeepAddress,
    ];
}

/// What of an order decides about acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Status by escrow's last event.
    pub status: OrderStatus,
    /// A payout of case 0 is planned.
    pub paying: bool,
    /// The sum was there once, whatever became of it.
    pub funded: bool,
    /// The vendor marked it as shipped.
    pub dispatched: bool,
    /// A dispute was opened, whether or not it is effective yet.
    pub disputed: bool,
    /// The buyer has taken more time to look at what came.
    pub extended: bool,
    /// A request waits for escrow's answer.
    pub intent_open: bool,
    /// The viewer's side has asked for another address.
    pub reseal_asked: bool,
    /// That address waits for its time.
    pub reseal_waits: bool,
    /// What of its dispute decides.
    pub dispute: InDispute,
}

/// What of a dispute decides about acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InDispute {
    /// An offer of the buyer's stands.
    pub buyer_offer: bool,
    /// An offer of the vendor's stands.
    pub vendor_offer: bool,
    /// The last ruling.
    pub ruling: Option<Ruling>,
    /// Who asks, where that is staff.
    pub judge: Option<Judge>,
}

impl From<Situation> for Standing {
    fn from(now: Situation) -> Self {
        let Situation { status, paying, disputed, dispatched, extended, .. } = now;
        Self { status, paying, disputed, dispatched, extended }
    }
}

/// Whether a role on the site sees how the shop as a whole stands.
pub const fn sees_site(role: Role) -> bool {
    matches!(role, Role::Admin)
}

/// Whether somebody may do something now.
pub fn check(act: Act, relation: Relation, now: Situation) -> Result<(), Refusal> {
    let Some(actor) = relation.actor() else {
        return Err(Refusal::NotYours);
    };
    match act {
        Act::See => Ok(()),
        Act::SeeDelivery => see_delivery(actor, now.funded),
        Act::Ask(action) => {
            intent::check(action, actor, now.into())?;
            in_dispute(action, actor, now.dispute)?;
            if now.intent_open { Err(Refusal::InProgress) } else { Ok(()) }
        }
        Act::Ship => {
            only(actor, &[ActorRole::Vendor])?;
            under_way(now)?;
            if now.dispatched { Err(Refusal::Shipped) } else { Ok(()) }
        }
        Act::Dispute => {
            only(actor, &[ActorRole::Buyer, ActorRole::Vendor])?;
            if now.disputed {
                return Err(Refusal::Disputed);
            }
            under_way(now)
        }
        Act::Offer => {
            only(actor, &[ActorRole::Buyer, ActorRole::Vendor])?;
            disputed(now)
        }
        Act::Claim => disputed(now),
        // Where a store's money goes is its owner's to say.
        Act::Reseal | Act::KeepAddress if relation == Relation::Vendor(StoreRole::Collaborator) => {
            Err(Refusal::NotYours)
        }
        Act::Reseal => reseal::check(actor, now.status, now.reseal_asked),
        Act::KeepAddress if now.reseal_waits => Ok(()),
        Act::KeepAddress => Err(Refusal::NothingWaits),
    }
}

/// Whether a request fits what was offered and ruled in a dispute.
fn in_dispute(action: IntentAction, actor: ActorRole, now: InDispute) -> Result<(), Refusal> {
    let last = now.ruling.as_ref();
    match (action, actor) {
        (IntentAction::Accept, ActorRole::Buyer) if !now.vendor_offer => Err(Refusal::OfferGone),
        (IntentAction::Accept, ActorRole::Vendor) if !now.buyer_offer => Err(Refusal::OfferGone),
        (IntentAction::Contest, _) => dispute::may_contest(last),
        (IntentAction::Rule, _) => {
            let judge = now.judge.ok_or(Refusal::NotStaff)?;
            dispute::may_rule(judge, last).map(drop)
        }
        (IntentAction::Confirm, _) => {
            dispute::may_confirm(now.judge.ok_or(Refusal::NotStaff)?, last)
        }
        _ => Ok(()),
    }
}

fn disputed(now: Situation) -> Result<(), Refusal> {
    under_way(now)?;
    if now.disputed { Ok(()) } else { Err(Refusal::Undisputed) }
}

/// The buyer wrote it; the store needs it from funding on, and never where it was not funded; staff
/// have no business with it.
fn see_delivery(actor: ActorRole, funded: bool) -> Result<(), Refusal> {
    match actor {
        ActorRole::Buyer => Ok(()),
        ActorRole::Vendor if funded => Ok(()),
        ActorRole::Vendor => Err(Refusal::NotPaid),
        ActorRole::Staff => Err(Refusal::NotYours),
    }
}

fn only(actor: ActorRole, allowed: &[ActorRole]) -> Result<(), Refusal> {
    if allowed.contains(&actor) { Ok(()) } else { Err(Refusal::OtherParty) }
}

fn under_way(now: Situation) -> Result<(), Refusal> {
    match now.status {
        OrderStatus::New | OrderStatus::Pending => Err(Refusal::NotPaid),
        OrderStatus::Released | OrderStatus::Cancelled | OrderStatus::Failed => Err(Refusal::Ended),
        OrderStatus::Completed | OrderStatus::Frozen if now.paying => Err(Refusal::PayingOut),
        OrderStatus::Completed | OrderStatus::Frozen => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNDED: Situation = Situation {
        status: OrderStatus::Completed,
        paying: false,
        funded: true,
        dispatched: false,
        disputed: false,
        extended: false,
        intent_open: false,
        dispute: InDispute { buyer_offer: false, vendor_offer: false, ruling: None, judge: None },
        reseal_asked: false,
        reseal_waits: false,
    };
    const VENDOR: Relation = Relation::Vendor(StoreRole::Collaborator);

    #[test]
    fn a_stranger_may_do_nothing_at_all() {
        for act in Act::ALL {
            for status in OrderStatus::ALL {
                let now = Situation { status: *status, ..FUNDED };
                assert_eq!(check(act, Relation::Stranger, now), Err(Refusal::NotYours));
            }
        }
    }

    #[test]
    fn staff_neither_release_nor_refund_nor_read_where_the_goods_go() {
        for act in [
            Act::Ask(IntentAction::Release),
            Act::Ask(IntentAction::Refund),
            Act::SeeDelivery,
            Act::Ship,
        ] {
            for status in OrderStatus::ALL {
                assert!(
                    check(act, Relation::Staff, Situation { status: *status, ..FUNDED }).is_err()
                );
            }
        }
    }

    #[test]
    fn a_party_is_never_staff_in_its_own_order() {
        assert_eq!(Relation::of(true, Some(StoreRole::Owner), Role::Admin), Relation::Buyer);
        assert_eq!(
            Relation::of(false, Some(StoreRole::Owner), Role::Admin),
            Relation::Vendor(StoreRole::Owner)
        );
        assert_eq!(Relation::of(false, None, Role::Customer), Relation::Stranger);
    }

    #[test]
    fn a_dispute_has_its_own_acts_for_each_side() {
        let judge = Some(Judge { id: crate::ids::UserId::from_random([7; 16]), senior: false });
        let open = Situation {
            status: OrderStatus::Frozen,
            disputed: true,
            dispute: InDispute { buyer_offer: true, judge, ..InDispute::default() },
            ..FUNDED
        };
        let may = |act, relation| check(act, relation, open);
        assert_eq!(may(Act::Ask(IntentAction::Accept), VENDOR), Ok(()));
        assert_eq!(may(Act::Ask(IntentAction::Accept), Relation::Buyer), Err(Refusal::OfferGone));
        assert_eq!(may(Act::Ask(IntentAction::Rule), Relation::Staff), Ok(()));
        assert_eq!(may(Act::Ask(IntentAction::Rule), VENDOR), Err(Refusal::OtherParty));
        assert_eq!(may(Act::Ask(IntentAction::Contest), Relation::Buyer), Err(Refusal::Unruled));
        assert_eq!(may(Act::Ask(IntentAction::Confirm), Relation::Staff), Err(Refusal::Unruled));
        assert_eq!(may(Act::Offer, Relation::Staff), Err(Refusal::OtherParty));
        for relation in [Relation::Buyer, VENDOR, Relation::Staff] {
            assert_eq!(may(Act::Claim, relation), Ok(()));
            assert_eq!(check(Act::Claim, relation, FUNDED), Err(Refusal::Undisputed));
            let early = Situation { status: OrderStatus::Completed, ..open };
            assert_eq!(check(Act::Claim, relation, early), Ok(()), "also before it is effective");
        }
    }

    #[test]
    fn one_request_at_a_time() {
        let waiting = Situation { intent_open: true, ..FUNDED };
        assert_eq!(
            check(Act::Ask(IntentAction::Release), Relation::Buyer, waiting),
            Err(Refusal::InProgress)
        );
        assert_eq!(check(Act::Dispute, Relation::Buyer, waiting), Ok(()));
    }

    #[test]
    fn the_vendor_ships_once_and_only_what_is_paid() {
        assert_eq!(check(Act::Ship, VENDOR, FUNDED), Ok(()));
        assert_eq!(check(Act::Ship, Relation::Buyer, FUNDED), Err(Refusal::OtherParty));
        assert_eq!(
            check(Act::Ship, VENDOR, Situation { dispatched: true, ..FUNDED }),
            Err(Refusal::Shipped)
        );
        let unpaid = Situation { status: OrderStatus::Pending, funded: false, ..FUNDED };
        assert_eq!(check(Act::Ship, VENDOR, unpaid), Err(Refusal::NotPaid));
    }

    #[test]
    fn where_a_store_is_paid_is_its_owner_s_to_say() {
        let waiting = Situation { reseal_asked: true, reseal_waits: true, ..FUNDED };
        assert_eq!(check(Act::Reseal, VENDOR, FUNDED), Err(Refusal::NotYours));
        assert_eq!(check(Act::KeepAddress, VENDOR, waiting), Err(Refusal::NotYours));
        for party in [Relation::Buyer, Relation::Vendor(StoreRole::Owner)] {
            assert_eq!(check(Act::Reseal, party, FUNDED), Ok(()));
            assert_eq!(check(Act::Reseal, party, waiting), Err(Refusal::ResealAsked));
            assert_eq!(check(Act::KeepAddress, party, waiting), Ok(()));
            assert_eq!(check(Act::KeepAddress, party, FUNDED), Err(Refusal::NothingWaits));
        }
        assert!(check(Act::Reseal, Relation::Staff, FUNDED).is_err());
    }

    #[test]
    fn the_vendor_reads_where_the_goods_go_only_where_the_sum_was_there() {
        for status in OrderStatus::ALL {
            let paid = Situation { status: *status, ..FUNDED };
            assert_eq!(check(Act::SeeDelivery, VENDOR, paid), Ok(()));
            let unpaid = Situation { funded: false, ..paid };
            assert_eq!(check(Act::SeeDelivery, VENDOR, unpaid), Err(Refusal::NotPaid));
            assert_eq!(check(Act::SeeDelivery, Relation::Buyer, unpaid), Ok(()));
        }
    }
}
