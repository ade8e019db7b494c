//! Vendors in the browser: stores, members, payout addresses, items and packages.

use db::addresses::Purpose;
use db::desk::{self, NewEntry};
use db::{addresses, stores, tx};
use domain::clock::{Clock, Span};
use domain::ids::StoreId;

use crate::client::Browser;
use crate::shop::{PASSWORD, START, Shop};

/// An address that can be paid.
pub const PAYEE: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const OTHER: &str = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";

/// The id in an address such as `/stores/{id}/manage`.
pub fn id_in(place: &str) -> String {
    place.split('/').nth(2).expect("there is an id").to_owned()
}

/// Opens a store and gives its id.
pub fn open(browser: &mut Browser, name: &str) -> String {
    browser.see("/selling/new");
    let fields = [("name", name), ("description", "We sell."), ("picture", "crest-kiln")];
    id_in(&browser.act("/selling/new", &fields))
}

/// Names the first payout address of a store.
pub fn name_address(browser: &mut Browser, store: &str) {
    let page = format!("/stores/{store}/payout");
    browser.see(&page);
    assert_eq!(browser.act(&page, &[("address", PAYEE), ("sure", "true")]), page);
}

/// Adds an item without packages and gives its id.
pub fn draft(browser: &mut Browser, store: &str, name: &str) -> String {
    let page = format!("/stores/{store}/items/new");
    browser.see(&page);
    let fields = [("name", name), ("description", "Good."), ("picture", "brass-pen")];
    id_in(&browser.act(&page, &fields))
}

/// Adds a package.
pub fn wrap(browser: &mut Browser, item: &str, name: &str, price: &str) {
    let page = format!("/items/{item}/packages/new");
    browser.see(&page);
    let fields = [("name", name), ("kind", "shipped"), ("price", price), ("shipping", "4.90")];
    assert_eq!(browser.act(&page, &fields), format!("/items/{item}/edit"));
}

/// Adds an item with a package and gives its id.
pub fn item(browser: &mut Browser, store: &str, name: &str, price: &str) -> String {
    let id = draft(browser, store, name);
    wrap(browser, &id, "One", price);
    id
}

/// The first `/packages/{id}/edit` on a page.
fn package_on(page: &str) -> String {
    id_in(page.split("href=\"").find(|rest| rest.starts_with("/packages/")).expect("a package"))
}

#[test]
fn a_store_from_its_opening_to_the_window() {
    let shop = Shop::start();
    let (mut ada, mut anyone) = (shop.member("ada"), shop.browser());
    assert_eq!(ada.get("/selling").location(), "/selling/new");
    let store = open(&mut ada, "Fern & Kiln");
    assert_eq!(ada.get("/selling").location(), format!("/stores/{store}/manage"));
    let pen = item(&mut ada, &store, "A brass pen", "74");

    let said = "The store has no payout address, so it cannot be paid";
    assert!(ada.see(&format!("/stores/{store}/manage")).contains(said));
    let edit = format!("/items/{pen}/edit");
    assert!(ada.see(&edit).contains(&format!("href=\"/stores/{store}/payout\"")));
    assert!(ada.see(&format!("/items/{pen}")).contains("Only you see this page"));
    assert_eq!(anyone.get(&format!("/items/{pen}")).status, 404, "a draft");
    assert!(!anyone.see("/").contains("A brass pen"));

    name_address(&mut ada, &store);
    let page = ada.see(&format!("/stores/{store}/payout"));
    assert!(page.contains(PAYEE) && page.contains("Escrow has not entered it"), "{page}");
    let window = anyone.see("/");
    assert!(window.contains("A brass pen") && window.contains("Fern &amp; Kiln"), "{window}");
    assert!(anyone.see(&format!("/stores/{store}")).contains("A brass pen"));
    let page = anyone.see(&format!("/items/{pen}"));
    for part in ["action=\"/checkout\"", "name=\"package\"", "name=\"quantity\"", "within 3 days"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(ada.see(&format!("/items/{pen}")).contains("your own store"));
}

#[test]
fn the_lowest_price_on_sale_stands_in_the_window() {
    let shop = Shop::start();
    let (mut ada, mut anyone) = (shop.member("ada"), shop.browser());
    let store = open(&mut ada, "Kiln");
    name_address(&mut ada, &store);
    let mug = item(&mut ada, &store, "Mug", "28");
    let mut shows = |price: &str| {
        let page = anyone.see("/");
        let plain = page.replace("<span class=\"price-cents\">", "").replace("</span>", "");
        assert!(
            plain.contains(&format!("${price}").replace('$', "<span class=\"price-sign\">$")),
            "{plain}"
        );
    };
    shows("28.00");
    wrap(&mut ada, &mug, "Second choice", "21.50");
    shows("21.50");
    let edit = format!("/items/{mug}/edit");
    let cheap = package_on(&ada.see(&edit));
    let page = format!("/packages/{cheap}/edit");
    assert!(ada.see(&page).contains("value=\"21.50\""));
    let fields =
        [("name", "Second"), ("kind", "digital"), ("price", "24"), ("handling_hours", "1")];
    assert_eq!(ada.act(&page, &fields), edit);
    shows("24.00");
    assert_eq!(ada.act(&format!("/packages/{cheap}/withdraw"), &[]), edit);
    shows("28.00");
    assert_eq!(ada.get(&page).status, 404, "a withdrawn package is gone");
    let last = package_on(&ada.see(&edit));
    ada.act(&format!("/packages/{last}/withdraw"), &[]);
    assert!(!anyone.see("/").contains("Mug"), "nothing of it is on sale");
    assert_eq!(anyone.get(&format!("/items/{mug}")).status, 404);
}

#[test]
fn what_is_withdrawn_or_suspended_is_gone_but_for_its_members() {
    let shop = Shop::start();
    let (mut ada, mut anyone) = (shop.member("ada"), shop.browser());
    let store = open(&mut ada, "Kiln");
    name_address(&mut ada, &store);
    let mug = item(&mut ada, &store, "Mug", "28");
    let (page, of_store) = (format!("/items/{mug}"), format!("/stores/{store}"));

    ada.act(&format!("{page}/withdraw"), &[]);
    assert_eq!(anyone.get(&page).status, 404);
    assert!(!anyone.see("/").contains("Mug") && !anyone.see(&of_store).contains("Mug"));
    assert!(ada.see(&page).contains("It was taken off sale."));
    assert!(ada.see(&format!("{of_store}/manage")).contains("Off sale"));
    ada.act(&format!("{page}/restore"), &[]);
    assert!(anyone.see("/").contains("Mug"));

    let id: StoreId = store.parse().unwrap();
    let close = move |tx: &mut db::WebTx<'_>| stores::suspend(tx, id, Some(START));
    tx::write::<_, _, db::DbError>(shop.db(), "suspend", close).unwrap();
    assert_eq!(anyone.get(&page).status, 404);
    assert_eq!(anyone.get(&of_store).status, 404);
    assert!(!anyone.see("/").contains("Mug") && !anyone.see("/stores").contains("Kiln"));
    assert!(ada.see(&of_store).contains("This store is suspended"));
    assert!(ada.see(&format!("{of_store}/manage")).contains("This store is suspended"));
    assert_eq!(ada.post(&format!("{page}/withdraw"), &[]).status, 409, "nothing can be changed");
}

#[test]
fn each_wrong_input_has_its_sentence_and_changes_nothing() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let store = open(&mut ada, "Kiln");
    name_address(&mut ada, &store);
    let mug = item(&mut ada, &store, "Mug", "28");
    let long = "x".repeat(81);
    let page = format!("/items/{mug}/packages/new");
    let good = [("name", "Two"), ("kind", "shipped"), ("price", "5"), ("handling_hours", "24")];
    let digits = "Write the amount in digits";
    for (field, value, sentence) in [
        ("price", "0", "A price is more than zero."),
        ("price", "0.00", "A price is more than zero."),
        ("price", "-5", digits),
        ("price", "1e3", digits),
        ("price", "1.234", digits),
        ("price", "", digits),
        ("price", "10000000.01", "This amount is too large."),
        ("shipping", "-1", digits),
        ("name", "", "Please fill this in."),
        ("name", &long, "At most 60 characters, please."),
        ("name", "Mug\u{202e}gum", "characters that cannot be seen"),
        ("name", "Mug\u{200b}", "characters that cannot be seen"),
        ("kind", "gift", "A package is shipped, digital or a service."),
        ("handling_hours", "0", "Between 1 and 720 hours, please."),
        ("handling_hours", "721", "Between 1 and 720 hours, please."),
    ] {
        let mut fields: Vec<_> = good.into_iter().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        ada.see(&page);
        let answer = ada.post(&page, &fields);
        assert_eq!(answer.status, 422, "{field} {value}: {}", answer.text());
        assert!(answer.text().contains(sentence), "{field} {value}: {}", answer.text());
    }
    let shipped = [("name", "Two"), ("kind", "digital"), ("price", "5"), ("shipping", "1")];
    assert!(ada.post(&page, &shipped).text().contains("Only what is shipped"));
    for (field, value, sentence) in [
        ("name", "", "Please fill this in."),
        ("name", long.as_str(), "At most 80 characters, please."),
        ("name", "Mu\u{feff}g", "characters that cannot be seen"),
        ("description", " ", "Please fill this in."),
        ("picture", "../../etc/passwd", "Please choose one of the pictures."),
    ] {
        let good = [("name", "Pen"), ("description", "Good."), ("picture", "brass-pen")];
        let mut fields: Vec<_> = good.into_iter().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        for page in [format!("/stores/{store}/items/new"), format!("/items/{mug}/edit")] {
            ada.see(&page);
            let answer = ada.post(&page, &fields);
            assert_eq!(answer.status, 422, "{field}: {}", answer.text());
            assert!(answer.text().contains(sentence), "{field}: {}", answer.text());
        }
    }
    let manage = ada.see(&format!("/stores/{store}/manage"));
    assert_eq!(manage.matches("/edit\"").count(), 2, "one item and the store itself: {manage}");
    assert_eq!(ada.see(&format!("/items/{mug}/edit")).matches("/withdraw\"").count(), 2);
}

#[test]
fn a_store_s_name_is_like_no_other_s() {
    let shop = Shop::start();
    let (mut ada, mut bob) = (shop.member("ada"), shop.member("bob"));
    open(&mut ada, "Fern & Kiln");
    let his = open(&mut bob, "Harbour");
    let fields = [("name", " FERN  &  kiln "), ("description", "x"), ("picture", "crest-kiln")];
    for page in ["/selling/new".to_owned(), format!("/stores/{his}/edit")] {
        bob.see(&page);
        let answer = bob.post(&page, &fields);
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("A store of this name is there already."));
    }
    let fields = [("name", "HARBOUR"), ("description", "New"), ("picture", "crest-harbour")];
    bob.act(&format!("/stores/{his}/edit"), &fields);
    assert!(bob.see(&format!("/stores/{his}")).contains("HARBOUR"));
}

#[test]
fn strangers_find_nothing_and_collaborators_sell_without_the_owner_s_powers() {
    let shop = Shop::start();
    let (mut ada, mut bob) = (shop.member("ada"), shop.member("bob"));
    let store = open(&mut ada, "Kiln");
    name_address(&mut ada, &store);
    let mug = item(&mut ada, &store, "Mug", "28");
    let package = package_on(&ada.see(&format!("/items/{mug}/edit")));
    let s = |rest: &str| format!("/stores/{store}/{rest}");
    let words = [("name", "Mine"), ("description", "x"), ("picture", "crest-kiln")];
    let item_words = [("name", "Mine"), ("description", "x"), ("picture", "brass-pen")];
    let wrapped = [("name", "One"), ("kind", "shipped"), ("price", "1")];
    let owner_only: [(String, &[_]); 3] = [
        (s("edit"), &words),
        (s("payout"), &[("address", OTHER), ("sure", "true")]),
        (s("members"), &[("username", "bob")]),
    ];
    let selling: [(String, &[_]); 5] = [
        (s("items/new"), &item_words),
        (format!("/items/{mug}/edit"), &item_words),
        (format!("/items/{mug}/packages/new"), &wrapped),
        (format!("/packages/{package}/edit"), &wrapped),
        (format!("/items/{mug}/withdraw"), &[]),
    ];
    bob.see("/account");
    for (page, fields) in owner_only.iter().chain(&selling) {
        assert_eq!(bob.post(page, fields).status, 404, "{page}");
        assert_eq!(
            bob.post(page, &[]).status,
            404,
            "a bad form of it tells nothing either: {page}"
        );
    }
    for page in [s("manage"), s("edit"), s("members"), s("payout"), s("items/new")] {
        assert_eq!(bob.get(&page).status, 404, "{page}");
        assert_eq!(shop.browser().get(&page).status, 303, "{page}");
    }

    assert_eq!(ada.post(&s("members"), &[("username", "nobody")]).status, 422);
    assert_eq!(ada.act(&s("members"), &[("username", " BOB ")]), s("members"));
    assert_eq!(ada.post(&s("members"), &[("username", "bob")]).status, 422, "he is one already");
    for (page, fields) in &owner_only {
        let answer = bob.post(page, fields);
        assert_eq!(answer.status, 403, "{page}");
        assert!(answer.text().contains("Only the owner of this store may do this."));
    }
    for (page, fields) in &selling {
        bob.act(page, fields);
    }
    assert_eq!(bob.get(&s("members")).status, 200);

    let members = ada.see(&s("members"));
    let remove = members.split("action=\"").find(|rest| rest.contains("/remove\"")).unwrap();
    let remove = remove.split('"').next().unwrap();
    ada.act(remove, &[]);
    assert_eq!(bob.get(&s("manage")).status, 404, "dismissed at once");
}

#[test]
fn a_payout_address_is_checked_shown_in_full_and_guarded_by_the_password() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let store = open(&mut ada, "Kiln");
    let page = format!("/stores/{store}/payout");
    ada.see(&page);
    for (bad, sentence) in [
        ("", "Please fill this in."),
        ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "do not match its checksum"),
        ("0x0000000000000000000000000000000000000000", "Nobody holds the key"),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "An address is 0x"),
    ] {
        let answer = ada.post(&page, &[("address", bad), ("sure", "true")]);
        assert_eq!(answer.status, 422, "{bad}");
        assert!(answer.text().contains(sentence), "{bad}: {}", answer.text());
    }
    let shown = ada.post(&page, &[("address", &PAYEE.to_lowercase())]).text();
    assert!(shown.contains(PAYEE) && shown.contains("not an exchange"), "{shown}");
    assert!(ada.see(&page).contains("No payout address"), "showing it takes nothing");
    name_address(&mut ada, &store);
    let again = ada.post(&page, &[("address", PAYEE), ("sure", "true")]);
    assert!(again.text().contains("already"), "{}", again.text());

    shop.wait(Span::minutes(6));
    let guarded = ada.post(&page, &[("address", OTHER), ("sure", "true")]);
    assert!(guarded.location().starts_with("/account/confirm"), "{}", guarded.location());
    assert!(!ada.see(&page).contains(OTHER));
    ada.see("/account/confirm?next=%2F");
    assert_eq!(ada.act("/account/confirm", &[("password", PASSWORD), ("next", &page)]), page);
    ada.see(&page);
    assert_eq!(ada.act(&page, &[("address", OTHER), ("sure", "true")]), page);
    assert!(ada.see(&page).contains(OTHER));
}

#[test]
fn the_payout_page_says_what_escrow_s_book_says() {
    let shop = Shop::start();
    let mut ada = shop.member("ada");
    let store = open(&mut ada, "Kiln");
    let page = format!("/stores/{store}/payout");
    name_address(&mut ada, &store);
    let id: StoreId = store.parse().unwrap();
    let enter = |counts_from| {
        let (request, address, _) =
            shop.db().read(|c| addresses::asked(c, Purpose::Payout(id))).unwrap().unwrap();
        let entry = NewEntry {
            purpose: Purpose::Payout(id),
            address,
            request,
            seen_at: shop.clock.now(),
            counts_from,
        };
        let write = move |tx: &mut db::EscrowTx<'_>| desk::enter(tx, &entry);
        tx::write::<_, _, db::DbError>(&shop.escrow(), "enter", write).unwrap();
    };
    enter(START);
    let shown = ada.see(&page);
    assert!(shown.contains("In force") && !shown.contains("Counts from"), "{shown}");

    // The newer of two requests counts, so they must not be of one moment.
    shop.wait(Span::secs(1));
    ada.act(&page, &[("address", OTHER), ("sure", "true")]);
    enter(START.after(Span::hours(48)));
    let shown = ada.see(&page);
    assert!(shown.contains("In force") && shown.contains(PAYEE), "{shown}");
    assert!(shown.contains("Counts from") && shown.contains("23 Nov 2026"), "{shown}");
    shop.wait(Span::hours(48));
    let shown = ada.see(&page);
    assert!(shown.contains(OTHER) && !shown.contains(PAYEE), "{shown}");
    assert!(!shown.contains("Counts from"), "{shown}");
}

#[test]
fn markup_that_people_type_stays_text() {
    let shop = Shop::start();
    let (mut ada, mut anyone) = (shop.member("ada"), shop.browser());
    let evil =
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'-alert(1)-'", "{{7*7}}"];
    for (n, text) in evil.into_iter().enumerate() {
        let short: String = format!("{n}{text}").chars().take(40).collect();
        ada.see("/selling/new");
        let fields = [("name", short.as_str()), ("description", text), ("picture", "crest-kiln")];
        let store = id_in(&ada.act("/selling/new", &fields));
        name_address(&mut ada, &store);
        let new = format!("/stores/{store}/items/new");
        ada.see(&new);
        let fields = [("name", text), ("description", text), ("picture", "brass-pen")];
        let item = id_in(&ada.act(&new, &fields));
        wrap(&mut ada, &item, text, "1");
        let mut pages = vec![
            ada.see(&format!("/stores/{store}/manage")),
            ada.see(&format!("/stores/{store}/edit")),
            ada.see(&format!("/items/{item}/edit")),
            ada.get("/selling").text(),
        ];
        for page in ["/", "/stores", &format!("/stores/{store}"), &format!("/items/{item}")] {
            pages.push(anyone.see(page));
        }
        ada.see(&new);
        let bad = [("name", text), ("description", ""), ("picture", text)];
        pages.push(ada.post(&new, &bad).text());
        for page in pages {
            for raw in ["<script>alert", "<img src=x", "onerror=alert(1)>"] {
                assert!(!page.contains(raw), "{raw}: {page}");
            }
        }
    }
}
