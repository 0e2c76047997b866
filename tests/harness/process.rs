//! The server as a process: started, watched, stopped.

use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{Client, Response, eventually};

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_http-server");

/// The server's own sockets: the one that listens, and the pair by which signals are told to a thread.
const OWN_SOCKETS: usize = 3;

/// How long a server may take to stop before it is killed, when no test looks at how it stops.
const STOP: Duration = Duration::from_secs(1);

/// A running server. It is stopped when dropped; then a handler that panicked, or a process that had
/// ended on its own, fails the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it serves under `/files`, if it was given a directory.
    pub(crate) directory: Option<TempDir>,
    /// Whose process it is, if not that of the tests.
    user: Option<u32>,
    /// Its standard output and error, and a copy of the program if it needed one.
    output: TempDir,
    ended: bool,
}

impl Server {
    /// Starts a server with an empty directory of its own, on a port of its own.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::launch(Command::new(BINARY), Some(tempfile::tempdir().unwrap()), flags)
    }

    /// As `start`, but without `--directory`.
    pub(crate) fn start_without_directory(flags: &[&str]) -> Self {
        Self::launch(Command::new(BINARY), None, flags)
    }

    /// As `start`, in a shell that runs a command before, which sets a limit for instance.
    pub(crate) fn start_after(shell_command: &str, flags: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{shell_command} && exec \"$0\" \"$@\""), BINARY]);
        Self::launch(shell, Some(tempfile::tempdir().unwrap()), flags)
    }

    /// As `start`, as a user without privileges, to whom the directory belongs: some limits and permissions
    /// do not bind root.
    pub(crate) fn start_unprivileged(flags: &[&str]) -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::start(flags);
        }
        // A user that has no other processes, so that they do not count.
        let user = 54_321;
        let directory = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(directory.path(), Some(user), None).unwrap();
        // The program itself may lie where only root can go.
        let output = tempfile::tempdir().unwrap();
        fs::set_permissions(output.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = output.path().join("http-server");
        fs::copy(BINARY, &copy).unwrap();
        let mut command = Command::new(copy);
        command.uid(user);
        let mut server = Self::launch_into(output, command, Some(directory), flags);
        server.user = Some(user);
        server
    }

    /// Starts a server by a command to which its flags are added. Without a `--port` among them it gets one
    /// of its own.
    pub(crate) fn launch(command: Command, directory: Option<TempDir>, flags: &[&str]) -> Self {
        Self::launch_into(tempfile::tempdir().unwrap(), command, directory, flags)
    }

    fn launch_into(output: TempDir, mut command: Command, directory: Option<TempDir>, flags: &[&str]) -> Self {
        let create = |name| File::create(output.path().join(name)).unwrap();
        if let Some(directory) = &directory {
            command.arg("--directory").arg(directory.path());
        }
        if !flags.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command.args(flags);
        let child = command.stdin(Stdio::null()).stdout(create("stdout")).stderr(create("stderr")).spawn().unwrap();
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Server { child, address, directory, user: None, output, ended: false };
        // Printed if the system has chosen the port, and logged always.
        server.address = eventually("the server tells its address", || {
            let told = [server.stdout(), server.log()].concat();
            if let Some((line, _)) = told.split_once('\n')
                && let Some(address) = line.strip_prefix("listening on http://")
            {
                return Some(address.parse().unwrap());
            }
            let ended = server.child.try_wait().unwrap();
            assert_eq!(ended, None, "the server does not start: {told}");
            None
        });
        server
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// The response to a request on a connection of its own. A connection that is announced to close must then
    /// close, without another byte.
    #[track_caller]
    pub(crate) fn once(&self, request: impl AsRef<[u8]>) -> Response {
        let request = request.as_ref();
        let mut client = self.connect();
        client.send(request);
        let response = client.try_receive(request.starts_with(b"HEAD "));
        let response = response.unwrap_or_else(|failure| panic!("{failure}"));
        if response.closes() {
            client.expect_end();
        }
        response
    }

    /// The response to a GET request without further fields.
    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Response {
        self.once(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"))
    }

    /// The response to a POST request with this content.
    #[track_caller]
    pub(crate) fn post(&self, target: &str, content: impl AsRef<[u8]>) -> Response {
        let content = content.as_ref();
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", content.len());
        self.once([head.as_bytes(), content].concat())
    }

    /// The path of a file in the directory.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.as_ref().expect("the server has a directory").path().join(name)
    }

    /// The path of the directory as the server sees it: something may be mounted there that only it sees.
    pub(crate) fn path_inside(&self) -> PathBuf {
        format!("/proc/{}/root{}", self.child.id(), self.path("").display()).into()
    }

    /// The names of all files and folders in the directory, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let directory = if self.ended { self.path("") } else { self.path_inside() };
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What it has written to standard output.
    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(self.output.path().join("stdout")).unwrap()
    }

    /// What it has written to standard error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.output.path().join("stderr")).unwrap()).into()
    }

    /// Waits for a line of the log that holds `part`, and gives it.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, part: &str) -> String {
        eventually(&format!("the log has {part:?}"), || {
            self.log().lines().find(|line| line.contains(part)).map(str::to_owned)
        })
    }

    /// Resident memory in KiB: now, and at its highest.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
        };
        (kib("VmRSS:"), kib("VmHWM:"))
    }

    /// Processor time used so far, by all threads.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name in parentheses may hold spaces; utime and stime are fields 14 and 15, in ticks.
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap()
    }

    /// How many clients are connected, as far as it has noticed: its sockets but for its own.
    pub(crate) fn clients(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let targets = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count().saturating_sub(OWN_SOCKETS)
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// The number that its next descriptor gets, but for the one that `accept` already holds ready.
    pub(crate) fn next_descriptor(&self) -> u64 {
        (0..).find(|number| !Path::new(&format!("/proc/{}/fd/{number}", self.child.id())).exists()).unwrap()
    }

    /// Sets the soft limit on one of its resources, named as for `prlimit(1)`; None for the hard limit.
    pub(crate) fn limit(&self, resource: &str, limit: Option<u64>) {
        let limit = limit.map_or_else(
            || self.prlimit(&["--noheadings", "--raw", "--output", "HARD", &format!("--{resource}")]),
            |limit| limit.to_string(),
        );
        self.prlimit(&[&format!("--{resource}={limit}:")]);
    }

    fn prlimit(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("prlimit");
        // Root without all its capabilities may not look into another user's process.
        if let Some(user) = self.user {
            command.uid(user);
        }
        let output = command.arg("--pid").arg(self.child.id().to_string()).args(arguments).output();
        let output = output.expect("prlimit, of util-linux, is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until it has ended, and tells how.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = eventually("the server ends", || self.child.try_wait().unwrap());
        self.ended = true;
        status
    }

    /// Ends it with SIGTERM, or without asking if that takes too long. True if it was there to end.
    fn stop(&mut self) -> bool {
        let deadline = Instant::now() + STOP;
        if !matches!(self.child.try_wait(), Ok(None)) {
            return false;
        }
        let _ = kill_process(self.pid(), Signal::TERM);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let was_running = self.ended || self.stop();
        let log = self.log();
        if thread::panicking() {
            let tail = log.char_indices().rev().nth(3000).map_or(0, |(at, _)| at);
            eprintln!("the end of the server's log:\n{}", &log[tail..]);
        } else {
            assert!(was_running, "the server has ended on its own: {log}");
            assert!(!log.contains("panicked"), "the server panicked: {log}");
        }
    }
}
