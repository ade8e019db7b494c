//! The list that staff work through.

use db::codec;
use domain::dispute::RulingState;
use domain::money::Cents;
use maud::{Markup, html};

use crate::disputes::read::Listed;
use crate::orders::views::words;
use crate::ui::url::{self, Url};
use crate::ui::{self};

/// Open disputes, the oldest first.
pub fn list(rows: &[Listed], later: Option<Url>) -> Markup {
    let heads = ["Order", "Parties", "Opened", "Sum", "Ends by itself", "Stands"];
    html! {
        (ui::page_head("Disputes", Some("Open disputes, the oldest first. Rule where the parties cannot agree; nobody rules in an order of his own."), html! {}))
        @if rows.is_empty() {
            (ui::empty("No dispute is open", "Whoever disagrees about an order appears here.", html! {}))
        } @else {
            (ui::table("Open disputes", &heads, rows.iter().filter_map(cells).collect()))
            (ui::pager(None, later))
        }
    }
}

fn cells(row: &Listed) -> Option<Vec<Markup>> {
    let id = row.row().order_id.parse().ok()?;
    let cents = u64::try_from(row.open.total_cents).ok().and_then(Cents::new)?;
    Some(vec![
        ui::link(&url::order(id), words::reason(&row.row().reason)),
        html! { (row.open.buyer_name) " and " (row.open.store_name) },
        ui::day(codec::time(row.row().created_at)),
        ui::price(cents),
        html! { @if let Some(at) = row.ends_at { (ui::time(at)) } @else { "not in effect yet" } },
        html! {
            (ui::tag(stands(row)))
            @if row.reminder { " " (ui::tag("open for a week")) }
        },
    ])
}

const fn stands(row: &Listed) -> &'static str {
    match row.open.ruling {
        None => "no ruling",
        Some(RulingState::Contested) => "second opinion wanted",
        Some(RulingState::Notice | RulingState::Confirmed) => "ruled",
        Some(RulingState::Replaced) => "ruled again",
    }
}
