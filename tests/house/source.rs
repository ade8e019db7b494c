//! Where a line belongs: rules over the source text.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{assert_none, root};

/// A file with its path below the root, with slashes.
struct File {
    path: String,
    text: String,
}

impl File {
    fn is(&self, path: &str) -> bool {
        self.path == path
    }

    /// Lines of code with their numbers: comments and the tests at the end are left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests").unwrap_or(self.text.len());
        let code = self.text.get(..end).unwrap_or_default();
        code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

fn rust_files(root: &Path, folders: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("vendor") && !path.ends_with("node_modules") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn is_test(file: &File) -> bool {
    file.path.starts_with("tests/")
        || file.path.ends_with("_tests.rs")
        || file.path.ends_with("/tests.rs")
        || file.path.contains("/tests/")
        || file.path.contains("/trials/")
}

/// Lines of code in which one of `needles` stands, in files that `applies` picks.
fn lines_with(
    files: &[File],
    applies: impl Fn(&File) -> bool,
    needles: &[&str],
    what: &str,
) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| applies(file)) {
        for (number, line) in file.code() {
            if needles.iter().any(|needle| line.contains(needle)) {
                findings.push(file.finding(number, what));
            }
        }
    }
    findings
}

fn web(file: &File, parts: &[&str]) -> bool {
    let Some(rest) = file.path.strip_prefix("src/web/") else { return false };
    let noun = rest.split('/').nth(1).unwrap_or_default();
    !rest.starts_with("ui/")
        && !rest.starts_with("http/")
        && parts.iter().any(|part| noun == format!("{part}.rs") || noun == *part)
}

/// Views are pure: they get what they show.
fn impure_views(files: &[File]) -> Vec<String> {
    let view = |file: &File| web(file, &["views"]) || file.path.starts_with("src/web/ui/");
    lines_with(
        files,
        view,
        &[".await", "db::tx", ".read(", ".write(", "App,", "&App", "std::env", "std::fs", "now()"],
        "a view does no I/O",
    )
}

/// Pages and JSON parse and render; what happens is in actions.
fn handlers_that_touch_the_database(files: &[File]) -> Vec<String> {
    let handler = |file: &File| web(file, &["pages", "api", "checkout"]);
    lines_with(
        files,
        handler,
        &["db::tx", "app.read(", "app.write(", "app.snapshot(", "app.db"],
        "a handler leaves the database to its action",
    )
}

/// Where settings come in: the command line's, what a role was given, and the secret file.
const SETTINGS: [&str; 4] =
    ["src/settings.rs", "src/role.rs", "src/escrow/secret.rs", "src/attack/order.rs"];

/// Only configuration reads the environment.
fn environment_readers(files: &[File]) -> Vec<String> {
    let elsewhere = |file: &File| {
        !is_test(file)
            && !file.path.ends_with("config.rs")
            && !SETTINGS.contains(&file.path.as_str())
    };
    lines_with(
        files,
        elsewhere,
        &["env::var", "env::vars", "env::set_var", "dotenvy::"],
        "only configuration reads the environment",
    )
}

/// The few places where the compiler is told to trust us.
const UNSAFE: [&str; 5] = [
    "src/monitor.rs",
    "src/cage/birth.rs",
    "src/db/wal.rs",
    // What an attacker does, no library does for us.
    "src/attack/raw.rs",
    "src/attack/sql.rs",
];

fn stray_unsafe(files: &[File]) -> Vec<String> {
    let elsewhere = |file: &File| {
        !UNSAFE.contains(&file.path.as_str()) && !file.path.starts_with("tests/house/")
    };
    lines_with(
        files,
        elsewhere,
        &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"],
        "unsafe stands in five files only",
    )
}

/// maud escapes by itself; raw text has one place, if any.
fn raw_markup(files: &[File]) -> Vec<String> {
    lines_with(files, |file| !file.path.starts_with("tests/house/"), &["PreEscaped("], "raw markup")
}

/// The content security policy forbids them, and so do we.
fn inline_code(files: &[File]) -> Vec<String> {
    let views = |file: &File| file.path.starts_with("src/web/") && !is_test(file);
    lines_with(
        files,
        views,
        &[" style=\"", " onclick=", " hx-on", "hx-vals=\"js:"],
        "no inline style or script",
    )
}

/// Time, like everything random, is an argument.
fn clocks(files: &[File]) -> Vec<String> {
    let pure = |file: &File| {
        !is_test(file)
            && ["src/domain/", "src/db/"].iter().any(|crate_| file.path.starts_with(crate_))
    };
    lines_with(
        files,
        pure,
        &["SystemTime::now", "Utc::now", "CURRENT_TIMESTAMP", "datetime('now')"],
        "time is an argument",
    )
}

/// Tests move the clock; where real processes make them wait, the wait has a deadline, which is
/// looked at right before each pause.
fn sleepers(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_test(file) && !file.path.starts_with("tests/house/"))
    {
        let lines: Vec<&str> = file.text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let sleeps = line.contains("thread::sleep") || line.contains("time::sleep");
            let before = &lines[number.saturating_sub(2)..number];
            let bounded = before.iter().any(|line| line.contains("Instant::now() <"));
            if sleeps && !bounded && !line.trim_start().starts_with("//") {
                findings.push(file.finding(number, "a test does not sleep"));
            }
        }
    }
    findings
}

/// Small things in obvious places.
fn long_files(files: &[File], limit: usize) -> Vec<String> {
    let lines = |file: &File| file.text.lines().count();
    files
        .iter()
        .filter(|file| !file.is("src/db/schema.rs") && lines(file) > limit)
        .map(|file| format!("{}: {} lines", file.path, lines(file)))
        .collect()
}

fn vague_names(files: &[File]) -> Vec<String> {
    const VAGUE: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "manager", "service"];
    let vague = |file: &&File| {
        file.path.trim_end_matches(".rs").split('/').any(|part| VAGUE.contains(&part))
    };
    files.iter().filter(vague).map(|file| file.path.clone()).collect()
}

#[test]
fn every_line_is_where_it_belongs() {
    let source = rust_files(&root(), &["src"]);
    let all = rust_files(&root(), &["src", "tests"]);
    assert!(source.len() > 50, "the source was found");
    assert_none("views", &impure_views(&source));
    assert_none("handlers", &handlers_that_touch_the_database(&source));
    assert_none("environment", &environment_readers(&source));
    assert_none("unsafe", &stray_unsafe(&all));
    assert_none("raw markup", &raw_markup(&all));
    assert_none("inline code", &inline_code(&source));
    assert_none("clocks", &clocks(&source));
    assert_none("sleep", &sleepers(&all));
    assert_none("length", &long_files(&all, 400));
    assert_none("names", &vague_names(&all));
}

#[test]
fn monitor_stays_small() {
    let monitor = fs::read_to_string(root().join("src/monitor.rs")).unwrap();
    assert!(monitor.lines().count() <= 250);
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 80);
}

/// A file planted at `path` with one line is found by `rule`.
fn finds(path: &str, line: &str, rule: impl Fn(&[File]) -> Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(&full, format!("//! A file.\n{line}\n")).unwrap();
    let files = rust_files(folder.path(), &["src", "tests"]);
    assert_eq!(rule(&files).len(), 1, "{path}: {line}");
    fs::write(&full, format!("//! A file.\n// {line}\n")).unwrap();
    let files = rust_files(folder.path(), &["src", "tests"]);
    assert_eq!(rule(&files), Vec::<String>::new(), "a comment is no code");
}

#[test]
fn every_rule_finds_a_planted_fault() {
    finds("src/web/orders/views/x.rs", "let x = app.read(f).await;", impure_views);
    finds("src/web/ui/x.rs", "let x = std::fs::read(p);", impure_views);
    finds("src/web/orders/pages.rs", "let x = app.read(f);", handlers_that_touch_the_database);
    finds("src/web/orders/api/mod.rs", "db::tx::write_async(f);", handlers_that_touch_the_database);
    finds("src/web/orders/actions.rs", "let x = std::env::var(\"HOME\");", environment_readers);
    finds("src/escrow/keys.rs", "unsafe { x() }", stray_unsafe);
    finds("src/web/ui/x.rs", "PreEscaped(text)", raw_markup);
    finds("src/web/items/views.rs", "p style=\"x\" {}", inline_code);
    finds("src/domain/x.rs", "let now = SystemTime::now();", clocks);
    finds("tests/app/x.rs", "std::thread::sleep(d);", sleepers);
}

#[test]
fn long_files_and_vague_names_are_found() {
    let file = |path: &str, lines| File { path: path.to_owned(), text: "x\n".repeat(lines) };
    assert_eq!(
        long_files(&[file("src/a.rs", 401), file("src/b.rs", 400)], 400),
        ["src/a.rs: 401 lines"]
    );
    assert_eq!(
        vague_names(&[file("src/web/utils.rs", 1), file("src/web/items.rs", 1)]),
        ["src/web/utils.rs"]
    );
}
