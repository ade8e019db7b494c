//! Who may do what about an order: asked by every button and every handler.

pub use crate::act::{Act, Relation};
use crate::dispute::{self, Judge, Ruling};
use crate::intent::ActorRole;
use crate::life::{self, Guard, MOVES, Standing};
use crate::order::OrderStatus;
use crate::refusal::Refusal;
use crate::store::StoreRole;
use crate::user::Role;

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
        Self { status, paying, disputed, dispatched, extended, ..Self::NEW }
    }
}

/// Whether a role on the site sees how the shop as a whole stands.
pub const fn sees_site(role: Role) -> bool {
    matches!(role, Role::Admin)
}

/// Whether somebody may do something now.
///
/// # Errors
/// The reason why not.
pub fn check(act: Act, relation: Relation, now: Situation) -> Result<(), Refusal> {
    let Some(actor) = relation.actor() else {
        return Err(Refusal::NotYours);
    };
    match act {
        Act::See => return Ok(()),
        Act::SeeDelivery => return see_delivery(actor, now.funded),
        // Where a store's money goes is its owner's to say.
        Act::Reseal | Act::KeepAddress if relation == Relation::Vendor(StoreRole::Collaborator) => {
            return Err(Refusal::NotYours);
        }
        _ => {}
    }
    let own = life::permit(act, actor, now.into())?;
    own.guard.map_or(Ok(()), |guard| holds(guard, actor, now))?;
    match act {
        Act::Ask(_) if now.intent_open => Err(Refusal::InProgress),
        _ => Ok(()),
    }
}

/// Whether somebody of this role could do something if the order stood otherwise.
pub fn is_of(act: Act, relation: Relation) -> bool {
    let actor = relation.actor();
    MOVES.iter().any(|known| actor.is_some_and(|actor| known.is_of(act, actor)))
}

/// Whether a guard holds that asks for more than the order's standing.
fn holds(guard: Guard, actor: ActorRole, now: Situation) -> Result<(), Refusal> {
    let (dispute, last) = (now.dispute, now.dispute.ruling.as_ref());
    let judge = dispute.judge.ok_or(Refusal::NotStaff);
    match guard {
        Guard::OfferStands => {
            let stands = match actor {
                ActorRole::Buyer => dispute.vendor_offer,
                ActorRole::Vendor | ActorRole::Staff => dispute.buyer_offer,
            };
            unless(!stands, Refusal::OfferGone)
        }
        Guard::MayContest => dispute::may_contest(last),
        Guard::MayRule => dispute::may_rule(judge?, last).map(drop),
        Guard::MayConfirm => dispute::may_confirm(judge?, last),
        Guard::ResealUnasked => unless(now.reseal_asked, Refusal::ResealAsked),
        Guard::ResealWaits => unless(!now.reseal_waits, Refusal::NothingWaits),
        // Known by the standing.
        Guard::Undispatched | Guard::NotExtended | Guard::Disputed | Guard::Undisputed => Ok(()),
    }
}

const fn unless(bad: bool, refusal: Refusal) -> Result<(), Refusal> {
    if bad { Err(refusal) } else { Ok(()) }
}

/// The buyer wrote it; the store needs it from funding on, and never where it was not funded; staff
/// have no business with it.
const fn see_delivery(actor: ActorRole, funded: bool) -> Result<(), Refusal> {
    match actor {
        ActorRole::Buyer => Ok(()),
        ActorRole::Vendor => unless(!funded, Refusal::NotPaid),
        ActorRole::Staff => Err(Refusal::NotYours),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::IntentAction;

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
