//! Accounts: names, roles, passwords.

use std::fmt;
use std::str::FromStr;

use crate::refusal::BadText;

/// Names that would pass for the site itself.
const RESERVED: [&str; 13] = [
    "admin",
    "administrator",
    "anonymous",
    "escrow",
    "help",
    "holdfast",
    "moderator",
    "official",
    "root",
    "security",
    "staff",
    "support",
    "system",
];

/// A username: 3 to 24 of `a-z`, `0-9`, `_` and `-`, compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Parses a name that a person chooses.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let name = Self::parse_official(text)?;
        if RESERVED.contains(&name.key().as_str()) {
            return Err(BadText::Form("This name is reserved."));
        }
        Ok(name)
    }

    /// Parses a name that whoever runs the site chooses: it may be one that passes for the site.
    pub fn parse_official(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        match text.len() {
            0 => return Err(BadText::Empty),
            1..=2 => return Err(BadText::Short(3)),
            3..=24 => {}
            _ => return Err(BadText::Long(24)),
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(BadText::Form("Letters a to z, digits, - and _ only, please."));
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names are compared by.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// What an account may do on the site as a whole. Selling is no role: it is membership in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Shops and sells.
    Customer,
    /// Helps, and rules in disputes.
    Staff,
    /// Runs the site.
    Admin,
}

impl Role {
    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }

    /// Whether it comes with staff's powers.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Staff | Self::Admin)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        match text {
            "customer" => Ok(Self::Customer),
            "staff" => Ok(Self::Staff),
            "admin" => Ok(Self::Admin),
            _ => Err(BadText::Form("A role is customer, staff or admin.")),
        }
    }
}

/// Checks a new password: 8 to 128 characters of any kind, without the name. How soon it would be
/// guessed is for whoever has the lists to say.
pub fn check_password(password: &str, username: &str) -> Result<(), BadText> {
    match password.chars().count() {
        0 => return Err(BadText::Empty),
        1..=7 => return Err(BadText::Short(8)),
        8..=128 => {}
        _ => return Err(BadText::Long(128)),
    }
    if password.to_lowercase().contains(&username.to_lowercase()) {
        return Err(BadText::Form("A password that contains the name is easily guessed."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_more_than_case() {
        assert_eq!(Username::parse(" Ada ").unwrap().as_str(), "Ada");
        assert_eq!(Username::parse("Ada").unwrap().key(), Username::parse("aDA").unwrap().key());
        for bad in ["", "ab", "a b c", "аdmin", "ada!", "a".repeat(25).as_str(), "Support", "Admin"]
        {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Username::parse_official("Admin").unwrap().key(), "admin");
        assert!(Username::parse_official("a b c").is_err());
    }

    #[test]
    fn passwords_are_long_and_not_the_name() {
        assert_eq!(check_password("correct horse", "ada"), Ok(()));
        assert_eq!(check_password("1234567", "ada"), Err(BadText::Short(8)));
        assert!(check_password("ada-lovelace", "Ada").is_err());
        assert_eq!(check_password(&"ü".repeat(129), "ada"), Err(BadText::Long(128)));
    }
}
