//! What a head costs to parse, by its size: in memory, without a server.

use std::{hint::black_box, time::Instant};

use anyhow::{Result, ensure};
use http_server::http::{
    connection::{Connection, Event},
    limits::Limits,
};

use crate::table::{Table, short};

/// Sizes of heads, in bytes.
const SIZES: [usize; 6] = [100, 400, 1600, 6400, 25_600, 64_000];
/// Bytes to parse for one figure: some milliseconds.
const BYTES: usize = 4_000_000;
const ROUNDS: usize = 9;

/// A kind of head, and how one of about this size is made.
type Kind = (&'static str, fn(usize) -> String);

/// Those that a client might send to hold the server up, besides the usual one.
const KINDS: [Kind; 5] = [
    ("usual fields", |size| fields(size, "Accept-Language: en-GB,en;q=0.7,de;q=0.3, and some more of the like\r\n")),
    ("one long field", |size| format!("X: {}\r\n", "v".repeat(size.saturating_sub(50)))),
    ("shortest fields", |size| fields(size, "a:\r\n")),
    ("spaces", |size| format!("X:{}v\r\n", " ".repeat(size.saturating_sub(50)))),
    ("members of a list", |size| format!("Connection: {}\r\n", ",".repeat(size.saturating_sub(60)))),
];

fn fields(size: usize, line: &str) -> String {
    line.repeat(size.saturating_sub(45) / line.len())
}

/// Nanoseconds for each kind and size, and for a byte of the largest.
///
/// # Errors
/// A head is not understood.
pub(crate) fn table() -> Result<Table> {
    let mut header = vec!["head".to_owned()];
    header.extend(SIZES.map(|size| format!("{size} B")));
    header.push("ns/B, largest".to_owned());
    let mut table = Table::new(&header);
    for (name, make) in KINDS {
        let mut row = vec![name.to_owned()];
        let mut last = 0.0;
        for size in SIZES {
            let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", make(size));
            let nanoseconds = measure(head.as_bytes())?;
            last = nanoseconds / head.len() as f64;
            row.push(short(nanoseconds));
        }
        row.push(short(last));
        table.row(row);
    }
    let mut row = vec!["usual fields, byte by byte".to_owned()];
    let mut last = 0.0;
    for size in SIZES {
        let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", KINDS[0].1(size));
        let nanoseconds = measure_in_bytes(head.as_bytes())?;
        last = nanoseconds / head.len() as f64;
        row.push(short(nanoseconds));
    }
    row.push(short(last));
    table.row(row);
    Ok(table)
}

fn limits() -> Limits {
    Limits { head: 1 << 20, fields: 1 << 20, ..Limits::default() }
}

/// Nanoseconds for a head that arrives at once.
fn measure(head: &[u8]) -> Result<f64> {
    ensure!(matches!(Connection::new(limits()).receive(head).event, Event::Head(_)), "a head is refused");
    repeat(head.len(), || {
        black_box(Connection::new(limits()).receive(black_box(head)));
    })
}

/// Nanoseconds for a head of which each byte arrives by itself.
fn measure_in_bytes(head: &[u8]) -> Result<f64> {
    repeat(head.len() * 20, || {
        let mut connection = Connection::new(limits());
        for end in 1..=head.len() {
            black_box(connection.receive(black_box(&head[..end])));
        }
    })
}

fn repeat(bytes: usize, mut run: impl FnMut()) -> Result<f64> {
    let times = (BYTES / bytes).max(3);
    let mut round = || {
        let begun = Instant::now();
        (0..times).for_each(|_| run());
        begun.elapsed().as_nanos() as f64 / times as f64
    };
    // Whatever disturbs a round makes it longer, so the shortest tells most.
    Ok((0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min))
}
