//! Stores: tiers, members, names.

use std::fmt;
use std::str::FromStr;

use crate::clock::Time;
use crate::ids::{StoreId, UserId};
use crate::money::Bps;
use crate::refusal::BadText;
use crate::text;
use crate::user::Role;

/// Most stores that one person owns.
pub const OWNED_MAX: usize = 10;
/// Most members of a store, its owner included.
pub const MEMBERS_MAX: usize = 20;

/// A store as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub id: StoreId,
    /// Its name, like no other's.
    pub name: String,
    /// What it says about itself.
    pub description: String,
    /// The name of its picture in the site's gallery.
    pub picture: String,
    /// Its standing, which sets its commission.
    pub tier: Tier,
    /// Since when staff keep it closed.
    pub suspended_at: Option<Time>,
    /// Since when it is there.
    pub created_at: Time,
}

/// A person in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub username: String,
    /// What they may do.
    pub role: StoreRole,
    /// Since when.
    pub since: Time,
}

/// A store's standing with the site, which sets its commission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    /// 2 %.
    Gold,
    /// 5 %.
    Silver,
    /// 10 %.
    Bronze,
    /// 20 %; every store begins here.
    Free,
}

impl Tier {
    /// Every tier, the cheapest for the vendor first.
    pub const ALL: [Self; 4] = [Self::Gold, Self::Silver, Self::Bronze, Self::Free];

    /// The site's share of whatever goes to the vendor.
    pub const fn commission(self) -> Bps {
        match self {
            Self::Gold => Bps::percent(2),
            Self::Silver => Bps::percent(5),
            Self::Bronze => Bps::percent(10),
            Self::Free => Bps::percent(20),
        }
    }

    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Silver => "silver",
            Self::Bronze => "bronze",
            Self::Free => "free",
        }
    }
}

/// Whether an account of `role` sets the tier of a store, given what it is in it: staff do, but for
/// stores of their own.
pub const fn sets_tier(role: Role, member: Option<StoreRole>) -> bool {
    role.is_staff() && member.is_none()
}

impl FromStr for Tier {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or(BadText::Form("A tier is gold, silver, bronze or free."))
    }
}

/// What a member of a store may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreRole {
    /// Everything, payout address and members included.
    Owner,
    /// Items and orders.
    Collaborator,
}

impl StoreRole {
    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Collaborator => "collaborator",
        }
    }
}

impl fmt::Display for StoreRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StoreRole {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        match text {
            "owner" => Ok(Self::Owner),
            "collaborator" => Ok(Self::Collaborator),
            _ => Err(BadText::Form("A member is an owner or a collaborator.")),
        }
    }
}

/// What a member does in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreAct {
    /// Look at what is not on sale, numbers and orders.
    See,
    /// Make and change items and packages.
    Sell,
    /// Change the store's name, description and picture.
    Describe,
    /// Take in and dismiss members.
    Members,
    /// Set the address that the store is paid to.
    Payout,
}

/// Why an act in a store is refused to one of its members, or to a state of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreRefusal {
    /// A collaborator asks for what is the owner's.
    #[error("Only the owner of this store may do this.")]
    OwnerOnly,
    /// A store of this name, or of one that looks the same, is there.
    #[error("A store of this name is there already. Please choose another name.")]
    NameTaken,
    /// As many stores as one person may have.
    #[error("You own {OWNED_MAX} stores already, which is the most that one person may have.")]
    TooManyStores,
    /// As many members as a store may have.
    #[error("This store has {MEMBERS_MAX} members already, which is the most.")]
    TooManyMembers,
    /// The person is a member already.
    #[error("This person is a member of the store already.")]
    MemberAlready,
    /// The owner cannot be dismissed.
    #[error("The owner of a store cannot be removed from it.")]
    OwnerStays,
    /// The address is the one that was asked for last.
    #[error("This is the store's payout address already.")]
    SameAddress,
    /// The store is closed by staff.
    #[error("This store is suspended, so nothing in it can be changed at the moment.")]
    Suspended,
}

impl StoreRefusal {
    /// A stable word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnerOnly => "owner-only",
            Self::NameTaken => "name-taken",
            Self::TooManyStores => "too-many-stores",
            Self::TooManyMembers => "too-many-members",
            Self::MemberAlready => "member-already",
            Self::OwnerStays => "owner-stays",
            Self::SameAddress => "same-address",
            Self::Suspended => "store-suspended",
        }
    }
}

/// Whether a member of `role` may do something in a store that is or is not suspended.
pub fn check(act: StoreAct, role: StoreRole, suspended: bool) -> Result<(), StoreRefusal> {
    match (act, role) {
        (StoreAct::See, _) => Ok(()),
        (StoreAct::Sell, _) | (_, StoreRole::Owner) if suspended => Err(StoreRefusal::Suspended),
        (StoreAct::Sell, _) | (_, StoreRole::Owner) => Ok(()),
        (StoreAct::Describe | StoreAct::Members | StoreAct::Payout, StoreRole::Collaborator) => {
            Err(StoreRefusal::OwnerOnly)
        }
    }
}

/// A store's name: 3 to 40 characters that can be seen.
pub fn parse_name(text: &str) -> Result<String, BadText> {
    let name = text::line(text, 40)?;
    if name.chars().count() < 3 { Err(BadText::Short(3)) } else { Ok(name) }
}

/// What a store says about itself, 2,000 characters at most.
pub fn parse_description(text: &str) -> Result<String, BadText> {
    text::paragraphs(text, 2_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collaborator_sells_and_the_owner_does_all() {
        let acts = [
            StoreAct::See,
            StoreAct::Sell,
            StoreAct::Describe,
            StoreAct::Members,
            StoreAct::Payout,
        ];
        for act in acts {
            assert_eq!(check(act, StoreRole::Owner, false), Ok(()));
            let sells = matches!(act, StoreAct::See | StoreAct::Sell);
            let expected = if sells { Ok(()) } else { Err(StoreRefusal::OwnerOnly) };
            assert_eq!(check(act, StoreRole::Collaborator, false), expected);
            let seen = act == StoreAct::See;
            let expected = if seen { Ok(()) } else { Err(StoreRefusal::Suspended) };
            assert_eq!(check(act, StoreRole::Owner, true), expected);
        }
    }

    #[test]
    fn staff_set_tiers_but_not_of_their_own_stores() {
        for role in [Role::Customer, Role::Staff, Role::Admin] {
            assert_eq!(sets_tier(role, None), role.is_staff());
            assert!(!sets_tier(role, Some(StoreRole::Collaborator)));
        }
    }

    #[test]
    fn names_are_long_enough_to_be_told_apart() {
        assert_eq!(parse_name(" Fern & Kiln "), Ok("Fern & Kiln".to_owned()));
        assert_eq!(parse_name("ab"), Err(BadText::Short(3)));
        assert_eq!(parse_name(&"a".repeat(41)), Err(BadText::Long(40)));
    }
}
