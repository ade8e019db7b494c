//! What members do with their stores; pages and routes both call these.

use db::addresses::{AddressRequest, Purpose};
use db::stores::{StoreUserRow, StoreWords};
use db::{DbError, WebTx, accounts, addresses, items, stores, turns};
use domain::EvmAddress;
use domain::clock::Span;
use domain::ids::{AddressRequestId, StoreId, UserId};
use domain::refusal::{BadText, Faults};
use domain::store::{self, MEMBERS_MAX, OWNED_MAX, Store, StoreAct, StoreRefusal, StoreRole, Tier};
use domain::user::Role;

use super::access;
use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::viewer::Account;
use crate::state::App;
use crate::ui::gallery;

const OPENINGS: Limit = Limit { name: "store-open", max: 10, window: Span::days(1) };
const PAYOUT_CHANGES: Limit = Limit { name: "payout-address", max: 10, window: Span::days(1) };
const INVITATIONS: Limit = Limit { name: "store-members", max: 60, window: Span::hours(1) };

/// What somebody typed or sent about a store; what is not named stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreInput<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// What it says about itself.
    pub description: Option<&'a str>,
    /// The name of a crest.
    pub picture: Option<&'a str>,
}

/// A checked [`StoreInput`].
#[derive(Debug, Clone)]
struct Words {
    name: Option<String>,
    description: Option<String>,
    picture: Option<String>,
}

impl StoreInput<'_> {
    fn parse(self, faults: &mut Faults) -> Words {
        let name = self.name.map(|text| faults.take("name", store::parse_name(text)));
        let description =
            self.description.map(|text| faults.take("description", store::parse_description(text)));
        let picture = self.picture.map(|text| faults.take("picture", parse_crest(text)));
        Words {
            name: name.flatten(),
            description: description.flatten(),
            picture: picture.flatten(),
        }
    }
}

fn parse_crest(text: &str) -> Result<String, BadText> {
    let known = gallery::find(text).ok_or(BadText::Form("Please choose one of the pictures."))?;
    Ok(known.name.to_owned())
}

/// Opens a store, whose owner is `who`.
pub async fn open(app: &App, who: &Account, input: StoreInput<'_>) -> Result<Store, AppError> {
    let mut faults = Faults::default();
    let words = input.parse(&mut faults);
    // A field that is missing is one that was left empty.
    let missing = |given: Option<&str>| given.map_or(Err(BadText::Empty), |_| Ok(()));
    faults.take("name", missing(input.name));
    faults.take("description", missing(input.description));
    faults.take("picture", missing(input.picture));
    let (Some(name), Some(description), Some(picture)) =
        (words.name, words.description, words.picture)
    else {
        return Err(AppError::invalid(faults));
    };
    limits::admit(app, OPENINGS, &who.id.to_string()).await?;
    let (owner, now) = (who.id, app.now());
    let store = Store {
        id: StoreId::from_random(app.random()),
        name,
        description,
        picture,
        tier: Tier::Free,
        suspended_at: None,
        created_at: now,
    };
    let made = store.clone();
    app.write("store-open", move |tx| -> Result<(), AppError> {
        turns::of_user(tx, owner)?;
        let all = stores::of_user(tx, owner)?;
        let owned = all.iter().filter(|(_, role)| *role == StoreRole::Owner).count();
        if owned >= OWNED_MAX {
            return Err(StoreRefusal::TooManyStores.into());
        }
        stores::insert(tx, &store).map_err(name_taken)?;
        let row = StoreUserRow::of(store.id, owner, StoreRole::Owner, now);
        Ok(stores::insert_member(tx, &row)?)
    })
    .await?;
    Ok(made)
}

/// Changes what a store says about itself.
pub async fn describe(
    app: &App,
    who: &Account,
    id: StoreId,
    input: StoreInput<'_>,
) -> Result<Store, AppError> {
    let mut faults = Faults::default();
    let words = input.parse(&mut faults);
    if !faults.is_empty() {
        // Who has no part in the store is not told what is wrong with a form of it.
        super::reads::membership(app, who, id, StoreAct::Describe).await?;
        return Err(AppError::invalid(faults));
    }
    let who = who.id;
    app.write("store-describe", move |tx| -> Result<Store, AppError> {
        let (mut store, _) = access::member(tx, id, who, StoreAct::Describe)?;
        let words = words.clone();
        store.name = words.name.unwrap_or(store.name);
        store.description = words.description.unwrap_or(store.description);
        store.picture = words.picture.unwrap_or(store.picture);
        let words = StoreWords {
            name: store.name.clone(),
            description: store.description.clone(),
            picture: store.picture.clone(),
        };
        stores::describe(tx, id, &words).map_err(name_taken)?;
        Ok(store)
    })
    .await
}

fn name_taken(error: DbError) -> AppError {
    if error.is_unique("name_key") {
        AppError::fault("name", StoreRefusal::NameTaken)
    } else {
        error.into()
    }
}

/// Reads a payout address as somebody typed or sent it.
pub fn parse_address(text: &str) -> Result<EvmAddress, AppError> {
    if text.trim().is_empty() {
        return Err(AppError::fault("address", BadText::Empty));
    }
    EvmAddress::parse_payee(text).map_err(|error| AppError::fault("address", BadText::from(error)))
}

/// Asks escrow to pay a store to `address`. The store's first one puts its items on sale.
pub async fn set_payout(
    app: &App,
    who: &Account,
    id: StoreId,
    address: EvmAddress,
) -> Result<AddressRequest, AppError> {
    super::reads::membership(app, who, id, StoreAct::Payout).await?;
    limits::admit(app, PAYOUT_CHANGES, &id.to_string()).await?;
    let request = AddressRequest {
        id: AddressRequestId::from_random(app.random()),
        purpose: Purpose::Payout(id),
        address,
        by: who.id,
        at: app.now(),
        proof: None,
    };
    app.write("store-payout-address", move |tx| -> Result<AddressRequest, AppError> {
        turns::of_store(tx, id)?;
        access::member(tx, id, request.by, StoreAct::Payout)?;
        let before = addresses::asked(tx, request.purpose)?;
        if before.is_some_and(|(_, asked, _)| asked == address) {
            return Err(AppError::fault("address", StoreRefusal::SameAddress));
        }
        addresses::insert(tx, &request)?;
        if before.is_none() {
            items::reprice_all(tx, id)?;
        }
        Ok(request.clone())
    })
    .await
}

/// Takes a person in as a collaborator.
pub async fn add_member(
    app: &App,
    who: &Account,
    id: StoreId,
    username: &str,
) -> Result<UserId, AppError> {
    super::reads::membership(app, who, id, StoreAct::Members).await?;
    limits::admit(app, INVITATIONS, &who.id.to_string()).await?;
    let (key, who, now) = (username.trim().to_ascii_lowercase(), who.id, app.now());
    app.write("store-add-member", move |tx| -> Result<UserId, AppError> {
        turns::of_store(tx, id)?;
        access::member(tx, id, who, StoreAct::Members)?;
        let user = known(tx, &key)?;
        let members = stores::members(tx, id)?;
        if members.iter().any(|member| member.user == user) {
            return Err(AppError::fault("username", StoreRefusal::MemberAlready));
        }
        if members.len() >= MEMBERS_MAX {
            return Err(StoreRefusal::TooManyMembers.into());
        }
        stores::insert_member(tx, &StoreUserRow::of(id, user, StoreRole::Collaborator, now))?;
        Ok(user)
    })
    .await
}

fn known(tx: &mut WebTx<'_>, key: &str) -> Result<UserId, AppError> {
    if key.is_empty() {
        return Err(AppError::fault("username", BadText::Empty));
    }
    let row = accounts::by_key(tx, key)?.filter(|row| row.banned_at.is_none());
    let row = row.ok_or_else(|| AppError::fault("username", "Nobody here has this name."))?;
    // A member has no staff's view of the store's orders, so nobody may take that away from staff.
    if db::codec::parsed::<Role>("users.role", &row.role)?.is_staff() {
        return Err(AppError::fault("username", "Staff of this site cannot join a store."));
    }
    Ok(db::codec::parsed("users.id", &row.id)?)
}

/// Ends a membership: the owner dismisses anybody but the owner, and a collaborator may leave.
pub async fn remove_member(
    app: &App,
    who: &Account,
    id: StoreId,
    user: UserId,
) -> Result<(), AppError> {
    let who = who.id;
    app.write("store-remove-member", move |tx| -> Result<(), AppError> {
        let act = if user == who { StoreAct::See } else { StoreAct::Members };
        access::member(tx, id, who, act)?;
        match stores::role_of(tx, id, user)? {
            None => Err(AppError::NotFound),
            Some(StoreRole::Owner) => Err(StoreRefusal::OwnerStays.into()),
            Some(StoreRole::Collaborator) => {
                stores::remove_member(tx, id, user)?;
                Ok(())
            }
        }
    })
    .await
}
