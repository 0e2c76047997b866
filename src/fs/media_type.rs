//! The media types of files (RFC 9110 section 8.3.1), by the extensions of their names: what a web site is made of, and
//! what people put beside it to be downloaded. Any other file is just bytes.

/// Bytes of the longest extension that is known.
const LONGEST: usize = "webmanifest".len();

/// The media type that goes with an extension, letters in either case, if it is a known one.
#[must_use]
pub(super) fn of_extension(extension: &[u8]) -> Option<&'static str> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..extension.len())?;
    lower.copy_from_slice(extension);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        // Pages and what they are made of.
        b"html" | b"htm" | b"shtml" => "text/html",
        b"css" => "text/css",
        b"js" | b"mjs" | b"jsx" => "text/javascript",
        b"json" => "application/json",
        b"jsonld" => "application/ld+json",
        b"webmanifest" => "application/manifest+json",
        b"wasm" => "application/wasm",
        b"xhtml" => "application/xhtml+xml",
        b"xml" | b"xsl" | b"xslt" | b"dtd" => "text/xml",
        b"rss" => "application/rss+xml",
        b"atom" => "application/atom+xml",
        b"woff2" => "font/woff2",
        b"woff" => "font/woff",
        b"ttf" => "font/ttf",
        b"otf" => "font/otf",
        b"ttc" => "font/collection",
        b"eot" => "application/vnd.ms-fontobject",

        // Pictures.
        b"png" => "image/png",
        b"jpg" | b"jpeg" | b"jpe" | b"jfif" => "image/jpeg",
        b"svg" => "image/svg+xml",
        b"webp" => "image/webp",
        b"avif" => "image/avif",
        b"gif" => "image/gif",
        b"ico" => "image/x-icon",
        b"apng" => "image/apng",
        b"bmp" => "image/bmp",
        b"tif" | b"tiff" => "image/tiff",
        b"heic" => "image/heic",
        b"heif" => "image/heif",
        b"jxl" => "image/jxl",
        b"glb" => "model/gltf-binary",
        b"gltf" => "model/gltf+json",

        // Text.
        b"txt" | b"text" | b"log" | b"map" | b"conf" | b"cfg" | b"ini" | b"cnf" | b"reg" | b"lst" | b"list" => {
            "text/plain"
        }
        b"c" | b"h" | b"cc" | b"cpp" | b"cxx" | b"hh" | b"hpp" | b"cs" | b"py" | b"s" | b"asm" | b"mk" | b"cmd" => {
            "text/plain"
        }
        b"rs" => "text/x-rust",
        b"lua" => "text/x-lua",
        b"coffee" => "text/coffeescript",
        b"less" => "text/less",
        b"sass" => "text/x-sass",
        b"scss" => "text/x-scss",
        b"md" | b"markdown" => "text/markdown",
        b"csv" => "text/csv",
        b"tsv" => "text/tab-separated-values",
        b"yaml" | b"yml" => "text/x-yaml",
        b"toml" => "text/x-toml",
        b"ics" => "text/calendar",
        b"vcf" => "text/x-vcard",
        b"vtt" => "text/vtt",
        b"ttl" => "text/turtle",
        b"n3" => "text/n3",
        b"rdf" => "application/rdf+xml",
        b"geojson" => "application/geo+json",
        b"gpx" => "application/gpx+xml",
        b"kml" => "application/vnd.google-earth.kml+xml",
        b"sh" => "application/x-sh",
        b"pl" => "application/x-perl",
        b"php" => "application/x-httpd-php",
        b"sql" => "application/x-sql",
        b"tex" => "application/x-tex",
        b"srt" => "application/x-subrip",

        // Sound and moving pictures.
        b"mp3" => "audio/mpeg",
        b"ogg" | b"oga" | b"opus" | b"spx" => "audio/ogg",
        b"wav" => "audio/wav",
        b"flac" => "audio/flac",
        b"aac" => "audio/aac",
        b"m4a" => "audio/m4a",
        b"mid" | b"midi" => "audio/mid",
        b"aif" | b"aiff" => "audio/aiff",
        b"weba" => "audio/webm",
        b"m3u" | b"m3u8" => "audio/x-mpegurl",
        b"mp4" => "video/mp4",
        b"webm" => "video/webm",
        b"m4v" => "video/x-m4v",
        b"ogv" => "video/ogg",
        b"mov" => "video/quicktime",
        b"mpg" | b"mpeg" => "video/mpeg",
        b"avi" => "video/x-msvideo",
        b"mkv" => "video/x-matroska",
        b"3gp" => "video/3gpp",
        b"wmv" => "video/x-ms-wmv",
        b"mpd" => "application/dash+xml",

        // Documents.
        b"pdf" => "application/pdf",
        b"epub" => "application/epub+zip",
        b"rtf" => "application/rtf",
        b"ps" | b"eps" => "application/postscript",
        b"doc" => "application/msword",
        b"docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        b"xls" => "application/vnd.ms-excel",
        b"xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"ppt" => "application/vnd.ms-powerpoint",
        b"pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        b"odt" => "application/vnd.oasis.opendocument.text",
        b"ods" => "application/vnd.oasis.opendocument.spreadsheet",
        b"odp" => "application/vnd.oasis.opendocument.presentation",

        // Archives and programs.
        b"zip" => "application/zip",
        b"gz" => "application/gzip",
        b"tgz" => "application/x-compressed",
        b"bz2" => "application/x-bzip2",
        b"xz" => "application/x-xz",
        b"7z" => "application/x-7z-compressed",
        b"tar" => "application/x-tar",
        b"rar" => "application/x-rar-compressed",
        b"jar" => "application/java-archive",
        b"apk" => "application/vnd.android.package-archive",
        b"torrent" => "application/x-bittorrent",
        _ => return None,
    })
}

/// Whether a media type is a text's, which compresses well.
#[must_use]
pub(super) fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || media_type.ends_with("+xml") || media_type == "application/json"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Where the library has what was in use before the type was registered.
    const REGISTERED: [(&str, &str); 3] = [
        // RFC 9239.
        ("mjs", "text/javascript"),
        // RFC 8081.
        ("otf", "font/otf"),
        ("woff", "font/woff"),
    ];

    #[test]
    fn an_independent_library_agrees() {
        let mut known = BTreeSet::new();
        for extension in mime_guess::get_mime_extensions_str("*/*").unwrap() {
            let Some(ours) = of_extension(extension.as_bytes()) else { continue };
            let registered = REGISTERED.iter().find(|(name, _)| name == extension).map(|&(_, media_type)| media_type);
            let theirs = registered.or_else(|| mime_guess::from_ext(extension).first_raw());
            assert_eq!(Some(ours), theirs, "{extension}");
            assert_eq!(of_extension(extension.to_ascii_uppercase().as_bytes()), Some(ours), "{extension}");
            known.insert(extension);
        }
        assert_eq!(known.len(), 148, "the library knows each");
    }

    /// Also an extension that is misspelt here, or longer than the longest, which nobody would ever ask for.
    #[test]
    fn each_extension_of_the_table_is_one() {
        let (table, _) = include_str!("media_type.rs").split_once("#[cfg(test)]").unwrap();
        let patterns = table.lines().filter_map(|line| line.split_once(" => ")).map(|(patterns, _)| patterns);
        let extensions: Vec<_> = patterns.flat_map(|pattern| pattern.split('"').skip(1).step_by(2)).collect();
        assert!(extensions.len() > 100, "{extensions:?}");
        for extension in extensions {
            let ours = of_extension(extension.as_bytes());
            assert!(ours.is_some() && mime_guess::from_ext(extension).first_raw().is_some(), "{extension}: {ours:?}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_type() {
        for extension in ["", "unknown", "htmlx", "webmanifests", "ht\u{e9}", "html "] {
            assert_eq!(of_extension(extension.as_bytes()), None, "{extension}");
        }
    }
}
