//! The forms of packages.

use domain::item::{Item, PackageKind};
use domain::limits;
use domain::refusal::Fault;
use domain::store::Store;
use maud::{Markup, html};

use crate::items::views::edit::item_crumbs;
use crate::items::views::kind_word;
use crate::ui::url::Url;
use crate::ui::{self, Field, Look, Select};

/// What a form of a package sends.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageForm {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `shipped`, `digital` or `service`.
    #[serde(default)]
    pub kind: String,
    /// Dollars.
    #[serde(default)]
    pub price: String,
    /// Dollars, or nothing.
    #[serde(default)]
    pub shipping: String,
    /// Hours, or nothing.
    #[serde(default)]
    pub handling_hours: String,
}

impl Default for PackageForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: PackageKind::Shipped.as_str().to_owned(),
            price: String::new(),
            shipping: String::new(),
            handling_hours: limits::HANDLING_HOURS.to_string(),
        }
    }
}

/// The form of a package, new or not.
pub fn form(
    (store, item): (&Store, &Item),
    title: &str,
    (action, csrf): (&Url, &str),
    form: &PackageForm,
    faults: &[Fault],
) -> Markup {
    let kinds = PackageKind::ALL.map(|kind| (kind.as_str(), kind_word(kind)));
    ui::narrow(html! {
        (item_crumbs(store, item, Some(title)))
        (ui::page_head(title, None, html! {}))
        (ui::form(action, csrf, html! {
            (ui::fault_summary(faults))
            (Field::text("name", "Name").value(&form.name).hint("Beside the item's own name: One mug, Set of four, Single licence.").max(60).required().faults(faults))
            (Select::new("kind", "How it reaches the buyer", &kinds).value(&form.kind).faults(faults))
            (Field::number("price", "Price").value(&form.price).prefix("$").hint("Of one, in US dollars: 24.50").max(12).required().faults(faults))
            (Field::number("shipping", "Shipping").value(&form.shipping).prefix("$").hint("For the whole order, whatever the quantity. Leave it empty for none.").max(12).optional().faults(faults))
            (Field::number("handling_hours", "Handling time").value(&form.handling_hours).suffix("hours").hint("How long after payment you send it at the latest, 720 hours at most. After that the buyer may take the money back.").max(3).required().faults(faults))
            (ui::actions(ui::submit("Save", Look::Primary)))
        }))
    })
}
