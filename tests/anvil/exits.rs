//! The exits of money by balances on a node that is not ours: what comes too short, beyond, twice, in
//! parts, late or in another token, and a payee that takes nothing.

use domain::EvmAddress;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::market::{Market, paid};
use crate::node::{LONG, dollar};
use crate::shop::within;
use web::demo::director::Standing;

/// An order, what it is paid in, where it is paid back, and what came.
struct Case {
    order: OrderId,
    at: EvmAddress,
    due: Amount,
    token: Option<EvmAddress>,
    refund: EvmAddress,
    came: Amount,
}

impl Case {
    fn open(market: &Market, token: Option<EvmAddress>, refund: EvmAddress) -> Self {
        let (order, Standing { address, due, .. }) = market.order_for(token, refund);
        Self { order, at: address.unwrap(), due, token, refund, came: Amount::ZERO }
    }

    /// Its refund address is nobody else's.
    fn of(market: &Market, token: Option<EvmAddress>, n: u8) -> Self {
        Self::open(market, token, EvmAddress::from_bytes([n; 20]))
    }

    fn percent(&self, percent: u8) -> Amount {
        let units = self.due.as_u256() * devnet::U256::from(percent) / devnet::U256::from(100);
        Amount::from_u256(units)
    }

    fn pay(mut self, market: &Market, percent: u8) -> Self {
        let part = self.percent(percent);
        market.node.pay(self.at, part, self.token);
        self.came = self.came.checked_add(part).unwrap();
        self
    }

    /// Waits until so much has gone back to the buyer but for fees, and sees that each unit is
    /// somewhere: with a payee, taken by the network or still at the address.
    fn ends(&self, market: &Market, (name, status, back): (&str, &str, Amount)) {
        market.until(self.order, status);
        let least =
            Amount::from_u256(back.as_u256() * devnet::U256::from(9) / devnet::U256::from(10));
        let has = || market.node.balance(self.refund, self.token);
        within(LONG, name, || (has() >= least).then_some(()));
        within(LONG, "every leg is final", || {
            market.legs(self.order).iter().all(|leg| leg.state == "final").then_some(())
        });
        let mut legs = market.legs(self.order);
        legs.retain(|leg| leg.stray.is_none());
        assert!(has() <= back, "{name}: {} of {back}", has());
        assert_eq!(paid(&legs)[2], has(), "{name}: what was booked is what is there");
        let fees = legs.iter().filter_map(|leg| leg.receipt.as_ref());
        let fees = fees.map(|(fee, ..)| Amount::from_fixed(fee).unwrap());
        let fees = if self.token.is_some() { Amount::ZERO } else { Amount::sum(fees).unwrap() };
        let there = market.node.balance(self.at, self.token);
        let all = paid(&legs).into_iter().chain([fees, there]);
        assert_eq!(Amount::sum(all), Some(self.came), "{name}: {legs:?}");
    }
}

impl Case {
    /// Waits until what it is not paid in has gone back, but for its fee.
    fn has_back(&self, market: &Market, (token, came): (Option<EvmAddress>, Amount)) {
        let stray = within(LONG, "it goes back", || {
            let all = market.legs(self.order);
            all.into_iter().find(|leg| leg.stray.is_some() && leg.state == "final")
        });
        let has = market.node.balance(self.refund, token);
        assert_eq!(stray.stray.map(|asset| asset.token), Some(token));
        assert_eq!(Amount::from_fixed(&stray.amount), Ok(has));
        assert!(has >= came.share(domain::money::Bps::HALF) && has < came, "{has} of {came}");
        assert!(market.strays(self.order).is_empty());
    }
}

#[test]
fn money_leaves_to_where_it_belongs_by_balances_on_the_node() {
    let market = Market::open(0);
    let wall = market.node.deploy("Plain");
    let none = Amount::ZERO;

    let strayed = Case::of(&market, None, 0xa1);
    let (dollars, ether) = (Amount::from_u128(25_000_000), Amount::parse("0.05", 18).unwrap());
    market.node.pay(strayed.at, dollars, Some(dollar()));
    let strayed = strayed.pay(&market, 100);
    let short = Case::of(&market, None, 0xa2).pay(&market, 50);
    within(LONG, "the half is in", || {
        (market.count(short.order, "payment-credited") > 0).then_some(())
    });
    market.cancel(short.order);
    let late = Case::of(&market, None, 0xa3);
    market.cancel(late.order);
    market.until(late.order, "CANCELLED");
    let late = late.pay(&market, 100);
    let over = Case::of(&market, None, 0xa4).pay(&market, 150);
    let twice = Case::of(&market, Some(dollar()), 0xa5).pay(&market, 100).pay(&market, 100);
    let parts = Case::of(&market, Some(dollar()), 0xa6);
    market.node.pay(parts.at, ether, None);
    let parts = (0..5).fold(parts, |parts, _| parts.pay(&market, 20));
    let refused = Case::open(&market, None, wall).pay(&market, 100);

    for case in [&strayed, &over, &twice, &parts, &refused] {
        market.until(case.order, "COMPLETED");
    }
    for case in [&strayed, &over, &twice] {
        market.release(case.order);
    }
    for case in [&parts, &refused] {
        market.refund(case.order);
    }

    short.ends(&market, ("half of it, called off", "CANCELLED", short.came));
    late.ends(&market, ("late, called off", "CANCELLED", late.came));
    over.ends(&market, ("half more, released", "RELEASED", over.percent(50)));
    twice.ends(&market, ("twice, released", "RELEASED", twice.due));
    parts.ends(&market, ("in five parts, refunded", "CANCELLED", parts.due));
    strayed.ends(&market, ("with dollars beside it, released", "RELEASED", none));
    strayed.has_back(&market, (Some(dollar()), dollars));
    parts.has_back(&market, (None, ether));

    // A contract that takes no ether: all of it stays where it is, and the order says so.
    within(LONG, "it is held", || (market.count(refused.order, "payout-held") > 0).then_some(()));
    assert_eq!(market.status(refused.order), "COMPLETED");
    assert_eq!(market.node.balance(refused.at, None), refused.due);
    assert_eq!(market.node.balance(wall, None), none);
}
