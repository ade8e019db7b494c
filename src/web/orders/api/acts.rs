//! What the caller can do about an order, and why not the rest, as JSON.

use domain::policy::{self, Act};
use domain::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::orders::actions::read::OrderView;

/// The acts that are possible now, by the last part of their routes.
pub(super) fn possible(view: &OrderView) -> Vec<&'static str> {
    Act::ALL.into_iter().filter(|act| view.may(*act)).filter_map(Act::verb).collect()
}

/// An act that is not possible now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedJson {
    /// The last part of its route.
    act: &'static str,
    /// The word that its route would answer with.
    code: &'static str,
    reason: String,
}

impl RefusedJson {
    /// The acts of the viewer's side that are not possible now.
    pub(super) fn all(view: &OrderView) -> Vec<Self> {
        let refused = |act: Act| {
            // What is for others of his side is none of his.
            let refusal = view.check(act).err().filter(|why| *why != Refusal::NotYours)?;
            Some(Self { act: act.verb()?, code: refusal.code(), reason: refusal.to_string() })
        };
        let own = |act: &Act| policy::is_of(*act, view.relation);
        Act::ALL.into_iter().filter(own).filter_map(refused).collect()
    }
}
