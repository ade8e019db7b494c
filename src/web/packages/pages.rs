//! Package pages of those who sell them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::ids::{ItemId, PackageId};
use domain::item::{Package, PackageDraft, PackageInput, PackagePatch};
use domain::refusal::{Fault, Faults};
use domain::store::StoreAct;

use super::views::{self, PackageForm};
use super::{actions, urls};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::items::reads::{self, EditPage};
use crate::items::urls as item_urls;
use crate::state::State;
use crate::ui::Tone;

const NEW: &str = "Add a package";
const EDIT: &str = "Edit the package";

impl PackageForm {
    fn input(&self) -> PackageInput<'_> {
        PackageInput {
            name: &self.name,
            kind: &self.kind,
            price: &self.price,
            shipping: &self.shipping,
            handling_hours: &self.handling_hours,
        }
    }

    fn of(package: &Package) -> Self {
        let free = package.shipping.get() == 0;
        Self {
            name: package.name.clone(),
            kind: package.kind.as_str().to_owned(),
            price: package.price.to_string(),
            shipping: if free { String::new() } else { package.shipping.to_string() },
            handling_hours: package.handling_hours.to_string(),
        }
    }
}

/// `GET /items/{id}/packages/new`
pub async fn blank(app: State, ctx: Ctx, who: SignedIn, id: Id<ItemId>) -> PageResult {
    let page = reads::edited(&app, &who.0, id.0, StoreAct::Sell).await?;
    Ok(new_form(&ctx, &page, &PackageForm::default(), (StatusCode::OK, &[])))
}

fn new_form(
    ctx: &Ctx,
    page: &EditPage,
    form: &PackageForm,
    (status, faults): (StatusCode, &[Fault]),
) -> HttpResponse {
    let target = (&item_urls::new_package(page.item.id), ctx.csrf());
    ctx.page_as(status, NEW, views::form((&page.store, &page.item), NEW, target, form, faults))
}

/// `POST /items/{id}/packages/new`
pub async fn add(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<ItemId>,
    form: Form<PackageForm>,
) -> PageResult {
    let parse = |faults: &mut Faults| PackageDraft::parse(form.0.input(), faults);
    match actions::add(&app, &who.0, id.0, parse).await {
        Ok(package) => {
            ctx.flash(Tone::Success, "Package added.");
            Ok(ctx.see_other(&item_urls::edit(package.item)))
        }
        Err(AppError::Invalid(faults)) => {
            let page = reads::edited(&app, &who.0, id.0, StoreAct::Sell).await?;
            Ok(new_form(&ctx, &page, &form.0, (StatusCode::UNPROCESSABLE_ENTITY, &faults)))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /packages/{id}/edit`
pub async fn edit(app: State, ctx: Ctx, who: SignedIn, id: Id<PackageId>) -> PageResult {
    let (package, item, store) = reads::package(&app, &who.0, id.0, StoreAct::Sell).await?;
    let form = PackageForm::of(&package);
    let target = (&urls::edit(id.0), ctx.csrf());
    Ok(ctx.page(EDIT, views::form((&store, &item), EDIT, target, &form, &[])))
}

/// `POST /packages/{id}/edit`
pub async fn change(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<PackageId>,
    form: Form<PackageForm>,
) -> PageResult {
    let parse = |faults: &mut Faults| {
        let draft = PackageDraft::parse(form.0.input(), faults);
        draft.map(PackagePatch::from).unwrap_or_default()
    };
    match actions::change(&app, &who.0, id.0, parse).await {
        Ok(package) => {
            ctx.flash(Tone::Success, "Package saved.");
            Ok(ctx.see_other(&item_urls::edit(package.item)))
        }
        Err(AppError::Invalid(faults)) => {
            let (_, item, store) = reads::package(&app, &who.0, id.0, StoreAct::Sell).await?;
            let target = (&urls::edit(id.0), ctx.csrf());
            let body = views::form((&store, &item), EDIT, target, &form.0, &faults);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, EDIT, body))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /packages/{id}/withdraw`
pub async fn withdraw(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<PackageId>,
    _form: Form<NoFields>,
) -> PageResult {
    let item = actions::withdraw(&app, &who.0, id.0).await?;
    ctx.flash(Tone::Success, "Package taken off sale.");
    Ok(ctx.see_other(&item_urls::edit(item.id)))
}
