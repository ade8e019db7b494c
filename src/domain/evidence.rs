//! The chain over what parties said and asked for: each entry binds a row, and all entries before it.
//! Web keeps it; escrow anchors its head, so that a row that is changed later is found out.

use std::fmt;
use std::str::FromStr;

use verify::keccak256;

use crate::order::{BadWord, words};

words! {
    /// What kind of row an entry binds.
    EvidenceKind {
        /// A request to escrow.
        Intent = "intent",
        /// An objection.
        Dispute = "dispute",
        /// Word about the goods.
        Shipment = "shipment",
        /// A wish for another address.
        Reseal = "reseal",
        /// An offer in a dispute.
        Offer = "offer",
        /// What staff ask to rule.
        Ruling = "ruling",
        /// A statement in a dispute.
        Claim = "claim",
        /// That an offer was shown to the other party.
        View = "view",
    }
}

/// The head before the first entry.
pub const START: [u8; 32] = [0; 32];

/// What an entry binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number, from 1.
    pub n: i64,
    /// What kind of row it is.
    pub kind: EvidenceKind,
    /// The row's key, in words.
    pub key: &'a str,
    /// [`digest`] of its columns.
    pub digest: [u8; 32],
}

/// Digest of a row: its columns as text, each with its length before it, so that no two rows are told
/// alike.
pub fn digest(columns: &[&str]) -> [u8; 32] {
    let text: String = columns.iter().map(|column| format!("{}:{column}", column.len())).collect();
    keccak256(text.as_bytes())
}

/// The head after an entry.
pub fn next(before: &[u8; 32], entry: &Entry<'_>) -> [u8; 32] {
    let mut bytes = before.to_vec();
    bytes.extend(entry.digest);
    bytes.extend(format!("{}:{}:{}", entry.n, entry.kind, entry.key).bytes());
    keccak256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_do_not_run_into_each_other() {
        let all = [
            digest(&["a", "bc"]),
            digest(&["ab", "c"]),
            digest(&["abc"]),
            digest(&["abc", ""]),
            digest(&[]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(all.iter().filter(|other| *other == one).count(), 1, "{at}");
        }
    }

    #[test]
    fn a_head_binds_all_of_its_entry_and_what_came_before() {
        let entry = Entry { n: 1, kind: EvidenceKind::Dispute, key: "k", digest: [1; 32] };
        let head = next(&START, &entry);
        for other in [
            next(&[1; 32], &entry),
            next(&START, &Entry { n: 2, ..entry }),
            next(&START, &Entry { kind: EvidenceKind::Intent, ..entry }),
            next(&START, &Entry { key: "l", ..entry }),
            next(&START, &Entry { digest: [2; 32], ..entry }),
        ] {
            assert_ne!(head, other);
        }
    }
}
