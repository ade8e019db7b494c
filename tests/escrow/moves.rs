//! The table of moves against the ledger: whoever asks for whatever, however an order stands, escrow's
//! answer is what web's rules say of it; and the book writes no event that has no place.

use std::collections::BTreeSet;

use db::intents::IntentRow;
use db::offers::Counting;
use db::tx;
use domain::clock::{Clock, Span};
use domain::dispute::Judge;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor, IntentAction};
use domain::life::{Phase, Standing};
use domain::order::{EventKind, OrderStatus};
use domain::policy::{self, Act, InDispute, Relation, Situation};
use domain::store::StoreRole;
use escrow::Engine;
use escrow::book::{self, Note};

use crate::deadlines::{sent, turn};
use crate::disputes::disputed;
use crate::world::World;

const HANDLING: u32 = 48;
const BUYER: ActorRole = ActorRole::Buyer;
const VENDOR: ActorRole = ActorRole::Vendor;

/// An order that stands in some way, and two staff members of old.
struct Scene {
    world: World,
    engine: Engine,
    order: OrderId,
    staff: [UserId; 2],
}

type Stage = fn(&World, &Engine, [UserId; 2]) -> OrderId;

/// Every way to stand that decides about requests.
const STAGES: [(&str, Phase, Stage); 16] = [
    ("new", Phase::New, |world, engine, _| {
        engine.rates_once().unwrap();
        pause(world);
        world.place(world.draft(5_000))
    }),
    ("unpaid", Phase::Unpaid, |world, engine, _| world.sealed(engine)),
    ("funded", Phase::Funded, |world, engine, _| world.funded(engine)),
    ("sent", Phase::Sent, |world, engine, _| sent(world, engine)),
    ("extended", Phase::Sent, |world, engine, _| {
        let order = sent(world, engine);
        world.ask(order, IntentAction::Extend, BUYER);
        turn(world, engine);
        order
    }),
    ("overdue", Phase::Overdue, |world, engine, _| overdue(world, engine)),
    ("sent late", Phase::SentLate, |world, engine, _| {
        let order = overdue(world, engine);
        world.ship(order);
        turn(world, engine);
        order
    }),
    ("disputed", Phase::Disputed, |world, engine, _| disputed(world, engine)),
    ("disputed and sent", Phase::Disputed, |world, engine, _| {
        let order = disputed(world, engine);
        world.ship(order);
        order
    }),
    ("offers", Phase::Disputed, |world, engine, _| {
        let order = disputed(world, engine);
        world.offer(order, BUYER, 80);
        world.offer(order, VENDOR, 30);
        turn(world, engine);
        order
    }),
    ("ruled", Phase::Disputed, ruled),
    ("contested", Phase::Disputed, |world, engine, staff| {
        let order = ruled(world, engine, staff);
        world.contest(order, 1, VENDOR);
        turn(world, engine);
        order
    }),
    ("confirmed", Phase::Disputed, |world, engine, staff| {
        let order = ruled(world, engine, staff);
        world.contest(order, 1, BUYER);
        turn(world, engine);
        world.confirm(order, 1, staff[1]);
        turn(world, engine);
        order
    }),
    ("paying", Phase::Paying, |world, engine, _| leaving(world, engine, World::funded)),
    ("settling", Phase::Settling, |world, engine, _| leaving(world, engine, disputed)),
    ("ended", Phase::Ended, |world, engine, _| {
        let order = world.sealed(engine);
        world.ask(order, IntentAction::Cancel, BUYER);
        turn(world, engine);
        order
    }),
];

fn pause(world: &World) {
    let now = world.clock.now();
    let set = move |tx: &mut db::EscrowTx<'_>| db::desk::set_pause(tx, true, now);
    tx::write(&world.escrow, "pause", set).unwrap();
}

fn overdue(world: &World, engine: &Engine) -> OrderId {
    let order = world.funded(engine);
    turn(world, engine);
    world.live(engine, Span::hours(HANDLING));
    turn(world, engine);
    order
}

fn ruled(world: &World, engine: &Engine, staff: [UserId; 2]) -> OrderId {
    let order = disputed(world, engine);
    world.rule(order, staff[0], 60);
    turn(world, engine);
    order
}

/// An order whose payout is planned and does not arrive.
fn leaving(world: &World, engine: &Engine, paid: fn(&World, &Engine) -> OrderId) -> OrderId {
    let order = paid(world, engine);
    world.chain.set_automine(false);
    world.ask(order, IntentAction::Release, BUYER);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    order
}

impl Scene {
    fn new((_, _, stage): (&str, Phase, Stage)) -> Self {
        let world = World::new();
        let engine = world.engine();
        let staff = [world.staff(0x70), world.staff(0x72)];
        engine.desk_once(true).unwrap();
        world.live(&engine, Span::hours(73));
        let order = stage(&world, &engine, staff);
        Self { world, engine, order, staff }
    }

    /// How it stands for whoever asks, by the rows that web shows.
    fn situation(&self, role: ActorRole, actor: UserId) -> Situation {
        let (order, now) = (self.order, self.world.clock.now());
        let read = self.world.web.read(|conn| {
            let state = db::ledger::state(conn, order)?;
            let offers = db::offers::written(conn, order, Counting::All)?.offers;
            let has = |by| offers.iter().any(|(offer, _)| offer.by == by);
            let since = db::staff::seen_since(conn, actor)?;
            let senior =
                since.is_some_and(|since| now.since(since) >= domain::limits::STAFF_SENIOR);
            let deadline = db::deadlines::of_order(conn, order)?;
            Ok::<_, db::DbError>(Situation {
                status: state.as_ref().map_or(OrderStatus::New, |state| state.status),
                paying: state.as_ref().is_some_and(|state| state.paying),
                funded: state.as_ref().is_some_and(|state| state.funded_at.is_some()),
                dispatched: !db::shipments::of_order(conn, order)?.is_empty(),
                disputed: db::disputes::of_order(conn, order)?.is_some(),
                extended: deadline.is_some_and(|deadline| deadline.extended),
                intent_open: false,
                reseal_asked: false,
                reseal_waits: false,
                dispute: InDispute {
                    buyer_offer: has(BUYER),
                    vendor_offer: has(VENDOR),
                    ruling: db::rulings::last(conn, order)?
                        .as_ref()
                        .map(db::rulings::Ruling::standing),
                    judge: (role == ActorRole::Staff).then_some(Judge { id: actor, senior }),
                },
            })
        });
        read.unwrap()
    }

    /// What web's rules say, and how escrow answers when it is asked all the same.
    fn tried(&self, action: IntentAction, who: Who) -> (Result<(), String>, Result<(), String>) {
        let (role, actor) = (who.role(), who.of(self));
        let relation = match role {
            ActorRole::Buyer => Relation::Buyer,
            ActorRole::Vendor => Relation::Vendor(StoreRole::Owner),
            ActorRole::Staff => Relation::Staff,
        };
        let situation = self.situation(role, actor);
        let web = policy::check(Act::Ask(action), relation, situation);
        let next = |conn: &mut db::Conn| db::intents::next_number(conn, self.order);
        let n = self.world.web.read(next).unwrap();
        if action == IntentAction::Rule && role == ActorRole::Staff {
            self.world.rule(self.order, actor, 50);
        } else {
            let other = if role == BUYER { VENDOR } else { BUYER };
            let offers = |conn: &mut db::Conn| db::offers::written(conn, self.order, Counting::All);
            let offers = self.world.web.read(offers).unwrap().offers;
            let offer = offers.iter().find(|(offer, _)| offer.by == other);
            let about = match action {
                IntentAction::Accept => Some(offer.map_or(1, |(offer, _)| offer.n)),
                IntentAction::Contest | IntentAction::Confirm => Some(1),
                _ => None,
            };
            let row = self.world.about(self.order, (action, 0), (role, actor));
            self.world.send(IntentRow { about_n: about, ..row });
        }
        self.engine.desk_once(false).unwrap();
        (web.map_err(|refusal| refusal.to_string()), self.answered(n))
    }

    /// Escrow's word on a request.
    fn answered(&self, n: i32) -> Result<(), String> {
        let (order, web) = (self.order, &self.world.web);
        let hold = self.world.escrow.read(|conn| db::holds::open_hold(conn, order)).unwrap();
        if hold.is_some_and(|hold| hold.intent == Some(n)) {
            return Ok(());
        }
        let answer = web.read(|conn| db::story::last_answer(conn, order)).unwrap();
        let answer = answer.filter(|answer| answer.n == n).unwrap();
        if answer.outcome == "accepted" { Ok(()) } else { Err(answer.reason) }
    }
}

/// Who asks: a party, the staff member who ruled, or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Buyer,
    Vendor,
    First,
    Second,
}

impl Who {
    const ALL: [Self; 4] = [Self::Buyer, Self::Vendor, Self::First, Self::Second];

    const fn role(self) -> ActorRole {
        match self {
            Self::Buyer => BUYER,
            Self::Vendor => VENDOR,
            Self::First | Self::Second => ActorRole::Staff,
        }
    }

    const fn of(self, scene: &Scene) -> UserId {
        match self {
            Self::Buyer => scene.world.buyer,
            Self::Vendor => scene.world.vendor,
            Self::First => scene.staff[0],
            Self::Second => scene.staff[1],
        }
    }
}

fn phase(scene: &Scene) -> Phase {
    Standing::from(scene.situation(BUYER, scene.world.buyer)).phase()
}

#[test]
fn whoever_asks_for_whatever_escrow_s_answer_is_what_web_s_rules_say() {
    let mut phases = BTreeSet::new();
    let (mut allowed, mut refused) = (0, 0);
    for stage in STAGES {
        let mut scene = Scene::new(stage);
        for action in IntentAction::ALL {
            for who in Who::ALL {
                assert_eq!(phase(&scene), stage.1, "{}", stage.0);
                let (web, escrow) = scene.tried(*action, who);
                assert_eq!(web, escrow, "{}: {action} of {who:?}", stage.0);
                if web.is_err() {
                    refused += 1;
                    continue;
                }
                // What was granted changes the order; the next one stands as this one did.
                allowed += 1;
                scene = Scene::new(stage);
            }
        }
        phases.insert(stage.1);
    }
    assert_eq!(phases, Phase::ALL.iter().copied().collect(), "every phase was tried");
    assert!(allowed >= 40 && refused >= 400, "{allowed} {refused}");
}

/// Whatever part of escrow went wrong: the book itself refuses what has no place, and writes nothing.
#[test]
fn the_book_refuses_every_event_that_the_table_has_no_place_for() {
    for stage in STAGES.into_iter().filter(|stage| stage.1 != Phase::New) {
        let scene = Scene::new(stage);
        let (order, before) = (scene.order, scene.world.story(scene.order));
        let known = scene.world.state(order);
        let standing = Standing {
            status: known.status,
            paying: known.paying,
            disputed: known.disputed,
            ..Standing::NEW
        };
        let mut refused = 0;
        for kind in EventKind::ALL {
            if domain::life::after(*kind, standing).is_some() {
                continue;
            }
            let now = scene.world.clock.now();
            let kind = *kind;
            let written = tx::write(&scene.world.escrow, "forge", move |tx| {
                let mut state = db::ledger::state(tx, order)?.unwrap();
                book::append(tx, &mut state, Note::new(kind, EventActor::Escrow, "forged"), now)
            });
            let told = written.unwrap_err().to_string();
            assert!(told.contains("has no place"), "{}: {kind}: {told}", stage.0);
            refused += 1;
        }
        assert!(refused >= 10, "{}: {refused}", stage.0);
        assert_eq!(scene.world.story(order), before, "{}", stage.0);
        assert_eq!(scene.world.state(order), known, "{}", stage.0);
    }
}
