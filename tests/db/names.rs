//! Names, keys and texts keep their exact form on both engines: nothing is folded, cut or padded
//! behind our back, and what differs by a blank, a case or an accent differs.

use db::idempotency::{self, IdempotencyRow};
use db::stores;
use db::{DbError, accounts, codec, tx};
use domain::clock::Time;
use domain::ids::{StoreId, UserId};
use domain::store::{Store, Tier};
use testkit::{Data, conformance};

use crate::turns::user;

conformance! {
    names_that_look_alike_are_several
    the_same_name_twice_is_refused
    keys_of_agents_are_told_apart_by_every_letter
    texts_come_back_as_they_went
    a_text_that_does_not_fit_is_refused
}

/// Alike to a collation that folds, pads or strips.
const ALIKE: [&str; 11] = [
    "admin",
    "ADMIN",
    "ADMIN ",
    "admin ",
    " admin",
    "ädmin",
    "a\u{308}dmin",
    "admın",
    "аdmin",
    "admin\t",
    "straße",
];
const START: Time = Time::from_secs(1_795_000_000);

fn id(n: usize) -> UserId {
    let mut bytes = [9; 16];
    bytes[0] = u8::try_from(n).unwrap();
    UserId::from_random(bytes)
}

fn names_that_look_alike_are_several(data: &Data) {
    let web = data.web();
    for (n, name) in ALIKE.into_iter().enumerate() {
        let row = user(id(n), name);
        tx::write(&web, "enrol", move |tx| accounts::insert(tx, &row)).unwrap();
    }
    for (n, name) in ALIKE.into_iter().enumerate() {
        let found = web.read(|conn| accounts::by_key(conn, name)).unwrap().unwrap();
        assert_eq!((found.id, found.username.as_str()), (id(n).to_string(), name));
    }
    for nobody in ["Admin", "admin  ", "strasse", "STRASSE", "admin\0", ""] {
        assert_eq!(web.read(|conn| accounts::by_key(conn, nobody)), Ok(None), "{nobody:?}");
    }
}

fn store(n: u8, name: &str) -> Store {
    Store {
        id: StoreId::from_random([n; 16]),
        name: name.to_owned(),
        description: String::new(),
        picture: String::new(),
        tier: Tier::Free,
        suspended_at: None,
        created_at: START,
    }
}

fn the_same_name_twice_is_refused(data: &Data) {
    let web = data.web();
    for (n, expected) in [(1, Ok(())), (2, Err(DbError::Unique("username_key".to_owned())))] {
        let row = user(id(n), "ädmin");
        let answer = tx::write(&web, "enrol", move |tx| accounts::insert(tx, &row));
        assert_eq!(answer, expected);
    }
    let open = |n, name: &'static str| {
        tx::write(&web, "open", move |tx| stores::insert(tx, &store(n, name)))
    };
    assert_eq!(open(1, "Käse"), Ok(()));
    assert_eq!(open(2, "Kase"), Ok(()), "an accent makes another name");
    let twice = open(3, "Käse");
    assert!(matches!(&twice, Err(error) if error.is_unique("name_key")), "{twice:?}");
}

fn keys_of_agents_are_told_apart_by_every_letter(data: &Data) {
    let web = data.web();
    let row = user(id(1), "agent");
    tx::write(&web, "enrol", move |tx| accounts::insert(tx, &row)).unwrap();
    for (n, key) in ["Key", "key", "key ", "kéy"].into_iter().enumerate() {
        let row = IdempotencyRow {
            user_id: id(1).to_string(),
            idem_key: key.to_owned(),
            request_hash: "0".repeat(64),
            target_id: format!("{n:032x}"),
            created_at: codec::stamp(START),
        };
        tx::write(&web, "key", move |tx| idempotency::insert(tx, &row)).unwrap();
        let found = web.read(|conn| idempotency::find(conn, id(1), key)).unwrap().unwrap();
        assert_eq!(found.target_id, format!("{n:032x}"));
    }
}

fn texts_come_back_as_they_went(data: &Data) {
    let web = data.web();
    let texts = [
        "",
        " ",
        "a ",
        "it's \"so\" \\ \\' \\n %_",
        "\u{1F9C0}\u{200D}\u{1F468}",
        "a\0b",
        "\r\n\t",
    ];
    for (n, text) in texts.into_iter().enumerate() {
        let row = accounts::UserRow {
            password_hash: text.to_owned(),
            username: text.to_owned(),
            ..user(id(n), &n.to_string())
        };
        let kept = row.clone();
        tx::write(&web, "enrol", move |tx| accounts::insert(tx, &kept)).unwrap();
        assert_eq!(web.read(|conn| accounts::by_id(conn, id(n))), Ok(row));
    }
    let long = user(id(20), &"ä".repeat(255));
    let kept = long.clone();
    tx::write(&web, "enrol", move |tx| accounts::insert(tx, &kept)).unwrap();
    let micros = Time::from_micros(1_795_000_000_123_456);
    let precise = accounts::UserRow { created_at: codec::stamp(micros), ..user(id(21), "precise") };
    let kept = precise.clone();
    tx::write(&web, "enrol", move |tx| accounts::insert(tx, &kept)).unwrap();
    assert_eq!(web.read(|conn| accounts::by_id(conn, id(20))), Ok(long));
    assert_eq!(web.read(|conn| accounts::by_id(conn, id(21))), Ok(precise));
}

/// A check refuses on both; what is too long is refused where the column has a length, never cut.
fn a_text_that_does_not_fit_is_refused(data: &Data) {
    let web = data.web();
    let wrong = accounts::UserRow { role: "king".to_owned(), ..user(id(1), "louis") };
    let answer = tx::write(&web, "enrol", move |tx| accounts::insert(tx, &wrong));
    assert!(matches!(answer, Err(DbError::Constraint(_))), "{answer:?}");
    let long = user(id(2), &"x".repeat(300));
    let answer = tx::write(&web, "enrol", move |tx| accounts::insert(tx, &long));
    let expected = if data.is_local() { answer.is_ok() } else { answer.is_err() };
    assert!(expected, "{answer:?}");
    let found = web.read(|conn| accounts::by_key(conn, &"x".repeat(255)));
    assert_eq!(found, Ok(None), "nothing was cut");
}
