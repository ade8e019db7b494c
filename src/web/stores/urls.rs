//! Addresses of store pages.

use domain::ids::{StoreId, UserId};

use crate::ui::url::{self, Url};

/// All stores.
pub fn list() -> Url {
    Url::fixed("/stores")
}

/// The form that opens a store.
pub fn new() -> Url {
    url::selling().seg("new")
}

/// The members' page of a store.
pub fn manage(store: StoreId) -> Url {
    url::store(store).seg("manage")
}

/// What a store says about itself.
pub fn edit(store: StoreId) -> Url {
    url::store(store).seg("edit")
}

/// Who is in a store.
pub fn members(store: StoreId) -> Url {
    url::store(store).seg("members")
}

/// Ends a membership, by POST.
pub fn remove_member(store: StoreId, user: UserId) -> Url {
    members(store).seg(user).seg("remove")
}

/// Where a store is paid.
pub fn payout(store: StoreId) -> Url {
    url::store(store).seg("payout")
}

/// The form of a new item.
pub fn new_item(store: StoreId) -> Url {
    url::store(store).seg("items").seg("new")
}
