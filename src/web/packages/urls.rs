//! Addresses of package pages.

use domain::ids::PackageId;

use crate::ui::url::Url;

/// The form that changes a package.
pub fn edit(package: PackageId) -> Url {
    Url::fixed("/packages").seg(package).seg("edit")
}

/// Takes a package off sale, by POST.
pub fn withdraw(package: PackageId) -> Url {
    Url::fixed("/packages").seg(package).seg("withdraw")
}
