//! Holds the repository to the invariants of ARCHITECTURE.md.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder with this ending, without what is built.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.to_str().is_some_and(|name| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} in {folder}");
    found
}

/// A source file without its comments and its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_protocol_does_no_input_or_output() {
    let modules = [
        "parse",
        "scan",
        "connection",
        "limits",
        "request",
        "fields",
        "response",
        "rejection",
        "status",
        "conditions",
        "date",
        "ranges",
        "website/form",
        "website/redirects",
        "website/template",
    ];
    for module in modules {
        let code = code(&root().join(format!("src/{module}.rs")));
        for forbidden in ["std::io", "std::net", "std::fs", "std::thread", "    io::", "    net::", "    fs::"] {
            assert!(!code.contains(forbidden), "src/{module}.rs names {}", forbidden.trim());
        }
    }
}

#[test]
fn the_file_system_is_touched_in_one_place() {
    for path in files("src", ".rs") {
        if !path.ends_with("directory.rs") {
            let code = code(&path);
            for forbidden in ["std::fs", "    fs::", "cap_std", "cap_tempfile", "rustix::fs"] {
                assert!(!code.contains(forbidden), "{} names {}", path.display(), forbidden.trim());
            }
        }
    }
}

#[test]
fn framing_is_decided_in_one_place() {
    for path in files("src/handlers", ".rs") {
        for field in ["Content-Length", "Transfer-Encoding", "\"Connection\""] {
            assert!(!code(&path).contains(field), "{} writes {field}", path.display());
        }
    }
}

#[test]
fn only_main_uses_anyhow() {
    for path in files("src", ".rs") {
        assert!(path.ends_with("main.rs") || !code(&path).contains("anyhow"), "{}", path.display());
    }
}

/// The part of a text from this line to the next that begins as `end` says.
fn section<'t>(text: &'t str, heading: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap();
    rest.split(&format!("\n{end}")).next().unwrap()
}

#[test]
fn each_library_of_the_server_is_accounted_for() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("dependencies").count(), 2, "those of the server, and those of its tests");
    let needed = section(&manifest, "[dependencies]", "[").lines().filter_map(|line| line.split_once(" = "));
    let needed: Vec<_> = needed.map(|(name, _)| name).collect();
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = section(&text, "## Libraries of the server", "## ").lines().filter_map(|line| line.strip_prefix("| "));
    let rows: Vec<Vec<_>> = rows.skip(1).map(|row| row.split('|').map(str::trim).collect()).collect();
    let told: Vec<_> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(told, needed, "the table in ARCHITECTURE.md, and Cargo.toml");
    assert!(rows.iter().all(|row| row.len() == 4 && !row[1].is_empty() && !row[2].is_empty()), "{rows:?}");
    let code: String = files("src", ".rs").iter().map(|path| code(path)).collect();
    for name in told {
        assert!(code.contains(&format!("{}::", name.replace('-', "_"))), "nothing uses {name}");
    }
}

#[test]
fn what_is_not_tested_does_not_unwrap() {
    for folder in ["src", "bench/src", "stages/src"] {
        for path in files(folder, ".rs").into_iter().filter(|path| !path.ends_with("tests.rs")) {
            for line in code(&path).lines().filter(|line| line.contains(".unwrap()") || line.contains(".expect(")) {
                assert!(line.contains("//"), "{}: a reason is missing: {}", path.display(), line.trim());
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for folder in ["src", "tests", "bench", "benches", "stages/src"] {
        for path in files(folder, ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not begin with a //! line", path.display());
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for folder in ["src", "tests", "bench", "benches", "stages"] {
        for path in files(folder, ".rs") {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 600, "{} has {lines} lines: divide it", path.display());
        }
    }
}

#[test]
fn the_code_map_names_what_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let is_path = |name: &&str| ["src/", "tests/", "bench/", "benches/"].iter().any(|folder| name.starts_with(folder));
    let named = text.split('`').skip(1).step_by(2).filter(is_path);
    let mut count = 0;
    for name in named {
        assert!(root().join(name).exists(), "ARCHITECTURE.md names {name}, which does not exist");
        count += 1;
    }
    assert!(count > 10);
}
