//! Proves the walls of the house. Every rule is a function from text to findings, and every rule
//! is shown once more finding a planted fault, so that none of them is blind.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a source that cannot be read fails the test"
)]

mod crates;
mod deploy;
mod money;
mod source;

use std::path::PathBuf;

/// The root of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
