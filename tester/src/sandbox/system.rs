//! The folders of the system, which are in every sandbox.

use std::path::Path;

/// Folders of the system, or links to them.
pub(crate) const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];

/// Checks whether a folder is part of the system, and so in every sandbox.
pub(crate) fn has(folder: &Path) -> bool {
    SYSTEM.iter().any(|system| folder.starts_with(system))
}
