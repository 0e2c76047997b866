use std::io::Write;
use std::net::Shutdown;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use super::{
    Cause::{Id, NoCause},
    Row, rename, row,
};
use crate::server::{Parts, Reply, Request, route};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("df4", "never-says-gzip", &["df4..cr8"], &["df4..cr8"], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |_| false;
        }),
        row(
            "df4",
            "says-gzip-to-everybody",
            &["cn2..ej5", "df4..kh7"],
            &["df4", "ij8"],
            &[Id("coding-unasked"), Id("field-not-shown")],
            |p| {
                p.polish = |q, r| {
                    if q.target.starts_with("/echo/") {
                        r.set("Content-Encoding", "gzip");
                    }
                }
            },
        ),
        row("df4", "gzip-for-any-scheme", &["df4..cr8"], &["df4", "ij8"], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |_| true;
        }),
        row(
            "df4",
            "says-identity",
            &["cn2..ej5", "df4..kh7"],
            &["df4", "ij8"],
            &[Id("coding-unasked"), Id("field-not-shown")],
            |p| {
                p.polish = |q, r| {
                    if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                        r.set("Content-Encoding", "identity");
                    }
                }
            },
        ),
        row(
            "df4",
            "names-no-coding",
            &["cn2..ej5", "df4..kh7"],
            &[],
            &[Id("coding-unasked"), Id("field-not-shown")],
            |p| {
                p.polish = |q, r| {
                    if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                        r.set("Content-Encoding", "");
                    }
                }
            },
        ),
        row(
            "df4",
            "repeats-what-was-asked-for",
            &["df4..cr8"],
            &["df4", "ij8"],
            &[Id("coding-unasked"), NoCause("field-value")],
            |p| {
                p.polish = |q, r| {
                    if let Some(asked) = asked(q) {
                        r.set("Content-Encoding", asked);
                    }
                }
            },
        ),
        row("df4", "answers-in-accept-encoding", &["df4..cr8"], &["df4..cr8"], &[Id("gzip-offer-not-found")], |p| {
            p.polish = |_, r| rename(r, "Content-Encoding", "Accept-Encoding");
        }),
        row("df4", "forgets-the-type", &["df4..cr8"], &[], &[Id("field-not-written")], |p| {
            p.polish = |_, r| {
                if r.has("Content-Encoding") {
                    r.drop("Content-Type");
                }
            }
        }),
        row("df4", "refuses-unknown-schemes", &["df4..cr8"], &["df4", "ij8"], &[NoCause("status")], |p| {
            p.polish = |q, r| {
                if asked(q).is_some() && !r.has("Content-Encoding") {
                    *r = Reply::empty("406 Not Acceptable");
                }
            }
        }),
        row("df4", "gzip-anywhere-in-the-head", &["df4..cr8"], &[], &[Id("coding-unasked")], |p| {
            p.route = |p, q, d| {
                let mut p = *p;
                if q.head.contains("gzip") {
                    p.field = |_, _| Some("gzip".into());
                }
                route(&p, q, d)
            }
        }),
        row("ij8", "gzip-must-stand-alone", &["ij8", "cr8"], &["ij8"], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value == "gzip";
        }),
        row("ij8", "first-of-the-list", &["ij8", "cr8"], &["ij8"], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value.split(',').next() == Some("gzip");
        }),
        row("ij8", "last-of-the-list", &["ij8"], &["ij8"], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value.split(", ").last() == Some("gzip");
        }),
        row("ij8", "commas-with-one-space", &["ij8"], &[], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value.split(", ").any(|part| part == "gzip");
        }),
        row("ij8", "commas-without-space", &["ij8", "cr8"], &["ij8"], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part == "gzip");
        }),
        row("ij8", "contains-gzip", &["ij8", "cr8"], &[], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |value| value.contains("gzip");
        }),
        row("ij8", "begins-with-gzip", &["ij8", "cr8"], &[], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part.trim().starts_with("gzip"));
        }),
        row("ij8", "gzip-as-a-word", &["ij8", "cr8"], &[], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |value| value.split(|c: char| !c.is_alphanumeric()).any(|part| part == "gzip");
        }),
        row("ij8", "overlooks-the-weight", &["ij8", "cr8"], &[], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |value| value.split([',', ';']).any(|part| part.trim() == "gzip");
        }),
        row("ij8", "knows-no-weights", &["ij8"], &[], &[Id("gzip-offer-not-found")], |p| {
            p.wants_gzip = |value| value.split(',').any(|part| part.trim() == "gzip");
        }),
        row("ij8", "knows-one-zero", &["ij8"], &[], &[Id("coding-unasked")], |p| {
            p.wants_gzip = |value| {
                let mut parts = value.split(',').map(str::trim);
                parts.any(|part| part == "gzip" || part.starts_with("gzip;") && part != "gzip;q=0")
            }
        }),
        row("ij8", "answers-with-the-list", &["ij8", "cr8"], &["ij8"], &[NoCause("field-value")], |p| {
            p.polish = |q, r| {
                if r.has("Content-Encoding") {
                    r.set("Content-Encoding", asked(q).unwrap_or_default());
                }
            }
        }),
        row("cr8", "does-not-compress", &["cr8"], &["cr8"], &[Id("not-compressed")], |p| p.gzip = |text| text.to_vec()),
        row("cr8", "compresses-with-zlib", &["cr8"], &["cr8"], &[Id("zlib")], |p| {
            p.gzip = |text| {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        row("cr8", "compresses-with-bare-deflate", &["cr8"], &["cr8"], &[Id("gzip-damaged")], |p| {
            p.gzip = |text| {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        row("cr8", "compresses-twice", &["cr8"], &["cr8"], &[Id("compressed-twice")], |p| {
            p.gzip = |text| gzip(&gzip(text));
        }),
        row("cr8", "compresses-a-line-feed-too", &["cr8"], &["cr8"], &[Id("line-end-in-body")], |p| {
            p.gzip = |text| gzip(&[text, b"\n"].concat());
        }),
        row("cr8", "compresses-the-example", &["cr8"], &["cr8"], &[NoCause("gzip-content")], |p| {
            p.gzip = |_| gzip(b"abc");
        }),
        row("cr8", "gzip-in-hexadecimal", &["cr8"], &["cr8"], &[Id("gzip-damaged")], |p| {
            p.gzip = |text| gzip(text).iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
        }),
        row("cr8", "gzip-as-text", &["cr8"], &["cr8"], &[Id("not-utf-8")], |p| {
            p.gzip = |text| String::from_utf8_lossy(&gzip(text)).into_owned().into_bytes();
        }),
        row("cr8", "gzip-not-finished", &["cr8"], &["cr8"], &[Id("gzip-damaged")], |p| {
            p.gzip = |text| {
                let mut bytes = gzip(text);
                bytes.truncate(bytes.len() - 8);
                bytes
            }
        }),
        row("cr8", "gzip-with-a-wrong-sum", &["cr8"], &["cr8"], &[Id("gzip-damaged")], |p| {
            p.gzip = |text| {
                let mut bytes = gzip(text);
                let at = bytes.len() - 8;
                bytes[at] ^= 1;
                bytes
            }
        }),
        row("cr8", "gzip-with-a-tail", &["cr8"], &["cr8"], &[NoCause("gzip-trailing")], |p| {
            p.gzip = |text| [&gzip(text)[..], b"\r\n"].concat();
        }),
        row(
            "cr8",
            "length-of-the-text",
            &["df4..cr8"],
            &["cr8"],
            &[Id("body-beyond-length"), Id("cut-at-plain-length")],
            |p| {
                p.polish = |q, r| {
                    if r.has("Content-Encoding") {
                        r.set("Content-Length", q.target.len() - "/echo/".len());
                    }
                };
                // Ends the stream, or a client would wait for the bytes that were promised.
                p.write = |stream, bytes| {
                    stream.write_all(bytes)?;
                    if bytes.windows(9).any(|w| w == b"Encoding:") { stream.shutdown(Shutdown::Write) } else { Ok(()) }
                };
            },
        ),
        row(
            "cr8",
            "compresses-for-everybody",
            &["cn2..ej5", "df4..kh7"],
            &["cn2", "ag9..kh7"],
            &[Id("compressed-unasked")],
            |p| {
                p.polish = |q, r| {
                    if q.target.starts_with("/echo/") && !r.has("Content-Encoding") {
                        r.set_body(gzip(&r.body));
                    }
                }
            },
        ),
        row("cr8", "compresses-only-what-shrinks", &["df4..cr8"], &["df4..cr8"], &[Id("gzip-offer-not-found")], |p| {
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
