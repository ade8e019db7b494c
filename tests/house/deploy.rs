//! What stands outside of the source and must fit it: the image, the unit, the operator's document.
//! `bin/image` tries them; this finds within a second what has come apart.

use std::fs;
use std::path::Path;

use crate::{assert_none, root};

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The numbers that `src/people.rs` gives where a system has no users of our names.
fn users(people: &str) -> Vec<(String, String)> {
    let number =
        |line: &str| line.split("=> ").nth(1).unwrap().trim_end_matches(',').replace('_', "");
    let named = ["web", "escrow", "courier"].into_iter().map(|role| {
        let mark = format!("Role::{}{} => ", role[..1].to_uppercase(), &role[1..]);
        let line = people.lines().find(|line| line.contains(&mark)).unwrap();
        (role.to_owned(), number(line))
    });
    named.collect()
}

/// Each role's user stands in the image, and owns its folder there.
fn unfit_users(dockerfile: &str, people: &str) -> Vec<String> {
    let missing = |(role, number): (String, String)| {
        let lines = [
            format!("'holdfast-{role}:x:{number}:61000::/:/nologin'"),
            format!("COPY --from=build --chown={number}:61000 /{role}/ /data/"),
        ];
        lines.into_iter().filter(|line| !dockerfile.contains(line)).collect::<Vec<_>>()
    };
    users(people).into_iter().flat_map(missing).collect()
}

/// The base image has the compiler that Cargo.toml asks for, and the development chain stays out.
fn unfit_build(dockerfile: &str, cargo: &str) -> Vec<String> {
    let version = cargo.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let wanted = [
        format!("FROM docker.io/library/rust:{}-slim-bookworm AS build", version.trim_matches('"')),
        "--locked --package holdfast --no-default-features --features mariadb".to_owned(),
        "FROM scratch".to_owned(),
    ];
    wanted.into_iter().filter(|line| !dockerfile.contains(line)).collect()
}

/// Every block of commands says whether `bin/image` runs it.
fn unknown_blocks(document: &str) -> Vec<String> {
    let fences: Vec<&str> = document.lines().filter(|line| line.starts_with("```")).collect();
    let opening = fences.iter().step_by(2);
    let known = ["```sh", "```sh elsewhere", "```sh untried"];
    opening.filter(|fence| !known.contains(fence)).map(|fence| (*fence).to_owned()).collect()
}

/// Settings that the document writes but no role knows.
fn unknown_settings(document: &str, known: &str) -> Vec<String> {
    let name = |line: &'_ str| {
        let (name, _) = line.split_once('=')?;
        let shouted = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        (shouted && name.len() > 4 && !known.contains(name)).then(|| name.to_owned())
    };
    document.lines().filter_map(name).collect()
}

/// Files that the document takes along.
fn missing_files(document: &str, root: &Path) -> Vec<String> {
    let rows =
        document.lines().filter_map(|line| line.strip_prefix("scp target/release/holdfast "));
    let files = rows.flat_map(|row| row.split(' ').filter(|word| !word.contains('@')));
    files.filter(|file| !root.join(file).exists()).map(str::to_owned).collect()
}

#[test]
fn what_is_deployed_fits_the_source() {
    let (dockerfile, document) = (text("Dockerfile"), text("docs/OPERATIONS.md"));
    let known = ["src/cli.rs", "src/web/config.rs", "src/escrow/secret.rs"].map(text).concat();
    assert_none("users of the image", &unfit_users(&dockerfile, &text("src/people.rs")));
    assert_none("build of the image", &unfit_build(&dockerfile, &text("Cargo.toml")));
    assert_none("blocks of OPERATIONS.md", &unknown_blocks(&document));
    assert_none("settings of OPERATIONS.md", &unknown_settings(&document, &known));
    assert_none("files of OPERATIONS.md", &missing_files(&document, &root()));
    let unit = text("deploy/holdfast.service");
    assert!(unit.contains("RestartPreventExitStatus=78"), "78 is for a person to mend");
}

#[test]
fn what_comes_apart_is_found() {
    let (dockerfile, people, cargo) =
        (text("Dockerfile"), text("src/people.rs"), text("Cargo.toml"));
    assert_eq!(unfit_users(&dockerfile.replace("61002", "61009"), &people).len(), 2);
    assert_eq!(unfit_build(&dockerfile.replace(":1.", ":2."), &cargo).len(), 1);
    assert_eq!(unfit_build(&dockerfile.replace("--no-default-features ", ""), &cargo).len(), 1);
    assert_eq!(unknown_blocks("```sh\nls\n```\n```bash\nls\n```\n"), ["```bash"]);
    assert_eq!(unknown_settings("CSRF_SALT=x\nCSRF_SLAT=x\n", "CSRF_SALT"), ["CSRF_SLAT"]);
    let row = "scp target/release/holdfast Cargo.toml nothing.conf root@shop.example:";
    assert_eq!(missing_files(row, &root()), ["nothing.conf"]);
}
