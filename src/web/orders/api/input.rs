//! What agents send about orders.

use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A package and how many of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WishLine {
    /// The package, 32 hexadecimal digits.
    pub package_id: String,
    /// 1 to 99.
    pub quantity: u32,
}

/// What something would cost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// Packages of one store.
    pub lines: Vec<WishLine>,
}

/// An order to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Packages of one store.
    pub lines: Vec<WishLine>,
    /// Number of the chain to pay on.
    pub chain_id: u64,
    /// Contract of the token to pay in, as a quote names it; without it the chain's own coin.
    pub token_address: Option<String>,
    /// Rate that a quote named; without it the newest one is taken.
    pub rate_id: Option<String>,
    /// The most that the lines with shipping may cost, in US cents; dearer, nothing is ordered.
    pub max_total_cents: Option<u64>,
    /// Where refunds go, EIP-55; without it the address of the profile.
    pub refund_address: Option<String>,
    /// Where goods are sent; needed if any line is shipped.
    pub delivery_address: Option<String>,
}

/// A shipping note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShipment {
    /// For the buyer: a tracking number, a download link; 500 characters at most.
    #[serde(default)]
    pub note: String,
}

/// A dispute to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// `not-received`, `not-as-described`, `damaged` or `other`.
    pub reason: String,
    /// What happened; 5,000 characters at most.
    pub statement: String,
}

/// A dispute to be opened with files, as `multipart/form-data`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes a form")]
pub struct NewDisputeForm {
    /// `not-received`, `not-as-described`, `damaged` or `other`.
    reason: String,
    /// What happened; 5,000 characters at most.
    statement: String,
    /// Up to 5 parts of this name, each with a file name and 5 MiB at most: PNG, JPEG, WebP, PDF, or
    /// plain text in UTF-8.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// Another address than the sealed one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReseal {
    /// Where the caller's side wants to be paid instead, EIP-55.
    pub address: String,
    /// The account's password: an API key alone does not move money elsewhere.
    #[schema(value_type = String)]
    pub password: SecretString,
}
