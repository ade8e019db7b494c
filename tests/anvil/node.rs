//! anvil as a process, and what one asks of it.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use devnet::{Address, DEMO_WALLET, DOLLAR, U256};
use domain::EvmAddress;
use domain::money::Amount;
use serde_json::{Value, json};

use crate::shop::within;

/// Long enough for a machine that does other things as well.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// The folder of this ring.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/anvil")
}

/// A node, with the demo's stablecoin on it. Dropped, it ends.
pub(crate) struct Node {
    child: Child,
    pub(crate) address: String,
    asked: Cell<u64>,
}

/// The node's own binary: the package for this machine has it.
fn binary() -> PathBuf {
    let scope = folder().join("node_modules/@foundry-rs");
    let entries = std::fs::read_dir(&scope).into_iter().flatten().flatten();
    let mut binaries = entries.map(|entry| entry.path().join("bin/anvil"));
    let found = binaries.find(|path| path.is_file() && path.to_string_lossy().contains("anvil-"));
    found.expect("anvil is there: run `npm ci --prefix tests/anvil`")
}

impl Node {
    /// A node that makes a block each second; a block is final when it is four deep.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = Command::new(binary())
            .args(["--port", &port.to_string(), "--chain-id", "31337", "--silent"])
            .args(["--block-time", "1", "--slots-in-an-epoch", "2"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let node = Self { child, address: format!("127.0.0.1:{port}"), asked: Cell::new(0) };
        within(LONG, "anvil answers", || node.ask("eth_chainId", &json!([])));
        let code = format!("0x{}", devnet::dollar::CODE.trim());
        node.get("anvil_setCode", json!([DOLLAR, code]));
        for (slot, value) in devnet::dollar::storage() {
            let value = format!("0x{value:064x}");
            node.get("anvil_setStorageAt", json!([DOLLAR, format!("0x{slot:x}"), value]));
        }
        node
    }

    fn ask(&self, method: &str, params: &Value) -> Option<Value> {
        self.asked.set(self.asked.get() + 1);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let mut socket = TcpStream::connect(&self.address).ok()?;
        socket.set_read_timeout(Some(LONG)).ok()?;
        write!(
            socket,
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        let (_, answer) = answer.split_once("\r\n\r\n")?;
        let answer: Value = serde_json::from_str(answer).ok()?;
        assert!(answer["error"].is_null(), "{method}: {answer}");
        Some(answer["result"].clone())
    }

    /// The answer, which must be one.
    pub(crate) fn get(&self, method: &str, params: Value) -> Value {
        self.ask(method, &params).unwrap()
    }

    /// Blocks come by transactions and by [`Self::mine`] alone.
    pub(crate) fn by_hand(&self) {
        self.get("evm_setIntervalMining", json!([0]));
        self.get("evm_setAutomine", json!([true]));
    }

    pub(crate) fn mine(&self, blocks: u64) {
        self.get("anvil_mine", json!([format!("0x{blocks:x}")]));
    }

    pub(crate) fn fill(&self, wallet: EvmAddress, ether: u128) {
        let wei = Amount::from_u128(ether * 1_000_000_000_000_000_000);
        self.get("anvil_setBalance", json!([wallet.to_string(), quantity(wei)]));
    }

    /// The demo wallet, whose key the node holds, pays ether or the stablecoin.
    pub(crate) fn pay(&self, to: EvmAddress, amount: Amount, token: Option<EvmAddress>) {
        let call = match token {
            None => json!({ "from": DEMO_WALLET, "to": to.to_string(), "value": quantity(amount) }),
            Some(token) => {
                let to = escrow::evm::abi::address(to);
                let words = [to, escrow::evm::abi::number(amount)];
                let data = escrow::evm::abi::call("transfer(address,uint256)", &words);
                let data = domain::seal::hex(&data);
                json!({ "from": DEMO_WALLET, "to": token.to_string(), "data": data })
            }
        };
        self.get("eth_sendTransaction", json!([call]));
    }

    /// Puts a contract of the zoo there: none of them takes ether.
    pub(crate) fn deploy(&self, name: &str) -> EvmAddress {
        let zoo = include_str!("../zoo/zoo.hex").lines();
        let code = zoo.filter_map(|line| line.split_once(' ')).find(|(known, _)| *known == name);
        let data = format!("0x{}", code.unwrap().1.trim());
        let call = json!({ "from": DEMO_WALLET, "data": data, "gas": "0x2dc6c0" });
        let hash = self.get("eth_sendTransaction", json!([call]));
        let made = within(LONG, "the contract is there", || {
            let receipt = self.get("eth_getTransactionReceipt", json!([hash]));
            receipt["contractAddress"].as_str().map(str::to_owned)
        });
        EvmAddress::from_bytes(made.parse::<Address>().unwrap().into_array())
    }

    /// What somebody has of ether or of the stablecoin.
    pub(crate) fn balance(&self, of: EvmAddress, token: Option<EvmAddress>) -> Amount {
        let answer = match token {
            None => self.get("eth_getBalance", json!([of.to_string(), "latest"])),
            Some(token) => {
                let word = [escrow::evm::abi::address(of)];
                let data = escrow::evm::abi::call("balanceOf(address)", &word);
                let call = json!({ "to": token.to_string(), "data": domain::seal::hex(&data) });
                self.get("eth_call", json!([call, "latest"]))
            }
        };
        let digits = answer.as_str().unwrap().trim_start_matches("0x").to_owned();
        let value = U256::from_str_radix(&digits, 16).unwrap();
        Amount::parse_units(&value.to_string()).unwrap()
    }
}

fn quantity(amount: Amount) -> String {
    format!("0x{:x}", amount.as_u256())
}

/// The stablecoin, as the shop names it.
pub(crate) fn dollar() -> EvmAddress {
    let address: Address = DOLLAR;
    EvmAddress::from_bytes(address.into_array())
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}
