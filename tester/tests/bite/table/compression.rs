use std::io::Write;
use std::net::Shutdown;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use super::{Row, rename, row};
use crate::server::{Parts, Reply, Request, route};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(9, "never-says-gzip", "9-11", "9-11", "gzip was offered", |p| p.wants_gzip = |_| false),
        row(9, "says-gzip-to-everybody", "4-6,9-14", "9-10", "must not be there|is not on the page", |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/echo/") {
                    r.set("Content-Encoding", "gzip");
                }
            }
        }),
        row(9, "gzip-for-any-scheme", "9-11", "9-10", "must not be there", |p| p.wants_gzip = |_| true),
        row(9, "says-identity", "4-6,9-14", "9-10", "must not be there|is not on the page", |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                    r.set("Content-Encoding", "identity");
                }
            }
        }),
        row(9, "names-no-coding", "4-6,9-14", "", "must not be there|is not on the page", |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                    r.set("Content-Encoding", "");
                }
            }
        }),
        row(9, "repeats-what-was-asked-for", "9-11", "9-10", "must not be there|has another value", |p| {
            p.polish = |q, r| {
                if let Some(asked) = asked(q) {
                    r.set("Content-Encoding", asked);
                }
            }
        }),
        row(9, "answers-in-accept-encoding", "9-11", "9-11", "The field Content-Encoding is missing", |p| {
            p.polish = |_, r| rename(r, "Content-Encoding", "Accept-Encoding");
        }),
        row(9, "forgets-the-type", "9-11", "", "The field Content-Type is missing", |p| {
            p.polish = |_, r| {
                if r.has("Content-Encoding") {
                    r.drop("Content-Type");
                }
            }
        }),
        row(9, "refuses-unknown-schemes", "9-11", "9-10", "The status is 406, not 200", |p| {
            p.polish = |q, r| {
                if asked(q).is_some() && !r.has("Content-Encoding") {
                    *r = Reply::empty("406 Not Acceptable");
                }
            }
        }),
        row(9, "gzip-anywhere-in-the-head", "9-11", "", "must not be there", |p| {
            p.route = |p, q, d| {
                let mut p = *p;
                if q.head.contains("gzip") {
                    p.field = |_, _| Some("gzip".into());
                }
                route(&p, q, d)
            }
        }),
        row(10, "gzip-must-stand-alone", "10-11", "10", "gzip was offered", |p| p.wants_gzip = |value| value == "gzip"),
        row(10, "first-of-the-list", "10-11", "10", "gzip was offered", |p| {
            p.wants_gzip = |value| value.split(',').next() == Some("gzip");
        }),
        row(10, "last-of-the-list", "10", "10", "gzip was offered", |p| {
            p.wants_gzip = |value| value.split(", ").last() == Some("gzip");
        }),
        row(10, "commas-with-one-space", "10", "", "gzip was offered", |p| {
            p.wants_gzip = |value| value.split(", ").any(|part| part == "gzip");
        }),
        row(10, "commas-without-space", "10-11", "10", "gzip was offered", |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part == "gzip");
        }),
        row(10, "contains-gzip", "10-11", "", "the client did not ask for", |p| {
            p.wants_gzip = |value| value.contains("gzip");
        }),
        row(10, "begins-with-gzip", "10-11", "", "the client did not ask for", |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part.trim().starts_with("gzip"));
        }),
        row(10, "gzip-as-a-word", "10-11", "", "the client did not ask for", |p| {
            p.wants_gzip = |value| value.split(|c: char| !c.is_alphanumeric()).any(|part| part == "gzip");
        }),
        row(10, "overlooks-the-weight", "10-11", "", "the client did not ask for", |p| {
            p.wants_gzip = |value| value.split([',', ';']).any(|part| part.trim() == "gzip");
        }),
        row(10, "knows-no-weights", "10", "", "gzip was offered", |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part.trim() == "gzip");
        }),
        row(10, "knows-one-zero", "10", "", "the client did not ask for", |p| {
            p.wants_gzip = |value| {
                let mut parts = value.split(',').map(str::trim);
                parts.any(|part| part == "gzip" || part.starts_with("gzip;") && part != "gzip;q=0")
            }
        }),
        row(10, "answers-with-the-list", "10-11", "10", "The field Content-Encoding has another value", |p| {
            p.polish = |q, r| {
                if r.has("Content-Encoding") {
                    r.set("Content-Encoding", asked(q).unwrap_or_default());
                }
            }
        }),
        row(11, "does-not-compress", "11", "11", "the body is not compressed", |p| p.gzip = |text| text.to_vec()),
        row(11, "compresses-with-zlib", "11", "11", "this looks like zlib", |p| {
            p.gzip = |text| {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        row(11, "compresses-with-bare-deflate", "11", "11", "is not gzip", |p| {
            p.gzip = |text| {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        row(11, "compresses-twice", "11", "11", "compressed twice", |p| p.gzip = |text| gzip(&gzip(text))),
        row(11, "compresses-a-line-feed-too", "11", "11", "a line end too many", |p| {
            p.gzip = |text| gzip(&[text, b"\n"].concat());
        }),
        row(11, "compresses-the-example", "11", "11", "decompressed, differs", |p| p.gzip = |_| gzip(b"abc")),
        row(11, "gzip-in-hexadecimal", "11", "11", "is not gzip", |p| {
            p.gzip = |text| gzip(text).iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
        }),
        row(11, "gzip-as-text", "11", "11", "the data passed through a string", |p| {
            p.gzip = |text| String::from_utf8_lossy(&gzip(text)).into_owned().into_bytes();
        }),
        row(11, "gzip-not-finished", "11", "11", "was the encoder finished", |p| {
            p.gzip = |text| {
                let mut bytes = gzip(text);
                bytes.truncate(bytes.len() - 8);
                bytes
            }
        }),
        row(11, "gzip-with-a-wrong-sum", "11", "11", "is not gzip", |p| {
            p.gzip = |text| {
                let mut bytes = gzip(text);
                let at = bytes.len() - 8;
                bytes[at] ^= 1;
                bytes
            }
        }),
        row(11, "gzip-with-a-tail", "11", "11", "bytes after the end of the gzip data", |p| {
            p.gzip = |text| [&gzip(text)[..], b"\r\n"].concat();
        }),
        row(11, "length-of-the-text", "9-11", "11", "more bytes after the end|the length before compression", |p| {
            p.polish = |q, r| {
                if r.has("Content-Encoding") {
                    r.set("Content-Length", q.target.len() - "/echo/".len());
                }
            };
            // Ends the stream, or a client would wait for the bytes that were promised.
            p.write = |stream, bytes| {
                stream.write_all(bytes)?;
                match bytes.windows(9).any(|w| w == b"Encoding:") {
                    true => stream.shutdown(Shutdown::Write),
                    false => Ok(()),
                }
            };
        }),
        row(11, "compresses-for-everybody", "4-6,9-14", "4,12-14", "the client did not ask for", |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                    r.set_body(gzip(&r.body));
                }
            }
        }),
        row(11, "compresses-only-what-shrinks", "9-11", "9-11", "gzip was offered", |p| {
            p.polish = |q, r| {
                let text = q.target.trim_start_matches("/echo/").as_bytes();
                if r.has("Content-Encoding") && r.body.len() > text.len() {
                    r.drop("Content-Encoding");
                    r.set_body(text.to_vec());
                }
            }
        }),
    ]
}
fn gzip(text: &[u8]) -> Vec<u8> {
    (Parts::right().gzip)(text)
}
fn asked(request: &Request) -> Option<String> {
    (Parts::right().field)(&request.head, "Accept-Encoding")
}
