//! What stands around every page, and the few ways in which pages are divided.

use domain::policy;
use domain::user::Role;
use maud::{DOCTYPE, Markup, html};

use super::brand::mark;
use super::form::{Look, hidden, link_button};
use super::panel::visually_hidden;
use super::url::{self, Url};

/// What every page knows of its visitor and of the site.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// The site's name.
    pub site_name: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The session's token against forged forms.
    pub csrf: String,
    /// Light or dark.
    pub theme: Theme,
    /// A notice to everybody, above the page.
    pub banner: Option<Banner>,
    /// What the visitor's last act led to.
    pub flash: Option<Flash>,
    /// The path of this page, which tells where in the menu we are.
    pub path: String,
    /// Without the script the page loads itself anew after so many seconds.
    pub refresh_secs: Option<u32>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Account name.
    pub username: String,
    /// What the account may do on the site as a whole.
    pub role: Role,
    /// Whether it belongs to a store.
    pub has_stores: bool,
    /// Notices that were not read.
    pub unread: i64,
}

/// Light, dark, or as the visitor's system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads the cookie `theme`; anything unknown is automatic.
    pub fn from_cookie(value: Option<&str>) -> Self {
        match value {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// Its word in the cookie and in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The colour of a notice and what it says about its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// It worked.
    Success,
    /// Care is needed.
    Warning,
    /// It failed, or it cannot be undone.
    Danger,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Info => "tone-info",
            Self::Success => "tone-success",
            Self::Warning => "tone-warning",
            Self::Danger => "tone-danger",
        }
    }
}

/// A notice to everybody.
#[derive(Debug, Clone)]
pub struct Banner {
    /// Its weight.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

/// A notice to one visitor about what he just did.
#[derive(Debug, Clone)]
pub struct Flash {
    /// Its weight.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

/// No script from answers, nothing of private pages in the browser's storage, answers with faults
/// of a form (422) or a conflict (409) shown in place.
const HTMX_CONFIG: &str = r#"{"selfRequestsOnly":true,"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"historyCacheSize":0,"historyRestoreAsHxRequest":false,"refreshOnHistoryMiss":true,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"409|422","swap":true},{"code":"[45]..","swap":false,"error":true}]}"#;

/// A whole page around `body`.
pub fn layout(chrome: &Chrome, title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(chrome.theme.as_str()) {
            (head(chrome, title))
            body {
                a.skip href="#main" { "Skip to the content" }
                (masthead(chrome))
                @if let Some(banner) = &chrome.banner {
                    div.banner.{(banner.tone.class())} role="status" { p.wrap { (banner.text) } }
                }
                main #main .wrap tabindex="-1" {
                    @if let Some(flash) = &chrome.flash {
                        p.flash.{(flash.tone.class())} role="status" { (flash.text) }
                    }
                    (body)
                }
                (footer(chrome))
                p #announce .visually-hidden role="status" aria-live="polite" {}
            }
        }
    }
}

fn head(chrome: &Chrome, title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " · " (chrome.site_name) }
            meta name="color-scheme" content=(if chrome.theme == Theme::Auto { "light dark" } else { chrome.theme.as_str() });
            meta name="htmx-config" content=(HTMX_CONFIG);
            link rel="stylesheet" href=(url::css());
            link rel="icon" href=(Url::fixed("/favicon.svg")) type="image/svg+xml";
            script src=(url::htmx()) defer {}
            script src=(url::app_js()) defer {}
            @if let Some(secs) = chrome.refresh_secs {
                noscript { meta http-equiv="refresh" content=(secs); }
            }
        }
    }
}

fn masthead(chrome: &Chrome) -> Markup {
    html! {
        header.masthead {
            div.wrap.masthead-row {
                a.brand href=(url::home()) { (mark()) span.brand-name { (chrome.site_name) } }
                nav.menu aria-label="Main" {
                    (menu_link(chrome, &url::home(), "Shop"))
                    @if let Some(viewer) = &chrome.viewer {
                        (menu_link(chrome, &url::orders(), "Orders"))
                        (unread(chrome, viewer.unread))
                        (menu_link(chrome, &url::selling(), if viewer.has_stores { "Store" } else { "Sell" }))
                        @if viewer.role.is_staff() { (menu_link(chrome, &url::disputes(), "Disputes")) (menu_link(chrome, &crate::deposits::all(), "Deposits")) }
                        @if policy::sees_site(viewer.role) { (menu_link(chrome, &url::admin(), "Admin")) }
                    }
                }
                (whoami(chrome))
            }
        }
    }
}

fn menu_link(chrome: &Chrome, to: &Url, text: &str) -> Markup {
    let here = chrome.path == to.as_str();
    let current =
        if here { Some("page") } else { (part_of(&chrome.path) == *to).then_some("true") };
    html! { a href=(to) aria-current=[current] { (text) } }
}

/// The entry of the menu that a path belongs to. An item and a store are the shop's to look at; what
/// lies below them is for those who sell.
fn part_of(path: &str) -> Url {
    let mut parts = path.split('/').skip(1);
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("orders", ..) => url::orders(),
        ("disputes", ..) => url::disputes(),
        ("account", ..) => url::account(),
        ("admin", ..) => url::admin(),
        ("selling" | "packages", ..)
        | ("stores", Some("new"), _)
        | ("items" | "stores", _, Some(_)) => url::selling(),
        ("items" | "stores", ..) => url::home(),
        (..) => Url::fixed(NOWHERE),
    }
}

/// The highest number of new notices that is shown.
const UNREAD_SHOWN: i64 = 99;
/// Where pages are that stand in no menu.
const NOWHERE: &str = "/-";

fn whoami(chrome: &Chrome) -> Markup {
    html! {
        div.whoami {
            @if let Some(viewer) = &chrome.viewer {
                a.whoami-name href=(url::account()) { (visually_hidden("Account of ")) (viewer.username) }
                form method="post" action=(url::logout()) data-once {
                    (hidden("csrf", &chrome.csrf))
                    button.button.button-quiet.button-small type="submit" { "Sign out" }
                }
            } @else {
                a.whoami-name href=(url::login()) { "Sign in" }
                span.whoami-register { (link_button(&url::register(), "Create account", Look::Plain)) }
            }
        }
    }
}

/// The way to the notices, with the number of new ones.
fn unread(chrome: &Chrome, count: i64) -> Markup {
    let shown = if count > UNREAD_SHOWN { format!("{UNREAD_SHOWN}+") } else { count.to_string() };
    let here = (chrome.path == url::notices().as_str()).then_some("page");
    html! {
        a href=(url::notices()) aria-current=[here] {
            "Notices"
            @if count > 0 { span.count { (shown) (visually_hidden(" new")) } }
        }
    }
}

fn footer(chrome: &Chrome) -> Markup {
    html! {
        footer.footer {
            div.wrap.footer-row {
                p.footer-line { (mark()) span { (chrome.site_name) ". Every order is paid into an escrow of its own." } }
                nav.footer-links aria-label="About" {
                    a href=(url::stores()) { "Stores" }
                    a href=(url::help()) { "How escrow works" }
                    a href=(url::transparency()) { "What escrow holds" }
                }
                form.themes method="post" action=(url::theme()) {
                    (hidden("csrf", &chrome.csrf))
                    fieldset {
                        legend.visually-hidden { "Colours" }
                        @for (theme, text) in [(Theme::Auto, "Auto"), (Theme::Light, "Light"), (Theme::Dark, "Dark")] {
                            button.theme type="submit" name="theme" value=(theme.as_str())
                                aria-pressed=(if theme == chrome.theme { "true" } else { "false" }) { (text) }
                        }
                    }
                }
            }
        }
    }
}

/// The heading of a page, a sentence below it, and what can be done with the whole page.
pub fn page_head(title: &str, lead: Option<&str>, actions: Markup) -> Markup {
    html! {
        header.page-head {
            div {
                h1 { (title) }
                @if let Some(lead) = lead { p.lead { (lead) } }
            }
            @if !actions.0.is_empty() { div.actions { (actions) } }
        }
    }
}

/// A page of one narrow column: forms, texts.
pub fn narrow(body: Markup) -> Markup {
    html! { div.narrow { (body) } }
}

/// Two columns on a desk, one below the other on a phone.
pub fn split(main: Markup, aside: Markup) -> Markup {
    html! { div.split { div.split-main { (main) } div.split-aside { (aside) } } }
}

/// Two columns on a desk with `rest` below the first; on a phone `top`, then `aside`, then `rest`.
pub fn split_three(top: Markup, aside: Markup, rest: Markup) -> Markup {
    html! {
        div.split.split-3 {
            div.split-main { (top) } div.split-aside { (aside) } div.split-rest { (rest) }
        }
    }
}

/// A part of a page with a frame of its own.
pub fn panel(title: Option<&str>, body: Markup) -> Markup {
    html! {
        section.panel { @if let Some(title) = title { h2.panel-title { (title) } } (body) }
    }
}

/// The way from the home page to here.
pub fn breadcrumbs(above: &[(&str, Url)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="You are here" {
            ol {
                @for (text, url) in above { li { a href=(url) { (text) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A part of a page that asks for itself anew every few seconds and is replaced by the answer; the
/// answer ends the asking by not being `live` itself. Status 204 leaves everything as it is.
pub fn live(id: &'static str, source: &Url, every_secs: u32, body: Markup) -> Markup {
    html! {
        div.live id=(id) hx-get=(source) hx-trigger=(format!("every {every_secs}s")) hx-swap="outerHTML" { (body) }
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
