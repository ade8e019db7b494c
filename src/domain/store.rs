//! Stores: tiers, members, names.

use std::fmt;
use std::str::FromStr;

use crate::money::Bps;
use crate::refusal::BadText;
use crate::text;

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

impl FromStr for Tier {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        [Self::Gold, Self::Silver, Self::Bronze, Self::Free]
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

/// A store's name: 3 to 40 characters that can be seen.
pub fn parse_name(text: &str) -> Result<String, BadText> {
    let name = text::line(text, 40)?;
    if name.chars().count() < 3 { Err(BadText::Short(3)) } else { Ok(name) }
}

/// What a store says about itself, 2,000 characters at most.
pub fn parse_description(text: &str) -> Result<String, BadText> {
    text::paragraphs(text, 2_000)
}
