//! Queries and forms: `application/x-www-form-urlencoded` (the URL standard, section 5).

use std::collections::BTreeMap;

use crate::http::percent::percent_decoded;

/// The media type of a form.
pub const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The values of a form and of a query by name. Of a repeated name the first counts, and a form's before a
/// query's. Bytes that are not UTF-8 become U+FFFD; a percent sign that is no escape stays.
#[must_use]
pub fn values(form: &[u8], query: &[u8]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, value) in pairs(form).chain(pairs(query)) {
        values.entry(decoded(name)).or_insert_with(|| decoded(value));
    }
    values
}

/// Names and values as they are sent. A name without `=` has an empty value.
fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |&byte| byte == b'=');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    })
}

/// A plus is a space; an escaped one is a plus.
fn decoded(text: &[u8]) -> String {
    let text: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8_lossy(&percent_decoded(&text)).into_owned()
}

/// Whether a `Content-Type` is that of a form, whatever its parameters (RFC 9110 section 8.3.1).
#[must_use]
pub fn is_form(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(MEDIA_TYPE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        for (text, expected) in [
            ("", &[][..]),
            ("size=300", &[("size", "300")]),
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            ("a=1&a=2", &[("a", "1")]),
            ("a=&a=2", &[("a", "")]),
            ("a", &[("a", "")]),
            ("=x", &[("", "x")]),
            ("&&a=1&", &[("a", "1")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=x+y%20z%2Bw", &[("a", "x y z+w")]),
            ("full+name=x", &[("full name", "x")]),
            ("a=caf%C3%A9", &[("a", "caf\u{e9}")]),
            ("a=%ff%fe", &[("a", "\u{fffd}\u{fffd}")]),
            ("a=100%&b=%zz&c=%4", &[("a", "100%"), ("b", "%zz"), ("c", "%4")]),
            ("a=%26%3d%3B;c", &[("a", "&=;;c")]),
            ("a=%00", &[("a", "\0")]),
        ] {
            let expected = expected.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(values(b"", text.as_bytes()), expected, "{text}");
            assert_eq!(values(text.as_bytes(), b""), expected, "{text}");
        }
        assert_eq!(values(b"a=form", b"a=query&b=query")["a"], "form");
        assert_eq!(values(b"a=form", b"a=query&b=query")["b"], "query");
    }

    #[test]
    fn the_media_type_has_no_case_and_may_have_parameters() {
        for is in [MEDIA_TYPE, "Application/X-WWW-Form-URLencoded", "application/x-www-form-urlencoded ; charset=utf-8"]
        {
            assert!(is_form(is.as_bytes()), "{is}");
        }
        for is_not in ["", "text/plain", "multipart/form-data; boundary=a", "application/x-www-form-urlencoded2", ";"] {
            assert!(!is_form(is_not.as_bytes()), "{is_not}");
        }
    }
}
