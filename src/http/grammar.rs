//! The grammar of a request head, and of the lines of chunked coding, composed of nom's combinators.
//!
//! Each parser stands under the rule it implements, in the ABNF of RFC 9112 (message syntax), RFC 9110
//! (fields) or RFC 3986 (targets). The parsers are pure functions over *complete* input: `connection`
//! looks for the end of a head first, so a head that arrives byte by byte is still parsed once.

use core::net::Ipv6Addr;

use nom::{
    Err, IResult, Parser,
    branch::alt,
    bytes::complete::{tag, tag_no_case, take_till, take_till1, take_while, take_while_m_n, take_while1},
    character::complete::{char, hex_digit1, satisfy, u16, u64},
    combinator::{all_consuming, fail, map, map_opt, not, opt, peek, recognize, rest, value, verify},
    error::{ErrorKind, ParseError},
    multi::{fold_many_m_n, many0_count, separated_list1},
    sequence::{delimited, preceded, separated_pair, terminated},
};

use super::{
    chars::{field_value, is_field, is_reg_name, is_target, ows, token},
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
    pub version: Version,
}

/// Parses a head, from the request line to the empty line. Gives its length too: what follows it in the input is not
/// looked at.
///
/// # Errors
/// The rejection of the first rule broken, from left to right; `FieldsTooLarge` for more than
/// `max_fields` field lines.
pub fn request_head(input: &[u8], max_fields: usize) -> Result<(RequestLine<'_>, Fields<'_>, usize), Rejection> {
    let (after, (line, fields)) = (request_line, fields(max_fields)).parse(input).map_err(rejection)?;
    Ok((line, fields, input.len() - after.len()))
}

/// Checks a request line, with its line end, before the rest of the head is there.
///
/// # Errors
/// As [`request_head`].
pub(super) fn request_line_only(line: &[u8]) -> Result<RequestLine<'_>, Rejection> {
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
            or_reject(terminated(token, char(' ')), Rejection::RequestLine),
            or_reject(terminated(take_while1(is_target), char(' ')), Rejection::Target),
            or_reject(terminated(http_version, crlf), Rejection::Version),
        ),
        |(method, target, version)| RequestLine { method, target, version },
    )
    .parse(input)
}

/// Tells what is too long in a request line whose end is out of reach: the method, which is then none that
/// this server knows, or the target (RFC 9112 section 3). `RequestLine` if it is no request line at all.
pub(super) fn overlong_request_line(start: &[u8]) -> Rejection {
    let method = value(Rejection::Method, all_consuming(token));
    let target = take_while(is_target);
    let target = value(Rejection::TargetTooLong, all_consuming((token, char(' '), target)));
    let result: Parsed<'_, Rejection> = alt((method, target)).parse(start);
    result.map_or(Rejection::RequestLine, |(_, too_long)| too_long)
}

/// ```text
/// HTTP-version = HTTP-name "/" DIGIT "." DIGIT
/// HTTP-name    = %x48.54.54.50 ; "HTTP", case-sensitive
/// ```
fn http_version(input: &[u8]) -> Parsed<'_, Version> {
    map(preceded(tag("HTTP/"), separated_pair(digit, char('.'), digit)), |(major, minor)| Version { major, minor })
        .parse(input)
}

fn digit(input: &[u8]) -> Parsed<'_, u8> {
    map(satisfy(|c| c.is_ascii_digit()), |c| c as u8 - b'0').parse(input)
}

/// Parses a header section or, after the last chunk, a trailer section (RFC 9112 section 7.1.2). Gives its length too.
///
/// # Errors
/// As [`request_head`].
pub fn field_section(input: &[u8], max_fields: usize) -> Result<(Fields<'_>, usize), Rejection> {
    let (after, fields) = fields(max_fields)(input).map_err(rejection)?;
    Ok((fields, input.len() - after.len()))
}

/// ```text
/// *( field-line CRLF ) CRLF
/// ```
fn fields<'a>(max_fields: usize) -> impl FnMut(&'a [u8]) -> Parsed<'a, Fields<'a>> {
    move |input| {
        // Sixteen hold what a browser sends; a head of many fields grows the vector, up to `max_fields`.
        let mut fields = Vec::with_capacity(16);
        let one_more = map(field_line, |field| fields.push(field));
        let (rest, ()) =
            terminated(fold_many_m_n(0, max_fields, one_more, || (), |(), ()| ()), end_of_fields).parse(input)?;
        Ok((rest, Fields(fields)))
    }
}

/// The empty line, or the reason why neither it nor a field line is here: there is one field line too many, or no field
/// line. RFC 9112 section 5.2 gives lines that begin with white space a name.
fn end_of_fields(input: &[u8]) -> Parsed<'_, ()> {
    let folding = satisfy(|c| matches!(c, ' ' | '\t'));
    alt((
        crlf,
        preceded(folding, or_reject(fail(), Rejection::Folding)),
        preceded(field_line, or_reject(fail(), Rejection::FieldsTooLarge)),
        or_reject(fail(), Rejection::FieldName),
    ))
    .parse(input)
}

/// ```text
/// field-line  = field-name ":" OWS field-value OWS
/// field-name  = token
/// field-value = *field-content
/// ```
/// With its CRLF. No white space before the colon (RFC 9112 section 5.1).
fn field_line(input: &[u8]) -> Parsed<'_, Field<'_>> {
    let name = terminated(token, char(':'));
    let value = terminated(field_value, or_reject(crlf, Rejection::FieldValue));
    map((name, value), |(name, value)| Field { name, value: value.trim_ascii() }).parse(input)
}

/// ```text
/// CRLF = CR LF
/// ```
/// Either alone is refused with a reason of its own (RFC 9112 section 2.2).
fn crlf(input: &[u8]) -> Parsed<'_, ()> {
    let lone = satisfy(|c| matches!(c, '\r' | '\n'));
    alt((value((), tag("\r\n")), preceded(lone, or_reject(fail(), Rejection::LineEnd)))).parse(input)
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
    let origin = preceded(peek(char('/')), path_and_query);
    let scheme = alt((tag_no_case("http://"), tag_no_case("https://")));
    let absolute = preceded(scheme, (recognize(authority), path_and_query));
    let mut form = all_consuming(alt((
        map(origin, |(path, query)| Target::Origin { path, query }),
        map(absolute, |(authority, (path, query))| Target::Absolute { authority, path, query }),
        value(Target::Asterisk, char('*')),
        map(recognize(authority), Target::Authority),
    )));
    match (form.parse(target), escapes(target)) {
        (Ok((_, form)), Ok(_)) => Ok(form),
        _ => Err(Rejection::Target),
    }
}

/// ```text
/// absolute-path = 1*( "/" segment )
/// ```
/// With its query. After an authority the path may be empty (RFC 3986 section 3.3), as in
/// `http://example.org?q`.
fn path_and_query(input: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    let path = verify(take_till(|byte| byte == b'?'), |path: &[u8]| matches!(path, [] | [b'/', ..]));
    (path, opt(preceded(char('?'), rest))).parse(input)
}

/// ```text
/// Host = uri-host [ ":" port ]
/// ```
///
/// # Errors
/// `Host` for anything else; an empty host names no resource of this server and is refused too.
pub fn host(value: &[u8]) -> Result<(), Rejection> {
    all_consuming(authority).parse(value).map(|_| ()).map_err(|_| Rejection::Host)
}

/// ```text
/// uri-host   = IP-literal / IPv4address / reg-name
/// IP-literal = "[" ( IPv6address / IPvFuture ) "]"
/// reg-name   = *( unreserved / pct-encoded / sub-delims )
/// port       = *DIGIT
/// ```
/// A host and an optional port, without user information: "a recipient ought to treat its presence as an error"
/// (RFC 9110 section 4.2.4). An empty name is refused, as is a port that no host has.
fn authority(input: &[u8]) -> Parsed<'_, ()> {
    let reg_name = verify(take_while1(is_reg_name), |name: &[u8]| escapes(name).is_ok());
    let ip_literal = delimited(char('['), alt((ipv6_address, ip_future)), char(']'));
    let port = preceded(char(':'), opt(u16));
    value((), (alt((ip_literal, reg_name)), opt(port))).parse(input)
}

/// `IPv6address` (RFC 3986 section 3.2.2): its nine forms are those that the standard library reads.
fn ipv6_address(input: &[u8]) -> Parsed<'_, &[u8]> {
    let address = take_while1(|byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let is_ipv6 = |address: &[u8]| std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    verify(address, is_ipv6).parse(input)
}

/// ```text
/// IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
/// ```
fn ip_future(input: &[u8]) -> Parsed<'_, &[u8]> {
    let address = take_while1(|byte| byte == b':' || (is_reg_name(byte) && byte != b'%'));
    recognize((tag_no_case("v"), hex_digit1, char('.'), address)).parse(input)
}

/// ```text
/// pct-encoded = "%" HEXDIG HEXDIG
/// ```
/// Any text in which each percent sign begins one (RFC 3986 section 2.1). NUL and a line end, which nobody has a good
/// reason to escape, are refused (section 7.3).
fn escapes(input: &[u8]) -> Parsed<'_, usize> {
    let hex_digits = take_while_m_n(2, 2, |byte: u8| byte.is_ascii_hexdigit());
    let refused = alt((tag("00"), tag_no_case("0d%0a")));
    let pct_encoded = recognize((char('%'), not(refused), hex_digits));
    all_consuming(many0_count(alt((take_till1(|byte| byte == b'%'), pct_encoded)))).parse(input)
}

/// ```text
/// Content-Length = 1*DIGIT
/// ```
/// A list of equal numbers, which RFC 9110 section 8.6 lets a recipient accept or refuse, is refused.
///
/// # Errors
/// `ContentLength` for anything else and for a number over 2^64 - 1.
pub fn content_length(value: &[u8]) -> Result<u64, Rejection> {
    all_consuming(u64).parse(value).map(|(_, length)| length).map_err(|_: Err<()>| Rejection::ContentLength)
}

/// `Transfer-Encoding: chunked` and nothing else (RFC 9112 section 6.1). Of other values, codings that are only unknown
/// are told from what leaves the length of the content in doubt.
pub(super) fn transfer_coding(value: &[u8]) -> Result<(), Rejection> {
    let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let mut codings = all_consuming(separated_list1((ows, char(','), ows), token));
    let (_, codings) = codings.parse(value).map_err(|_: Err<()>| Rejection::TransferEncoding)?;
    match codings.split_last() {
        Some((last, [])) if is_chunked(last) => Ok(()),
        Some((_, [])) => Err(Rejection::TransferCoding),
        Some((last, others)) if is_chunked(last) && !others.iter().any(is_chunked) => Err(Rejection::TransferCoding),
        _ => Err(Rejection::TransferEncoding),
    }
}

/// ```text
/// chunk-size [ chunk-ext ] CRLF
/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
/// ```
/// Extensions are checked and ignored (RFC 9112 section 7.1.1). Gives the size of the chunk, and how many
/// bytes of the line were extensions.
///
/// # Errors
/// `Chunk` for anything else and for a size over 2^64 - 1; `LineEnd` for a lone CR or LF.
pub fn chunk_line(line: &[u8]) -> Result<(u64, usize), Rejection> {
    let value = alt((quoted_string, token));
    let extension = (ows, char(';'), ows, token, opt((ows, char('='), ows, value)));
    let extensions = terminated(recognize(many0_count(extension)), crlf);
    let mut whole = or_reject(all_consuming((chunk_size, extensions)), Rejection::Chunk);
    whole(line).map(|(_, (size, extensions))| (size, extensions.len())).map_err(rejection)
}

/// ```text
/// chunk-size = 1*HEXDIG
/// ```
fn chunk_size(input: &[u8]) -> Parsed<'_, u64> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |size, &byte| {
            let digit = char::from(byte).to_digit(16)?;
            (size >> 60 == 0).then_some(size << 4 | u64::from(digit))
        })
    };
    map_opt(hex_digit1, number).parse(input)
}

/// ```text
/// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
/// quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
/// ```
fn quoted_string(input: &[u8]) -> Parsed<'_, &[u8]> {
    let qdtext = take_while1(|byte| is_field(byte) && !matches!(byte, b'"' | b'\\'));
    let quoted_pair = preceded(char('\\'), take_while_m_n(1, 1, is_field));
    recognize(delimited(char('"'), many0_count(alt((qdtext, quoted_pair))), char('"'))).parse(input)
}

/// Makes the failure of a parser the rejection that names its rule.
fn or_reject<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = Rejection>,
    name: Rejection,
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

/// Lets parsers fail with a rejection directly. What nom itself reports is always replaced by the rule that names it
/// (`or_reject`); standing alone it is a bad request line.
impl ParseError<&[u8]> for Rejection {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Rejection::RequestLine
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

#[cfg(test)]
mod tests;
