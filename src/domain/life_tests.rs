use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::clock::Time;
use crate::deadline::running;
use crate::dispute::{Judge, Ruling, RulingState};
use crate::ids::UserId;
use crate::intent;
use crate::journey::{self, Next, Position, Step, Who};
use crate::money::Bps;
use crate::policy::{self, InDispute, Relation, Situation};
use crate::store::StoreRole;

/// Every way in which an order can be imagined to stand.
fn standings() -> impl Iterator<Item = Standing> {
    OrderStatus::ALL.iter().flat_map(|status| {
        (0..16u8).map(|bits| Standing {
            status: *status,
            paying: bits & 1 != 0,
            disputed: bits & 2 != 0,
            dispatched: bits & 4 != 0,
            extended: bits & 8 != 0,
            deposit: false,
        })
    })
}

/// Those to which moves lead that `counts` picks, from one of them.
fn reached(from: Standing, counts: impl Fn(&Move) -> bool) -> HashSet<Standing> {
    let mut known = HashSet::from([from]);
    let mut open = vec![from];
    while let Some(now) = open.pop() {
        let fits = |known: &&Move| {
            let guarded = known.guard.is_some_and(|guard| guard.by_standing(now).is_err());
            // A dispute that escrow's guard wants is one that was opened, in effect or not.
            known.from.contains(&now.phase()) && (!guarded || known.guard == Some(Guard::Disputed))
        };
        for made in MOVES.iter().filter(fits).filter(|made| counts(made)) {
            let next = now.after(made.change);
            if known.insert(next) {
                open.push(next);
            }
        }
    }
    known
}

pub(crate) fn reachable() -> HashSet<Standing> {
    reached(Standing::NEW, |_| true)
}

fn phases(standings: &HashSet<Standing>) -> BTreeSet<Phase> {
    standings.iter().map(|now| now.phase()).collect()
}

#[test]
fn every_phase_and_status_is_reached_and_every_move_is_made() {
    let reachable = reachable();
    assert_eq!(phases(&reachable), Phase::ALL.iter().copied().collect());
    let statuses: BTreeSet<_> = reachable.iter().map(|now| now.status).collect();
    assert_eq!(statuses, OrderStatus::ALL.iter().copied().collect());
    for made in MOVES {
        assert!(made.from.iter().any(|phase| phases(&reachable).contains(phase)), "{made:?}");
    }
    let written: BTreeSet<_> = MOVES
        .iter()
        .filter_map(|made| match made.written {
            Written::Event(kind) => Some(kind),
            Written::Row(_) => None,
        })
        .collect();
    assert_eq!(written, EventKind::ALL.iter().copied().collect(), "every event has a place");
}

#[test]
fn whatever_people_leave_undone_the_order_comes_to_its_end() {
    for now in reachable() {
        let alone = reached(now, Move::is_by_itself);
        assert!(phases(&alone).contains(&Phase::Ended), "{now:?}");
        // A clock or the chain leads on from each phase, not only something that escrow may find.
        let leads_on = |made: &&Move| {
            let timed = match made.on {
                Trigger::Expiry | Trigger::Deadline(_) => true,
                Trigger::Chain(_) => now.paying,
                _ => false,
            };
            timed && made.from.contains(&now.phase()) && now.after(made.change) != now
        };
        assert_eq!(MOVES.iter().any(|made| leads_on(&made)), !now.status.is_terminal(), "{now:?}");
    }
}

#[test]
fn an_end_is_one() {
    for now in reachable().into_iter().filter(|now| now.status.is_terminal()) {
        let later = reached(now, |_| true);
        assert!(later.iter().all(|then| then.status == now.status && !then.paying), "{now:?}");
    }
    for kind in EventKind::ALL {
        for now in standings() {
            let Some(next) = after(*kind, now) else { continue };
            assert_ne!(next.status, OrderStatus::New);
            let ends = next.status.is_terminal() && !now.status.is_terminal();
            assert_eq!(ends, is_end(*kind), "{kind} in {now:?}");
        }
    }
}

/// An event says what changes: the moves that one standing allows for it do not differ in that.
#[test]
fn an_event_leaves_no_doubt() {
    for kind in EventKind::ALL {
        for now in standings() {
            let changes: Vec<_> = MOVES
                .iter()
                .filter(|made| {
                    made.written == Written::Event(*kind)
                        && [false, true].iter().any(|dispatched| {
                            let either = Standing { dispatched: *dispatched, ..now };
                            made.from.contains(&either.phase())
                        })
                })
                .map(|made| now.after(made.change))
                .collect();
            assert!(changes.iter().all(|next| Some(*next) == after(*kind, now)), "{kind} {now:?}");
        }
    }
}

#[test]
fn one_deadline_runs_where_money_is_in_escrow_and_a_move_is_at_its_end() {
    for now in reachable() {
        let kinds: BTreeSet<_> = MOVES
            .iter()
            .filter(|made| made.from.contains(&now.phase()))
            .filter_map(|made| match made.on {
                Trigger::Deadline(kind) => Some(kind),
                _ => None,
            })
            .collect();
        let open = matches!(now.status, OrderStatus::Completed | OrderStatus::Frozen);
        assert_eq!(kinds.len(), usize::from(open && !now.paying), "{now:?}");
        if !now.paying {
            let kind = running(now.status, now.disputed, now.dispatched);
            assert_eq!(kind, kinds.first().copied(), "{now:?}");
        }
    }
    for kind in DeadlineKind::ALL {
        assert!(at_end_of(*kind).is_some_and(|made| made.change != Change::Nothing), "{kind}");
    }
}

const T0: Time = Time::from_secs(1_800_000_000);

fn position(now: Standing) -> Position {
    Position {
        status: now.status,
        credited: false,
        unfinal: false,
        intent_open: false,
        disputed: now.disputed,
        paying: now.paying,
        held: None,
        expires_at: T0,
        dispatched: now.dispatched,
        deadline: Some(T0),
        ruling: None,
    }
}

/// Who is named as the next one can do something, and has a time for it; where nobody is to act, the
/// site does; and whatever holds up a payout has an owner and a time.
#[test]
fn every_phase_names_who_is_next_and_until_when() {
    for now in reachable() {
        let next = journey::next(&position(now));
        let can = |role| {
            let moves = |made: &Move| matches!(made.on, Trigger::Act(Act::Ask(_) | Act::Ship, _));
            Act::ALL.into_iter().any(|act| permit(act, role, now).is_ok_and(moves))
        };
        let fits = match next.who {
            Who::Buyer if next.step == Step::Pay => next.by == Some(T0),
            Who::Buyer => can(ActorRole::Buyer) && next.by == Some(T0),
            Who::Vendor => can(ActorRole::Vendor) && next.by == Some(T0),
            Who::Parties => can(ActorRole::Buyer) && can(ActorRole::Vendor) && next.by == Some(T0),
            Who::Site => MOVES.iter().any(|made| {
                made.is_by_itself()
                    && made.from.contains(&now.phase())
                    && now.after(made.change) != now
            }),
            Who::Nobody => now.status.is_terminal(),
            Who::Staff | Who::Operator => false,
        };
        assert!(fits, "{now:?}: {next:?}");
        let held = Position { held: Some((Who::Operator, Some(T0))), ..position(now) };
        let unblock = Next { who: Who::Operator, step: Step::Unblock, by: Some(T0) };
        assert_eq!(journey::next(&held), unblock);
        if now.paying {
            let leads = |kind| {
                MOVES.iter().any(|made| {
                    made.written == Written::Event(kind) && made.from.contains(&now.phase())
                })
            };
            assert!(leads(EventKind::PayoutHeld) && leads(EventKind::PayoutResumed));
        }
    }
}

const RELATIONS: [Relation; 4] = [
    Relation::Buyer,
    Relation::Vendor(StoreRole::Owner),
    Relation::Vendor(StoreRole::Collaborator),
    Relation::Staff,
];

fn judge(byte: u8, senior: bool) -> Judge {
    Judge { id: UserId::from_random([byte; 16]), senior }
}

/// Every way in which a dispute can stand for somebody who looks at it.
fn disputes() -> Vec<InDispute> {
    let staff = UserId::from_random([1; 16]);
    let mut rulings = vec![None];
    for state in RulingState::ALL {
        for second in [false, true] {
            rulings.push(Some(Ruling { n: 1, staff, buyer: Bps::HALF, state: *state, second }));
        }
    }
    let judges = [None, Some(judge(1, true)), Some(judge(2, true)), Some(judge(2, false))];
    let plain = InDispute::default();
    let ruled = rulings.into_iter().flat_map(|ruling| {
        judges.into_iter().map(move |judge| InDispute { ruling, judge, ..plain })
    });
    let offered = [(true, false), (false, true), (true, true)]
        .map(|(buyer_offer, vendor_offer)| InDispute { buyer_offer, vendor_offer, ..plain });
    ruled.chain(offered).collect()
}

fn situations(now: Standing, disputes: &[InDispute]) -> impl Iterator<Item = Situation> {
    let Standing { status, paying, disputed, dispatched, extended, .. } = now;
    disputes.iter().flat_map(move |dispute| {
        [false, true].into_iter().flat_map(move |intent_open| {
            [(false, false), (true, false), (true, true)].into_iter().map(
                move |(reseal_asked, reseal_waits)| Situation {
                    status,
                    paying,
                    funded: true,
                    dispatched,
                    disputed,
                    extended,
                    intent_open,
                    reseal_asked,
                    reseal_waits,
                    dispute: *dispute,
                },
            )
        })
    })
}

/// Whether a move of the table lets somebody do this, by the table's own words.
fn named(act: Act, relation: Relation, now: Situation) -> bool {
    let standing = Standing::from(now);
    let Some(role) = relation.actor() else { return false };
    let own = relation != Relation::Vendor(StoreRole::Collaborator);
    let (dispute, last) = (now.dispute, now.dispute.ruling);
    let last = last.as_ref();
    MOVES.iter().any(|made| {
        let holds = match made.guard {
            None => true,
            Some(Guard::Undispatched) => !now.dispatched,
            Some(Guard::NotExtended) => !now.extended,
            Some(Guard::Disputed) => now.disputed,
            Some(Guard::Undisputed) => !now.disputed,
            Some(Guard::OfferStands) if role == ActorRole::Buyer => dispute.vendor_offer,
            Some(Guard::OfferStands) => dispute.buyer_offer,
            Some(Guard::MayRule) => {
                dispute.judge.is_some_and(|judge| crate::dispute::may_rule(judge, last).is_ok())
            }
            Some(Guard::MayContest) => crate::dispute::may_contest(last).is_ok(),
            Some(Guard::MayConfirm) => {
                dispute.judge.is_some_and(|judge| crate::dispute::may_confirm(judge, last).is_ok())
            }
            Some(Guard::ResealUnasked) => own && !now.reseal_asked,
            Some(Guard::ResealWaits) => own && now.reseal_waits,
        };
        made.is_of(act, role) && made.from.contains(&standing.phase()) && holds
    })
}

/// Actor × status × shipment × dispute × act: the table names it, or it is refused with a reason, and
/// web's word and escrow's are the same.
#[test]
fn whoever_does_whatever_is_in_the_table_or_refused_and_both_sides_agree() {
    let disputes = disputes();
    let (mut allowed, mut refused) = (0_u32, 0_u32);
    for now in standings() {
        for situation in situations(now, &disputes) {
            for relation in RELATIONS {
                for act in Act::ALL.into_iter().filter(|act| act.verb().is_some()) {
                    let said = policy::check(act, relation, situation);
                    let role = relation.actor().unwrap();
                    let asks = matches!(act, Act::Ask(_));
                    let named = named(act, relation, situation);
                    let waits = asks && situation.intent_open;
                    assert_eq!(said.is_ok(), named && !waits, "{act:?} {relation:?} {situation:?}");
                    if waits && named {
                        assert_eq!(said, Err(Refusal::InProgress));
                    }
                    match said {
                        Ok(()) => allowed += 1,
                        Err(reason) => {
                            refused += 1;
                            assert!(!reason.to_string().is_empty() && !reason.code().is_empty());
                        }
                    }
                    let Act::Ask(action) = act else { continue };
                    match (intent::check(action, role, now), said) {
                        (Err(escrow), web) => assert_eq!(web, Err(escrow), "{act:?} {situation:?}"),
                        (Ok(made), Err(_)) => assert!(made.guard.is_some() || waits, "{act:?}"),
                        (Ok(_), Ok(())) => {}
                    }
                }
            }
        }
    }
    assert!(allowed > 10_000 && refused > 100_000, "{allowed} {refused}");
}

#[test]
fn a_role_without_any_move_for_an_act_is_told_that_it_is_for_others() {
    for now in standings() {
        for act in Act::ALL.into_iter().filter(|act| act.verb().is_some()) {
            for role in ActorRole::ALL {
                let has_one = MOVES.iter().any(|made| made.is_of(act, *role));
                let said = permit(act, *role, now);
                assert!(has_one || said == Err(Refusal::OtherParty), "{act:?} {role} {now:?}");
            }
        }
    }
}

#[test]
fn the_vendor_never_pays_himself_and_the_buyer_refunds_himself_only_what_was_not_sent_in_time() {
    let may = |action, role, now| permit(Act::Ask(action), role, now).is_ok();
    for now in standings() {
        assert!(!may(IntentAction::Release, ActorRole::Vendor, now));
        assert!(!may(IntentAction::Release, ActorRole::Staff, now));
        let late = matches!(now.phase(), Phase::Overdue | Phase::SentLate);
        assert_eq!(may(IntentAction::Refund, ActorRole::Buyer, now), late, "{now:?}");
        // Money in escrow can always be moved by somebody.
        let open = matches!(now.status, OrderStatus::Completed | OrderStatus::Frozen);
        assert_eq!(may(IntentAction::Release, ActorRole::Buyer, now), open && !now.paying);
        assert_eq!(may(IntentAction::Refund, ActorRole::Vendor, now), open && !now.paying);
    }
}

#[test]
fn refusals_say_what_is_the_matter() {
    let paid = Standing { status: OrderStatus::Completed, ..Standing::NEW };
    let sent = Standing { dispatched: true, ..paid };
    let buyer = |action, now| permit(Act::Ask(action), ActorRole::Buyer, now).map(drop);
    assert_eq!(buyer(IntentAction::Cancel, paid), Err(Refusal::Paid));
    assert_eq!(buyer(IntentAction::Refund, paid), Err(Refusal::OtherParty));
    assert_eq!(buyer(IntentAction::Extend, paid), Err(Refusal::NotShipped));
    assert_eq!(buyer(IntentAction::Extend, sent), Ok(()));
    let twice = Standing { extended: true, ..sent };
    assert_eq!(buyer(IntentAction::Extend, twice), Err(Refusal::Extended));
    assert_eq!(buyer(IntentAction::Resume, sent), Err(Refusal::NotOverdue));
}
