//! Well-known servers, configured by hand, against the stages that they can do: a server that does the right thing must
//! not be blamed.
//!
//! A peer is a program of the system and a script beside this file that starts it with the tester's arguments. Where
//! the program is absent, the test is listed as ignored, with what it needs in its name.

#![allow(clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "../support/mod.rs"]
mod support;

/// A server that is not ours.
struct Peer {
    name: &'static str,
    /// Name of the program.
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
        let program = support::find_program(peer.program);
        let name = match program {
            Some(_) => peer.name.to_owned(),
            None => format!("{} (skipped: needs {})", peer.name, peer.program),
        };
        let absent = program.is_none();
        Trial::test(name, move || passes(&peer, &program.ok_or("not installed")?)).with_ignored_flag(absent)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn passes(peer: &Peer, program: &Path) -> Result<(), Failed> {
    let port = support::free_port()?;
    let repository = tempfile::tempdir()?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    // Each start has a folder of its own: side by side there are many.
    let start = format!(
        "folder=$(mktemp -d '{0}/run-XXXXXX')\nexec sh '{1}' '{2}' {port} \"$folder\" \"$@\"",
        repository.path().display(),
        tests.join(peer.script).display(),
        program.display()
    );
    support::repository(repository.path(), &start)?;
    let output = Command::new(env!("CARGO_BIN_EXE_stages"))
        .arg("test")
        .args(peer.stages)
        .args(["--keep-going", "--quiet", "--port", &port.to_string(), "--stages"])
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/../stages")])
        .arg("--program")
        .arg(repository.path())
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned().into())
    }
}
