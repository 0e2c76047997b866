//! The report for people.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::{
    judge::compare::{self, Difference, first_difference},
    run::{
        connection::{Ended, Traffic},
        failure::{Entry, Failure, Wrong},
        schedule::{Observer, Outcome},
    },
    stage::catalog::Stage,
    text,
};

/// Most lines of one entry of the exchange that are shown.
const LINES: usize = 14;
/// Most entries of the exchange that are shown.
const ENTRIES: usize = 8;

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// Writes the report as it happens.
pub struct Human<'a> {
    out: &'a mut dyn Write,
    quiet: bool,
    /// The command that runs a stage again, up to the stage.
    again: Box<dyn Fn(&Stage) -> String + 'a>,
    seed: u64,
    /// With `quiet`: what is told if the stage fails.
    held: Vec<String>,
}

impl<'a> Human<'a> {
    /// A report on `out`. `quiet` tells only of stages that fail.
    pub fn new(out: &'a mut dyn Write, quiet: bool, seed: u64, again: impl Fn(&Stage) -> String + 'a) -> Human<'a> {
        Human { out, quiet, again: Box::new(again), seed, held: Vec::new() }
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

/// Where to look when a program does not compile, whose build ended like `how`.
pub fn compiler_said(how: &str) -> &'static str {
    match how.contains("exit code 127") {
        // A shell's code for it.
        true => {
            "It asks for a command that is not there, see above under [compile]; `stages doctor` says what is. \
             Once it is installed, `stages remote` lets pushes have it."
        }
        false => "What .codecrafters/compile.sh printed is above, under [compile].",
    }
}

/// What stands before each line of a stage.
pub fn prefix(stage: &Stage) -> String {
    format!("[tester::{}] ", stage.tag())
}

impl Observer for Human<'_> {
    fn begin(&mut self, stage: &Stage) {
        self.held.clear();
        self.tell(stage, Style::new().bold(), &format!("Stage {}: {}", stage.number, stage.page.title));
    }

    fn entry(&mut self, stage: &Stage, entry: Entry) {
        match entry {
            Entry::Note(text) => self.tell(stage, Style::new(), &text),
            Entry::Command(text) => self.tell(stage, Style::new(), &format!("$ {text}")),
            Entry::Tick(text) => self.tell(stage, GREEN, &format!("✓ {text}")),
            Entry::Deviation(text) => self.tell(stage, YELLOW, &format!("! {text} (tolerated)")),
            Entry::Bytes(text) => self.tell(stage, DIM, &text),
            Entry::Program(text) => self.line(format!("{YELLOW}[your_program]{YELLOW:#} {text}")),
        }
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
        let again = (self.again)(stage);
        for (style, text) in explain(failure, stage, self.seed, &again) {
            let prefix = prefix(stage);
            self.print(format!("{CYAN}{prefix}{CYAN:#}{style}{text}{style:#}").trim_end());
        }
    }
}

/// Everything that a failure needs to be understood without a second run.
pub fn explain(failure: &Failure, stage: &Stage, seed: u64, again: &str) -> Vec<(Style, String)> {
    let plain = Style::new();
    let mut lines = vec![(RED, format!("✗ {}", failure.summary()))];
    match failure {
        Failure::Wrong(wrong) => {
            lines.extend(compare(&wrong.difference).into_iter().map(|text| (plain, text)));
            if let Some(cause) = &wrong.cause {
                let stop = if cause.ends_with('?') { "" } else { "." };
                lines.push((YELLOW, format!("  Likely cause: {cause}{stop}")));
            }
            lines.extend(exchange(wrong).into_iter().map(|text| (DIM, text)));
        }
        Failure::Died { .. } => {
            lines.push((YELLOW, "  What it printed before, if anything, is above, under [your_program].".to_owned()));
        }
        // The summary says it all.
        Failure::NotStarted { .. } => {}
        Failure::NotCompiled { how } => lines.push((YELLOW, format!("  {}", compiler_said(how)))),
        Failure::NotListening { listened, .. } => {
            let cause = match listened {
                false => "it listens on another port or address, or has not come as far as that",
                true => {
                    "it serves one client after the other, or has no descriptor left for one more: close what has come to its end"
                }
            };
            lines.push((YELLOW, format!("  Likely cause: {cause}.")));
        }
        Failure::Limit(_) | Failure::Tester(_) => {}
    }
    if let Some(line) = failure.line() {
        lines.push((DIM, format!("  Asked for at {}:{line}; seed {seed}.", stage.path.display())));
    }
    if !matches!(failure, Failure::NotCompiled { .. }) {
        lines.push((plain, format!("  Again: {again}")));
    }
    lines
}

/// Expected and received, with a mark under the first byte that differs.
pub fn compare(difference: &Difference) -> Vec<String> {
    let Difference { expected, received, at, .. } = difference;
    // Where a text is missing there is no byte to point at; the exchange shows the body.
    if expected.is_empty() && received.is_empty() || difference.what.starts_with(compare::LACKS) {
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
    let shown = |bytes: &[u8], (text, column): (String, usize)| match bytes.is_empty() {
        true => ("(nothing)".to_owned(), 0),
        false => (text, column),
    };
    let (wanted, _) = shown(expected, line(expected, from_expected, *at));
    let (found, column) = shown(received, line(received, from, *at));
    let looked_for = difference.what.starts_with(compare::HOLDS);
    let mut lines = if looked_for { Vec::new() } else { vec![format!("  expected  {wanted}")] };
    lines.push(format!("  received  {found}"));
    if !received.is_empty() {
        lines.push(format!("            {}^ byte {} of {}", " ".repeat(column), at + 1, text::bytes(received.len())));
    }
    let whole = difference.what.starts_with("The body") || difference.what.starts_with("The file");
    if whole && !looked_for && expected.len() != received.len() && expected.len().max(received.len()) > 60 {
        lines.push(format!("  {} expected, {} received", text::bytes(expected.len()), text::bytes(received.len())));
    }
    lines
}

/// What happened on the connection, byte for byte, with line ends visible.
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
                lines.push("    * the client says that it sends no more".to_owned());
                continue;
            }
            Traffic::Ended(how) => {
                lines.push(format!(
                    "    {}",
                    if *how == Ended::Reset { "* reset by the program" } else { "* closed by the program" }
                ));
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
    use crate::judge::compare::Class;

    #[test]
    fn a_compiler_that_is_missing_is_no_mistake_in_the_program() {
        assert!(compiler_said("exit code 127").contains("stages doctor"));
        assert!(compiler_said("exit code 1").contains("[compile]"));
    }

    #[test]
    fn a_text_is_pointed_at_only_where_it_stands() {
        let difference = |what: &str, at| {
            let what = format!("{what} `b`");
            Difference { at, ..Difference::new(Class::Error, what, b"", b"<p>\na b\n") }
        };
        assert!(compare(&difference(compare::LACKS, 0)).is_empty());
        assert_eq!(
            compare(&difference(compare::HOLDS, 6)),
            ["  received  a b\\n", "              ^ byte 7 of 8 bytes"]
        );
    }
}
