//! The chain over what parties said and asked for, as web keeps it, and the heads that escrow anchors.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::evidence::{Entry, EvidenceKind, START, digest, next};
use domain::ids::OrderId;
use domain::intent::ActorRole;
use domain::seal::{hex, unhex};

use crate::claims::{self, ClaimRow};
use crate::codec;
use crate::conn::Conn;
use crate::dialect;
use crate::disputes::{self, DisputeRow};
use crate::doors::{EscrowTx, WebTx};
use crate::error::DbError;
use crate::inbox;
use crate::intents::IntentRow;
use crate::offers;
use crate::payouts::hash;
use crate::reseals::{self, RequestRow};
use crate::rulings;
use crate::schema::{evidence, evidence_anchors, evidence_head};
use crate::shipments::{self, ShipmentRow};

const ONE: i32 = 1;

/// A row that the chain binds.
pub trait Evident {
    /// What kind it is.
    const KIND: EvidenceKind;

    /// Its key, in words, by which it is found again.
    fn key(&self) -> String;

    /// All of its columns as text.
    fn columns(&self) -> Vec<String>;
}

/// A time as evidence tells it.
pub(crate) fn micros(at: NaiveDateTime) -> String {
    codec::time(at).as_micros().to_string()
}

/// A signature and its expiry, in words that no other column has; nothing where there is none.
pub(crate) fn signed(
    signature: Option<&String>,
    expires: Option<i64>,
) -> impl Iterator<Item = String> {
    let signature = signature.map(|signature| format!("signature {signature}"));
    let expires = expires.map(|secs| format!("expires {secs}"));
    signature.into_iter().chain(expires)
}

impl Evident for IntentRow {
    const KIND: EvidenceKind = EvidenceKind::Intent;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.n)
    }

    fn columns(&self) -> Vec<String> {
        let texts =
            [&self.order_id, &self.action, &self.actor_id, &self.actor_role, &self.request_id];
        let texts = texts.into_iter().cloned();
        let about = self.about_n.map(|n| n.to_string());
        let signed = signed(self.signature.as_ref(), self.signature_expires);
        let numbers = [self.n.to_string(), micros(self.created_at)];
        texts.chain(numbers).chain(about).chain(signed).collect()
    }
}

impl Evident for rulings::RequestRow {
    const KIND: EvidenceKind = EvidenceKind::Ruling;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.n)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [&self.order_id, &self.staff_id, &self.reason, &self.request_id];
        let numbers = [self.n.to_string(), self.buyer_bps.to_string(), micros(self.created_at)];
        texts.into_iter().cloned().chain(numbers).collect()
    }
}

impl Evident for ClaimRow {
    const KIND: EvidenceKind = EvidenceKind::Claim;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.n)
    }

    fn columns(&self) -> Vec<String> {
        let texts =
            [&self.order_id, &self.author_id, &self.author_role, &self.body, &self.request_id];
        let numbers = [self.n.to_string(), micros(self.created_at)];
        texts.into_iter().cloned().chain(numbers).collect()
    }
}

impl Evident for DisputeRow {
    const KIND: EvidenceKind = EvidenceKind::Dispute;

    fn key(&self) -> String {
        self.order_id.clone()
    }

    fn columns(&self) -> Vec<String> {
        let texts = [
            &self.order_id,
            &self.opened_by,
            &self.opener_role,
            &self.reason,
            &self.statement,
            &self.request_id,
        ];
        texts.into_iter().cloned().chain([micros(self.created_at)]).collect()
    }
}

impl Evident for ShipmentRow {
    const KIND: EvidenceKind = EvidenceKind::Shipment;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.seq)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [&self.order_id, &self.status, &self.note, &self.actor_id];
        let texts = texts.into_iter().cloned();
        texts.chain([self.seq.to_string(), micros(self.created_at)]).collect()
    }
}

impl Evident for RequestRow {
    const KIND: EvidenceKind = EvidenceKind::Reseal;

    fn key(&self) -> String {
        format!("{} {} {}", self.order_id, self.party, self.step)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [
            &self.order_id,
            &self.party,
            &self.step,
            &self.address,
            &self.actor_id,
            &self.request_id,
        ];
        texts.into_iter().cloned().chain([micros(self.created_at)]).collect()
    }
}

fn digest_of(row: &impl Evident) -> [u8; 32] {
    let columns = row.columns();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    digest(&columns)
}

/// Binds a row into the chain; to be called in the write that adds the row. On MariaDB such writes
/// follow one another from here on.
pub fn note(tx: &mut WebTx<'_>, row: &impl Evident) -> Result<(), DbError> {
    let (n, head) = hold_head(tx)?;
    let n = n.saturating_add(1);
    let (key, digest) = (row.key(), digest_of(row));
    let entry = Entry { n, kind: key_kind(row), key: &key, digest };
    let head = hex(&next(&head, &entry));
    diesel::insert_into(evidence::table)
        .values((
            evidence::n.eq(n),
            evidence::kind.eq(entry.kind.as_str()),
            evidence::row_key.eq(&key),
            evidence::digest.eq(hex(&digest)),
            evidence::head.eq(&head),
        ))
        .execute(tx.conn())?;
    diesel::update(evidence_head::table.find(ONE))
        .set((evidence_head::n.eq(n), evidence_head::head.eq(&head)))
        .execute(tx.conn())?;
    Ok(())
}

fn key_kind<R: Evident>(_: &R) -> EvidenceKind {
    R::KIND
}

/// Number and head of the newest entry, held until the transaction ends.
fn hold_head(tx: &mut WebTx<'_>) -> Result<(i64, [u8; 32]), DbError> {
    let held = |tx: &mut WebTx<'_>| dialect::hold(tx, "evidence_head", &[("id", "1")]);
    held(tx)?;
    let found = |tx: &mut WebTx<'_>| -> Result<Option<(i64, String)>, DbError> {
        let row = evidence_head::table.find(ONE).select((evidence_head::n, evidence_head::head));
        Ok(row.first(tx.conn()).optional()?)
    };
    let row = match found(tx)? {
        Some(row) => Some(row),
        None => {
            let first = (
                evidence_head::id.eq(ONE),
                evidence_head::n.eq(0_i64),
                evidence_head::head.eq(hex(&START)),
            );
            let made = diesel::insert_into(evidence_head::table).values(first).execute(tx.conn());
            match made.map_err(DbError::from) {
                Ok(_) => None,
                // Somebody made it meanwhile.
                Err(DbError::Unique(_)) => {
                    held(tx)?;
                    found(tx)?
                }
                Err(error) => return Err(error),
            }
        }
    };
    match row {
        None => Ok((0, START)),
        Some((n, head)) => Ok((n, hash("evidence_head.head", &head)?)),
    }
}

/// Where a walk along the chain has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// Number of the last entry that follows from those before it.
    pub n: i64,
    /// The head there.
    pub head: [u8; 32],
}

/// The walk that has not begun.
pub const NOWHERE: Walked = Walked { n: 0, head: START };

/// An entry of the chain as web keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = evidence)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct EntryRow {
    pub n: i64,
    pub kind: String,
    pub row_key: String,
    pub digest: String,
    pub head: String,
}

/// Entries after number `n`, up to `limit`.
pub fn after(conn: &mut Conn, n: i64, limit: i64) -> Result<Vec<EntryRow>, DbError> {
    evidence::table
        .filter(evidence::n.gt(n))
        .order(evidence::n)
        .limit(limit)
        .select(EntryRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// Walks on along the chain, up to `limit` entries; inside, in a sentence, the first that does not
/// follow.
pub fn walk(conn: &mut Conn, from: Walked, limit: i64) -> Result<Result<Walked, String>, DbError> {
    let mut at = from;
    for found in after(conn, from.n, limit)? {
        match step(at, &found) {
            Some(next) => at = next,
            None => return Ok(Err(format!("entry {} of the evidence does not follow", found.n))),
        }
    }
    Ok(Ok(at))
}

fn step(at: Walked, row: &EntryRow) -> Option<Walked> {
    let kind: EvidenceKind = row.kind.parse().ok()?;
    let digest = unhex(&row.digest)?;
    let entry = Entry { n: row.n, kind, key: &row.row_key, digest };
    let walked = Walked { n: row.n, head: next(&at.head, &entry) };
    let follows = at.n.checked_add(1) == Some(row.n) && hex(&walked.head) == row.head;
    follows.then_some(walked)
}

/// [`walk`], and looks besides whether each row is as it was bound, and whether each head that escrow
/// anchored is met.
pub fn walk_rows(
    conn: &mut Conn,
    from: Walked,
    limit: i64,
) -> Result<Result<Walked, String>, DbError> {
    let mut at = from;
    for found in after(conn, from.n, limit)? {
        let Some(walked) = step(at, &found) else {
            return Ok(Err(format!("entry {} of the evidence does not follow", found.n)));
        };
        let EntryRow { n, kind, row_key: key, digest, .. } = &found;
        if row_digest(conn, kind, key)?.is_none_or(|is| hex(&is) != *digest) {
            return Ok(Err(format!("{kind} {key} is not as it was when entry {n} bound it")));
        }
        let anchored: Option<String> = evidence_anchors::table
            .find(*n)
            .select(evidence_anchors::head)
            .first(conn)
            .optional()?;
        if anchored.is_some_and(|head| head != hex(&walked.head)) {
            return Ok(Err(format!("escrow anchored another head at entry {n}")));
        }
        at = walked;
    }
    Ok(Ok(at))
}

/// The digest of a row as it stands now; none of one that is gone or whose key says nothing.
fn row_digest(conn: &mut Conn, kind: &str, key: &str) -> Result<Option<[u8; 32]>, DbError> {
    let mut words = key.split(' ');
    let (Ok(kind), Some(order)) = (kind.parse::<EvidenceKind>(), words.next()) else {
        return Ok(None);
    };
    let Ok(id) = order.parse::<OrderId>() else { return Ok(None) };
    let rest: Vec<&str> = words.collect();
    Ok(match (kind, rest.as_slice()) {
        (EvidenceKind::Dispute, []) => disputes::of_order(conn, id)?.as_ref().map(digest_of),
        (EvidenceKind::Intent, [n]) => {
            let Ok(n) = n.parse() else { return Ok(None) };
            inbox::intent(conn, order, n)?.as_ref().map(digest_of)
        }
        (EvidenceKind::Shipment, [seq]) => {
            let rows = shipments::of_order(conn, id)?;
            rows.iter().find(|row| row.seq.to_string() == *seq).map(digest_of)
        }
        (EvidenceKind::Reseal, [party, step]) => {
            let Ok(party) = party.parse::<ActorRole>() else { return Ok(None) };
            reseals::step(conn, (id, party), step)?.as_ref().map(digest_of)
        }
        (EvidenceKind::Offer, [n]) => {
            let Ok(n) = n.parse() else { return Ok(None) };
            offers::by_number(conn, id, n)?.as_ref().map(digest_of)
        }
        (EvidenceKind::View, [n]) => {
            let Ok(n) = n.parse() else { return Ok(None) };
            offers::view(conn, id, n)?.as_ref().map(digest_of)
        }
        (EvidenceKind::Ruling, [n]) => {
            let Ok(n) = n.parse() else { return Ok(None) };
            rulings::requested(conn, id, n)?.as_ref().map(digest_of)
        }
        (EvidenceKind::Claim, [n]) => {
            let Ok(n) = n.parse() else { return Ok(None) };
            claims::by_number(conn, id, n)?.as_ref().map(digest_of)
        }
        _ => None,
    })
}

/// The last head that escrow anchored.
pub fn last_anchor(conn: &mut Conn) -> Result<Option<Walked>, DbError> {
    let found: Option<(i64, String)> = evidence_anchors::table
        .order(evidence_anchors::n.desc())
        .select((evidence_anchors::n, evidence_anchors::head))
        .first(conn)
        .optional()?;
    found.map(|(n, head)| Ok(Walked { n, head: hash("evidence_anchors.head", &head)? })).transpose()
}

/// Anchors a head; the same number twice fails with [`DbError::Unique`].
pub fn anchor(tx: &mut EscrowTx<'_>, at: Walked, now: Time) -> Result<(), DbError> {
    diesel::insert_into(evidence_anchors::table)
        .values((
            evidence_anchors::n.eq(at.n),
            evidence_anchors::head.eq(hex(&at.head)),
            evidence_anchors::anchored_at.eq(codec::stamp(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The head of an entry as web keeps it now.
pub fn head_at(conn: &mut Conn, n: i64) -> Result<Option<String>, DbError> {
    evidence::table.find(n).select(evidence::head).first(conn).optional().map_err(DbError::from)
}
