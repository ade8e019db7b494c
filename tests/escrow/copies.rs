//! Copies of a ledger: one that lies elsewhere does not run before the operator has said so, and one
//! that is older issues no address twice.

use std::path::Path;
use std::sync::Arc;

use db::{DbConfig, EscrowDb, Owner, backup, desk, tx};
use domain::clock::{Clock, Span};
use escrow::{Ctx, Engine, NoProbe, Parts, Unfit, bond};
use testkit::Data;

use crate::world::{World, on_chain, wei};

/// The files of a world, copied into another folder as `holdfast backup` copies them.
fn copied(world: &World, folder: &Path) -> DbConfig {
    let (from, to) = (world.data.config(Owner::Escrow), DbConfig::sqlite(folder));
    for owner in Owner::ALL {
        let file = to.file(owner).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        backup::copy(&from, owner, &file).unwrap();
        backup::check(&to, owner).unwrap();
    }
    to
}

/// What a process says that starts on these files.
fn start(world: &World, config: &DbConfig) -> Result<Engine, Unfit> {
    let db = EscrowDb::open(config).unwrap();
    let ctx = Ctx::new(Parts {
        db,
        clock: world.clock.clone(),
        keys: Arc::clone(&world.keys),
        chains: Vec::new(),
        prices: None,
        probe: Box::new(NoProbe),
    });
    ctx.map(Engine::new)
}

fn say(config: &DbConfig, word: &'static str, world: &World) {
    let (door, now) = (EscrowDb::open(config).unwrap(), world.clock.now());
    tx::write(&door, "adopt", move |tx| desk::set_control(tx, bond::ADOPT, word, now)).unwrap();
}

fn known(config: &DbConfig) -> desk::Installation {
    EscrowDb::open(config).unwrap().read(desk::installation).unwrap().unwrap()
}

#[test]
fn a_copy_does_not_start_before_it_is_adopted_and_the_first_goes_on() {
    let world = World::on_files();
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&world, folder.path());
    for _ in 0..2 {
        assert_eq!(start(&world, &copy).err(), Some(Unfit::Copy));
    }
    world.sealed(&world.engine());
    let before = known(&copy);
    say(&copy, bond::MOVED, &world);
    start(&world, &copy).unwrap();
    let after = known(&copy);
    assert_eq!((after.generation, &after.fingerprint), (0, &before.fingerprint));
    assert_ne!(after.bond.as_ref().unwrap().id, before.bond.unwrap().id);
    start(&world, &copy).unwrap();
    // Once said is not said for ever: a copy of the copy asks again.
    let other = tempfile::tempdir().unwrap();
    let again = DbConfig::sqlite(other.path());
    for owner in Owner::ALL {
        let file = again.file(owner).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        backup::copy(&copy, owner, &file).unwrap();
        backup::check(&again, owner).unwrap();
    }
    assert_eq!(start(&world, &again).err(), Some(Unfit::Copy));
}

#[test]
fn a_restored_ledger_starts_paused_and_under_addresses_that_were_never_issued() {
    let world = World::on_files();
    let engine = world.engine();
    world.sealed(&engine);
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&world, folder.path());
    assert_eq!(backup::marks(&copy).unwrap()[0].next, 1);
    // After the copy was made another address was issued, of which the copy knows nothing.
    let lost = world.state(world.sealed(&engine)).address.unwrap();
    assert_eq!(lost, world.keys.address(0, 1).unwrap());
    say(&copy, bond::RESTORED, &world);
    start(&world, &copy).unwrap();
    let door = EscrowDb::open(&copy).unwrap();
    assert_eq!(known(&copy).generation, 1);
    assert!(door.read(db::placing::paused).unwrap());
    let alarms = door.read(|conn| db::alarms::newest(conn, 10)).unwrap();
    assert!(alarms.iter().any(|alarm| alarm.kind == "restore"));
    // The next start is not another restore.
    start(&world, &copy).unwrap();
    assert_eq!(known(&copy).generation, 1);
    assert_eq!(door.read(|conn| db::ledger::next_index(conn, 0, 1)).unwrap(), 0);
}

/// Whoever writes another generation or place into the row does not have the key of its MAC.
#[test]
fn a_row_that_was_changed_by_hand_starts_nothing() {
    let world = World::new();
    for change in ["generation = 7", "place = 'elsewhere'", "install_id = 'x'", "mac = '0x'"] {
        let engine = world.engine();
        drop(engine);
        let before = world.escrow.read(desk::installation).unwrap().unwrap();
        let bond = before.bond.unwrap();
        let change = format!("UPDATE installation SET {change};");
        world.data.by_hand(Owner::Escrow, &change, &change);
        let config = world.data.config(Owner::Escrow);
        assert_eq!(start(&world, &config).err(), Some(Unfit::Forged), "{change}");
        let back = format!(
            "UPDATE installation SET generation = {}, place = '{}', install_id = '{}', mac = '{}';",
            before.generation, bond.place, bond.id, bond.mac
        );
        world.data.by_hand(Owner::Escrow, &back, &back);
        start(&world, &config).unwrap();
    }
}

/// A ledger from before there was such a tie is bound where it lies.
#[test]
fn an_older_ledger_is_bound_to_its_place_at_its_next_start() {
    let world = World::new();
    let forget = "UPDATE installation SET place = NULL, install_id = NULL, mac = NULL;";
    world.data.by_hand(Owner::Escrow, forget, forget);
    let config = world.data.config(Owner::Escrow);
    start(&world, &config).unwrap();
    assert!(known(&config).bond.is_some());
}

/// An address that is in use before it is issued tells of a ledger that this one does not know: the
/// next one is of another generation.
#[test]
fn a_used_address_raises_the_generation() {
    let world = World::new();
    let engine = world.engine();
    world.sealed(&engine);
    let used = world.keys.address(0, 1).unwrap();
    world.chain.pay(on_chain(used), wei(domain::money::Amount::from_u128(1))).unwrap();
    let order = world.sealed(&engine);
    assert_eq!(world.state(order).address, Some(world.keys.address(1, 0).unwrap()));
    assert_eq!(world.escrow.read(desk::installation).unwrap().unwrap().generation, 1);
    assert!(world.alarms().iter().any(|alarm| alarm.contains("generation 1")));
    // For good: another process goes on there, and what was issued before is paid out as before.
    let next = world.sealed(&world.engine());
    assert_eq!(world.state(next).address, Some(world.keys.address(1, 1).unwrap()));
}

/// Copies under load are sound, and as many as one likes.
#[test]
fn copies_of_a_running_shop_are_sound() {
    let world = World::of(Data::sqlite());
    world.engine().step_all().unwrap();
    let busy = world.engine();
    for n in 0..10 {
        world.sealed(&busy);
        world.clock.advance(Span::secs(1));
        let folder = tempfile::tempdir().unwrap();
        let copy = copied(&world, folder.path());
        assert_eq!(backup::marks(&copy).unwrap()[0].next, n + 1);
    }
}
