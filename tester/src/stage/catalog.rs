//! Which stages there are: embedded in the command, or in a folder on disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::{
    stage::page::Page,
    transcript::{Transcript, causes::Shared, parse},
};

/// Folder, page and transcript of each stage that was there when the command was built.
const EMBEDDED: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The causes that the stages of a track share, by the track's name.
const CAUSES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/causes.rs"));

/// The tracks of the public challenge: what `test` runs without being told what to run.
pub const PUBLIC_TRACKS: [&str; 3] = ["base", "compression", "persistence"];

/// A stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Its number, from the folder's name.
    pub number: u32,
    /// Its slug, the rest of the folder's name.
    pub slug: String,
    /// Its page.
    pub page: Page,
    /// The text of its transcript.
    pub script: String,
    /// The text of its track's `TRACK.causes`; empty where there is none.
    pub shared: String,
    /// Path of the transcript, for messages.
    pub path: PathBuf,
}

impl Stage {
    /// `shared` gives what its track shares.
    fn new(
        folder: &str,
        page: &str,
        script: &str,
        path: PathBuf,
        shared: impl FnOnce(&str) -> Result<String>,
    ) -> Result<Stage> {
        let (number, slug) =
            folder_name(folder).with_context(|| format!("the folder `{folder}` is not named NN-title"))?;
        let page = Page::parse(page).map_err(|why| anyhow!("{}: {why}", path.with_file_name("README.md").display()))?;
        let shared = shared(&page.track)?;
        Ok(Stage { number, slug: slug.to_owned(), page, script: script.to_owned(), shared, path })
    }

    /// Its id as reports show it: `#AT4`.
    pub fn tag(&self) -> String {
        tag(&self.page.id)
    }

    /// Its transcript, parsed, with the causes of its track.
    ///
    /// # Errors
    /// The first mistake, and what to do.
    pub fn transcript(&self) -> Result<Transcript> {
        let mut transcript =
            parse::parse(&self.script).map_err(|mistake| anyhow!("{}:{mistake}", self.path.display()))?;
        for cause in transcript.steps.iter_mut().flat_map(|step| &mut step.causes) {
            cause.belongs_to(&self.page.id);
        }
        transcript.shared = self.shared_causes()?;
        Ok(transcript)
    }

    /// The causes that its track shares, parsed.
    ///
    /// # Errors
    /// The first mistake, and what to do.
    pub fn shared_causes(&self) -> Result<Vec<Shared>> {
        let mut all =
            parse::shared(&self.shared).map_err(|mistake| anyhow!("{}:{mistake}", self.shared_path().display()))?;
        for shared in &mut all {
            shared.cause.belongs_to(&self.page.track);
        }
        Ok(all)
    }

    /// Path of the causes of its track, for messages.
    pub fn shared_path(&self) -> PathBuf {
        let folder = self.path.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(format!("{}.causes", self.page.track))
    }
}

/// The id of a stage as reports show it: `#AT4`.
pub fn tag(id: &str) -> String {
    format!("#{}", id.to_ascii_uppercase())
}

/// Number and slug of `NN-slug`.
pub fn folder_name(name: &str) -> Option<(u32, &str)> {
    let (number, slug) = name.split_once('-')?;
    let right = number.len() == 2
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    Some((number.parse().ok().filter(|_| right && !slug.is_empty())?, slug))
}

/// All stages, in order: embedded, or those in `folder`.
///
/// # Errors
/// A folder or a page that cannot be read.
pub fn all(folder: Option<&Path>) -> Result<Vec<Stage>> {
    let mut stages = match folder {
        None => EMBEDDED
            .iter()
            .map(|(name, page, script)| {
                let path = Path::new("stages").join(name).join("tester.http");
                Stage::new(name, page, script, path, |track| {
                    let causes = CAUSES.iter().find(|(name, _)| *name == track);
                    Ok(causes.map(|(_, text)| (*text).to_owned()).unwrap_or_default())
                })
            })
            .collect::<Result<Vec<_>>>()?,
        Some(folder) => {
            folders(folder)?.iter().map(|path| from_disk(&path.join("tester.http"))).collect::<Result<Vec<_>>>()?
        }
    };
    stages.sort_by_key(|stage| stage.number);
    if stages.is_empty() {
        bail!(
            "there are no stages in {}: a stage is a folder NN-title with README.md and tester.http",
            folder.unwrap_or(Path::new("the command")).display()
        );
    }
    Ok(stages)
}

/// The folders of stages in `folder`.
///
/// # Errors
/// A folder that cannot be read.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    let mut paths: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.join("tester.http").exists()
                || path.file_name().and_then(|name| name.to_str()).and_then(folder_name).is_some()
        })
        .collect();
    paths.sort();
    Ok(paths)
}

/// The stage whose transcript is the file `path`.
///
/// # Errors
/// A file that cannot be read, or a folder that is no stage's.
pub fn from_disk(path: &Path) -> Result<Stage> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    let whole = fs::canonicalize(path).with_context(|| format!("there is no {}", path.display()))?;
    let folder = whole.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    Stage::new(folder, &read(&whole.with_file_name("README.md"))?, &read(&whole)?, path.to_owned(), |track| {
        let causes = whole.with_file_name("..").join(format!("{track}.causes"));
        if causes.exists() { read(&causes) } else { Ok(String::new()) }
    })
}

/// The stages that `selectors` name: numbers, ranges `N..M`, ids, slugs, tracks, paths, or `all`. Without any, those of
/// the public challenge.
///
/// # Errors
/// A selector that names nothing.
pub fn select(stages: &[Stage], selectors: &[String]) -> Result<Vec<Stage>> {
    let mut chosen: Vec<Stage> = Vec::new();
    let public = |stage: &Stage| PUBLIC_TRACKS.contains(&stage.page.track.as_str());
    if selectors.is_empty() {
        return Ok(stages.iter().filter(|stage| public(stage)).cloned().collect());
    }
    for selector in selectors {
        let found: Vec<Stage> = if selector.contains('/') || selector.ends_with(".http") {
            vec![from_disk(Path::new(selector))?]
        } else {
            stages.iter().filter(|stage| names(selector, stage)).cloned().collect()
        };
        if found.is_empty() {
            bail!(
                "there is no stage `{selector}`; give a number, a range like 3..7, an id, a slug, a track, `all`, or the path of a tester.http (`stages list` shows them)"
            );
        }
        for stage in found {
            if !chosen.iter().any(|known| known.number == stage.number && known.path == stage.path) {
                chosen.push(stage);
            }
        }
    }
    Ok(chosen)
}

fn names(selector: &str, stage: &Stage) -> bool {
    if let Some((from, to)) = selector.split_once("..") {
        let bound = |text: &str, open: u32| {
            if text.is_empty() { Some(open) } else { text.parse().ok() }
        };
        let to = to.strip_prefix('=').unwrap_or(to);
        return bound(from, 0).zip(bound(to, u32::MAX)).is_some_and(|(from, to)| (from..=to).contains(&stage.number));
    }
    selector == "all"
        || selector.parse() == Ok(stage.number)
        || selector.strip_prefix('#').unwrap_or(selector).eq_ignore_ascii_case(&stage.page.id)
        || selector == stage.slug
        || folder_name(selector) == Some((stage.number, &stage.slug))
        || selector == stage.page.track
}
