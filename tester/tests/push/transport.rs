//! Grading remotes that are not on the same machine, as far as one machine can show it.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use libtest_mimic::Failed;

use crate::{
    learner::{Learner, Said},
    support,
};

/// In place of ssh, a script that runs the command as sshd would: elsewhere, without a terminal, and with next to nothing
/// in the environment.
pub(crate) fn ssh() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    let script = learner.home.path().join("ssh");
    let path = std::env::var("PATH")?;
    let text = format!(
        "for command; do :; done\ncd /\nexec env -i PATH='{path}' GIT_PROTOCOL=\"$GIT_PROTOCOL\" setsid sh -c \"$command\""
    );
    support::script(&script, &text)?;
    let url = format!("ssh://host{}", learner.remote().display());
    learner.stages(&["remote", "--name", "far", "--at", &url])?.expect(0, &["git push far main"])?;
    let git = |arguments: &[&str]| -> Result<Said, Failed> {
        let output = learner.command("git").args(arguments).env("GIT_SSH_COMMAND", &script).output()?;
        Ok(Said::of(&output))
    };
    git(&["push", "-o", "plain", "far", "main"])?.expect(0, &["Stage #ON1 passed.  Next: #TW2"])?;
    git(&["push", "far", "main:refs/for/current"])?.expect(1, &["(stage #TW2: Your program gave a wrong response)"])?;
    git(&["fetch", "--quiet", "far"])?.expect(0, &[])?;
    learner.git(&["notes", "--ref", "grading", "show"]).map(drop)
}

/// `git http-backend` behind a server that knows CGI (RFC 3875), one request a connection.
pub(crate) fn http() -> Result<(), Failed> {
    let backend = PathBuf::from(String::from_utf8(Command::new("git").arg("--exec-path").output()?.stdout)?.trim_end());
    let backend = backend.join("git-http-backend");
    let learner = Learner::new()?;
    learner.level(1)?;
    learner.git_in(&learner.remote(), &["config", "http.receivepack", "true"])?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/work.git", listener.local_addr()?);
    let home = learner.home.path().to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (backend, home) = (backend.clone(), home.clone());
            // The client is told of an error by an answer that ends early.
            thread::spawn(move || cgi(&stream, &backend, &home));
        }
    });
    learner.stages(&["remote", "--name", "far", "--at", &url])?.expect(0, &["git push far main"])?;
    learner.push(&["-o", "plain", "far", "main"])?.expect(0, &["Stage #ON1 passed.  Next: #TW2"])?;
    learner.push(&["far", "main:refs/for/2"])?.expect(1, &["(stage #TW2: Your program gave a wrong response)"])?;
    learner.git(&["fetch", "--quiet", "far"])?;
    learner.git(&["notes", "--ref", "grading", "show"]).map(drop)
}

fn cgi(stream: &TcpStream, backend: &Path, home: &Path) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut command = Command::new(backend);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_PROJECT_ROOT", home)
        .env("GIT_HTTP_EXPORT_ALL", "")
        .env("REQUEST_METHOD", &method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REMOTE_ADDR", "127.0.0.1");
    let (mut length, mut chunked) = (0, false);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "transfer-encoding" => chunked = value == "chunked",
            "content-type" => drop(command.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(command.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(command.env("GIT_PROTOCOL", value)),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    while chunked {
        line.clear();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + size + 2, 0);
        reader.read_exact(&mut body[start..])?;
        body.truncate(start + size);
        chunked = size > 0;
    }
    let mut child =
        command.env("CONTENT_LENGTH", body.len().to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    thread::spawn(move || stdin.write_all(&body));
    let mut stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut stream = stream;
    // Its own head follows, with a field `Status` that a client overlooks.
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")?;
    io::copy(&mut stdout, &mut stream)?;
    child.wait().map(drop)
}
