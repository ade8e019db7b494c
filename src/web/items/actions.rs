//! What vendors do with items; pages and routes both call these.

use db::WebTx;
use db::items::{self, ItemWords};
use domain::clock::Span;
use domain::ids::{ItemId, StoreId, UserId};
use domain::item::{self, Item};
use domain::refusal::{BadText, Faults};
use domain::store::{Store, StoreAct};

use super::reads;
use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::viewer::Account;
use crate::state::App;
use crate::stores::access;
use crate::stores::reads::membership;
use crate::ui::gallery;

const CREATIONS: Limit = Limit { name: "item-create", max: 200, window: Span::hours(1) };

/// What somebody typed or sent about an item; what is not named stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct ItemInput<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// What it is, in words.
    pub description: Option<&'a str>,
    /// The name of a picture of the gallery.
    pub picture: Option<&'a str>,
    /// Whether it is off sale.
    pub withdrawn: Option<bool>,
}

#[derive(Debug, Clone)]
struct Words {
    name: Option<String>,
    description: Option<String>,
    picture: Option<String>,
}

impl Words {
    const fn any(&self) -> bool {
        self.name.is_some() || self.description.is_some() || self.picture.is_some()
    }

    fn over(&self, item: &Item) -> ItemWords {
        ItemWords {
            name: self.name.as_ref().unwrap_or(&item.name).clone(),
            description: self.description.as_ref().unwrap_or(&item.description).clone(),
            picture: self.picture.as_ref().unwrap_or(&item.picture).clone(),
        }
    }
}

impl ItemInput<'_> {
    /// That an item goes off sale, or comes back.
    pub fn withdrawn(withdrawn: bool) -> Self {
        Self { withdrawn: Some(withdrawn), ..Self::default() }
    }

    fn parse(self, faults: &mut Faults) -> Words {
        let name = self.name.map(|text| faults.take("name", item::parse_name(text)));
        let description =
            self.description.map(|text| faults.take("description", item::parse_description(text)));
        let picture = self.picture.map(|text| faults.take("picture", parse_picture(text)));
        Words {
            name: name.flatten(),
            description: description.flatten(),
            picture: picture.flatten(),
        }
    }
}

fn parse_picture(text: &str) -> Result<String, BadText> {
    let known = gallery::find(text).ok_or(BadText::Form("Please choose one of the pictures."))?;
    Ok(known.name.to_owned())
}

/// Adds an item to a store. It is a draft until it has a package.
pub async fn create(
    app: &App,
    who: &Account,
    store: StoreId,
    input: ItemInput<'_>,
) -> Result<Item, AppError> {
    membership(app, who, store, StoreAct::Sell).await?;
    let mut faults = Faults::default();
    let words = input.parse(&mut faults);
    // A field that is missing is one that was left empty.
    let missing = |given: Option<&str>| given.map_or(Err(BadText::Empty), |_| Ok(()));
    faults.take("name", missing(input.name));
    faults.take("description", missing(input.description));
    faults.take("picture", missing(input.picture));
    let (Some(name), Some(description), Some(picture)) =
        (words.name, words.description, words.picture)
    else {
        return Err(AppError::invalid(faults));
    };
    limits::admit(app, CREATIONS, &store.to_string()).await?;
    let (who, now) = (who.id, app.now());
    let item = Item {
        id: ItemId::from_random(app.random()),
        store,
        name,
        description,
        picture,
        from: None,
        created_at: now,
        updated_at: now,
        withdrawn_at: None,
    };
    app.write("item-create", move |tx| -> Result<Item, AppError> {
        access::member(tx, store, who, StoreAct::Sell)?;
        items::insert(tx, &item)?;
        Ok(item.clone())
    })
    .await
}

/// An item for a write, in a store where `who` may sell.
pub fn sold_by(tx: &mut WebTx<'_>, id: ItemId, who: UserId) -> Result<(Item, Store), AppError> {
    let (item, store) = items::by_id(tx, id)?.ok_or(AppError::NotFound)?;
    let (store, _) = access::member(tx, store.id, who, StoreAct::Sell)?;
    Ok((item, store))
}

/// Changes an item: what it says about itself, and whether it is off sale. Orders that stand are not
/// touched.
pub async fn change(
    app: &App,
    who: &Account,
    id: ItemId,
    input: ItemInput<'_>,
) -> Result<Item, AppError> {
    let mut faults = Faults::default();
    let words = input.parse(&mut faults);
    if !faults.is_empty() {
        // Who has no part in the store is not told what is wrong with a form of it.
        reads::edited(app, who, id, StoreAct::Sell).await?;
        return Err(AppError::invalid(faults));
    }
    let (who, now, withdrawn) = (who.id, app.now(), input.withdrawn);
    app.write("item-change", move |tx| -> Result<Item, AppError> {
        let (mut item, _) = sold_by(tx, id, who)?;
        if words.any() {
            let words = words.over(&item);
            items::describe(tx, id, &words, now)?;
            item = Item {
                name: words.name,
                description: words.description,
                picture: words.picture,
                updated_at: now,
                ..item
            };
        }
        if let Some(withdrawn) = withdrawn {
            // Withdrawn twice it keeps the first moment.
            item.withdrawn_at = withdrawn.then(|| item.withdrawn_at.unwrap_or(now));
            items::withdraw(tx, id, item.withdrawn_at)?;
        }
        Ok(item)
    })
    .await
}
