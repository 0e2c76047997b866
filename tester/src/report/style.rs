//! The colours of everything that is told to people, and how a line is told.

use std::io::Write;

use anstyle::{AnsiColor, Style};

/// As it is.
pub(crate) const PLAIN: Style = Style::new();
/// For headings, and what is next.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what stands in the background.
pub(crate) const DIM: Style = Style::new().dimmed();
/// For what is right.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// For what is wrong.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// For advice, and for what other programs say.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For who speaks.
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Writes a line. Nobody may be there to read it any more, as when `head` has ended: the work goes on.
pub(crate) fn tell(out: &mut dyn Write, style: Style, text: &str) {
    let _ = writeln!(out, "{style}{text}{style:#}");
    let _ = out.flush();
}
