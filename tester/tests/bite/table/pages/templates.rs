use std::fs;
use std::process::exit;
use std::sync::Mutex;

use super::super::{
    Cause::{Id, NoCause},
    Row, own,
};
use crate::server::pages::{HTML, MARK, Pages, Pairs, answer, with_status};
use crate::server::{Reply, percent_decode};

/// Templates: `pg5` to `pg7`.
pub(super) fn rows() -> Vec<Row> {
    fn pairs_of(text: &str, decode: fn(&str) -> String) -> Pairs {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        };
        text.split('&').map(pair).collect()
    }
    fn decode(text: &str) -> String {
        String::from_utf8_lossy(&percent_decode(text)).into_owned()
    }
    vec![
        own(
            "pg5",
            "no-templates",
            &["pg5", "pg6", "pg7"],
            &[Id("method-not-recognised"), Id("pages/broken-template"), Id("pages/mark-sent")],
            |p| p.pages.template = |_, _| None,
        ),
        own("pg5", "mark-is-sent", &["pg5", "pg6", "pg7"], &[Id("pages/mark-sent")], |p| {
            p.pages.template = |place, page| (Pages::right().template)(place, page).map(|rest| [MARK, &rest].concat());
        }),
        own(
            "pg5",
            "all-pages-are-templates",
            &["pg5", "pg6", "pg7"],
            &[Id("own-error"), Id("pages/filled-unasked"), Id("pg6/no-template")],
            |p| {
                p.pages.template = |place, page| {
                    if page.starts_with(MARK) {
                        (Pages::right().template)(place, page)
                    } else {
                        place.extension().is_some_and(|end| end == "html").then(|| page.to_vec())
                    }
                };
            },
        ),
        own("pg5", "all-marked-files-are-templates", &["pg5"], &[Id("pages/media-type")], |p| {
            p.pages.template = |_, page| page.strip_prefix(MARK).map(<[u8]>::to_vec);
        }),
        own("pg5", "mark-anywhere", &["pg5"], &[Id("pages/filled-unasked")], |p| {
            p.pages.template = |place, page| {
                let at = page.windows(MARK.len()).position(|window| window == MARK)?;
                let html = place.extension().is_some_and(|end| end == "html");
                html.then(|| [&page[..at], &page[at + MARK.len()..]].concat())
            };
        }),
        own("pg5", "no-escaping", &["pg5", "pg6"], &[Id("pages/unescaped")], |p| p.pages.escape = str::to_string),
        own("pg5", "escapes-only-tags", &["pg5", "pg6"], &[Id("pages/unescaped")], |p| {
            p.pages.escape = |text| text.replace('<', "&lt;").replace('>', "&gt;");
        }),
        own("pg5", "escapes-no-quotes", &["pg5"], &[Id("pg5/unescaped")], |p| {
            p.pages.escape = |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        }),
        own("pg5", "escapes-ampersands-last", &["pg5", "pg6"], &[Id("pages/unescaped")], |p| {
            p.pages.escape = |text| text.replace('<', "&lt;").replace('>', "&gt;").replace('&', "&amp;");
        }),
        own("pg5", "values-not-decoded", &["pg5", "pg6"], &[Id("pages/pairs-encoded")], |p| {
            p.pages.pairs = |text| pairs_of(text, str::to_string);
        }),
        own("pg5", "plus-is-plus", &["pg5", "pg6"], &[Id("pages/plus-is-space")], |p| {
            p.pages.pairs = |text| pairs_of(text, decode);
        }),
        own("pg5", "plus-is-a-space-afterwards", &["pg5"], &[Id("pg5/plus-is-space")], |p| {
            p.pages.pairs = |text| pairs_of(text, |part| decode(part).replace('+', " "));
        }),
        own("pg5", "names-not-decoded", &["pg5"], &[Id("pages/pairs")], |p| {
            p.pages.pairs = |text| {
                let decoded = (Pages::right().pairs)(text);
                let names = text.split('&').map(|part| part.split('=').next().unwrap_or_default().to_string());
                names.zip(decoded).map(|(name, (_, value))| (name, value)).collect()
            };
        }),
        own("pg5", "decodes-before-it-parts", &["pg5", "pg6"], &[Id("pages/unescaped")], |p| {
            p.pages.pairs = |text| pairs_of(&decode(&text.replace('+', " ")), str::to_string);
        }),
        own("pg5", "parts-at-semicolons", &["pg5"], &[Id("pages/pairs")], |p| {
            p.pages.pairs = |text| (Pages::right().pairs)(&text.replace(';', "&"));
        }),
        own("pg5", "value-to-the-next-equals-sign", &["pg5"], &[Id("pages/pairs")], |p| {
            p.pages.pairs = |text| {
                let pairs: Vec<String> =
                    text.split('&').map(|part| part.split('=').take(2).collect::<Vec<_>>().join("=")).collect();
                (Pages::right().pairs)(&pairs.join("&"))
            };
        }),
        own("pg5", "last-value-counts", &["pg5", "pg6"], &[Id("pages/pairs")], |p| {
            p.pages.value = |pairs, name| {
                let found = pairs.iter().rfind(|(known, _)| known == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
        }),
        own("pg5", "missing-value-is-none", &["pg5", "pg6"], &[Id("pages/no-value")], |p| {
            p.pages.value = |pairs, name| {
                if pairs.iter().any(|(known, _)| known == name) {
                    (Pages::right().value)(pairs, name)
                } else {
                    "None".into()
                }
            };
        }),
        own(
            "pg5",
            "fills-one-name-after-the-other",
            &["pg5", "pg6"],
            &[Id("pages/filled-unasked"), Id("pages/pairs")],
            |p| {
                p.pages.fill = |pages, template, pairs| {
                    (Pages::right().fill)(pages, template, pairs)?;
                    let mut page = template.to_string();
                    let mut pairs = pairs.clone();
                    pairs.reverse();
                    pairs.sort_by_key(|(_, value)| !value.contains('{'));
                    for (name, value) in &pairs {
                        page = page.replace(&format!("{{{{ {name} }}}}"), &(pages.escape)(value));
                        page = page.replace(&format!("{{{{{name}}}}}"), &(pages.escape)(value));
                    }
                    (Pages::right().fill)(pages, &page, &pairs)
                };
            },
        ),
        own("pg5", "gap-with-spaces-only", &["pg5"], &[Id("pages/gap-not-filled")], |p| {
            p.pages.fill = |pages, template, pairs| {
                let tight = |part: &str| part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
                let mut parts = template.split("{{");
                let mut text = parts.next()?.to_string();
                for part in parts {
                    text += if tight(part) { "\u{1}" } else { "{{" };
                    text += part;
                }
                Some((Pages::right().fill)(pages, &text, pairs)?.replace('\u{1}', "{{"))
            };
        }),
        own("pg5", "remembers-values", &["pg5", "pg6"], &[NoCause("body")], |p| {
            p.pages.both = |query, form| [form, query].concat();
            p.pages.value = |pairs, name| {
                static SEEN: Mutex<Pairs> = Mutex::new(Vec::new());
                let mut seen = SEEN.lock().unwrap();
                let new = pairs.iter().find(|(known, value)| known == name && !value.is_empty());
                if let Some(pair) = new {
                    seen.retain(|(known, _)| known != name);
                    seen.push(pair.clone());
                }
                (Pages::right().value)(&seen, name)
            };
        }),
        own("pg6", "post-is-not-allowed", &["pg6", "pg7"], &[Id("method-not-recognised")], |p| {
            p.pages.answer = |pages, site, request, path, query| match request.method.as_str() {
                "POST" => {
                    let mut reply = (pages.error)(site, "405 Method Not Allowed");
                    reply.set("Allow", "GET");
                    reply
                }
                _ => answer(pages, site, request, path, query),
            };
        }),
        own("pg6", "form-is-ignored", &["pg6"], &[Id("pages/pairs")], |p| p.pages.both = |query, _| query),
        own("pg6", "form-instead-of-the-query", &["pg6"], &[Id("pages/pairs")], |p| {
            p.pages.both = |query, form| if form.is_empty() { query } else { [form, Vec::new()].concat() };
        }),
        own("pg6", "query-before-the-form", &["pg6"], &[Id("pages/pairs")], |p| {
            p.pages.both = |query, form| [query, form].concat();
        }),
        own("pg6", "any-content-is-a-form", &["pg6"], &[Id("pg6/not-a-form")], |p| p.pages.is_form = |_| true),
        own("pg6", "form-with-case", &["pg6"], &[Id("pages/form-type")], |p| {
            p.pages.is_form = |value| value.starts_with("application/x-www-form-urlencoded");
        }),
        own("pg6", "form-without-parameters", &["pg6"], &[Id("pages/form-type")], |p| {
            p.pages.is_form = |value| value.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        }),
        own("pg6", "form-to-any-page", &["pg3", "pg6"], &[Id("pg3/pages-are-read"), Id("pg6/no-template")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                if reply.status_line.contains("405") {
                    answer(pages, site, &request.with_method("GET"), path, query)
                } else {
                    reply
                }
            };
        }),
        own("pg6", "form-is-saved", &["pg6"], &[Id("file-outside")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                if let Some(root) = site.root.as_ref().filter(|_| request.method == "POST") {
                    let _ = fs::write(root.join("form.txt"), &request.body);
                }
                answer(pages, site, request, path, query)
            };
        }),
        own("pg6", "form-of-one-read", &["pg6"], &[Id("pg6/many-pieces")], |p| {
            p.body = |_, buffer, length| Some(buffer.drain(..buffer.len().min(length)).collect());
        }),
        own("pg6", "bad-escapes-are-left-out", &["pg6"], &[Id("pages/pairs")], |p| {
            p.pages.pairs = |text| (Pages::right().pairs)(&text.replace("%zz", "").replace("%&", "&"));
        }),
        own("pg6", "form-in-unix-lines", &["pg6"], &[Id("pages/pairs")], |p| {
            p.pages.pairs = |text| (Pages::right().pairs)(&text.replace("%0D", ""));
        }),
        own("pg7", "broken-template-ends-the-program", &["pg7"], &[NoCause("died")], |p| {
            p.pages.broken = |_, _, _, _| exit(1);
        }),
        own("pg7", "broken-template-ends-the-thread", &["pg7"], &[Id("gave-up")], |p| {
            p.pages.broken = |_, _, _, _| panic!("a mistake");
        }),
        own("pg7", "broken-template-as-it-is", &["pg7"], &[Id("pages/broken-template")], |p| {
            p.pages.broken = |_, _, _, template| Reply::with(HTML, template.to_vec());
        }),
        own("pg7", "broken-template-half-sent", &["pg7"], &[Id("pages/broken-template")], |p| {
            p.pages.broken = |_, _, _, template| {
                let end = template.windows(2).position(|two| two == b"{{").unwrap_or_default();
                Reply::with(HTML, template[..end].to_vec())
            };
        }),
        own("pg7", "broken-template-half-sent-with-500", &["pg7"], &[Id("pages/number-not-shown")], |p| {
            p.pages.broken = |_, _, _, template| with_status("500 Internal Server Error", template[..9].to_vec());
        }),
        own("pg7", "broken-template-is-missing", &["pg7"], &[Id("pages/cannot-be-filled")], |p| {
            p.pages.broken = |pages, site, _, _| (pages.error)(site, "404 Not Found");
        }),
        own("pg7", "broken-template-tells-its-place", &["pg7"], &[Id("pages/not-for-this-client")], |p| {
            p.pages.broken = |_, _, place, _| {
                with_status("500 Internal Server Error", format!("<h1>500</h1>{}: line 3", place.display()).into())
            };
        }),
        own("pg7", "broken-template-tells-its-text", &["pg7"], &[Id("pages/not-for-this-client")], |p| {
            p.pages.broken = |_, _, _, template| {
                let text = String::from_utf8_lossy(template).replace('<', "&lt;");
                with_status("500 Internal Server Error", format!("<h1>500</h1><pre>{text}</pre>").into())
            };
        }),
        own("pg7", "broken-template-in-plain-text", &["pg7"], &[Id("pages/error-page-type")], |p| {
            p.pages.broken = |_, _, _, _| {
                let mut reply = with_status("500 Internal Server Error", b"500".to_vec());
                reply.set("Content-Type", "text/plain");
                reply
            };
        }),
        own("pg7", "one-broken-template-breaks-all", &["pg7"], &[Id("pages/broken-for-good")], |p| {
            p.pages.fill = |pages, template, pairs| {
                static BROKEN: Mutex<bool> = Mutex::new(false);
                let mut broken = BROKEN.lock().unwrap();
                let page = (Pages::right().fill)(pages, template, pairs).filter(|_| !*broken);
                *broken |= page.is_none();
                page
            };
        }),
        own("pg7", "empty-gaps-are-fine", &["pg7"], &[Id("pages/broken-template")], |p| {
            p.pages.fill = |pages, template, pairs| (Pages::right().fill)(pages, &template.replace("{{ }}", ""), pairs);
        }),
        own("pg7", "gaps-of-two-words-are-fine", &["pg7"], &[Id("pages/broken-template")], |p| {
            p.pages.fill = |pages, template, pairs| {
                let mut text = String::new();
                for part in template.split_inclusive("}}") {
                    let gap = part.rsplit_once("{{").filter(|(_, gap)| gap.trim_end_matches("}}").trim().contains(' '));
                    text += gap.map_or(part, |(before, _)| before);
                }
                (Pages::right().fill)(pages, &text, pairs)
            };
        }),
    ]
}
