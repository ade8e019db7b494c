//! From the order to its end, in ether and in the stablecoin.

use crate::market::{Market, assert_released, more, paid};
use crate::node::dollar;

#[test]
fn the_whole_journey_in_ether_and_in_the_stablecoin() {
    let market = Market::open(0);
    for token in [None, Some(dollar())] {
        let before = market.balances(token);
        let released = market.funded(token);
        market.release(released);
        market.until(released, "RELEASED");
        let legs = market.legs(released);
        assert_released(&legs, token);
        assert_eq!(more(&market.balances(token), &before), paid(&legs), "{token:?}");

        let before = market.balances(token);
        let refunded = market.funded(token);
        market.refund(refunded);
        market.until(refunded, "CANCELLED");
        let legs = market.legs(refunded);
        assert_eq!(more(&market.balances(token), &before), paid(&legs), "{token:?}");
        for order in [released, refunded] {
            let fees = market.legs(order).into_iter().map(|leg| leg.receipt.unwrap().0);
            assert!(fees.into_iter().all(|fee| fee.bytes().any(|digit| digit != b'0')));
        }
    }
}
