//! Addresses of order pages.

use domain::ids::{OrderId, PackageId, StoreId};
use domain::intent::IntentAction;
use domain::policy::Act;

use crate::ui::url;
use crate::ui::url::Url;

/// The fragment that an order's page polls.
pub fn live(order: OrderId) -> Url {
    url::order(order).seg("live")
}

/// A file that goes with a statement about an order, by the hash of its content.
pub fn file(order: OrderId, sha256: &str) -> Url {
    url::order(order).seg("files").seg(sha256)
}

/// The text of an order's signed terms.
pub fn terms(order: OrderId) -> Url {
    url::order(order).seg("terms")
}

/// The page that asks once more before an act; none for acts that only look.
pub fn act(order: OrderId, act: Act) -> Option<Url> {
    let verb = match act {
        Act::Ask(IntentAction::Cancel) => "cancel",
        Act::Ask(IntentAction::Release) => "confirm-receipt",
        Act::Ask(IntentAction::Refund) => "refund",
        Act::Ask(IntentAction::Extend) => "extend",
        Act::Ask(IntentAction::Resume) => "resume",
        Act::Ask(IntentAction::Accept) => "accept",
        Act::Ask(IntentAction::Rule) => "rule",
        Act::Ask(IntentAction::Contest) => "contest",
        Act::Ask(IntentAction::Confirm) => "confirm-ruling",
        Act::Ship => "ship",
        Act::Dispute => "dispute",
        Act::Offer => "offer",
        Act::Claim => "claim",
        Act::Reseal => "reseal",
        Act::KeepAddress => "keep-address",
        Act::See | Act::SeeDelivery => return None,
    };
    Some(url::order(order).seg(verb))
}

/// The checkout of one package.
pub fn checkout(package: PackageId, quantity: u32) -> Url {
    Url::fixed("/checkout").query("package", package).query("quantity", quantity)
}

/// A store's orders.
pub fn sales(store: StoreId) -> Url {
    url::store(store).seg("orders")
}
