//! What placing an order asks of the tables: offers, the state of escrow, rates, payout addresses.

use diesel::prelude::*;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::{PackageId, RateId, StoreId, UserId};
use domain::money::{Amount, UsdMicros};
use domain::order::{AssetNow, Offer, Rate};
use domain::store::Tier;

use crate::codec;
use crate::conn::Conn;
use crate::error::DbError;
use crate::schema::{address_book, chains, controls, items, packages, rates, store_users, stores};
use crate::tokens::{self, TokenState};

/// A package on sale, with what of its store counts for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnSale {
    /// The offer itself.
    pub offer: Offer,
    /// The item's name.
    pub item_name: String,
    /// The item's picture.
    pub picture: String,
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub store_name: String,
    /// Its tier.
    pub tier: Tier,
}

/// The package if it can be bought: neither it nor its item is withdrawn and its store is not suspended.
pub fn on_sale(conn: &mut Conn, package: PackageId) -> Result<Option<OnSale>, DbError> {
    type Found =
        ((String, String, i64, i64, i32), (String, String, String), (String, String, String));
    let found: Option<Found> = packages::table
        .inner_join(items::table.on(items::id.eq(packages::item_id)))
        .inner_join(stores::table.on(stores::id.eq(items::store_id)))
        .filter(packages::id.eq(package.to_string()))
        .filter(packages::withdrawn_at.is_null())
        .filter(items::withdrawn_at.is_null())
        .filter(stores::suspended_at.is_null())
        .select((
            (
                packages::name,
                packages::kind,
                packages::price_cents,
                packages::shipping_cents,
                packages::handling_hours,
            ),
            (items::id, items::name, items::picture),
            (stores::id, stores::name, stores::tier),
        ))
        .first(conn)
        .optional()?;
    let Some(((name, kind, price, shipping, handling), (item, item_name, picture), store)) = found
    else {
        return Ok(None);
    };
    let offer = Offer {
        package,
        item: codec::parsed("items.id", &item)?,
        title: format!("{item_name}, {name}"),
        kind: codec::parsed("packages.kind", &kind)?,
        price: codec::cents("packages.price_cents", price)?,
        shipping: codec::cents("packages.shipping_cents", shipping)?,
        handling_hours: codec::number("packages.handling_hours", handling)?,
    };
    Ok(Some(OnSale {
        offer,
        item_name,
        picture,
        store: codec::parsed("stores.id", &store.0)?,
        store_name: store.1,
        tier: codec::parsed("stores.tier", &store.2)?,
    }))
}

/// Whether a user is a member of a store.
pub fn is_member(conn: &mut Conn, store: StoreId, user: UserId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        store_users::table.find((store.to_string(), user.to_string())),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// Whether a payout address of the store counts now.
pub fn has_payout_address(conn: &mut Conn, store: StoreId, now: Time) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        address_book::table
            .filter(address_book::owner_kind.eq("store"))
            .filter(address_book::owner_id.eq(store.to_string()))
            .filter(address_book::purpose.eq("payout"))
            .filter(address_book::counts_from.le(codec::stamp(now))),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// Whether the operator has paused escrow.
pub fn paused(conn: &mut Conn) -> Result<bool, DbError> {
    let value: Option<String> =
        controls::table.find("pause").select(controls::value).first(conn).optional()?;
    Ok(value.as_deref() == Some("on"))
}

/// What can be paid in on the chains that escrow serves, as it last saw them: stablecoins first,
/// because their price stands. A token that was refused is left out.
pub fn assets(conn: &mut Conn) -> Result<Vec<AssetNow>, DbError> {
    let coins = coins(conn)?;
    let mut assets = Vec::new();
    for token in tokens::all(conn)? {
        let coin = coins.iter().find(|coin| coin.spec.id == token.asset.chain);
        if let Some(coin) = coin.filter(|_| token.state != TokenState::Refused) {
            assets.push(AssetNow {
                asset: token.asset,
                reachable: coin.reachable && token.state == TokenState::Ok,
                leg_fee: token.leg_fee,
                ..*coin
            });
        }
    }
    assets.extend(coins);
    Ok(assets)
}

/// The coins of the chains that escrow serves.
fn coins(conn: &mut Conn) -> Result<Vec<AssetNow>, DbError> {
    let rows: Vec<(i64, String, String, bool)> = chains::table
        .order(chains::chain_id)
        .select((chains::chain_id, chains::state, chains::leg_fee, chains::resolver))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, state, fee, resolver)| {
            let id: u64 = codec::number("chains.chain_id", id)?;
            let spec =
                ChainId::from(id).spec().ok_or_else(|| codec::corrupt("chains.chain_id", id))?;
            let leg_fee: Amount = codec::amount("chains.leg_fee", &fee)?;
            let (asset, reachable) = (Asset::native(spec), state == "ok");
            Ok(AssetNow { asset, spec, reachable, leg_fee, resolver })
        })
        .collect()
}

/// The newest rate of a coin.
pub fn newest_rate(conn: &mut Conn, coin: &str) -> Result<Option<(RateId, Rate)>, DbError> {
    let row: Option<(String, i64, chrono::NaiveDateTime)> = rates::table
        .filter(rates::token.eq(coin))
        .order(rates::fetched_at.desc())
        .select((rates::id, rates::usd_micros, rates::fetched_at))
        .first(conn)
        .optional()?;
    row.map(|(id, micros, at)| Ok((codec::parsed("rates.id", &id)?, rate(micros, at)?))).transpose()
}

/// A rate of a coin by its id: the one that a page showed.
pub fn rate_by_id(conn: &mut Conn, id: RateId, coin: &str) -> Result<Option<Rate>, DbError> {
    let row: Option<(i64, chrono::NaiveDateTime)> = rates::table
        .find(id.to_string())
        .filter(rates::token.eq(coin))
        .select((rates::usd_micros, rates::fetched_at))
        .first(conn)
        .optional()?;
    row.map(|(micros, at)| rate(micros, at)).transpose()
}

fn rate(micros: i64, fetched_at: chrono::NaiveDateTime) -> Result<Rate, DbError> {
    let micros: u64 = codec::number("rates.usd_micros", micros)?;
    let usd = UsdMicros::new(micros).ok_or_else(|| codec::corrupt("rates.usd_micros", micros))?;
    Ok(Rate { usd, fetched_at: codec::time(fetched_at) })
}
