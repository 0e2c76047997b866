//! A transcript, once parsed: the one source for the tester, the checks of the pages, and other tests
//! that want the traffic of a stage.

pub(crate) mod causes;
pub(crate) mod parse;
pub(crate) mod template;
pub(crate) mod values;

use std::time::Duration;

use crate::transcript::{
    causes::{Cause, Shared},
    template::{Piece, Template},
};

/// A parsed `tester.http`.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// The program's arguments, parted by spaces.
    pub args: Option<Template>,
    /// The values, in the order in which they are drawn.
    pub lets: Vec<Let>,
    /// The files that are on disk before the program starts.
    pub fixtures: Vec<Fixture>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The causes that the stages of its track share.
    pub shared: Vec<Shared>,
}

/// `let`.
#[derive(Clone, Debug)]
pub struct Let {
    /// Line of the transcript, from 1.
    pub line: usize,
    /// The value's name.
    pub name: String,
    /// Its source.
    pub source: Source,
}

/// The source of a value.
#[derive(Clone, Debug)]
pub enum Source {
    /// A random word.
    Word,
    /// So many random bytes.
    Bytes(usize),
    /// So many bytes of random words in lines.
    Text(usize),
    /// Other values.
    Made(Template),
}

/// `file` or `symlink`.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Line of the transcript, from 1.
    pub line: usize,
    /// Its path; absolute once rendered.
    pub path: Template,
    /// Its kind.
    pub kind: FixtureKind,
}

/// The kind of a fixture.
#[derive(Clone, Debug)]
pub enum FixtureKind {
    /// A file with these contents.
    File(Template),
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    Symlink(Template),
}

/// One step, and where it stands.
#[derive(Clone, Debug)]
pub struct Step {
    /// Line of the transcript, from 1; of a message, its first.
    pub line: usize,
    /// The action.
    pub action: Action,
    /// Of an expectation: why it may fail, in the order in which that is looked at.
    pub causes: Vec<Cause>,
}

/// The action of a step.
#[derive(Clone, Debug)]
pub enum Action {
    /// `connect`.
    Connect(Vec<Connect>),
    /// A run of `>` and `>>` lines: one write.
    Write(Write),
    /// A run of `<` lines up to a separator: one message that must come.
    Expect(Expect),
    /// `open`, and how long nothing must arrive.
    Open {
        conn: String,
        /// The time; without it, the default.
        time: Option<Duration>,
    },
    /// `closed`, and how long that may take.
    Closed {
        conn: String,
        /// The time; without it, the default.
        time: Option<Duration>,
    },
    /// `half-close`, `close` or `abort`.
    Leave {
        conn: String,
        /// In which way.
        how: Leave,
    },
    /// `wait`.
    Wait(Duration),
    /// `saved PATH = …`.
    Saved {
        /// Path of the file.
        path: Template,
        /// Contents that it must have.
        content: Template,
    },
    /// `saved none`.
    SavedNone,
    /// `beyond`.
    Beyond,
}

/// One name after `connect`.
#[derive(Clone, Debug)]
pub struct Connect {
    /// The connection's or the group's name.
    pub name: String,
    /// The size of the group.
    pub count: Option<usize>,
}

/// A way for the client to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Nothing more is sent, reading goes on.
    Half,
    /// A plain close.
    Close,
    /// A reset.
    Abort,
}

/// One write.
#[derive(Clone, Debug)]
pub struct Write {
    pub conn: String,
    /// The parts, which are joined.
    pub parts: Vec<Part>,
    /// Pieces of so many bytes, and the time between them.
    pub cut: Option<(usize, Duration)>,
    /// The number of times that it is written.
    pub times: usize,
}

/// A part of a write.
#[derive(Clone, Debug)]
pub enum Part {
    /// `>` lines.
    Message(Message),
    /// A `>>` line.
    Raw(Template),
}

/// A message that is sent.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The lines of the head.
    pub head: Vec<Template>,
    /// The lines of the body; `None` where the head is not ended by an empty line.
    pub body: Option<Vec<Template>>,
}

/// A message that must come.
#[derive(Clone, Debug)]
pub struct Expect {
    pub conn: String,
    /// The statuses, one of which must come.
    pub statuses: Vec<u16>,
    /// True if the connection may be closed without an answer instead.
    pub or_closed: bool,
    /// The reason phrase; `None` for any.
    pub reason: Option<Template>,
    /// The fields listed.
    pub fields: Vec<Field>,
    /// The body: its lines are joined by CR LF.
    pub body: BodyRule<Template, Vec<Template>>,
}

/// A field that is listed.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name, as the transcript spells it.
    pub name: String,
    /// The rule for its value.
    pub rule: FieldRule<Template>,
}

/// The expectation of a field: with templates, or with the values that they stand for.
#[derive(Clone, Debug)]
pub enum FieldRule<T> {
    /// It must not be there.
    Absent,
    /// Any value.
    Any,
    /// One of these values.
    OneOf(Vec<T>),
    /// It may be missing. If it is there: one of these values, or any, where none is named.
    Maybe(Vec<T>),
}

/// The expectation of a body: with templates, or with the bytes that they stand for.
#[derive(Clone, Debug)]
pub enum BodyRule<T, B = T> {
    /// No body.
    None,
    /// Any body, also none.
    Any,
    /// This body.
    Is(B),
    /// gzip of this body.
    Gzip(T),
    /// Any body in which these texts stand, or do not.
    Contains(Vec<Contains<T>>),
}

/// A text that is looked for in a body.
#[derive(Clone, Debug)]
pub struct Contains<T> {
    /// True if it must not stand there.
    pub absent: bool,
    /// Texts, one of which is meant.
    pub texts: Vec<T>,
}

impl<T> FieldRule<T> {
    /// The same rule over other values.
    ///
    /// # Errors
    /// The first of `change`.
    pub fn try_map<U, E>(&self, change: impl FnMut(&T) -> Result<U, E>) -> Result<FieldRule<U>, E> {
        let all = |values: &[T]| values.iter().map(change).collect::<Result<_, E>>();
        Ok(match self {
            FieldRule::Absent => FieldRule::Absent,
            FieldRule::Any => FieldRule::Any,
            FieldRule::OneOf(values) => FieldRule::OneOf(all(values)?),
            FieldRule::Maybe(values) => FieldRule::Maybe(all(values)?),
        })
    }
}

impl<T> Contains<T> {
    /// The same rule over other texts.
    ///
    /// # Errors
    /// The first of `change`.
    pub fn try_map<U, E>(&self, change: impl FnMut(&T) -> Result<U, E>) -> Result<Contains<U>, E> {
        Ok(Contains { absent: self.absent, texts: self.texts.iter().map(change).collect::<Result<_, E>>()? })
    }
}

impl Expect {
    /// Checks whether it is about a final response, not an interim one (RFC 9110 section 15).
    pub fn is_final(&self) -> bool {
        self.statuses.iter().any(|status| *status >= 200)
    }
}

impl Action {
    /// The connection or group that the step is about.
    pub fn conn(&self) -> Option<&str> {
        match self {
            Action::Write(Write { conn, .. })
            | Action::Expect(Expect { conn, .. })
            | Action::Open { conn, .. }
            | Action::Closed { conn, .. }
            | Action::Leave { conn, .. } => Some(conn),
            _ => None,
        }
    }
}

impl Transcript {
    /// The sizes of the groups.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.connects().find(|c| c.name == name).and_then(|c| c.count)
    }

    fn connects(&self) -> impl Iterator<Item = &Connect> {
        self.steps.iter().flat_map(|step| match &step.action {
            Action::Connect(all) => all.as_slice(),
            _ => &[],
        })
    }

    /// The names of the values that are captured from responses.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        let expects = self.steps.iter().filter_map(|step| match &step.action {
            Action::Expect(expect) => Some(expect),
            _ => None,
        });
        let rules = expects.flat_map(|expect| &expect.fields).map(|field| &field.rule);
        let templates = rules.flat_map(|rule| match rule {
            FieldRule::OneOf(all) | FieldRule::Maybe(all) => all.as_slice(),
            FieldRule::Absent | FieldRule::Any => &[],
        });
        templates.flat_map(|template| &template.pieces).filter_map(|piece| match piece {
            Piece::Capture(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The number of `conn` in its group, where it is a member of one.
    pub fn member(&self, conn: &str) -> Option<usize> {
        let groups = self.connects().filter(|connect| connect.count.is_some());
        groups
            .filter(|group| self.stands_for(&group.name, conn))
            .find_map(|group| conn.strip_prefix(&group.name)?.parse().ok())
    }

    /// Checks whether `user`, the name that a step uses, stands for the connection `conn`.
    pub fn stands_for(&self, user: &str, conn: &str) -> bool {
        user == conn
            || self.group(user).is_some_and(|count| {
                conn.strip_prefix(user)
                    .and_then(|number| number.parse::<usize>().ok())
                    .is_some_and(|number| (1..=count).contains(&number))
            })
    }

    /// The steps from `start` on that concern the connection `conn`; up to `beyond` under `compat`.
    pub fn later<'a>(&'a self, start: usize, conn: &'a str, compat: bool) -> impl Iterator<Item = &'a Action> {
        self.steps
            .get(start..)
            .unwrap_or_default()
            .iter()
            .map(|step| &step.action)
            .take_while(move |action| !(compat && matches!(action, Action::Beyond)))
            .filter(move |action| action.conn().is_some_and(|user| self.stands_for(user, conn)))
    }

    /// Which of the requests of the last write on `conn` the expectation of step `index` is about, from 0: each final
    /// response since then is about one.
    pub fn request_of(&self, index: usize, conn: &str) -> usize {
        let since = self.until(index, conn).take_while(|action| !matches!(action, Action::Write(_)));
        since.filter(|action| matches!(action, Action::Expect(expect) if expect.is_final())).count().saturating_sub(1)
    }

    /// The writes that the expectation of step `index` on `conn` is about, the last one first.
    pub fn writes_before<'a>(&'a self, index: usize, conn: &'a str) -> Vec<&'a Write> {
        let mut writes = Vec::new();
        for action in self.until(index, conn) {
            match action {
                Action::Write(write) => writes.push(write),
                // Everything before a response belongs to another request.
                Action::Expect(expect) if expect.is_final() && !writes.is_empty() => break,
                _ => {}
            }
        }
        writes
    }

    /// The steps on `conn` up to step `index`, the last one first.
    pub fn until<'a>(&'a self, index: usize, conn: &'a str) -> impl Iterator<Item = &'a Action> {
        let steps = self.steps.get(..=index).unwrap_or(&self.steps).iter().rev().map(|step| &step.action);
        steps.filter(move |action| action.conn().is_some_and(|user| self.stands_for(user, conn)))
    }

    /// Checks whether the last response before step `index` on the connection `conn` may be left out by closing it.
    pub fn refused(&self, index: usize, conn: &str) -> bool {
        let mut before = self.steps.iter().take(index).rev();
        before
            .find_map(|step| match &step.action {
                Action::Expect(expect) if self.stands_for(&expect.conn, conn) => Some(expect.or_closed),
                _ => None,
            })
            .unwrap_or(false)
    }
}
