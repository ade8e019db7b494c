//! The demo's stablecoin, which the chain holds from its first block: a contract with EIP-3009, of
//! which the demo wallet has a million and whose keeper it is. `dollar/` has source and code.

use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};

use crate::state::State;
use crate::wallet;

/// Its contract.
pub const ADDRESS: Address = address!("0x98d52D4A3517016b5cCbe28F6dA57E76A7589732");

/// Base units of one, as a power of ten.
pub(crate) const DECIMALS: usize = 6;

/// What it is called.
pub(crate) const SYMBOL: &str = "DUSD";

/// Its code in hex, as `tests/anvil/compile.mjs` makes it of `dollar/Dollar.sol`.
pub const CODE: &str = include_str!("dollar/dollar.hex");

/// What the demo wallet has at the start: a million, in base units.
const GENESIS: u128 = 1_000_000_000_000;

/// Slots of its variables: who keeps it, how much there is, and who has how much.
const KEEPER: u64 = 0;
const SUPPLY: u64 = 1;
const BALANCES: u64 = 2;

/// The slots that say that the demo wallet keeps it and has all there is.
#[must_use]
pub fn storage() -> [(U256, U256); 3] {
    let keeper = U256::from_be_slice(wallet::ADDRESS.as_slice());
    let all = U256::from(GENESIS);
    [(U256::from(KEEPER), keeper), (U256::from(SUPPLY), all), (slot_of(wallet::ADDRESS), all)]
}

fn slot_of(holder: Address) -> U256 {
    let key = U256::from_be_slice(holder.as_slice());
    let place = [key.to_be_bytes::<32>(), U256::from(BALANCES).to_be_bytes::<32>()].concat();
    U256::from_be_bytes(keccak256(place).0)
}

/// Puts the contract into the state of block 0.
pub(crate) fn install(state: &mut State) {
    // A test holds the code against its digest, so it is one.
    let code = hex::decode(CODE.trim()).unwrap_or_default();
    state.install(ADDRESS, code.into(), &storage());
}

/// What somebody has, in base units.
pub(crate) fn balance(state: &State, holder: Address) -> U256 {
    state.storage(ADDRESS, slot_of(holder))
}

/// The call that pays somebody.
pub(crate) fn transfer(to: Address, amount: U256) -> Bytes {
    let name = keccak256("transfer(address,uint256)");
    let (name, _) = name.split_at(4);
    let to = U256::from_be_slice(to.as_slice()).to_be_bytes::<32>();
    [name, &to, &amount.to_be_bytes::<32>()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The committed code is the one that `dollar/README.md` names.
    #[test]
    fn the_code_is_the_one_that_is_named() {
        let digest = keccak256(hex::decode(CODE.trim()).unwrap()).to_string();
        assert!(include_str!("dollar/README.md").contains(&digest), "{digest}");
    }
}
