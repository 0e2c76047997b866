//! The failure of a stage.

use std::fmt;

use crate::{
    causes::{Cause, Rule},
    judge::difference::Difference,
    os::exit::Exit,
    program::Ending,
    run::{
        connection::{self, Traffic},
        verdict::Verdict,
    },
};

/// A reason for a stage not to pass. Only the last is the tester's own fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The program ended when it was needed.
    Died {
        how: Ending,
        /// The tester's activity.
        during: Moment,
        /// True if it had listened before.
        listened: bool,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// The command that starts the program cannot be run.
    NotStarted {
        /// The system's error, and what it means.
        why: String,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// The program could not be compiled.
    NotCompiled {
        /// The end of the command.
        how: Ending,
    },
    /// Nothing listened on the port in time, or nothing does any more.
    NotListening {
        /// The port, and what was waited for.
        what: String,
        /// True if it had listened before.
        listened: bool,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// The response, or the silence, differs from what the page shows.
    Wrong(Box<Wrong>),
    /// The program went over a limit.
    Limit(Limit),
    /// The tester itself could not do its work.
    Tester(String),
}

/// The tester's activity when a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It waits until the program listens.
    Starting,
    /// It opens another connection.
    Connecting,
    /// It waits for a response.
    Waiting {
        /// True if the head of the request was sent in pieces.
        pieces: bool,
    },
    /// It has read the beginning of a response.
    Reading,
    /// It watches a connection that must stay open.
    Idle,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Moment::Starting => "waited for it to listen",
            Moment::Connecting => "opened another connection",
            Moment::Waiting { pieces: false } => "waited for a response",
            Moment::Waiting { pieces: true } => "waited for a response to a request that was sent in pieces",
            Moment::Reading => "was reading a response",
            Moment::Idle => "kept a connection open",
        })
    }
}

/// A limit that is set for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// On output: it prints far more than is shown, and was stopped.
    Output,
    /// On what it sends in one stage; also where the code is not pushed.
    Responses,
    /// On memory, in bytes, of all its processes.
    Memory(u64),
    /// On files, in bytes, all together.
    Disk(u64),
    /// On the time for compiling, in seconds.
    Compiling(u64),
}

/// A difference, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Line of the transcript, from 1.
    pub line: usize,
    /// The connection, where it is about one.
    pub conn: Option<String>,
    /// The difference.
    pub difference: Difference,
    /// The likely cause.
    pub cause: Option<Cause>,
    /// The traffic on the connection so far.
    pub traffic: Vec<Traffic>,
}

impl Failure {
    /// One line that says what happened.
    pub fn summary(&self) -> String {
        match self {
            Failure::Died { how, during, .. } => {
                format!("Your program ended ({how}) while the tester {during}.")
            }
            Failure::NotStarted { why, .. } => format!("Your program could not be started: {why}."),
            Failure::NotCompiled { how } => format!("Your program did not compile ({how})."),
            Failure::NotListening { what, .. } => format!("{what}."),
            Failure::Wrong(wrong) => format!("{}.", wrong.difference.what),
            Failure::Limit(Limit::Output) => "Your program printed far more than is shown, and was stopped.".to_owned(),
            Failure::Limit(Limit::Responses) => {
                format!(
                    "Your program sent more than {} MiB; no response in this stage is that long.",
                    connection::MOST >> 20
                )
            }
            Failure::Limit(Limit::Memory(most)) => {
                format!("Your program used more memory than it is allowed: {} MiB for all its processes.", most >> 20)
            }
            Failure::Limit(Limit::Disk(most)) => {
                format!("Your program filled the disk space it was given: {} MiB for all its files.", most >> 20)
            }
            Failure::Limit(Limit::Compiling(most)) => {
                format!("Your program did not compile within {most} s.")
            }
            Failure::Tester(why) => {
                format!("The tester itself failed, which is not your program's fault: {why}.")
            }
        }
    }

    /// The verdict that it comes to.
    pub fn verdict(&self) -> Verdict {
        match self {
            Failure::NotStarted { .. }
            | Failure::Died { listened: false, .. }
            | Failure::NotListening { listened: false, .. } => Verdict::NotStarted,
            Failure::Died { .. } => Verdict::Died,
            Failure::NotCompiled { .. } => Verdict::NotCompiled,
            Failure::Wrong(wrong) if wrong.difference.what.is_late() => Verdict::TimedOut,
            Failure::Wrong(_) | Failure::NotListening { .. } | Failure::Limit(Limit::Responses) => Verdict::Wrong,
            Failure::Limit(Limit::Output) => Verdict::TooMuchOutput,
            Failure::Limit(Limit::Memory(_)) => Verdict::OutOfMemory,
            Failure::Limit(Limit::Disk(_)) => Verdict::OutOfDisk,
            Failure::Limit(Limit::Compiling(_)) => Verdict::TimedOut,
            Failure::Tester(_) => Verdict::GraderFault,
        }
    }

    /// The likely cause.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Failure::Wrong(wrong) => wrong.cause.clone(),
            Failure::Died { during: Moment::Waiting { pieces: true }, .. } => Some(Rule::HeadInPieces.into()),
            Failure::NotListening { listened: false, .. } => Some(Rule::ListensElsewhere.into()),
            Failure::NotListening { listened: true, .. } => Some(Rule::OneClientAtATime.into()),
            _ => None,
        }
    }

    /// The exit of the program's process, where that is the failure.
    pub fn exit(&self) -> Option<Exit> {
        match self {
            Failure::Died { how, .. } | Failure::NotCompiled { how } => how.exit(),
            _ => None,
        }
    }

    /// Line of the transcript, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Failure::Died { line, .. } | Failure::NotStarted { line, .. } | Failure::NotListening { line, .. } => {
                Some(*line)
            }
            Failure::Wrong(wrong) => Some(wrong.line),
            Failure::NotCompiled { .. } | Failure::Limit(_) | Failure::Tester(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::difference::samples;

    #[test]
    fn each_failure_comes_to_a_verdict() {
        let exit = Ending::Exited(Exit::Code(3));
        let not_listening = |listened| Failure::NotListening { what: String::new(), listened, line: 1 };
        let died = |listened| Failure::Died { how: exit.clone(), during: Moment::Starting, listened, line: 1 };
        for (failure, verdict) in [
            (Failure::NotCompiled { how: exit.clone() }, Verdict::NotCompiled),
            (Failure::NotStarted { why: String::new(), line: 1 }, Verdict::NotStarted),
            (not_listening(false), Verdict::NotStarted),
            (not_listening(true), Verdict::Wrong),
            (died(false), Verdict::NotStarted),
            (died(true), Verdict::Died),
            (Failure::Limit(Limit::Responses), Verdict::Wrong),
            (Failure::Limit(Limit::Output), Verdict::TooMuchOutput),
            (Failure::Limit(Limit::Memory(1)), Verdict::OutOfMemory),
            (Failure::Limit(Limit::Disk(1)), Verdict::OutOfDisk),
            (Failure::Limit(Limit::Compiling(1)), Verdict::TimedOut),
            (Failure::Tester(String::new()), Verdict::GraderFault),
        ] {
            assert_eq!(failure.verdict(), verdict, "{failure:?}");
            let ended = matches!(failure, Failure::Died { .. } | Failure::NotCompiled { .. });
            assert_eq!(failure.exit(), ended.then_some(Exit::Code(3)));
        }
        for (what, _, _, late) in samples::all() {
            let difference = Difference::bare(what);
            let wrong = Wrong { line: 1, conn: None, difference, cause: None, traffic: Vec::new() };
            let verdict = if late { Verdict::TimedOut } else { Verdict::Wrong };
            assert_eq!(Failure::Wrong(Box::new(wrong)).verdict(), verdict);
        }
    }
}
