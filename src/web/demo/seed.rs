//! Fills a fresh shop: with the demo's people and stores, or with very many items for measuring.
//!
//! Ids are made from names here, not from randomness, so that a demo has the same addresses each
//! time and filling it twice changes nothing.

use db::accounts::{self, UserRow};
use db::addresses::{self, AddressRequest, Purpose};
use db::stores::{self, StoreUserRow};
use db::{DbConfig, DbError, WebTx, codec, items, packages, referrals, tx};
use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::ids::{AddressRequestId, ItemId, PackageId, StoreId, UserId};
use domain::item::{Item, Package};
use domain::money::Cents;
use domain::referral::InviteCode;
use domain::store::{Store, StoreRole, Tier};
use domain::user::{Role, Username};
use sha2::{Digest, Sha256};

use super::catalogue::{DemoItem, DemoStore, STORES};

/// A person of the demo, whose password is the name. The rule against such passwords is for people
/// who have something to lose.
struct Person {
    name: &'static str,
    role: Role,
    refund: Option<&'static str>,
}

/// The first development account of Hardhat and Anvil, which is the demo's wallet.
const WALLET: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

const PEOPLE: [Person; 6] = [
    Person { name: "buyer", role: Role::Customer, refund: Some(WALLET) },
    // Whose orders want the demo wallet's signature.
    Person { name: "careful", role: Role::Customer, refund: Some(WALLET) },
    Person { name: "vendor", role: Role::Customer, refund: None },
    Person { name: "admin", role: Role::Admin, refund: None },
    Person { name: "marlow", role: Role::Customer, refund: None },
    Person { name: "imke", role: Role::Customer, refund: None },
];

/// Who invited whom, and where that one is paid for it: another account of Hardhat and Anvil.
const INVITED: (&str, &str, &str) =
    ("careful", "buyer", "0x976EA74026E726554dB657fA54763abd0C3a0aa9");

/// Owner, tier and payout address of each of [`STORES`]: further accounts of Hardhat and Anvil.
const TERMS: [(&str, Tier, &str); 3] = [
    ("vendor", Tier::Silver, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    ("marlow", Tier::Bronze, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    ("imke", Tier::Free, "0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
];

/// Writes the demo's people, stores and items as of `now`. What is there already stays.
///
/// # Errors
/// What the database says.
pub fn seed(config: &DbConfig, now: Time) -> Result<(), DbError> {
    let people = hashed()?;
    tx::write_once(config, "demo", |tx| fill(tx, &people, now))
}

/// A row for each of [`PEOPLE`] but its moment: hashing takes its time, so it is done before the
/// transaction.
fn hashed() -> Result<Vec<(&'static Person, String)>, DbError> {
    let hash = |person: &'static Person| {
        let hash = crate::hash_password(person.name);
        Ok((person, hash.map_err(|error| DbError::Failed(error.to_string()))?))
    };
    PEOPLE.iter().map(hash).collect()
}

fn fill(
    tx: &mut WebTx<'_>,
    people: &[(&'static Person, String)],
    now: Time,
) -> Result<(), DbError> {
    for (person, hash) in people {
        if accounts::by_key(tx, person.name)?.is_none() {
            accounts::insert(tx, &user(person, hash, now.before(Span::days(60)))?)?;
        }
    }
    invite(tx, now.before(Span::days(60)))?;
    for (n, (demo, terms)) in (0_u32..).zip(STORES.iter().zip(&TERMS)) {
        let id = StoreId::from_random(named("store", demo.name));
        if stores::by_id(tx, id)?.is_none() {
            open(tx, id, (demo, terms), now.before(Span::days(30 + n)))?;
            stock(tx, id, (n, demo.items), now)?;
        }
    }
    Ok(())
}

/// One of the people was brought by another, who is paid for it.
fn invite(tx: &mut WebTx<'_>, since: Time) -> Result<(), DbError> {
    let (inviter, invited, address) = INVITED;
    let [inviter_id, invited_id] =
        [inviter, invited].map(|name| UserId::from_random(named("user", name)));
    if referrals::code_of(tx, inviter_id)?.is_some() {
        return Ok(());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(named("code", inviter).split_at(8).0);
    referrals::insert_code(tx, inviter_id, &InviteCode::from_random(bytes), since)?;
    referrals::invite(tx, invited_id, inviter_id, since)?;
    let request = AddressRequest {
        id: AddressRequestId::from_random(named("referral", inviter)),
        purpose: Purpose::Referral(inviter_id),
        address: codec::parsed::<EvmAddress>("demo", address)?,
        by: inviter_id,
        at: since,
        proof: None,
    };
    addresses::insert(tx, &request)
}

fn user(person: &Person, hash: &str, since: Time) -> Result<UserRow, DbError> {
    let name = Username::parse_official(person.name).map_err(|why| codec::corrupt("demo", why))?;
    Ok(UserRow {
        id: UserId::from_random(named("user", person.name)).to_string(),
        username: name.as_str().to_owned(),
        username_key: name.key(),
        password_hash: hash.to_owned(),
        role: person.role.as_str().to_owned(),
        refund_address: person.refund.map(str::to_owned),
        banned_at: None,
        created_at: codec::stamp(since),
        password_changed_at: codec::stamp(since),
    })
}

fn open(
    tx: &mut WebTx<'_>,
    id: StoreId,
    (demo, (owner, tier, payout)): (&DemoStore, &(&'static str, Tier, &'static str)),
    since: Time,
) -> Result<(), DbError> {
    let store = Store {
        id,
        name: demo.name.to_owned(),
        description: demo.description.to_owned(),
        picture: demo.crest.to_owned(),
        tier: *tier,
        suspended_at: None,
        created_at: since,
    };
    let row = accounts::by_key(tx, owner)?.ok_or(DbError::NotFound)?;
    let owner: UserId = codec::parsed("users.id", &row.id)?;
    stores::insert(tx, &store)?;
    stores::insert_member(tx, &StoreUserRow::of(id, owner, StoreRole::Owner, since))?;
    let request = AddressRequest {
        id: AddressRequestId::from_random(named("payout", demo.name)),
        purpose: Purpose::Payout(id),
        address: codec::parsed::<EvmAddress>("demo", payout)?,
        by: owner,
        at: since,
        proof: None,
    };
    addresses::insert(tx, &request)
}

/// Puts the items of the `n`th store into the window, between those of the others.
fn stock(
    tx: &mut WebTx<'_>,
    store: StoreId,
    (n, all): (u32, &[DemoItem]),
    now: Time,
) -> Result<(), DbError> {
    for (m, demo) in (0_u32..).zip(all) {
        let since = now.before(Span::hours(7 * m + 2 * n + 1));
        let id = ItemId::from_random(named("item", demo.name));
        items::insert(
            tx,
            &Item {
                id,
                store,
                name: demo.name.to_owned(),
                description: demo.description.to_owned(),
                picture: demo.picture.to_owned(),
                from: None,
                created_at: since,
                updated_at: since,
                withdrawn_at: None,
            },
        )?;
        for package in demo.packages {
            let label = format!("{} / {}", demo.name, package.name);
            packages::insert(
                tx,
                &Package {
                    id: PackageId::from_random(named("package", &label)),
                    item: id,
                    name: package.name.to_owned(),
                    kind: package.kind,
                    price: cents(package.price_cents)?,
                    shipping: cents(package.shipping_cents)?,
                    handling_hours: package.handling_hours,
                    created_at: since,
                    withdrawn_at: None,
                },
            )?;
        }
        items::reprice(tx, id, store)?;
    }
    Ok(())
}

pub(super) fn cents(value: u64) -> Result<Cents, DbError> {
    Cents::new(value).ok_or_else(|| codec::corrupt("demo", "not a price"))
}

/// 16 bytes that stand for a name, like no other's.
pub(super) fn named(kind: &str, name: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(format!("holdfast demo {kind} {name}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_has_terms_and_an_address_that_can_be_paid() {
        assert_eq!(STORES.len(), TERMS.len());
        for (owner, _, payout) in TERMS {
            assert!(PEOPLE.iter().any(|person| person.name == owner));
            assert_eq!(EvmAddress::parse_payee(payout).unwrap().to_string(), payout);
        }
        let (inviter, invited, address) = INVITED;
        assert_eq!(EvmAddress::parse_payee(address).unwrap().to_string(), address);
        for name in [inviter, invited] {
            assert!(PEOPLE.iter().any(|person| person.name == name));
        }
        assert!(PEOPLE.iter().all(|person| Username::parse_official(person.name).is_ok()));
    }
}
