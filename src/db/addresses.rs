//! Requests to enter an address into escrow's address book, and what the book says.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::{AddressRequestId, StoreId, UserId};

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{address_book, address_requests};

pub(crate) const EVM: &str = "evm";

/// Whose address, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A store is paid there.
    Payout(StoreId),
    /// A buyer signs with its key what parts him from his money. The zero address says that he
    /// signs no more.
    Signer(UserId),
    /// Whoever brought a buyer is paid there.
    Referral(UserId),
}

impl Purpose {
    /// The kind of its owner, the owner's id and its word, as columns hold them.
    pub fn columns(self) -> (&'static str, String, &'static str) {
        match self {
            Self::Payout(store) => ("store", store.to_string(), "payout"),
            Self::Signer(user) => ("user", user.to_string(), "signer"),
            Self::Referral(user) => ("user", user.to_string(), "referral"),
        }
    }
}

/// A wish for an entry of the address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRequest {
    /// Its id.
    pub id: AddressRequestId,
    /// Whose address, and what it is for.
    pub purpose: Purpose,
    /// The address.
    pub address: EvmAddress,
    /// Who asked.
    pub by: UserId,
    /// When.
    pub at: Time,
    /// Of a signer: the wallet's signature over the challenge of this request.
    pub proof: Option<String>,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = address_requests)]
struct RequestRow<'a> {
    id: String,
    owner_kind: &'static str,
    owner_id: String,
    purpose: &'static str,
    family: &'static str,
    address: String,
    requested_by: String,
    created_at: NaiveDateTime,
    proof: Option<&'a str>,
}

/// An entry of escrow's book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The address.
    pub address: EvmAddress,
    /// The request that it came from.
    pub request: AddressRequestId,
    /// From when orders are sealed to it.
    pub counts_from: Time,
}

/// The addresses of one owner and purpose, as web asked and escrow answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    /// What was asked for last, with its time.
    pub asked: Option<(AddressRequestId, EvmAddress, Time)>,
    /// Escrow's entries, the newest first.
    pub entries: Vec<Entry>,
}

impl Book {
    /// The address that a new order would be sealed to at `now`.
    pub fn in_force(&self, now: Time) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.counts_from <= now)
    }

    /// The newest entry, if it does not count yet at `now`.
    pub fn waiting(&self, now: Time) -> Option<&Entry> {
        self.entries.first().filter(|entry| entry.counts_from > now)
    }

    /// The last request, as long as escrow has not entered it.
    pub fn unanswered(&self) -> Option<EvmAddress> {
        let (id, address, _) = self.asked?;
        let answered = self.entries.iter().any(|entry| entry.request == id);
        (!answered).then_some(address)
    }
}

/// Writes a request.
pub fn insert(tx: &mut WebTx<'_>, request: &AddressRequest) -> Result<(), DbError> {
    let (owner_kind, owner_id, purpose) = request.purpose.columns();
    let row = RequestRow {
        id: request.id.to_string(),
        owner_kind,
        owner_id,
        purpose,
        family: EVM,
        address: request.address.to_string(),
        requested_by: request.by.to_string(),
        created_at: codec::stamp(request.at),
        proof: request.proof.as_deref(),
    };
    diesel::insert_into(address_requests::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// What was asked for last.
pub fn asked(
    conn: &mut Conn,
    purpose: Purpose,
) -> Result<Option<(AddressRequestId, EvmAddress, Time)>, DbError> {
    let (kind, owner, purpose) = purpose.columns();
    let row: Option<(String, String, NaiveDateTime)> = address_requests::table
        .filter(address_requests::owner_id.eq(owner))
        .filter(address_requests::owner_kind.eq(kind))
        .filter(address_requests::purpose.eq(purpose))
        .order((address_requests::created_at.desc(), address_requests::id.desc()))
        .select((address_requests::id, address_requests::address, address_requests::created_at))
        .first(conn)
        .optional()?;
    row.map(|(id, address, at)| {
        Ok((
            codec::parsed("address_requests.id", &id)?,
            codec::parsed("address_requests.address", &address)?,
            codec::time(at),
        ))
    })
    .transpose()
}

/// What was asked for, with the newest few of escrow's entries.
pub fn book(conn: &mut Conn, purpose: Purpose) -> Result<Book, DbError> {
    let asked = asked(conn, purpose)?;
    let (kind, owner, purpose) = purpose.columns();
    let rows: Vec<(String, String, NaiveDateTime)> = address_book::table
        .filter(address_book::owner_kind.eq(kind))
        .filter(address_book::owner_id.eq(owner))
        .filter(address_book::purpose.eq(purpose))
        .filter(address_book::family.eq(EVM))
        .order(address_book::seq.desc())
        .limit(50)
        .select((address_book::address, address_book::request_id, address_book::counts_from))
        .load(conn)?;
    let entries = rows
        .into_iter()
        .map(|(address, request, from)| {
            Ok(Entry {
                address: codec::parsed("address_book.address", &address)?,
                request: codec::parsed("address_book.request_id", &request)?,
                counts_from: codec::time(from),
            })
        })
        .collect::<Result<_, DbError>>()?;
    Ok(Book { asked, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::Span;

    #[test]
    fn a_change_waits_while_the_old_address_counts() {
        let now = Time::from_secs(1_000_000);
        let (old, new) = (EvmAddress::from_bytes([1; 20]), EvmAddress::from_bytes([2; 20]));
        let id = |n| AddressRequestId::from_random([n; 16]);
        let entry = |address, n, counts_from| Entry { address, request: id(n), counts_from };
        let mut book = Book { asked: Some((id(1), old, now)), entries: Vec::new() };
        assert_eq!((book.in_force(now), book.waiting(now)), (None, None));
        assert_eq!(book.unanswered(), Some(old));

        book.entries.push(entry(old, 1, now));
        assert_eq!(book.in_force(now).map(|entry| entry.address), Some(old));
        assert_eq!((book.waiting(now), book.unanswered()), (None, None));

        let later = now.after(Span::hours(48));
        book.entries.insert(0, entry(new, 2, later));
        book.asked = Some((id(2), new, now));
        assert_eq!(book.in_force(now).map(|entry| entry.address), Some(old));
        assert_eq!(book.waiting(now).map(|entry| entry.address), Some(new));
        assert_eq!(book.in_force(later).map(|entry| entry.address), Some(new));
        assert_eq!(book.waiting(later), None);
    }
}
