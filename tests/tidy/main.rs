//! Holds the repository to the invariants of ARCHITECTURE.md.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod directions;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

use directions::{Layer, directions};
use source::{end_of_code, without_comments};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of the workspace's crates.
fn crates() -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
    let members = members.split('"').skip(1).step_by(2).map(|member| root().join(member));
    members.chain([root().to_owned()]).collect()
}

/// The files below a folder with this ending, without what is built.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
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
    found.sort();
    assert!(!found.is_empty(), "no {ending} in {}", folder.display());
    found
}

/// The source files of the workspace's crates.
fn sources() -> Vec<PathBuf> {
    crates().iter().flat_map(|folder| files(&folder.join("src"), ".rs")).collect()
}

/// A source file without its comments and without the test module at its end.
fn code(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    without_comments(&source)[..end_of_code(&source)].to_owned()
}

/// What only some layers may name.
const FILES: [&str; 3] = ["std::fs", "std::os", "rustix::fs"];

/// The server's layers, highest first: `net -> app -> content -> fs -> http`. The log is a leaf over `http` and the
/// lock, and the lock one over nothing.
const SERVER: &[Layer] = &[
    Layer {
        name: "main",
        below: &["cli", "net", "app", "fs", "http", "log"],
        crates: &["anyhow", "clap", "log", "signal_hook"],
        forbidden: &FILES,
    },
    Layer { name: "cli", below: &["net", "http"], crates: &["anyhow", "clap", "log"], forbidden: &FILES },
    Layer { name: "lib", below: &[], crates: &[], forbidden: &[] },
    Layer {
        name: "net",
        below: &["app", "content", "fs", "http", "log", "lock"],
        crates: &["log", "rustix"],
        forbidden: &FILES,
    },
    Layer {
        name: "app",
        below: &["content", "fs", "http", "lock"],
        crates: &["log", "percent_encoding"],
        forbidden: &["std::fs", "std::net"],
    },
    Layer {
        name: "content",
        below: &["fs", "http", "lock"],
        crates: &["flate2"],
        forbidden: &["std::fs", "std::net", "std::os", "std::thread", "std::time"],
    },
    Layer {
        name: "fs",
        below: &["http", "lock"],
        crates: &["cap_std", "cap_tempfile", "rustix", "rustix_linux_procfs"],
        forbidden: &["std::net", "std::thread", "rustix::net"],
    },
    Layer { name: "log", below: &["http", "lock"], crates: &["log", "rustix"], forbidden: &FILES },
    Layer {
        name: "http",
        below: &[],
        crates: &["memchr", "nom", "percent_encoding"],
        forbidden: &[
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::os",
            "std::process",
            "std::sync",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime::now",
        ],
    },
    Layer { name: "lock", below: &[], crates: &[], forbidden: &["std::fs", "std::io", "std::net", "std::thread"] },
];

#[test]
fn the_servers_layers_name_only_what_is_below_them() {
    let faults = directions(&root().join("src"), SERVER);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What meets the machine. A layer without it computes from what it is given.
const MACHINE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// The tester's layers, highest first: `commands -> push -> grading -> report -> run -> {causes -> judge, program ->
/// sandbox} -> {stage -> transcript, http, text, os}`. Git is a leaf over text, and the lock one over
/// nothing.
const TESTER: &[Layer] = &[
    Layer {
        name: "main",
        below: &["commands"],
        crates: &["clap"],
        forbidden: &["std::fs", "std::net", "std::os", "std::thread"],
    },
    Layer { name: "lib", below: &[], crates: &[], forbidden: &[] },
    Layer {
        name: "commands",
        below: &["push", "grading", "report", "run", "program", "sandbox", "stage", "transcript", "git", "text"],
        crates: &["anstream", "anyhow", "clap", "fastrand", "jiff", "rustix", "serde_json", "signal_hook"],
        forbidden: &["std::net", "rustix::fs", "rustix::net"],
    },
    Layer {
        name: "push",
        below: &["grading", "report", "sandbox", "stage", "git", "text", "os"],
        crates: &["anyhow", "jiff", "memchr", "rustix", "serde", "serde_json", "tempfile"],
        forbidden: &["std::net", "std::process", "std::thread", "rustix::net", "rustix::process"],
    },
    Layer {
        name: "grading",
        below: &["report", "run", "program", "sandbox", "stage", "git", "text", "os"],
        crates: &["memchr", "nix", "rustix", "serde"],
        forbidden: &["std::net::TcpListener", "std::net::TcpStream", "rustix::fs", "rustix::net"],
    },
    Layer {
        name: "report",
        below: &["run", "judge", "stage", "text", "os"],
        crates: &["anstyle", "memchr", "quick_junit", "serde", "serde_json"],
        forbidden: MACHINE,
    },
    Layer {
        name: "run",
        below: &["causes", "judge", "program", "sandbox", "stage", "transcript", "http", "text", "os", "lock"],
        crates: &["memchr", "rustix", "serde", "tempfile"],
        forbidden: &["std::env", "std::process", "rustix::process"],
    },
    Layer { name: "causes", below: &["judge", "transcript", "http"], crates: &["memchr"], forbidden: MACHINE },
    Layer { name: "judge", below: &["transcript", "http", "text"], crates: &["flate2", "memchr"], forbidden: MACHINE },
    Layer {
        name: "program",
        below: &["sandbox", "text", "os", "lock"],
        crates: &["anyhow", "nix", "rustix", "signal_hook"],
        forbidden: &["std::net::TcpListener", "std::net::TcpStream", "nix::mount", "rustix::fs", "rustix::net"],
    },
    Layer {
        name: "sandbox",
        below: &["os"],
        crates: &["keyutils", "nix", "rustix", "serde", "serde_json", "tempfile"],
        forbidden: &["std::net"],
    },
    Layer {
        name: "stage",
        below: &["transcript", "http"],
        crates: &["anyhow", "serde"],
        forbidden: &["std::env", "std::net", "std::process", "std::thread", "std::time"],
    },
    Layer {
        name: "transcript",
        below: &["http"],
        crates: &["fastrand", "flate2", "memchr", "nom"],
        forbidden: MACHINE,
    },
    Layer { name: "git", below: &["text"], crates: &["anyhow"], forbidden: &["std::net", "std::thread", "std::time"] },
    Layer { name: "http", below: &["text"], crates: &["memchr"], forbidden: MACHINE },
    Layer {
        name: "os",
        below: &["text"],
        crates: &["rustix", "serde", "serde_json", "signal_hook"],
        forbidden: &["std::net::TcpStream", "rustix::net"],
    },
    Layer { name: "text", below: &[], crates: &[], forbidden: MACHINE },
    Layer { name: "lock", below: &[], crates: &[], forbidden: MACHINE },
];

#[test]
fn the_testers_layers_name_only_what_is_below_them() {
    let faults = directions(&root().join("tester/src"), TESTER);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
    let code: String = files(&root().join("src"), ".rs").iter().map(|path| code(path)).collect();
    for name in told {
        assert!(code.contains(&format!("{}::", name.replace('-', "_"))), "nothing uses {name}");
    }
}

#[test]
fn framing_is_decided_in_one_place() {
    for path in ["src/app", "src/content", "src/net"].into_iter().flat_map(|folder| files(&root().join(folder), ".rs"))
    {
        for field in ["Content-Length", "Transfer-Encoding", "\"Connection\""] {
            assert!(!code(&path).contains(field), "{} writes {field}", path.display());
        }
    }
}

#[test]
fn what_is_not_tested_does_not_unwrap() {
    for path in sources().into_iter().filter(|path| !path.ends_with("tests.rs")) {
        for (line, code) in fs::read_to_string(&path).unwrap().lines().zip(code(&path).lines()) {
            let unwraps = code.contains(".unwrap()") || code.contains(".expect(");
            assert!(!unwraps || line.contains("//"), "{}: a reason is missing: {}", path.display(), line.trim());
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    let tests = ["tests", "benches"].into_iter().flat_map(|folder| files(&root().join(folder), ".rs"));
    for path in sources().into_iter().chain(tests) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} does not begin with a //! line", path.display());
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let folders = crates().into_iter().flat_map(|folder| ["src", "tests", "benches"].map(|name| folder.join(name)));
    for path in folders.filter(|folder| folder.exists()).flat_map(|folder| files(&folder, ".rs")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines: divide it", path.display());
    }
}

/// Every path in backticks that begins with a name at the root of the repository, up to the first space.
#[test]
fn documents_name_what_exists() {
    let mut count = 0;
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        // Between fences are drawings.
        let prose: String = text.split("\n```").step_by(2).collect();
        for name in prose.split('`').skip(1).step_by(2) {
            let path = name.split_whitespace().next().unwrap_or_default();
            let is_path =
                path.split_once('/').is_some_and(|(first, _)| !first.is_empty() && root().join(first).is_dir());
            if is_path {
                assert!(exists(root(), path), "{document} names {path}, which does not exist");
                count += 1;
            }
        }
    }
    assert!(count > 40, "only {count} paths are found");
}

/// Whether there is such a path. A segment such as LANGUAGE or NN-title stands for any.
fn exists(folder: &Path, path: &str) -> bool {
    let Some((first, rest)) = path.split_once('/') else {
        return is_placeholder(path) || path.is_empty() || folder.join(path).exists();
    };
    if !is_placeholder(first) {
        return exists(&folder.join(first), rest);
    }
    fs::read_dir(folder).is_ok_and(|mut entries| entries.any(|entry| exists(&entry.unwrap().path(), rest)))
}

fn is_placeholder(segment: &str) -> bool {
    let capitals = segment.split(['-', '.']).next().unwrap();
    capitals.len() > 1 && capitals.bytes().all(|byte| byte.is_ascii_uppercase()) && !segment.ends_with(".md")
}
