//! The command line, the log, and how the server starts and stops.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    fs::OFlags,
    process::{Pid, Signal, kill_process},
};

use crate::harness::{BINARY, Client, Failure, Server, eventually};

/// Runs the program, which is to end by itself. Gives its exit code, standard output and standard error.
#[track_caller]
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Command::new(BINARY).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually("the program ends", || child.try_wait().unwrap());
    }));
    if ended.is_err() {
        kill_process(pid, Signal::KILL).unwrap();
        panic!("{arguments:?} runs on");
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Runs the program, which is to fail with one line that has these parts.
#[track_caller]
fn fails(arguments: &[&str], parts: &[&str]) {
    let (code, stdout, stderr) = run(arguments);
    assert_eq!((code, &stdout[..]), (Some(1), ""), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("http-server: ") && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in the message to {arguments:?}: {stderr}");
    }
}

#[test]
fn what_prevents_the_start_is_told_in_a_line_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fails(&["--port", &port], &[&port, "in use", "--port"]);
    // Nobody's address (RFC 5737), and a name that no resolver needs to be asked for.
    fails(&["--port", "0", "--host", "203.0.113.1"], &["203.0.113.1", "--host"]);
    fails(&["--port", "0", "--host", "a..b"], &["a..b", "--host"]);
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    fails(&["--port", "0", "--directory", missing.to_str().unwrap()], &["missing", "--directory"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().to_str().unwrap();
    fails(&["--port", "0", "--directory", file], &[file, "directory"]);
    fails(&["--port", "0", "--root", missing.to_str().unwrap()], &["missing", "--root"]);
    fails(&["--port", "0", "--root", file], &[file, "directory"]);
}

#[test]
fn wrong_usage_is_told_with_exit_code_2() {
    for (arguments, part) in [
        (&["--bogus"][..], "--bogus"),
        (&["surplus"], "surplus"),
        (&["--port"], "--port"),
        (&["--port", "65536"], "65536"),
        (&["--port", "http"], "http"),
        (&["--directory"], "--directory"),
        (&["--root"], "--root"),
        (&["--no-listing"], "--root"),
        (&["--quiet", "--log-level", "debug"], "--log-level"),
        (&["--log-level", "loud"], "loud"),
        (&["--max-clients", "0"], "--max-clients"),
        (&["--head-timeout", "0"], "--head-timeout"),
        (&["--idle-timeout", "soon"], "--idle-timeout"),
        (&["--content-timeout=-1"], "--content-timeout"),
        (&["--shutdown-timeout", "NaN"], "--shutdown-timeout"),
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, &stdout[..]), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(part), "no {part:?} in the message to {arguments:?}: {stderr}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let (code, help, stderr) = run(&["--help"]);
    assert_eq!((code, &stderr[..]), (Some(0), ""));
    for flag in [
        "--directory <DIR>",
        "--root <DIR>",
        "--no-listing",
        "--host",
        "--port",
        "4221",
        "127.0.0.1",
        "--quiet",
        "--log-level",
        "--max-clients",
    ] {
        assert!(help.contains(flag), "no {flag} in {help}");
    }
    let (code, short, stderr) = run(&["-h"]);
    assert_eq!((code, &stderr[..]), (Some(0), ""));
    let flags = |text: &str| -> Vec<String> {
        let words = text.lines().filter(|line| line.trim_start().starts_with('-'));
        words.map(|line| line.split_whitespace().find(|word| word.starts_with("--")).unwrap().to_owned()).collect()
    };
    assert_eq!(flags(&short), flags(&help));
    // A line for each flag there, the full text and examples here.
    let indented = short.lines().filter(|line| line.starts_with(' '));
    assert_eq!(indented.count(), flags(&short).len(), "{short}");
    assert!(help.contains("\nExamples:\n") && !short.contains("Examples:"), "{help}");
    let (code, version, stderr) = run(&["--version"]);
    assert_eq!((code, &stderr[..]), (Some(0), ""));
    assert_eq!(version, concat!("http-server ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_host_may_be_any_address_of_this_machine() {
    let server = Server::start(&["--host", "127.0.0.2"]);
    assert!(server.stdout().starts_with("listening on http://127.0.0.2:"));
    assert_eq!(server.get("/").status, 200);
    let server = Server::start(&["--host", "localhost"]);
    assert_eq!(server.get("/").status, 200);
    if TcpListener::bind("[::1]:0").is_ok() {
        let server = Server::start(&["--host", "::1"]);
        assert!(server.stdout().starts_with("listening on http://[::1]:"));
        assert_eq!(server.get("/").status, 200);
    } else {
        fails(&["--port", "0", "--host", "::1"], &["::1", "--host"]);
    }
}

#[test]
fn quiet_prints_the_address_and_logs_nothing() {
    for flags in [&["--quiet"][..], &["-q"], &["--log-level", "off"]] {
        let mut server = Server::start_without_directory(flags);
        assert_eq!(server.get("/echo/a").text(), "a");
        assert_eq!(server.get("/files/a").status, 404);
        assert_eq!(server.once("BROKEN\r\n\r\n").status, 400);
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
        assert_eq!(
            (server.log(), server.stdout()),
            (String::new(), format!("listening on http://{}\n", server.address))
        );
    }
}

#[test]
fn each_client_and_each_request_has_a_line_in_the_log() {
    let mut server = Server::start(&[]);
    let mut client = server.connect();
    let mut expected = vec![format!("listening on http://{}", server.address)];
    let address = client.address();
    expected.push(format!("{address} connected"));
    for (request, line) in [
        ("GET /echo/abc?q=%0a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo/abc?q=%0a 200 3B"),
        ("HEAD /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /echo/abc 200 0B"),
        ("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST /files/a 201 0B"),
        ("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /files/a 200 5B"),
        ("GET http://a/nothing HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/nothing 404 0B"),
        ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "DELETE / 405 0B"),
    ] {
        client.send(request);
        client.try_receive(request.starts_with("HEAD")).unwrap();
        expected.push(format!("{address} {line}"));
    }
    client.send("GET /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.receive();
    assert_eq!(response.status, 400);
    expected.push(format!("{address} - - 400 {}B", response.content.len()));
    client.expect_end();
    client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.receive();
    expected.push(format!("{} connected", client.address()));
    expected.push(format!("{} GET / 200 0B", client.address()));
    expected.extend(["finishing what is in flight", "stopped"].map(str::to_owned));
    server.signal(Signal::TERM);
    server.wait();
    let log = server.log();
    assert_eq!(log.lines().count(), expected.len(), "{log}");
    for (line, expected) in log.lines().zip(&expected) {
        let time = line.strip_prefix(&**expected).unwrap_or_else(|| panic!("{line:?} is not {expected:?}"));
        if expected.ends_with('B') {
            let time = time.strip_prefix(' ').and_then(|time| time.strip_suffix("ms"));
            assert!(time.is_some_and(|time| time.parse::<f64>().is_ok()), "{line}");
        } else {
            assert_eq!(time, "");
        }
    }
}

#[test]
fn the_log_tells_how_much_a_client_got_that_left_half_way() {
    let server = Server::start(&[]);
    let length = 64 * 1024 * 1024;
    File::create(server.path("large")).unwrap().set_len(length).unwrap();
    let mut client = server.connect();
    client.send("GET /files/large HTTP/1.1\r\nHost: a\r\n\r\n");
    client.peek();
    client.reset();
    let line = server.wait_for_log("GET /files/large 200 ");
    let bytes = line.split(' ').find_map(|word| word.strip_suffix('B')).unwrap().parse().unwrap();
    assert!((1..length).contains(&bytes), "{line}");
}

#[test]
fn the_log_level_chooses_what_is_logged() {
    let server = Server::start_without_directory(&["--log-level", "warn"]);
    assert_eq!(server.get("/echo/a").status, 200);
    assert_eq!(server.get("/files/a").status, 404);
    assert!(server.wait_for_log("no files").starts_with("warn: "));
    assert_eq!(server.log().lines().count(), 1);
    let server = Server::start(&["--log-level", "debug"]);
    let mut client = server.connect();
    client.expect_open();
    let address = client.address();
    drop(client);
    server.wait_for_log(&format!("{address} disconnected"));
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    for redirection in ["exec 2>/dev/full", "exec 2>&-", "exec 2</dev/null"] {
        let server = Server::start_after(redirection, &["--log-level", "debug"]);
        assert_eq!(server.get("/echo/a").text(), "a", "{redirection}");
        assert_eq!(server.once("BROKEN\r\n\r\n").status, 400, "{redirection}");
    }
    // But a port that nobody gets to know is of no use.
    let mut command = Command::new(BINARY);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command.args(["--port", "0", "--quiet"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot print the port"));
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    // A pipe of which this shell, which becomes the server, has both ends: it fills up and stays open.
    let pipe = "pipe=$(mktemp -u) && mkfifo $pipe && exec 2<>$pipe && rm $pipe";
    let mut server = Server::start_after(pipe, &[]);
    let target = format!("/echo/{}", "a".repeat(8000));
    for _ in 0..40 {
        assert_eq!(server.get(&target).status, 200);
    }
    let mut reader = File::options();
    reader.read(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
    let mut reader = reader.open(format!("/proc/{}/fd/2", server.pid().as_raw_pid())).unwrap();
    let mut log = Vec::new();
    eventually("the log goes on when it is read, and tells that lines are lost", || {
        let _ = reader.read_to_end(&mut log);
        server.get("/");
        String::from_utf8_lossy(&log).contains("lines of the log are lost").then_some(())
    });
    drop(reader);
    for _ in 0..40 {
        assert_eq!(server.get(&target).status, 200);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_server_starts_at_once_where_another_has_just_stopped() {
    // An address that no other test uses, so that nobody else gets the port in between.
    let host = ["--host", "127.0.42.21"];
    let mut server = Server::start(&host);
    let address = server.address;
    let port = address.port().to_string();
    for _ in 0..3 {
        // Connections that the server closes first linger in the system, on the server's port.
        assert!(server.once("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").closes());
        let mut idle = server.connect();
        idle.expect_open();
        server.signal(Signal::INT);
        assert_eq!(server.wait().code(), Some(0));
        server = Server::start(&[&host[..], &["--port", &port]].concat());
        assert_eq!(server.address, address);
    }
}

#[test]
fn a_signal_lets_responses_in_flight_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]);
        let length = 16 * 1024 * 1024;
        File::create(server.path("large")).unwrap().set_len(length).unwrap();
        let mut reader = server.connect();
        reader.send("GET /files/large HTTP/1.1\r\nHost: a\r\n\r\n");
        reader.peek();
        let mut writer = server.connect();
        writer.send("POST /files/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        // It is told to continue, so its request is being answered.
        writer.peek();
        server.signal(signal);
        server.wait_for_log("finishing what is in flight");
        eventually("nobody new is accepted", || TcpStream::connect(server.address).err());
        writer.send("0123456789");
        let response = writer.receive();
        assert!(response.status == 201 && response.closes(), "{response:?}");
        writer.expect_end();
        assert_eq!(reader.receive().content.len() as u64, length);
        reader.expect_end();
        assert_eq!(server.wait().code(), Some(0), "{signal:?}");
        assert_eq!(fs::read_to_string(server.path("upload")).unwrap(), "0123456789");
    }
}

/// Whoever has got a response may send a signal, even if the server has only just started.
#[test]
fn a_signal_upon_the_first_response_lets_the_server_finish() {
    // An address that no other test uses, so that nobody else gets the port in between.
    let listener = TcpListener::bind("127.0.42.22:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let port = address.port().to_string();
    for _ in 0..100 {
        let server = Command::new(BINARY).args(["--quiet", "--host", "127.0.42.22", "--port", &port]).spawn();
        let mut server = Killed(server.unwrap());
        let deadline = Instant::now() + Duration::from_secs(10);
        // Without a pause, to be the first.
        let mut client = loop {
            match TcpStream::connect(address) {
                Ok(client) => break client,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
        };
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(client.read(&mut [0; 100]).unwrap() > 0);
        kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
        let status = eventually("the server ends", || server.0.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn idle_clients_do_not_delay_the_end() {
    // Were they waited for, it would be for an hour.
    let flags = ["--shutdown-timeout", "3600", "--idle-timeout", "3600", "--head-timeout", "3600"];
    let mut server = Server::start(&flags);
    let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    clients.iter_mut().step_by(2).for_each(Client::expect_open);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    clients[0].expect_end();
}

#[test]
fn who_does_not_finish_in_time_is_disconnected() {
    let mut server = Server::start(&["--shutdown-timeout", "0.05"]);
    let mut client = server.connect();
    client.send("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    client.peek();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(server.log().contains("1 clients have not finished in time"), "{}", server.log());
    assert!(matches!(client.try_receive(false), Err(Failure::End)));
    assert_eq!(server.names(), [""; 0]);
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&["--shutdown-timeout", "3600"]);
        let mut client = server.connect();
        client.send("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        client.peek();
        server.signal(signal);
        server.wait_for_log("finishing what is in flight");
        server.signal(signal);
        assert_eq!(server.wait().signal(), Some(signal.as_raw()));
    }
}
