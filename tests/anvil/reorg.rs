//! Blocks are taken back by snapshot and revert: payments that were seen are gone and never
//! credited, payouts that were seen go out again and arrive once.

use serde_json::json;

use crate::market::{Market, more, paid};
use crate::node::{LONG, dollar};
use crate::shop::within;

#[test]
fn what_was_taken_back_is_neither_credited_nor_lost() {
    let market = Market::open(0);
    let node = &market.node;
    for token in [None, Some(dollar())] {
        let (order, standing) = market.order(token);
        let address = standing.address.unwrap();
        node.by_hand();
        node.mine(5);
        let snapshot = node.get("evm_snapshot", json!([]));
        node.pay(address, standing.due, token);
        within(LONG, "the payment is seen", || {
            (market.count(order, "payment-seen") == 1).then_some(())
        });
        node.get("evm_revert", json!([snapshot]));
        node.mine(5);
        within(LONG, "the payment is gone", || {
            (market.count(order, "payment-vanished") == 1).then_some(())
        });
        assert_eq!((market.status(order).as_str(), market.count(order, "funded")), ("PENDING", 0));

        node.pay(address, standing.due, token);
        node.mine(5);
        market.until(order, "COMPLETED");
        let before = market.balances(token);
        let snapshot = node.get("evm_snapshot", json!([]));
        market.release(order);
        within(LONG, "the payouts are seen", || {
            let legs = market.legs(order);
            (legs.len() >= 2 && legs.iter().all(|leg| leg.state == "seen")).then_some(())
        });
        node.get("evm_revert", json!([snapshot]));
        assert_eq!(market.balances(token), before, "they are not on the chain any more");
        // Blocks go on, and with them what is sent again.
        within(LONG, "the order is released", || {
            node.mine(1);
            (market.status(order) == "RELEASED").then_some(())
        });
        let legs = market.legs(order);
        assert_eq!(more(&market.balances(token), &before), paid(&legs), "{token:?}");
        assert_eq!(
            (market.count(order, "leg-paid"), market.count(order, "released")),
            (legs.len(), 1)
        );
        node.get("evm_setIntervalMining", json!([1]));
    }
}
