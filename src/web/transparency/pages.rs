//! `GET /transparency`

use super::{reads, views};
use crate::error::PageResult;
use crate::http::page::Ctx;
use crate::state::State;

/// The page.
pub async fn show(app: State, ctx: Ctx) -> PageResult {
    let holdings = reads::holdings(&app).await?;
    Ok(ctx.page("What escrow holds", views::holdings(&holdings, reads::stuck(&app).await?)))
}
