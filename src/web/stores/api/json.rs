//! Stores as JSON. Times are RFC 3339 in UTC.

use domain::clock::Time;
use domain::store::{Member, Store, StoreRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::api::rfc3339;
use crate::stores::actions::StoreInput;
use crate::stores::reads::PayoutBook;

/// A store to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// 3 to 40 characters, like no other store's.
    pub name: String,
    /// At most 2,000 characters; an empty line begins a new paragraph.
    pub description: String,
    /// The name of a picture of the site's gallery.
    pub picture: String,
}

/// What of a store changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorePatch {
    /// 3 to 40 characters, like no other store's.
    pub name: Option<String>,
    /// At most 2,000 characters.
    pub description: Option<String>,
    /// The name of a picture of the site's gallery.
    pub picture: Option<String>,
}

impl NewStore {
    /// As the action takes it.
    pub fn input(&self) -> StoreInput<'_> {
        StoreInput {
            name: Some(&self.name),
            description: Some(&self.description),
            picture: Some(&self.picture),
        }
    }
}

impl StorePatch {
    /// As the action takes it.
    pub fn input(&self) -> StoreInput<'_> {
        StoreInput {
            name: self.name.as_deref(),
            description: self.description.as_deref(),
            picture: self.picture.as_deref(),
        }
    }
}

/// A person to be taken in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The name by which they log in.
    pub username: String,
}

/// Where the store shall be paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutAddress {
    /// An EVM address; where its case is mixed, EIP-55 must hold.
    pub address: String,
}

/// A store.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoreJson {
    id: String,
    name: String,
    description: String,
    picture: String,
    created_at: String,
    /// Staff keep it closed; only its members see it then.
    suspended: bool,
}

impl From<&Store> for StoreJson {
    fn from(store: &Store) -> Self {
        Self {
            id: store.id.to_string(),
            name: store.name.clone(),
            description: store.description.clone(),
            picture: store.picture.clone(),
            created_at: rfc3339(store.created_at),
            suspended: store.suspended_at.is_some(),
        }
    }
}

/// A store with its numbers, and more for its members.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoreDetailJson {
    #[serde(flatten)]
    store: StoreJson,
    /// Orders that came to a good end; null as long as they are not counted.
    completed_orders: Option<u64>,
    /// `owner` or `collaborator`; null for others.
    role: Option<&'static str>,
    /// For members: `gold`, `silver`, `bronze` or `free`.
    tier: Option<&'static str>,
    /// For members: the site's share, in basis points.
    commission_bps: Option<u16>,
    /// For members: where the store is paid.
    payout: Option<PayoutJson>,
}

impl StoreDetailJson {
    /// What everybody sees; `inside` is the part of a member with what escrow's book says.
    pub fn new(
        store: &Store,
        released: Option<u64>,
        inside: Option<(StoreRole, PayoutJson)>,
    ) -> Self {
        let tier = inside.is_some().then_some(store.tier);
        let (role, payout) = inside.unzip();
        Self {
            store: store.into(),
            completed_orders: released,
            role: role.map(StoreRole::as_str),
            tier: tier.map(domain::store::Tier::as_str),
            commission_bps: tier.map(|tier| tier.commission().get()),
            payout,
        }
    }
}

/// Where a store is paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutJson {
    /// What orders are sealed with now.
    in_force: Option<String>,
    /// What comes after it.
    next: Option<NextPayoutJson>,
    /// Asked for, but not yet in escrow's address book.
    unanswered: Option<String>,
}

/// An address that does not count yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextPayoutJson {
    address: String,
    counts_from: String,
}

impl PayoutJson {
    /// The book at `now`.
    pub fn at(book: &PayoutBook, now: Time) -> Self {
        Self {
            in_force: book.in_force(now).map(|entry| entry.address.to_string()),
            next: book.waiting(now).map(|entry| NextPayoutJson {
                address: entry.address.to_string(),
                counts_from: rfc3339(entry.counts_from),
            }),
            unanswered: book.unanswered().map(|address| address.to_string()),
        }
    }
}

/// A person in a store.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberJson {
    user_id: String,
    username: String,
    role: &'static str,
    since: String,
}

impl From<&Member> for MemberJson {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user.to_string(),
            username: member.username.clone(),
            role: member.role.as_str(),
            since: rfc3339(member.since),
        }
    }
}

/// The members of a store.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembersJson {
    /// The owner, then the others in the order in which they came.
    pub items: Vec<MemberJson>,
}
