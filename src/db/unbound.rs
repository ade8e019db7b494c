//! Rows that a party is said to have written, and that no entry of the evidence binds.

use diesel::prelude::*;
use domain::evidence::EvidenceKind;

use crate::conn::Conn;
use crate::error::DbError;
use crate::schema::{
    dispute_claims, dispute_offers, dispute_rulings, disputes, evidence, offer_views,
    order_intents, reseal_requests, shipment_events,
};

/// The kinds of which there are more rows than entries, or fewer, each in a sentence; to be asked in
/// one snapshot. Each entry names one row, which the walk along the chain looks up, so that equal
/// numbers mean that every row is bound.
pub fn unbound(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let mut all = Vec::new();
    for kind in EvidenceKind::ALL {
        let entries: i64 =
            evidence::table.filter(evidence::kind.eq(kind.as_str())).count().get_result(conn)?;
        let rows = rows(conn, *kind)?;
        if rows != entries {
            all.push(format!("{rows} rows of the kind {kind}, and {entries} entries bind one"));
        }
    }
    Ok(all)
}

fn rows(conn: &mut Conn, kind: EvidenceKind) -> Result<i64, DbError> {
    let count = match kind {
        EvidenceKind::Intent => order_intents::table.count().get_result(conn),
        EvidenceKind::Dispute => disputes::table.count().get_result(conn),
        EvidenceKind::Shipment => shipment_events::table.count().get_result(conn),
        EvidenceKind::Reseal => reseal_requests::table.count().get_result(conn),
        EvidenceKind::Offer => dispute_offers::table.count().get_result(conn),
        EvidenceKind::Ruling => dispute_rulings::table.count().get_result(conn),
        EvidenceKind::Claim => dispute_claims::table.count().get_result(conn),
        EvidenceKind::View => offer_views::table.count().get_result(conn),
    };
    count.map_err(DbError::from)
}
