//! What a template may say: fill in values, choose between them, and pass them through filters.
//!
//! The library's language has more: loops, assignments, arithmetic on text. With these a few hundred bytes make
//! a value that no machine has memory for, or that takes for ever, some of it before anything is rendered. What is
//! left here takes time and memory in proportion to the template and to the values.

use minijinja::machinery::{Token, WhitespaceConfig, tokenize};

/// What may begin a `{% … %}`.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];
/// Tokens of one `{{ … }}` or `{% … %}`, which bounds how long a chain of filters can make a value.
const TAG_LIMIT: usize = 32;
/// Tokens of all of them in a template, which bounds the time and the stack that it takes.
const TOTAL_LIMIT: usize = 10_000;

/// Looks at a template before anything is made of it.
///
/// # Errors
/// The line of what it may not say, counted from 1, and why. What breaks the rules of syntax is left to the library.
pub(super) fn check(source: &str) -> Result<(), (usize, String)> {
    // Of the tag at hand, and of all.
    let (mut count, mut total) = (0, 0);
    let mut begins_statement = false;
    for token in tokenize(source, false, Default::default(), WhitespaceConfig::default()) {
        let Ok((token, span)) = token else { return Ok(()) };
        let refused = |reason: String| Err((usize::from(span.start_line), reason));
        if matches!(token, Token::TemplateData(_)) {
            continue;
        }
        count += 1;
        total += 1;
        match token {
            Token::VariableStart | Token::BlockStart => count = 0,
            Token::Ident(name) if begins_statement && !STATEMENTS.contains(&name) => {
                return refused(format!("there is no statement {name} here, only {}", STATEMENTS.join(", ")));
            }
            Token::Ident(_) | Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => {
            }
            Token::VariableEnd | Token::BlockEnd | Token::ParenOpen | Token::ParenClose => {}
            Token::Pipe | Token::Comma => {}
            Token::Eq | Token::Ne | Token::Gt | Token::Gte | Token::Lt | Token::Lte => {}
            other => return refused(format!("there is no {other} here: only names, text, filters and comparisons")),
        }
        begins_statement = matches!(token, Token::BlockStart);
        if count > TAG_LIMIT {
            return refused(format!("more than {TAG_LIMIT} words and signs between two braces"));
        }
        if total > TOTAL_LIMIT {
            return refused(format!("more than {TOTAL_LIMIT} words and signs between braces"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_in_and_chooses_may_be_said() {
        for source in [
            "",
            "<p>{{ size }} {{- size -}} {{ size | default('x', true) | upper }}</p>",
            "{% if not size %}a{% elif size == '1' or size != 'b' and (size > 2) %}b{% else %}c{% endif %}",
            "{{ 'a' if size is defined else 1.5 }}{# {% for a in b %} #}{% raw %}{% set a = b %}{% endraw %}",
            "{{ size",
            "{{ a b }}",
            "{% %}",
            "{{ \u{1b} }}",
        ] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
    }

    #[test]
    fn what_could_grow_or_repeat_may_not_be_said() {
        for source in [
            "{% for a in size %}",
            "{%- set a = size %}",
            "{% with a = size %}",
            "{% filter upper %}",
            "{% autoescape false %}",
            "{% include 'a' %}",
            "{{ size ~ size }}",
            "{{ size + size }}",
            "{{ 'x' * 9 }}",
            "{{ 9 ** 9 }}",
            "{{ -1 }}",
            "{{ 1 / 2 }}",
            "{{ 1 // 2 }}",
            "{{ 1 % 2 }}",
            "{{ [size, size] }}",
            "{{ {'a': 1} }}",
            "{{ size.a }}",
            "{{ a(b=c) }}",
        ] {
            let result = check(&format!("a\n\n{source}\n"));
            assert!(matches!(result, Err((3, _))), "{source}: {result:?}");
        }
    }

    #[test]
    fn tags_are_of_limited_length_and_number() {
        let tag = |filters: usize| format!("{{{{ size{} }}}}", "|upper".repeat(filters));
        assert_eq!(check(&tag(15)), Ok(()));
        assert!(check(&tag(16)).is_err());
        // Three tokens each.
        assert_eq!(check(&"{{ a }}".repeat(TOTAL_LIMIT / 3)), Ok(()));
        assert!(check(&"{{ a }}".repeat(TOTAL_LIMIT / 3 + 1)).is_err());
    }
}
