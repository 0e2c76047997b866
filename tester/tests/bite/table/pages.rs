use super::Row;

mod listings;
mod redirects;
mod sites;
mod templates;
mod variants;

/// Stages 15 to 22.
pub(crate) fn rows() -> Vec<Row> {
    [sites::rows(), redirects::rows(), templates::rows(), listings::rows(), variants::rows()]
        .into_iter()
        .flatten()
        .collect()
}
