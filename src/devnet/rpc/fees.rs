//! eth_feeHistory.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::params::Params;
use super::shape;
use crate::block::Block;
use crate::error::ChainError;
use crate::node::Node;

/// Base fees, fill and tips of the blocks up to one.
pub(super) fn fee_history(node: &Node, params: &Params) -> Result<Value, ChainError> {
    let count = params.required_u64(0)?.clamp(1, 1_024);
    let newest = params.at(1)?.known(node)?;
    let percentiles: Vec<serde_json::Number> = params.optional(2)?.unwrap_or_default();
    let percentiles: Vec<u64> = percentiles.iter().map(whole_percent).collect::<Result<_, _>>()?;
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let blocks: Vec<_> = (oldest..=newest).filter_map(|number| node.ledger.block(number)).collect();
    let next = match node.ledger.block(newest.saturating_add(1)) {
        Some(block) => block.base_fee(),
        None => node.base_fee,
    };
    let fees = blocks.iter().map(|block| block.base_fee()).chain([next]);
    let ratios = blocks.iter().map(|block| gas_ratio(block)).collect::<Result<Vec<_>, _>>()?;
    let first = blocks.first().map_or(newest, |block| block.number());
    let mut shown = json!({
        "oldestBlock": shape::quantity(first),
        "baseFeePerGas": fees.map(shape::quantity).collect::<Vec<_>>(),
        "gasUsedRatio": ratios,
    });
    if let (false, Some(fields)) = (percentiles.is_empty(), shown.as_object_mut()) {
        let rewards: Vec<Vec<U256>> = blocks
            .iter()
            .map(|block| percentiles.iter().map(|percent| tip_at(block, *percent)).collect())
            .collect();
        fields.insert("reward".to_owned(), json!(rewards));
    }
    Ok(shown)
}

/// Percentiles count in whole percent here.
fn whole_percent(number: &serde_json::Number) -> Result<u64, ChainError> {
    let text = number.to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    whole
        .parse()
        .ok()
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| ChainError::params(format!("invalid reward percentile: {text}")))
}

/// Used gas as a share of the limit, to six digits.
fn gas_ratio(block: &Block) -> Result<Value, ChainError> {
    let millionths = block
        .header
        .gas_used
        .saturating_mul(1_000_000)
        .checked_div(block.header.gas_limit)
        .unwrap_or_default()
        .min(999_999);
    serde_json::from_str(&format!("0.{millionths:06}")).map_err(ChainError::internal)
}

/// The tip in wei below which this share of the block's gas was bought.
fn tip_at(block: &Block, percent: u64) -> U256 {
    let base_fee = block.base_fee();
    let mut bought: Vec<_> = block
        .mined
        .iter()
        .map(|mined| (mined.tx.tip(base_fee).unwrap_or_default(), mined.gas_used))
        .collect();
    bought.sort_unstable();
    let threshold = block.header.gas_used.saturating_mul(percent) / 100;
    let mut sum: u64 = 0;
    let mut tip = 0;
    for (offered, gas) in bought {
        tip = offered;
        sum = sum.saturating_add(gas);
        if sum >= threshold {
            break;
        }
    }
    U256::from(tip)
}
