//! The tiers: which sandboxes there are. A grading has one, and never falls to another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of sandbox for pushed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Namespaces of our own, and bubblewrap around the program.
    Bubblewrap,
    /// Namespaces of our own alone.
    Unshare,
    /// Nothing but limits: the program runs with the grader's rights.
    None,
}

impl Tier {
    /// Those that shut code in, best first.
    pub const SANDBOXES: [Tier; 2] = [Tier::Bubblewrap, Tier::Unshare];
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Bubblewrap => "bubblewrap",
            Tier::Unshare => "unshare",
            Tier::None => "none",
        })
    }
}
