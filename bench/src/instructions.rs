//! Counts the instructions that a request takes from its bytes to those of its response, without system calls, and
//! compares with a record. Unlike a time, a count is the same on a busy machine.

use std::{env, fs, hint::black_box, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use http_server::{
    app::{routes, site::Site},
    content::{
        response::{Content, Response},
        select::select,
    },
    http::{
        body::{Body, BodyError},
        connection::{Connection, Event},
        limits::Limits,
    },
};

use crate::{
    table::{Table, whole},
    workloads::BROWSER,
};

/// Beyond this part more than recorded, a request has become dearer.
const TOLERANCE: f64 = 0.03;
/// How often a request is answered in each of two runs. What differs is that many times one request; all else is
/// in both.
const TIMES: (u32, u32) = (1000, 3000);
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// What is asked for: a name, a request line, and fields.
const CASES: [(&str, &str, &str); 7] = [
    ("home", "GET / HTTP/1.1", "Host: localhost:4221\r\n"),
    ("echo", "GET /echo/abc HTTP/1.1", "Host: localhost:4221\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"),
    ("browser", "GET /echo/hello-world-20-bytes HTTP/1.1", BROWSER),
    ("gzip", "GET /echo/hello-world-20-bytes HTTP/1.1", "Host: localhost:4221\r\nAccept-Encoding: gzip\r\n"),
    ("user-agent", "GET /user-agent HTTP/1.1", "Host: localhost:4221\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"),
    ("not-found", "GET /no/such/thing HTTP/1.1", "Host: localhost:4221\r\n"),
    ("refused", "GET / HTTP/1.1", "Host: localhost:4221\r\nContent-Length: 1, 1\r\n"),
];

/// Counts, prints, and compares or records.
///
/// # Errors
/// There is no valgrind, or a request takes more instructions than recorded.
pub(crate) fn main(record: bool) -> Result<()> {
    let counts = CASES.iter().map(|(name, ..)| Ok((*name, count(name)?))).collect::<Result<Vec<_>>>()?;
    let toolchain = toolchain()?;
    if record {
        let lines: String = counts.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
        fs::write(RECORD, format!("{toolchain}\n{lines}")).context("cannot write the record")?;
    }
    let text = fs::read_to_string(RECORD).context("cannot read the record")?;
    let recorded = parse(&text)?;
    let mut table = Table::new(&["instructions for a request", "now", "recorded", "change"]);
    let mut dearer = Vec::new();
    for (name, count) in counts {
        let before = recorded.counts.iter().find(|(known, _)| *known == name).map(|(_, count)| *count);
        let change = before.map(|before| count as f64 / before as f64 - 1.0);
        table.row(vec![
            name.to_owned(),
            whole(count as f64),
            before.map_or("–".to_owned(), |before| whole(before as f64)),
            change.map_or("–".to_owned(), |change| format!("{:+.1} %", change * 100.0)),
        ]);
        if change.is_none_or(|change| change > TOLERANCE) {
            dearer.push(name);
        }
    }
    print!("{table}");
    if recorded.toolchain != toolchain {
        println!("not compared: the record is of {}, and this is {toolchain}", recorded.toolchain);
    } else if !dearer.is_empty() {
        bail!(
            "more than {} % above the record, or not in it: {}; if it is worth that, `bench/run instructions --record`",
            TOLERANCE * 100.0,
            dearer.join(", ")
        );
    }
    Ok(())
}

/// Answers a request in memory, over and over on the same connection.
///
/// # Errors
/// There is no such case.
pub(crate) fn drive(case: &str, times: u32) -> Result<()> {
    let (_, line, fields) = CASES.iter().find(|(name, ..)| *name == case).context("there is no such case")?;
    let input = format!("{line}\r\n{fields}\r\n").into_bytes();
    let site = Site::default();
    let mut connection = Connection::new(Limits::default());
    let mut output = Vec::with_capacity(4096);
    for _ in 0..times {
        output.clear();
        respond(&mut connection, black_box(&input), &site, &mut output)?;
        ensure!(output.starts_with(b"HTTP/1.1 "), "no response");
        black_box(&output);
    }
    Ok(())
}

fn respond(connection: &mut Connection, input: &[u8], site: &Site, output: &mut Vec<u8>) -> Result<()> {
    let step = connection.receive(input);
    let request = match step.event {
        Event::Head(request) => request,
        Event::Reject(rejection) => {
            let response = Response::error(rejection.status(), rejection.reason());
            connection.respond(&response.head, response.content.length(), None, output);
            *connection = Connection::new(Limits::default());
            return Ok(());
        }
        event => bail!("a request is not understood: {event:?}"),
    };
    let response = routes::respond(site, &request, &mut NoContent).map_err(|_| anyhow::anyhow!("no response"))?;
    let response = select(&request, response)?;
    ensure!(connection.receive(b"").event == Event::End, "a request has content");
    connection.respond(&response.head, response.content.length(), None, output);
    if let Content::Bytes(bytes) = &response.content {
        output.extend_from_slice(bytes);
    }
    Ok(())
}

/// The content of a request that has none.
struct NoContent;

impl Body for NoContent {
    fn next(&mut self) -> Result<Option<&[u8]>, BodyError> {
        Ok(None)
    }

    fn next_raw(&mut self) -> Result<Option<&[u8]>, BodyError> {
        Ok(None)
    }

    fn exceeds(&self, _limit: u64) -> bool {
        false
    }
}

/// Instructions for one request.
fn count(case: &str) -> Result<u64> {
    let once = |times| callgrind(case, times);
    Ok((once(TIMES.1)? - once(TIMES.0)?) / u64::from(TIMES.1 - TIMES.0))
}

fn callgrind(case: &str, times: u32) -> Result<u64> {
    let output = tempfile::NamedTempFile::new()?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet"]);
    valgrind.arg(format!("--callgrind-out-file={}", output.path().display()));
    valgrind.arg(env::current_exe()?).args(["drive", case, &times.to_string()]);
    let status = valgrind.status().context("cannot run valgrind, which counts the instructions; install it")?;
    ensure!(status.success(), "valgrind failed: {status}");
    let text = fs::read_to_string(output.path())?;
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    totals.context("valgrind gave no total")?.trim().parse().context("valgrind gave no number")
}

/// What the count depends on, besides the code.
fn toolchain() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").current_dir(Path::new(RECORD).with_file_name("")).output();
    let output = output.context("cannot ask rustc for its version")?;
    let rustc = String::from_utf8_lossy(&output.stdout);
    // They decide how bytes are copied and compared.
    #[cfg(target_arch = "x86_64")]
    let extension = if std::is_x86_feature_detected!("avx2") { " with AVX2" } else { "" };
    #[cfg(not(target_arch = "x86_64"))]
    let extension = "";
    let libc = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout).unwrap_or_default();
    let libc = String::from_utf8_lossy(&libc);
    Ok(format!("{}, {}{extension}, {}", rustc.trim(), env::consts::ARCH, libc.trim()))
}

/// The record: a toolchain, then a line for each case.
#[derive(Debug, PartialEq)]
struct Record<'a> {
    toolchain: &'a str,
    counts: Vec<(&'a str, u64)>,
}

fn parse(text: &str) -> Result<Record<'_>> {
    let (toolchain, lines) = text.split_once('\n').context("the record is empty")?;
    let count = |line: &'_ str| line.split_once(' ').and_then(|(_, count)| count.parse().ok());
    let name = |line| str::split_once(line, ' ').map_or("", |(name, _)| name);
    let counts = lines.lines().map(|line| Some((name(line), count(line)?))).collect::<Option<_>>();
    Ok(Record { toolchain, counts: counts.context("the record cannot be read; make it anew with --record")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_answered_time_and_again() {
        for (name, ..) in CASES {
            drive(name, 3).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn the_record_is_read() {
        let record = parse("rustc 1.0.0, x86_64\nhome 12\necho 3\n").unwrap();
        assert_eq!(record, Record { toolchain: "rustc 1.0.0, x86_64", counts: vec![("home", 12), ("echo", 3)] });
        assert!(parse("").is_err() && parse("a\nhome\n").is_err());
        assert_eq!(parse(&fs::read_to_string(RECORD).unwrap()).unwrap().counts.len(), CASES.len());
    }
}
