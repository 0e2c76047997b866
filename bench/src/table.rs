//! Tables in Markdown, aligned so that they can be read as they are.

use std::{fmt, time::Duration};

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<S: ToString>(header: &[S]) -> Self {
        Table { rows: vec![header.iter().map(ToString::to_string).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        };
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                // The first column is words, the others are figures.
                if column == 0 { write!(f, "| {cell:width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for column in 0..row.len() {
                    write!(f, "|-{}{}", "-".repeat(width(column)), if column == 0 { "-" } else { ":" })?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// A number with thousands apart.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with three digits that count.
pub(crate) fn short(number: f64) -> String {
    match number {
        _ if !number.is_finite() => "–".to_owned(),
        _ if number >= 100.0 => whole(number),
        _ if number >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) const MIB: f64 = 1024.0 * 1024.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned() {
        let mut table = Table::new(&["a", "bcd"]);
        table.row(vec!["x × y".into(), whole(1234567.0)]);
        assert_eq!(table.to_string(), "| a     |       bcd |\n|-------|----------:|\n| x × y | 1,234,567 |\n");
        for (number, expected) in [(1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (1234.6, "1,235"), (f64::NAN, "–")]
        {
            assert_eq!(short(number), expected);
        }
    }
}
