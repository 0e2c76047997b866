//! Rust source as far as the checks need to understand it: comments, literals, the test module, and paths.

/// The text with what is in comments and literals made blank. Every byte keeps its place.
pub(crate) fn without_text(source: &str) -> String {
    blanked(source, true)
}

/// The text with what is in comments made blank. Every byte keeps its place.
pub(crate) fn without_comments(source: &str) -> String {
    blanked(source, false)
}

fn blanked(source: &str, literals: bool) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (length, is_literal) = token(&bytes[at..], at.checked_sub(1).map(|before| bytes[before]));
        if let Some(is_literal) = is_literal
            && (literals || !is_literal)
        {
            out[at..at + length].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        at += length;
    }
    String::from_utf8(out).unwrap()
}

/// The length of what the text begins with, and whether it is a literal (Some(true)), a comment (Some(false)) or code.
fn token(rest: &[u8], before: Option<u8>) -> (usize, Option<bool>) {
    let until = |end: &[u8]| rest.windows(end.len()).skip(1).position(|window| window == end).map(|at| at + 1);
    let starts_word = before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    match rest {
        [b'/', b'/', ..] => (until(b"\n").unwrap_or(rest.len()), Some(false)),
        [b'/', b'*', ..] => {
            let (mut depth, mut at) = (0, 0);
            loop {
                match &rest[at..] {
                    [] => break,
                    [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                    [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
                if depth == 0 {
                    break;
                }
            }
            (at, Some(false))
        }
        [b'r', b'"' | b'#', ..] if starts_word || before == Some(b'b') => {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            // `r#name` is a raw identifier.
            if rest.get(1 + hashes) != Some(&b'"') {
                return (1, None);
            }
            let end = [b"\"", &b"#".repeat(hashes)[..]].concat();
            let body = &rest[2 + hashes..];
            let length = body.windows(end.len()).position(|window| window == end).unwrap_or(body.len() - end.len());
            (2 + hashes + length + end.len(), Some(true))
        }
        [b'"', ..] => (quoted(rest, b'"'), Some(true)),
        // A quote that is no character's begins a lifetime.
        [b'\'', b'\\', ..] | [b'\'', _, b'\'', ..] => (quoted(rest, b'\''), Some(true)),
        [b'\'', 0x80..=0xff, ..] => (quoted(rest, b'\''), Some(true)),
        _ => (1, None),
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Where the test module begins that the file ends with, or the file's length. A `#[cfg(test)]` before other code ends
/// nothing.
pub(crate) fn end_of_code(source: &str) -> usize {
    let code = without_text(source);
    let Some(begin) = code.rfind("#[cfg(test)]") else { return source.len() };
    let module = code[begin + "#[cfg(test)]".len()..].trim_start();
    let module = module.strip_prefix("pub(crate) ").unwrap_or(module);
    let Some(rest) = module.strip_prefix("mod tests") else { return source.len() };
    let mut depth = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => {}
            _ => continue,
        }
        if depth == 0 {
            return if rest[at + 1..].trim().is_empty() { begin } else { source.len() };
        }
    }
    source.len()
}

/// The paths that code names, in full: those of its `use` items, and all others with two segments or more, the first
/// of which may be a name that a `use` item has given. Expects no comments and no literals.
pub(crate) fn paths(code: &str) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let mut named = Vec::new();
    let mut aliases: Vec<(String, Vec<String>)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // `use<'a>` is no item, but part of a type.
        if tokens[at] == "use" && tokens.get(at + 1) != Some(&"<") {
            let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or(tokens.len() - at);
            for (path, alias) in use_tree(&tokens[at + 1..end], &[]) {
                aliases.extend(alias.map(|alias| (alias, path.clone())));
                named.push(path);
            }
            at = end;
        } else if is_word(tokens[at])
            && tokens.get(at + 1) == Some(&"::")
            && !tokens[..at].ends_with(&["::"])
            && (!tokens[..at].ends_with(&["."]) || tokens[..at].ends_with(&[".", "."]))
        {
            // A word behind a single dot is a method, as in `text.parse::<u8>()`.
            let mut path = vec![tokens[at].to_owned()];
            while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|token| is_word(token)) {
                path.push(tokens[at + 2].to_owned());
                at += 2;
            }
            named.push(path);
        }
        at += 1;
    }
    for path in &mut named {
        if let Some((_, full)) = aliases.iter().find(|(alias, full)| *alias == path[0] && full[0] != path[0]) {
            path.splice(..1, full.iter().cloned());
        }
    }
    named
}

/// The paths of a `use` item with the names that they give.
fn use_tree(tokens: &[&str], prefix: &[String]) -> Vec<(Vec<String>, Option<String>)> {
    let mut path = prefix.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "::" => {}
            "{" => {
                let inner = &tokens[at + 1..tokens.len() - 1];
                return branches(inner).into_iter().flat_map(|branch| use_tree(branch, &path)).collect();
            }
            "as" => return vec![(path, tokens.get(at + 1).map(|&alias| alias.to_owned()))],
            // The module itself.
            "self" if !path.is_empty() => {}
            segment => path.push(segment.to_owned()),
        }
        at += 1;
    }
    let alias = path.last().cloned();
    if path.is_empty() { Vec::new() } else { vec![(path, alias)] }
}

/// What stands between the commas that are in no further braces.
fn branches<'t, 's>(tokens: &'t [&'s str]) -> Vec<&'t [&'s str]> {
    let mut depth = 0;
    let separates = |token: &&str| {
        depth += i32::from(*token == "{") - i32::from(*token == "}");
        *token == "," && depth == 0
    };
    tokens.split(separates).filter(|branch| !branch.is_empty()).collect()
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Words, `::`, and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            length => length,
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

#[test]
fn text_is_told_from_code() {
    for (source, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("a\"b", 'c', '\'', b'"') + d"#, r#"f(      ,    ,     , b   ) + d"#),
        (r###"r#"a"b"# + r"\" + x"###, r###"         +      + x"###),
        ("fn a<'b>(c: &'b str) {}", "fn a<'b>(c: &'b str) {}"),
    ] {
        assert_eq!(without_text(source), code, "{source}");
    }
    assert_eq!(without_comments("\"// a\" // b"), "\"// a\"     ");
}

#[test]
fn only_a_test_module_at_the_end_is_no_code() {
    let code = |source: &str| source[..end_of_code(source)].to_owned();
    assert_eq!(code("a\n#[cfg(test)]\nmod tests { fn b() {} }\n"), "a\n");
    assert_eq!(code("a\n#[cfg(test)]\nmod tests;\n"), "a\n");
    assert_eq!(code("a\n#[cfg(test)]\npub(crate) mod tests { const B: char = '}'; }\n"), "a\n");
    for whole in
        ["a", "#[cfg(test)]\nb,\nc", "#[cfg(test)]\nmod tests { }\nfn b() {}", "// #[cfg(test)] mod tests {}\na"]
    {
        assert_eq!(code(whole), whole);
    }
    assert_eq!(code("#[cfg(test)]\na\n#[cfg(test)]\nmod tests {}"), "#[cfg(test)]\na\n");
}

#[test]
fn paths_are_named_in_full() {
    let code = "use a::{self, b::{c, d as e}, f::*}; use std::time; fn g() -> impl Sized + use<> { time::Instant::now(); crate::h::i(); x.j::<u8>(); ..k::L }";
    let named: Vec<String> = paths(code).iter().map(|path| path.join("::")).collect();
    let expected =
        ["a", "a::b::c", "a::b::d", "a::f::*", "std::time", "std::time::Instant::now", "crate::h::i", "k::L"];
    assert_eq!(named, expected);
}
