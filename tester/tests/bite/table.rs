//! Every mistake, and where it must be found.

use crate::server::{Parts, Reply};

mod answers;
mod bodies;
mod caching;
mod compression;
mod files;
mod hostile;
mod methods;
mod mirror;
mod pages;
mod persistence;
mod pipelining;
mod variants;

/// One server: what it does differently, and what must be found.
pub(crate) struct Row {
    /// The stage whose lesson it misses; none for a server that is right.
    pub(crate) stage: Option<usize>,
    /// The own track (or a part of one) whose stages are run; without one, the stages of the public challenge.
    pub(crate) track: Option<&'static str>,
    pub(crate) name: &'static str,
    /// The stages that fail, as `2-5,7`. With a `+` at the end others may fail as well: the mistake is one of time.
    pub(crate) exact: &'static str,
    /// The stages that fail under `--compat`.
    pub(crate) compat: &'static str,
    /// What the causes of all failures hold: one of these, parted by `|`.
    pub(crate) cause: &'static str,
    pub(crate) change: fn(&mut Parts),
}

pub(crate) fn table() -> Vec<Row> {
    let public = [answers::rows(), files::rows(), compression::rows(), persistence::rows(), variants::rows()];
    let own = [
        // One line for each track.
        ("methods", methods::rows()),
        ("caching", caching::rows()),
        // The last two stages of this track are about many clients, and too heavy to be run for each mistake.
        ("41..44", hostile::requests()),
        ("45..46", hostile::clients()),
        ("hostile", hostile::variants()),
        ("bodies", bodies::rows()),
        ("pipelining", pipelining::rows()),
        ("mirror", mirror::rows()),
        ("pages", pages::rows()),
    ];
    let own =
        own.into_iter().flat_map(|(track, rows)| rows.into_iter().map(move |row| Row { track: Some(track), ..row }));
    public.into_iter().flatten().chain(own).collect()
}

fn row(
    stage: usize,
    name: &'static str,
    exact: &'static str,
    compat: &'static str,
    cause: &'static str,
    change: fn(&mut Parts),
) -> Row {
    Row { stage: Some(stage), track: None, name, exact, compat, cause, change }
}

/// A mistake that stages of an own track find. They ask the same with and without `--compat`.
fn own(stage: usize, name: &'static str, exact: &'static str, cause: &'static str, change: fn(&mut Parts)) -> Row {
    row(stage, name, exact, "", cause, change)
}

fn right(name: &'static str, change: fn(&mut Parts)) -> Row {
    Row { stage: None, track: None, name, exact: "", compat: "", cause: "", change }
}

/// The value of the first field whose name is found good.
fn field(head: &str, good: impl Fn(&str) -> bool) -> Option<String> {
    let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| good(name)).map(|(_, value)| value.trim().into())
}

fn rename(reply: &mut Reply, old: &str, new: &str) {
    for (name, _) in &mut reply.fields {
        if name == old {
            *name = new.into();
        }
    }
}
