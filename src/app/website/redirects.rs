//! The table of redirects: a text file of lines `FROM TO [STATUS]`, as static hosts have it.
//!
//! ```text
//! # comments and empty lines are skipped
//! /old          /new
//! /docs-v1/     https://docs.example.org/v1/   308
//! /coffee       /teapot.html                   418
//! ```
//!
//! A status of 3xx, 301 unless it is given, sends the client to another place. With any other, the page TO is shown
//! under the address FROM with that status.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

use crate::http::{grammar::request_target, percent::percent_decoded, request::Target, status::Status};

/// The characters that a URL never holds as they are; a browser would read a backslash as a slash.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// The statuses that a line may have: those that lead elsewhere, and those that a page can be shown with.
const ELSEWHERE: [Status; 5] = [
    Status::MOVED_PERMANENTLY,
    Status::FOUND,
    Status::SEE_OTHER,
    Status::TEMPORARY_REDIRECT,
    Status::PERMANENT_REDIRECT,
];
const SHOWN: [Status; 4] = [Status::OK, Status::NOT_FOUND, Status::GONE, Status::TEAPOT];

/// The lines of a table, by the path that they are for.
#[derive(Debug, Default)]
pub struct Redirects(HashMap<Vec<u8>, Rule>);

/// The rule for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The client is sent to a path of this server, or to an `http` or `https` URL: visible ASCII.
    Redirect(Status, String),
    /// The page at a path is shown, with this status.
    Show(Status, String),
}

/// The fault of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There are fewer than two words, or more than three.
    Words,
    /// FROM is no path.
    From,
    /// FROM has a wildcard or a placeholder.
    Pattern,
    /// TO is neither path nor URL.
    To,
    /// TO is to be shown, and is not just a path.
    Page,
    /// The status is none that a line can have.
    Status,
    /// TO is FROM, so that a client would never arrive.
    Loop,
    /// Another line before is for the same path.
    Repeated,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mistake::Words => "write FROM TO, and a STATUS unless it is 301",
            Mistake::From => "FROM must be a path: it begins with one slash and has no query",
            Mistake::Pattern => "FROM is a single path, so it must have no * and no segment that begins with :",
            Mistake::To => {
                "TO must be a path that begins with one slash, or a URL that begins with http:// or https://"
            }
            Mistake::Page => "TO must be a path of this site, without query or fragment, to be shown with a status",
            Mistake::Status => {
                "STATUS must be 301, 302, 303, 307 or 308 to redirect, or 200, 404, 410 or 418 to show a page"
            }
            Mistake::Loop => "FROM and TO are the same, so the redirect would never end",
            Mistake::Repeated => "an earlier line is for the same path",
        })
    }
}

impl Redirects {
    /// Reads a table. Gives the mistakes too, each with the number of its line, counted from 1: such a line is
    /// left out, the others hold.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Redirects, Vec<(usize, Mistake)>) {
        let mut rules = HashMap::new();
        let mut mistakes = Vec::new();
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            let added = rule(line).and_then(|rule| match rule {
                Some((from, rule)) => match rules.entry(from) {
                    Entry::Vacant(entry) => {
                        entry.insert(rule);
                        Ok(())
                    }
                    Entry::Occupied(_) => Err(Mistake::Repeated),
                },
                None => Ok(()),
            });
            mistakes.extend(added.err().map(|mistake| (number, mistake)));
        }
        (Redirects(rules), mistakes)
    }

    /// The rule for a path, which may be escaped in any way.
    #[must_use]
    pub fn get(&self, path: &[u8]) -> Option<&Rule> {
        if self.0.is_empty() { None } else { self.0.get(&canonical(path)) }
    }
}

/// The path and rule that a line stands for; None for one that says nothing.
fn rule(line: &[u8]) -> Result<Option<(Vec<u8>, Rule)>, Mistake> {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let words: Vec<_> = words.take_while(|word| !word.starts_with(b"#")).collect();
    let (from, to, status) = match words[..] {
        [] => return Ok(None),
        [from, to] => (from, to, Status::MOVED_PERMANENTLY),
        [from, to, status] => (from, to, known_status(status).ok_or(Mistake::Status)?),
        _ => return Err(Mistake::Words),
    };
    if from.contains(&b'*') || from.split(|&byte| byte == b'/').any(|segment| segment.starts_with(b":")) {
        return Err(Mistake::Pattern);
    }
    let from = percent_encode(from, ENCODED).to_string();
    let from = path(&from).ok_or(Mistake::From)?;
    let to = percent_encode(to, ENCODED).to_string();
    let (target, fragment) = to.split_once('#').map_or((&*to, None), |(target, fragment)| (target, Some(fragment)));
    if SHOWN.contains(&status) {
        path(target).filter(|_| fragment.is_none()).ok_or(Mistake::Page)?;
        return Ok(Some((canonical(from), Rule::Show(status, to))));
    }
    let to_path = match request_target(target.as_bytes()) {
        Ok(Target::Origin { path, .. }) if !path.starts_with(b"//") => Some(path),
        Ok(Target::Absolute { .. }) => None,
        _ => return Err(Mistake::To),
    };
    if to_path.is_some_and(|to| canonical(to) == canonical(from)) {
        return Err(Mistake::Loop);
    }
    Ok(Some((canonical(from), Rule::Redirect(status, to))))
}

/// The bytes of a path, if it is one and nothing more.
fn path(text: &str) -> Option<&[u8]> {
    match request_target(text.as_bytes()) {
        Ok(Target::Origin { path, query: None }) if !path.starts_with(b"//") && !text.contains('#') => Some(path),
        _ => None,
    }
}

/// One spelling for all that mean the same (RFC 3986 section 6.2.2): an escaped slash is data, any other escaped
/// byte is that byte.
fn canonical(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|&byte| byte == b'/').map(percent_decoded);
    let segments: Vec<_> = segments.map(|segment| percent_encode(&segment, NON_ALPHANUMERIC).to_string()).collect();
    segments.join("/").into_bytes()
}

fn known_status(word: &[u8]) -> Option<Status> {
    ELSEWHERE.into_iter().chain(SHOWN).find(|status| status.code().to_string().as_bytes() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule that a table of one line has for a path.
    fn one(line: &str, path: &str) -> Option<Rule> {
        let (table, mistakes) = Redirects::parse(line.as_bytes());
        assert_eq!(mistakes, [], "{line}");
        table.get(path.as_bytes()).cloned()
    }

    #[test]
    fn lines_become_rules() {
        let redirect = |status, to: &str| Some(Rule::Redirect(status, to.to_owned()));
        let show = |status, to: &str| Some(Rule::Show(status, to.to_owned()));
        for (line, path, rule) in [
            ("/old /new", "/old", redirect(Status::MOVED_PERMANENTLY, "/new")),
            ("/old /new 302", "/old", redirect(Status::FOUND, "/new")),
            ("\t/old\t \t/new  303\t\r", "/old", redirect(Status::SEE_OTHER, "/new")),
            ("/old /new 307 # why", "/old", redirect(Status::TEMPORARY_REDIRECT, "/new")),
            ("/old https://example.org 308", "/old", redirect(Status::PERMANENT_REDIRECT, "https://example.org")),
            (
                "/old HTTP://example.org:80/a?b#c",
                "/old",
                redirect(Status::MOVED_PERMANENTLY, "HTTP://example.org:80/a?b#c"),
            ),
            ("/old /new?a=b#part", "/old", redirect(Status::MOVED_PERMANENTLY, "/new?a=b#part")),
            ("/old /caf\u{e9}\\x", "/old", redirect(Status::MOVED_PERMANENTLY, "/caf%C3%A9%5Cx")),
            ("/caf\u{e9} /new", "/caf%c3%A9", redirect(Status::MOVED_PERMANENTLY, "/new")),
            ("/a%20b /new", "/%61%20b", redirect(Status::MOVED_PERMANENTLY, "/new")),
            ("/a%2Fb /new", "/a%2fb", redirect(Status::MOVED_PERMANENTLY, "/new")),
            ("/a%2Fb /new", "/a/b", None),
            ("/a%252Fb /new", "/a%2Fb", None),
            ("/old /new", "/old/", None),
            ("/old /new", "/Old", None),
            ("/old/ /old", "/old/", redirect(Status::MOVED_PERMANENTLY, "/old")),
            ("/ /home", "/", redirect(Status::MOVED_PERMANENTLY, "/home")),
            ("/coffee /teapot.html 418", "/coffee", show(Status::TEAPOT, "/teapot.html")),
            ("/a /a 200", "/a", show(Status::OK, "/a")),
            ("/gone /gone.html 410", "/gone", show(Status::GONE, "/gone.html")),
            ("/x /y 404", "/x", show(Status::NOT_FOUND, "/y")),
            ("# /old /new", "/old", None),
            ("", "/", None),
        ] {
            assert_eq!(one(line, path), rule, "{line}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (line, mistake) in [
            ("/old", Mistake::Words),
            ("/old /new 301 302", Mistake::Words),
            ("old /new", Mistake::From),
            ("//old /new", Mistake::From),
            ("/old?a /new", Mistake::From),
            ("/old#a /new", Mistake::From),
            ("/%zz /new", Mistake::From),
            ("http://a/b /new", Mistake::From),
            ("/* /new", Mistake::Pattern),
            ("/a/:id /new", Mistake::Pattern),
            ("/old new", Mistake::To),
            ("/old //evil.example/", Mistake::To),
            ("/old javascript:alert(1)", Mistake::To),
            ("/old mailto:a@b", Mistake::To),
            ("/old https://", Mistake::To),
            ("/old http://user@host/", Mistake::To),
            ("/old /%0d%0aSet-Cookie:a", Mistake::To),
            ("/old /new 299", Mistake::Status),
            ("/old /new 301!", Mistake::Status),
            ("/old /new moved", Mistake::Status),
            ("/old https://example.org 418", Mistake::Page),
            ("/old /new?a 200", Mistake::Page),
            ("/old /new#a 200", Mistake::Page),
            ("/old /ol%64", Mistake::Loop),
            ("/old /old?a", Mistake::Loop),
        ] {
            let (table, mistakes) = Redirects::parse(format!("/first /page\n{line}\n/last /page\n").as_bytes());
            assert_eq!(mistakes, [(2, mistake)], "{line}");
            assert_eq!(table.0.len(), 2, "{line}");
            assert!(!mistake.to_string().is_empty());
        }
        let (table, mistakes) = Redirects::parse(b"/a /b\n\n# c\n/%61 /c 302\n");
        assert_eq!((mistakes, table.0.len()), (vec![(4, Mistake::Repeated)], 1));
        assert_eq!(table.get(b"/a"), Some(&Rule::Redirect(Status::MOVED_PERMANENTLY, "/b".to_owned())));
    }
}
