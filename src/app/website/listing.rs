//! The page that shows what is in a folder.

use std::{fmt::Write, os::unix::ffi::OsStrExt};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::html::{self, Escaped};
use crate::{
    fs::{directory::Entry, name::FileName},
    http::date,
};

/// What stands for itself in a path (RFC 3986 section 2.3: unreserved); nothing that means anything in HTML.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page. `more` says that the folder has other entries besides.
pub(super) fn page(folder: &FileName, mut entries: Vec<Entry>, more: bool) -> Vec<u8> {
    entries.sort_by(|a, b| (!a.is_folder, &a.name).cmp(&(!b.is_folder, &b.name)));
    let segments: Vec<_> = folder.segments().map(shown).collect();
    let is_root = segments.is_empty();
    let path = if is_root { "/".to_owned() } else { format!("/{}/", segments.join("/")) };
    let mut rows = String::new();
    if !is_root {
        rows.push_str("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    }
    for entry in &entries {
        push_row(entry, &mut rows);
    }
    let note = match (more, entries.is_empty()) {
        (true, _) => "<p>There is more in this folder than a page shows.</p>\n",
        (false, true) => "<p>This folder is empty.</p>\n",
        (false, false) => "",
    };
    let body = format_args!(
        "<table>\n\
         <thead>\n\
         <tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr>\n\
         </thead>\n\
         <tbody>\n\
         {rows}\
         </tbody>\n\
         </table>\n\
         {note}"
    );
    html::page(&format!("Index of {path}"), body)
}

fn push_row(entry: &Entry, rows: &mut String) {
    let slash = if entry.is_folder { "/" } else { "" };
    // Without the dot and slash, a name with a colon would be taken for a URL (RFC 3986 section 4.2); but colons
    // are encoded.
    let href = percent_encode(entry.name.as_bytes(), ENCODED);
    let name = format!("{}{slash}", shown(entry.name.as_bytes()));
    let name = Escaped(&name);
    let size = if entry.is_folder { String::new() } else { size(entry.length) };
    // Of "Sun, 06 Nov 1994 08:49:37 GMT", what is of interest.
    let modified = date::format(entry.modified);
    let modified = modified.get(5..22).unwrap_or_default();
    // A string takes all that is written to it.
    let _ = writeln!(rows, "<tr><td><a href=\"{href}{slash}\">{name}</a></td><td>{size}</td><td>{modified}</td></tr>");
}

/// A name for people: what is no text is U+FFFD, and so is a control character, which a terminal would obey.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).replace(char::is_control, "\u{fffd}")
}

/// A number of bytes with three digits or four that count.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1024.0 is one of the next unit.
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use std::{
        ffi::OsStr,
        time::{Duration, UNIX_EPOCH},
    };

    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn any_name_is_shown_and_linked() {
        let entry = |name: &[u8], is_folder| Entry {
            name: OsStr::from_bytes(name).to_owned(),
            is_folder,
            length: 1,
            modified: UNIX_EPOCH + Duration::from_secs(784_111_777),
        };
        let entries = vec![
            entry(b"b \"quoted\"", false),
            entry(b"z", true),
            entry(b"<script>", false),
            entry(b"a?b#c%d", false),
            entry(b"\xff'&", false),
            entry(b"x:y", false),
            entry(b"\xe1\x1b[31m\n", false),
        ];
        let folder = FileName::from_path(b"d%20%3C").unwrap();
        let page = String::from_utf8(page(&folder, entries, false)).unwrap();
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("<tr><td>")).collect();
        let expected = [
            r#"<tr><td><a href="../">../</a></td><td></td><td></td></tr>"#,
            r#"<a href="z/">z&#x2f;</a></td><td></td><td>06 Nov 1994 08:49</td></tr>"#,
            r#"<a href="%3Cscript%3E">&lt;script&gt;</a></td><td>1 B</td>"#,
            r#"<a href="a%3Fb%23c%25d">a?b#c%d</a>"#,
            r#"<a href="b%20%22quoted%22">b &quot;quoted&quot;</a>"#,
            r#"<a href="x%3Ay">x:y</a>"#,
            "<a href=\"%E1%1B%5B31m%0A\">\u{fffd}\u{fffd}[31m\u{fffd}</a>",
            "<a href=\"%FF%27%26\">\u{fffd}&#x27;&amp;</a>",
        ];
        assert_eq!(rows.len(), expected.len(), "{page}");
        for (row, part) in rows.iter().zip(expected) {
            assert!(row.contains(part), "no {part} in {row}");
        }
        assert!(page.contains("<h1>Index of &#x2f;d &lt;&#x2f;</h1>"), "{page}");
    }

    #[test]
    fn any_time_is_shown() {
        for (modified, text) in [
            (UNIX_EPOCH - Duration::from_secs(1), "31 Dec 1969 23:59"),
            (UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 1000), "31 Dec 9999 23:59"),
        ] {
            let entry = Entry { name: "a".into(), is_folder: false, length: 1, modified };
            let page = String::from_utf8(page(&FileName::root(), vec![entry], false)).unwrap();
            assert!(page.contains(&format!("<td>{text}</td>")), "no {text} in {page}");
        }
    }

    #[test]
    fn a_page_has_thousands_of_entries() {
        let modified = UNIX_EPOCH;
        let entry = |n: usize| Entry { name: format!("{n:0>250}").into(), is_folder: false, length: 1, modified };
        let entries = (0..crate::app::website::LISTING_LIMIT).map(entry).collect();
        let page = page(&FileName::root(), entries, true);
        let page = String::from_utf8(page).unwrap();
        assert_eq!(page.matches("<tr><td>").count(), crate::app::website::LISTING_LIMIT);
        assert!(page.contains("more in this folder") && !page.contains("../"));
    }
}
