//! Lists of orders: what one bought, what a store sold.

use db::codec;
use db::orders::BoardRow;
use domain::money::Cents;
use domain::order::OrderStatus;
use maud::{Markup, html};

use super::words;
use crate::ui::url::Url;
use crate::ui::{self, Look, Status, url};

/// A list of purchases or of sales.
pub fn board(title: &str, rows: &[BoardRow], sales: bool, older: Option<Url>) -> Markup {
    html! {
        (ui::page_head(title, None, html! {}))
        @if rows.is_empty() {
            @if sales {
                (ui::empty("No orders yet", "Orders of this store appear here as soon as somebody buys.", html! {}))
            } @else {
                (ui::empty("Nothing bought yet", "What you buy appears here with its whole story.",
                    ui::link_button(&url::home(), "Look around", Look::Primary)))
            }
        } @else {
            (ui::table(title, &["Order", if sales { "Buyer" } else { "Store" }, "Placed", "Sum", "Status"],
                rows.iter().filter_map(|row| cells(row, sales)).collect()))
            (ui::pager(None, older))
        }
    }
}

fn cells(row: &BoardRow, sales: bool) -> Option<Vec<Markup>> {
    let id = row.order.id.parse().ok()?;
    let cents = u64::try_from(row.order.total_cents).ok().and_then(Cents::new)?;
    Some(vec![
        ui::link(&url::order(id), &row.first_title),
        html! { @if sales { (row.buyer_name) } @else { (row.store_name) } },
        ui::day(codec::time(row.order.created_at)),
        ui::price(cents),
        ui::badge(status(row)),
    ])
}

fn status(row: &BoardRow) -> Status {
    let status =
        row.status.as_deref().and_then(|word| word.parse().ok()).unwrap_or(OrderStatus::New);
    if row.paying && !status.is_terminal() {
        return Status::PayingOut;
    }
    if status == OrderStatus::Failed && !row.addressed {
        return Status::Rejected;
    }
    words::plain_status(status, row.unpaid)
}
