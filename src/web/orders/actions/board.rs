//! Boards: the orders of a buyer or of a store.

use db::orders::{Board, BoardRow};
use db::{DbError, codec};
use domain::clock::Time;
use domain::ids::OrderId;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::state::App;

/// How many orders a board shows at once.
pub const PAGE: usize = 24;

/// Where a board goes on: time and id of the last order shown.
pub type Cursor = (Time, OrderId);

/// A page of a board, and where the next one begins.
pub async fn board(
    app: &App,
    who: &Account,
    board: Board,
    before: Option<Cursor>,
) -> Result<(Vec<BoardRow>, Option<Cursor>), AppError> {
    let user = who.id;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = app
        .read(move |conn| {
            if let Board::Store(store) = board
                && !db::placing::is_member(conn, store, user)?
            {
                return Err(DbError::NotFound);
            }
            db::orders::board(conn, board, before, limit)
        })
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = match rows.last() {
        Some(row) if more => {
            Some((codec::time(row.order.created_at), codec::parsed("orders.id", &row.order.id)?))
        }
        _ => None,
    };
    Ok((rows, next))
}
