//! How the sum of an order is shared out, as JSON. Sums are base units unless they say cents.

use domain::settle::LegRole;
use domain::shares::Shares;
use serde::Serialize;
use utoipa::ToSchema;

use crate::orders::actions::shares::{PaidOut, Split};

/// What comes to whom of the sum.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharesJson {
    items_cents: u64,
    shipping_cents: u64,
    /// What is shared out: what is to be paid, or what is in escrow once that is enough.
    available: String,
    /// The store's tier when it was ordered: `gold`, `silver`, `bronze` or `free`.
    tier: Option<&'static str>,
    /// The site's share of what goes to the vendor.
    commission_bps: u16,
    /// Which share of the commission goes to whoever invited the buyer; absent where nobody is paid
    /// for that.
    referral_bps: Option<u16>,
    /// What a ruling of staff would cost, half of it from each side; absent where it costs nothing.
    ruling: Option<String>,
    /// When the buyer has what was bought; absent where the sum does not carry the fees.
    release: Option<PartsJson>,
    /// When the buyer is paid back.
    refund: Option<PartsJson>,
    /// What has left escrow for good; absent as long as nothing has.
    paid: Option<PaidJson>,
}

/// The parts of a sum; together they are the whole of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartsJson {
    vendor: String,
    /// Less the referral, and without what a token's legs are charged.
    commission: String,
    referral: String,
    buyer: String,
    /// Kept aside for a coin's legs, charged for a token's.
    network_fees: String,
}

/// What went where.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaidJson {
    vendor: String,
    /// Of a token with what all legs were charged.
    commission: String,
    referral: String,
    resolver: String,
    buyer: String,
    /// What the network took, in the chain's coin; of a token out of the site's gas wallet.
    network_fees: String,
    /// What was kept for fees and not used; it is the site's.
    residue: String,
}

impl SharesJson {
    /// Of a split, with what has left.
    pub(super) fn of(split: &Split, paid: Option<&PaidOut>) -> Self {
        let parts = |shares: Shares| PartsJson {
            vendor: shares.vendor.to_string(),
            commission: shares.commission.to_string(),
            referral: shares.referral.to_string(),
            buyer: shares.buyer.to_string(),
            network_fees: shares.network.to_string(),
        };
        Self {
            items_cents: split.items.get(),
            shipping_cents: split.shipping.get(),
            available: split.available.to_string(),
            tier: split.tier.map(domain::store::Tier::as_str),
            commission_bps: split.rules.commission.get(),
            referral_bps: split.rules.referral.map(domain::money::Bps::get),
            ruling: split.ruling().map(|fee| fee.to_string()),
            release: split.release().map(parts),
            refund: split.refund().map(parts),
            paid: paid.map(PaidJson::from),
        }
    }
}

impl From<&PaidOut> for PaidJson {
    fn from(paid: &PaidOut) -> Self {
        let to = |role| paid.to(role).to_string();
        Self {
            vendor: to(LegRole::Vendor),
            commission: to(LegRole::Commission),
            referral: to(LegRole::Referral),
            resolver: to(LegRole::Resolver),
            buyer: to(LegRole::Buyer),
            network_fees: paid.network.to_string(),
            residue: paid.residue.to_string(),
        }
    }
}
