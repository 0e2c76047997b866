//! The servers that are compared: ours, nginx, and the ceiling. Each is a process of its own.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    ceiling::Responses,
    machine::{family, processors},
};

/// How long a server may take to answer for the first time.
const START: Duration = Duration::from_secs(10);
/// How long a server may take to stop when it is asked to.
const STOP: Duration = Duration::from_secs(3);

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Ours,
    /// With so many worker processes.
    Nginx(usize),
    Ceiling,
}

impl Peer {
    pub(crate) fn name(self) -> String {
        match self {
            Peer::Ours => "ours".to_owned(),
            Peer::Nginx(1) => "nginx".to_owned(),
            Peer::Nginx(workers) => format!("nginx×{workers}"),
            Peer::Ceiling => "ceiling".to_owned(),
        }
    }
}

/// What is there to be compared.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The server's binary.
    pub(crate) ours: PathBuf,
    pub(crate) nginx: Option<PathBuf>,
    pub(crate) wrk: Option<PathBuf>,
}

impl Programs {
    /// Builds the server unless it is given, and looks for the others.
    ///
    /// # Errors
    /// It cannot be built.
    pub(crate) fn find(ours: Option<&Path>) -> Result<Self> {
        let ours = match ours {
            Some(path) => path.to_owned(),
            None => build()?,
        };
        // Where distributions put servers, which a user's PATH may lack.
        let nginx =
            find_program("nginx").or_else(|| Some("/usr/sbin/nginx".into()).filter(|path: &PathBuf| path.is_file()));
        Ok(Programs { ours, nginx, wrk: find_program("wrk") })
    }

    /// All that can be compared here.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let mut peers = vec![Peer::Ours];
        if self.nginx.is_some() {
            peers.push(Peer::Nginx(1));
            if processors() > 1 {
                peers.push(Peer::Nginx(processors()));
            }
        }
        peers.push(Peer::Ceiling);
        peers
    }
}

fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(&root).args(["build", "--quiet", "--release", "--locked", "--package", "http-server"]);
    if !build.status().context("cannot run cargo")?.success() {
        bail!("the server cannot be built; name a binary with --server");
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/http-server"))
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A server that runs. It is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) peer: Peer,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first response.
    pub(crate) started_in: Duration,
    child: Child,
}

impl Server {
    /// Starts a server that serves `files`, on a port of its own; the ceiling gives `responses`.
    ///
    /// # Errors
    /// It does not start, or does not answer.
    pub(crate) fn start(programs: &Programs, peer: Peer, files: &Path, responses: &Responses) -> Result<Self> {
        // Another program may take the port between our look and the server's.
        let mut tries = 3;
        loop {
            tries -= 1;
            match Self::try_to_start(programs, peer, files, responses) {
                Err(_) if tries > 0 => {}
                result => return result.with_context(|| format!("{} does not start", peer.name())),
            }
        }
    }

    fn try_to_start(programs: &Programs, peer: Peer, files: &Path, responses: &Responses) -> Result<Self> {
        let mut address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = match peer {
            Peer::Ours => {
                let mut command = Command::new(&programs.ours);
                command.args(["--quiet", "--port", &address.port().to_string(), "--directory"]).arg(files);
                command
            }
            Peer::Nginx(workers) => {
                let program = programs.nginx.as_ref().context("there is no nginx")?;
                let folder = files.with_file_name(format!("nginx-{}", address.port()));
                fs::create_dir_all(&folder)?;
                let configuration = include_str!("../nginx.conf")
                    .replace("WORKERS", &workers.to_string())
                    .replace("ADDRESS", &address.to_string())
                    .replace("FOLDER", &folder.to_string_lossy())
                    .replace("FILES", &files.to_string_lossy());
                fs::write(folder.join("nginx.conf"), configuration)?;
                let mut command = Command::new(program);
                command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf"));
                command
            }
            Peer::Ceiling => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("ceiling").args(responses.arguments());
                command.stdin(Stdio::piped()).stdout(Stdio::piped());
                command
            }
        };
        if peer != Peer::Ceiling {
            command.stdin(Stdio::null()).stdout(Stdio::null());
        }
        let begun = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
        if let Some(output) = &mut child.stdout {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line)?;
            address = line.trim().parse().context("the ceiling did not tell its address")?;
        }
        let mut server = Server { peer, address, started_in: Duration::ZERO, child };
        server.wait_for_response(begun)?;
        Ok(server)
    }

    fn wait_for_response(&mut self, begun: Instant) -> Result<()> {
        loop {
            if let Ok(mut stream) = TcpStream::connect(self.address) {
                stream.set_read_timeout(Some(START))?;
                stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
                let mut response = [0; 12];
                stream.read_exact(&mut response)?;
                if &response != b"HTTP/1.1 200" {
                    bail!("it answers {:?}", String::from_utf8_lossy(&response));
                }
                self.started_in = begun.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended: {status}");
            }
            if begun.elapsed() > START {
                return Err(anyhow!("no response within {} seconds", START.as_secs()));
            }
            // Short at first, since a server may be there within a millisecond; but without a pause it would be kept
            // from its start.
            thread::sleep(Duration::from_micros(if begun.elapsed() < Duration::from_millis(200) { 50 } else { 5000 }));
        }
    }

    /// The server's processes.
    pub(crate) fn processes(&self) -> Vec<u32> {
        family(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // nginx ends its workers on SIGTERM; it could not on SIGKILL.
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + STOP;
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
