//! Items and packages as JSON. Prices are US cents, times RFC 3339 in UTC.

use domain::item::{Item, Package, PackageNumbers};
use domain::money::Cents;
use domain::store::Store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::api::rfc3339;
use crate::items::actions::ItemInput;
use crate::stores::reads::Card;

/// The currency of every price here.
const USD: &str = "USD";

/// An item to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// The store, 32 hexadecimal digits.
    pub store_id: String,
    /// At most 80 characters.
    pub name: String,
    /// At most 5,000 characters; an empty line begins a new paragraph.
    pub description: String,
    /// The name of a picture of the site's gallery.
    pub picture: String,
}

/// What of an item changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemPatch {
    /// At most 80 characters.
    pub name: Option<String>,
    /// At most 5,000 characters.
    pub description: Option<String>,
    /// The name of a picture of the site's gallery.
    pub picture: Option<String>,
    /// `true` takes the item off sale, `false` puts it back.
    pub withdrawn: Option<bool>,
}

impl NewItem {
    /// As the action takes it.
    pub fn input(&self) -> ItemInput<'_> {
        ItemInput {
            name: Some(&self.name),
            description: Some(&self.description),
            picture: Some(&self.picture),
            withdrawn: None,
        }
    }
}

impl ItemPatch {
    /// As the action takes it.
    pub fn input(&self) -> ItemInput<'_> {
        ItemInput {
            name: self.name.as_deref(),
            description: self.description.as_deref(),
            picture: self.picture.as_deref(),
            withdrawn: self.withdrawn,
        }
    }
}

/// A package to be added, or what of one changes; what is not named stays as it is, or as it is
/// usual.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageInput {
    /// Beside the item's name, at most 60 characters.
    pub name: Option<String>,
    /// `shipped`, `digital` or `service`.
    pub kind: Option<String>,
    /// Price of one, in US cents, from 1.
    pub price_cents: Option<i64>,
    /// Shipping for the whole order, in US cents; only for what is shipped.
    pub shipping_cents: Option<i64>,
    /// Until when after payment it is sent, 1 to 720 hours.
    pub handling_hours: Option<i64>,
}

impl PackageInput {
    /// As the action takes it.
    pub fn numbers(&self) -> PackageNumbers<'_> {
        PackageNumbers {
            name: self.name.as_deref(),
            kind: self.kind.as_deref(),
            price_cents: self.price_cents,
            shipping_cents: self.shipping_cents,
            handling_hours: self.handling_hours,
        }
    }
}

/// An item in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemBrief {
    id: String,
    store_id: String,
    store_name: String,
    name: String,
    picture: String,
    /// The lowest price among its packages, in hundredths of the currency.
    from_cents: u64,
    currency: &'static str,
    created_at: String,
}

impl From<Card> for ItemBrief {
    fn from(card: Card) -> Self {
        Self {
            id: card.id.to_string(),
            store_id: card.store.to_string(),
            store_name: card.store_name,
            name: card.name,
            picture: card.picture,
            from_cents: card.from.get(),
            currency: USD,
            created_at: rfc3339(card.created_at),
        }
    }
}

/// An item with its packages.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemJson {
    id: String,
    store_id: String,
    store_name: String,
    name: String,
    description: String,
    picture: String,
    /// `on-sale`, `draft` or `withdrawn`.
    state: &'static str,
    /// The lowest price among its packages; null where it is not on sale.
    from_cents: Option<u64>,
    currency: &'static str,
    created_at: String,
    updated_at: String,
    packages: Vec<PackageJson>,
}

impl ItemJson {
    /// An item of a store.
    pub fn new(item: &Item, store: &Store, packages: &[Package]) -> Self {
        Self {
            id: item.id.to_string(),
            store_id: store.id.to_string(),
            store_name: store.name.clone(),
            name: item.name.clone(),
            description: item.description.clone(),
            picture: item.picture.clone(),
            // A draft is a draft here, whatever it lacks.
            state: item.state(true).as_str(),
            from_cents: item.from.map(Cents::get),
            currency: USD,
            created_at: rfc3339(item.created_at),
            updated_at: rfc3339(item.updated_at),
            packages: packages.iter().map(PackageJson::from).collect(),
        }
    }
}

/// A package.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackageJson {
    id: String,
    item_id: String,
    name: String,
    /// `shipped`, `digital` or `service`.
    kind: &'static str,
    price_cents: u64,
    shipping_cents: u64,
    currency: &'static str,
    handling_hours: u32,
    created_at: String,
}

impl From<&Package> for PackageJson {
    fn from(package: &Package) -> Self {
        Self {
            id: package.id.to_string(),
            item_id: package.item.to_string(),
            name: package.name.clone(),
            kind: package.kind.as_str(),
            price_cents: package.price.get(),
            shipping_cents: package.shipping.get(),
            currency: USD,
            handling_hours: package.handling_hours,
            created_at: rfc3339(package.created_at),
        }
    }
}
