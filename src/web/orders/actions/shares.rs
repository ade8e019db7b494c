//! How the sum of an order is shared out: as it is planned, and as it went.

use db::balances::Standing;
use db::desk::ChainRow;
use db::orders::OrderRow;
use db::payouts::{self, PayoutState};
use db::story::LegRow;
use db::top_ups::{self, TopUpState};
use db::{Conn, DbError, codec, proofs};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::books::{Account, Sums};
use domain::ids::OrderId;
use domain::limits;
use domain::money::{Amount, Cents, UsdMicros};
use domain::order::{Line, LineKind, OrderStatus};
use domain::seal::Terms;
use domain::settle::{Division, LegRole};
use domain::shares::{Rules, Shares, share_out};
use domain::store::Tier;

/// How a sum would be shared out now, by the computation by which escrow plans.
#[derive(Debug, Clone, Copy)]
pub struct Split {
    /// Sum of the packages.
    pub items: Cents,
    /// Carriage.
    pub shipping: Cents,
    /// The rules.
    pub rules: Rules,
    /// The store's tier when it was ordered; none of old orders.
    pub tier: Option<Tier>,
    /// Fee of one payment out of escrow. A coin's may be another when it leaves.
    pub leg_fee: Amount,
    /// What is shared out: what is to be paid, or what is in escrow once that is enough.
    pub available: Amount,
}

impl Split {
    /// The split of lines by rules: fee of a leg, and what is shared out.
    pub fn new(
        lines: &[Line],
        rules: Rules,
        tier: Option<Tier>,
        (leg_fee, available): (Amount, Amount),
    ) -> Self {
        let sum = |kind| {
            let all = lines.iter().filter(|line| line.kind == kind).map(|line| line.total);
            all.fold(Cents::default(), |sum, one| sum.checked_add(one).unwrap_or(Cents::MAX))
        };
        let (items, shipping) = (sum(LineKind::Package), sum(LineKind::Shipping));
        Self { items, shipping, rules, tier, leg_fee, available }
    }

    /// What comes to whom by a division; none where the sum does not carry the fees.
    pub fn by(&self, division: Division) -> Option<Shares> {
        share_out(&self.rules, self.available, self.leg_fee, division).ok()
    }

    /// What comes to whom when the buyer has what was bought.
    pub fn release(&self) -> Option<Shares> {
        self.by(Division::RELEASE)
    }

    /// What comes to whom when the buyer is paid back.
    pub fn refund(&self) -> Option<Shares> {
        self.by(Division::REFUND)
    }

    /// The most that a ruling costs, half of it from each side; none where it costs nothing.
    pub fn ruling(&self) -> Option<Amount> {
        self.rules.resolver.then(|| self.available.share(limits::RESOLVER_FEE))
    }
}

/// The split of an order by its sealed terms, or by what was ordered as long as there are none. A
/// coin's fee is the chain's of now, a token's the one that was ordered.
pub(super) fn planned(
    order: &OrderRow,
    lines: &[Line],
    (sealed, chain): (Option<&Terms>, Option<&ChainRow>),
) -> Result<Split, DbError> {
    let rules = match sealed {
        Some(terms) => Rules::from(terms),
        None => Rules {
            due: codec::amount("orders.amount", &order.amount)?,
            commission: codec::bps("orders.commission_bps", order.commission_bps)?,
            referral: order
                .referral_bps
                .map(|share| codec::bps("orders.referral_bps", share))
                .transpose()?,
            resolver: chain.is_some_and(|chain| chain.resolver),
            charged: order.token_address.is_some(),
        },
    };
    let fee = order.leg_fee.as_deref().or(chain.map(|chain| chain.leg_fee.as_str()));
    let fee = fee.map_or(Ok(Amount::ZERO), |fee| codec::amount("orders.leg_fee", fee))?;
    let tier = codec::parsed_opt("orders.tier", order.tier.as_deref())?;
    Ok(Split::new(lines, rules, tier, (fee, rules.due)))
}

/// What left an order's escrow, for good.
#[derive(Debug, Clone, Default)]
pub struct PaidOut {
    /// By payee; a token's charge went with the site's leg.
    pub parts: Vec<(LegRole, Amount)>,
    /// What the network took, in the chain's coin: of a coin out of what was kept aside, of a token
    /// out of the site's gas wallet.
    pub network: Amount,
    /// What was kept for fees and not used; it is the site's.
    pub residue: Amount,
}

/// Gas that sending back what strayed took: the order's own money had no part in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aside {
    /// Fees that the order's address paid, in coin that came for them.
    own: Amount,
    /// The same of what is done, whose rest is booked.
    done: Amount,
    /// The coin that came for what is done.
    came: Amount,
    /// What the gas wallet laid out, with what it sent.
    wallet: Amount,
}

impl Aside {
    /// Of an order with these legs.
    ///
    /// # Errors
    /// [`DbError`] when the database cannot be read.
    pub fn read(conn: &mut Conn, order: OrderId, legs: &[LegRow]) -> Result<Self, DbError> {
        let tokens = |leg: &&LegRow| leg.stray.is_some_and(|asset| asset.token.is_some());
        let cases: Vec<i32> = legs.iter().filter(tokens).map(|leg| leg.case_no).collect();
        let mut all = Self::default();
        if cases.is_empty() {
            return Ok(all);
        }
        let payouts = payouts::of_order(conn, order)?;
        let is_done = |case| {
            payouts.iter().any(|payout| payout.case == case && payout.state == PayoutState::Done)
        };
        let add = |sum: &mut Amount, more| *sum = sum.checked_add(more).unwrap_or(*sum);
        for one in proofs::of_order(conn, order)?.iter().filter(|one| cases.contains(&one.case)) {
            add(if one.own_gas { &mut all.own } else { &mut all.wallet }, one.fee);
            if one.own_gas && is_done(one.case) {
                add(&mut all.done, one.fee);
            }
        }
        for one in top_ups::of_order(conn, order)?.iter().filter(|one| cases.contains(&one.case)) {
            if one.state == TopUpState::Final {
                add(&mut all.wallet, one.amount);
                if is_done(one.case) {
                    add(&mut all.came, one.amount);
                }
            }
            add(&mut all.wallet, one.settled.map_or(Amount::ZERO, |(_, fee)| fee));
        }
        Ok(all)
    }
}

impl PaidOut {
    /// What the legs and the books of an order say; none as long as nothing is final. A referral that
    /// its payee's address did not take went to the site.
    pub fn of(
        legs: &[LegRow],
        accounts: &[Standing],
        (asset, inviter): (&Asset, Option<EvmAddress>),
        aside: Aside,
    ) -> Option<Self> {
        let inviter = inviter.map(|address| address.to_string());
        let mut parts: Vec<(LegRole, Amount)> = Vec::new();
        for leg in legs.iter().filter(|leg| leg.state == "final" && leg.stray.is_none()) {
            let (Ok(role), Ok(amount)) = (leg.role.parse(), Amount::from_fixed(&leg.amount)) else {
                continue;
            };
            let lost = role == LegRole::Referral && inviter.as_ref() != Some(&leg.to_address);
            let role = if lost { LegRole::Commission } else { role };
            match parts.iter_mut().find(|(known, _)| *known == role) {
                Some((_, sum)) => *sum = sum.checked_add(amount).unwrap_or(*sum),
                None => parts.push((role, amount)),
            }
        }
        if parts.is_empty() {
            return None;
        }
        let of = |asset: Asset, account: Account| {
            let found = accounts.iter().find(|(of, one, _)| (*of, *one) == (asset, account));
            found.map_or_else(Sums::default, |(_, _, sums)| *sums)
        };
        let residue = of(*asset, Account::Residue);
        let wallet = of(Asset::native_of(asset.chain), Account::Wallet).taken;
        let left = residue.balance().unwrap_or_default();
        let (network, residue) = match asset.token {
            None => {
                let gas = of(*asset, Account::Gas).taken.minus(residue.given);
                let left = left.checked_add(aside.done).unwrap_or(left);
                (gas.minus(aside.own), left.minus(aside.came))
            }
            Some(_) => (wallet.minus(aside.wallet), left),
        };
        Some(Self { parts, network, residue })
    }

    /// What a payee got.
    pub fn to(&self, role: LegRole) -> Amount {
        let found = self.parts.iter().find(|(known, _)| *known == role);
        found.map_or(Amount::ZERO, |(_, amount)| *amount)
    }
}

/// Money at an order's address beyond its end: the buyer's, and still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leftover {
    /// How much, in base units of what the order is paid in.
    pub amount: Amount,
    /// Moving it would cost more than it is worth now.
    pub dust: bool,
}

impl Leftover {
    /// What the books have of an order that has ended and no payout is planned for; none before its
    /// end.
    pub fn of(
        (split, status): (&Split, OrderStatus),
        accounts: &[Standing],
        asset: &Asset,
    ) -> Option<Self> {
        let own = |(of, account, _): &&Standing| (*of, *account) == (*asset, Account::Escrow);
        let amount = accounts.iter().find(own)?.2.balance()?;
        let dust = Split { available: amount, ..*split }.by(Division::REFUND).is_none();
        (status.is_terminal() && !amount.is_zero()).then_some(Self { amount, dust })
    }
}

/// Price of one coin when the order was placed.
pub(super) fn usd(order: &OrderRow) -> Result<UsdMicros, DbError> {
    UsdMicros::new(codec::number("orders.rate_usd_micros", order.rate_usd_micros)?)
        .ok_or_else(|| codec::corrupt("orders.rate_usd_micros", 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::chain::ChainId;

    fn amount(units: u128) -> Amount {
        Amount::from_u128(units)
    }

    /// The order's own leg took 60 of 70 that were kept for it. A token that strayed was sent back with
    /// 60 of coin that came for it, of which 40 were used.
    #[test]
    fn the_gas_of_a_return_is_no_part_of_what_the_order_paid() {
        let coin = Asset::native_of(ChainId::DEVELOPMENT);
        let sums = |given: u128, taken: u128| Sums { given: amount(given), taken: amount(taken) };
        let accounts = [
            (coin, Account::Gas, sums(130, 130)),
            (coin, Account::Residue, sums(30, 0)),
            (coin, Account::Wallet, sums(0, 65)),
        ];
        let leg = LegRow {
            case_no: 0,
            leg: 0,
            role: "vendor".to_owned(),
            to_address: String::new(),
            amount: amount(900).to_fixed(),
            stray: None,
            state: "final".to_owned(),
            tx_hash: None,
            receipt: None,
        };
        let token = Asset { token: Some(EvmAddress::from_bytes([9; 20])), ..coin };
        let stray =
            LegRow { case_no: 1, stray: Some(token), role: "buyer".to_owned(), ..leg.clone() };
        let aside =
            Aside { own: amount(40), done: amount(40), came: amount(60), wallet: amount(65) };
        let paid = PaidOut::of(&[leg, stray], &accounts, (&coin, None), aside).unwrap();
        assert_eq!((paid.network, paid.residue), (amount(60), amount(10)));
        assert_eq!(paid.to(LegRole::Vendor), amount(900));
        assert_eq!(paid.to(LegRole::Buyer), Amount::ZERO);
    }
}
