//! Pages of accounts, from values to markup.

use domain::refusal::Fault;
use maud::{Markup, html};

use crate::http::viewer::Account;
use crate::ui::url::{self, Url};
use crate::ui::{self, Field, Look, Tone};

const PASSWORD_MAX: usize = 128;

/// The form that opens an account.
pub(super) fn register(
    csrf: &str,
    (username, invite): (&str, &str),
    next: Option<&str>,
    faults: &[Fault],
) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::text("username", "Name").value(username).faults(faults).required().max(24).autocomplete("username")
            .hint("3 to 24 letters, digits, - or _. Others see it."))
        (Field::password("password", "Password").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password")
            .hint("At least 8 characters of any kind. A sentence is good."))
        (Field::password("repeat", "Password once more").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password"))
        (Field::text("invite", "Invitation code").value(invite).faults(faults).optional().max(16).autocomplete("off")
            .hint("If somebody sent you here. They get a part of what this site earns by your orders; you pay nothing for it."))
        (onward(next))
        (ui::actions(ui::submit("Create account", Look::Primary)))
    };
    ui::narrow(html! {
        (ui::page_head("Create an account", Some("One account to buy and to sell. No e-mail address needed."), html! {}))
        (ui::form(&url::register(), csrf, fields))
        p { "You have an account? " (ui::link(&with_next(url::login(), next), "Sign in")) }
    })
}

/// The form that begins a session.
pub(super) fn login(csrf: &str, username: &str, next: Option<&str>, faults: &[Fault]) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::text("username", "Name").value(username).faults(faults).required().max(64).autocomplete("username"))
        (Field::password("password", "Password").faults(faults).required().max(PASSWORD_MAX).autocomplete("current-password"))
        (onward(next))
        (ui::actions(ui::submit("Sign in", Look::Primary)))
    };
    ui::narrow(html! {
        (ui::page_head("Sign in", None, html! {}))
        (ui::form(&url::login(), csrf, fields))
        p { "New here? " (ui::link(&with_next(url::register(), next), "Create an account")) }
        p { "Password lost? " (ui::link(&Url::fixed("/recover"), "Use a recovery code")) }
    })
}

/// The form that sets a new password by a code.
pub(super) fn recover(csrf: &str, username: &str, code: &str, faults: &[Fault]) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::text("username", "Name").value(username).faults(faults).required().max(64).autocomplete("username"))
        (Field::text("code", "Recovery code").value(code).faults(faults).required().max(40).autocomplete("off")
            .hint("One of the ten codes from your registration, such as 01z0-1zab-cdef. Each works once."))
        (Field::password("password", "New password").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password"))
        (Field::password("repeat", "New password once more").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password"))
        (ui::actions(ui::submit("Set the password", Look::Primary)))
    };
    ui::narrow(html! {
        (ui::page_head("New password by recovery code", Some("This ends every session of the account and revokes its API keys."), html! {}))
        (ui::form(&Url::fixed("/recover"), csrf, fields))
    })
}

/// The codes, this once.
pub(super) fn codes(codes: &[String], first: bool, next: &Url) -> Markup {
    let title = if first { "Your account is open" } else { "Your new recovery codes" };
    ui::narrow(html! {
        (ui::page_head(title, Some("Keep these ten codes: they are shown only now."), html! {}))
        (ui::callout(Tone::Warning, "Without a code nobody can help you", html! {
            p { "If you lose your password, a code lets you set a new one. Print this page or copy the codes to where you keep passwords. Whoever has one and knows your name can take over the account." }
        }))
        (ui::secrets("Recovery codes", codes))
        (ui::actions(ui::link_button(next, "I have kept them", Look::Primary)))
    })
}

/// The form that makes new codes.
pub(super) fn renew_codes(csrf: &str, left: i64, faults: &[Fault]) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::password("password", "Password").faults(faults).required().max(PASSWORD_MAX).autocomplete("current-password"))
        (ui::actions(html! {
            (ui::submit("Make new codes", Look::Primary))
            (ui::link_button(&url::account(), "Back", Look::Plain))
        }))
    };
    ui::narrow(html! {
        (ui::page_head("Recovery codes", Some("New codes make the old ones void."), html! {}))
        p { "You have " (left) " of 10 codes left." }
        (ui::form(&Url::fixed("/account/codes"), csrf, fields))
    })
}

/// The form that changes the password.
pub(super) fn password(csrf: &str, who: &Account, faults: &[Fault]) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        // For password managers, which want to know whose password it is.
        input type="hidden" autocomplete="username" value=(who.username);
        (Field::password("current", "Present password").faults(faults).required().max(PASSWORD_MAX).autocomplete("current-password"))
        (Field::password("password", "New password").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password")
            .hint("At least 8 characters of any kind."))
        (Field::password("repeat", "New password once more").faults(faults).required().max(PASSWORD_MAX).autocomplete("new-password"))
        (ui::actions(html! {
            (ui::submit("Change the password", Look::Primary))
            (ui::link_button(&url::account(), "Back", Look::Plain))
        }))
    };
    ui::narrow(html! {
        (ui::page_head("Change the password", Some("Every other session of yours ends, and your API keys are revoked."), html! {}))
        (ui::form(&Url::fixed("/account/password"), csrf, fields))
    })
}

/// The form that asks for the password before something that matters.
pub(super) fn confirm(csrf: &str, next: Option<&str>, faults: &[Fault]) -> Markup {
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::password("password", "Password").faults(faults).required().max(PASSWORD_MAX).autocomplete("current-password").autofocus())
        (onward(next))
        (ui::actions(ui::submit("Go on", Look::Primary)))
    };
    ui::narrow(html! {
        (ui::page_head("Confirm your password", Some("What comes next is worth a second look, so we ask once more who is there."), html! {}))
        (ui::form(&Url::fixed("/account/confirm"), csrf, fields))
    })
}

/// The profile.
pub(super) fn account(
    csrf: &str,
    who: &Account,
    codes_left: i64,
    address: &str,
    faults: &[Fault],
) -> Markup {
    let refund = html! {
        (ui::fault_summary(faults))
        (Field::address("refund_address", "Refund address").value(address).faults(faults).optional()
            .hint("Money that comes back to you goes here, on every chain. Take an address of your own wallet, not one that an exchange sends from. Empty to be asked with each order."))
        (ui::actions(ui::submit("Save", Look::Primary)))
    };
    ui::narrow(html! {
        (ui::page_head("Your account", Some(&who.username), html! {}))
        @if codes_left < 3 {
            (ui::callout(Tone::Warning, "Few recovery codes are left", html! {
                p { "You have " (codes_left) " of 10. " (ui::link(&Url::fixed("/account/codes"), "Make new ones")) }
            }))
        }
        (ui::panel(Some("Refunds"), ui::form(&Url::fixed("/account/refund-address"), csrf, refund)))
        (ui::panel(Some("Security"), html! {
            (ui::terms(&[
                ("Password", ui::link(&Url::fixed("/account/password"), "Change the password")),
                ("Recovery codes", html! { (codes_left) " of 10 left. " (ui::link(&Url::fixed("/account/codes"), "Make new ones")) }),
                ("Wallet", ui::link(&url::signer(), "A wallet that signs before a vendor is paid")),
                ("Invitations", ui::link(&url::referrals(), "Your link, and what it has earned")),
                ("API keys", ui::link(&Url::fixed("/account/keys"), "Keys for programs that act for you")),
            ]))
        }))
        (ui::post_button(&url::logout(), csrf, "Sign out", Look::Plain))
    })
}

fn onward(next: Option<&str>) -> Markup {
    html! { @if let Some(next) = next.and_then(Url::local) { (ui::hidden("next", next)) } }
}

fn with_next(url: Url, next: Option<&str>) -> Url {
    match next.and_then(Url::local) {
        Some(next) => url.query("next", next),
        None => url,
    }
}
