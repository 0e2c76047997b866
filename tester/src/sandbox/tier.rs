//! The tiers: which sandboxes there are, and which one is wanted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What shuts pushed code in.
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

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Bubblewrap => "bubblewrap",
            Tier::Unshare => "unshare",
            Tier::None => "none",
        })
    }
}

/// Which tier is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// The best that works, or none.
    Best,
    /// The best that works; without one nothing is graded.
    Require,
    /// This one, or nothing is graded.
    Exactly(Tier),
}
