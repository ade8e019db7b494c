//! What courier counts, from rows that escrow wrote.

use db::schema::order_state;
use db::{CourierDb, DbError, EscrowTx, Owner, jobs, stats, tx};
use diesel::prelude::*;
use domain::clock::{Span, Time};
use domain::ids::StoreId;
use domain::job::Job;
use testkit::Data;

testkit::conformance! {
    released_orders_are_counted_by_store
    a_beat_and_a_job_are_remembered_once
}

const START: Time = Time::from_secs(1_795_000_000);

pub(crate) fn order(
    tx: &mut EscrowTx<'_>,
    n: u32,
    store: StoreId,
    status: &str,
) -> Result<(), DbError> {
    let at = db::codec::stamp(START);
    let none = "0".repeat(78);
    diesel::insert_into(order_state::table)
        .values((
            (
                order_state::order_id.eq(format!("{n:032x}")),
                order_state::store_id.eq(store.to_string()),
                order_state::buyer_id.eq("b".repeat(32)),
                order_state::status.eq(status),
                order_state::chain_id.eq(31_337_i64),
                order_state::due.eq(&none),
                order_state::credited.eq(&none),
                order_state::unfinal.eq(&none),
            ),
            (
                order_state::paying.eq(false),
                order_state::disputed.eq(false),
                order_state::last_seq.eq(1),
                order_state::expires_at.eq(at),
                order_state::next_check_at.eq(at),
                order_state::created_at.eq(at),
                order_state::updated_at.eq(at),
            ),
        ))
        .execute(tx.conn())?;
    Ok(())
}

fn recount(courier: &CourierDb, now: Time) -> usize {
    tx::write(courier, "stats", move |tx| stats::recount(tx, now)).unwrap()
}

fn released_orders_are_counted_by_store(data: &Data) {
    let (escrow, courier) = (data.escrow(), data.courier());
    let [one, two, three] = [1, 2, 3].map(|n| StoreId::from_random([n; 16]));
    assert_eq!(recount(&courier, START), 0);
    tx::write(&escrow, "orders", move |tx| {
        order(tx, 1, one, "RELEASED")?;
        order(tx, 2, one, "RELEASED")?;
        order(tx, 3, one, "CANCELLED")?;
        order(tx, 4, two, "RELEASED")?;
        order(tx, 5, three, "COMPLETED")
    })
    .unwrap();
    assert_eq!(recount(&courier, START), 2);
    assert_eq!(recount(&courier, START.after(Span::minutes(1))), 0, "nothing changed");
    let of = |store| courier.read(|conn| stats::released(conn, store)).unwrap();
    assert_eq!([of(one), of(two), of(three)], [2, 1, 0]);

    tx::write(&escrow, "orders", move |tx| order(tx, 6, two, "RELEASED")).unwrap();
    assert_eq!(recount(&courier, START.after(Span::minutes(2))), 1);
    assert_eq!([of(one), of(two), of(three)], [2, 2, 0]);
}

fn a_beat_and_a_job_are_remembered_once(data: &Data) {
    let courier = data.courier();
    assert_eq!(courier.read(stats::last_beat).unwrap(), None);
    for secs in [0, 1] {
        let now = START.after(Span::secs(secs));
        tx::write(&courier, "beat", move |tx| stats::beat(tx, START, now)).unwrap();
        let job = Job {
            name: "stats".to_owned(),
            period_secs: 60,
            started_at: now,
            finished_at: Some(now),
            outcome: format!("{secs} changed"),
            failed: false,
        };
        let noted = job.clone();
        tx::write(&courier, "note", move |tx| jobs::note(tx, &noted)).unwrap();
        assert_eq!(courier.read(stats::last_beat).unwrap(), Some(now));
        assert_eq!(courier.read(jobs::all).unwrap(), [(Owner::Courier, job)]);
    }
}
