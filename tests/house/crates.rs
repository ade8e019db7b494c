//! Who may import whom, as cargo resolved it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::{assert_none, root};

/// A crate, what may be nowhere in its tree, and what it may not name itself.
struct Wall {
    package: &'static str,
    nowhere: &'static [&'static str],
    not_directly: &'static [&'static str],
}

const WALLS: &[Wall] = &[
    Wall {
        package: "domain",
        nowhere: &["diesel", "serde", "tokio", "actix-web", "chrono", "envy", "ureq", "k256"],
        not_directly: &[],
    },
    Wall {
        package: "verify",
        nowhere: &["diesel", "serde", "tokio", "actix-web", "ureq", "domain", "db"],
        not_directly: &[],
    },
    Wall {
        package: "db",
        nowhere: &[
            "actix-web",
            "maud",
            "bip32",
            "bip39",
            "k256",
            "ureq",
            "web",
            "escrow",
            "courier",
        ],
        not_directly: &[],
    },
    Wall {
        package: "web",
        nowhere: &["escrow", "bip32", "bip39", "ureq", "tokio-cron-scheduler", "courier", "devnet"],
        not_directly: &["diesel", "k256"],
    },
    Wall {
        package: "courier",
        nowhere: &["escrow", "web", "bip32", "bip39", "devnet"],
        not_directly: &["diesel"],
    },
    Wall {
        package: "escrow",
        nowhere: &["web", "actix-web", "maud", "courier", "devnet", "revm"],
        not_directly: &["diesel"],
    },
    Wall { package: "devnet", nowhere: &["escrow", "web", "courier", "db"], not_directly: &[] },
    Wall { package: "holdfast", nowhere: &[], not_directly: &["maud", "diesel", "k256"] },
];

fn tree(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--locked"])
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Names of the crates in a tree, without the root itself.
fn names(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect()
}

fn breaches(package: &str, tree: &str, forbidden: &[&str]) -> Vec<String> {
    let names = names(tree);
    let found = forbidden.iter().filter(|name| names.contains(*name));
    found.map(|name| format!("{package} reaches {name}")).collect()
}

#[test]
fn no_crate_reaches_behind_its_wall() {
    for wall in WALLS {
        let whole = tree(&["--package", wall.package]).unwrap();
        assert!(
            wall.package == "verify" || names(&whole).len() > 1,
            "{}: an empty tree proves nothing",
            wall.package
        );
        assert_none("walls", &breaches(wall.package, &whole, wall.nowhere));
        let direct = tree(&["--package", wall.package, "--depth", "1"]).unwrap();
        assert_none("direct walls", &breaches(wall.package, &direct, wall.not_directly));
    }
}

#[test]
fn the_shipped_binary_has_no_development_chain() {
    let shipped = tree(&["--package", "holdfast", "--no-default-features"]).unwrap();
    assert_none(
        "image",
        &breaches("holdfast", &shipped, &["devnet", "revm", "alloy-consensus", "tiny_http"]),
    );
    let demo = tree(&["--package", "holdfast"]).unwrap();
    assert!(
        names(&demo).contains("revm"),
        "the demo has the chain, or the rule above proves nothing"
    );
}

#[test]
fn attacks_are_built_for_tests_alone() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let features = features.split("\n[").next().unwrap();
    let naming: Vec<_> =
        features.lines().filter(|line| !line.starts_with('#') && line.contains("attack")).collect();
    // The feature itself, and no other that switches it on.
    assert_eq!(naming, ["attack = [\"dep:libsqlite3-sys\"]"]);
}

#[test]
fn escrow_stays_small() {
    let count = names(&tree(&["--package", "escrow"]).unwrap()).len();
    assert!(count <= 200, "escrow's tree has {count} crates");
}

#[test]
fn a_planted_crate_is_found() {
    let tree = "web v0.1.0 (/x)\nactix-web v4.18.1\nureq v3.5.1\n";
    assert_eq!(breaches("web", tree, &["ureq", "bip39"]), ["web reaches ureq"]);
}
