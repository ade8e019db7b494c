//! Looking at and setting a store's tier; pages and routes both call these.

use db::tiers::{self, TierChange};
use db::{stores, turns};
use domain::ids::StoreId;
use domain::refusal::Faults;
use domain::store::{self, Store, StoreRole, Tier};
use domain::text;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::state::App;

/// Changes that are shown.
const SHOWN: i64 = 50;
/// The longest reason, in characters.
pub(super) const REASON: usize = 200;

/// A store's tier and how it came to it.
#[derive(Debug)]
pub(super) struct Standing {
    /// The store.
    pub(super) store: Store,
    /// The newest changes, newest first.
    pub(super) changes: Vec<TierChange>,
}

/// What staff want.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewTier<'a> {
    /// The tier's word.
    pub(super) tier: &'a str,
    /// Why; everybody in the store may ask.
    pub(super) reason: &'a str,
    /// The request's id, carried along for the log.
    pub(super) request_id: &'a str,
}

/// A store's tier, for those who set it; to others there is nothing here.
pub(super) async fn standing(app: &App, who: &Account, id: StoreId) -> Result<Standing, AppError> {
    let user = who.id;
    let (found, changes) = app
        .read(move |conn| {
            let role = stores::role_of(conn, id, user)?;
            Ok((
                stores::by_id(conn, id)?.map(|store| (store, role)),
                tiers::of_store(conn, id, SHOWN)?,
            ))
        })
        .await?;
    Ok(Standing { store: admitted(who, found)?, changes })
}

fn admitted(who: &Account, found: Option<(Store, Option<StoreRole>)>) -> Result<Store, AppError> {
    let sets = |found: &(Store, Option<StoreRole>)| store::sets_tier(who.role, found.1);
    found.filter(sets).map(|(store, _)| store).ok_or(AppError::NotFound)
}

/// Gives a store another tier and writes down who did it and why. Orders that were placed keep theirs.
pub(super) async fn set(
    app: &App,
    who: &Account,
    id: StoreId,
    input: NewTier<'_>,
) -> Result<(), AppError> {
    // Who sets no tiers is not told what is wrong with one.
    standing(app, who, id).await?;
    let mut faults = Faults::default();
    let tier = faults.take("tier", input.tier.parse::<Tier>());
    let reason = faults.take("reason", text::line(input.reason, REASON));
    let (Some(tier), Some(reason)) = (tier, reason) else { return Err(AppError::invalid(faults)) };
    let (by, request_id, now) = (who.clone(), input.request_id.to_owned(), app.now());
    app.write("store-tier", move |tx| -> Result<(), AppError> {
        turns::of_store(tx, id)?;
        let role = stores::role_of(tx, id, by.id)?;
        let store = admitted(&by, stores::by_id(tx, id)?.map(|store| (store, role)))?;
        if store.tier == tier {
            return Err(AppError::fault("tier", "The store has this tier already."));
        }
        let change = TierChange {
            was: store.tier,
            tier,
            staff: by.id,
            staff_name: String::new(),
            reason: reason.clone(),
            request_id: request_id.clone(),
            at: now,
        };
        stores::set_tier(tx, id, tier)?;
        Ok(tiers::insert(tx, id, &change)?)
    })
    .await
}
