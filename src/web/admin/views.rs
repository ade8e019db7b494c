//! Pages of administrators, from values to markup.

use db::alarms::AlarmRow;
use db::desk::ChainRow;
use db::overview::COUNTED;
use db::{Owner, codec};
use domain::clock::Time;
use domain::ids::OrderId;
use domain::job::Job;
use maud::{Markup, html};

use super::actions::Status;
use super::walls::{Tried, Walls};
use crate::ui::url::{self, Url};
use crate::ui::{self, Tone};

/// The title of the page of everything.
pub(super) const TITLE: &str = "Administration";
/// The title of the page of walls.
pub(super) const WALLS: &str = "Walls between the roles";

/// The roles from whose place attacks are tried.
const ROLES: [&str; 3] = ["web", "escrow", "courier"];

/// What this process knows of its walls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) level: Option<u8>,
    pub(super) walls: Option<&'a Walls>,
}

/// How the shop stands.
pub(super) fn status(
    status: &Status,
    site: Site<'_>,
    (newer, older): (Option<Url>, Option<Url>),
) -> Markup {
    html! {
        (ui::page_head(TITLE, Some("How the shop stands, and what waits for you."), html! {}))
        @if status.overview.paused {
            (ui::callout(Tone::Warning, "Paused", html! {
                p { "No order is taken and nothing is paid out until " code { "holdfast admin resume" } "." }
            }))
        }
        (ui::panel(Some("Roles"), roles(status)))
        (ui::panel(Some("Jobs"), jobs(status)))
        (ui::panel(Some("Money"), money(status)))
        (ui::panel(Some("Chains"), chains(&status.overview.chains)))
        (ui::panel(Some("Alarms"), html! {
            @if status.alarms.is_empty() {
                p { "There is none." }
            } @else {
                (ui::table("Alarms, newest first", &["Raised", "Kind", "What", "Order"],
                    status.alarms.iter().map(alarm).collect()))
                (ui::pager(newer, older))
            }
        }))
        (ui::panel(Some("Isolation"), isolation(site)))
    }
}

fn roles(status: &Status) -> Markup {
    let overview = &status.overview;
    let row = |name: &str, beat: Option<Time>, what: Markup| {
        let heard = beat.map_or_else(|| html! { "never" }, |beat| since(status.now, beat));
        let state = if status.is_alive(beat) { "Alive" } else { "Not heard of" };
        vec![html! { (name) }, html! { (state) }, heard, what]
    };
    let lanes = |beat: db::desk::Beat| {
        html! { "desk " (since(status.now, beat.desk_at)) ", chains " (since(status.now, beat.chain_at)) }
    };
    let escrow = overview.escrow.map(|beat| beat.beat_at);
    ui::table(
        "Roles",
        &["Role", "State", "Last heard of", "Last came round"],
        vec![
            row("Web", Some(status.now), html! { "answers you" }),
            row("Escrow", escrow, overview.escrow.map_or_else(|| html! { "never" }, lanes)),
            row("Courier", overview.courier, html! { "with its heartbeat" }),
        ],
    )
}

fn jobs(status: &Status) -> Markup {
    let row = |(owner, job): &(Owner, Job)| {
        let state = match (job.is_late(status.now), job.failed) {
            (true, _) => "Late",
            (false, true) => "Failed",
            (false, false) => "On time",
        };
        let took = job.took().map(|took| took.as_micros() / 1_000);
        vec![
            html! { (owner.name()) " " (job.name) },
            html! { (state) },
            since(status.now, job.finished_at.unwrap_or(job.started_at)),
            html! { @if let Some(took) = took { (took) " ms" } @else { "–" } },
            html! { (job.outcome) },
        ]
    };
    let all = &status.overview.jobs;
    let amiss = all.iter().filter(|(_, job)| job.is_amiss(status.now)).count();
    html! {
        @if amiss > 0 {
            (ui::callout(Tone::Warning, "To look at", html! {
                p { (amiss) " of " (all.len()) " jobs failed or have not run for three of their periods." }
            }))
        }
        @if all.is_empty() {
            p { "None has run yet." }
        } @else {
            (ui::table("Jobs", &["Job", "State", "Last ran", "Took", "Came to"],
                all.iter().map(row).collect()))
        }
    }
}

/// How long ago something was.
fn since(now: Time, then: Time) -> Markup {
    match now.since(then).as_secs() {
        secs @ 0..=119 => html! { (secs) " s ago" },
        _ => ui::time(then),
    }
}

fn money(status: &Status) -> Markup {
    let overview = &status.overview;
    let count = |number: i64| {
        if number >= COUNTED { format!("{COUNTED} or more") } else { number.to_string() }
    };
    ui::terms(&[
        ("Payouts", html! { (if overview.paused { "paused by the operator" } else { "go out" }) }),
        ("Held payouts", html! { (count(overview.held)) }),
        ("Frozen orders", html! { (count(overview.frozen)) }),
        ("Orders stopped for you to look at", html! { (count(overview.stopped)) }),
        ("Orders without an end for a month", html! { (count(overview.stuck)) }),
    ])
}

fn chains(chains: &[ChainRow]) -> Markup {
    let row = |chain: &ChainRow| {
        vec![
            html! { (chain.name) },
            html! { (chain.state) @if !chain.note.is_empty() { ": " (chain.note) } },
            html! { (chain.final_number) " of " (chain.head_number) },
            ui::time(codec::time(chain.checked_at)),
        ]
    };
    html! {
        @if chains.is_empty() {
            p { "Escrow has not looked at any yet." }
        } @else {
            (ui::table("Chains", &["Chain", "State", "Final block", "Looked at"], chains.iter().map(row).collect()))
        }
    }
}

fn alarm(row: &AlarmRow) -> Vec<Markup> {
    let order: Option<OrderId> = row.order_id.as_deref().and_then(|id| id.parse().ok());
    vec![
        ui::time(codec::time(row.raised_at)),
        html! { (row.kind) },
        html! { (row.message) },
        order.map_or_else(|| html! { "–" }, |id| ui::link(&url::order(id), "Its page")),
    ]
}

fn isolation(site: Site<'_>) -> Markup {
    let means = |level| match level {
        3 => "each role has a user of its own, rules on files and a list of system calls",
        2 => "each role has rules on files and a list of system calls, but all have one user",
        1 => "each role has a user of its own, but not both filters",
        _ => "no wall stands between this page and the keys",
    };
    html! {
        @if let Some(level) = site.level {
            p { "Isolation level " (level) " of 3: " (means(level)) "." }
        }
        @match site.walls {
            None => p { "What attacks would come to was not tried at the start; " code { "holdfast check" } " tries it now." },
            Some(walls) => {
                p {
                    "Tried before the roles were started: " (blocked(walls)) " attacks are blocked. "
                    (ui::link(&url::walls(), "Attack by attack"))
                }
                (standing(walls))
            }
        }
    }
}

fn blocked(walls: &Walls) -> String {
    let (blocked, all) = walls.blocked();
    format!("{blocked} of {all}")
}

fn standing(walls: &Walls) -> Markup {
    let row = |wall: &super::walls::Wall| {
        vec![
            html! { (wall.name) },
            html! { (if wall.stands { "Stands" } else { "Open" }) },
            html! { (wall.what) },
        ]
    };
    html! {
        (ui::table("Walls", &["Wall", "State", "What it does"], walls.walls.iter().map(row).collect()))
        @for sentence in &walls.advice {
            (ui::callout(Tone::Warning, "To change", html! { p { (sentence) } }))
        }
    }
}

/// Every attack from the place of every role.
pub(super) fn walls(walls: Option<&Walls>) -> Markup {
    let lead = "What a role that was taken over would try, and how it fared before the roles were started.";
    html! {
        (ui::breadcrumbs(&[(TITLE, url::admin())], WALLS))
        (ui::page_head(WALLS, Some(lead), html! {}))
        @match walls {
            None => p { "It was not tried at the start; " code { "holdfast check" } " tries it now." },
            Some(walls) => {
                p { (blocked(walls)) " attacks are blocked." }
                (ui::table("Attacks", &["Attack", "What it would give", "From web", "From escrow", "From courier"],
                    walls.by_attack(&ROLES).into_iter().map(|(tried, from)| attack(tried, &from)).collect()))
            }
        }
    }
}

fn attack(tried: &Tried, from: &[Option<&Tried>]) -> Vec<Markup> {
    let mut cells = vec![html! { (tried.attack.replace('-', " ")) }, html! { (tried.what) }];
    cells.extend(from.iter().map(|one| match one {
        None => html! { "–" },
        Some(one) if one.is_open() => html! { strong { "Open" } },
        Some(_) => html! { "Blocked" },
    }));
    cells
}
