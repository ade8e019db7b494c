//! Trouble with one thing holds up that thing alone.

use domain::chain::{ChainId, VOLATILE_QUOTE};
use domain::clock::{Clock, Span};
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use escrow::Fault;

use crate::forged::by_hand;
use crate::provider::deploy;
use crate::world::World;

fn escrow_file(world: &World) -> std::path::PathBuf {
    world.data.config(db::Owner::Escrow).file(db::Owner::Escrow).unwrap()
}

#[test]
fn payouts_go_on_while_the_provider_refuses_to_read_balances() {
    let world = World::new();
    let engine = world.engine();
    let (order, waiting) = (world.funded(&engine), world.sealed(&engine));
    world.wire.refuse(|body| body.contains("eth_getBalance"));
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.status(waiting), "PENDING");
}

#[test]
fn money_is_credited_while_the_newest_block_cannot_be_read() {
    let world = World::new();
    let engine = world.engine();
    world.chain.set_finality_lag(2);
    let order = world.sealed(&engine);
    let due = world.state(order).due;
    world.pay(order, due);
    engine.chain_once().unwrap();
    assert_eq!(world.state(order).unfinal, due);
    world.pass(2);
    world.pass(2);
    let head = world.chain.handle(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}"#,
    );
    let head: serde_json::Value = serde_json::from_str(&head).unwrap();
    let head = head["result"]["hash"].as_str().unwrap().to_owned();
    world.wire.refuse(move |body| body.contains("eth_getBalance") && body.contains(&head));
    engine.chain_once().unwrap();
    assert_eq!((world.status(order), world.state(order).unfinal), ("COMPLETED", Amount::ZERO));
    world.wire.mend();
    world.pass(11);
    engine.chain_once().unwrap();
    assert_eq!(world.story(order), ["address-issued", "payment-seen", "funded"]);
}

#[test]
fn a_deadline_that_cannot_be_judged_waits_alone() {
    let world = World::new();
    let engine = world.engine();
    let late = world.sealed(&engine);
    world.clock.advance(VOLATILE_QUOTE);
    world.pass(1);
    world.pay(late, world.state(late).due.share(Bps::percent(50)));
    let paid = world.sealed(&engine);
    world.pay(paid, world.state(paid).due);
    world.wire.refuse(|body| body.contains(r#"["0x0",false]"#) && !body.contains("eth_chainId"));
    for _ in 0..2 {
        engine.chain_once().unwrap();
        world.pass(2);
    }
    assert_eq!((world.status(late), world.status(paid)), ("PENDING", "COMPLETED"));
    world.wire.mend();
    engine.chain_once().unwrap();
    assert_eq!(world.status(late), "FAILED");
}

#[test]
fn a_job_of_the_desk_that_fails_leaves_the_others_their_turn() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.funded(&engine);
    by_hand(
        &escrow_file(&world),
        "CREATE TRIGGER full BEFORE INSERT ON address_book \
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;",
    );
    world.request_payout(world.store, world.commission);
    world.dispute(order);
    let new = world.place(world.draft(5_000));
    assert_eq!(engine.desk_once(false), Err(Fault::Db(db::DbError::Full)));
    assert_eq!((world.status(order), world.status(new)), ("FROZEN", "PENDING"));
}

/// What cannot be read or booked of one order raises an alarm, and the others go on.
#[test]
fn rows_that_are_spoilt_hold_up_nothing_else() {
    let world = World::on_files();
    world.meddled();
    let engine = world.engine();
    let (spoilt, torn) = (world.sealed(&engine), world.sealed(&engine));
    let (good, other) = (world.sealed(&engine), world.funded(&engine));
    by_hand(
        &escrow_file(&world),
        &format!(
            "UPDATE order_state SET due = printf('%.*c', 78, 'x') WHERE order_id = '{spoilt}'; \
             UPDATE order_state SET last_seq = 7 WHERE order_id = '{torn}';"
        ),
    );
    for n in [1, 2] {
        by_hand(
            &world.data.config(db::Owner::Web).file(db::Owner::Web).unwrap(),
            &format!(
                "INSERT INTO order_intents \
                 (order_id, n, action, actor_id, actor_role, request_id, created_at) \
                 VALUES ('{torn}', {n}, 'release', '{}', 'buyer', 'test', 'never {n}');",
                world.buyer
            ),
        );
    }
    for order in [torn, good] {
        let due = world.state(order).due;
        world.pay(order, due);
    }
    world.ask(other, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, other, "RELEASED");
    assert_eq!((world.status(good), world.status(torn)), ("COMPLETED", "PENDING"));
    let alarms = world.alarms();
    for words in
        ["order: deposits: corrupt", "order: deposits: the ledger", "order: intents: corrupt"]
    {
        let told = alarms.iter().filter(|alarm| alarm.starts_with(words)).count();
        assert!(told >= 1, "{words}: {alarms:?}");
    }
    assert!(alarms.len() <= 4, "{alarms:?}");
}

/// Numbers from 1 to this many, for rows by the hundred.
fn count(to: u32) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
         INSERT INTO "
    )
}

/// Payouts that were held or stuck long ago, more than fit into a round.
fn stuck_payouts(world: &World, state: &str, id: &str) {
    let (each, zero) = (count(600), Amount::ZERO.to_fixed());
    by_hand(
        &escrow_file(world),
        &format!(
            "{each} payouts SELECT printf('{id}%030x', i), 0, 'refund', 'held', '{zero}', \
             '{zero}', '{zero}', 'somebody must look', 'operator', NULL, \
             '2020-01-01 00:00:00', NULL, NULL, NULL FROM n; \
             {each} legs SELECT printf('{id}%030x', i), 0, 0, 'buyer', '{to}', '{zero}', 31337, \
             printf('0x52908400098527886E0F{id}%018x', i), 0, 21000, '{zero}', '{state}', NULL, \
             NULL, '2020-01-01 00:00:00', NULL, FALSE FROM n;",
            to = world.refund
        ),
    );
}

#[test]
fn payouts_that_wait_for_somebody_hold_up_no_others() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.funded(&engine);
    stuck_payouts(&world, "planned", "00");
    stuck_payouts(&world, "signed", "01");
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
}

/// Announcements of other chains, or of orders that somebody must look at, and what asks for them.
#[test]
fn announcements_that_wait_hold_up_no_others() {
    let world = World::on_files();
    world.meddled();
    let engine = world.engine();
    let order = world.funded(&engine);
    let each = count(250);
    for (id, chain, reason) in [("00", 1, "NULL"), ("01", 31_337, "'somebody must look'")] {
        by_hand(
            &escrow_file(&world),
            &format!(
                "{each} order_state SELECT printf('{id}%030x', i), store_id, buyer_id, status, \
                 {chain}, NULL, due, credited, unfinal, paying, disputed, {reason}, 0, funded_at, \
                 expires_at, next_check_at, created_at, updated_at, token_address, token, \
                 decimals, deposit FROM n, order_state WHERE order_id = '{order}'; \
                 {each} payout_holds SELECT printf('{id}%030x', i), 1, 0, 'release', 1, 'held', \
                 '2020-01-01 00:00:00', NULL, NULL, NULL FROM n;"
            ),
        );
        by_hand(
            &world.data.config(db::Owner::Web).file(db::Owner::Web).unwrap(),
            &format!(
                "PRAGMA foreign_keys = OFF; {each} order_intents \
                 (order_id, n, action, actor_id, actor_role, request_id, created_at) \
                 SELECT printf('{id}%030x', i), 1, 'release', '{}', 'buyer', 'test', \
                 '2027-01-15 08:00:00' FROM n;",
                world.buyer
            ),
        );
    }
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
}

#[test]
fn late_money_of_a_payee_that_refuses_stays_booked() {
    let world = World::new();
    let engine = world.engine();
    // PUSH1 0 PUSH1 0 REVERT.
    let refuses = deploy(&world, "60006000fd");
    let (mut row, lines) = world.draft(5_000);
    row.refund_address = refuses.to_string();
    let order = world.place((row, lines));
    engine.desk_once(false).unwrap();
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    let due = world.state(order).due;
    world.pay(order, due);
    for _ in 0..3 {
        world.pass(61);
        engine.chain_once().unwrap();
    }
    assert_eq!(world.state(order).credited, due);
    assert_eq!(world.story(order), ["address-issued", "cancelled", "payment-credited"]);
    let told = world.alarms();
    assert_eq!(told.iter().filter(|alarm| alarm.starts_with("residual")).count(), 1, "{told:?}");
}

fn chain_row(world: &World) -> db::desk::ChainRow {
    let row = world.escrow.read(|conn| db::desk::chain(conn, ChainId::DEVELOPMENT)).unwrap();
    row.unwrap()
}

#[test]
fn a_head_from_the_future_is_not_believed_and_not_kept() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let before = chain_row(&world).final_number;
    let snapshot = world.chain.snapshot();
    world.pay(order, world.state(order).due);
    let told = world.clock.now();
    // Our clock is behind the chain's newest block by more than is borne.
    world.pass(1);
    world.clock.set(told.before(Span::secs(301)));
    engine.chain_once().unwrap();
    let row = chain_row(&world);
    assert_eq!((row.state.as_str(), row.final_number), ("down", before), "{}", row.note);
    assert!(row.note.contains("ahead of our clock"), "{}", row.note);
    assert_eq!(world.status(order), "PENDING");
    // The provider tells the truth again, which is behind its lie.
    assert!(world.chain.revert(snapshot).unwrap());
    world.clock.set(told);
    world.pay(order, world.state(order).due);
    engine.chain_once().unwrap();
    assert_eq!((chain_row(&world).state.as_str(), world.status(order)), ("ok", "COMPLETED"));
}

/// The clock ran ahead for a while: what was noted then holds up nothing.
#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let ahead = db::codec::stamp(world.clock.now().after(Span::days(400)));
    by_hand(
        &escrow_file(&world),
        &format!("UPDATE order_state SET next_check_at = '{ahead}' WHERE order_id = '{order}';"),
    );
    world.pay(order, world.state(order).due);
    engine.chain_once().unwrap();
    assert_eq!(world.status(order), "COMPLETED");
    let start = world.clock.now();
    world.clock.advance(Span::hours(5));
    assert_eq!(engine.rates_once(), Ok(1));
    world.clock.set(start);
    assert_eq!(engine.rates_once(), Ok(1));
}
