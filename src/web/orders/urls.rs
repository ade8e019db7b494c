//! Addresses of order pages.

use domain::ids::{OrderId, PackageId, StoreId};
use domain::policy::Act;

use crate::ui::url;
use crate::ui::url::Url;

/// The fragment that an order's page polls.
pub fn live(order: OrderId) -> Url {
    url::order(order).seg("live")
}

/// The text of an order's signed terms.
pub fn terms(order: OrderId) -> Url {
    url::order(order).seg("terms")
}

/// The page that asks once more before an act; none for acts that only look.
pub fn act(order: OrderId, act: Act) -> Option<Url> {
    act.verb().map(|verb| url::order(order).seg(verb))
}

/// The checkout of one package.
pub fn checkout(package: PackageId, quantity: u32) -> Url {
    Url::fixed("/checkout").query("package", package).query("quantity", quantity)
}

/// A store's orders.
pub fn sales(store: StoreId) -> Url {
    url::store(store).seg("orders")
}
