//! Files that go with statements in disputes: their rows. Their content lies in web's folder.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::evidence::EvidenceKind;
use domain::ids::{OrderId, UserId};

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence::{self, Evident};
use crate::schema::dispute_files;

/// The number of the statement by which a dispute was opened.
pub const OPENING: i32 = 0;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispute_files)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct FileRow {
    pub order_id: String,
    pub claim_n: i32,
    pub n: i32,
    pub author_id: String,
    pub name: String,
    pub kind: String,
    pub bytes: i64,
    pub sha256: String,
    pub created_at: NaiveDateTime,
}

impl Evident for FileRow {
    const KIND: EvidenceKind = EvidenceKind::File;

    fn key(&self) -> String {
        format!("{} {} {}", self.order_id, self.claim_n, self.n)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [&self.order_id, &self.author_id, &self.name, &self.kind, &self.sha256];
        let at = codec::time(self.created_at).as_micros();
        let numbers = [i64::from(self.claim_n), i64::from(self.n), self.bytes, at];
        texts.into_iter().cloned().chain(numbers.map(|number| number.to_string())).collect()
    }
}

/// Adds a file to the statement of the same write.
pub fn insert(tx: &mut WebTx<'_>, row: &FileRow) -> Result<(), DbError> {
    diesel::insert_into(dispute_files::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// The files of a dispute, as they were added.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<FileRow>, DbError> {
    dispute_files::table
        .filter(dispute_files::order_id.eq(order.to_string()))
        .order((dispute_files::claim_n, dispute_files::n))
        .select(FileRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// The first file of a dispute with this content.
pub fn by_content(
    conn: &mut Conn,
    order: OrderId,
    sha256: &str,
) -> Result<Option<FileRow>, DbError> {
    dispute_files::table
        .filter(dispute_files::order_id.eq(order.to_string()))
        .filter(dispute_files::sha256.eq(sha256))
        .order((dispute_files::claim_n, dispute_files::n))
        .select(FileRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// One file.
pub fn by_number(
    conn: &mut Conn,
    order: OrderId,
    (claim, n): (i32, i32),
) -> Result<Option<FileRow>, DbError> {
    dispute_files::table
        .find((order.to_string(), claim, n))
        .select(FileRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// How many files somebody added to a dispute.
pub fn count(conn: &mut Conn, order: OrderId, author: UserId) -> Result<i64, DbError> {
    dispute_files::table
        .filter(dispute_files::order_id.eq(order.to_string()))
        .filter(dispute_files::author_id.eq(author.to_string()))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// How many files somebody added to any dispute since then.
pub fn count_since(conn: &mut Conn, author: UserId, since: Time) -> Result<i64, DbError> {
    dispute_files::table
        .filter(dispute_files::author_id.eq(author.to_string()))
        .filter(dispute_files::created_at.gt(codec::stamp(since)))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// Which of these contents some row names.
pub fn known(conn: &mut Conn, contents: &[String]) -> Result<Vec<String>, DbError> {
    dispute_files::table
        .filter(dispute_files::sha256.eq_any(contents))
        .select(dispute_files::sha256)
        .distinct()
        .load(conn)
        .map_err(DbError::from)
}

/// Contents that rows name, with their lengths in bytes: up to `limit` after `after`, in order.
pub fn contents(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<(String, i64)>, DbError> {
    dispute_files::table
        .filter(dispute_files::sha256.gt(after))
        .order(dispute_files::sha256)
        .limit(limit)
        .select((dispute_files::sha256, dispute_files::bytes))
        .distinct()
        .load(conn)
        .map_err(DbError::from)
}
