//! Requests that must be refused.

use super::Parts;

/// The status of a refusal; none for what is right.
pub(crate) type Refusal = Option<&'static str>;

pub(crate) const BAD: Refusal = Some("400 Bad Request");

/// The words of a request line, and the fields below it.
pub(crate) type Lines<'h> = (Vec<&'h str>, Vec<(&'h str, &'h str)>);

#[derive(Clone, Copy)]
pub(crate) struct Hostile {
    /// Takes what is skipped before a request out of the buffer.
    pub(crate) skip: fn(&mut Vec<u8>),
    /// Whether so much of a head that is not complete is too much.
    pub(crate) limit: fn(&[u8]) -> Refusal,
    pub(crate) version: fn(&str) -> Refusal,
    pub(crate) method: fn(&str) -> Refusal,
    /// By the method and the target.
    pub(crate) target: fn(&str, &str) -> Refusal,
    /// Takes a head apart.
    pub(crate) split: for<'h> fn(&'h str) -> Lines<'h>,
    /// Whether the name of a field is one.
    pub(crate) name: fn(&str) -> Refusal,
    pub(crate) value: fn(&str) -> Refusal,
    /// By the version and the number of Host fields.
    pub(crate) host: fn(&str, usize) -> Refusal,
    /// By the values of Content-Length and Transfer-Encoding.
    pub(crate) framing: fn(&[&str], &[&str]) -> Refusal,
    /// Whether the connection goes on after a refusal.
    pub(crate) goes_on: bool,
}

impl Hostile {
    pub(crate) fn right() -> Self {
        Hostile {
            skip: |buffer| {
                if buffer.starts_with(b"\r\n") {
                    buffer.drain(..2);
                }
            },
            limit: |head| {
                if head.len() <= 32768 {
                    None
                } else if head.windows(2).any(|w| w == b"\r\n") {
                    Some("431 Request Header Fields Too Large")
                } else {
                    Some("414 URI Too Long")
                }
            },
            version: |version| match version {
                "HTTP/1.1" | "HTTP/1.0" => None,
                "HTTP/2.0" => Some("505 HTTP Version Not Supported"),
                _ => BAD,
            },
            method: |method| refuse_if(method.is_empty() || !method.bytes().all(is_token_byte)),
            target: |method, target| {
                let digits =
                    |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
                let path = target.starts_with('/') || (method, target) == ("OPTIONS", "*");
                let graphic = target.bytes().all(|byte| byte.is_ascii_graphic());
                refuse_if(!path || !graphic || !target.split('%').skip(1).all(digits))
            },
            split: |head| {
                let mut lines = head.split("\r\n").take_while(|line| !line.is_empty());
                let words = lines.next().unwrap_or_default().split(' ').collect();
                (words, lines.map(|line| line.split_once(':').unwrap_or((line, ""))).collect())
            },
            name: |name| refuse_if(name.is_empty() || !name.bytes().all(is_token_byte)),
            value: |value| refuse_if(value.contains(['\r', '\n', '\0'])),
            host: |version, count| refuse_if(count > 1 || (count == 0 && version == "HTTP/1.1")),
            framing: |lengths, codings| match (lengths, codings) {
                ([], []) => None,
                ([length], []) => {
                    refuse_if(length.is_empty() || length.len() > 18 || !length.bytes().all(|b| b.is_ascii_digit()))
                }
                ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => None,
                ([], [_]) => Some("501 Not Implemented"),
                _ => BAD,
            },
            goes_on: false,
        }
    }
}

pub(crate) fn refuse_if(wrong: bool) -> Refusal {
    if wrong { BAD } else { None }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a complete head is refused.
pub(crate) fn judge(parts: &Parts, head: &str) -> Refusal {
    let hostile = parts.hostile;
    let (words, fields) = (hostile.split)(head);
    let [method, target, version] = words[..] else { return BAD };
    let values = |name: &str| -> Vec<&str> {
        fields
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_matches([' ', '\t']))
            .collect()
    };
    (hostile.version)(version)
        .or_else(|| (hostile.method)(method))
        .or_else(|| (hostile.target)(method, target))
        .or_else(|| fields.iter().find_map(|(name, _)| (hostile.name)(name)))
        .or_else(|| fields.iter().find_map(|(_, value)| (hostile.value)(value)))
        .or_else(|| (hostile.host)(version, values("Host").len()))
        .or_else(|| (hostile.framing)(&values("Content-Length"), &values("Transfer-Encoding")))
}
