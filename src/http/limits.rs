//! Limits on what a client may make this server read or hold in memory.

/// Limits on a request, in bytes where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A head, from the request line to the empty line: 431 beyond, or 414 or 501 if it is one long line.
    pub head: usize,
    /// A request target: 414 beyond. RFC 9112 section 3 asks for at least 8,000.
    pub target: usize,
    /// The number of field lines in a head or trailer section: 431 beyond.
    pub fields: usize,
    /// The content of a request, chunk framing not counted: 413 beyond; unlimited if None.
    pub content: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { head: 32 * 1024, target: 8 * 1024, fields: 100, content: None }
    }
}

/// Bytes of a line of chunked coding: room for a long extension such as a signature.
pub(crate) const CHUNK_LINE_LIMIT: usize = 4 * 1024;
/// Bytes of a trailer section.
pub(crate) const TRAILERS_LIMIT: usize = 8 * 1024;
/// Bytes of chunk extensions that may come for free. Beyond, there may be as many as bytes of content,
/// so that a client cannot keep a thread busy with framing alone.
pub(crate) const EXTENSIONS_LIMIT: u64 = 16 * 1024;
