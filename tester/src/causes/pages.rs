//! What goes wrong with web pages.

use memchr::memmem::find;

use super::Rule;
use crate::{
    http::sent::Sent,
    judge::{
        compare::{Expected, Received},
        difference::{Difference, FieldFault, Mismatch},
    },
};

/// Paths that are no part of a site.
const ELSEWHERE: [&[u8]; 5] = [b"/echo/", b"/files/", b"/user-agent", b"/mirror", b"*"];

/// Why the response to a request for a page differs. Without a `site` there are no pages.
pub(super) fn of(
    difference: &Difference,
    expected: &Expected,
    received: &Received,
    sent: &Sent,
    site: bool,
) -> Option<Rule> {
    let Difference { what, expected: want, received: got, at } = difference;
    let target = sent.target()?;
    let elsewhere = !site || ELSEWHERE.iter().any(|path| target.starts_with(path));
    match what {
        Mismatch::Status { .. } if !elsewhere || target.starts_with(b"/mirror?") => {
            status(expected, received.head.status, target, sent)
        }
        _ if elsewhere => None,
        Mismatch::Field { name, fault } if name.eq_ignore_ascii_case("Content-Type") && *fault != FieldFault::Case => {
            let missing = *fault == FieldFault::Missing && received.head.status < 400;
            (!missing).then(|| media_type(received.head.status, want, got))
        }
        Mismatch::Field { name, fault } if name.eq_ignore_ascii_case("Location") && *fault != FieldFault::Case => {
            match fault {
                FieldFault::Forbidden { .. } => Some(Rule::LocationWithoutRedirect),
                _ => location(want, got),
            }
        }
        Mismatch::Lacks(texts) => Some(lacks(&texts.concat())),
        Mismatch::Holds(text) => {
            let markup = text.contains(&b'<') || text.contains(&b'"');
            Some(if markup { Rule::Unescaped } else { Rule::NotForThisClient })
        }
        Mismatch::Body if received.head.status == 404 => Some(Rule::ErrorPageOfSite),
        Mismatch::Body => filled(target, sent.method() == b"POST", want, got, *at),
        _ => None,
    }
}

fn status(expected: &Expected, status: u16, target: &[u8], sent: &Sent) -> Option<Rule> {
    let wanted = expected.statuses.first().copied().unwrap_or_default();
    let form = sent.method() == b"POST" && find(sent.bytes(), b"x-www-form-urlencoded").is_some();
    let typed = expected.fields.iter().any(|(name, _)| name == "Content-Type");
    match (wanted, status) {
        (_, 200..=399) if target.starts_with(b"//") => Some(Rule::TwoSlashes),
        (403, 200..=499) if sent.method() == b"DELETE" => Some(Rule::PageMethods),
        (500, 404) => Some(Rule::CannotBeFilled),
        (200..=399 | 418, 404) if target.contains(&b'?') => Some(Rule::QueryInPath),
        (301, 404) if target.contains(&b'%') => Some(Rule::PercentEncoded),
        (301, _) if expected.statuses.contains(&308) => Some(Rule::FolderRedirect),
        (403, 200..=399) if target.starts_with(b"/.") => Some(Rule::HiddenName),
        (403, 200..=399) if target.starts_with(b"/_") => Some(Rule::TableHidden),
        (404, 200) => Some(Rule::NothingHasThisPath),
        (404, 206 | 304 | 412) => Some(Rule::RangesOf200),
        (200, 404) if typed && target.ends_with(b"/") => Some(Rule::FolderIndex),
        (404, 300..=399) => Some(Rule::MissingIs404),
        (301..=399 | 410 | 418, _) => Some(Rule::TableLine),
        (415, _) => Some(Rule::FormType),
        (405, _) if form => Some(Rule::NoTemplateNoPost),
        (500, 200..=299) => Some(Rule::BrokenTemplate),
        (200, 500) if target.contains(&b'?') => Some(Rule::TemplateStaysBroken),
        (200, 415) => Some(Rule::FormTypeParameters),
        _ => None,
    }
}

fn media_type(status: u16, want: &[u8], got: &[u8]) -> Rule {
    if status >= 400 {
        return Rule::ErrorPageType;
    }
    if find(want, b"charset").is_some() && find(got, b"charset").is_none() && find(got, b"text/").is_some() {
        return Rule::NoCharset;
    }
    Rule::MediaType
}

fn location(want: &[u8], got: &[u8]) -> Option<Rule> {
    const NAME: &[u8] = b"Location: ";
    let value = got.strip_prefix(NAME)?;
    if value.starts_with(b"//") {
        return Some(Rule::LocationOtherHost);
    }
    if value.trim_ascii().contains(&b' ') {
        return Some(Rule::LocationSpaces);
    }
    let queries = |line: &[u8]| line.iter().filter(|byte| **byte == b'?').count();
    Some(match queries(want).cmp(&queries(got)) {
        std::cmp::Ordering::Greater => Rule::LocationQueryLost,
        std::cmp::Ordering::Less => Rule::LocationTwoQueries,
        std::cmp::Ordering::Equal => Rule::LocationWrong,
    })
}

fn lacks(text: &[u8]) -> Rule {
    let holds = |part: &[u8]| find(text, part).is_some();
    if holds(b"%") {
        Rule::AddressNotEncoded
    } else if holds(b"&lt;") || holds(b"&amp;") {
        Rule::Unescaped
    } else if holds(b"+") {
        Rule::PlusIsSpace
    } else if holds(b"50") || holds(b"40") || holds(b"41") {
        Rule::StatusNotShown
    } else {
        Rule::NameNotListed
    }
}

/// Why a page was not filled as it should be.
fn filled(target: &[u8], form: bool, want: &[u8], got: &[u8], at: usize) -> Option<Rule> {
    let lacking = |text: &[u8]| find(want, text).is_none() && find(got, text).is_some();
    let added = |text: &[u8]| find(want, text).is_some() && find(got, text).is_none();
    let odd = |byte: u8| got.get(at) == Some(&byte) && want.get(at) != Some(&byte);
    if lacking(b"href=") {
        return Some(Rule::IndexNotList);
    }
    if lacking(b"<!-- template -->") {
        return Some(Rule::MarkSent);
    }
    if added(b"<!-- template -->") || added(b"{{") {
        return Some(Rule::FilledUnasked);
    }
    if lacking(b"{{") {
        return Some(Rule::GapNotFilled);
    }
    if added(b"&lt;") || added(b"&amp;") || lacking(b"&amp;lt;") || lacking(b"&amp;gt;") {
        return Some(Rule::Unescaped);
    }
    if form && got.len() + 1000 < want.len() {
        return Some(Rule::FormInPieces);
    }
    if ["None", "null", "undefined", "NULL"].iter().any(|word| lacking(word.as_bytes())) {
        return Some(Rule::NoValueIsNothing);
    }
    if odd(b'+') {
        return Some(Rule::PlusIsSpace);
    }
    if got.contains(&b'%') && !want.contains(&b'%') {
        return Some(Rule::PairsEncoded);
    }
    (form || target.contains(&b'?')).then_some(Rule::PairsParted)
}
