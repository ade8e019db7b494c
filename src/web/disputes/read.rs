//! What is known of a dispute: what was offered, said and ruled.

use db::claims::ClaimRow;
use db::disputes::{DisputeRow, OpenDispute};
use db::offers::{Counting, Written};
use db::rulings::Ruling;
use db::shipments::ShipmentRow;
use db::story::EventRow;
use db::{Conn, DbError, codec, deadlines};
use domain::EvmAddress;
use domain::clamps::Bound;
use domain::clock::Time;
use domain::deadline::RunClock;
use domain::dispute::{self, Judge, Offer};
use domain::ids::{OrderId, UserId};
use domain::intent::ActorRole;
use domain::limits::{DISPUTE_REMINDER, DISPUTE_TIME, STAFF_SENIOR};
use domain::money::Bps;
use domain::order::EventKind;
use domain::policy::{InDispute, Relation};

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::state::App;

/// A dispute with everything that its page tells.
#[derive(Debug, Clone, Default)]
pub struct Settling {
    /// Offers with their times, oldest first.
    pub offers: Vec<(Offer, Time)>,
    /// Statements with the names of their authors, oldest first.
    pub claims: Vec<(ClaimRow, String)>,
    /// Rulings with the names of their authors, oldest first.
    pub rulings: Vec<(Ruling, String)>,
    /// When the notice of the last ruling is over, if escrow stays up.
    pub due: Option<Time>,
    /// The ruling by which the money leaves or has left.
    pub carried_out: Option<i32>,
    /// The viewer, where that is staff.
    pub judge: Option<Judge>,
    /// By which wallet the viewer signs, where that is staff.
    pub wallet: Wallet,
    /// The number of the next offer.
    pub next_offer: i32,
    /// Numbers of offers that escrow did not take.
    pub refused: Vec<i32>,
}

/// By which wallet a staff member signs rulings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wallet {
    /// By none: the operator does not want it.
    #[default]
    Unwanted,
    /// By this one.
    Signs(EvmAddress),
    /// He has none that counts.
    Missing,
}

impl Wallet {
    /// The wallet that has to sign.
    pub const fn signs(self) -> Option<EvmAddress> {
        match self {
            Self::Signs(wallet) => Some(wallet),
            Self::Unwanted | Self::Missing => None,
        }
    }

    fn of(conn: &mut Conn, staff: UserId, now: Time) -> Result<Self, DbError> {
        if !db::clamps::all(conn)?.is_on(Bound::Signed) {
            return Ok(Self::Unwanted);
        }
        Ok(db::staff::wallet(conn, staff, now)?.map_or(Self::Missing, Self::Signs))
    }
}

impl Settling {
    /// Reads what is known of the dispute about an order with this signer.
    ///
    /// # Errors
    /// What the database says.
    pub fn of(
        conn: &mut Conn,
        (order, signer): (OrderId, Option<EvmAddress>),
        (relation, viewer): (Relation, UserId),
        now: Time,
    ) -> Result<Self, DbError> {
        let rulings = db::rulings::of_order(conn, order)?;
        let clock = deadlines::clock(conn)?;
        let due = rulings.last().zip(clock).map(|(last, clock)| clock.moment(last.due, now));
        let (judge, wallet) = match relation {
            Relation::Staff => (Some(judge(conn, viewer, now)?), Wallet::of(conn, viewer, now)?),
            _ => (None, Wallet::Unwanted),
        };
        let Written { offers, refused } = db::offers::written(conn, order, Counting::with(signer))?;
        let decision = db::payouts::by_case(conn, order, 0)?;
        Ok(Self {
            carried_out: decision.and_then(|payout| payout.share?.ruling),
            offers,
            refused,
            next_offer: db::offers::next_number(conn, order)?,
            wallet,
            claims: db::claims::of_order(conn, order)?,
            rulings: named(conn, rulings)?,
            due,
            judge,
        })
    }

    /// The offers alone.
    pub fn offers(&self) -> Vec<Offer> {
        self.offers.iter().map(|(offer, _)| *offer).collect()
    }

    /// The offer of a party that stands.
    pub fn standing(&self, by: ActorRole) -> Option<Offer> {
        dispute::standing(&self.offers(), by).copied()
    }

    /// The last ruling.
    pub fn ruling(&self) -> Option<&Ruling> {
        self.rulings.last().map(|(ruling, _)| ruling)
    }

    /// What of it decides about acts.
    pub fn situation(&self) -> InDispute {
        InDispute {
            buyer_offer: self.standing(ActorRole::Buyer).is_some(),
            vendor_offer: self.standing(ActorRole::Vendor).is_some(),
            ruling: self.ruling().map(Ruling::standing),
            judge: self.judge,
        }
    }

    /// What the buyer gets if nobody ends the dispute.
    pub fn by_default(&self, shipments: &[ShipmentRow], events: &[EventRow]) -> Bps {
        let frozen = events.iter().find(|event| event.kind == EventKind::Frozen.as_str());
        let before = |row: &ShipmentRow| frozen.is_none_or(|event| row.created_at <= event.at);
        dispute::by_default(&self.offers(), shipments.iter().any(before))
    }

    /// What moves whenever anything about the dispute does.
    pub fn version(&self) -> String {
        let state = self.ruling().map_or("", |last| last.state.as_str());
        let seen = self.offers.iter().filter(|(offer, _)| offer.seen).count();
        let (claims, rulings) = (self.claims.len(), self.rulings.len());
        let offers = format!("{}+{}", self.offers.len(), self.refused.len());
        format!("{offers}.{seen}.{claims}.{rulings}{state}")
    }
}

fn judge(conn: &mut Conn, id: UserId, now: Time) -> Result<Judge, DbError> {
    let since = db::staff::seen_since(conn, id)?;
    Ok(Judge { id, senior: since.is_some_and(|since| now.since(since) >= STAFF_SENIOR) })
}

fn named(conn: &mut Conn, rulings: Vec<Ruling>) -> Result<Vec<(Ruling, String)>, DbError> {
    let ids: Vec<UserId> = rulings.iter().map(|ruling| ruling.staff).collect();
    let names = if ids.is_empty() { Vec::new() } else { db::accounts::names(conn, &ids)? };
    let name = |id: UserId| {
        let found = names.iter().find(|(known, _)| *known == id.to_string());
        found.map_or_else(|| "staff".to_owned(), |(_, name)| name.clone())
    };
    let with_name = |ruling: Ruling| {
        let name = name(ruling.staff);
        (ruling, name)
    };
    Ok(rulings.into_iter().map(with_name).collect())
}

/// How many disputes are shown at once.
pub const PAGE: usize = 24;

/// Where the list goes on: time and order of the last dispute shown.
pub type Cursor = (Time, OrderId);

/// An open dispute, and by when it ends by itself.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The dispute.
    pub open: OpenDispute,
    /// When it runs out, if escrow stays up; none before it is in effect.
    pub ends_at: Option<Time>,
    /// Nobody has ended it for long: whoever comes by should look at it.
    pub reminder: bool,
}

impl Listed {
    fn new(open: OpenDispute, clock: Option<RunClock>, now: Time) -> Self {
        let left = |due: i64, ran: i64| due.saturating_sub(ran);
        let long = DISPUTE_TIME.as_micros().saturating_sub(DISPUTE_REMINDER.as_micros());
        let running = open.due.zip(clock);
        Self {
            ends_at: running.map(|(due, clock)| clock.moment(due, now)),
            reminder: running.is_some_and(|(due, clock)| left(due, clock.ran) <= long),
            open,
        }
    }

    /// The dispute's own row.
    pub const fn row(&self) -> &DisputeRow {
        &self.open.dispute
    }
}

/// A page of the open disputes, the oldest first, and where the next one begins. For staff; for others
/// there is no such list.
///
/// # Errors
/// [`AppError::NotFound`] for others, and what the database says.
pub async fn open(
    app: &App,
    who: &Account,
    after: Option<Cursor>,
) -> Result<(Vec<Listed>, Option<Cursor>), AppError> {
    if !who.role.is_staff() {
        return Err(AppError::NotFound);
    }
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
    let (mut rows, clock) = app
        .read(move |conn| Ok((db::disputes::open(conn, after, limit)?, deadlines::clock(conn)?)))
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = match rows.last() {
        Some(last) if more => Some((
            codec::time(last.dispute.created_at),
            codec::parsed("disputes.order_id", &last.dispute.order_id)?,
        )),
        _ => None,
    };
    let now = app.now();
    Ok((rows.into_iter().map(|row| Listed::new(row, clock, now)).collect(), next))
}
