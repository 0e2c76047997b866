//! Text for people: bytes made visible, excerpts, lengths, and words of a shell.

use std::fmt::Write as _;

/// Longest excerpt of a line or body, in bytes.
const EXCERPT: usize = 76;

/// `bytes` with control bytes, backslashes and what is no UTF-8 visible: `\r`, `\n`, `\t`, `\0`, `\\`, `\xFF`.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\0' => out.push_str("\\0"),
                '\\' => out.push_str("\\\\"),
                // Also the C1 controls, which a terminal may obey.
                c if c.is_control() || is_unseen(c) => {
                    let mut buffer = [0; 4];
                    for byte in c.encode_utf8(&mut buffer).bytes() {
                        let _ = write!(out, "\\x{byte:02X}");
                    }
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    out
}

/// Whether a character is not seen, or moves others: marks of direction, a byte order mark, spaces without width, and
/// what is no character, which XML does not admit.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// The part of `bytes` around `at`, visible, and the column (in characters) of the byte `at` in it.
pub(crate) fn excerpt(bytes: &[u8], at: usize) -> (String, usize) {
    let at = at.min(bytes.len());
    let start = if bytes.len() <= EXCERPT { 0 } else { at.saturating_sub(EXCERPT / 2) };
    let end = bytes.len().min(start + EXCERPT);
    let left = if start > 0 { "…" } else { "" };
    let right = if end < bytes.len() { "…" } else { "" };
    let before = format!("{left}{}", visible(&bytes[start..at]));
    (format!("{before}{}{right}", visible(&bytes[at..end])), before.chars().count())
}

/// `bytes` in lines, each visible with its line end, at most `most` of them, long lines cut.
pub(crate) fn lines(bytes: &[u8], most: usize) -> Vec<String> {
    let all: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut shown: Vec<String> = all
        .iter()
        .take(most)
        .map(|line| match line.get(..2 * EXCERPT) {
            Some(start) if line.len() > 2 * EXCERPT + 16 => {
                format!("{}… ({} more bytes)", visible(start), line.len() - start.len())
            }
            _ => visible(line),
        })
        .collect();
    if all.len() > most {
        let rest: usize = all[most..].iter().map(|line| line.len()).sum();
        shown.push(format!("… ({rest} more bytes)"));
    }
    shown
}

/// A count of bytes, in words.
pub(crate) fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// `text` as one word of a POSIX shell: as it is, or between single quotes.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=%+@,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_byte_is_visible() {
        assert_eq!(visible(b"a\r\n\t\0\\\x1b\x7f\xff\xc3\xa9"), "a\\r\\n\\t\\0\\\\\\x1B\\x7F\\xFFé");
        assert_eq!(visible("\u{9b}".as_bytes()), "\\xC2\\x9B");
        for byte in 0..=255 {
            assert!(!visible(&[byte]).chars().any(char::is_control), "{byte}");
        }
    }

    #[test]
    fn every_character_is_seen() {
        assert_eq!(visible("\u{FEFF}a\u{202E}b\u{200B}".as_bytes()), "\\xEF\\xBB\\xBFa\\xE2\\x80\\xAEb\\xE2\\x80\\x8B");
        assert_eq!(visible("\u{FFFE}\u{1FFFF}\u{FFFD}".as_bytes()), "\\xEF\\xBF\\xBE\\xF0\\x9F\\xBF\\xBF\u{FFFD}");
    }

    #[test]
    fn an_excerpt_marks_its_byte() {
        assert_eq!(excerpt(b"ab\r\nc", 4), ("ab\\r\\nc".to_owned(), 6));
        assert_eq!(excerpt(b"abc", 9), ("abc".to_owned(), 3));
        let long: Vec<u8> = (0..1000).map(|i| b'a' + (i % 26) as u8).collect();
        let (text, column) = excerpt(&long, 500);
        assert_eq!(text.chars().nth(column), Some(char::from(long[500])));
        assert!(text.starts_with('…') && text.ends_with('…'));
    }

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_was() {
        for text in
            ["plain-word_1.0/a:b=c%d+e@f,g", "", " ", "it's", "''", "$HOME", "~", "a\nb", "\\", "`id`", "*", "é"]
        {
            let script = format!("printf %s {}", quote(text));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), text, "{script}");
        }
        assert_eq!(quote("a/b"), "a/b");
    }

    #[test]
    fn long_bodies_are_cut() {
        let shown = lines(&[b'x'; 1000], 3);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].ends_with("… (848 more bytes)"), "{}", shown[0]);
        assert_eq!(lines(b"a\r\nb\r\nc\r\n", 2), ["a\\r\\n", "b\\r\\n", "… (3 more bytes)"]);
    }
}
