//! The sentence above every page, where there is something that everybody or this visitor must know.

use super::viewer::Account;
use crate::state::Pulse;
use crate::ui::{Banner, Tone};

/// The one that matters most; `None` where all is well.
pub(super) fn of(pulse: Pulse, viewer: Option<&Account>) -> Option<Banner> {
    let text = match pulse {
        Pulse::Paused => {
            "Payments are paused by the operator: no new orders, and payouts wait. What you paid stays in escrow."
        }
        Pulse::Stale => {
            "Payments are interrupted at the moment: no new orders, and payouts wait. What you paid stays in escrow."
        }
        Pulse::Running if viewer.is_some_and(|viewer| viewer.closed) => {
            "This account is closed. Your open orders can still be brought to their end."
        }
        Pulse::Running => return None,
    };
    Some(Banner { tone: Tone::Warning, text: text.to_owned() })
}
