//! Escrow is killed thirty times in the middle of payouts, each time at another stage of one; the
//! monitor starts it again, and in the end each leg is paid once.

use domain::EvmAddress;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::market::{Market, assert_released, more, paid};
use crate::node::{LONG, dollar};
use crate::shop::within;

const KILLS: usize = 30;

impl Market {
    /// Whether the payout of an order has come to a stage, or past it.
    fn reached(&self, order: OrderId, stage: usize) -> bool {
        let legs = self.legs(order);
        let any = |states: &[&str]| legs.iter().any(|leg| states.contains(&leg.state.as_str()));
        match stage {
            0 => true,
            1 => !legs.is_empty(),
            2 => any(&["signed", "seen", "final"]),
            3 => any(&["seen", "final"]),
            _ => any(&["final"]),
        }
    }

    fn kill_escrow(&self) {
        let old = within(LONG, "escrow runs", || self.running.role("escrow"));
        old.kill();
        let back = || self.running.role("escrow").filter(|new| new.pid != old.pid);
        within(LONG, "escrow is back", back);
    }
}

#[test]
fn thirty_kills_pay_every_leg_once() {
    let market = Market::open(KILLS);
    let coins: [Option<EvmAddress>; 2] = [None, Some(dollar())];
    // Paid first, so that all are made final together.
    let orders: Vec<(OrderId, Option<EvmAddress>)> = (0..KILLS)
        .map(|n| {
            let token = coins[n % 2];
            let (order, standing) = market.order(token);
            market.node.pay(standing.address.unwrap(), standing.due, token);
            (order, token)
        })
        .collect();
    for (order, _) in &orders {
        market.until(*order, "COMPLETED");
    }
    let before = coins.map(|token| market.balances(token));
    for (n, (order, _)) in orders.iter().enumerate() {
        market.release(*order);
        // Every stage is met by both coins.
        within(LONG, "the payout goes on", || market.reached(*order, n / 2 % 5).then_some(()));
        market.kill_escrow();
    }
    for (order, _) in &orders {
        market.until(*order, "RELEASED");
    }
    for (token, before) in coins.into_iter().zip(before) {
        let mut sums = [Amount::ZERO; 4];
        for (order, _) in orders.iter().filter(|(_, of)| *of == token) {
            let legs = market.legs(*order);
            assert_released(&legs, token);
            assert_eq!(market.count(*order, "released"), 1, "{:?}", market.events(*order));
            for (sum, paid) in sums.iter_mut().zip(paid(&legs)) {
                *sum = sum.checked_add(paid).unwrap();
            }
        }
        assert_eq!(more(&market.balances(token), &before), sums, "{token:?}");
    }
}
