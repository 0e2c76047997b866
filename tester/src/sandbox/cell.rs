//! The confinement of one script: all that the processes around it need to know.

use std::{
    collections::BTreeMap,
    env, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    os::json_lines,
    sandbox::{bubblewrap::Bubblewrap, limits::Limits, tier::Tier, toolchain::Toolchain},
};

/// Folders of the system's programs, whatever a toolchain's `PATH` says.
const USUAL_PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The confinement of one script.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    pub(crate) tier: Tier,
    /// The user that the script runs as, where the sandbox's own is root.
    pub(crate) user: Option<u32>,
    /// The folder that the script is started in.
    pub(crate) folder: PathBuf,
    /// Folders that the script may write to, besides the stage's own.
    pub(crate) writable: Vec<PathBuf>,
    /// The whole environment.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) limits: Limits,
    /// The bubblewrap that makes the script's view, where that is not this command.
    pub(crate) bubblewrap: Option<Bubblewrap>,
}

impl Cell {
    /// The cell of a script that runs as `user`, is started in `folder`, may write there and to `temporary`, and finds
    /// this toolchain. Looks at what there is, so it is to be called where the script will run.
    pub(crate) fn new(
        tier: Tier,
        user: Option<u32>,
        folder: PathBuf,
        temporary: &Path,
        toolchain: &Toolchain,
        limits: Limits,
    ) -> Cell {
        let mut writable = vec![folder.clone(), temporary.to_owned()];
        writable.extend(toolchain.cargo_home().filter(|home| home.is_dir()));
        let mut path: Vec<&Path> = Vec::new();
        let usual = USUAL_PATH.iter().map(Path::new);
        for folder in toolchain.path.iter().map(PathBuf::as_path).chain(usual).filter(|folder| folder.is_dir()) {
            if !path.contains(&folder) {
                path.push(folder);
            }
        }
        let mut environment = toolchain.variables.clone();
        environment.retain(|_, value| Path::new(value.as_str()).exists());
        let path = env::join_paths(path).unwrap_or_default();
        for (name, value) in [
            ("PATH", path.to_string_lossy().as_ref()),
            ("HOME", temporary.to_string_lossy().as_ref()),
            ("LANG", "C.UTF-8"),
            // There is no network, so nobody should wait for it.
            ("CARGO_NET_OFFLINE", "true"),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        Cell { tier, user, folder, writable, environment, limits, bubblewrap: None }
    }

    /// Reads what [`Cell::to_text`] wrote.
    pub(crate) fn parse(text: &str) -> io::Result<Cell> {
        json_lines::parse(text.as_bytes())
    }

    /// The cell as an argument of a command.
    pub(crate) fn to_text(&self) -> io::Result<String> {
        serde_json::to_string(self).map_err(io::Error::other)
    }

    /// Checks whether its processes have namespaces of their own.
    pub(crate) fn has_namespaces(&self) -> bool {
        self.tier != Tier::None
    }
}
