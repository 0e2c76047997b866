//! Validators and conditional requests (RFC 9110 sections 8.8 and 13).

use std::time::{SystemTime, UNIX_EPOCH};

use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while},
    character::complete::char,
    combinator::{all_consuming, map, opt},
    sequence::delimited,
};

use super::{date, fields::Fields, list::members, method::Method, request::Request, response_head::hexadecimal};

/// The state of a file: it has changed if this has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The file system's number for the file.
    pub(crate) inode: u64,
    pub(crate) length: u64,
    /// The time at which its contents last changed.
    pub(crate) modified: SystemTime,
}

/// The validators of a resource: they tell one state of it from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validators {
    /// A strong entity tag, with its quotes.
    etag: Vec<u8>,
    /// Whole seconds, since HTTP dates have no finer ones.
    modified: SystemTime,
    /// The time at which they were found out, by which a year of two digits is understood.
    now: SystemTime,
}

/// The outcome of the conditions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Do as asked.
    Proceed,
    /// `304 Not Modified`: the client has the current representation.
    NotModified,
    /// `412 Precondition Failed`.
    Failed,
}

impl Validators {
    /// The validators of a file at the time `now`. An upload makes a new file with a time of its own, so the tag changes
    /// with every one.
    pub(crate) fn of_file(stamp: &Stamp, now: SystemTime) -> Self {
        let since = stamp.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Room for the longest, so that it grows once.
        let mut etag = Vec::with_capacity(64);
        let nanoseconds = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        for (before, number) in [(b'"', stamp.inode), (b'-', nanoseconds), (b'-', stamp.length)] {
            etag.push(before);
            hexadecimal(number, &mut etag);
        }
        etag.push(b'"');
        // RFC 9110 section 8.8.2.1: never later than the time of the response.
        let modified = date::whole_seconds(stamp.modified.min(now));
        Validators { etag, modified, now }
    }

    /// The date in a field, in any of the three formats of RFC 9110 section 5.6.7. What is no date, or stands
    /// there twice, is ignored (section 13.1.3).
    fn date(&self, fields: &Fields<'_>, name: &str) -> Option<SystemTime> {
        date::parse(fields.single(name)?, self.now)
    }

    /// The entity tag without its quotes.
    fn tag(&self) -> &[u8] {
        &self.etag[1..self.etag.len() - 1]
    }

    /// Makes these validators those of the same resource in a content coding: another representation, so another tag
    /// (RFC 9110 section 8.8.3.3).
    pub(crate) fn set_coding(&mut self, coding: &str) {
        self.etag.pop();
        self.etag.push(b'-');
        self.etag.extend_from_slice(coding.as_bytes());
        self.etag.push(b'"');
    }

    /// The values of the `ETag` and `Last-Modified` fields.
    pub(crate) fn into_fields(self) -> (Vec<u8>, String) {
        let last_modified = date::format(self.modified);
        (self.etag, last_modified)
    }
}

/// True if a request has any condition, so that its resource's validators are worth finding out.
pub(crate) fn is_conditional(fields: &Fields<'_>) -> bool {
    ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]
        .iter()
        .any(|name| fields.get(name).is_some())
}

/// Evaluates the preconditions of a request in the order of RFC 9110 section 13.2.2. `current` is None if
/// the resource does not exist.
pub(crate) fn evaluate(request: &Request<'_>, current: Option<&Validators>) -> Verdict {
    let fields = &request.fields;
    let reads = matches!(request.method, Method::Get | Method::Head);
    let not_modified = if reads { Verdict::NotModified } else { Verdict::Failed };

    if fields.get("If-Match").is_some() {
        if !matches(fields, "If-Match", current, Comparison::Strong) {
            return Verdict::Failed;
        }
    } else if let Some(current) = current
        && current.date(fields, "If-Unmodified-Since").is_some_and(|since| current.modified > since)
    {
        return Verdict::Failed;
    }

    if fields.get("If-None-Match").is_some() {
        if matches(fields, "If-None-Match", current, Comparison::Weak) {
            return not_modified;
        }
    } else if let Some(current) = current
        && reads
        && current.date(fields, "If-Modified-Since").is_some_and(|since| current.modified <= since)
    {
        return not_modified;
    }
    Verdict::Proceed
}

/// True if a range may be served: there is no `If-Range`, or it names the current representation
/// (RFC 9110 section 13.1.5). Two of them name nothing. A date must be the very one that was sent as `Last-Modified`.
pub(crate) fn range_applies(fields: &Fields<'_>, current: &Validators) -> bool {
    match fields.single("If-Range") {
        None => fields.get("If-Range").is_none(),
        Some(value) if value.starts_with(b"\"") => whole_entity_tag(value).is_some_and(|(_, tag)| tag == current.tag()),
        Some(_) => current.date(fields, "If-Range") == Some(current.modified),
    }
}

/// The two comparisons of entity tags (RFC 9110 section 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// ```text
/// If-Match = "*" / #entity-tag
/// ```
/// A list that is malformed matches nothing.
fn matches(fields: &Fields<'_>, name: &str, current: Option<&Validators>, comparison: Comparison) -> bool {
    let Some(current) = current else { return false };
    let equal = |(weak, tag): &EntityTag<'_>| *tag == current.tag() && (comparison == Comparison::Weak || !weak);
    fields.all(name).any(|value| {
        let tags: Option<Vec<_>> = members(value).map(whole_entity_tag).collect();
        value == b"*" || tags.is_some_and(|tags| tags.iter().any(equal))
    })
}

/// True for a weak tag, and the tag without its quotes.
type EntityTag<'a> = (bool, &'a [u8]);

fn whole_entity_tag(input: &[u8]) -> Option<EntityTag<'_>> {
    all_consuming(entity_tag).parse(input).ok().map(|(_, tag)| tag)
}

/// ```text
/// entity-tag = [ weak ] opaque-tag
/// weak       = %s"W/"
/// opaque-tag = DQUOTE *etagc DQUOTE
/// etagc      = %x21 / %x23-7E / obs-text
/// ```
fn entity_tag(input: &[u8]) -> IResult<&[u8], EntityTag<'_>> {
    let etagc = take_while(|byte: u8| byte >= 0x21 && byte != b'"' && byte != 0x7f);
    map((opt(tag("W/")), delimited(char('"'), etagc, char('"'))), |(weak, tag)| (weak.is_some(), tag)).parse(input)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::{
        fields::Field,
        request::{Target, Version},
    };

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const MODIFIED_850: &str = "Sunday, 06-Nov-94 08:49:37 GMT";
    const MODIFIED_ASCTIME: &str = "Sun Nov  6 08:49:37 1994";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn current() -> Validators {
        let modified = UNIX_EPOCH + Duration::new(784_111_777, 123_456_789);
        let validators = Validators::of_file(&Stamp { inode: 10, length: 255, modified }, SystemTime::now());
        assert_eq!(validators.clone().into_fields(), (b"\"a-ae1b981c3a4d715-ff\"".to_vec(), MODIFIED.to_owned()));
        Validators { etag: b"\"a\"".to_vec(), ..validators }
    }

    fn request<'a>(method: Method, lines: &[(&'a str, &'a str)]) -> Request<'a> {
        let fields = lines.iter().map(|(name, value)| Field { name: name.as_bytes(), value: value.as_bytes() });
        Request {
            method,
            target: Target::Asterisk,
            head: b"",
            raw_target: b"",
            version: Version::HTTP_1_1,
            fields: Fields(fields.collect()),
        }
    }

    #[test]
    fn conditions_are_evaluated_in_the_order_of_rfc_9110_section_13_2_2() {
        use Verdict::{Failed, NotModified, Proceed};
        for (lines, expected) in [
            (&[][..], Proceed),
            (&[("If-Match", "\"a\"")], Proceed),
            (&[("If-Match", "\"b\", \"a\"")], Proceed),
            (&[("If-Match", ", ,\"b\" ,, \"a\",")], Proceed),
            (&[("If-Match", "\"b\""), ("If-Match", "\"a\"")], Proceed),
            (&[("If-Match", "*")], Proceed),
            (&[("If-Match", "\"b\"")], Failed),
            (&[("If-Match", "W/\"a\"")], Failed),
            (&[("If-Match", "a")], Failed),
            (&[("If-Match", "\"a\""), ("If-Unmodified-Since", BEFORE)], Proceed),
            (&[("If-Unmodified-Since", BEFORE)], Failed),
            (&[("If-Unmodified-Since", MODIFIED)], Proceed),
            (&[("If-Unmodified-Since", "yesterday")], Proceed),
            (&[("If-None-Match", "\"a\"")], NotModified),
            (&[("If-None-Match", "W/\"a\"")], NotModified),
            (&[("If-None-Match", "\"x,y\", W/\"a\"")], NotModified),
            (&[("If-None-Match", "*")], NotModified),
            (&[("If-None-Match", "\"b\"")], Proceed),
            (&[("If-None-Match", "\"b\""), ("If-Modified-Since", AFTER)], Proceed),
            (&[("If-Modified-Since", BEFORE)], Proceed),
            (&[("If-Modified-Since", MODIFIED)], NotModified),
            (&[("If-Modified-Since", MODIFIED_850)], NotModified),
            (&[("If-Modified-Since", MODIFIED_ASCTIME)], NotModified),
            (&[("If-Modified-Since", AFTER)], NotModified),
            (&[("If-Modified-Since", "1994-11-06")], Proceed),
            (&[("If-Modified-Since", AFTER), ("If-Modified-Since", AFTER)], Proceed),
            (&[("If-Match", "\"b\""), ("If-None-Match", "\"a\"")], Failed),
            (&[("If-Match", "\"a\""), ("If-None-Match", "\"a\"")], NotModified),
        ] {
            assert_eq!(evaluate(&request(Method::Get, lines), Some(&current())), expected, "{lines:?}");
            assert_eq!(evaluate(&request(Method::Head, lines), Some(&current())), expected, "HEAD {lines:?}");
            let for_post = match expected {
                NotModified if lines.iter().all(|(name, _)| *name == "If-Modified-Since") => Proceed,
                NotModified => Failed,
                other => other,
            };
            assert_eq!(evaluate(&request(Method::Post, lines), Some(&current())), for_post, "POST {lines:?}");
        }
    }

    #[test]
    fn a_file_may_be_of_any_time_but_the_future() {
        let modified =
            |modified| Validators::of_file(&Stamp { inode: 1, length: 1, modified }, SystemTime::now()).modified;
        let before = modified(UNIX_EPOCH - Duration::from_millis(1));
        assert_eq!(date::format(before), "Wed, 31 Dec 1969 23:59:59 GMT");
        let now = date::whole_seconds(SystemTime::now());
        let future = modified(now + Duration::from_secs(1000));
        assert!((now..=SystemTime::now()).contains(&future), "{future:?}");
    }

    #[test]
    fn what_does_not_exist_matches_nothing() {
        let verdict = |name, value| evaluate(&request(Method::Post, &[(name, value)]), None);
        assert_eq!(verdict("If-Match", "*"), Verdict::Failed);
        assert_eq!(verdict("If-None-Match", "*"), Verdict::Proceed);
        assert_eq!(verdict("If-Unmodified-Since", BEFORE), Verdict::Proceed);
    }

    #[test]
    fn a_range_applies_to_the_very_representation_that_the_client_has() {
        let applies = |value| range_applies(&request(Method::Get, &[("If-Range", value)]).fields, &current());
        assert!(range_applies(&Fields::default(), &current()));
        assert!(["\"a\"", MODIFIED].into_iter().all(applies));
        assert!(!["\"b\"", "W/\"a\"", "a", "", "\"a\" ", BEFORE, AFTER].into_iter().any(applies));
    }
}
