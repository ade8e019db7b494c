//! Rules that hold for every component at once.

use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::money::{Amount, Cents};
use domain::refusal::Fault;
use maud::{Markup, Render, html};

use super::url::{self, Url};
use super::*;

/// What a hostile user would like to see in a page as it is.
const EVIL: &str = "\"'><img src=x onerror=alert(1)><b style=color:red>&amp;{{x}}";

fn shopping() -> Markup {
    let card = Card {
        url: Url::fixed("/i").seg(EVIL),
        title: EVIL,
        picture: EVIL,
        store: EVIL,
        from: None,
        note: Some(EVIL),
    };
    let store = StoreCard {
        url: Url::fixed("/s"),
        name: EVIL,
        picture: EVIL,
        text: EVIL,
        note: Some(EVIL),
    };
    html! {
        (hero(EVIL, EVIL, html! {})) (card_grid(&[card])) (store_grid(&[store])) (prose(EVIL)) (figure(EVIL)) (crest(EVIL))
        (how_it_works()) (receipt(&[(EVIL, 3, Cents::default())], Cents::default())) (tag(EVIL))
        (breadcrumbs(&[(EVIL, url::home())], EVIL)) (page_head(EVIL, Some(EVIL), html! {})) (empty(EVIL, EVIL, html! {}))
    }
}

fn filling_in() -> Markup {
    let faults = [Fault::new("f", EVIL)];
    let options = [(EVIL, EVIL)];
    let choice = Choice { value: EVIL, label: EVIL, detail: html! { (EVIL) }, disabled: false };
    html! {
        (fault_summary(&faults))
        (form(&url::home(), EVIL, html! {
            (Field::text("f", EVIL).value(EVIL).hint(EVIL).faults(&faults).prefix(EVIL).suffix(EVIL))
            (TextArea::new("f", EVIL).value(EVIL).hint(EVIL).faults(&faults))
            (Select::new("f", EVIL, &options).value(EVIL).faults(&faults))
            (Choices::new("f", EVIL, vec![choice]).value(EVIL).faults(&faults))
            (PicturePicker::new("f", EVIL).value(EVIL).faults(&faults))
            (checkbox("f", EVIL, false)) (submit(EVIL, Look::Primary)) (submit_as("f", EVIL, EVIL, Look::Quiet))
        }))
        (post_button(&url::home(), EVIL, EVIL, Look::Danger)) (secret(EVIL, EVIL)) (secrets(EVIL, &[EVIL.to_owned()]))
    }
}

fn paying() -> Markup {
    let to = EvmAddress::from_bytes([7; 20]);
    let money = Money { amount: Amount::from_u128(1), decimals: 18, coin: EVIL };
    let at = Time::from_secs(0);
    html! {
        (amount(money)) (amount_exact(money)) (hash(EVIL, None)) (copy(EVIL, EVIL))
        (pay_box(PayBox {
            money, address: &to, explorer: None, chain: EVIL, by: at, extra: html! {},
            uri: url::eip681(&Asset::native_of(ChainId::BASE), &to, money.amount),
        }))
        (confirm(Confirm {
            title: EVIL, action: url::home(), csrf: EVIL, verb: EVIL, look: Look::Danger, facts: vec![(EVIL, html! { (EVIL) })],
            warning: Some(EVIL), fields: html! {}, sends_files: true, back: url::home(), back_label: EVIL,
        }))
        (timeline(&[Entry {
            at, actor: EVIL, tone: Some(Tone::Info), sentence: html! { (EVIL) },
            proofs: vec![Proof { label: EVIL, hash: EVIL, link: None }],
        }]))
        (next_step(NextStep { who: EVIL, mine: true, what: html! { (EVIL) }, by: None, otherwise: Some(EVIL), action: html! {} }))
        (callout(Tone::Danger, EVIL, html! { (EVIL) })) (terms(&[(EVIL, html! { (EVIL) })]))
        (table(EVIL, &[EVIL], vec![vec![html! { (EVIL) }]])) (error_body(500, EVIL, EVIL, Some(EVIL), (&url::home(), EVIL)))
    }
}

#[test]
fn no_component_lets_a_text_become_markup() {
    for markup in [shopping(), filling_in(), paying()] {
        let markup = markup.into_string();
        assert!(markup.contains("&lt;img src=x onerror=alert(1)&gt;"));
        for broken in ["<img src=x", "<b style", "\"'>"] {
            assert!(!markup.contains(broken), "{broken} in {markup}");
        }
    }
}

#[test]
fn no_component_styles_or_scripts_itself() {
    for markup in [shopping(), filling_in(), paying()] {
        // Quotes of texts are escaped, so an attribute's own quote tells it from a text.
        let markup = markup.into_string();
        for forbidden in [
            " style=\"",
            "<style",
            "<script",
            " onclick=\"",
            " onsubmit=\"",
            " hx-on",
            "javascript:",
        ] {
            assert!(!markup.contains(forbidden), "{forbidden} in {markup}");
        }
    }
}

#[test]
fn every_picture_says_what_it_shows_or_that_it_is_decoration() {
    let markup = html! { (shopping()) (filling_in()) }.into_string();
    let pictures = markup.split("<img ").skip(1).filter(|rest| !rest.starts_with("src=x"));
    for picture in pictures {
        assert!(picture.split('>').next().unwrap().contains("alt=\""), "{picture}");
    }
}

#[test]
fn every_label_leads_to_a_field() {
    let markup = Field::text("one", "One").render().into_string();
    assert!(markup.contains("for=\"f-one\"") && markup.contains("id=\"f-one\""), "{markup}");
}
