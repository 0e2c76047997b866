//! The grammar of a request head, and of the lines of chunked coding, in nom.
//!
//! Each parser stands under the rule it implements, in the ABNF of RFC 9112 (message syntax), RFC 9110
//! (fields) or RFC 3986 (targets). The parsers are pure functions over *complete* input: `connection`
//! looks for the end of a head first, so a head that arrives byte by byte is still parsed once.

use memchr::memchr;
use nom::{
    Err, IResult, Parser,
    branch::alt,
    bytes::complete::{tag, tag_no_case, take, take_while, take_while_m_n, take_while1},
    character::complete::{char, satisfy},
    combinator::{all_consuming, map, opt, peek, recognize, rest, verify},
    multi::many0_count,
    sequence::{delimited, preceded, terminated},
};

use super::{
    fields::{Field, Fields},
    rejection::Rejection,
    request::{Target, Version},
};

type Parsed<'a, T> = IResult<&'a [u8], T, Rejection>;

/// `request-line`, split but not yet judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// Any token.
    pub method: &'a [u8],
    /// The bytes between the two spaces.
    pub target: &'a [u8],
    /// `HTTP/d.d`
    pub version: Version,
}

/// Parses a head, from the request line to the empty line. Gives its length too: what follows it in the input is not
/// looked at.
///
/// # Errors
/// The rejection of the first rule broken, from left to right; `FieldsTooLarge` for more than
/// `max_fields` field lines.
pub fn request_head(input: &[u8], max_fields: usize) -> Result<(RequestLine<'_>, Fields<'_>, usize), Rejection> {
    let (after, line) = request_line(input).map_err(rejection)?;
    let (fields, length) = field_section(after, max_fields)?;
    Ok((line, fields, input.len() - after.len() + length))
}

/// Checks a request line, with its line end, before the rest of the head is there.
///
/// # Errors
/// As [`request_head`].
pub fn request_line_only(line: &[u8]) -> Result<RequestLine<'_>, Rejection> {
    all_consuming(request_line).parse(line).map(|(_, line)| line).map_err(rejection)
}

/// ```text
/// request-line = method SP request-target SP HTTP-version CRLF
/// ```
/// One space each, nothing else: RFC 9112 section 3 lets a server be lenient here, and section 11.2 says
/// what leniency costs.
fn request_line(input: &[u8]) -> Parsed<'_, RequestLine<'_>> {
    map(
        (
            or(Rejection::RequestLine, terminated(token, char(' '))),
            or(Rejection::Target, terminated(all_of1(TARGET), char(' '))),
            or(Rejection::Version, http_version),
            crlf,
        ),
        |(method, target, version, ())| RequestLine { method, target, version },
    )
    .parse(input)
}

/// What is too long in a request line of which the end is out of reach: the method, which is then none that
/// this server knows, or the target (RFC 9112 section 3). `RequestLine` if it is no request line at all.
#[must_use]
pub fn overlong_request_line(start: &[u8]) -> Rejection {
    let method = all_consuming(token).map(|_| Rejection::Method);
    let target =
        all_consuming((token, char(' '), take_while(|byte| is(TARGET, byte)))).map(|_| Rejection::TargetTooLong);
    alt((method, target)).parse(start).map_or(Rejection::RequestLine, |(_, too_long)| too_long)
}

/// ```text
/// HTTP-version = HTTP-name "/" DIGIT "." DIGIT
/// HTTP-name    = %x48.54.54.50 ; "HTTP", case-sensitive
/// ```
fn http_version(input: &[u8]) -> Parsed<'_, Version> {
    map((tag("HTTP/"), digit, char('.'), digit), |(_, major, _, minor)| Version { major, minor }).parse(input)
}

fn digit(input: &[u8]) -> Parsed<'_, u8> {
    map(satisfy(|c| c.is_ascii_digit()), |c| c as u8 - b'0').parse(input)
}

/// ```text
/// *( field-line CRLF ) CRLF
/// ```
/// A header section or, after the last chunk, a trailer section (RFC 9112 section 7.1.2). Gives its length too.
///
/// # Errors
/// As [`request_head`].
pub fn field_section(input: &[u8], max_fields: usize) -> Result<(Fields<'_>, usize), Rejection> {
    // Sixteen hold what a browser sends; a head of many fields grows the vector, up to `max_fields`.
    let mut fields = Vec::with_capacity(16);
    let mut rest = input;
    while !rest.starts_with(b"\r") {
        let (after, field) = field_line(rest).map_err(rejection)?;
        if fields.len() == max_fields {
            return Err(Rejection::FieldsTooLarge);
        }
        fields.push(field);
        rest = after;
    }
    let (rest, ()) = crlf(rest).map_err(rejection)?;
    Ok((Fields(fields), input.len() - rest.len()))
}

/// ```text
/// field-line  = field-name ":" OWS field-value OWS
/// field-name  = token
/// field-value = *field-content
/// ```
/// No white space before the colon (RFC 9112 section 5.1), no folding (section 5.2).
fn field_line(input: &[u8]) -> Parsed<'_, Field<'_>> {
    if matches!(input.first(), Some(b' ' | b'\t')) {
        return Err(Err::Failure(Rejection::Folding));
    }
    map(
        (or(Rejection::FieldName, terminated(token, char(':'))), field_bytes, or(Rejection::FieldValue, crlf)),
        |(name, value, ())| Field { name, value: value.trim_ascii() },
    )
    .parse(input)
}

/// What may stand in a field value, white space around it included. Most bytes of a head are seen here, so it looks
/// at eight at a time.
fn field_bytes(input: &[u8]) -> Parsed<'_, &[u8]> {
    let mut at = 0;
    loop {
        if let Some(word) = input[at..].first_chunk() {
            let before_control = first_control(u64::from_le_bytes(*word));
            at += before_control;
            if before_control == word.len() {
                continue;
            }
        }
        match input.get(at) {
            Some(&byte) if is(FIELD, byte) => at += 1,
            _ => return Ok((&input[at..], &input[..at])),
        }
    }
}

/// Which of eight bytes, the lowest first, is the first control; 8 if none is.
fn first_control(word: u64) -> usize {
    const EACH: u64 = u64::MAX / 255;
    // Subtracting borrows from the byte's highest bit if it is less; bytes that have that bit are no controls. A
    // borrow goes beyond its byte only if that is a control, and bytes behind the first do not matter.
    let less_than = |word: u64, bound| word.wrapping_sub(EACH * bound) & !word;
    let controls = less_than(word, u64::from(b' ')) | less_than(word ^ (EACH * 0x7f), 1);
    (controls & (EACH * 0x80)).trailing_zeros() as usize / 8
}

/// A line ends with CR LF; either alone is refused with a reason of its own (RFC 9112 section 2.2).
fn crlf(input: &[u8]) -> Parsed<'_, ()> {
    match input {
        [b'\r', b'\n', after @ ..] => Ok((after, ())),
        [b'\r' | b'\n', ..] => Err(Err::Failure(Rejection::LineEnd)),
        _ => Err(Err::Error(Rejection::Version)),
    }
}

/// ```text
/// token = 1*tchar
/// ```
pub(crate) fn token(input: &[u8]) -> Parsed<'_, &[u8]> {
    all_of1(TCHAR)(input)
}

/// Whether the bytes are a token and nothing else.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is(TCHAR, byte))
}

/// ```text
/// OWS = *( SP / HTAB )
/// ```
/// Also `BWS`, the bad white space that a recipient must parse and remove (RFC 9110 section 5.6.3).
pub(crate) fn ows(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|byte| matches!(byte, b' ' | b'\t')).parse(input)
}

/// ```text
/// request-target = origin-form / absolute-form / authority-form / asterisk-form
/// origin-form    = absolute-path [ "?" query ]
/// absolute-form  = absolute-URI
/// authority-form = uri-host ":" port
/// asterisk-form  = "*"
/// ```
///
/// # Errors
/// `Target` for a target of no form, a percent escape that is none, `%00` or `%0d%0a`.
pub fn request_target(target: &[u8]) -> Result<Target<'_>, Rejection> {
    let (_, form) = all_consuming(alt((
        map(preceded(peek(char('/')), path_and_query), |(path, query)| Target::Origin { path, query }),
        map(
            preceded(alt((tag_no_case("http://"), tag_no_case("https://"))), (authority, path_and_query)),
            |(authority, (path, query))| Target::Absolute { authority, path, query },
        ),
        map(char('*'), |_| Target::Asterisk),
        map(authority, Target::Authority),
    )))
    .parse(target)
    .map_err(|_: Err<Rejection>| Rejection::Target)?;
    escapes(target)?;
    Ok(form)
}

/// ```text
/// absolute-path = 1*( "/" segment )
/// ```
/// With its query. After an authority the path may be empty (RFC 3986 section 3.3), as in
/// `http://example.org?q`.
fn path_and_query(input: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    let end = memchr(b'?', input).unwrap_or(input.len());
    let path = verify(take(end), |path: &[u8]| matches!(path, [] | [b'/', ..]));
    (path, opt(preceded(char('?'), rest))).parse(input)
}

/// The authority of an absolute form, without user information: "a recipient ought to treat its
/// presence as an error" (RFC 9110 section 4.2.4).
fn authority(input: &[u8]) -> Parsed<'_, &[u8]> {
    recognize(uri_host_and_port).parse(input)
}

/// ```text
/// Host = uri-host [ ":" port ]
/// ```
///
/// # Errors
/// `Host` for anything else; an empty host names no resource of this server and is refused too.
pub fn host(value: &[u8]) -> Result<(), Rejection> {
    match all_consuming(uri_host_and_port).parse(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::Host),
    }
}

/// ```text
/// uri-host   = IP-literal / IPv4address / reg-name
/// IP-literal = "[" ( IPv6address / IPvFuture ) "]"
/// reg-name   = *( unreserved / pct-encoded / sub-delims )
/// port       = *DIGIT
/// ```
/// An empty name is refused, as is a port that no host has.
fn uri_host_and_port(input: &[u8]) -> Parsed<'_, ()> {
    let reg_name = verify(all_of1(REG_NAME), |name: &[u8]| escapes(name).is_ok());
    let ip_literal = delimited(char('['), alt((ipv6_address, ip_future)), char(']'));
    let port = verify(take_while(|byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
        digits.is_empty() || decimal(digits).is_some_and(|number| number <= u64::from(u16::MAX))
    });
    map((alt((ip_literal, reg_name)), opt(preceded(char(':'), port))), |_| ()).parse(input)
}

/// `IPv6address` (RFC 3986 section 3.2.2): its nine forms are those that the standard library reads.
fn ipv6_address(input: &[u8]) -> Parsed<'_, &[u8]> {
    let address = take_while1(|byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    verify(address, |address: &[u8]| {
        std::str::from_utf8(address).is_ok_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok())
    })
    .parse(input)
}

/// ```text
/// IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
/// ```
fn ip_future(input: &[u8]) -> Parsed<'_, &[u8]> {
    let address = take_while1(|byte| byte == b':' || (is(REG_NAME, byte) && byte != b'%'));
    recognize((tag_no_case("v"), take_while1(|byte: u8| byte.is_ascii_hexdigit()), char('.'), address)).parse(input)
}

/// Checks every percent escape of RFC 3986 section 2.1: two hexadecimal digits. NUL and a line end, which
/// nobody has a good reason to escape, are refused (section 7.3).
fn escapes(bytes: &[u8]) -> Result<(), Rejection> {
    if !bytes.contains(&b'%') {
        return Ok(());
    }
    let mut previous = None;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            previous = None;
            at += 1;
            continue;
        }
        let byte = match bytes[at + 1..] {
            [high, low, ..] => hex_digit(high).zip(hex_digit(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte {
            None | Some(0) => return Err(Rejection::Target),
            Some(b'\n') if previous == Some(b'\r') => return Err(Rejection::Target),
            Some(byte) => previous = Some(byte),
        }
        at += 3;
    }
    Ok(())
}

/// ```text
/// Content-Length = 1*DIGIT
/// ```
/// A list of equal numbers, which RFC 9110 section 8.6 lets a recipient accept or refuse, is refused.
///
/// # Errors
/// `ContentLength` for anything else and for a number over 2^64 - 1.
pub fn content_length(value: &[u8]) -> Result<u64, Rejection> {
    decimal(value).ok_or(Rejection::ContentLength)
}

/// `Transfer-Encoding: chunked` and nothing else (RFC 9112 section 6.1).
pub(crate) fn transfer_coding(value: &[u8]) -> Result<(), Rejection> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let codings: Vec<_> = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).collect();
    let chunked_before_last = codings[..codings.len() - 1].iter().any(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    let well_formed = codings.iter().all(|coding| is_token(coding));
    let chunked_last = codings.last().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    // Codings that are only unknown are 501; whatever leaves the length in doubt is 400.
    if well_formed && !chunked_before_last && (chunked_last || codings.len() == 1) {
        Err(Rejection::TransferCoding)
    } else {
        Err(Rejection::TransferEncoding)
    }
}

/// A number of decimal digits only: no sign, no separator. None when it overflows or is empty.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |number, &byte| match byte {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
            _ => None,
        })
    };
    (!digits.is_empty()).then(|| number(digits)).flatten()
}

/// ```text
/// chunk-size [ chunk-ext ] CRLF
/// chunk-size = 1*HEXDIG
/// chunk-ext  = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
/// ```
/// Extensions are checked and ignored (RFC 9112 section 7.1.1). Gives the size of the chunk, and how many
/// bytes of the line were extensions.
///
/// # Errors
/// `Chunk` for anything else and for a size over 2^64 - 1; `LineEnd` for a lone CR or LF.
pub fn chunk_line(line: &[u8]) -> Result<(u64, usize), Rejection> {
    let value = alt((recognize(quoted_string), token));
    let extension = (ows, char(';'), ows, token, opt((ows, char('='), ows, value)));
    let (_, (size, extensions, ())) =
        all_consuming((chunk_size, recognize(many0_count(extension)), or(Rejection::Chunk, crlf)))
            .parse(line)
            .map_err(rejection)?;
    Ok((size, extensions.len()))
}

fn chunk_size(input: &[u8]) -> Parsed<'_, u64> {
    let (after, digits) = or(Rejection::Chunk, take_while1(|byte: u8| byte.is_ascii_hexdigit())).parse(input)?;
    let size = digits.iter().try_fold(0u64, |size, &byte| {
        let digit = u64::from(hex_digit(byte)?);
        (size >> 60 == 0).then_some(size << 4 | digit)
    });
    size.map(|size| (after, size)).ok_or(Err::Failure(Rejection::Chunk))
}

/// ```text
/// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
/// ```
pub(crate) fn quoted_string(input: &[u8]) -> Parsed<'_, ()> {
    let qdtext = take_while1(|byte| is(FIELD, byte) && !matches!(byte, b'"' | b'\\'));
    let quoted_pair = recognize((char('\\'), take_while_m_n(1, 1, |byte| is(FIELD, byte))));
    map(delimited(char('"'), many0_count(alt((qdtext, quoted_pair))), char('"')), |_| ()).parse(input)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Gives a parser's failure the name of the rule it stands for.
fn or<'a, T>(
    name: Rejection,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Rejection>,
) -> impl FnMut(&'a [u8]) -> Parsed<'a, T> {
    move |input| match parser.parse(input) {
        Err(Err::Error(_)) => Err(Err::Failure(name)),
        result => result,
    }
}

fn rejection(error: Err<Rejection>) -> Rejection {
    match error {
        Err::Error(rejection) | Err::Failure(rejection) => rejection,
        // Complete parsers never ask for more.
        Err::Incomplete(_) => Rejection::RequestLine,
    }
}

/// What each byte may be part of: one look-up in the loops that see every byte of a head.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let tchar = b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            );
        // Wider than RFC 3986 by [ ] ^ ` { | }, which browsers send as they are.
        let target = b.is_ascii_graphic() && !matches!(b, b'"' | b'#' | b'<' | b'>' | b'\\');
        let field = b == b'\t' || b == b' ' || b.is_ascii_graphic() || b >= 0x80;
        // Without the comma: a list of hosts is an attack, not a name.
        let reg_name = b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b';' | b'='
            );
        class[byte] =
            (tchar as u8 * TCHAR) | (target as u8 * TARGET) | (field as u8 * FIELD) | (reg_name as u8 * REG_NAME);
        byte += 1;
    }
    class
};
/// `tchar` (RFC 9110 section 5.6.2).
const TCHAR: u8 = 1;
const TARGET: u8 = 2;
/// `field-vchar / SP / HTAB`, `obs-text` included (RFC 9110 section 5.5).
const FIELD: u8 = 4;
/// `unreserved / pct-encoded / sub-delims` (RFC 3986 section 3.2.2) but for the comma.
const REG_NAME: u8 = 8;

fn is(class: u8, byte: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// One byte of a class or more. As `take_while1`, with one branch for four bytes.
fn all_of1<'a>(class: u8) -> impl FnMut(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |input| {
        let mut rest = input;
        while let [a, b, c, d, after @ ..] = rest
            && [b, c, d].iter().fold(CLASS[*a as usize], |common, &&byte| common & CLASS[byte as usize]) & class != 0
        {
            rest = after;
        }
        while let [byte, after @ ..] = rest
            && is(class, *byte)
        {
            rest = after;
        }
        match input.len() - rest.len() {
            0 => Err(Err::Error(Rejection::RequestLine)),
            length => Ok((rest, &input[..length])),
        }
    }
}

#[cfg(test)]
mod tests;
