//! The walls between the roles, as `serve` tried them before it started any.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What stands and what it holds: the same as `holdfast check` finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Walls {
    /// The walls.
    pub walls: Vec<Wall>,
    /// Every attack from the place of every role.
    pub attacks: Vec<Tried>,
    /// What to change, in sentences.
    pub advice: Vec<String>,
}

/// A wall between the roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wall {
    /// Its name.
    pub name: String,
    /// Whether it stands.
    pub stands: bool,
    /// What it keeps out, and how much of it there is.
    pub what: String,
}

/// How one attack fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tried {
    /// The role from whose place it was tried.
    pub role: String,
    /// Its name.
    pub attack: String,
    /// What it would give.
    pub what: String,
    /// `blocked` or `open`.
    pub result: String,
    /// What stood in its way.
    pub why: Option<String>,
}

impl Tried {
    /// Whether it works.
    pub fn is_open(&self) -> bool {
        self.result == "open"
    }
}

impl Walls {
    /// How many attacks fail, and of how many.
    pub fn blocked(&self) -> (usize, usize) {
        (self.attacks.iter().filter(|tried| !tried.is_open()).count(), self.attacks.len())
    }

    /// The attacks in their order, each with how it fared from the place of each of `roles`.
    pub fn by_attack<'a>(&'a self, roles: &[&str]) -> Vec<(&'a Tried, Vec<Option<&'a Tried>>)> {
        let mut named: Vec<&Tried> = Vec::new();
        for tried in &self.attacks {
            if !named.iter().any(|one| one.attack == tried.attack) {
                named.push(tried);
            }
        }
        let from = |attack: &str, role: &str| {
            self.attacks.iter().find(|tried| tried.attack == attack && tried.role == role)
        };
        let row = |tried: &'a Tried| {
            (tried, roles.iter().map(|role| from(&tried.attack, role)).collect())
        };
        named.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_are_told_once_with_every_role() {
        let tried = |role: &str, attack: &str, result: &str| Tried {
            role: role.to_owned(),
            attack: attack.to_owned(),
            what: "keys".to_owned(),
            result: result.to_owned(),
            why: None,
        };
        let attacks = vec![
            tried("web", "a", "blocked"),
            tried("web", "b", "open"),
            tried("escrow", "a", "open"),
        ];
        let walls = Walls { walls: Vec::new(), attacks, advice: Vec::new() };
        assert_eq!(walls.blocked(), (1, 3));
        let rows = walls.by_attack(&["web", "escrow"]);
        assert_eq!(rows.len(), 2);
        assert!(rows[0].1.iter().all(Option::is_some) && rows[1].1[1].is_none());
    }
}
