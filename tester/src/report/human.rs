//! The report for people.

use std::io::Write;

use anstyle::Style;

use super::style::{BOLD, CYAN, DIM, GREEN, PLAIN, RED, YELLOW};
use crate::{
    judge::difference::{Difference, Mismatch, first_difference},
    os::exit::Exit,
    run::{
        connection::Traffic,
        events::{Entry, Observer, Outcome},
        failure::{Failure, Wrong},
    },
    stage::catalog::Stage,
    text,
};

/// Most lines of one entry of the exchange that are shown.
const LINES: usize = 14;
/// Most entries of the exchange that are shown.
const ENTRIES: usize = 8;

/// Writes the report as it happens.
pub struct Human<'a> {
    out: &'a mut dyn Write,
    quiet: bool,
    /// The command that runs a stage again.
    repeat_command: Box<dyn Fn(&Stage) -> String + 'a>,
    seed: u64,
    /// With `quiet`: what is told if the stage fails.
    held: Vec<String>,
}

impl<'a> Human<'a> {
    /// A report on `out`. `quiet` tells only of stages that fail.
    pub fn new(
        out: &'a mut dyn Write,
        quiet: bool,
        seed: u64,
        repeat_command: impl Fn(&Stage) -> String + 'a,
    ) -> Human<'a> {
        Human { out, quiet, repeat_command: Box::new(repeat_command), seed, held: Vec::new() }
    }

    fn line(&mut self, line: String) {
        if self.quiet {
            self.held.push(line);
        } else {
            self.print(&line);
        }
    }

    fn print(&mut self, line: &str) {
        // A reader that has gone away, as `head` does, wants no more.
        let _ = writeln!(self.out, "{line}");
        let _ = self.out.flush();
    }

    fn tell(&mut self, stage: &Stage, style: Style, text: &str) {
        let prefix = prefix(stage);
        self.line(format!("{CYAN}{prefix}{CYAN:#}{style}{text}{style:#}"));
    }
}

/// A hint where to look when a program does not compile. `not_found`: the script ended because a command is not there.
pub fn compiler_said(not_found: bool) -> &'static str {
    if not_found {
        "The script needs a command that is not installed, see above under [compile]; `stages doctor` lists what is. Once \
         it is installed, run `stages remote`, so that gradings find it, too."
    } else {
        "What .codecrafters/compile.sh printed is above, under [compile]."
    }
}

/// The prefix of each line of a stage.
pub fn prefix(stage: &Stage) -> String {
    format!("[tester::{}] ", stage.tag())
}

impl Observer for Human<'_> {
    fn begin(&mut self, stage: &Stage) {
        self.held.clear();
        self.tell(stage, BOLD, &format!("Stage {}: {}", stage.number, stage.page.title));
    }

    fn entry(&mut self, stage: &Stage, entry: Entry) {
        let style = match &entry {
            Entry::Note(_) | Entry::Command(_) => PLAIN,
            Entry::Tick(_) => GREEN,
            Entry::Deviation(_) => YELLOW,
            Entry::Bytes(_) => DIM,
            // The learner's own words have a colour of their own.
            Entry::Program(text) => return self.line(format!("{YELLOW}[your_program]{YELLOW:#} {text}")),
        };
        self.tell(stage, style, &entry.to_string());
    }

    fn end(&mut self, stage: &Stage, outcome: &Outcome) {
        let Some(failure) = &outcome.failure else {
            self.tell(stage, GREEN, &format!("Passed in {} ms.", outcome.time.as_millis()));
            self.line(String::new());
            return;
        };
        for line in std::mem::take(&mut self.held) {
            self.print(&line);
        }
        let repeat_command = (self.repeat_command)(stage);
        for (style, text) in explain(failure, stage, self.seed, &repeat_command) {
            let prefix = prefix(stage);
            self.print(format!("{CYAN}{prefix}{CYAN:#}{style}{text}{style:#}").trim_end());
        }
    }
}

/// Everything that a failure needs to be understood without a second run.
pub fn explain(failure: &Failure, stage: &Stage, seed: u64, repeat_command: &str) -> Vec<(Style, String)> {
    let mut lines = vec![(RED, format!("✗ {}", failure.summary()))];
    match failure {
        Failure::Wrong(wrong) => {
            lines.extend(compare(&wrong.difference).into_iter().map(|text| (PLAIN, text)));
            lines.extend(likely(failure));
            lines.extend(exchange(wrong).into_iter().map(|text| (DIM, text)));
        }
        Failure::Died { .. } => {
            lines.extend(likely(failure));
            lines.push((YELLOW, "  Its output before that, if any, is above, under [your_program].".to_owned()));
        }
        // The summary says it all.
        Failure::NotStarted { .. } => {}
        Failure::NotCompiled { how } => {
            let not_found = how.exit().is_some_and(Exit::is_command_not_found);
            lines.push((YELLOW, format!("  {}", compiler_said(not_found))));
        }
        Failure::NotListening { .. } => lines.extend(likely(failure)),
        Failure::Limit(_) | Failure::Tester(_) => {}
    }
    if let Some(line) = failure.line() {
        lines.push((DIM, format!("  Expected by {}:{line} (seed {seed}).", stage.path.display())));
    }
    if !matches!(failure, Failure::NotCompiled { .. }) {
        lines.push((PLAIN, format!("  Again: {repeat_command}")));
    }
    lines
}

/// The likely cause, if one is known.
fn likely(failure: &Failure) -> Option<(Style, String)> {
    let text = failure.cause()?.text;
    let stop = if text.ends_with('?') { "" } else { "." };
    Some((YELLOW, format!("  Likely cause: {text}{stop}")))
}

/// Expected and received, with a mark under the first byte that differs.
pub fn compare(difference: &Difference) -> Vec<String> {
    let Difference { what, expected, received, at } = difference;
    // If a text is missing there is no byte to point at; the exchange shows the body.
    if expected.is_empty() && received.is_empty() || matches!(what, Mismatch::Lacks(_)) {
        return Vec::new();
    }
    // A response that is no HTTP is shown line by line: the line in question, and the one that should be there.
    let start =
        |bytes: &[u8], at: usize| memchr::memrchr(b'\n', &bytes[..at.min(bytes.len())]).map_or(0, |end| end + 1);
    let from = start(received, *at);
    let common = first_difference(expected, received).min(*at);
    let from_expected = if common < *at { from.min(expected.len()) } else { start(expected, *at) };
    let line = |bytes: &[u8], from: usize, at: usize| {
        let rest = &bytes[from.min(bytes.len())..];
        let mark = at.saturating_sub(from);
        // As far as the end of the line in which the mark is.
        let end =
            rest.get(mark..).and_then(|tail| memchr::memchr(b'\n', tail)).map_or(rest.len(), |end| mark + end + 1);
        text::excerpt(&rest[..end], mark)
    };
    let shown = |bytes: &[u8], (text, column): (String, usize)| {
        if bytes.is_empty() { ("(nothing)".to_owned(), 0) } else { (text, column) }
    };
    let (wanted, _) = shown(expected, line(expected, from_expected, *at));
    let (found, column) = shown(received, line(received, from, *at));
    // Nothing was expected in place of a text that must not be there.
    let unwanted = matches!(what, Mismatch::Holds(_));
    let mut lines = if unwanted { Vec::new() } else { vec![format!("  expected  {wanted}")] };
    lines.push(format!("  received  {found}"));
    if !received.is_empty() {
        lines.push(format!("            {}^ byte {} of {}", " ".repeat(column), at + 1, text::bytes(received.len())));
    }
    if what.is_of_content() && !unwanted && expected.len() != received.len() && expected.len().max(received.len()) > 60
    {
        lines.push(format!("  {} expected, {} received", text::bytes(expected.len()), text::bytes(received.len())));
    }
    lines
}

/// The traffic on the connection, byte for byte, with line ends visible.
fn exchange(wrong: &Wrong) -> Vec<String> {
    let Some(conn) = wrong.conn.as_ref().filter(|_| !wrong.traffic.is_empty()) else {
        return Vec::new();
    };
    let mut lines = vec![format!("  The exchange on connection {conn} so far:")];
    let skipped = wrong.traffic.len().saturating_sub(ENTRIES);
    if skipped > 0 {
        lines.push(format!("    … ({skipped} earlier parts)"));
    }
    for part in &wrong.traffic[skipped..] {
        let (mark, bytes) = match part {
            Traffic::Sent(bytes) => ('>', bytes),
            Traffic::Received(bytes) => ('<', bytes),
            Traffic::Finished => {
                lines.push("    * the client shuts down its sending side".to_owned());
                continue;
            }
            Traffic::Ended(how) => {
                lines.push(format!("    * {how} by the program"));
                continue;
            }
        };
        lines.extend(text::lines(bytes, LINES).iter().map(|line| format!("    {mark} {line}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_is_missing_is_no_mistake_in_the_program() {
        assert!(compiler_said(true).contains("stages doctor"));
        assert!(compiler_said(false).contains("[compile]"));
    }

    #[test]
    fn a_text_is_pointed_at_only_where_it_stands() {
        let difference = |what, at| Difference { at, ..Difference::new(what, b"", b"<p>\na b\n") };
        assert!(compare(&difference(Mismatch::Lacks(vec![b"c".to_vec()]), 0)).is_empty());
        assert_eq!(
            compare(&difference(Mismatch::Holds(b"b".to_vec()), 6)),
            ["  received  a b\\n", "              ^ byte 7 of 8 bytes"]
        );
    }
}
