//! Store pages of the store's members.

use actix_web::http::StatusCode;
use actix_web::web;
use domain::ids::{StoreId, UserId};
use domain::store::StoreAct;
use serde::Deserialize;

use super::actions::{self, StoreInput};
use super::pages::PAGE;
use super::views::{self, StoreForm};
use super::{reads, urls};
use crate::error::{AppError, PageResult};
use crate::home::pages::older;
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::paging::PageQuery;
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::SignedIn;
use crate::items::views::manage;
use crate::state::State;
use crate::ui::Tone;

impl StoreForm {
    fn input(&self) -> StoreInput<'_> {
        StoreInput {
            name: Some(&self.name),
            description: Some(&self.description),
            picture: Some(&self.picture),
        }
    }
}

/// `GET /selling`: the one store, the choice of several, or the way to the first.
pub async fn switch(app: State, ctx: Ctx, who: SignedIn) -> PageResult {
    let mine = reads::mine(&app, &who.0).await?;
    Ok(match mine.as_slice() {
        [] => ctx.see_other(&urls::new()),
        [(store, _)] => ctx.see_other(&urls::manage(store.id)),
        several => ctx.page("My stores", views::mine(several)),
    })
}

/// `GET /selling/new`
pub async fn blank(ctx: Ctx, _who: SignedIn) -> PageResult {
    Ok(ctx.page("Open a store", views::open(ctx.csrf(), &StoreForm::default(), &[])))
}

/// `POST /selling/new`
pub async fn open(app: State, ctx: Ctx, who: SignedIn, form: Form<StoreForm>) -> PageResult {
    match actions::open(&app, &who.0, form.0.input()).await {
        Ok(store) => {
            ctx.flash(Tone::Success, "Your store is open. Say where it is paid, then add an item.");
            Ok(ctx.see_other(&urls::manage(store.id)))
        }
        Err(AppError::Invalid(faults)) => {
            let body = views::open(ctx.csrf(), &form.0, &faults);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, "Open a store", body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /stores/{id}/manage`
pub async fn show(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    query: Query<PageQuery>,
) -> PageResult {
    let cursor = query.0.cursor()?;
    let newer = cursor.is_some().then(|| urls::manage(id.0));
    let mut page = reads::managed(&app, &who.0, id.0, cursor, PAGE).await?;
    let next = older(urls::manage(id.0), page.next.take());
    let body = manage::store(&page, app.now(), (newer, next));
    Ok(ctx.page(&page.store.name, body))
}

/// `GET /stores/{id}/edit`
pub async fn edit(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let (store, _) = reads::membership(&app, &who.0, id.0, StoreAct::Describe).await?;
    let form = StoreForm {
        name: store.name.clone(),
        description: store.description.clone(),
        picture: store.picture.clone(),
    };
    Ok(ctx.page("Name and description", views::edit(&store, ctx.csrf(), &form, &[])))
}

/// `POST /stores/{id}/edit`
pub async fn describe(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    form: Form<StoreForm>,
) -> PageResult {
    match actions::describe(&app, &who.0, id.0, form.0.input()).await {
        Ok(store) => {
            ctx.flash(Tone::Success, "Saved.");
            Ok(ctx.see_other(&urls::manage(store.id)))
        }
        Err(AppError::Invalid(faults)) => {
            let (store, _) = reads::membership(&app, &who.0, id.0, StoreAct::Describe).await?;
            let body = views::edit(&store, ctx.csrf(), &form.0, &faults);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, "Name and description", body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /stores/{id}/members`
pub async fn members(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let (found, members) = reads::members(&app, &who.0, id.0).await?;
    Ok(ctx.page("Members", views::members(&found, &members, ctx.csrf(), ("", &[]))))
}

/// Whom to take in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    #[serde(default)]
    username: String,
}

/// `POST /stores/{id}/members`
pub async fn add_member(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    form: Form<NewMember>,
) -> PageResult {
    match actions::add_member(&app, &who.0, id.0, &form.0.username).await {
        Ok(_) => {
            ctx.flash(Tone::Success, "Added. They find the store under Selling.");
            Ok(ctx.see_other(&urls::members(id.0)))
        }
        Err(AppError::Invalid(faults)) => {
            let (found, members) = reads::members(&app, &who.0, id.0).await?;
            let typed = (form.0.username.as_str(), faults.as_slice());
            let body = views::members(&found, &members, ctx.csrf(), typed);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, "Members", body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /stores/{id}/members/{user}/remove`
pub async fn remove_member(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    path: web::Path<(String, String)>,
    _form: Form<NoFields>,
) -> PageResult {
    let (store, user) = path.into_inner();
    let (Ok(store), Ok(user)) = (store.parse::<StoreId>(), user.parse::<UserId>()) else {
        return Err(AppError::NotFound.into());
    };
    actions::remove_member(&app, &who.0, store, user).await?;
    ctx.flash(Tone::Success, "Removed.");
    Ok(ctx.see_other(&urls::members(store)))
}
