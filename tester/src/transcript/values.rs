//! The values of one run: random words and bytes from the seed, captured values, and what templates make of them.

use std::{collections::HashMap, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};

use crate::transcript::{
    Let, Message, Part, Source,
    template::{Piece, Template, Value},
};

/// Consonants and vowels of random words. 16 × 5 syllables, three to six of them: at least 500,000 words.
const CONSONANTS: &[u8; 16] = b"bcdfghjklmnprstv";
const VOWELS: &[u8; 5] = b"aeiou";
/// Bytes in all random content of at least 8 bytes: NUL, CR LF, and bytes that are not UTF-8.
const AWKWARD: &[u8; 8] = b"\0\r\n\xff\r\n\r\n";

/// The values of one run of one transcript.
#[derive(Clone, Debug)]
pub struct Values {
    known: HashMap<String, Vec<u8>>,
    random: fastrand::Rng,
    dir: Vec<u8>,
    root: Vec<u8>,
}

/// The place that a template is rendered for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// The number of the group's member, from 1.
    pub index: Option<usize>,
    /// The length of the message's body, in bytes.
    pub message: Option<usize>,
}

impl Values {
    /// Draws the values of `lets`. The same `seed` and `salt` (the stage's id) draw the same.
    ///
    /// # Errors
    /// A template that asks for what there is not, as a slice out of range.
    pub fn draw(lets: &[Let], seed: u64, salt: &str, dir: &Path, root: &Path) -> Result<Values, String> {
        // FNV-1a: stages of one run shall not share their words.
        let salted = salt
            .bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut values = Values {
            known: HashMap::new(),
            random: fastrand::Rng::with_seed(salted),
            dir: dir.as_os_str().as_encoded_bytes().to_vec(),
            root: root.as_os_str().as_encoded_bytes().to_vec(),
        };
        for Let { line, name, source } in lets {
            let value = match source {
                Source::Word => values.fresh_word(),
                Source::Bytes(size) => values.bytes(*size),
                Source::Text(size) => values.text(*size),
                Source::Made(template) => {
                    values.render(template, Scope::default()).map_err(|why| format!("line {line}: {why}"))?
                }
            };
            values.known.insert(name.clone(), value);
        }
        Ok(values)
    }

    /// Remembers a captured value.
    pub fn set(&mut self, name: &str, value: Vec<u8>) {
        self.known.insert(name.to_owned(), value);
    }

    /// Renders a template.
    ///
    /// # Errors
    /// Says which value is missing, or which slice is out of range.
    pub fn render(&mut self, template: &Template, scope: Scope) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Value(value) => out.extend_from_slice(self.value(value)?),
                Piece::Len(value) => out.extend_from_slice(self.value(value)?.len().to_string().as_bytes()),
                Piece::HexLen(value) => out.extend_from_slice(format!("{:x}", self.value(value)?.len()).as_bytes()),
                Piece::MessageLen => {
                    let len = scope.message.ok_or("{len} is used outside a message")?;
                    out.extend_from_slice(len.to_string().as_bytes());
                }
                Piece::Gzip(value) => {
                    let mut encoder = GzEncoder::new(&mut out, Compression::default());
                    encoder
                        .write_all(self.value(value)?)
                        .and_then(|()| encoder.finish().map(drop))
                        .map_err(|error| error.to_string())?;
                }
                Piece::Pct(value) => {
                    let value = self.value(value)?.to_vec();
                    out.extend(self.percent_encode(&value));
                }
                Piece::Case(value) => {
                    let value = self.value(value)?.to_vec();
                    out.extend(self.change_case(&value));
                }
                Piece::Dir => out.extend_from_slice(&self.dir),
                Piece::Root => out.extend_from_slice(&self.root),
                Piece::Index => {
                    let index = scope.index.ok_or("{i} is used outside a group")?;
                    out.extend_from_slice(index.to_string().as_bytes());
                }
                Piece::Capture(_) => {
                    return Err("a capture cannot be written".to_owned());
                }
            }
        }
        Ok(out)
    }

    /// The bytes of a message; `index` is the number of the group's member.
    ///
    /// # Errors
    /// As [`Values::render`].
    pub fn message(&mut self, message: &Message, index: Option<usize>) -> Result<Vec<u8>, String> {
        let body = self.lines(message.body.as_deref().unwrap_or_default(), index)?;
        let scope = Scope { index, message: Some(body.len()) };
        let mut out = Vec::new();
        for line in &message.head {
            out.extend(self.render(line, scope)?);
            out.extend_from_slice(b"\r\n");
        }
        if message.body.is_some() {
            out.extend_from_slice(b"\r\n");
        }
        out.extend(body);
        Ok(out)
    }

    /// The lines of a body, joined by CR LF.
    ///
    /// # Errors
    /// As [`Values::render`].
    pub fn lines(&mut self, lines: &[Template], index: Option<usize>) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                out.extend_from_slice(b"\r\n");
            }
            out.extend(self.render(line, Scope { index, message: None })?);
        }
        Ok(out)
    }

    /// A part of a write, as it is sent.
    ///
    /// # Errors
    /// As [`Values::render`].
    pub fn part(&mut self, part: &Part, index: Option<usize>) -> Result<Vec<u8>, String> {
        match part {
            Part::Raw(template) => self.render(template, Scope { index, message: None }),
            Part::Message(message) => self.message(message, index),
        }
    }

    /// A value, or a slice of one.
    ///
    /// # Errors
    /// Says which value is missing, or which slice is out of range.
    pub fn value<'v>(&'v self, value: &'v Value) -> Result<&'v [u8], String> {
        let (name, slice) = match value {
            Value::Quoted(text) => return Ok(text),
            Value::Name { name, slice } => (name, slice),
        };
        let whole = self.known.get(name).ok_or_else(|| format!("`{name}` was not received, so it cannot be used"))?;
        let Some((from, to)) = *slice else {
            return Ok(whole);
        };
        let place = |bound: i64| match usize::try_from(bound) {
            Ok(bound) => Some(bound),
            Err(_) => usize::try_from(bound.unsigned_abs()).ok().and_then(|back| whole.len().checked_sub(back)),
        };
        let from = from.map_or(Some(0), place);
        let to = to.map_or(Some(whole.len()), place);
        from.zip(to)
            .and_then(|(from, to)| whole.get(from..to))
            .ok_or_else(|| format!("the slice of `{name}` is outside its {} bytes", whole.len()))
    }

    fn fresh_word(&mut self) -> Vec<u8> {
        loop {
            let word = self.word();
            // A word inside another would let a wrong answer pass for a right one.
            let apart = |known: &Vec<u8>| {
                memchr::memmem::find(known, &word).is_none() && memchr::memmem::find(&word, known).is_none()
            };
            if self.known.values().filter(|value| value.len() <= 12 && !value.is_empty()).all(apart) {
                return word;
            }
        }
    }

    fn word(&mut self) -> Vec<u8> {
        (0..self.random.usize(3..=6))
            .flat_map(|_| {
                [CONSONANTS[self.random.usize(..CONSONANTS.len())], VOWELS[self.random.usize(..VOWELS.len())]]
            })
            .collect()
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.random.fill(&mut bytes);
        if let Some(last) = size.checked_sub(AWKWARD.len()) {
            let at = self.random.usize(0..=last);
            bytes[at..at + AWKWARD.len()].copy_from_slice(AWKWARD);
        }
        bytes
    }

    fn text(&mut self, size: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(size + 16);
        while text.len() < size {
            text.extend(self.word());
            text.push(if self.random.u8(..6) == 0 { b'\n' } else { b' ' });
        }
        text.truncate(size);
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
        text
    }

    fn percent_encode(&mut self, value: &[u8]) -> Vec<u8> {
        let always = self.random.usize(0..value.len().max(1));
        let mut out = Vec::new();
        for (index, byte) in value.iter().enumerate() {
            if index == always || !byte.is_ascii_alphanumeric() || self.random.bool() {
                let encoded = if self.random.bool() { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
                out.extend(encoded.bytes());
            } else {
                out.push(*byte);
            }
        }
        out
    }

    fn change_case(&mut self, value: &[u8]) -> Vec<u8> {
        if !value.iter().any(u8::is_ascii_alphabetic) {
            return value.to_vec();
        }
        loop {
            let changed: Vec<u8> = value
                .iter()
                .map(|byte| if self.random.bool() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() })
                .collect();
            if changed != value {
                return changed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::transcript::parse::parse;

    fn values(lets: &str, seed: u64) -> Values {
        let lets = parse(lets).unwrap().lets;
        Values::draw(&lets, seed, "ab1", Path::new("/d"), Path::new("/r")).unwrap()
    }

    fn render(values: &mut Values, template: &str) -> Result<String, String> {
        let scope = Scope { index: Some(3), message: Some(7) };
        let bytes = values.render(&Template::parse(template).unwrap(), scope)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_seed_repeats_a_run_and_another_changes_it() {
        let lets = "let one, two\nlet blob bytes 100\nlet page text 50\n";
        let (a, b, c) = (values(lets, 1), values(lets, 1), values(lets, 2));
        assert_eq!(a.known, b.known);
        for name in ["one", "two", "blob", "page"] {
            assert_ne!(a.known[name], c.known[name], "{name}");
        }
    }

    #[test]
    fn words_are_lower_case_and_none_is_inside_another() {
        for seed in 0..200 {
            let values = values("let a, b, c, d, e, f, g, h", seed);
            let words: Vec<_> = values.known.values().collect();
            for (i, word) in words.iter().enumerate() {
                assert!((6..=12).contains(&word.len()) && word.iter().all(u8::is_ascii_lowercase));
                for other in &words[i + 1..] {
                    assert!(memchr::memmem::find(word, other).is_none());
                    assert!(memchr::memmem::find(other, word).is_none());
                }
            }
        }
    }

    #[test]
    fn random_bytes_are_awkward_and_text_ends_in_a_line_feed() {
        for seed in 0..50 {
            let values = values("let blob bytes 9\nlet page text 100", seed);
            assert!(memchr::memmem::find(&values.known["blob"], AWKWARD).is_some());
            let page = &values.known["page"];
            assert_eq!((page.len(), page.last()), (100, Some(&b'\n')));
        }
    }

    #[test]
    fn templates_are_rendered() {
        let mut values = values("let w = abcdef", 5);
        for (template, text) in [
            ("{w[1..3]}{w[-2..]}{w[..-5]}", "bcefa"),
            ("{len w} {hexlen 'sixteen bytes ok'} {len}", "6 10 7"),
            ("{dir}/{root}/{i}", "/d//r/3"),
            ("{'{{ x }}'}", "{{ x }}"),
        ] {
            assert_eq!(render(&mut values, template).unwrap(), text, "{template}");
        }
        assert!(render(&mut values, "{w[2..9]}").unwrap_err().contains("outside its 6 bytes"));
        assert!(render(&mut values, "{w[4..2]}").is_err());
        assert!(render(&mut values, "{tag}").unwrap_err().contains("`tag`"));
    }

    #[test]
    fn spellings_vary_and_mean_the_same() {
        let mut values = values("let w = a-b", 5);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let text = render(&mut values, "{pct w}").unwrap();
            assert!(text.contains("%2d") || text.contains("%2D"), "{text}");
            let case = render(&mut values, "{case 'Host'}").unwrap();
            assert!(case != "Host" && case.eq_ignore_ascii_case("host"));
            seen.insert(text);
            seen.insert(case);
        }
        assert!(seen.len() > 8, "{seen:?}");
        assert_eq!(render(&mut values, "{case '12'}").unwrap(), "12");
    }

    #[test]
    fn gzip_is_gzip() {
        let mut values = values("let w = abc", 1);
        let bytes = values.render(&Template::parse("{gzip w}").unwrap(), Scope::default()).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }
}
