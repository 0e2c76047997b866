//! Tests that take much disk, memory, time or a build of their own, and so only run when asked for:
//! `cargo test --release --test server -- --ignored`.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::fs::{FileExt, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use flate2::bufread::GzDecoder;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    gzip::text,
    harness::{Client, PATIENCE, Server, eventually},
    resources::raise_own_descriptor_limit,
};

const GIB: u64 = 1 << 30;
/// More than a 32-bit number of bytes.
const LARGE: u64 = 5 * GIB;

/// How many bytes may still be written where the server's directory is.
fn free_space(server: &Server) -> u64 {
    let system = rustix::fs::statvfs(server.path("")).unwrap();
    system.f_bavail * system.f_frsize
}

#[test]
#[ignore = "sends 5 GiB"]
fn a_file_of_5_gib_is_sent_in_constant_memory() {
    let server = Server::start(&["--quiet"]);
    assert_eq!(server.get("/").status, 200);
    let (_, before) = server.memory();
    // Nothing but holes and three marks, so it takes no space.
    let file = File::create(server.path("large")).unwrap();
    file.set_len(LARGE).unwrap();
    for offset in [0, 4 * GIB, LARGE - 4] {
        file.write_all_at(b"mark", offset).unwrap();
    }
    let mut client = server.connect();
    client.send("GET /files/large HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.receive_head(std::time::Instant::now() + PATIENCE).unwrap();
    assert_eq!(head.field("Content-Length"), Some("5368709120"));
    let mut offset = 0;
    let mut marks = Vec::new();
    client.stream_content(LARGE, |piece| {
        if let Some(at) = piece.iter().position(|&byte| byte == b'm') {
            marks.push(offset + at as u64);
        }
        offset += piece.len() as u64;
    });
    assert_eq!(marks, [0, 4 * GIB, LARGE - 4]);
    client.expect_open();
    let (_, after) = server.memory();
    println!("from {before} to {after} KiB of resident memory");
    assert!(after - before < 4 * 1024, "the server grew from {before} to {after} KiB");
}

#[test]
#[ignore = "writes 5 GiB to the disk"]
fn an_upload_of_5_gib_is_stored_in_constant_memory() {
    let server = Server::start(&["--quiet"]);
    let free = free_space(&server);
    if free < LARGE + 2 * GIB {
        println!("skipped: {} GiB free where {} would be needed", free / GIB, (LARGE + 2 * GIB) / GIB);
        return;
    }
    assert_eq!(server.get("/").status, 200);
    let (_, before) = server.memory();
    let mut client = server.connect();
    client.send(format!("POST /files/large HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n"));
    // Each piece of 1 MiB tells its number.
    let mut piece = vec![b'.'; 1 << 20];
    for number in 0..LARGE >> 20 {
        piece[..8].copy_from_slice(&number.to_be_bytes());
        client.send(&piece);
    }
    client.stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    assert_eq!(client.stream.peek(&mut [0]).unwrap(), 1);
    assert_eq!(client.receive().status, 201);
    let (_, after) = server.memory();
    println!("from {before} to {after} KiB of resident memory");
    assert!(after - before < 4 * 1024, "the server grew from {before} to {after} KiB");
    let file = File::open(server.path("large")).unwrap();
    assert_eq!(file.metadata().unwrap().len(), LARGE);
    for number in [0, 1, 4095, 4096, (LARGE >> 20) - 1] {
        let mut start = [0; 8];
        file.read_exact_at(&mut start, number << 20).unwrap();
        assert_eq!(u64::from_be_bytes(start), number);
    }
}

#[test]
#[ignore = "compresses 100 MB"]
fn a_text_file_of_100_mb_is_compressed_in_constant_memory() {
    let server = Server::start(&["--quiet"]);
    let content = text(100_000_000);
    fs::write(server.path("large.txt"), &content).unwrap();
    assert_eq!(server.get("/").status, 200);
    let (_, before) = server.memory();
    let mut client = server.connect();
    client.send("GET /files/large.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let response = client.receive();
    assert_eq!(response.field("Transfer-Encoding"), Some("chunked"));
    let (_, after) = server.memory();
    println!("from {before} to {after} KiB of resident memory");
    assert!(after - before < 4 * 1024, "the server grew from {before} to {after} KiB");
    let mut decoded = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(&response.content[..]), &mut decoded).unwrap();
    assert!(decoded == content);
}

#[test]
#[ignore = "opens 10,000 connections"]
fn ten_thousand_idle_clients_do_not_keep_a_newcomer_waiting() {
    const COUNT: usize = 10_000;
    let limit = raise_own_descriptor_limit();
    if limit < COUNT as u64 + 100 {
        println!("skipped: the system permits {limit} descriptors");
        return;
    }
    let server = Server::start(&["--quiet"]);
    assert_eq!(server.get("/").status, 200);
    let (before, _) = server.memory();
    let mut clients: Vec<_> = (0..COUNT).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(Client::expect_open);
    assert_eq!(server.get("/echo/newcomer").text(), "newcomer");
    let (after, _) = server.memory();
    let each = (after - before) as f64 / COUNT as f64;
    println!("{each:.1} KiB of resident memory for each idle client");
    let most = if cfg!(debug_assertions) { 40.0 } else { 18.0 };
    assert!(each < most, "{each:.1} KiB of resident memory for each idle client");
    clients.iter_mut().for_each(Client::expect_open);
    // One by one, so that nothing is owed to anyone when the next is served.
    fs::write(server.path("page.html"), text(10_000)).unwrap();
    for client in &mut clients {
        client.send("GET /files/page.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
        assert_eq!(client.receive().status, 200);
    }
    let (after, _) = server.memory();
    let each = (after - before) as f64 / COUNT as f64;
    println!("{each:.1} KiB of resident memory for each idle client that has been sent a file");
    let most = if cfg!(debug_assertions) { 50.0 } else { 28.0 };
    assert!(each < most, "{each:.1} KiB of resident memory for each idle client that has been sent a file");
}

/// Ends a program that a test has started by its script, also if the test fails.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "builds the program in release mode"]
fn your_program_works_from_anywhere_and_passes_signals_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link to the program.sh");
    symlink(root.join("your_program.sh"), &link).unwrap();
    fs::create_dir(elsewhere.path().join("data")).unwrap();
    fs::write(elsewhere.path().join("data/a"), "content").unwrap();
    for program in [root.join("your_program.sh"), link] {
        for signal in [Signal::TERM, Signal::INT] {
            let port = TcpListener::bind("127.0.42.22:0").unwrap().local_addr().unwrap().port().to_string();
            let arguments = ["--directory", "data", "--host", "127.0.42.22", "--port", &port, "--quiet"];
            let mut command = Command::new(&program);
            let command = command.args(arguments).current_dir(elsewhere.path()).stdin(Stdio::null());
            let mut child = Started(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
            // The first start may have to build it.
            let address = format!("127.0.42.22:{port}").parse().unwrap();
            let deadline = std::time::Instant::now() + Duration::from_secs(600);
            while std::net::TcpStream::connect(address).is_err() {
                assert_eq!(child.0.try_wait().unwrap(), None);
                assert!(std::time::Instant::now() < deadline);
                std::thread::sleep(Duration::from_millis(20));
            }
            let mut client = Client::connect(address);
            client.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(client.receive().text(), "content");
            // The process that was started is the server itself by now.
            kill_process(Pid::from_child(&child.0), signal).unwrap();
            let status = eventually("it ends", || child.0.try_wait().unwrap());
            assert_eq!(status.code(), Some(0));
            let mut output = String::new();
            std::io::Read::read_to_string(&mut child.0.stdout.take().unwrap(), &mut output).unwrap();
            std::io::Read::read_to_string(&mut child.0.stderr.take().unwrap(), &mut output).unwrap();
            assert_eq!(output, "", "a build that works is quiet");
        }
    }
}
