//! The report as TAP, version 14.

use std::io;

use super::results::{Repeat, Results};

/// Writes it.
///
/// # Errors
/// An error of `out`.
pub fn write(results: &Results, out: &mut dyn io::Write, repeat: Repeat) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{}", results.stages.len())?;
    for (index, recorded) in results.stages.iter().enumerate() {
        let number = index + 1;
        // A `#` would begin a directive.
        let name = recorded.name().replace('\\', "\\\\").replace('#', "\\#");
        let Some(failure) = recorded.failure() else {
            writeln!(out, "ok {number} - {name}")?;
            continue;
        };
        writeln!(out, "not ok {number} - {name}\n  ---")?;
        // A JSON string is a YAML string.
        writeln!(out, "  message: {}", serde_json::to_string(&failure.summary())?)?;
        writeln!(out, "  kind: {}", failure.verdict().name())?;
        writeln!(out, "  details: |-")?;
        for line in recorded.details(failure, repeat) {
            // The first line of a block decides how far it is indented, so none may begin with more.
            writeln!(out, "    {}", line.trim_start())?;
        }
        writeln!(out, "  ...")?;
    }
    Ok(())
}
