//! docs/MONEY.md promises things, each with the guard that keeps it and the test that fails without
//! it. `bin/guards` tries that; this finds within a second a promise whose guard or test is gone.

use std::fs;

use crate::{assert_none, root};

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Guard, ring and test of each row of the table.
fn promises(document: &str) -> Vec<[&str; 3]> {
    let table = document.split("## What keeps it so").nth(1).unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with("|---"));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let (ring, test) = cells[2].split_once(": ").unwrap();
        [cells[1].trim_matches('`'), ring, test.trim_matches('`')]
    })
    .collect()
}

/// The guards of `bin/guards`, each with its test.
fn guards(script: &str) -> Vec<[&str; 2]> {
    let mut all = script.split("    Guard(\"");
    all.next();
    all.map(|guard| {
        let strings: Vec<_> = guard.split('"').filter(|part| part.contains("::")).collect();
        let is_test = |part: &&&str| {
            part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
        };
        let test = strings.iter().rfind(is_test).unwrap();
        [guard.split('"').next().unwrap(), *test]
    })
    .collect()
}

fn missing(document: &str, script: &str, source: impl Fn(&str, &str) -> String) -> Vec<String> {
    let (promised, taken) = (promises(document), guards(script));
    let mut findings = Vec::new();
    for [guard, ring, test] in &promised {
        if !taken.contains(&[*guard, *test]) {
            findings.push(format!("bin/guards does not take away {guard} before {test}"));
        }
        let name = test.rsplit("::").next().unwrap();
        let module = test.split("::").next().unwrap();
        if !source(ring, module).contains(&format!("fn {name}(")) {
            findings.push(format!("{ring}: {test} is not there"));
        }
    }
    for [guard, test] in &taken {
        if !promised.iter().any(|[promised, _, of]| (promised, of) == (guard, test)) {
            findings.push(format!("docs/MONEY.md does not tell of {guard}"));
        }
    }
    findings
}

#[test]
fn every_promise_has_a_guard_and_a_test() {
    let (document, script) = (text("docs/MONEY.md"), text("bin/guards"));
    let source = |ring: &str, module: &str| text(&format!("tests/{ring}/{module}.rs"));
    assert!(promises(&document).len() >= 25, "the table is gone");
    assert_none("promises of money", &missing(&document, &script, source));

    // Not blind: a guard without a promise, a promise without a guard, a test that is gone.
    let other = document.replace("`seal`", "`sea`");
    assert_eq!(missing(&other, &script, source).len(), 2);
    assert!(!missing(&document, &script, |_, _| String::new()).is_empty());
}
