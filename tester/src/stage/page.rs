//! A stage's page: what its head says of the stage, and the exchanges that it shows.

use serde::{Deserialize, Serialize};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The title, from the first line.
    pub title: String,
    /// The id: three letters or digits.
    pub id: String,
    /// Its level.
    pub level: String,
    /// The track that it belongs to.
    pub track: String,
    /// The whole text.
    pub text: String,
}

/// An exchange that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Line of the page on which it begins, from 1.
    pub line: usize,
    /// Its lines: whether the client sends it, and its text.
    pub lines: Vec<(bool, String)>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// Its head lacks something.
    pub fn parse(text: &str) -> Result<Page, String> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let title = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("line 1 must be `# Title`")?;
        let metadata = lines.next().unwrap_or_default();
        let value = |key: &str| {
            metadata
                .split(" · ")
                .find_map(|part| part.split_once(": ").filter(|(name, _)| *name == key))
                .map(|(_, value)| value.trim().to_owned())
                .ok_or_else(|| {
                    format!(
                        "the line after the title must be like `id: cn2 · level: easy · track: base`; it has no `{key}`"
                    )
                })
        };
        let id = value("id")?;
        if id.len() != 3 || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(format!("the id `{id}` is not three small letters or digits"));
        }
        Ok(Page {
            title: title.trim().to_owned(),
            id,
            level: value("level")?,
            track: value("track")?,
            text: text.to_owned(),
        })
    }

    /// The exchanges on it: fenced blocks marked `http`.
    ///
    /// # Errors
    /// A line in one that is neither sent nor received.
    pub fn examples(&self) -> Result<Vec<Example>, String> {
        let mut examples = Vec::new();
        let mut open: Option<Example> = None;
        for (index, line) in self.text.lines().enumerate() {
            let number = index + 1;
            match (&mut open, line) {
                (None, "```http") => open = Some(Example { line: number, lines: Vec::new() }),
                (None, _) => {}
                (Some(_), "```") => examples.extend(open.take()),
                (Some(example), _) => {
                    let marked = |marker| {
                        line.strip_prefix(marker).filter(|rest: &&str| rest.is_empty() || rest.starts_with(' '))
                    };
                    let (sent, text) = match (marked(">"), marked("<")) {
                        (Some(text), _) => (true, text),
                        (_, Some(text)) => (false, text),
                        _ => {
                            return Err(format!("{number}: a line of an exchange begins with `>` or `<`"));
                        }
                    };
                    example.lines.push((sent, text.strip_prefix(' ').unwrap_or(text).to_owned()));
                }
            }
        }
        match open {
            Some(example) => Err(format!("{}: this block has no end", example.line)),
            None => Ok(examples),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A title\n\nid: ab1 · level: very easy · track: base\n\nText.\n\n```http\n> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n<\n```\n";

    #[test]
    fn the_head_and_the_examples_are_read() {
        let page = Page::parse(PAGE).unwrap();
        assert_eq!(
            (page.title.as_str(), page.id.as_str(), page.level.as_str(), page.track.as_str()),
            ("A title", "ab1", "very easy", "base")
        );
        let examples = page.examples().unwrap();
        assert_eq!((examples.len(), examples[0].line), (1, 7));
        assert_eq!(examples[0].lines[2], (false, "HTTP/1.1 200 OK".to_owned()));
    }

    #[test]
    fn what_is_missing_is_said() {
        for (from, to, what) in [
            ("# A title", "A title", "line 1"),
            ("id: ab1", "id: ab12", "three small letters"),
            ("level: very easy", "levels: 1", "no `level`"),
        ] {
            assert!(Page::parse(&PAGE.replace(from, to)).unwrap_err().contains(what));
        }
        for (from, to, what) in [("< HTTP", "HTTP", "10: a line"), ("```\n", "", "7: this block")] {
            assert!(Page::parse(&PAGE.replace(from, to)).unwrap().examples().unwrap_err().starts_with(what));
        }
    }
}
