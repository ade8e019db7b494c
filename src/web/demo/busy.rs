//! A shop with very many items, the same ones each time: for measuring and for paging.

use db::addresses::{self, AddressRequest, Purpose};
use db::stores::{self, StoreUserRow};
use db::{DbConfig, DbError, WebDb, WebTx, items, packages, tx};
use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::ids::{AddressRequestId, ItemId, PackageId, StoreId, UserId};
use domain::item::{Item, Package, PackageKind};
use domain::store::{Store, StoreRole, Tier};

use super::seed::{cents, named};
use crate::ui::gallery::{CRESTS, PICTURES};

/// Items of a store.
const SHELF: u32 = 100;
/// Stores of a transaction.
const BATCH: u32 = 10;
/// Words that names and descriptions are made of.
const WORDS: [&str; 32] = [
    "amber", "anchor", "ash", "barley", "brass", "cedar", "chalk", "clay", "copper", "cotton",
    "dune", "elm", "fern", "flint", "granite", "harbour", "heather", "indigo", "ivory", "kiln",
    "larch", "linen", "moss", "oak", "paper", "quartz", "reed", "slate", "tallow", "umber",
    "walnut", "wool",
];

/// Adds `count` items in stores of `owner`, a hundred in each, as of `now`. What is there stays.
///
/// # Errors
/// What the database says; [`DbError::Constraint`] when there is no such user.
pub fn busy(config: &DbConfig, owner: UserId, count: u32, now: Time) -> Result<(), DbError> {
    for first in (0..count.div_ceil(SHELF)).step_by(step()) {
        tx::write_once(config, "demo-busy", |tx| batch(tx, owner, (first, count), now))?;
    }
    Ok(())
}

/// [`busy`] by a door that is open already.
///
/// # Errors
/// As of [`busy`].
pub fn busy_by(door: &WebDb, owner: UserId, count: u32, now: Time) -> Result<(), DbError> {
    for first in (0..count.div_ceil(SHELF)).step_by(step()) {
        tx::write(door, "demo-busy", move |tx| batch(tx, owner, (first, count), now))?;
    }
    Ok(())
}

fn step() -> usize {
    usize::try_from(BATCH).unwrap_or(1)
}

fn batch(
    tx: &mut WebTx<'_>,
    owner: UserId,
    (first, count): (u32, u32),
    now: Time,
) -> Result<(), DbError> {
    let last = first.saturating_add(BATCH).min(count.div_ceil(SHELF));
    for n in first..last {
        let id = StoreId::from_random(named("busy store", &n.to_string()));
        if stores::by_id(tx, id)?.is_some() {
            continue;
        }
        open(tx, (n, id), owner, now)?;
        for item in n * SHELF..((n + 1) * SHELF).min(count) {
            stock(tx, item, id, now)?;
        }
    }
    Ok(())
}

fn open(
    tx: &mut WebTx<'_>,
    (n, id): (u32, StoreId),
    owner: UserId,
    now: Time,
) -> Result<(), DbError> {
    let store = Store {
        id,
        name: format!("{} Store {n}", words(n, 1)),
        description: format!("{}.", words(n, 20)),
        picture: pick(CRESTS, n).map_or("", |crest| crest.name).to_owned(),
        tier: Tier::Free,
        suspended_at: None,
        created_at: now.before(Span::days(400)),
    };
    stores::insert(tx, &store)?;
    stores::insert_member(tx, &StoreUserRow::of(id, owner, StoreRole::Owner, store.created_at))?;
    let label = n.to_string();
    let mut address = [0x11; 20];
    address.split_at_mut(16).0.copy_from_slice(&named("busy address", &label));
    let request = AddressRequest {
        id: AddressRequestId::from_random(named("busy payout", &label)),
        purpose: Purpose::Payout(id),
        address: EvmAddress::from_bytes(address),
        by: owner,
        at: store.created_at,
        proof: None,
    };
    addresses::insert(tx, &request)
}

fn stock(tx: &mut WebTx<'_>, n: u32, store: StoreId, now: Time) -> Result<(), DbError> {
    let label = n.to_string();
    let id = ItemId::from_random(named("busy item", &label));
    // Stores take turns in the window: minutes apart, in an order that is not that of the stores.
    let since = now.before(Span::minutes(n.wrapping_mul(7_919) % 500_000));
    let from = u64::from(100 + n.wrapping_mul(37) % 99_900);
    items::insert(
        tx,
        &Item {
            id,
            store,
            name: words(n, 3),
            description: format!("{}.\n\n{}.", words(n, 12), words(n.wrapping_add(7), 12)),
            picture: pick(PICTURES, n).map_or("", |picture| picture.name).to_owned(),
            from: Some(cents(from)?),
            created_at: since,
            updated_at: since,
            withdrawn_at: None,
        },
    )?;
    for (extra, name) in
        [(0, "One"), (1, "A pair")].into_iter().take(1 + usize::from(n.is_multiple_of(2)))
    {
        packages::insert(
            tx,
            &Package {
                id: PackageId::from_random(named("busy package", &format!("{n} {extra}"))),
                item: id,
                name: name.to_owned(),
                kind: PackageKind::Shipped,
                price: cents(from + from * extra)?,
                shipping: cents(490)?,
                handling_hours: 72,
                created_at: since,
                withdrawn_at: None,
            },
        )?;
    }
    Ok(())
}

fn pick<T>(all: &[T], n: u32) -> Option<&T> {
    all.iter().cycle().nth(usize::try_from(n).unwrap_or_default() % all.len().max(1))
}

/// `count` words that follow from `n`, the first with a capital.
fn words(n: u32, count: u32) -> String {
    let mut text = String::new();
    for place in 0..count {
        let word = n.wrapping_mul(2_654_435_761).rotate_left(place * 5).wrapping_add(place * 11);
        let word = pick(&WORDS, word % 32).copied().unwrap_or_default();
        if place == 0 {
            let (initial, rest) = word.split_at(1);
            text.push_str(&initial.to_uppercase());
            text.push_str(rest);
        } else {
            text.push(' ');
            text.push_str(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_each_time_and_fit() {
        assert_eq!(words(5, 3), words(5, 3));
        assert_ne!(words(5, 3), words(6, 3));
        for n in [0, 1, 9_999, u32::MAX] {
            assert!(domain::item::parse_name(&words(n, 3)).is_ok());
            assert!(domain::item::parse_description(&words(n, 12)).is_ok());
        }
    }
}
