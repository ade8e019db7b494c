//! The token zoo: contracts of `tests/zoo/Zoo.sol`, made on the chain and kept by the demo wallet.

use devnet::{Bytes, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Span;
use domain::money::Amount;
use domain::seal::hex;
use escrow::chain::trial::Wanted;
use escrow::evm::abi;

use crate::provider::make;
use crate::world::{World, on_chain, wei};

/// Name and code of each contract; made by `tests/anvil/compile.mjs`.
const ZOO: &str = include_str!("../zoo/zoo.hex");

fn code(name: &str) -> &'static str {
    let mut lines = ZOO.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{name} is in the zoo")).1
}

impl World {
    /// A shop that is told to take this token of the zoo, and whose orders are paid in it.
    pub(crate) fn in_zoo(name: &str) -> Self {
        let mut world = Self::in_dollars();
        let beast = world.make(name);
        if name == "Proxy" {
            world.upgrade(beast, "Implementation");
        }
        world.tokens.push(beast);
        world.beast = Some(beast);
        world.in_dollars = false;
        world.clock.advance(Span::secs(31));
        world
    }

    pub(crate) fn make(&self, name: &str) -> EvmAddress {
        make(self, code(name))
    }

    /// The keeper turns a token of the zoo.
    pub(crate) fn turn(&self, mood: U256) {
        self.keep("turn(uint256)", mood.to_be_bytes::<32>());
    }

    /// The keeper puts another contract behind a proxy.
    pub(crate) fn upgrade(&self, proxy: EvmAddress, name: &str) {
        let behind = abi::address(self.make(name));
        self.call(proxy, abi::call("upgrade(address)", &[behind]));
    }

    fn keep(&self, signature: &str, word: [u8; 32]) {
        self.call(self.beast.unwrap(), abi::call(signature, &[word]));
    }

    fn call(&self, to: EvmAddress, data: Vec<u8>) {
        self.chain.send(on_chain(to), U256::ZERO, Bytes::from(data)).unwrap();
    }

    pub(crate) fn pay_of(&self, token: EvmAddress, to: EvmAddress, amount: Amount) {
        let from = EvmAddress::from_bytes(devnet::DEMO_WALLET.into_array());
        self.call(token, Wanted { token, from, to, amount }.call());
    }

    pub(crate) fn held_of(&self, token: EvmAddress, address: EvmAddress) -> Amount {
        let data = hex(&abi::call("balanceOf(address)", &[abi::address(address)]));
        let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call",
            "params": [{ "to": token.to_string(), "data": data }, "latest"] });
        let answer: serde_json::Value =
            serde_json::from_str(&self.chain.handle(&request.to_string())).unwrap();
        let word = domain::seal::unhex(answer["result"].as_str().unwrap()).unwrap();
        abi::to_amount(&word)
    }

    /// What escrow says of a token.
    pub(crate) fn token(&self, address: EvmAddress) -> db::tokens::Token {
        let read =
            |conn: &mut db::Conn| db::tokens::by_address(conn, ChainId::DEVELOPMENT, address);
        self.escrow.read(read).unwrap().unwrap()
    }
}

/// An address as the number that a token of the zoo takes for its mood.
pub(crate) fn number(address: EvmAddress) -> U256 {
    wei(abi::to_amount(&abi::address(address)))
}
