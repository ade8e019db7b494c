//! Addresses of item pages.

use domain::ids::ItemId;

use crate::ui::url::{self, Url};

/// The members' page of an item.
pub fn edit(item: ItemId) -> Url {
    url::item(item).seg("edit")
}

/// Takes an item off sale, by POST.
pub fn withdraw(item: ItemId) -> Url {
    url::item(item).seg("withdraw")
}

/// Puts an item back on sale, by POST.
pub fn restore(item: ItemId) -> Url {
    url::item(item).seg("restore")
}

/// The form of a new package.
pub fn new_package(item: ItemId) -> Url {
    url::item(item).seg("packages").seg("new")
}
