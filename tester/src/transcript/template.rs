//! Templates: text with substitutions in braces, the part of the notation that makes every run different.

use nom::{
    Finish, IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while, take_while1},
    character::complete::{anychar, char, digit1, one_of},
    combinator::{all_consuming, cut, map, map_res, opt, recognize, value, verify},
    error::Error,
    multi::{fold_many0, many0},
    sequence::{delimited, pair, preceded, terminated},
};

/// Names that mean something in braces, and so cannot be the names of values.
pub(crate) const RESERVED: [&str; 8] = ["len", "hexlen", "gzip", "pct", "case", "dir", "root", "i"];

/// Text with substitutions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text outside braces.
    Text(Vec<u8>),
    /// `{VALUE}`.
    Value(Value),
    /// `{len VALUE}`.
    Len(Value),
    /// `{hexlen VALUE}`.
    HexLen(Value),
    /// `{len}`: the length of the body of the message that the template stands in.
    MessageLen,
    /// `{gzip VALUE}`.
    Gzip(Value),
    /// `{pct VALUE}`.
    Pct(Value),
    /// `{case VALUE}`.
    Case(Value),
    /// `{dir}`.
    Dir,
    /// `{root}`.
    Root,
    /// `{i}`: the number of a group's member.
    Index,
    /// `{*NAME}`: whatever stands there, remembered.
    Capture(String),
}

/// The source of a substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A value, or with bounds a slice of it. A negative bound counts from the end.
    Name {
        /// The name after `let`, or of a captured value.
        name: String,
        /// `[from..to]`, where it is given.
        slice: Option<(Option<i64>, Option<i64>)>,
    },
    /// `'text'` with its escapes resolved.
    Quoted(Vec<u8>),
}

impl Template {
    /// Parses `text`.
    ///
    /// # Errors
    /// The offset in bytes at which the template cannot be understood.
    pub fn parse(text: &str) -> Result<Template, usize> {
        match all_consuming(template).parse(text).finish() {
            Ok((_, pieces)) => Ok(Template { pieces }),
            Err(Error { input, .. }) => Err(text.len() - input.len()),
        }
    }

    /// The names of the values that it uses, captures not among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece.value() {
            Some(Value::Name { name, .. }) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text, where there is no substitution in it.
    pub fn literal(&self) -> Option<String> {
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text),
                _ => return None,
            }
        }
        String::from_utf8(bytes).ok()
    }

    /// Checks whether one of the pieces is `piece`.
    pub fn has(&self, piece: &Piece) -> bool {
        self.pieces.contains(piece)
    }
}

impl Piece {
    /// The value that it is made of.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Piece::Value(value)
            | Piece::Len(value)
            | Piece::HexLen(value)
            | Piece::Gzip(value)
            | Piece::Pct(value)
            | Piece::Case(value) => Some(value),
            _ => None,
        }
    }
}

fn template(input: &str) -> IResult<&str, Vec<Piece>> {
    many0(alt((
        map(take_while1(|c| c != '{'), |text: &str| Piece::Text(text.as_bytes().to_vec())),
        delimited(char('{'), cut(substitution), cut(char('}'))),
    )))
    .parse(input)
}

/// Parses from behind an opening brace up to the closing one.
pub(crate) fn in_braces(input: &str) -> IResult<&str, ()> {
    value((), pair(substitution, char('}'))).parse(input)
}

fn substitution(input: &str) -> IResult<&str, Piece> {
    alt((
        map(preceded(function("len"), cut(operand)), Piece::Len),
        map(preceded(function("hexlen"), cut(operand)), Piece::HexLen),
        map(preceded(function("gzip"), cut(operand)), Piece::Gzip),
        map(preceded(function("pct"), cut(operand)), Piece::Pct),
        map(preceded(function("case"), cut(operand)), Piece::Case),
        map(preceded(char('*'), cut(value_name)), |name| Piece::Capture(name.to_owned())),
        value(Piece::MessageLen, keyword("len")),
        value(Piece::Dir, keyword("dir")),
        value(Piece::Root, keyword("root")),
        value(Piece::Index, keyword("i")),
        map(operand, Piece::Value),
    ))
    .parse(input)
}

fn function<'a>(word: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Error<&'a str>> {
    terminated(tag(word), take_while1(|c| c == ' '))
}

fn keyword<'a>(word: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Error<&'a str>> {
    verify(name, move |found: &str| found == word)
}

/// A letter, then letters, digits and `_`.
pub(crate) fn name(input: &str) -> IResult<&str, &str> {
    recognize(pair(
        take_while1(|c: char| c.is_ascii_alphabetic()),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    ))
    .parse(input)
}

/// The name of a value: any name that is not reserved.
pub(crate) fn value_name(input: &str) -> IResult<&str, &str> {
    verify(name, |found: &str| !RESERVED.contains(&found)).parse(input)
}

fn operand(input: &str) -> IResult<&str, Value> {
    alt((
        map(delimited(char('\''), cut(quoted), cut(char('\''))), Value::Quoted),
        map(pair(value_name, opt(slice)), |(name, slice)| Value::Name { name: name.to_owned(), slice }),
    ))
    .parse(input)
}

type Bounds = (Option<i64>, Option<i64>);

fn slice(input: &str) -> IResult<&str, Bounds> {
    delimited(char('['), cut((terminated(opt(bound), tag("..")), opt(bound))), cut(char(']'))).parse(input)
}

fn bound(input: &str) -> IResult<&str, i64> {
    map_res(recognize(pair(opt(char('-')), digit1)), str::parse).parse(input)
}

fn quoted(input: &str) -> IResult<&str, Vec<u8>> {
    fold_many0(
        alt((
            map(take_while1(|c| c != '\'' && c != '\\'), |text: &str| text.as_bytes().to_vec()),
            preceded(char('\\'), cut(escape)),
        )),
        Vec::new,
        |mut all: Vec<u8>, part| {
            all.extend(part);
            all
        },
    )
    .parse(input)
}

fn escape(input: &str) -> IResult<&str, Vec<u8>> {
    alt((
        map_res(anychar, |c| match c {
            'r' => Ok(vec![b'\r']),
            'n' => Ok(vec![b'\n']),
            't' => Ok(vec![b'\t']),
            '0' => Ok(vec![0]),
            '\\' | '\'' => Ok(vec![c as u8]),
            _ => Err(()),
        }),
        map_res(preceded(char('x'), recognize(pair(hex_digit, hex_digit))), |digits| {
            u8::from_str_radix(digits, 16).map(|byte| vec![byte])
        }),
    ))
    .parse(input)
}

fn hex_digit(input: &str) -> IResult<&str, char> {
    one_of("0123456789abcdefABCDEF").parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Value {
        Value::Name { name: name.to_owned(), slice: None }
    }

    #[test]
    fn each_substitution_is_read() {
        let rows = [
            ("{word}", Piece::Value(named("word"))),
            ("{length}", Piece::Value(named("length"))),
            ("{len}", Piece::MessageLen),
            ("{len word}", Piece::Len(named("word"))),
            ("{hexlen word}", Piece::HexLen(named("word"))),
            ("{gzip word}", Piece::Gzip(named("word"))),
            ("{pct 'a b'}", Piece::Pct(Value::Quoted(b"a b".to_vec()))),
            ("{case 'Host'}", Piece::Case(Value::Quoted(b"Host".to_vec()))),
            ("{dir}", Piece::Dir),
            ("{root}", Piece::Root),
            ("{i}", Piece::Index),
            ("{*tag}", Piece::Capture("tag".to_owned())),
            ("{'{{ size }}'}", Piece::Value(Value::Quoted(b"{{ size }}".to_vec()))),
            (r"{'\r\n\t\0\\\'\xfF'}", Piece::Value(Value::Quoted(b"\r\n\t\0\\'\xff".to_vec()))),
            ("{''}", Piece::Value(Value::Quoted(Vec::new()))),
        ];
        for (text, piece) in rows {
            assert_eq!(Template::parse(text), Ok(Template { pieces: vec![piece] }), "{text}");
        }
    }

    #[test]
    fn slices_take_open_and_negative_ends() {
        for (text, bounds) in [
            ("{b[0..100]}", (Some(0), Some(100))),
            ("{b[..10]}", (None, Some(10))),
            ("{b[-5..]}", (Some(-5), None)),
            ("{b[..]}", (None, None)),
        ] {
            let value = Value::Name { name: "b".to_owned(), slice: Some(bounds) };
            assert_eq!(Template::parse(text), Ok(Template { pieces: vec![Piece::Value(value)] }), "{text}");
        }
    }

    #[test]
    fn text_and_substitutions_alternate_and_a_lone_closing_brace_is_text() {
        let template = Template::parse("a } {x}-{y}").unwrap();
        assert_eq!(
            template.pieces,
            [
                Piece::Text(b"a } ".to_vec()),
                Piece::Value(named("x")),
                Piece::Text(b"-".to_vec()),
                Piece::Value(named("y")),
            ]
        );
        assert_eq!(template.names().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(template.literal(), None);
    }

    #[test]
    fn a_mistake_is_located() {
        for (text, at) in [("ab{", 3), ("ab{x", 4), ("{}", 1), ("{len }", 5), ("{x[1-2]}", 4), ("{'a}", 4), ("{1}", 1)]
        {
            assert_eq!(Template::parse(text), Err(at), "{text}");
        }
        assert!(Template::parse(r"{'\q'}").is_err());
        assert!(Template::parse("{*len}").is_err());
    }
}
