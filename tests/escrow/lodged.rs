//! Deposits of vendors: sealed with their return address, credited, and had back once, by the owner.

use std::sync::Arc;

use db::ledger::{self};
use db::lodgings::{self, DepositRow, WithdrawalRow};
use db::{codec, tx};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Clock;
use domain::ids::{OrderId, UserId};
use domain::money::Amount;
use domain::seal::Terms;
use escrow::Fault;
use escrow::keys::{DEPOSITS, Place};
use escrow::recover::{self, Extent, Find, Range};

use crate::wire::Wire;
use crate::world::World;

fn sum() -> Amount {
    Amount::parse("0.5", 18).unwrap()
}

impl World {
    fn deposit_row(&self) -> DepositRow {
        let coin = Asset::native_of(ChainId::DEVELOPMENT);
        DepositRow {
            id: OrderId::from_random(self.fresh_id()).to_string(),
            store_id: self.store.to_string(),
            lodged_by: self.vendor.to_string(),
            chain_id: i64::try_from(coin.chain.get()).unwrap(),
            token_address: None,
            token: coin.symbol.to_string(),
            decimals: coin.decimals.into(),
            amount: codec::amount_text(sum()),
            return_address: self.payout.to_string(),
            request_id: "test".to_owned(),
            created_at: codec::stamp(self.clock.now()),
        }
    }

    fn lodge(&self, row: DepositRow) -> OrderId {
        let id = row.id.parse().unwrap();
        tx::write(&self.web, "lodge", move |tx| lodgings::insert(tx, &row)).unwrap();
        id
    }

    /// A deposit that is there.
    fn lodged(&self) -> OrderId {
        let engine = self.engine();
        let id = self.lodge(self.deposit_row());
        self.until(&engine, id, "PENDING");
        self.pay(id, sum());
        self.until(&engine, id, "COMPLETED");
        id
    }

    fn ask_back(&self, id: OrderId, by: UserId) {
        let n = self.web.read(|conn| lodgings::next_number(conn, id)).unwrap();
        let row = WithdrawalRow {
            deposit_id: id.to_string(),
            n,
            actor_id: by.to_string(),
            request_id: "test".to_owned(),
            created_at: codec::stamp(self.clock.now()),
        };
        tx::write(&self.web, "ask back", move |tx| lodgings::ask_back(tx, &row)).unwrap();
    }

    fn deposit_terms(&self, id: OrderId) -> Terms {
        let sealed = self.escrow.read(|conn| ledger::sealed(conn, id)).unwrap().unwrap();
        Terms::from_text(std::str::from_utf8(&sealed.terms).unwrap()).unwrap()
    }

    fn cover(&self) -> u64 {
        self.web.read(|conn| lodgings::lodged(conn, self.store)).unwrap().get()
    }
}

#[test]
fn a_deposit_is_sealed_credited_and_had_back_once() {
    let world = World::new();
    let engine = world.engine();
    assert_eq!(world.cover(), 0);
    let id = world.lodge(world.deposit_row());
    world.until(&engine, id, "PENDING");
    let (state, terms) = (world.state(id), world.deposit_terms(id));
    assert!(state.deposit && terms.deposit);
    assert_eq!((terms.refund, terms.payout), (world.payout, world.payout));
    let place = Place { purpose: DEPOSITS, generation: 0, index: 0 };
    assert_eq!(state.address, Some(world.keys.address_at(place).unwrap()));
    assert_eq!(world.cover(), 0, "nothing is there yet");

    world.pay(id, sum());
    world.until(&engine, id, "COMPLETED");
    assert_eq!(world.cover(), terms.total.get());
    let before = world.balance(world.payout);
    world.ask_back(id, world.vendor);
    assert_eq!(world.cover(), 0, "what is asked back is no security any more");
    world.until(&engine, id, "CANCELLED");
    let back = world.balance(world.payout).minus(before);
    let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, id, 0)).unwrap();
    assert_eq!(legs.len(), 1);
    assert_eq!((legs[0].to, legs[0].amount), (world.payout, back));
    assert!(back < sum() && back > Amount::parse("0.49", 18).unwrap(), "less the fee alone");
    assert_eq!(world.answer(id).unwrap().0, "accepted");
    let told: Vec<String> = world.events(id).into_iter().map(|event| event.comment).collect();
    assert!(told.iter().any(|comment| comment.contains("to the store")), "{told:?}");
    assert!(told.iter().all(|comment| !comment.contains("buyer")), "{told:?}");

    world.ask_back(id, world.vendor);
    for _ in 0..3 {
        engine.step_all().unwrap();
        world.pass(2);
    }
    assert_eq!(world.answer(id).unwrap().0, "refused");
    assert_eq!(world.balance(world.payout).minus(before), back, "once");
    assert_eq!(world.balance(world.commission), Amount::ZERO);
}

#[test]
fn only_the_owner_has_it_back_and_not_while_an_order_is_disputed() {
    let world = World::new();
    let (engine, id) = (world.engine(), world.lodged());
    world.ask_back(id, world.buyer);
    engine.step_all().unwrap();
    assert!(world.answer(id).unwrap().1.contains("owner"), "{:?}", world.answer(id));

    let order = world.funded(&engine);
    world.dispute(order);
    engine.step_all().unwrap();
    assert_eq!(world.status(order), "FROZEN");
    world.ask_back(id, world.vendor);
    engine.step_all().unwrap();
    assert!(world.answer(id).unwrap().1.contains("disputed"), "{:?}", world.answer(id));
    assert_eq!((world.status(id), world.state(id).paying), ("COMPLETED", false));
    assert!(world.cover() > 0, "a wish that was refused takes nothing away");
}

#[test]
fn a_row_that_names_another_return_address_is_refused() {
    let world = World::new();
    let engine = world.engine();
    let thief = EvmAddress::from_bytes([0x66; 20]).to_string();
    let stranger = world.buyer.to_string();
    let row = world.deposit_row();
    let rows = [
        DepositRow { return_address: thief, ..row.clone() },
        DepositRow { lodged_by: stranger, ..world.deposit_row() },
        DepositRow { decimals: 6, ..world.deposit_row() },
        DepositRow { amount: codec::amount_text(Amount::from_u128(1)), ..world.deposit_row() },
        DepositRow { chain_id: 1, ..world.deposit_row() },
    ];
    for row in rows {
        let id = world.lodge(row);
        engine.step_all().unwrap();
        assert_eq!(world.status(id), "FAILED");
        assert_eq!((world.state(id).address, world.state(id).deposit), (None, true));
    }
}

#[test]
fn nothing_in_web_s_tables_changes_where_it_goes() {
    let world = World::new();
    let (engine, id) = (world.engine(), world.lodged());
    // The book pays the store elsewhere since; what is sealed stays.
    let other = EvmAddress::from_bytes([0x67; 20]);
    world.request_payout(world.store, other);
    engine.step_all().unwrap();
    world.pass(72 * 3_600);
    engine.step_all().unwrap();
    let before = world.balance(world.payout);
    world.ask_back(id, world.vendor);
    world.until(&engine, id, "CANCELLED");
    assert!(world.balance(world.payout) > before);
    assert_eq!(world.balance(other), Amount::ZERO);
}

#[test]
fn what_comes_late_or_short_goes_back_by_itself() {
    let world = World::new();
    let engine = world.engine();
    let id = world.lodge(world.deposit_row());
    world.until(&engine, id, "PENDING");
    world.pay(id, Amount::parse("0.2", 18).unwrap());
    for _ in 0..3 {
        engine.step_all().unwrap();
        world.pass(2);
    }
    assert_eq!((world.status(id), world.cover()), ("PENDING", 0));
    let before = world.balance(world.payout);
    world.pass(8 * 86_400);
    for _ in 0..6 {
        engine.step_all().unwrap();
        world.pass(60);
    }
    assert_eq!(world.status(id), "FAILED");
    let back = world.balance(world.payout).minus(before);
    assert!(back > Amount::parse("0.19", 18).unwrap(), "{back:?}: {:?}", world.story(id));
}

/// Escrow is stopped at every point that a withdrawal passes, at its first visit.
#[test]
fn a_stop_anywhere_pays_it_once() {
    let world = World::new();
    let mut stops: Vec<Option<&'static str>> = Vec::new();
    let mut trials = 0;
    loop {
        let id = world.lodged();
        let before = world.balance(world.payout);
        world.ask_back(id, world.vendor);
        let stop = stops.pop().flatten();
        world.script.stop_at(stop.map(|point| (point, 1)));
        let mut engine = world.engine();
        for _ in 0..30 {
            for done in [engine.desk_once(false), engine.chain_once()] {
                match done {
                    Err(Fault::Stopped(_)) => engine = world.engine(),
                    other => drop(other.unwrap()),
                }
            }
            world.pass(2);
            if world.status(id) == "CANCELLED" {
                break;
            }
        }
        assert_eq!(world.status(id), "CANCELLED", "{stop:?}: {:?}", world.story(id));
        let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, id, 0)).unwrap();
        let came = world.balance(world.payout).minus(before);
        assert_eq!((legs.len(), came), (1, legs[0].amount), "{stop:?}");
        if trials == 0 {
            let mut visits = world.script.visits();
            visits.sort_unstable();
            visits.dedup();
            assert!(visits.contains(&"lodgings: announced"), "{visits:?}");
            stops = visits.into_iter().map(Some).collect();
        }
        world.script.stop_at(None);
        trials += 1;
        if stops.is_empty() {
            break;
        }
    }
    assert!(trials > 8, "{trials}");
}

#[test]
fn what_comes_to_its_address_on_another_chain_is_nobody_s_payout() {
    let world = World::new();
    let id = world.lodged();
    let served = world.served(&Arc::new(Wire::new(world.chain.clone())));
    let assets = recover::assets(&served).unwrap();
    let range = Range { generations: 1, extent: Extent::Count(5) };
    let coin = &assets.all[..1];
    let finds = recover::scan(&world.keys, &served, (coin, &range), |_, _| ()).unwrap();
    let own = |find: &&Find| Some(find.address) == world.state(id).address;
    let here: Vec<Find> = finds.iter().filter(own).copied().collect();
    assert_eq!(here.len(), 1);
    let issued = world.web.read(ledger::issued_for).unwrap().into_iter().collect();
    assert_eq!(recover::strayed(&here, &issued), []);
    let there = Asset { chain: ChainId::SEPOLIA, ..here[0].asset };
    let there = [Find { asset: there, ..here[0] }];
    assert_eq!(recover::strayed(&there, &issued), there);
}
