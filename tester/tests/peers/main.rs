//! Servers that everybody knows, configured by hand, against the stages that they can do: who does the right thing
//! must not be blamed.
//!
//! A peer is a program of the system and a script beside this file that starts it with the tester's arguments. Where
//! the program is absent, the test is listed as ignored, with what it needs in its name.

#![allow(clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    env,
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};

/// A server that is not ours.
struct Peer {
    name: &'static str,
    /// What is started.
    program: &'static str,
    /// The script that starts it: `sh SCRIPT PROGRAM PORT FOLDER ARGUMENTS…`, where FOLDER is for its own files.
    script: &'static str,
    /// The stages that it can do.
    stages: &'static [&'static str],
}

const PEERS: [Peer; 4] = [
    // It has no templates.
    Peer {
        name: "nginx_serves_pages",
        program: "nginx",
        script: "nginx/pages.sh",
        stages: &["pg1", "pg2", "pg3", "pg4", "pg8"],
    },
    Peer { name: "nginx_serves_files", program: "nginx", script: "nginx/files.sh", stages: &["caching", "hostile"] },
    Peer { name: "node_fills_pages", program: "node", script: "node/pages.sh", stages: &["pg5", "pg6", "pg7"] },
    Peer {
        name: "node_serves_files",
        program: "node",
        script: "node/files.sh",
        stages: &["methods", "bodies", "pipelining"],
    },
];

fn main() -> ExitCode {
    let trials = PEERS.into_iter().map(|peer| {
        let program = find(peer.program);
        let name = match program {
            Some(_) => peer.name.to_owned(),
            None => format!("{} (skipped: needs {})", peer.name, peer.program),
        };
        let absent = program.is_none();
        Trial::test(name, move || passes(&peer, &program.ok_or("not installed")?)).with_ignored_flag(absent)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Where a program is: servers are often outside of an ordinary user's path.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn passes(peer: &Peer, program: &Path) -> Result<(), Failed> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let repository = tempfile::tempdir()?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    // Each start has a folder of its own: side by side there are many.
    let start = format!(
        "folder=$(mktemp -d '{0}/run-XXXXXX')\nexec sh '{1}' '{2}' {port} \"$folder\" \"$@\"",
        repository.path().display(),
        tests.join(peer.script).display(),
        program.display()
    );
    for (name, text) in [
        ("your_program.sh", start.as_str()),
        (".codecrafters/run.sh", start.as_str()),
        (".codecrafters/compile.sh", "exit 0"),
    ] {
        let path = repository.path().join(name);
        fs::create_dir_all(path.parent().ok_or("a script in no folder")?)?;
        fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_stages"))
        .arg("test")
        .args(peer.stages)
        .args(["--keep-going", "--quiet", "--port", &port.to_string(), "--stages"])
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/../stages")])
        .arg("--program")
        .arg(repository.path())
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned().into()),
    }
}
