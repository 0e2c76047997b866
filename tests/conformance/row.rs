//! What a row of the table says, and the words in which rows are written.

/// One rule: the bytes that a client sends, and what must come of it.
#[derive(Clone)]
pub(crate) struct Row {
    /// The number of an RFC and a section of it.
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    /// `{etag}` and its like stand for validators of the fixtures: see `fixtures`.
    pub(crate) sends: Vec<u8>,
    /// What is sent only after `100 Continue` has come.
    pub(crate) sends_then: Option<Vec<u8>>,
    /// Whether the client waits for `100 Continue` and is answered instead.
    pub(crate) waits: bool,
    pub(crate) responses: Vec<Expected>,
    pub(crate) end: End,
    /// Files and what they must hold afterwards; None if there must be none.
    pub(crate) files: Vec<(&'static str, Option<Vec<u8>>)>,
    pub(crate) server: Kind,
}

/// What a response must be.
#[derive(Clone, Default)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) has: Vec<(&'static str, Value)>,
    pub(crate) lacks: Vec<&'static str>,
    pub(crate) content: Option<Content>,
    pub(crate) to_head: bool,
}

/// The value that a field must have.
#[derive(Clone)]
pub(crate) enum Value {
    Is(&'static str),
    Any,
}

#[derive(Clone)]
pub(crate) enum Content {
    Is(Vec<u8>),
    /// This, when it is decompressed.
    Gzip(Vec<u8>),
    /// `multipart/byteranges`: the `Content-Range` and the bytes of each part.
    Parts(Vec<(&'static str, Vec<u8>)>),
}

/// What becomes of the connection behind the responses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It goes on: the next request is answered.
    Open,
    /// It ends, and nothing that follows is answered.
    Closed,
    /// As `Closed`, and the last response is that to a request that breaks a rule.
    Rejected,
    /// As `Rejected`, but only after the client has ended the stream: the request is not complete.
    CutShort,
    /// It ends, since the client has ended the stream, and the server owes nothing.
    Ended,
}

/// Which server a row is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One with all limits as they are by default.
    Default,
    /// One that takes up to ten bytes of content, and sends dates.
    Limited,
    /// One with a web site.
    Website,
}

pub(crate) fn row(section: &'static str, name: &'static str, sends: impl Into<Vec<u8>>) -> Row {
    Row {
        section,
        name,
        sends: sends.into(),
        sends_then: None,
        waits: false,
        responses: Vec::new(),
        end: End::Open,
        files: Vec::new(),
        server: Kind::Default,
    }
}

impl Row {
    /// The name of its test.
    pub(crate) fn title(&self, subject: &str) -> String {
        let statuses: Vec<_> = self.responses.iter().map(|response| response.status.to_string()).collect();
        let statuses = if statuses.len() > 4 { format!("{} responses", statuses.len()) } else { statuses.join(", ") };
        let end = match self.end {
            End::Open => "open",
            End::Closed | End::Rejected => "closed",
            End::CutShort | End::Ended => "ended",
        };
        let end = if statuses.is_empty() { end.to_owned() } else { format!("{statuses} {end}") };
        format!("{} {subject}: {}: {end}", self.section, self.name)
    }

    /// The next response has this status; the connection stays open.
    pub(crate) fn answered(mut self, status: u16) -> Self {
        self.responses.push(Expected { status, ..Expected::default() });
        self
    }

    /// The next response is a refusal, and the last.
    pub(crate) fn rejected(self, status: u16) -> Self {
        Row { end: End::Rejected, ..self.answered(status) }
    }

    /// The client ends the stream. The request is not complete, and is refused.
    pub(crate) fn cut_short(self) -> Self {
        Row { end: End::CutShort, ..self.answered(400) }
    }

    /// The client ends the stream behind its last request.
    pub(crate) fn ended(self) -> Self {
        Row { end: End::Ended, ..self }
    }

    /// The server closes the connection behind the last response.
    pub(crate) fn closed(self) -> Self {
        Row { end: End::Closed, ..self }
    }

    /// `200 OK` with this content.
    pub(crate) fn echoes(self, content: impl Into<Vec<u8>>) -> Self {
        self.answered(200).content(content)
    }

    /// `201 Created`, and the file holds this. It is gone before each run.
    pub(crate) fn stores(mut self, file: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((file, Some(content.into())));
        self.answered(201)
    }

    /// There is no such file afterwards.
    pub(crate) fn leaves_no(mut self, file: &'static str) -> Self {
        self.files.push((file, None));
        self
    }

    /// Bytes that the client holds back until the server says `100 Continue`.
    pub(crate) fn continued_with(mut self, sends: impl Into<Vec<u8>>) -> Self {
        self.sends_then = Some(sends.into());
        self
    }

    /// The client waits to be asked for its content, and is answered instead: the connection ends, since
    /// nobody can tell whether the content will still come.
    pub(crate) fn instead(self) -> Self {
        Row { waits: true, ..self.closed() }
    }

    pub(crate) fn limited(self) -> Self {
        Row { server: Kind::Limited, ..self }
    }

    pub(crate) fn of_website(self) -> Self {
        Row { server: Kind::Website, ..self }
    }

    fn last(&mut self) -> &mut Expected {
        self.responses.last_mut().expect("there is a response before what is said of it")
    }

    /// The last response has this content.
    pub(crate) fn content(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.last().content = Some(Content::Is(content.into()));
        self
    }

    /// The last response has this content in gzip.
    pub(crate) fn gzip(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.last().content = Some(Content::Gzip(content.into()));
        self.has("Content-Encoding", "gzip")
    }

    /// The last response has these parts, each with its `Content-Range`.
    pub(crate) fn parts(mut self, parts: &[(&'static str, &[u8])]) -> Self {
        self.last().content = Some(Content::Parts(parts.iter().map(|&(range, bytes)| (range, bytes.into())).collect()));
        self
    }

    /// The last response has this field.
    pub(crate) fn has(mut self, name: &'static str, value: &'static str) -> Self {
        self.last().has.push((name, Value::Is(value)));
        self
    }

    /// The last response has this field, whatever its value.
    pub(crate) fn has_some(mut self, name: &'static str) -> Self {
        self.last().has.push((name, Value::Any));
        self
    }

    /// The last response has no such field.
    pub(crate) fn lacks(mut self, name: &'static str) -> Self {
        self.last().lacks.push(name);
        self
    }

    /// The last response is one to HEAD: no content, whatever its fields say.
    pub(crate) fn for_head(mut self) -> Self {
        self.last().to_head = true;
        self
    }
}
