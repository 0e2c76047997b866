//! The configuration of a grading remote: `grading/config.json` in its bare repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Deserializer, Serialize};

use crate::sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain};

/// The whole file. What it does not say is as by default, but for the sandbox, which has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The sandbox, `"bubblewrap"` or `"unshare"`, found when the remote was made; or `"none"`, where somebody asked for
    /// that by name. A grading uses this one or is refused. Without it nothing is graded.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "sandbox")]
    pub sandbox: Option<Tier>,
    /// Limits of a program.
    pub limits: Limits,
    /// The compilers and interpreters.
    pub toolchain: Toolchain,
    /// The folder of the stages; without it, those that are built into the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<PathBuf>,
}

/// Reads the sandbox, also from a file of an earlier version. That had `"best"` and `"require"`, which left the choice to
/// each grading, and choose nothing now; and `{"exactly": TIER}`, which means the same as the tier alone.
fn sandbox<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Tier>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Earlier {
        Best,
        Require,
        Exactly(Tier),
    }
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "the sandbox must be \"bubblewrap\", \"unshare\" or \"none\"")]
    enum Sandbox {
        Named(Tier),
        Earlier(Earlier),
    }
    Ok(match Sandbox::deserialize(from)? {
        Sandbox::Named(tier) | Sandbox::Earlier(Earlier::Exactly(tier)) => Some(tier),
        Sandbox::Earlier(Earlier::Best | Earlier::Require) => None,
    })
}

impl Config {
    /// Reads the file; one that is not there says nothing.
    ///
    /// # Errors
    /// The file is wrong: where, how, and what to do about it.
    pub fn read(path: &Path) -> Result<Config> {
        Config::parse(path).map_err(|error| {
            anyhow!(
                "{error:#}; correct it, or call `stages remote`, which moves the file to config.json.broken and writes a new \
                 one, with the usual limits and stages"
            )
        })
    }

    fn parse(path: &Path) -> Result<Config> {
        match fs::read(path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be understood", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let mut text = serde_json::to_string_pretty(self)?;
            text.push('\n');
            let new = path.with_extension("json.new");
            fs::write(&new, text)?;
            Ok(fs::rename(new, path)?)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Brings the file up to date with this machine: its toolchain and its sandbox, and the folder of the stages if this
    /// names any. What else it says stays, and so do folders that were added to it. A file that cannot be read is moved out
    /// of the way: nothing that it says is taken for granted, least of all its sandbox.
    ///
    /// # Errors
    /// The file cannot be read, moved or written.
    pub fn renew(&self, path: &Path) -> Result<()> {
        let mut config = Config::parse(path).or_else(|_| {
            let broken = path.with_extension("json.broken");
            fs::rename(path, &broken).with_context(|| format!("{} cannot be written", broken.display()))?;
            anyhow::Ok(Config::default())
        })?;
        let mut folders = self.toolchain.folders.clone();
        folders.extend(config.toolchain.folders.into_iter().filter(|folder| !self.toolchain.folders.contains(folder)));
        config.toolchain = Toolchain { folders, ..self.toolchain.clone() };
        config.sandbox = self.sandbox.or(config.sandbox);
        config.stages = self.stages.clone().or(config.stages);
        config.write(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_say_little_but_nothing_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert_eq!(Config::read(&path).unwrap(), Config::default());
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Config::read(&path).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(read("{}").unwrap(), Config::default());
        for (text, sandbox) in [
            (r#""unshare""#, Some(Tier::Unshare)),
            (r#""none""#, Some(Tier::None)),
            (r#"{"exactly": "bubblewrap"}"#, Some(Tier::Bubblewrap)),
            // Whatever the machine allowed at that moment: that is no choice any more, and never none.
            (r#""best""#, None),
            (r#""require""#, None),
        ] {
            assert_eq!(read(&format!("{{\"sandbox\": {text}}}")).unwrap().sandbox, sandbox, "{text}");
        }
        let limits = read(r#"{"limits": {"memory": 1024}}"#).unwrap().limits;
        assert_eq!((limits.memory, limits.disk), (1024, Limits::default().disk));
        for (text, what) in [
            ("", "config.json cannot be understood: EOF"),
            (r#"{"sandbox": "bubble"}"#, "the sandbox must be \"bubblewrap\""),
            (r#"{"limit": {}}"#, "unknown field `limit`"),
            ("{} {}", "trailing"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn renewing_keeps_what_was_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let mut config = Config { sandbox: Some(Tier::Unshare), stages: Some("/stages".into()), ..Config::default() };
        config.toolchain.folders = vec!["/cache".into()];
        config.write(&path).unwrap();
        let mut found = Config::default();
        found.toolchain.path = vec!["/bin".into()];
        found.toolchain.folders = vec!["/tools".into()];
        found.renew(&path).unwrap();
        config.toolchain.path = vec!["/bin".into()];
        config.toolchain.folders = vec!["/tools".into(), "/cache".into()];
        assert_eq!(Config::read(&path).unwrap(), config);
        found.sandbox = Some(Tier::Bubblewrap);
        found.renew(&path).unwrap();
        assert_eq!(Config::read(&path).unwrap().sandbox, Some(Tier::Bubblewrap));
        // What cannot be read is kept, and says nothing.
        fs::write(&path, r#"{"sandbox": "none", "limit": 1}"#).unwrap();
        found.renew(&path).unwrap();
        assert_eq!(Config::read(&path).unwrap(), found);
        assert!(fs::read_to_string(path.with_extension("json.broken")).unwrap().contains("\"limit\": 1"));
    }
}
