use super::*;

fn chrome() -> Chrome {
    Chrome {
        site_name: "Hold & fast".to_owned(),
        viewer: None,
        csrf: "token".to_owned(),
        theme: Theme::Dark,
        banner: None,
        flash: None,
        path: "/orders/ab".to_owned(),
        refresh_secs: None,
    }
}

fn page(chrome: &Chrome) -> String {
    layout(chrome, "A <title>", html! { h1 { "Here" } }).into_string()
}

#[test]
fn a_page_has_one_main_a_way_to_it_and_a_title() {
    let page = page(&chrome());
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\" data-theme=\"dark\">"), "{page}");
    assert!(page.contains("<title>A &lt;title&gt; · Hold &amp; fast</title>"), "{page}");
    assert_eq!(page.matches("<main").count(), 1);
    assert!(page.contains("href=\"#main\"") && page.contains("id=\"main\""), "{page}");
}

#[test]
fn nothing_of_a_page_needs_more_than_the_strict_policy() {
    let page = page(&Chrome { refresh_secs: Some(5), ..chrome() });
    for forbidden in
        ["style=", "<style", "onclick", "onload", "hx-on", "javascript:", "http://", "https://"]
    {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
    // A script element is a reference and empty.
    assert_eq!(page.matches("<script src=\"/static/").count(), page.matches("<script").count());
    assert_eq!(page.matches("defer></script>").count(), page.matches("<script").count());
}

#[test]
fn the_settings_of_htmx_are_json_and_shut() {
    let config: serde_json::Value = serde_json::from_str(HTMX_CONFIG).unwrap();
    for (key, value) in
        [("selfRequestsOnly", true), ("allowEval", false), ("allowScriptTags", false)]
    {
        assert_eq!(config[key], value, "{key}");
    }
    assert_eq!(config["includeIndicatorStyles"], false);
    assert_eq!(config["historyCacheSize"], 0);
    assert!(
        page(&chrome())
            .contains("name=\"htmx-config\" content=\"{&quot;selfRequestsOnly&quot;:true")
    );
}

#[test]
fn only_who_is_signed_in_can_sign_out_and_the_form_carries_the_token() {
    let outside = page(&chrome());
    assert!(outside.contains("href=\"/login\"") && !outside.contains("action=\"/logout\""));
    let viewer =
        Viewer { username: "ada".to_owned(), role: Role::Customer, has_stores: false, unread: 0 };
    let inside = page(&Chrome { viewer: Some(viewer.clone()), ..chrome() });
    assert!(inside.contains("action=\"/logout\"") && !inside.contains("href=\"/login\""));
    assert!(inside.contains(">Sell<") && !inside.contains(">Store<"));
    assert_eq!(
        inside.matches("<form").count(),
        inside.matches("name=\"csrf\" value=\"token\"").count()
    );
    let vendor = page(&Chrome { viewer: Some(Viewer { has_stores: true, ..viewer }), ..chrome() });
    assert!(vendor.contains(">Store<"));
}

#[test]
fn the_menu_knows_where_we_are() {
    let viewer = Some(Viewer {
        username: "ada".to_owned(),
        role: Role::Customer,
        has_stores: false,
        unread: 0,
    });
    let inside = page(&Chrome { viewer: viewer.clone(), ..chrome() });
    assert!(inside.contains("href=\"/orders\" aria-current=\"true\""), "{inside}");
    assert_eq!(inside.matches("aria-current").count(), 1);
    let shop = page(&Chrome { viewer, path: "/items/ab".to_owned(), ..chrome() });
    assert!(shop.contains("<a href=\"/\" aria-current=\"true\""), "{shop}");
    for (path, part) in [
        ("/stores", url::home()),
        ("/stores/ab", url::home()),
        ("/stores/new", url::selling()),
        ("/stores/ab/manage", url::selling()),
        ("/items/ab/edit", url::selling()),
        ("/account/keys", url::account()),
        ("/help", Url::fixed(NOWHERE)),
    ] {
        assert_eq!(part_of(path), part, "{path}");
    }
    let home = page(&Chrome { path: "/".to_owned(), ..chrome() });
    assert!(home.contains("<a href=\"/\" aria-current=\"page\""), "{home}");
}

#[test]
fn notices_are_announced_and_escaped() {
    let banner = Some(Banner { tone: Tone::Warning, text: "Payments <pause>".to_owned() });
    let flash = Some(Flash { tone: Tone::Success, text: "Saved & done".to_owned() });
    let page = page(&Chrome { banner, flash, ..chrome() });
    assert!(page.contains("class=\"banner tone-warning\" role=\"status\""), "{page}");
    assert!(page.contains("Payments &lt;pause&gt;") && page.contains("Saved &amp; done"));
}

#[test]
fn only_without_the_script_a_page_reloads_itself() {
    let page = page(&Chrome { refresh_secs: Some(5), ..chrome() });
    assert!(
        page.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"),
        "{page}"
    );
}

#[test]
fn themes_read_their_own_words_and_no_others() {
    for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
        assert_eq!(Theme::from_cookie(Some(theme.as_str())), theme);
    }
    assert_eq!(Theme::from_cookie(Some("\"><script>")), Theme::Auto);
    let page = page(&chrome());
    assert!(page.contains("value=\"dark\" aria-pressed=\"true\""), "{page}");
    assert_eq!(page.matches("aria-pressed=\"true\"").count(), 1);
}

#[test]
fn a_live_part_asks_for_itself() {
    let markup =
        live("order-state", &Url::fixed("/orders").seg("a\"b").seg("state"), 3, html! { "x" })
            .into_string();
    assert!(markup.contains("hx-get=\"/orders/a%22b/state\" hx-trigger=\"every 3s\""), "{markup}");
}
