use super::Row;

mod listings;
mod redirects;
mod sites;
mod templates;
mod variants;

/// The track `pages`.
pub(crate) fn rows() -> Vec<Row> {
    [sites::rows(), redirects::rows(), templates::rows(), listings::rows(), variants::rows()]
        .into_iter()
        .flatten()
        .collect()
}
