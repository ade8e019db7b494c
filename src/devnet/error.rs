//! What the chain refuses, in the words and codes of Ethereum's nodes.

use std::fmt::Display;

use serde_json::{Value, json};

/// A refusal, as JSON-RPC carries it: a code, a sentence, sometimes data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ChainError {
    /// The JSON-RPC code: -32700 parse, -32600 request, -32601 method, -32602 parameters,
    /// -32603 internal, -32000 refused, 3 reverted.
    pub code: i64,
    /// The sentence, in geth's words where geth has one.
    pub message: String,
    /// What a contract returned when it reverted, as 0x-hex.
    pub data: Option<String>,
}

impl ChainError {
    pub(crate) fn new(code: i64, message: impl Display) -> Self {
        Self { code, message: message.to_string(), data: None }
    }

    /// The request was understood and is refused.
    pub(crate) fn refused(message: impl Display) -> Self {
        Self::new(-32000, message)
    }

    /// A parameter is missing or has the wrong form.
    pub(crate) fn params(message: impl Display) -> Self {
        Self::new(-32602, message)
    }

    /// The fault is ours: the journal cannot be written, or a rule of the chain was broken.
    pub(crate) fn internal(message: impl Display) -> Self {
        Self::new(-32603, message)
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(data), Some(fields)) = (&self.data, error.as_object_mut()) {
            fields.insert("data".to_owned(), json!(data));
        }
        error
    }
}
