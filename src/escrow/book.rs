//! The book of order events: the only place that writes one.
//!
//! Each event carries the digest of the one before it, so that a row that was changed, removed or
//! slipped in breaks the chain ([`verify`]).

use db::ledger::{self, EventRow, State};
use db::{EscrowTx, codec, deadlines};
use domain::clock::Time;
use domain::ids::{OrderId, UserId};
use domain::intent::{EventActor, Standing};
use domain::life;
use domain::order::EventKind;
use domain::seal::hex;
use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// What is to be written down.
#[derive(Debug, Clone)]
pub struct Note {
    pub(crate) kind: EventKind,
    pub(crate) actor: EventActor,
    pub(crate) actor_id: Option<UserId>,
    pub(crate) comment: String,
    pub(crate) case: Option<i32>,
    pub(crate) intent: Option<i32>,
    pub(crate) tx_hash: Option<[u8; 32]>,
}

impl Note {
    /// Something that `actor` made happen, told in a sentence.
    pub fn new(kind: EventKind, actor: EventActor, comment: impl Into<String>) -> Self {
        Self {
            kind,
            actor,
            actor_id: None,
            comment: comment.into(),
            case: None,
            intent: None,
            tx_hash: None,
        }
    }

    pub(crate) fn by(self, actor_id: Option<UserId>) -> Self {
        Self { actor_id, ..self }
    }

    pub(crate) fn case(self, case: i32) -> Self {
        Self { case: Some(case), ..self }
    }

    pub(crate) fn intent(self, intent: Option<i32>) -> Self {
        Self { intent, ..self }
    }

    pub(crate) fn tx_hash(self, hash: [u8; 32]) -> Self {
        Self { tx_hash: Some(hash), ..self }
    }
}

/// How an order stands by escrow's own tables. Whether the goods are sent is web's word.
pub(crate) const fn standing(state: &State) -> Standing {
    let State { status, paying, disputed, deposit, .. } = *state;
    Standing { status, paying, disputed, deposit, ..Standing::NEW }
}

/// Appends an event, which the table of moves must have a place for, and rewrites the order's state
/// with what changes by it. `state` must have been read in the same write; whatever else the caller
/// changed in it is stored along.
///
/// # Errors
/// [`Fault::Ledger`] where the event has no place or the state is not of the last event; then nothing
/// is written.
pub fn append(tx: &mut EscrowTx<'_>, state: &mut State, note: Note, at: Time) -> Result<(), Fault> {
    let last = ledger::last_event(tx, state.order)?;
    let seq = last.as_ref().map_or(0, |last| last.seq);
    if seq != state.last_seq {
        return Err(Fault::Ledger(format!(
            "order {}: its state stands at event {}, its events at {seq}",
            state.order, state.last_seq
        )));
    }
    let before = standing(state);
    let Standing { status, paying, disputed, .. } =
        life::after(note.kind, before).ok_or_else(|| {
            let phase = before.phase();
            Fault::Ledger(format!("order {}: {} has no place in {phase}", state.order, note.kind))
        })?;
    let mut row = EventRow {
        order_id: state.order.to_string(),
        seq: seq.saturating_add(1),
        kind: note.kind.to_string(),
        status: status.to_string(),
        amount: codec::amount_text(state.credited),
        actor_role: note.actor.to_string(),
        actor_id: note.actor_id.map(|id| id.to_string()),
        comment: note.comment,
        case_no: note.case,
        intent_n: note.intent,
        tx_hash: note.tx_hash.map(|hash| hex(&hash)),
        terminal: life::is_end(note.kind).then_some(1),
        hash: String::new(),
        at: codec::stamp(at),
    };
    row.hash = digest(last.as_ref().map(|last| last.hash.as_str()), &row);
    ledger::append(tx, &row)?;
    (state.status, state.paying, state.disputed) = (status, paying, disputed);
    state.last_seq = row.seq;
    state.updated_at = at;
    ledger::put_state(tx, state)?;
    if status.is_terminal() {
        deadlines::clear(tx, state.order)?;
    }
    Ok(())
}

/// SHA-256 over the digest before and every column of the row, parted by U+001F.
fn digest(before: Option<&str>, row: &EventRow) -> String {
    let number = |number: Option<i32>| number.map(|n| n.to_string()).unwrap_or_default();
    let fields = [
        before.unwrap_or_default().to_owned(),
        row.order_id.clone(),
        row.seq.to_string(),
        row.kind.clone(),
        row.status.clone(),
        row.amount.clone(),
        row.actor_role.clone(),
        row.actor_id.clone().unwrap_or_default(),
        row.comment.clone(),
        number(row.case_no),
        number(row.intent_n),
        row.tx_hash.clone().unwrap_or_default(),
        number(row.terminal),
        codec::time(row.at).as_micros().to_string(),
    ];
    hex(&Sha256::digest(fields.join("\u{1f}")))
}

/// The number of the first event that does not follow from the one before it; none if all do.
pub fn verify(order: OrderId, events: &[EventRow]) -> Option<i32> {
    let mut before: Option<&EventRow> = None;
    for event in events {
        let follows = before.map_or(1, |before| before.seq.saturating_add(1)) == event.seq
            && event.order_id == order.to_string()
            && digest(before.map(|before| before.hash.as_str()), event) == event.hash;
        if !follows {
            return Some(event.seq);
        }
        before = Some(event);
    }
    None
}
