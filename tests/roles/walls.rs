//! What each role has, and what it does not have.

use std::collections::BTreeSet;
use std::fs;

use crate::shop::{SERVED, Shop, is_root, words};

/// The environment that each role is given, by its crate's list.
fn vars(role: &str) -> &'static [&'static str] {
    match role {
        "web" => web::VARS,
        "escrow" => escrow::VARS,
        "courier" => courier::VARS,
        other => panic!("no role {other}"),
    }
}

#[test]
fn each_role_has_a_user_of_its_own_and_no_other_group() {
    if !is_root("users of their own") {
        return;
    }
    let shop = Shop::migrated();
    let running = shop.serve();
    let mut users = BTreeSet::new();
    for role in running.roles() {
        let (uid, gid) = (role.status("Uid"), role.status("Gid"));
        let ids: BTreeSet<&str> = uid.split_whitespace().collect();
        assert_eq!(ids.len(), 1, "{role:?} could change back: {uid}");
        assert!(!ids.contains("0"), "{role:?} is root");
        assert!(!gid.split_whitespace().any(|gid| gid == "0"), "{role:?}: {gid}");
        assert_eq!(role.status("Groups"), "", "{role:?}");
        assert_eq!(role.status("CapEff").trim_start_matches('0'), "", "{role:?}");
        users.insert(uid);
    }
    assert_eq!(users.len(), SERVED.len());
}

#[test]
fn each_role_is_hardened_and_so_is_the_monitor() {
    let shop = Shop::migrated();
    let running = shop.serve();
    let mut all = running.roles();
    all.push(running.monitor());
    for role in all {
        assert_eq!(role.status("NoNewPrivs"), "1", "{role:?}");
        let filters = if role.role == "monitor" { "0" } else { "2" };
        assert_eq!(role.status("Seccomp_filters"), filters, "{role:?}");
        let limits = role.about("limits");
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let zeros = core.split_whitespace().filter(|word| *word == "0").count();
        assert_eq!(zeros, 2, "{role:?}: {core}");
        // The files of a process that may be dumped belong to its user.
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(format!("/proc/{}/environ", role.pid)).unwrap().uid();
        assert_eq!(owner, 0, "{role:?} may be dumped");
    }
}

#[test]
fn each_role_sees_its_own_variables_alone() {
    if !is_root("looking into processes") {
        return;
    }
    let mut shop = Shop::migrated();
    shop.set("HOME", "/root").set("CANARY", "loose").set("SITE_NAME", "Shop of walls");
    let running = shop.serve();
    for role in running.roles() {
        let environ = role.about("environ");
        let names: BTreeSet<&str> =
            environ.split('\0').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        let allowed = vars(&role.role);
        // What the walls did is told to web by the monitor, not by the operator.
        let known = |name: &&str| *name == "WALLS" || shop.vars.contains_key(*name);
        let set: BTreeSet<&str> = allowed.iter().copied().filter(known).collect();
        assert_eq!(names, set, "{}", role.role);
        assert!(!environ.contains("loose") && !environ.contains("secret.env"), "{environ}");
    }
}

#[test]
fn nobody_but_escrow_has_the_secret_open_and_nobody_is_told_its_path() {
    if !is_root("looking into processes") {
        return;
    }
    let shop = Shop::migrated();
    let running = shop.serve();
    let secret = fs::canonicalize(shop.secret()).unwrap();
    let phrase = fs::read_to_string(&secret).unwrap();
    let phrase = phrase.split('"').nth(1).unwrap();
    let mut all = running.roles();
    all.push(running.monitor());
    for role in &all {
        let line = role.about("cmdline");
        assert!(!line.contains(phrase) && !line.contains("secret.env"), "{line}");
        assert!(!role.about("environ").contains(phrase), "{role:?}");
        if role.role != "escrow" {
            let open = role.files();
            assert!(open.iter().all(|(_, file)| *file != secret), "{role:?}: {open:?}");
        }
    }
    assert_eq!(all.len(), 4);
}

#[test]
fn roles_inherit_no_descriptor_from_whoever_starts_the_shop() {
    if !is_root("looking into processes") {
        return;
    }
    let shop = Shop::migrated();
    let canary = shop.path().join("canary");
    fs::write(&canary, "").unwrap();
    // A shell leaves a descriptor open for its children.
    let script =
        format!("exec 7<{}; exec {} serve", canary.display(), env!("CARGO_BIN_EXE_holdfast"));
    let running = shop.start_shell(&script);
    running.ready();
    let canary = fs::canonicalize(canary).unwrap();
    for role in running.roles() {
        let open = role.files();
        assert!(open.iter().all(|(_, file)| *file != canary), "{role:?}: {open:?}");
    }
}

#[test]
fn the_files_of_a_role_are_its_own_and_readable_by_the_others_alone() {
    if !is_root("users of their own") {
        return;
    }
    use std::os::unix::fs::MetadataExt;
    let shop = Shop::migrated();
    let running = shop.serve();
    for role in running.roles() {
        let folder = shop.path().join("data").join(&role.role);
        let uid: u32 = role.status("Uid").split_whitespace().next().unwrap().parse().unwrap();
        let about = fs::metadata(&folder).unwrap();
        assert_eq!((about.uid(), about.mode() & 0o7777), (uid, 0o2750), "{folder:?}");
        let mut files = 0;
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let about = entry.metadata().unwrap();
            assert_eq!((about.uid(), about.mode() & 0o777), (uid, 0o640), "{entry:?}");
            files += 1;
        }
        assert!(files >= 1, "{folder:?} is empty");
    }
}

#[test]
fn check_says_which_walls_stand() {
    let shop = Shop::migrated();
    let unborn = shop.run(&["check", "--health"]);
    assert_eq!(unborn.status.code(), Some(1), "{}", words(&unborn));
    let running = shop.serve();
    let told = shop.run(&["check", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let root = rustix::process::geteuid().is_root();
    assert_eq!(report["isolation_level"], if root { 3 } else { 2 });
    let stands = |name: &str| {
        let walls = report["walls"].as_array().unwrap();
        walls.iter().find(|wall| wall["name"] == name).unwrap()["stands"].as_bool().unwrap()
    };
    assert_eq!(stands("own users"), root);
    assert!(stands("secret by descriptor") && stands("bare environment"));
    assert!(stands("file rules (Landlock)") && stands("call filter (seccomp)"));
    let attacks = report["attacks"].as_array().unwrap();
    let open: Vec<_> = attacks.iter().filter(|attack| attack["result"] != "blocked").collect();
    assert!(open.is_empty(), "{open:?}");
    for role in SERVED {
        let count = attacks.iter().filter(|attack| attack["role"] == role).count();
        assert!(count >= 60, "{role}: {count}");
    }
    assert_eq!(report["advice"].as_array().unwrap().is_empty(), root, "{report}");
    let finding = |name: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["name"] == name).unwrap()["ok"].as_bool().unwrap()
    };
    for good in ["environment", "database", "tables", "escrow", "courier"] {
        assert!(finding(good), "{good}: {report}");
    }
    let text = words(&shop.run(&["check"]));
    assert!(
        text.contains("isolation level") && text.contains("seccomp") && text.contains("blocked"),
        "{text}"
    );
    drop(running);
}
