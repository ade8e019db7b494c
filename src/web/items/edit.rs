//! Item pages of those who sell them.

use actix_web::http::StatusCode;
use domain::ids::{ItemId, StoreId};
use domain::store::StoreAct;

use super::actions::{self, ItemInput};
use super::views::edit::{self as view, ItemForm};
use super::{reads, urls};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::state::State;
use crate::stores::reads::membership;
use crate::ui::Tone;

impl ItemForm {
    fn input(&self) -> ItemInput<'_> {
        ItemInput {
            name: Some(&self.name),
            description: Some(&self.description),
            picture: Some(&self.picture),
            withdrawn: None,
        }
    }
}

/// `GET /stores/{id}/items/new`
pub async fn blank(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let (store, _) = membership(&app, &who.0, id.0, StoreAct::Sell).await?;
    Ok(ctx.page("New item", view::blank(&store, ctx.csrf(), &ItemForm::default(), &[])))
}

/// `POST /stores/{id}/items/new`
pub async fn create(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    form: Form<ItemForm>,
) -> PageResult {
    match actions::create(&app, &who.0, id.0, form.0.input()).await {
        Ok(item) => {
            ctx.flash(Tone::Success, "Saved as a draft. Now add a package with a price.");
            Ok(ctx.see_other(&urls::new_package(item.id)))
        }
        Err(AppError::Invalid(faults)) => {
            let (store, _) = membership(&app, &who.0, id.0, StoreAct::Sell).await?;
            let body = view::blank(&store, ctx.csrf(), &form.0, &faults);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, "New item", body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /items/{id}/edit`
pub async fn show(app: State, ctx: Ctx, who: SignedIn, id: Id<ItemId>) -> PageResult {
    let page = reads::edited(&app, &who.0, id.0, StoreAct::See).await?;
    let form = ItemForm {
        name: page.item.name.clone(),
        description: page.item.description.clone(),
        picture: page.item.picture.clone(),
    };
    Ok(ctx.page(&page.item.name, view::edit(&page, ctx.csrf(), &form, &[])))
}

/// `POST /items/{id}/edit`
pub async fn change(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<ItemId>,
    form: Form<ItemForm>,
) -> PageResult {
    match actions::change(&app, &who.0, id.0, form.0.input()).await {
        Ok(item) => {
            ctx.flash(Tone::Success, "Saved.");
            Ok(ctx.see_other(&urls::edit(item.id)))
        }
        Err(AppError::Invalid(faults)) => {
            let page = reads::edited(&app, &who.0, id.0, StoreAct::Sell).await?;
            let body = view::edit(&page, ctx.csrf(), &form.0, &faults);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, &page.item.name, body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /items/{id}/withdraw`
pub async fn withdraw(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<ItemId>,
    _form: Form<NoFields>,
) -> PageResult {
    actions::change(&app, &who.0, id.0, ItemInput::withdrawn(true)).await?;
    ctx.flash(Tone::Success, "Taken off sale.");
    Ok(ctx.see_other(&urls::edit(id.0)))
}

/// `POST /items/{id}/restore`
pub async fn restore(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<ItemId>,
    _form: Form<NoFields>,
) -> PageResult {
    let item = actions::change(&app, &who.0, id.0, ItemInput::withdrawn(false)).await?;
    if item.on_sale() {
        ctx.flash(Tone::Success, "Back on sale.");
    }
    Ok(ctx.see_other(&urls::edit(id.0)))
}
