//! Items and the packages that they are sold in.

use std::str::FromStr;

use crate::clock::Time;
use crate::ids::{ItemId, PackageId, StoreId};
use crate::limits;
use crate::money::Cents;
use crate::refusal::{BadText, Faults};
use crate::text;

/// Most packages on sale of one item.
pub const PACKAGES_MAX: usize = 12;

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The store that sells it.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub description: String,
    /// The name of its picture in the site's gallery.
    pub picture: String,
    /// The lowest price among its packages on sale; none keeps it out of the window.
    pub from: Option<Cents>,
    /// Since when it is there.
    pub created_at: Time,
    /// When its words or picture were changed last.
    pub updated_at: Time,
    /// Since when it is off sale by its vendor's wish.
    pub withdrawn_at: Option<Time>,
}

impl Item {
    /// Whether strangers see it, as long as its store is open.
    pub const fn on_sale(&self) -> bool {
        self.from.is_some() && self.withdrawn_at.is_none()
    }

    /// Where it stands in a store that may list, having named a payout address, or may not yet.
    pub const fn state(&self, may_list: bool) -> ItemState {
        match (self.withdrawn_at, self.from, may_list) {
            (Some(_), ..) => ItemState::Withdrawn,
            (None, Some(_), _) => ItemState::OnSale,
            (None, None, true) => ItemState::NoPackage,
            (None, None, false) => ItemState::NoAddress,
        }
    }
}

/// Whether an item is on sale, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// In the window.
    OnSale,
    /// A draft: it has no package with a price.
    NoPackage,
    /// A draft: its store has no payout address.
    NoAddress,
    /// Taken off sale by its vendor.
    Withdrawn,
}

impl ItemState {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnSale => "on-sale",
            Self::NoPackage | Self::NoAddress => "draft",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A package as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its id.
    pub id: PackageId,
    /// What it is a variant of.
    pub item: ItemId,
    /// Its name beside the item's.
    pub name: String,
    /// How it reaches its buyer.
    pub kind: PackageKind,
    /// Price of one.
    pub price: Cents,
    /// Shipping for the whole line.
    pub shipping: Cents,
    /// Until when after payment the vendor dispatches, in hours.
    pub handling_hours: u32,
    /// Since when it is there.
    pub created_at: Time,
    /// Since when it is off sale.
    pub withdrawn_at: Option<Time>,
}

/// How a package reaches its buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackageKind {
    /// Sent to a delivery address.
    Shipped,
    /// Handed over as data.
    Digital,
    /// Done for the buyer.
    Service,
}

impl PackageKind {
    /// Every kind, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Shipped, Self::Digital, Self::Service];

    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Digital => "digital",
            Self::Service => "service",
        }
    }

    /// How long the buyer may look at what came before the money moves by itself, in hours.
    pub const fn inspection_hours(self) -> u32 {
        match self {
            Self::Shipped => limits::INSPECTION_SHIPPED_HOURS,
            Self::Digital | Self::Service => limits::INSPECTION_DIGITAL_HOURS,
        }
    }
}

impl FromStr for PackageKind {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(BadText::Form("A package is shipped, digital or a service."))
    }
}

/// An item's name, 80 characters at most.
pub fn parse_name(text: &str) -> Result<String, BadText> {
    text::line(text, 80)
}

/// An item's description, 5,000 characters at most.
pub fn parse_description(text: &str) -> Result<String, BadText> {
    text::paragraphs(text, 5_000)
}

/// A package as its vendor wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageDraft {
    /// Its name beside the item's, 60 characters at most.
    pub name: String,
    /// How it reaches its buyer.
    pub kind: PackageKind,
    /// Price of one, never zero.
    pub price: Cents,
    /// Shipping for the whole line; zero unless it is shipped.
    pub shipping: Cents,
    /// Until when after payment the vendor dispatches, in hours.
    pub handling_hours: u32,
}

/// What a vendor typed or sent for a package.
#[derive(Debug, Clone, Copy)]
pub struct PackageInput<'a> {
    /// Name.
    pub name: &'a str,
    /// `shipped`, `digital` or `service`.
    pub kind: &'a str,
    /// Dollars: `24.50`.
    pub price: &'a str,
    /// Dollars; empty for none.
    pub shipping: &'a str,
    /// Hours; empty for the default.
    pub handling_hours: &'a str,
}

impl PackageDraft {
    /// Parses an input, naming every fault at once.
    pub fn parse(input: PackageInput<'_>, faults: &mut Faults) -> Option<Self> {
        let name = faults.take("name", text::line(input.name, 60));
        let kind = faults.take("kind", input.kind.parse::<PackageKind>());
        let price = faults.take("price", parse_price(input.price));
        let shipping = match input.shipping.trim() {
            "" => Some(Cents::default()),
            text => faults.take("shipping", Cents::parse(text).map_err(BadText::from)),
        };
        let handling_hours = match input.handling_hours.trim() {
            "" => Some(limits::HANDLING_HOURS),
            text => faults.take("handling_hours", parse_handling(text)),
        };
        let draft = Self {
            name: name?,
            kind: kind?,
            price: price?,
            shipping: shipping?,
            handling_hours: handling_hours?,
        };
        faults.take("shipping", draft.consistent())
    }

    fn consistent(self) -> Result<Self, BadText> {
        if self.kind != PackageKind::Shipped && self.shipping != Cents::default() {
            return Err(BadText::Form("Only what is shipped has a shipping price."));
        }
        Ok(self)
    }
}

/// What of a package its vendor changes; what is not named stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackagePatch {
    /// A new name.
    pub name: Option<String>,
    /// Another way to reach the buyer.
    pub kind: Option<PackageKind>,
    /// A new price of one, never zero.
    pub price: Option<Cents>,
    /// A new price of shipping.
    pub shipping: Option<Cents>,
    /// A new handling time, in hours.
    pub handling_hours: Option<u32>,
}

/// What a program sent for a package: numbers instead of what people type.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackageNumbers<'a> {
    /// Name.
    pub name: Option<&'a str>,
    /// `shipped`, `digital` or `service`.
    pub kind: Option<&'a str>,
    /// US cents.
    pub price_cents: Option<i64>,
    /// US cents.
    pub shipping_cents: Option<i64>,
    /// Hours.
    pub handling_hours: Option<i64>,
}

impl From<PackageDraft> for PackagePatch {
    fn from(draft: PackageDraft) -> Self {
        Self {
            name: Some(draft.name),
            kind: Some(draft.kind),
            price: Some(draft.price),
            shipping: Some(draft.shipping),
            handling_hours: Some(draft.handling_hours),
        }
    }
}

impl PackagePatch {
    /// Parses an input, naming every fault at once by the names of [`PackageNumbers`].
    pub fn parse(input: PackageNumbers<'_>, faults: &mut Faults) -> Self {
        let cents = |value: i64| u64::try_from(value).ok().and_then(Cents::new);
        let price = |value| {
            let price = cents(value).filter(|price| *price != Cents::default());
            price.ok_or(BadText::Form("A price is from 1 to 1000000000 cents."))
        };
        let shipping =
            |value| cents(value).ok_or(BadText::Form("Shipping is from 0 to 1000000000 cents."));
        let name = input.name.map(|name| faults.take("name", text::line(name, 60)));
        let kind = input.kind.map(|kind| faults.take("kind", kind.parse()));
        let price = input.price_cents.map(|value| faults.take("price_cents", price(value)));
        let shipping =
            input.shipping_cents.map(|value| faults.take("shipping_cents", shipping(value)));
        let hours =
            input.handling_hours.map(|value| faults.take("handling_hours", handling(value)));
        Self {
            name: name.flatten(),
            kind: kind.flatten(),
            price: price.flatten(),
            shipping: shipping.flatten(),
            handling_hours: hours.flatten(),
        }
    }

    /// The package that this is by itself, noting what is missing.
    pub fn alone(self, faults: &mut Faults) -> Option<PackageDraft> {
        let name = faults.take("name", self.name.ok_or(BadText::Empty));
        let kind = faults.take("kind", self.kind.ok_or(BadText::Empty));
        let price = faults.take("price_cents", self.price.ok_or(BadText::Empty));
        let draft = PackageDraft {
            name: name?,
            kind: kind?,
            price: price?,
            shipping: self.shipping.unwrap_or_default(),
            handling_hours: self.handling_hours.unwrap_or(limits::HANDLING_HOURS),
        };
        faults.take("shipping_cents", draft.consistent())
    }

    /// What `package` becomes by it.
    pub fn over(self, package: &Package) -> Result<PackageDraft, BadText> {
        PackageDraft {
            name: self.name.unwrap_or_else(|| package.name.clone()),
            kind: self.kind.unwrap_or(package.kind),
            price: self.price.unwrap_or(package.price),
            shipping: self.shipping.unwrap_or(package.shipping),
            handling_hours: self.handling_hours.unwrap_or(package.handling_hours),
        }
        .consistent()
    }
}

fn parse_price(text: &str) -> Result<Cents, BadText> {
    match Cents::parse(text).map_err(BadText::from)? {
        price if price == Cents::default() => Err(BadText::Form("A price is more than zero.")),
        price => Ok(price),
    }
}

fn parse_handling(text: &str) -> Result<u32, BadText> {
    // What is no number at all is out of bounds as well.
    handling(text.parse().unwrap_or_default())
}

fn handling(hours: i64) -> Result<u32, BadText> {
    u32::try_from(hours)
        .ok()
        .filter(|hours| (1..=limits::HANDLING_HOURS_MAX).contains(hours))
        .ok_or(BadText::Form("Between 1 and 720 hours, please."))
}

/// A quantity between 1 and [`limits::QUANTITY_MAX`].
pub fn parse_quantity(text: &str) -> Result<u32, BadText> {
    text.trim()
        .parse()
        .ok()
        .filter(|quantity| (1..=limits::QUANTITY_MAX).contains(quantity))
        .ok_or(BadText::Form("Between 1 and 99, please."))
}

#[cfg(test)]
#[path = "item_tests.rs"]
mod tests;
