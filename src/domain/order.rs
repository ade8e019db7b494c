//! Orders: statuses, lines, and what it takes to place one.

use std::fmt;
use std::str::FromStr;

use verify::keccak256;

use crate::asset::Asset;
use crate::chain::{ChainSpec, RATE_FRESH};
use crate::clamps::{Bound, Clamps};
use crate::clock::{Span, Time};
pub use crate::event::EventKind;
use crate::ids::{ItemId, PackageId};
use crate::item::PackageKind;
use crate::limits;
use crate::money::{Amount, Bps, Cents, UsdMicros};
use crate::refusal::OrderRefusal;

/// A stored word that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word that is stored here")]
pub struct BadWord;

/// Declares an enum whose variants are stored and sent as fixed words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its word in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = BadWord;

            fn from_str(text: &str) -> Result<Self, BadWord> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(BadWord) }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where an order stands. `New` is the absence of any event.
    OrderStatus {
        /// Placed; escrow has not issued an address yet.
        New = "NEW",
        /// Waiting for the payment.
        Pending = "PENDING",
        /// Fully funded.
        Completed = "COMPLETED",
        /// Paid out to the vendor.
        Released = "RELEASED",
        /// Called off, or paid back.
        Cancelled = "CANCELLED",
        /// Not paid in time.
        Failed = "FAILED",
        /// Held by a dispute.
        Frozen = "FROZEN",
    }
}

impl OrderStatus {
    /// Whether the order has come to its end.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Released | Self::Cancelled | Self::Failed)
    }
}

words! {
    /// Whether a line is goods or their carriage.
    LineKind {
        /// A package in some quantity.
        Package = "package",
        /// Shipping of what stands above.
        Shipping = "shipping",
    }
}

/// A line of an order; prices are frozen in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Goods or carriage.
    pub kind: LineKind,
    /// The package; none for carriage.
    pub package: Option<PackageId>,
    /// The package's item; none for carriage.
    pub item: Option<ItemId>,
    /// What it is called on the receipt.
    pub title: String,
    /// Price of one.
    pub unit: Cents,
    /// How many.
    pub quantity: u32,
    /// Price of all.
    pub total: Cents,
}

/// What an order needs to know of a package on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The package.
    pub package: PackageId,
    /// Its item.
    pub item: ItemId,
    /// Item and package in words.
    pub title: String,
    /// How it reaches the buyer.
    pub kind: PackageKind,
    /// Price of one.
    pub price: Cents,
    /// Carriage for the line.
    pub shipping: Cents,
    /// Hours until dispatch.
    pub handling_hours: u32,
}

/// Lines with what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// The lines, carriage last.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: Cents,
    /// Whether a delivery address is needed.
    pub ships: bool,
    /// The longest handling time among them, in hours.
    pub handling_hours: u32,
    /// The longest inspection time among them, in hours.
    pub inspection_hours: u32,
}

impl Basket {
    /// The lines of a purchase of these offers.
    pub fn of(chosen: &[(Offer, u32)]) -> Result<Self, OrderRefusal> {
        let mut lines = Vec::new();
        let mut shipping = Cents::default();
        for (offer, quantity) in chosen {
            let total = offer.price.checked_mul(*quantity).ok_or(OrderRefusal::TooLarge)?;
            shipping = shipping.checked_add(offer.shipping).ok_or(OrderRefusal::TooLarge)?;
            lines.push(Line {
                kind: LineKind::Package,
                package: Some(offer.package),
                item: Some(offer.item),
                title: offer.title.clone(),
                unit: offer.price,
                quantity: *quantity,
                total,
            });
        }
        if shipping != Cents::default() {
            lines.push(Line {
                kind: LineKind::Shipping,
                package: None,
                item: None,
                title: "Shipping".to_owned(),
                unit: shipping,
                quantity: 1,
                total: shipping,
            });
        }
        let total = lines
            .iter()
            .try_fold(Cents::default(), |sum, line| sum.checked_add(line.total))
            .ok_or(OrderRefusal::TooLarge)?;
        if total == Cents::default() {
            return Err(OrderRefusal::NotOnSale);
        }
        let offers = || chosen.iter().map(|(offer, _)| offer);
        Ok(Self {
            ships: offers().any(|offer| offer.kind == PackageKind::Shipped),
            handling_hours: offers().map(|offer| offer.handling_hours).max().unwrap_or_default(),
            inspection_hours: offers().map(|o| o.kind.inspection_hours()).max().unwrap_or_default(),
            lines,
            total,
        })
    }

    /// The same within escrow's bounds: times are cut, and a sum beyond them is refused.
    pub fn within(mut self, clamps: &Clamps) -> Result<Self, OrderRefusal> {
        if self.total.get() > clamps.get(Bound::Order) {
            return Err(OrderRefusal::TooLarge);
        }
        self.handling_hours = self.handling_hours.min(clamps.hours(Bound::Handling));
        self.inspection_hours = self.inspection_hours.min(clamps.hours(Bound::Inspection));
        Ok(self)
    }
}

/// Digest of the lines, by which a seal binds them: Keccak-256 over one text row a line, fields
/// parted by the unit separator U+001F, which no title can contain.
pub fn lines_hash(lines: &[Line]) -> [u8; 32] {
    let mut text = String::new();
    for line in lines {
        let package = line.package.map(|id| id.to_string()).unwrap_or_default();
        let fields = [
            line.kind.to_string(),
            package,
            line.title.clone(),
            line.unit.get().to_string(),
            line.quantity.to_string(),
            line.total.get().to_string(),
        ];
        text.push_str(&fields.join("\u{1f}"));
        text.push('\n');
    }
    keccak256(text.as_bytes())
}

/// What the shop knows of a token's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Price of one whole token.
    pub usd: UsdMicros,
    /// When it was fetched.
    pub fetched_at: Time,
}

/// What the shop knows of an asset: whether it can be paid in now, and what a payout costs.
#[derive(Debug, Clone, Copy)]
pub struct AssetNow {
    /// The asset.
    pub asset: Asset,
    /// Its chain's facts.
    pub spec: &'static ChainSpec,
    /// Whether escrow reaches the chain, it is the right one, and a token has passed its check.
    pub reachable: bool,
    /// Fee of one leg, in base units of the asset: the reserve of a coin's, the charge of a token's.
    pub leg_fee: Amount,
    /// Whether a ruling costs a fee.
    pub resolver: bool,
}

/// All that decides whether an order may be placed.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    /// Lines and sum.
    pub basket: &'a Basket,
    /// What to pay in.
    pub asset: AssetNow,
    /// Its newest rate.
    pub rate: Option<Rate>,
    /// Whether escrow's heart beats and the operator has not paused it.
    pub escrow_open: bool,
    /// Whether buyer and store share a member.
    pub own_store: bool,
    /// Whether a payout address of the store counts now.
    pub payout_address: bool,
    /// Whether the store has lodged what the site demands for such goods.
    pub secured: bool,
    /// Unpaid orders that the buyer has open.
    pub open_unpaid: i64,
    /// The moment.
    pub now: Time,
}

/// The sum of an order in the chosen coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// To be paid, in base units.
    pub due: Amount,
    /// The rate it was computed by.
    pub usd: UsdMicros,
    /// Until when it must be paid, by block time.
    pub expires_at: Time,
}

/// Prices a basket in an asset. Refuses a stale rate, an unreachable chain and a sum below the
/// minimum.
pub fn quote(
    total: Cents,
    chosen: AssetNow,
    rate: Option<Rate>,
    now: Time,
) -> Result<Quote, OrderRefusal> {
    if !chosen.reachable {
        return Err(OrderRefusal::Chain);
    }
    let rate =
        rate.filter(|rate| now.since(rate.fetched_at) <= RATE_FRESH).ok_or(OrderRefusal::NoRate)?;
    let decimals = chosen.asset.decimals;
    let due = rate.usd.amount_for(total, decimals).ok_or(OrderRefusal::TooLarge)?;
    let least = minimum(chosen.leg_fee).ok_or(OrderRefusal::Chain)?;
    if due < least {
        let cents = rate.usd.cents_of(least, decimals).ok_or(OrderRefusal::Chain)?;
        let shown = Cents::new(1).and_then(|cent| cents.checked_add(cent)).unwrap_or(cents);
        return Err(OrderRefusal::TooSmall(shown));
    }
    Ok(Quote { due, usd: rate.usd, expires_at: now.after(chosen.asset.quote_life()) })
}

/// The smallest order in an asset: [`limits::MIN_ORDER_FEES`] times the fee of one leg.
pub fn minimum(leg_fee: Amount) -> Option<Amount> {
    leg_fee.checked_mul(limits::MIN_ORDER_FEES)
}

/// Decides whether an order may be placed, and for how much.
pub fn place(placement: &Placement<'_>) -> Result<Quote, OrderRefusal> {
    if placement.own_store {
        return Err(OrderRefusal::OwnStore);
    }
    if !placement.escrow_open {
        return Err(OrderRefusal::Paused);
    }
    if !placement.payout_address {
        return Err(OrderRefusal::NoPayoutAddress);
    }
    if !placement.secured {
        return Err(OrderRefusal::NoDeposit);
    }
    if placement.open_unpaid >= limits::OPEN_UNPAID_MAX {
        return Err(OrderRefusal::TooManyUnpaid(placement.open_unpaid));
    }
    quote(placement.basket.total, placement.asset, placement.rate, placement.now)
}

/// Whether `paid` funds an order of `due` under a tolerance.
pub fn is_funded(paid: Amount, due: Amount, tolerance: Bps) -> bool {
    paid >= due.minus(due.share(tolerance))
}

/// How long after funding the vendor has to dispatch.
pub fn handling(hours: u32) -> Span {
    Span::hours(hours)
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
