//! Lists of timers: what they find, and that none of them looks at every row.

use db::schema::{order_state, shipment_events};
use db::{DbError, EscrowTx, deadlines, jobs, tx};
use diesel::prelude::*;
use domain::clock::{Span, Time};
use domain::deadline::DeadlineKind;
use domain::ids::OrderId;
use domain::job::Job;
use domain::order::OrderStatus;
use testkit::Data;

use crate::stats::order;

testkit::conformance! {
    orders_without_their_deadline_are_found_at_once_and_on_the_walk
    runs_of_both_roles_are_listed
}

const START: Time = Time::from_secs(1_795_000_000);

fn id(n: u32) -> OrderId {
    format!("{n:032x}").parse().unwrap()
}

fn orders(data: &Data, from: u32, many: u32, status: &'static str) {
    let store = domain::ids::StoreId::from_random([1; 16]);
    tx::write(&data.escrow(), "orders", move |tx| {
        (from..from + many).try_for_each(|n| order(tx, n, store, status))
    })
    .unwrap();
}

fn orders_without_their_deadline_are_found_at_once_and_on_the_walk(data: &Data) {
    let escrow = data.escrow();
    orders(data, 1, 5, "COMPLETED");
    orders(data, 10, 2, "PENDING");
    orders(data, 20, 2, "FROZEN");
    let recent = |since: Time| {
        let mut found = escrow.read(|conn| deadlines::unset_since(conn, since, 100)).unwrap();
        found.sort_unstable();
        found
    };
    assert_eq!(recent(START), [1, 2, 3, 4, 5, 20, 21].map(id));
    assert_eq!(recent(START.after(Span::secs(1))), []);
    let part = |after: &str| {
        let after = after.to_owned();
        let look = move |conn: &mut db::Conn| {
            deadlines::unset_after(conn, (OrderStatus::Completed, &after), 2)
        };
        escrow.read(look).unwrap()
    };
    let (first, last) = part("");
    assert_eq!((first, last.clone()), ([1, 2].map(id).to_vec(), Some(id(2).to_string())));
    let (second, last) = part(&last.unwrap());
    assert_eq!(second, [3, 4].map(id));
    assert_eq!(part(&last.unwrap()), (vec![id(5)], None), "the end");

    tx::write(&escrow, "set", |tx: &mut EscrowTx<'_>| -> Result<(), DbError> {
        for n in 1..=5 {
            let deadline = deadlines::Deadline {
                order: id(n),
                kind: DeadlineKind::Handling,
                due: 1,
                extended: false,
            };
            deadlines::put(tx, deadline, START)?;
        }
        let held = order_state::table.find(id(20).to_string());
        diesel::update(held).set(order_state::held_reason.eq("seal")).execute(tx.conn())?;
        Ok(())
    })
    .unwrap();
    assert_eq!(recent(START), [21].map(id), "the others have theirs, or are held");
    let sent = format!(
        "INSERT INTO shipment_events (order_id, seq, status, note, actor_id, created_at) \
         VALUES ('{}', 1, 'DISPATCHED', '', '{}', '2026-12-24 00:00:00');",
        id(3),
        "a".repeat(32)
    );
    data.by_hand(
        db::Owner::Web,
        &format!("PRAGMA foreign_keys = OFF; {sent}"),
        &format!("SET SESSION foreign_key_checks = 0; {sent}"),
    );
    let seen: i64 =
        escrow.read(|conn| Ok(shipment_events::table.count().get_result(conn)?)).unwrap();
    assert_eq!(seen, 1);
    assert_eq!(recent(START.after(Span::secs(1))), [3].map(id), "it was sent since");
}

fn runs_of_both_roles_are_listed(data: &Data) {
    let job = |name: &str, failed: bool| Job {
        name: name.to_owned(),
        period_secs: 10,
        started_at: START,
        finished_at: (!failed).then_some(START),
        outcome: "x".repeat(500),
        failed,
    };
    for failed in [true, false] {
        let (ours, theirs) = (job("deadlines", failed), job("send", failed));
        let both = [ours, job("plan", true)];
        tx::write(&data.escrow(), "jobs", move |tx| jobs::note_all(tx, &both)).unwrap();
        tx::write(&data.courier(), "jobs", move |tx| jobs::note(tx, &theirs)).unwrap();
        let all = data.web().read(jobs::all).unwrap();
        let names: Vec<_> =
            all.iter().map(|(owner, job)| (owner.name(), job.name.as_str(), job.failed)).collect();
        let expected = [
            ("escrow", "deadlines", failed),
            ("escrow", "plan", true),
            ("courier", "send", failed),
        ];
        assert_eq!(names, expected);
        assert_eq!(all[0].1.outcome.len(), 200, "cut");
    }
}
