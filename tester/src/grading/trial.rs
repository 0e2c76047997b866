//! The confinement of a commit's scripts, tried out with a program that does nothing.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use crate::{
    grading::messages::Job,
    program::{Launch, Program},
    sandbox::{cell::Cell, root},
};

/// Longest time for the sandbox to run a program that does nothing.
const TRIAL: Duration = Duration::from_secs(20);

/// The confinement of scripts.
pub(super) fn cell(job: &Job, in_root: bool) -> Cell {
    let (folder, temporary) = if in_root {
        (PathBuf::from(root::APP), PathBuf::from("/tmp"))
    } else {
        (job.scratch.join("app"), job.scratch.join("tmp"))
    };
    let order = &job.order;
    let cell = Cell::new(order.tier, job.user, folder, &temporary, &order.toolchain, order.limits);
    Cell { bubblewrap: job.bubblewrap.clone(), ..cell }
}

/// Runs a program that does nothing, in this root, in the way in which the commit's are run.
pub(super) fn try_cell(job: &Job) -> Result<(), String> {
    let cell = cell(job, true);
    let launch = Launch {
        command: vec!["true".into()],
        folder: cell.folder.clone(),
        sweep: None,
        namespace: true,
        cell: Some(Arc::new(cell)),
    };
    let (said, hears) = mpsc::channel();
    let start = Program::start(&launch, move |line| drop(said.send(line)));
    let mut program = start.map_err(|error| error.to_string())?;
    let deadline = Instant::now() + TRIAL;
    let mut ended = None;
    // If the sandbox breaks, something of it may hang.
    while ended.is_none() && program.broken().is_none() && Instant::now() < deadline {
        ended = program.ended_within(Duration::from_millis(10));
    }
    program.stop();
    if program.succeeded() {
        return Ok(());
    }
    let said: Vec<_> = hears.try_iter().take(5).collect();
    Err(match (said.is_empty(), program.broken(), ended) {
        (false, ..) => said.join("; "),
        (true, Some(broken), _) => broken.to_string(),
        (true, None, Some(ending)) => ending.to_string(),
        (true, None, None) => format!("not finished after {} s", TRIAL.as_secs()),
    })
}
