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
    /// Whether strangers see it.
    pub const fn on_sale(&self) -> bool {
        self.from.is_some() && self.withdrawn_at.is_none()
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
        let (kind, shipping) = (kind?, shipping?);
        if kind != PackageKind::Shipped && shipping != Cents::default() {
            faults.note("shipping", "Only what is shipped has a shipping price.");
            return None;
        }
        Some(Self { name: name?, kind, price: price?, shipping, handling_hours: handling_hours? })
    }
}

fn parse_price(text: &str) -> Result<Cents, BadText> {
    match Cents::parse(text).map_err(BadText::from)? {
        price if price == Cents::default() => Err(BadText::Form("A price is more than zero.")),
        price => Ok(price),
    }
}

fn parse_handling(text: &str) -> Result<u32, BadText> {
    text.parse()
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
mod tests {
    use super::*;

    const GOOD: PackageInput<'_> = PackageInput {
        name: "One mug",
        kind: "shipped",
        price: "28",
        shipping: "4.90",
        handling_hours: "",
    };

    #[test]
    fn a_package_is_parsed_whole() {
        let mut faults = Faults::default();
        let draft = PackageDraft::parse(GOOD, &mut faults).unwrap();
        assert_eq!(
            (draft.price.get(), draft.shipping.get(), draft.handling_hours),
            (2_800, 490, 72)
        );
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut faults = Faults::default();
        let input = PackageInput {
            name: "",
            kind: "gift",
            price: "0",
            shipping: "x",
            handling_hours: "721",
        };
        assert_eq!(PackageDraft::parse(input, &mut faults), None);
        let fields: Vec<_> = faults.into_vec().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "kind", "price", "shipping", "handling_hours"]);
    }

    #[test]
    fn what_is_not_shipped_has_no_shipping_price() {
        let mut faults = Faults::default();
        assert_eq!(
            PackageDraft::parse(PackageInput { kind: "digital", ..GOOD }, &mut faults),
            None
        );
        assert!(!faults.is_empty());
    }

    #[test]
    fn quantities_are_few_and_never_none() {
        assert_eq!(parse_quantity("99"), Ok(99));
        for bad in ["0", "100", "-1", "1.5", "", "1e1"] {
            assert!(parse_quantity(bad).is_err(), "{bad}");
        }
    }
}
