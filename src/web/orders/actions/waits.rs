//! What an order waits for beside its next step: a payout that is held, an address that a party asked
//! for instead of the sealed one.

use db::held::Held;
use db::reseals::{ASK, RequestRow, Reseal, ResealState};
use domain::clock::Time;
use domain::deadline::RunClock;
use domain::intent::ActorRole;
use domain::journey::Who;

/// Why a payout is stuck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldView {
    /// Why.
    pub reason: String,
    /// Who can help it on.
    pub who: Who,
    /// By when.
    pub by: Option<Time>,
}

/// Another address than the sealed one, as a party asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResealView {
    /// Whose address.
    pub party: ActorRole,
    /// The address.
    pub address: String,
    /// What became of it; none before escrow has taken it down.
    pub state: Option<ResealState>,
    /// Why it was refused.
    pub reason: String,
    /// When it counts if escrow stays up, while it waits.
    pub counts_from: Option<Time>,
}

impl From<Held> for HeldView {
    fn from(row: Held) -> Self {
        let who = match row.owner.as_str() {
            "buyer" => Who::Buyer,
            "vendor" => Who::Vendor,
            "issuer" | "escrow" => Who::Site,
            _ => Who::Operator,
        };
        Self { reason: row.reason, who, by: row.deadline }
    }
}

impl ResealView {
    /// What the parties asked for, with what escrow made of it.
    pub(super) fn all(
        (asked, taken): (&[RequestRow], &[Reseal]),
        clock: Option<RunClock>,
        now: Time,
    ) -> Vec<Self> {
        let wish = |row: &RequestRow| {
            let party: ActorRole = row.party.parse().ok()?;
            let taken = taken.iter().find(|taken| taken.party == party);
            let waiting = taken.filter(|taken| taken.state == ResealState::Waiting);
            let moment = waiting.zip(clock).map(|(taken, clock)| clock.moment(taken.due, now));
            Some(Self {
                party,
                // Escrow's own copy is the one that counts.
                address: taken.map_or(&row.address, |taken| &taken.address).clone(),
                state: taken.map(|taken| taken.state),
                reason: taken.map(|taken| taken.reason.clone()).unwrap_or_default(),
                counts_from: moment,
            })
        };
        asked.iter().filter(|row| row.step == ASK).filter_map(wish).collect()
    }

    /// Whether it may still come to be sealed.
    pub const fn waits(&self) -> bool {
        matches!(self.state, None | Some(ResealState::Waiting))
    }
}
