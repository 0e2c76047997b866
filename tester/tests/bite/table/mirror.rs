use super::{
    Cause::{Id, NoCause},
    Row, own, right,
};
use crate::server::Reply;
use crate::server::mirror::{Mirror, chunks};

/// The track `mirror`.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        right("mirror", |_| ()),
        own("mi1", "mirror-of-the-parsed-fields", &["mi1"], &[Id("mi1/rebuilt")], |p| {
            p.mirror.head = |head| {
                let text = String::from_utf8_lossy(head);
                let mut lines = text.split("\r\n");
                let mut seen = format!("{}\r\n", lines.next().unwrap_or_default());
                for (name, value) in lines.filter_map(|line| line.split_once(':')) {
                    seen += &format!("{name}: {}\r\n", value.trim());
                }
                (seen + "\r\n").into()
            };
        }),
        own("mi1", "mirror-with-names-in-small-letters", &["mi1"], &[Id("mi1/rebuilt")], |p| {
            p.mirror.head = |head| {
                let text = String::from_utf8_lossy(head);
                let (line, fields) = text.split_once("\r\n").unwrap_or_default();
                let small = |field: &str| match field.split_once(':') {
                    Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
                    None => field.into(),
                };
                let fields: Vec<String> = fields.split("\r\n").map(small).collect();
                format!("{line}\r\n{}", fields.join("\r\n")).into()
            };
        }),
        own("mi1", "mirror-through-a-string", &["mi1"], &[Id("not-utf-8")], |p| {
            p.mirror.head = |head| String::from_utf8_lossy(head).into_owned().into();
        }),
        own("mi1", "mirror-without-the-empty-line", &["mi1"], &[Id("line-end-in-body")], |p| {
            p.mirror.head = |head| head[..head.len() - 2].to_vec();
        }),
        own("mi1", "mirror-without-the-query", &["mi1"], &[Id("mi1/target")], |p| {
            p.mirror.head = |head| {
                let text = head.iter().map(|byte| char::from(*byte)).collect::<String>();
                let (target, rest) = text.split_once(" HTTP/").unwrap_or_default();
                let target = target.split('?').next().unwrap_or_default();
                format!("{target} HTTP/{rest}").chars().map(|letter| letter as u8).collect()
            };
        }),
        own("mi1", "mirror-of-the-head-alone", &["mi1"], &[Id("body-cut")], |p| {
            p.mirror.content = |_, _| Vec::new();
        }),
        own("mi1", "mirror-of-text", &["mi1"], &[Id("not-utf-8")], |p| {
            p.mirror.content = |content, _| String::from_utf8_lossy(&content).into_owned().into();
        }),
        own("mi1", "mirror-of-decoded-chunks", &["mi1"], &[Id("mi1/framing")], |p| {
            p.mirror.content = |content, chunked| if chunked { decoded(&content) } else { content };
        }),
        own("mi1", "mirror-without-extensions", &["mi1"], &[Id("mi1/framing")], |p| {
            p.mirror.content = |content, chunked| {
                let text = String::from_utf8_lossy(&content);
                let bare = |line: &str| line.split(';').next().unwrap_or_default().to_string();
                if chunked { text.split("\r\n").map(bare).collect::<Vec<_>>().join("\r\n").into() } else { content }
            };
        }),
        own("mi1", "mirror-without-trailers", &["mi1"], &[Id("mi1/framing")], |p| {
            p.mirror.chunks = |bytes| {
                let end = chunks(bytes)?;
                let last = bytes[..end].windows(3).rposition(|three| three == b"\r\n0")?;
                Some(last + 2 + bytes[last + 2..].windows(2).position(|two| two == b"\r\n")? + 2)
            };
        }),
        own("mi1", "mirror-takes-size-0-in-the-data-for-the-end", &["mi1"], &[Id("chunk-lost")], |p| {
            p.mirror.chunks = |bytes| bytes.windows(5).position(|w| w == b"0\r\n\r\n").map(|at| at + 5);
        }),
        own("mi1", "mirror-ignores-chunks", &["mi1"], &[Id("mi1/framing")], |p| {
            p.mirror.length = |head| Some((Mirror::right().length)(head).unwrap_or(0));
        }),
        own("mi1", "mirror-waits-for-the-next-request", &["mi1"], &[Id("chunk-lost")], |p| {
            p.mirror.chunks = |bytes| chunks(bytes).filter(|end| bytes.len() > end + 30);
        }),
        own("mi1", "mirror-for-get-only", &["mi1"], &[Id("not-recognised")], |p| {
            p.mirror.hangs_at = |method, target| method == "GET" && (Mirror::right().hangs_at)(method, target);
        }),
        own("mi1", "mirror-anywhere", &["mi1"], &[Id("unknown-path-taken")], |p| {
            p.mirror.hangs_at = |_, target| target.starts_with("/mirror");
        }),
        own("mi1", "mirror-misses-a-query", &["mi1"], &[Id("mi1/query-in-path")], |p| {
            p.mirror.hangs_at = |_, target| target == "/mirror";
        }),
        own("mi1", "mirror-of-html", &["mi1"], &[NoCause("field-value")], |p| {
            p.mirror.reply = |seen| Reply::with("text/html", seen);
        }),
        own("mi1", "mirror-in-a-page", &["mi1"], &[NoCause("field-value")], |p| {
            p.mirror.reply = |seen| Reply::with("text/html", [b"<pre>", &seen[..], b"</pre>"].concat());
        }),
        right("mirror-in-chunks", |p| {
            p.mirror.reply = |seen| {
                let size = format!("{:x}\r\n", seen.len());
                let mut reply =
                    Reply::with("text/plain; charset=utf-8", [size.as_bytes(), &seen, b"\r\n0\r\n\r\n"].concat());
                reply.drop("Content-Length");
                reply.set("Transfer-Encoding", "chunked");
                reply
            };
        }),
    ]
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut rest = bytes;
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        content.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    content
}
