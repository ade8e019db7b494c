//! Every attack behind every set of walls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::attacker::{Attacked, SETTINGS, Setting};
use crate::shop::{PATIENCE, SERVED, health, is_root, within};

/// Where an attacker has every right that there is.
const NOTHING: &str = "nothing-as-root";

/// What worked: setting, role, attack.
type Worked = BTreeMap<(&'static str, String), BTreeMap<String, bool>>;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/privsep/matrix.txt")
}

/// Attacks of all roles in one setting.
fn tried(setting: &Setting) -> BTreeMap<String, BTreeMap<String, bool>> {
    eprintln!("{}", setting.name);
    let attacked = Attacked::new(setting);
    let mut all = BTreeMap::new();
    for role in SERVED {
        let before = attacked.running.roles();
        let worked = attacked.attack(role);
        if setting.level >= 2 {
            let open: Vec<_> = worked.iter().filter(|(_, worked)| **worked).collect();
            assert!(open.is_empty(), "{}, {role}: {open:?}", setting.name);
            assert_eq!(attacked.running.roles(), before, "{}: somebody died", setting.name);
        }
        // Behind other walls chance decides it, but where nothing stands it must work.
        if setting.level >= 2 || setting.name == NOTHING {
            let won = attacked.race(role);
            assert_eq!(won, setting.level < 2, "{}, {role}: the race", setting.name);
        }
        all.insert(role.to_owned(), worked);
    }
    let address = attacked.shop.address();
    let answers = || health(address).filter(|line| line.starts_with("HTTP/1.1 "));
    within(PATIENCE, "the shop answers after all this", answers);
    all
}

/// A table a role: a line an attack, a column a setting, `o` where it worked.
fn written(worked: &Worked) -> String {
    let mut text = String::from(
        "What works, by role, attack and setting: o works, - does not.\n\
         Written by tests/privsep with HOLDFAST_RECORD=1.\n\nSettings\n",
    );
    for (number, setting) in SETTINGS.iter().enumerate() {
        writeln!(text, "  {:>2}  level {}  {}", number + 1, setting.level, setting.name).unwrap();
    }
    for role in SERVED {
        let names: BTreeSet<&String> = worked
            .iter()
            .filter(|((_, who), _)| who == role)
            .flat_map(|(_, attacks)| attacks.keys())
            .collect();
        let victim = Attacked::victim(role);
        writeln!(text, "\n{role} attacks {victim}: {} attacks", names.len()).unwrap();
        for name in names {
            write!(text, "  {name:<36}").unwrap();
            for setting in &SETTINGS {
                let open = worked[&(setting.name, role.to_owned())].get(name);
                text.push_str(if open == Some(&true) { " o" } else { " -" });
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn what_works_is_what_is_recorded() {
    if !is_root("attacks as several users") {
        return;
    }
    let mut worked = Worked::new();
    for setting in &SETTINGS {
        for (role, attacks) in tried(setting) {
            assert!(attacks.len() >= 60, "{role}: {} attacks", attacks.len());
            worked.insert((setting.name, role), attacks);
        }
    }
    let found = written(&worked);
    if std::env::var_os("HOLDFAST_RECORD").is_some() {
        fs::write(file(), &found).unwrap();
    }
    let recorded = fs::read_to_string(file()).unwrap();
    let (found, recorded): (Vec<_>, Vec<_>) = (found.lines().collect(), recorded.lines().collect());
    let news: Vec<_> = found.iter().filter(|line| !recorded.contains(line)).collect();
    let gone: Vec<_> = recorded.iter().filter(|line| !found.contains(line)).collect();
    assert!(found == recorded, "found {news:#?}\nrecorded {gone:#?}");
}
