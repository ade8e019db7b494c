//! The stablecoin's committed code is what its source compiles to.

use std::process::Command;

use crate::node::folder;

#[test]
fn the_committed_code_is_what_the_source_compiles_to() {
    let mut compiler = Command::new("node");
    compiler.args(["compile.mjs", "--check"]).current_dir(folder());
    let output = compiler.output().expect("node is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}
