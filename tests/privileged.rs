//! Tests that need something of the system that not every user has. Where it is missing, a test is listed as
//! ignored, under a name that says what it needs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod harness;

use std::{fs, process::Command};

use harness::{BINARY, Server, eventually, trial};
use libtest_mimic::Arguments;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

fn main() {
    let namespace = unshare();
    let devices = can_make_devices();
    let mount = |name, test: fn(&[&str])| {
        let available = namespace.is_some();
        let namespace = namespace.unwrap_or_default();
        trial(name, "needs a mount namespace", available, move || test(namespace))
    };
    let trials = vec![
        mount("a_full_disk_is_507_and_leaves_nothing", a_full_disk_is_507_and_leaves_nothing),
        mount("a_full_disk_takes_uploads_again_when_there_is_room", a_full_disk_takes_uploads_again),
        mount("a_read_only_file_system_is_read_only", a_read_only_file_system_is_read_only),
        trial("a_device_is_neither_read_nor_replaced", "needs to make devices", devices, a_device_is_not_a_file),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The arguments of `unshare(1)` with which this user may mount file systems that nobody else sees.
fn unshare() -> Option<&'static [&'static str]> {
    [&["--mount"][..], &["--mount", "--map-root-user"]].into_iter().find(|arguments| {
        let mut command = Command::new("unshare");
        let status = command.args(*arguments).args(["mount", "-t", "tmpfs", "none", "/tmp"]).output();
        status.is_ok_and(|output| output.status.success())
    })
}

fn can_make_devices() -> bool {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zero");
    mknodat(CWD, &path, FileType::CharacterDevice, Mode::RUSR, makedev(1, 5)).is_ok() && fs::File::open(path).is_ok()
}

/// Starts a server whose directory is a small file system in memory.
fn start_on_tmpfs(namespace: &[&str], options: &str) -> Server {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(namespace).args(["sh", "-c"]);
    // The server's first two arguments are --directory and its path.
    let options = format!("size=1m,{options}");
    command.arg(format!("mount -t tmpfs -o {options} none \"$2\" && exec \"$0\" \"$@\"")).arg(BINARY);
    Server::launch(command, Some(directory), &[])
}

/// Gives a little less than a megabyte, which fits on the file system once.
fn most_of_a_megabyte(byte: u8) -> Vec<u8> {
    vec![byte; 900 * 1024]
}

fn a_full_disk_is_507_and_leaves_nothing(namespace: &[&str]) {
    let server = start_on_tmpfs(namespace, "mode=755");
    assert_eq!(server.post("/files/old", "old").status, 201);
    for name in ["old", "new"] {
        let response = server.post(&format!("/files/{name}"), vec![b'x'; 3 * 1024 * 1024]);
        assert_eq!(response.status, 507, "{name}");
        // The rest of a large upload is not read, so the connection cannot go on.
        assert!(response.closes(), "{name}");
    }
    assert_eq!((server.get("/files/old").text(), &server.names()[..]), ("old", &["old".to_owned()][..]));
    let chunked = format!("{:x}\r\n{}\r\n0\r\n\r\n", 2 << 20, "x".repeat(2 << 20));
    let head = "POST /files/new HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    assert_eq!(server.once(head + &chunked).status, 507);
    assert_eq!(server.names(), ["old"]);
}

fn a_full_disk_takes_uploads_again(namespace: &[&str]) {
    let server = start_on_tmpfs(namespace, "mode=755");
    let mut half = server.connect();
    half.send("POST /files/half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    half.send(most_of_a_megabyte(b'h'));
    eventually("the disk is nearly full", || {
        let system = rustix::fs::statvfs(server.path_inside()).unwrap();
        (system.f_bfree * system.f_frsize < 200 * 1024).then_some(())
    });
    assert_eq!(server.post("/files/a", most_of_a_megabyte(b'a')).status, 507);
    // An upload that is given up gives its space back.
    half.reset();
    eventually("the client is gone", || (server.clients() == 0).then_some(()));
    assert_eq!(server.post("/files/a", most_of_a_megabyte(b'a')).status, 201);
    assert_eq!(server.names(), ["a"]);
}

fn a_read_only_file_system_is_read_only(namespace: &[&str]) {
    let server = start_on_tmpfs(namespace, "ro");
    assert_eq!(server.post("/files/new", "content").status, 403);
    assert_eq!(server.get("/files/new").status, 404);
    assert_eq!(server.get("/echo/alive").text(), "alive");
}

fn a_device_is_not_a_file() {
    let server = Server::start(&[]);
    // Reading it gives zeros without end.
    let mode = Mode::from_raw_mode(0o666);
    mknodat(CWD, server.path("zero"), FileType::CharacterDevice, mode, makedev(1, 5)).unwrap();
    let status = server.get("/files/zero").status;
    assert!(matches!(status, 403 | 404), "{status}");
    assert_eq!(server.post("/files/zero", "content").status, 403);
    assert_eq!(server.names(), ["zero"]);
    assert!(!fs::symlink_metadata(server.path("zero")).unwrap().is_file());
}
