//! Tidy is a test: layers, sizes, and the paths that the documents name.
//!
//! Each complaint says how to mend it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Production lines a file may have: above it, a file holds more than one idea.
const MAX_FILE_LINES: usize = 400;
/// Files that are one list, which no language lets us split, and the lines that it may have.
const LISTS: [(&str, usize); 1] = [("sequencer/core/types/src/event.rs", 560)];
/// Lines a function may have.
const MAX_FUNCTION_LINES: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_path_buf()
}

/// Files that the project owns: tracked, or new and not ignored.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    let text = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let mut files: Vec<PathBuf> = text
        .lines()
        .filter(|line| endings.iter().any(|ending| line.ends_with(ending)))
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).expect("a listed file can be read")
}

fn is_test(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with("tests/")
        || text.contains("/tests/")
        || text.ends_with("tests.rs")
        || text.contains("/test/")
}

/// The part of a Rust file above its unit tests.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Which of our crates each crate may depend on (architecture, "Dependencies point one way").
fn layers() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let core = ["types", "auth", "book", "risk", "state", "batch", "engine"];
    let with = |below: &[&'static str], more: &[&'static str]| -> BTreeSet<&'static str> {
        below.iter().chain(more).copied().collect()
    };
    BTreeMap::from([
        ("types", with(&[], &[])),
        ("auth", with(&["types"], &[])),
        ("book", with(&["types"], &[])),
        ("risk", with(&["types"], &[])),
        ("state", with(&["types"], &[])),
        ("batch", with(&["types", "state"], &[])),
        ("engine", with(&["types", "auth", "book", "risk", "state", "batch"], &[])),
        ("oracle", with(&["types", "auth", "state", "batch"], &[])),
        ("program", with(&core, &["oracle"])),
        ("bridge", with(&["types", "auth", "state", "batch", "engine"], &[])),
        ("node", with(&core, &["bridge", "oracle", "program", "vm"])),
        ("validator", with(&core, &["bridge", "oracle", "program", "vm"])),
        // It knows no rule of the exchange: it runs whatever program it is given.
        ("vm", with(&[], &[])),
        // No rule of the engine: it is compared with it.
        ("naive", with(&["types"], &[])),
        ("tests", with(&core, &["bridge", "oracle", "program", "node", "validator", "vm"])),
        ("fuzz", with(&core, &["node"])),
        ("instructions", with(&core, &[])),
        ("peers", with(&["types", "book"], &["vm"])),
        ("stream", with(&[], &[])),
    ])
}

#[test]
fn dependencies_point_one_way() {
    let layers = layers();
    let mut seen = BTreeSet::new();
    for path in files(&["Cargo.toml"]) {
        let manifest: toml::Table = read(&path).parse().expect("a manifest is TOML");
        let Some(name) = manifest.get("package").and_then(|package| package["name"].as_str()) else {
            continue;
        };
        let Some(name) = name.strip_prefix("ballast-") else {
            panic!("{}: name it ballast-…", path.display())
        };
        if name == "guest" {
            continue;
        }
        let allowed =
            layers.get(name).unwrap_or_else(|| panic!("give the crate {name} a layer in this test"));
        let dependencies = manifest.get("dependencies").and_then(|table| table.as_table());
        for dependency in dependencies.into_iter().flat_map(|table| table.keys()) {
            if let Some(ours) = dependency.strip_prefix("ballast-") {
                assert!(
                    allowed.contains(ours),
                    "{}: {name} must not depend on {ours}; move the rule to where the path of data passes",
                    path.display()
                );
            }
        }
        seen.insert(name.to_owned());
    }
    let expected: BTreeSet<String> = layers.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, expected, "a crate has gone: remove its layer here");
}

#[test]
fn the_core_is_pure() {
    let banned = [
        "std::time",
        "Instant::now",
        "SystemTime",
        "std::fs",
        "std::net",
        "std::thread",
        "tokio",
        "rand::",
        "f32",
        "f64",
    ];
    for path in files(&[".rs"]) {
        if !path.starts_with("sequencer/core") || is_test(&path) {
            continue;
        }
        let text = read(&path);
        if path.ends_with("src/lib.rs") {
            assert!(text.contains("#![no_std]"), "{}: a core crate is #![no_std]", path.display());
        }
        for (number, line) in production(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            for word in banned {
                let hit = code.match_indices(word).any(|(at, _)| {
                    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                        && !code[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(
                    !hit,
                    "{}:{}: the core knows no {word}; let it enter as an input",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn files_hold_one_idea() {
    let long: Vec<String> = files(&[".rs", ".sol"])
        .into_iter()
        .filter(|path| !is_test(path))
        .filter_map(|path| {
            let lines = production(&read(&path)).lines().count();
            let list = LISTS.iter().find(|(list, _)| path.ends_with(list));
            (lines > list.map_or(MAX_FILE_LINES, |(_, most)| *most))
                .then(|| format!("{} has {lines} lines: split it by idea", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Name and length of each function of a formatted Rust file: from `fn` to the closing brace at its indent.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = [
            "fn ",
            "pub fn ",
            "pub(crate) fn ",
            "pub(super) fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
            "pub const fn ",
        ]
        .iter()
        .any(|prefix| code.starts_with(prefix));
        if !is_function {
            continue;
        }
        // A declaration without a body, as a trait has it, ends before any brace opens.
        let head =
            lines[start..].iter().map(|line| line.trim_end()).find(|line| line.ends_with(['{', '}', ';']));
        if head.is_some_and(|line| line.ends_with(';')) {
            continue;
        }
        let indent = line.len() - code.len();
        let closing = format!("{}}}", " ".repeat(indent));
        if let Some(end) = lines[start..].iter().position(|line| *line == closing) {
            let name = code.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next()).unwrap_or("?");
            found.push((name.to_owned(), end + 1));
        }
    }
    found
}

#[test]
fn functions_fit_a_screen() {
    let mut long = Vec::new();
    for path in files(&[".rs"]) {
        for (name, lines) in functions(production(&read(&path))) {
            if lines > MAX_FUNCTION_LINES && !is_test(&path) {
                long.push(format!("{}: {name} has {lines} lines: name its phases", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn documents_name_paths_that_exist() {
    let mut missing = Vec::new();
    let tops = ["sequencer/", "contracts/", "bridge/", "prover/", "tests/", "scripts/", "docs/"];
    for path in files(&[".md"]) {
        let text = read(&path);
        for quoted in text.split('`').skip(1).step_by(2) {
            let name = quoted.split([' ', ':', '#', '*']).next().unwrap_or("").trim_end_matches('/');
            if tops.iter().any(|top| quoted.starts_with(top))
                && !name.is_empty()
                && !root().join(name).exists()
            {
                missing.push(format!("{}: `{quoted}` does not exist: correct the document", path.display()));
            }
        }
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or("");
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            if !root().join(folder).join(target).exists() {
                missing.push(format!("{}: the link to {target} leads nowhere", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn names_say_what_they_hold() {
    for path in files(&[".rs", ".sol"]) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let vague = ["utils", "util", "helpers", "common", "misc", "manager"];
        assert!(!vague.contains(&stem), "{}: name the file after its idea", path.display());
    }
}
