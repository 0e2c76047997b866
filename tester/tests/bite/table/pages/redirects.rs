use super::super::{Cause::Id, Row, own};
use crate::server::pages::{Pages, answer, redirect, with_query};

/// The table of redirects: `pg4`.
pub(super) fn rows() -> Vec<Row> {
    fn line(table: &str, path: &str, take: fn(&[&str], &str) -> bool) -> Option<(String, String)> {
        table.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let known = |status: &str| (300..420).contains(&status.parse().unwrap_or(0));
            let status = words.get(2).copied().unwrap_or("301");
            let good = words.len() > 1 && words[0].starts_with('/') && known(status) && take(&words, path);
            good.then(|| (words[1].to_string(), status.to_string()))
        })
    }
    vec![
        own("pg4", "no-table", &["pg4"], &[Id("pages/table-line")], |p| p.pages.moved = |_, _| None),
        own("pg4", "always-301", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.moved = |table, path| Some(((Pages::right().moved)(table, path)?.0, "301".into()));
        }),
        own("pg4", "lines-without-a-status-are-skipped", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.moved = |table, path| line(table, path, |words, path| words[0] == path && words.len() > 2);
        }),
        own("pg4", "parted-by-one-space", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.moved = |table, path| {
                table.lines().find_map(|line| {
                    let words: Vec<&str> = line.split(' ').collect();
                    let good = words.len() > 1 && words[0] == path && words[0].starts_with('/');
                    let status = words.get(2).copied().unwrap_or("301").to_string();
                    (good && status.starts_with(['3', '4'])).then(|| (words[1].to_string(), status))
                })
            };
        }),
        own("pg4", "table-by-its-beginning", &["pg4"], &[Id("pages/missing-is-404")], |p| {
            p.pages.moved = |table, path| line(table, path, |words, path| path.starts_with(words[0]));
        }),
        own("pg4", "table-by-its-end", &["pg4"], &[Id("pages/missing-is-404")], |p| {
            p.pages.moved = |table, path| line(table, path, |words, path| path.ends_with(words[0]));
        }),
        own("pg4", "stops-at-a-bad-line", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.moved = |table, path| {
                let good = |line: &&str| {
                    let mut words = line.split_whitespace();
                    line.starts_with('#') || line.is_empty() || (line.starts_with('/') && words.nth(1).is_some())
                };
                let lines: Vec<&str> = table.lines().take_while(good).collect();
                (Pages::right().moved)(&lines.join("\n"), path)
            };
        }),
        own("pg4", "takes-any-status", &["pg4"], &[Id("pages/missing-is-404")], |p| {
            p.pages.moved = |table, path| (Pages::right().moved)(&table.replace(" 999", " 302"), path);
        }),
        own("pg4", "table-after-the-files", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let mut plain = *pages;
                plain.moved = |_, _| None;
                let reply = answer(&plain, site, request, path, query);
                if reply.status_line.contains("404") { answer(pages, site, request, path, query) } else { reply }
            };
        }),
        own("pg4", "table-without-the-query", &["pg4"], &[Id("pg4/query-kept")], |p| {
            p.pages.to_target =
                |pages, site, target, status, _| (Pages::right().to_target)(pages, site, target, status, None);
        }),
        own("pg4", "table-with-two-queries", &["pg4"], &[Id("pg4/one-query")], |p| {
            p.pages.to_target = |pages, site, target, status, query| match query {
                Some(query) => redirect(&format!("{status} Moved"), &format!("{target}?{query}")),
                None => (Pages::right().to_target)(pages, site, target, status, None),
            };
        }),
        own("pg4", "teapot-redirects", &["pg4"], &[Id("pg4/no-redirect")], |p| {
            p.pages.to_target =
                |_, _, target, status, query| redirect(&format!("{status} Moved"), &with_query(target, query));
        }),
        own("pg4", "teapot-is-200", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.to_target = |pages, site, target, status, query| {
                let mut reply = (Pages::right().to_target)(pages, site, target, status, query);
                reply.status_line = reply.status_line.replace("418", "200");
                reply
            };
        }),
        own("pg4", "gone-is-missing", &["pg4"], &[Id("pages/table-line")], |p| {
            p.pages.to_target = |pages, site, target, status, query| {
                let reply = (Pages::right().to_target)(pages, site, target, status, query);
                if reply.status_line.contains("410") { (pages.error)(site, "404 Not Found") } else { reply }
            };
        }),
        own("pg4", "table-in-its-spelling", &["pg4"], &[Id("pages/encoded-path")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let mut plain = *pages;
                if path.contains('%') {
                    plain.moved = |_, _| None;
                }
                answer(&plain, site, request, path, query)
            };
        }),
        own("pg4", "shows-the-table", &["pg4"], &[Id("pg4/table-hidden")], |p| {
            p.pages.place = |site, path| match path {
                "/_redirects" => Some(site.root.as_ref()?.join("_redirects")),
                _ => (Pages::right().place)(site, path),
            };
        }),
    ]
}
