//! The record of a grading remote: one line of JSON for each grading, in a file that only ever grows.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::{
    grading::{StageGrade, Verdict},
    sandbox::tier::Tier,
};

/// One grading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grading {
    /// When it ended.
    pub time: Timestamp,
    /// The commit, as a full object id.
    pub commit: String,
    /// The branch that it was pushed to, without `refs/heads/`.
    pub branch: String,
    /// True if it counts for the learner's progress: it was pushed to the default branch.
    pub counts: bool,
    /// The track that this push chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    /// The seed of its random values.
    pub seed: u64,
    /// The sandbox that it ran in.
    pub tier: Tier,
    /// The verdict on all of it.
    pub verdict: Verdict,
    /// More about the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Ids of the stages that were to be run, in order.
    pub asked: Vec<String>,
    /// The stages that were run, in order.
    pub stages: Vec<StageGrade>,
    /// Time of the whole, with checking out and compiling.
    pub milliseconds: u64,
}

/// The file.
#[derive(Clone, Debug)]
pub struct Record {
    path: PathBuf,
}

/// The contents of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The gradings, oldest first.
    pub entries: Vec<Grading>,
    /// Numbers of lines that are none, from 1. A crash while one was written leaves such a line.
    pub unreadable: Vec<usize>,
}

/// The record while nobody else can write to it. Dropping it lets others in.
#[derive(Debug)]
pub struct Locked {
    file: File,
}

impl Record {
    /// The record in this file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Record {
        Record { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All gradings so far. Needs no lock: a line that is being written has no end yet, and is left out.
    ///
    /// # Errors
    /// The file cannot be read; one that is not there is an empty record.
    pub fn read(&self) -> Result<Contents> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(Contents::parse(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Contents::default()),
            Err(error) => Err(error).with_context(|| format!("the record {} cannot be read", self.path.display())),
        }
    }

    /// Waits until nobody else writes, and keeps others from it.
    ///
    /// # Errors
    /// The file cannot be opened or locked.
    pub fn lock(&self) -> Result<Locked> {
        let open = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
            while let Err(error) = flock(&file, FlockOperation::LockExclusive) {
                if error != rustix::io::Errno::INTR {
                    return Err(error.into());
                }
            }
            Ok(file)
        };
        let file = open().with_context(|| format!("the record {} cannot be written", self.path.display()))?;
        Ok(Locked { file })
    }
}

impl Locked {
    /// Adds a grading, and returns once it is on disk.
    ///
    /// # Errors
    /// The system refuses. The record is as it was, but for a line that cannot be read.
    pub fn append(&mut self, entry: &Grading) -> Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let length = self.file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if length > 0 {
            self.file.seek(SeekFrom::End(-1))?;
            self.file.read_exact(&mut last)?;
        }
        // A line that a crash cut off stays a line of its own: nothing that is in the file is ever changed.
        if last != [b'\n'] {
            line.insert(0, b'\n');
        }
        self.file.write_all(&line).and_then(|()| self.file.sync_all()).context("the record cannot be written")
    }

    /// All gradings so far.
    pub fn read(&mut self) -> Result<Contents> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes).context("the record cannot be read")?;
        Ok(Contents::parse(&bytes))
    }
}

impl Contents {
    /// Reads lines. What stands after the last line feed is still being written, or was cut off.
    pub fn parse(bytes: &[u8]) -> Contents {
        let mut contents = Contents::default();
        let end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        for (index, line) in bytes[..end].split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(entry) => contents.entries.push(entry),
                Err(_) => contents.unreadable.push(index + 1),
            }
        }
        contents
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A grading of `asked` in which `passed` passed, and the next one failed.
    pub(crate) fn grading(asked: &[&str], passed: usize) -> Grading {
        let verdict = |passed| if passed { Verdict::Passed } else { Verdict::Wrong };
        let run = |(index, id): (usize, &&str)| StageGrade {
            number: 0,
            id: (*id).to_owned(),
            track: "base".to_owned(),
            milliseconds: 7,
            verdict: verdict(index < passed),
            why: None,
        };
        Grading {
            time: Timestamp::from_second(1_700_000_000).unwrap(),
            commit: "c0ffee".repeat(7)[..40].to_owned(),
            branch: "main".to_owned(),
            counts: true,
            track: None,
            seed: 7,
            tier: Tier::None,
            verdict: verdict(passed == asked.len()),
            why: None,
            asked: asked.iter().map(|id| (*id).to_owned()).collect(),
            stages: asked.iter().enumerate().map(run).take(passed + 1).collect(),
            milliseconds: 50,
        }
    }

    #[test]
    fn what_is_appended_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::new(folder.path().join("record.jsonl"));
        assert_eq!(record.read().unwrap(), Contents::default());
        let entries = [grading(&["at4"], 0), grading(&["at4", "ia4"], 2)];
        for entry in &entries {
            record.lock().unwrap().append(entry).unwrap();
        }
        let mut locked = record.lock().unwrap();
        assert_eq!(locked.read().unwrap(), record.read().unwrap());
        assert_eq!(record.read().unwrap(), Contents { entries: entries.to_vec(), unreadable: Vec::new() });
    }

    #[test]
    fn a_crash_at_any_byte_loses_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let (first, second, third) = (grading(&["at4"], 0), grading(&["at4"], 1), grading(&["at4", "ia4"], 1));
        let record = Record::new(&path);
        record.lock().unwrap().append(&first).unwrap();
        let before = std::fs::read(&path).unwrap();
        record.lock().unwrap().append(&second).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in before.len()..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(record.read().unwrap().entries, std::slice::from_ref(&first), "{cut}");
            record.lock().unwrap().append(&third).unwrap();
            let found = record.read().unwrap();
            // Only the line feed was missing: then the line is whole after all.
            let entries = if cut + 1 == whole.len() {
                vec![first.clone(), second.clone(), third.clone()]
            } else {
                vec![first.clone(), third.clone()]
            };
            assert_eq!(found.entries, entries, "{cut}");
            let broken = cut > before.len() && cut + 1 < whole.len();
            assert_eq!(found.unreadable, if broken { vec![2] } else { Vec::new() }, "{cut}");
            assert!(std::fs::read(&path).unwrap().starts_with(&whole[..cut]), "{cut}: it was changed");
        }
    }

    #[test]
    fn writers_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::new(folder.path().join("record.jsonl"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        record.lock().unwrap().append(&grading(&["at4"], 1)).unwrap();
                    }
                });
            }
        });
        let contents = record.read().unwrap();
        assert_eq!((contents.entries.len(), contents.unreadable.len()), (80, 0));
    }

    /// A line as it was written when a stage also said whether it had passed, and a sandbox was wanted, not chosen.
    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let line = r#"{"time":"2025-11-14T22:13:20Z","commit":"c0ffee","branch":"main","counts":true,"seed":7,"tier":"unshare","verdict":"wrong","why":"No.","asked":["at4","ia4"],"stages":[{"number":1,"id":"at4","track":"base","passed":true,"milliseconds":7,"verdict":"passed","why":null},{"number":2,"id":"ia4","track":"base","passed":false,"milliseconds":9,"verdict":"wrong","why":"No."}],"milliseconds":50}"#;
        let contents = Contents::parse(format!("{line}\n").as_bytes());
        assert!(contents.unreadable.is_empty());
        let stages = &contents.entries[0].stages;
        assert_eq!((stages[0].passed(), stages[1].passed()), (true, false));
        assert_eq!((stages[1].verdict, stages[1].why.as_deref()), (Verdict::Wrong, Some("No.")));
        let written = serde_json::to_string(&contents.entries[0]).unwrap();
        assert_eq!(written, line.replace(r#""passed":true,"#, "").replace(r#""passed":false,"#, ""));
    }

    #[test]
    fn what_a_later_version_adds_does_no_harm() {
        let line = serde_json::to_string(&grading(&["at4"], 1)).unwrap().replacen('{', "{\"more\":[1],", 1);
        assert_eq!(Contents::parse(format!("{line}\n").as_bytes()).entries, [grading(&["at4"], 1)]);
        assert_eq!(Contents::parse(b"\0\0\0\n[]\n\n").unreadable, [1, 2]);
    }
}
