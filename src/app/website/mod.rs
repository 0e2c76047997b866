//! A web site: what a path of it stands for. Pages and folders are files of a directory; a table of redirects
//! comes before them.

mod error_page;
pub mod form;
mod html;
mod listing;
pub mod redirects;
pub mod template;

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use crate::{
    fs::{
        directory::{Directory, Found},
        error::FileError,
        file::FileSlice,
        name::FileName,
    },
    http::{conditions::Stamp, status::Status},
    lock::lock,
};

pub(crate) use self::error_page::{error_page, redirect_page};
use self::{
    redirects::{Redirects, Rule},
    template::{Broken, TEMPLATE_LIMIT},
};

/// The table of redirects: a file at the root of the site.
const REDIRECTS: &str = "_redirects";
/// Bytes of it that are read.
const REDIRECTS_LIMIT: u64 = 1024 * 1024;
/// Its mistakes that are told one by one.
const MISTAKES_TOLD: usize = 20;
/// The page that a path without one gets, if it is there.
const NOT_FOUND_PAGE: &str = "404.html";
/// The page of a folder.
const INDEX: &str = "index.html";
/// Entries of a folder that a listing shows.
const LISTING_LIMIT: usize = 5000;

/// A web site.
#[derive(Debug)]
pub struct Website {
    directory: Directory,
    /// Whether a folder without an index shows what is in it.
    lists_folders: bool,
    redirects: Mutex<Loaded>,
}

/// The table of redirects as it was when it was last looked at.
#[derive(Debug, Default)]
struct Loaded {
    stamp: Option<Stamp>,
    table: Arc<Redirects>,
    /// Whether it could not be looked at the last time, and the log says so.
    failing: bool,
}

/// What a path stands for.
pub(crate) enum Resource {
    /// Another place; a path on this server, or a URL.
    Elsewhere(Status, String),
    /// A folder without the slash that its links need to lead into it.
    Unslashed,
    /// A file to be sent as it is.
    File(Status, FileName, FileSlice, Stamp),
    /// A page to be filled in, without the line that marks it.
    Template(Status, FileName, Vec<u8>),
    /// A folder that shows what is in it.
    Listing(FileName),
    /// Nothing but this status: what the table shows for the path is not there.
    Bare(Status),
}

impl Website {
    /// Opens the site in a directory for a server's lifetime, and reads its table of redirects. What is wrong in
    /// the table is logged.
    ///
    /// # Errors
    /// The directory does not exist, is not a directory, or may not be opened.
    pub fn open(path: &Path, lists_folders: bool) -> io::Result<Self> {
        let directory = Directory::open(path, false)?;
        let website = Website { directory, lists_folders, redirects: Mutex::default() };
        website.redirects();
        Ok(website)
    }

    /// What a path stands for. It begins with a slash.
    ///
    /// # Errors
    /// See [`FileError`].
    pub(crate) fn resource(&self, path: &[u8]) -> Result<Resource, FileError> {
        match self.redirects().get(path) {
            None => self.named(path, Status::OK),
            Some(Rule::Redirect(status, to)) => Ok(Resource::Elsewhere(*status, to.clone())),
            Some(Rule::Show(status, page)) => match self.named(page.as_bytes(), *status) {
                Err(FileError::NotFound) if *status != Status::OK => Ok(Resource::Bare(*status)),
                result => result,
            },
        }
    }

    /// What a path stands for when the table of redirects has been asked.
    fn named(&self, path: &[u8], status: Status) -> Result<Resource, FileError> {
        let path = path.strip_prefix(b"/").ok_or(FileError::NotFound)?;
        let (name, is_folder) = match path {
            b"" => (FileName::root(), true),
            [name @ .., b'/'] => (FileName::from_path(name).ok_or(FileError::NotFound)?, true),
            name => (FileName::from_path(name).ok_or(FileError::NotFound)?, false),
        };
        if !is_public(&name) {
            return Err(FileError::NotFound);
        }
        if !is_folder {
            return match self.directory.find(&name)? {
                Found::File(file, stamp) => self.page(status, name, file, stamp),
                Found::Folder => Ok(Resource::Unslashed),
            };
        }
        let index = name.join(INDEX);
        match self.directory.file(&index) {
            Ok((file, stamp)) => self.page(status, index, file, stamp),
            Err(FileError::NotFound) if self.lists_folders => match self.directory.find(&name)? {
                Found::Folder => Ok(Resource::Listing(name)),
                Found::File(..) => Err(FileError::NotFound),
            },
            Err(error) => Err(error),
        }
    }

    /// A file as it is, or its template if it is marked as one.
    fn page(&self, status: Status, name: FileName, mut file: FileSlice, stamp: Stamp) -> Result<Resource, FileError> {
        if name.has_extension("html") {
            let mut source = Vec::new();
            file.read(template::MARK_LENGTH, &mut source)?;
            if let Some(mark) = template::mark_length(&source) {
                // One byte more than it may have shows that it is too long.
                file.read(TEMPLATE_LIMIT + 1, &mut source)?;
                source.drain(..mark);
                return Ok(Resource::Template(status, name, source));
            }
            file.select(0, stamp.length);
        }
        Ok(Resource::File(status, name, file, stamp))
    }

    /// The site's own page for what is not there, if it has one.
    pub(crate) fn not_found_page(&self) -> Option<Resource> {
        let name = FileName::root().join(NOT_FOUND_PAGE);
        let (file, stamp) = self.directory.file(&name).ok()?;
        self.page(Status::NOT_FOUND, name, file, stamp).ok()
    }

    /// A template filled in with what a query and a form say. What is wrong with it is logged.
    ///
    /// # Errors
    /// The template is broken.
    pub(crate) fn fill_in(&self, name: &FileName, source: &[u8], query: &[u8], form: &[u8]) -> Result<Vec<u8>, Broken> {
        template::fill_in(source, &form::values(form, query))
            .inspect_err(|Broken { line, mistake }| log::error!("{name}:{line}: {mistake}"))
    }

    /// The page that shows what is in a folder. `path` is what it is called in a request.
    ///
    /// # Errors
    /// See [`FileError`].
    pub(crate) fn listing(&self, folder: &FileName) -> Result<Vec<u8>, FileError> {
        let is_root = *folder == FileName::root();
        let (mut entries, more) = self.directory.entries(folder, LISTING_LIMIT)?;
        if is_root {
            entries.retain(|entry| entry.name != REDIRECTS);
        }
        Ok(listing::page(folder, entries, more))
    }

    /// The table of redirects as it is now. It is read again when its file has changed.
    fn redirects(&self) -> Arc<Redirects> {
        let mut loaded = lock(&self.redirects);
        match self.directory.file(&FileName::root().join(REDIRECTS)) {
            Ok((_, stamp)) if loaded.stamp == Some(stamp) => loaded.failing = false,
            Ok((mut file, stamp)) => {
                let mut text = Vec::new();
                if stamp.length > REDIRECTS_LIMIT {
                    log::warn!("{REDIRECTS} is larger than {REDIRECTS_LIMIT} bytes, so it is not used");
                } else if let Err(error) = file.read(REDIRECTS_LIMIT as usize, &mut text) {
                    // Perhaps it is just being written: the next request looks again.
                    log::warn!("cannot read {REDIRECTS}: {error}");
                    return Arc::clone(&loaded.table);
                }
                let (table, mistakes) = Redirects::parse(&text);
                for (line, mistake) in mistakes.iter().take(MISTAKES_TOLD) {
                    log::warn!("{REDIRECTS}:{line}: {mistake}; the line is ignored");
                }
                if mistakes.len() > MISTAKES_TOLD {
                    log::warn!("{REDIRECTS}: {} more lines are ignored", mistakes.len() - MISTAKES_TOLD);
                }
                *loaded = Loaded { stamp: Some(stamp), table: Arc::new(table), failing: false };
            }
            Err(FileError::NotFound) => *loaded = Loaded::default(),
            // What was true a moment ago is the best guess. Told once, not with every request.
            Err(error) => {
                if !std::mem::replace(&mut loaded.failing, true) {
                    log::warn!("cannot read {REDIRECTS}: {error:?}");
                }
            }
        }
        Arc::clone(&loaded.table)
    }
}

/// Whether a name may be asked for. Names that begin with a dot are hidden, as everywhere on Unix, but for the
/// one that RFC 8615 reserves for the public. The table of redirects is nobody's business.
fn is_public(name: &FileName) -> bool {
    let mut segments = name.segments().enumerate();
    let is_hidden =
        |(at, segment): (usize, &[u8])| segment.starts_with(b".") && (at, segment) != (0, &b".well-known"[..]);
    !segments.any(is_hidden) && !name.segments().eq([REDIRECTS.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_names_and_the_table_are_not_public() {
        let public = |path: &str| is_public(&FileName::from_path(path.as_bytes()).unwrap());
        for path in
            ["a", "a/b.html", "docs/_redirects", ".well-known/security.txt", "_redirects/a", "a.", "%5Fredirect"]
        {
            assert!(public(path), "{path}");
        }
        for path in ["_redirects", "%5Fredirects", ".git/config", "a/.b", "%2Eenv", "...", "a/.well-known/b", "a/.b/c"]
        {
            assert!(!public(path), "{path}");
        }
    }
}
