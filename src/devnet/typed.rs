//! What a wallet makes of typed data in JSON (EIP-712): the digest that it signs. Texts, whole
//! numbers, addresses, truth values, words of 32 bytes and structures of these; no lists.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::{Map, Value};

use crate::error::ChainError;

/// Structures within structures.
const DEPTH_MAX: usize = 8;

/// The digest of a document with types, primaryType, domain and message.
pub(crate) fn digest(text: &str) -> Result<B256, ChainError> {
    let document: Value = serde_json::from_str(text).map_err(bad)?;
    let types = document.get("types").and_then(Value::as_object).ok_or_else(|| bad("no types"))?;
    let primary = document.get("primaryType").and_then(Value::as_str);
    let primary = primary.ok_or_else(|| bad("no primaryType"))?;
    let part = |name: &str| document.get(name).ok_or_else(|| bad(format!("no {name}")));
    let domain = structure(types, "EIP712Domain", part("domain")?, 0)?;
    let message = structure(types, primary, part("message")?, 0)?;
    Ok(keccak256([b"\x19\x01".as_slice(), domain.as_slice(), message.as_slice()].concat()))
}

fn bad(why: impl std::fmt::Display) -> ChainError {
    ChainError::params(format!("the typed data cannot be read: {why}"))
}

type Types = Map<String, Value>;

/// Name and type of each member of a structure.
fn members<'a>(types: &'a Types, kind: &str) -> Result<Vec<(&'a str, &'a str)>, ChainError> {
    let list = types.get(kind).and_then(Value::as_array);
    let list = list.ok_or_else(|| bad(format!("there is no type {kind}")))?;
    let text = |member: &'a Value, name: &str| member.get(name).and_then(Value::as_str);
    list.iter()
        .map(|member| text(member, "name").zip(text(member, "type")))
        .collect::<Option<_>>()
        .ok_or_else(|| bad(format!("a member of {kind} has no name or no type")))
}

fn structure(types: &Types, kind: &str, value: &Value, depth: usize) -> Result<B256, ChainError> {
    if depth > DEPTH_MAX {
        return Err(bad("it is too deep"));
    }
    let mut bytes = keccak256(encode(types, kind)?).to_vec();
    for (name, member) in members(types, kind)? {
        let value = value.get(name).ok_or_else(|| bad(format!("{kind} has no {name}")))?;
        let word = if types.contains_key(member) {
            structure(types, member, value, depth.saturating_add(1))?
        } else {
            plain(member, value).ok_or_else(|| bad(format!("{name} is no {member}")))?
        };
        bytes.extend_from_slice(word.as_slice());
    }
    Ok(keccak256(bytes))
}

/// A type as it is hashed: itself, then the structures that it names, in the order of the alphabet.
fn encode(types: &Types, kind: &str) -> Result<String, ChainError> {
    let mut named = BTreeSet::new();
    let mut open = vec![kind.to_owned()];
    while let Some(next) = open.pop() {
        for (_, member) in members(types, &next)? {
            if types.contains_key(member) && member != kind && named.insert(member.to_owned()) {
                open.push(member.to_owned());
            }
        }
    }
    let one = |kind: &str| -> Result<String, ChainError> {
        let list = members(types, kind)?.into_iter().map(|(name, kind)| format!("{kind} {name}"));
        Ok(format!("{kind}({})", list.collect::<Vec<_>>().join(",")))
    };
    named.iter().try_fold(one(kind)?, |text, kind| Ok(text + &one(kind)?))
}

/// A value that is no structure.
fn plain(kind: &str, value: &Value) -> Option<B256> {
    match kind {
        "string" => value.as_str().map(keccak256),
        "address" => value.as_str()?.parse::<Address>().ok().map(|address| address.into_word()),
        "bytes32" => value.as_str()?.parse().ok(),
        "bool" => value.as_bool().map(|yes| B256::from(U256::from(u8::from(yes)))),
        _ if kind.starts_with("uint") => {
            let number = match value {
                Value::Number(number) => U256::from(number.as_u64()?),
                Value::String(text) => text.parse().ok()?,
                _ => return None,
            };
            Some(B256::from(number))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letter between Cow and Bob that EIP-712 gives as its example.
    const LETTER: &str = r#"{
        "types": {
            "EIP712Domain": [
                { "name": "name", "type": "string" }, { "name": "version", "type": "string" },
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" }
            ],
            "Mail": [
                { "name": "from", "type": "Person" }, { "name": "to", "type": "Person" },
                { "name": "contents", "type": "string" }
            ],
            "Person": [
                { "name": "name", "type": "string" }, { "name": "wallet", "type": "address" }
            ]
        },
        "primaryType": "Mail",
        "domain": {
            "name": "Ether Mail", "version": "1", "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"
        },
        "message": {
            "from": { "name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
            "to": { "name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
            "contents": "Hello, Bob!"
        }
    }"#;

    #[test]
    fn the_example_of_eip_712_comes_out() {
        let digest = digest(LETTER).unwrap().to_string();
        assert_eq!(digest, "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_told() {
        for (from, to) in [
            ("\"primaryType\"", "\"other\""),
            ("\"chainId\": 1", "\"chainId\": -1"),
            ("\"contents\": \"Hello, Bob!\"", "\"contents\": 1"),
            ("\"Person\": [", "\"Human\": ["),
            ("\"name\": \"Bob\",", ""),
            (
                "\"type\": \"string\" }\n            ],\n            \"Person\"",
                "\"type\": \"string[]\" }\n            ],\n            \"Person\"",
            ),
        ] {
            assert!(LETTER.contains(from), "{from}");
            let refused = digest(&LETTER.replace(from, to)).unwrap_err();
            assert!(refused.message.contains("cannot be read"), "{refused}");
        }
        let endless =
            LETTER.replace("\"address\" }\n            ]\n", "\"Person\" }\n            ]\n");
        assert!(digest(&endless).is_err());
    }
}
