//! Runs a transcript against a program that listens.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use crate::{
    cause,
    client::{Allowance, Client, Ended, Traffic},
    disk::Disk,
    exact::{self, Class, Difference},
    expect,
    failure::{Entry, Failure, Limit, Log, Wrong},
    ports,
    program::Program,
    show,
    transcript::{Action, Connect, Leave, Part, Step, Transcript, Write},
    values::{Scope, Values},
};

/// How long nothing must arrive on a connection that is `open`.
const OPEN: Duration = Duration::from_millis(50);
/// How long a `closed` may take.
const CLOSED: Duration = Duration::from_secs(1);
/// After this time without anybody listening the tester says that it waits.
const STILL_WAITING: Duration = Duration::from_secs(2);
/// How long a connection is tried for once the program has listened.
const REFUSED: Duration = Duration::from_secs(2);
/// So many connections of a group are opened before the tester looks whether they have been accepted: a program may let
/// the system keep no more than a few for it.
const AT_ONCE: usize = 4;
/// How long a program may take to accept them, on a machine that is busy with other things.
const ACCEPTED: Duration = Duration::from_secs(5);
/// How long a program that closed a connection may take to end, for the end to be the cause.
pub(crate) const DYING: Duration = Duration::from_millis(300);

/// How a stage is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The port that the program listens on.
    pub port: u16,
    /// Verdicts of the public challenge.
    pub compat: bool,
    /// How long the program may take to listen.
    pub start: Duration,
    /// How long a response may take.
    pub timeout: Duration,
}

/// A run of one transcript.
pub struct Runner<'a> {
    pub(crate) transcript: &'a Transcript,
    pub(crate) options: Options,
    pub(crate) values: Values,
    disk: Disk,
    pub(crate) program: &'a Program,
    pub(crate) log: &'a Log,
    pub(crate) clients: BTreeMap<String, Client>,
    allowance: Allowance,
    started: &'a dyn Fn(Duration),
    /// Connections that must be open at the end, and the lines that say so: one wait is enough for all.
    open_at_end: Vec<(String, Vec<String>, usize)>,
}

impl<'a> Runner<'a> {
    /// A run of `transcript` against `program`, which has been started. `started` is called once when it listens,
    /// with the time that the tester waited for that.
    pub fn new(
        transcript: &'a Transcript,
        options: Options,
        values: Values,
        disk: Disk,
        program: &'a Program,
        log: &'a Log,
        started: &'a dyn Fn(Duration),
    ) -> Runner<'a> {
        Runner {
            transcript,
            options,
            values,
            disk,
            program,
            log,
            clients: BTreeMap::new(),
            allowance: Allowance::default(),
            started,
            open_at_end: Vec::new(),
        }
    }

    /// The connections that are still there, and the folders.
    pub fn finish(self) -> (BTreeMap<String, Client>, Disk) {
        (self.clients, self.disk)
    }

    /// Runs all steps.
    ///
    /// # Errors
    /// Why the stage does not pass.
    pub fn run(&mut self) -> Result<(), Failure> {
        let result = self.steps();
        match self.allowance.is_used_up() {
            true => Err(Failure::Limit(Limit::Answers)),
            false => result,
        }
    }

    fn steps(&mut self) -> Result<(), Failure> {
        let transcript = self.transcript;
        for (index, step) in transcript.steps.iter().enumerate() {
            if matches!(step.action, Action::Beyond) {
                if self.options.compat {
                    break;
                }
                continue;
            }
            self.step(index, step)?;
        }
        self.nothing_more()
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<(), Failure> {
        let line = step.line;
        match &step.action {
            Action::Connect(all) => self.connect(all, line)?,
            Action::Write(write) => {
                for (name, member) in self.members(&write.conn) {
                    self.write(write, &name, member, line)?;
                }
            }
            Action::Expect(expect) => {
                let members = self.members(&expect.conn);
                for (number, (name, member)) in members.iter().enumerate() {
                    // One member of a group is reported in full, the others in one line.
                    self.answer(index, expect, name, *member, line, number == 0)?;
                }
                if members.len() > 1 {
                    self.log.add(Entry::Tick(format!(
                        "the same on the {} other connections of {}",
                        members.len() - 1,
                        expect.conn
                    )));
                }
            }
            Action::Open { conn, time } => {
                let names: Vec<_> = self.members(conn).into_iter().map(|(name, _)| name).collect();
                let again = |name: &String| {
                    self.transcript
                        .later(index + 1, name, self.options.compat)
                        .any(|action| matches!(action, Action::Write(_)))
                };
                // The answer to what is sent later proves more than a wait.
                let (later, now): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| time.is_none() && again(name));
                let last = self.transcript.steps[index..]
                    .iter()
                    .all(|step| matches!(step.action, Action::Open { .. } | Action::Beyond));
                if last && time.is_none() {
                    self.open_at_end.push((conn.clone(), now, line));
                    return Ok(());
                }
                self.quiet(&now, Instant::now() + time.unwrap_or(OPEN), line)?;
                self.log.add(Entry::Tick(match later.is_empty() {
                    true => format!("connection {conn} is still open"),
                    false => format!("connection {conn} stays open (it is used again below)"),
                }));
            }
            Action::Closed { conn, time } => {
                for (name, _) in self.members(conn) {
                    self.closed(index, &name, time.unwrap_or(CLOSED), line)?;
                }
                self.log.add(Entry::Tick(format!("connection {conn} is closed")));
            }
            Action::Leave { conn, how } => {
                for (name, _) in self.members(conn) {
                    self.client(&name)?
                        .leave(*how)
                        .map_err(|error| Failure::Tester(format!("line {line}: {error}")))?;
                }
                let what = match how {
                    Leave::Half => "sends no more",
                    Leave::Close => "is closed by the client",
                    Leave::Abort => "is reset by the client",
                };
                self.log.add(Entry::Note(format!("connection {conn} {what}")));
            }
            Action::Wait(time) => thread::sleep(*time),
            Action::Saved { path, content } => {
                let path = self.values.render(path, Scope::default()).map_err(|why| self.broken(line, why))?;
                let content = self.values.render(content, Scope::default()).map_err(|why| self.broken(line, why))?;
                let shown = self
                    .disk
                    .check_saved(&path, &content)
                    .map_err(|difference| self.wrong_on_disk(line, difference, &content))?;
                self.log.add(Entry::Tick(format!(
                    "{shown} holds exactly the {} that were sent",
                    show::bytes(content.len())
                )));
            }
            Action::SavedNone => {
                self.disk.check_nothing_else().map_err(|difference| self.wrong_on_disk(line, difference, b""))?;
                self.log.add(Entry::Tick("no other file was written".to_owned()));
            }
            Action::Beyond => {}
        }
        Ok(())
    }

    /// The connections that a name stands for, last opened first, and their numbers in a group.
    fn members(&self, name: &str) -> Vec<(String, Option<usize>)> {
        match self.transcript.group(name) {
            Some(count) => (1..=count).rev().map(|number| (format!("{name}{number}"), Some(number))).collect(),
            None => vec![(name.to_owned(), None)],
        }
    }

    pub(crate) fn client(&mut self, name: &str) -> Result<&mut Client, Failure> {
        self.clients.get_mut(name).ok_or_else(|| Failure::Tester(format!("connection {name} was never opened")))
    }

    pub(crate) fn broken(&self, line: usize, why: String) -> Failure {
        Failure::Tester(format!("line {line} of the transcript: {why}"))
    }

    fn connect(&mut self, all: &[Connect], line: usize) -> Result<(), Failure> {
        for Connect { name, count } in all {
            let names = match count {
                Some(count) => (1..=*count).map(|number| format!("{name}{number}")).collect(),
                None => vec![name.clone()],
            };
            let mut waiting = true;
            for (number, name) in names.into_iter().enumerate() {
                if waiting && number > 0 && number % AT_ONCE == 0 {
                    waiting = self.accepted();
                }
                let client = self.connect_one(line)?;
                self.clients.insert(name, client);
            }
            self.log.add(Entry::Tick(match count {
                Some(count) => {
                    format!("{count} connections to localhost:{} ({name}1 to {name}{count})", self.options.port)
                }
                None => format!("connection {name} to localhost:{}", self.options.port),
            }));
        }
        Ok(())
    }

    /// Waits until the program has accepted what was opened so far. `false`: it has not, and does not seem to be going
    /// to.
    fn accepted(&self) -> bool {
        let deadline = Instant::now() + ACCEPTED;
        while ports::unaccepted(self.options.port) > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    fn connect_one(&mut self, line: usize) -> Result<Client, Failure> {
        let first = self.clients.is_empty();
        let begin = Instant::now();
        let limit = if first { self.options.start } else { REFUSED };
        let mut pause = Duration::from_millis(1);
        let mut told = false;
        loop {
            let error = match Client::connect(self.options.port, &self.allowance) {
                Ok(client) => {
                    if first {
                        (self.started)(begin.elapsed());
                    }
                    return Ok(client);
                }
                Err(error) => error,
            };
            if let Some(why) = self.program.refused() {
                return Err(Failure::NotStarted { why, line });
            }
            if let Some(how) = self.program.ended() {
                let during = if first { "waited for it to listen" } else { "opened another connection" };
                return Err(Failure::Died { how, during: during.to_owned(), listened: !first, line });
            }
            if begin.elapsed() >= limit {
                let port = self.options.port;
                let what = match first {
                    true => {
                        format!("Nothing listens on port {port} of localhost after {} s ({error})", limit.as_secs_f32())
                    }
                    false => format!(
                        "No further connection to port {port} is accepted ({error}), although your program is still running"
                    ),
                };
                return Err(Failure::NotListening { what, listened: !first, line });
            }
            if first && !told && begin.elapsed() >= STILL_WAITING {
                told = true;
                self.log.add(Entry::Note(format!(
                    "Waiting for port {} (up to {} s: a first start may compile) …",
                    self.options.port,
                    limit.as_secs_f32()
                )));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn write(&mut self, write: &Write, name: &str, member: Option<usize>, line: usize) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let first = member.is_none_or(|number| self.transcript.group(&write.conn) == Some(number));
        for part in &write.parts {
            let piece = match part {
                Part::Raw(template) => {
                    let scope = Scope { index: member, message: None };
                    self.values.render(template, scope)
                }
                Part::Message(message) => expect::render_message(&mut self.values, message, member),
            }
            .map_err(|why| self.broken(line, why))?;
            // What goes on with a request that was begun is no request of its own.
            let begins = matches!(part, Part::Message(_)) || self.client(name)?.heads.is_empty();
            if begins {
                for _ in 0..write.times {
                    self.client(name)?.heads.push_back(piece.starts_with(b"HEAD "));
                }
            }
            if first {
                let command = show::curl(&piece, self.options.port);
                let command = command.unwrap_or_else(|| show::netcat(&piece, self.options.port));
                self.log.add(Entry::Command(command));
            }
            bytes.extend(piece);
        }
        let deadline = Instant::now() + self.options.timeout;
        if self.log.debug {
            let times = if write.times > 1 { format!(" ({} times)", write.times) } else { String::new() };
            for text in show::lines(&bytes, 200) {
                self.log.add(Entry::Bytes(format!("{name}> {text}{times}")));
            }
        }
        let (size, pause) = write.cut.unwrap_or((bytes.len().max(1), Duration::ZERO));
        let client = self.client(name)?;
        let mut sent = Ok(());
        'all: for round in 0..write.times {
            for (number, piece) in bytes.chunks(size).enumerate() {
                if round + number > 0 && !pause.is_zero() {
                    thread::sleep(pause);
                }
                sent = client.send(piece, deadline.max(Instant::now() + pause));
                if sent.is_err() {
                    break 'all;
                }
            }
        }
        match sent {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                let what = format!(
                    "The program stopped reading: {} s, and it has not taken the whole request",
                    self.options.timeout.as_secs_f32()
                );
                let difference = Difference { late: true, ..Difference::new(Class::Error, what, b"", b"") };
                Err(self.wrong(line, name, difference, None))
            }
            Err(error) => Err(self.broken(line, error.to_string())),
        }
    }

    pub(crate) fn surplus(&mut self, name: &str, line: usize) -> Result<(), Failure> {
        let compat = self.options.compat;
        let client = self.client(name)?;
        if client.inbox.is_empty() {
            return Ok(());
        }
        let bytes = match compat {
            true => std::mem::take(&mut client.inbox),
            false => client.inbox.clone(),
        };
        let asked = client.traffic.iter().any(|entry| matches!(entry, Traffic::Sent(_)));
        let cause = cause::of_surplus(&bytes, asked, &self.last_sent(name));
        self.note_or_fail(line, name, exact::surplus(&bytes, asked), cause)
    }

    /// Nothing arrives on these connections until `deadline`, and they stay open.
    fn quiet(&mut self, names: &[String], deadline: Instant, line: usize) -> Result<(), Failure> {
        for name in names {
            let client = self.client(name)?;
            client.receive(deadline);
            let ended = client.ended;
            self.surplus(name, line)?;
            if let Some(ended) = ended {
                if let Some(how) = self.program.ended_within(DYING) {
                    return Err(Failure::Died {
                        how,
                        during: "kept a connection open".to_owned(),
                        listened: true,
                        line,
                    });
                }
                let how = if ended == Ended::Reset { "reset" } else { "closed" };
                let difference =
                    Difference::new(Class::Error, format!("The connection was {how}, and should stay open"), b"", b"");
                let cause = "since HTTP/1.1 a connection stays open unless one side says `Connection: close` (RFC 9112 section 9.3)".to_owned();
                return Err(self.wrong(line, name, difference, Some(cause)));
            }
        }
        Ok(())
    }

    fn closed(&mut self, index: usize, name: &str, time: Duration, line: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + time;
        let client = self.client(name)?;
        while client.ended.is_none() && client.receive(deadline) {}
        let ended = client.ended;
        self.surplus(name, line)?;
        match ended {
            Some(Ended::Closed) => Ok(()),
            // Who need not answer what it refuses may as well leave it unread.
            Some(Ended::Reset) if self.transcript.refused(index, name) => Ok(()),
            Some(Ended::Reset) => self.note_or_fail(
                line,
                name,
                exact::reset(),
                Some(
                    "the program closed the connection before it had read everything, or asked for a reset (SO_LINGER)"
                        .to_owned(),
                ),
            ),
            None => {
                let what = format!("The connection is still open after {} s, and should be closed", time.as_secs_f32());
                let finished = self.client(name)?.finished();
                let cause = cause::of_staying(self.transcript.refused(index, name), finished);
                Err(self.wrong(line, name, Difference::new(Class::Error, what, b"", b""), Some(cause)))
            }
        }
    }

    /// At the end: nothing arrives that was not asked for.
    fn nothing_more(&mut self) -> Result<(), Failure> {
        let line = self.transcript.steps.last().map_or(0, |step| step.line);
        // A request without an expectation may be answered.
        let settled: Vec<String> = self
            .clients
            .iter()
            .filter(|(_, client)| !client.left() && client.heads.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        let now = Instant::now();
        for (conn, names, line) in std::mem::take(&mut self.open_at_end) {
            self.quiet(&names, now + OPEN, line)?;
            let text = format!("connection {conn} is still open");
            self.log.add(Entry::Tick(text));
        }
        let deadline = if self.options.compat { now } else { now + OPEN };
        for name in settled {
            self.client(&name)?.receive(deadline);
            self.surplus(&name, line)?;
        }
        Ok(())
    }

    /// What was sent last, and what came before it if only `100 Continue` parts the two.
    pub(crate) fn last_sent(&self, name: &str) -> Vec<u8> {
        let traffic = self.clients.get(name).map(|client| client.traffic.as_slice()).unwrap_or_default();
        let mut sent: Vec<&[u8]> = Vec::new();
        for entry in traffic.iter().rev() {
            match entry {
                Traffic::Sent(bytes) => sent.insert(0, bytes),
                Traffic::Received(bytes) if !sent.is_empty() && !bytes.starts_with(b"HTTP/1.1 100 ") => break,
                _ => {}
            }
        }
        sent.concat()
    }

    /// Whether the head of what was sent last went out in more than one piece.
    pub(crate) fn in_pieces(&self, name: &str) -> bool {
        self.clients.get(name).is_some_and(|client| client.pieces)
    }

    pub(crate) fn note_or_fail(
        &mut self,
        line: usize,
        name: &str,
        difference: Difference,
        cause: Option<String>,
    ) -> Result<(), Failure> {
        if self.options.compat && difference.class == Class::Deviation {
            self.log.add(Entry::Deviation(difference.what));
            return Ok(());
        }
        Err(self.wrong(line, name, difference, cause))
    }

    pub(crate) fn wrong(&self, line: usize, name: &str, difference: Difference, cause: Option<String>) -> Failure {
        let traffic = self.clients.get(name).map(|client| client.traffic.clone()).unwrap_or_default();
        Failure::Wrong(Box::new(Wrong { line, conn: Some(name.to_owned()), difference, cause, traffic }))
    }

    fn wrong_on_disk(&self, line: usize, difference: Difference, content: &[u8]) -> Failure {
        let step =
            self.transcript.steps.iter().rposition(|step| step.line < line && matches!(step.action, Action::Write(_)));
        let conn = step.and_then(|index| self.transcript.steps[index].action.conn()).map(str::to_owned);
        let traffic = conn
            .as_ref()
            .and_then(|conn| self.clients.get(conn))
            .map(|client| client.traffic.clone())
            .unwrap_or_default();
        let sent = conn.as_ref().map(|conn| self.last_sent(conn)).unwrap_or_default();
        let cause = cause::of_file(&difference, content, &sent);
        Failure::Wrong(Box::new(Wrong { line, conn, difference, cause, traffic }))
    }
}
