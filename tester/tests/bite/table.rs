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
mod texts;
mod variants;

/// One server: what it does differently, and what must be found. Stages go by their ids, so that a new number changes
/// nothing here.
pub(crate) struct Row {
    /// The stage whose lesson it misses; none for a server that is right.
    pub(crate) stage: Option<&'static str>,
    /// What is run: an own track, or some of its stages. Without any, the stages of the public challenge.
    pub(crate) run: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) exact: Fails,
    /// What fails under `--compat`.
    pub(crate) compat: Fails,
    /// What all failures are blamed on: one of these. `stages check` reads the ids of listed causes here.
    pub(crate) causes: &'static [Cause],
    pub(crate) change: fn(&mut Parts),
}

/// What a failure is blamed on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    /// The cause with this id.
    Id(&'static str),
    /// Rightly nothing: what differs says it all. What is wrong with bytes that are not HTTP; else the kind of the
    /// difference; else that of the failure.
    NoCause(&'static str),
}

/// The stages that fail: ids, or `FIRST..LAST` for a run of them.
#[derive(Clone, Copy)]
pub(crate) enum Fails {
    /// These, and no others.
    These(&'static [&'static str]),
    /// Others may fail as well: the mistake is one of time.
    AtLeast(&'static [&'static str]),
}

impl<const N: usize> From<&'static [&'static str; N]> for Fails {
    fn from(stages: &'static [&'static str; N]) -> Fails {
        Fails::These(stages)
    }
}

fn at_least(stages: &'static [&'static str]) -> Fails {
    Fails::AtLeast(stages)
}

pub(crate) fn table() -> Vec<Row> {
    let public =
        [answers::rows(), texts::rows(), files::rows(), compression::rows(), persistence::rows(), variants::rows()];
    let own: [(&[&str], Vec<Row>); 9] = [
        // One line for each track.
        (&["methods"], methods::rows()),
        (&["caching"], caching::rows()),
        // The last two stages of this track are about many clients, and too heavy to be run for each mistake.
        (&["ho1", "ho2", "ho3", "ho4"], hostile::requests()),
        (&["ho5", "ho6"], hostile::clients()),
        (&["hostile"], hostile::variants()),
        (&["bodies"], bodies::rows()),
        (&["pipelining"], pipelining::rows()),
        (&["mirror"], mirror::rows()),
        (&["pages"], pages::rows()),
    ];
    let own = own.into_iter().flat_map(|(run, rows)| rows.into_iter().map(move |row| Row { run, ..row }));
    public.into_iter().flatten().chain(own).collect()
}

fn row(
    stage: &'static str,
    name: &'static str,
    exact: impl Into<Fails>,
    compat: impl Into<Fails>,
    causes: &'static [Cause],
    change: fn(&mut Parts),
) -> Row {
    Row { stage: Some(stage), run: &[], name, exact: exact.into(), compat: compat.into(), causes, change }
}

/// A mistake that stages of an own track find. They ask the same with and without `--compat`.
fn own(
    stage: &'static str,
    name: &'static str,
    exact: impl Into<Fails>,
    causes: &'static [Cause],
    change: fn(&mut Parts),
) -> Row {
    row(stage, name, exact, &[], causes, change)
}

fn right(name: &'static str, change: fn(&mut Parts)) -> Row {
    Row { stage: None, run: &[], name, exact: Fails::These(&[]), compat: Fails::These(&[]), causes: &[], change }
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
