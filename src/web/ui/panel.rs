//! Notices, tables, lists and the other small parts of pages.

use maud::{Markup, html};

use super::layout::Tone;
use super::url::Url;

/// A notice within a page.
pub fn callout(tone: Tone, title: &str, body: Markup) -> Markup {
    let role = if tone == Tone::Danger { "alert" } else { "note" };
    html! {
        div.callout.{(tone.class())} role=(role) { p.callout-title { (title) } (body) }
    }
}

/// What stands where nothing is yet.
pub fn empty(title: &str, text: &str, action: Markup) -> Markup {
    html! {
        div.empty {
            svg.empty-picture viewBox="0 0 96 48" aria-hidden="true" {
                path d="M28 6v36M68 6v36" {}
                path d="M16 26c0 5 14 9 32 9s32-4 32-9-14-9-32-9-32 4-32 9z" stroke-dasharray="1 6" {}
            }
            p.empty-title { (title) }
            p { (text) }
            (action)
        }
    }
}

/// Terms and what they come to.
pub fn terms(pairs: &[(&str, Markup)]) -> Markup {
    html! {
        dl.terms { @for (term, fact) in pairs { div { dt { (term) } dd { (fact) } } } }
    }
}

/// A table whose rows become cards on a phone. Each row has as many cells as there are heads; the
/// first cell names the row.
pub fn table(caption: &str, heads: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    html! {
        // The roles are said aloud because the phone's layout takes the table's own ones away.
        table.table role="table" {
            caption.visually-hidden { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for head in heads { th scope="col" role="columnheader" { (head) } } }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (head, cell) in heads.iter().zip(row) { td role="cell" data-head=(head) { div.cell { (cell) } } }
                    }
                }
            }
        }
    }
}

/// Ways to newer and older entries of a list; nothing if all of it is shown.
pub fn pager(newer: Option<Url>, older: Option<Url>) -> Markup {
    html! {
        @if newer.is_some() || older.is_some() {
            nav.pager aria-label="More entries" {
                @if let Some(url) = newer { a.button.button-quiet rel="prev" href=(url) { "← Newer" } } @else { span {} }
                @if let Some(url) = older { a.button.button-quiet rel="next" href=(url) { "Older →" } }
            }
        }
    }
}

/// The body of a page that says what went wrong, with the id under which the log has the cause.
pub fn error_body(
    status: u16,
    title: &str,
    sentence: &str,
    id: Option<&str>,
    back: (&Url, &str),
) -> Markup {
    html! {
        div.error-page {
            p.error-status { (status) }
            h1 { (title) }
            p.lead { (sentence) }
            @if let Some(id) = id {
                p.error-id { "If you ask for help, give this number: " code.mono { (id) } }
            }
            p { a.button href=(back.0) { (back.1) } }
        }
    }
}

/// A word about a thing: `Digital`, `Owner`.
pub fn tag(text: &str) -> Markup {
    html! { span.tag { (text) } }
}

/// A text for those who listen to the page.
pub fn visually_hidden(text: &str) -> Markup {
    html! { span.visually-hidden { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_alerts_and_information_does_not() {
        let danger = callout(Tone::Danger, "<b>", html! {}).into_string();
        assert!(danger.contains("role=\"alert\"") && danger.contains("&lt;b&gt;"), "{danger}");
        assert!(callout(Tone::Info, "x", html! {}).into_string().contains("role=\"note\""));
    }

    #[test]
    fn cells_carry_their_heads_for_the_phone() {
        let rows = vec![vec![html! { "A" }, html! { "B" }]];
        let markup = table("Orders", &["Name", "Sum <"], rows).into_string();
        assert!(markup.contains("data-head=\"Sum &lt;\"><div class=\"cell\">B<"), "{markup}");
        assert!(markup.contains("<caption class=\"visually-hidden\">Orders"), "{markup}");
    }

    #[test]
    fn a_pager_shows_only_ways_that_exist() {
        assert_eq!(pager(None, None).into_string(), "");
        let markup = pager(None, Some(Url::fixed("/x").query("before", "a b"))).into_string();
        assert!(
            markup.contains("href=\"/x?before=a%20b\"") && !markup.contains("Newer"),
            "{markup}"
        );
    }

    #[test]
    fn an_error_gives_its_number_and_a_way_out() {
        let markup = error_body(
            404,
            "Nothing here",
            "It may have <moved>.",
            Some("r-1"),
            (&Url::fixed("/"), "Shop"),
        );
        let markup = markup.into_string();
        assert!(
            markup.contains("404") && markup.contains(">r-1<") && markup.contains("&lt;moved&gt;")
        );
        assert!(markup.contains("href=\"/\""));
    }

    #[test]
    fn terms_are_a_list_of_definitions() {
        let markup = terms(&[("Price <", html! { "1" })]).into_string();
        assert_eq!(markup, "<dl class=\"terms\"><div><dt>Price &lt;</dt><dd>1</dd></div></dl>");
    }
}
