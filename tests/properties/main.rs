//! What holds for any bytes: no panic, and the same events however the bytes are cut.

mod events;
mod website;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use events::events;
use http_server::{
    app::website::form,
    http::{date, grammar, ranges},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Pieces of messages, good and bad, from which the strategy below puts streams together.
const PIECES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"5;a=\"b\"\r\nhello\r\n",
    b"5;a=\"\\",
    b"\x8f\"",
    b"1A\r\nabcdefghijklmnopqrstuvwxyz\r\n",
    b"0\r\n\r\n",
    b"0\r\nTrailer: x\r\n\r\n",
    b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET",
    b" ",
    b"/",
    b" HTTP/1.1",
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"Host: a\r\n",
    b"Host : a\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Expect: 100-continue\r\n",
    b" folded\r\n",
    b"A: b\r\n",
    b"ffffffffffffffff\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\0",
    b"\xff",
    b"%",
    b":",
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Pieces of tables of redirects, and of forms.
const WORDS: &[&[u8]] = &[
    b"/old",
    b"/new",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"#",
    b"301",
    b"302",
    b"418",
    b"200",
    b"999",
    b"//",
    b"/",
    b"\\",
    b"http://",
    b"HTTPS://",
    b"example.org",
    b":80",
    b"?a=b",
    b"%2f",
    b"%6F",
    b"%",
    b"%0d%0a",
    b"*",
    b":id",
    b"\xc3\xa9",
    b"\xff",
    b"\0",
    b"javascript:",
    b"&",
    b"=",
    b"+",
    b"a",
    b"<!-- template -->",
    b"\x7f",
    b"\"",
    b"..",
];

/// Text with gaps that are right, and here and there something that may break it.
fn template() -> impl Strategy<Value = Vec<u8>> {
    const RIGHT: [&str; 8] = ["{{ a }}", "{{b}}", "{{\na\n}}", "{", "}}", "%}", "a", "\n"];
    const DOUBTFUL: [&str; 8] = ["{{", "{{ }}", "{{ a b }}", "{%", "{#", "#}", "|", " "];
    let word = prop_oneof![
        20 => select(&RIGHT[..]).prop_map(str::to_owned),
        1 => select(&DOUBTFUL[..]).prop_map(str::to_owned),
        2 => any::<String>(),
    ];
    vec(word, 0..40).prop_map(|words| words.concat().into_bytes())
}

/// A date of one of the two forms with four digits for the year, right or nearly so. The day of the week mostly is not.
fn date_text() -> impl Strategy<Value = String> {
    let day = select(&["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sunday", "sun", ""][..]);
    let month = select(&["Jan", "Feb", "Mar", "Jun", "Jul", "Sep", "Nov", "Dec", "jan", "No"][..]);
    let clock = (0..25u8, 0..61u8, 0..61u8);
    (day, 0..33u8, month, 1970..2100u16, clock, 0..5u8).prop_map(|(day, date, month, year, clock, form)| {
        let (hour, minute, second) = clock;
        let clock = format!("{hour:02}:{minute:02}:{second:02}");
        match form {
            0 | 1 => format!("{day}, {date:02} {month} {year} {clock} GMT"),
            2 | 3 => format!("{day} {month} {date:2} {clock} {year}"),
            _ => format!("{day}, {date} {month} {year} {clock}"),
        }
    })
}

/// Bytes of such words, some lines of which are right.
fn table() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![12 => select(WORDS).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..4)];
    let line = prop_oneof![
        vec(word.clone(), 0..8).prop_map(|words| words.concat()),
        (word.clone(), word).prop_map(|(from, to)| [b"/", &from[..], b" /", &to, b"\n"].concat()),
    ];
    vec(line, 0..6).prop_map(|lines| lines.concat())
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![8 => select(PIECES).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..4)];
    let pieces = vec(piece, 0..14).prop_map(|pieces| pieces.concat());
    // Sometimes a byte is changed, as a fuzzer would.
    (pieces, any::<Option<(prop::sample::Index, u8)>>()).prop_map(|(mut bytes, change)| {
        if let Some((at, byte)) = change.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes give requests, a rejection or "need more", and how they are cut makes no difference.
    #[test]
    fn events_do_not_depend_on_the_cuts(input in stream(), cuts in vec(any::<usize>(), 0..6)) {
        let whole = events(&input, &[]);
        prop_assert_eq!(&events(&input, &cuts), &whole, "input {}", input.escape_ascii());
        let every_byte: Vec<_> = (0..input.len()).collect();
        prop_assert_eq!(&events(&input, &every_byte), &whole, "input {}", input.escape_ascii());
    }

    #[test]
    fn no_bytes_make_a_parser_panic(input in stream()) {
        let _ = grammar::request_head(&input, 4);
        let _ = grammar::request_target(&input);
        let _ = grammar::host(&input);
        let _ = grammar::chunk_line(&input);
        let _ = grammar::field_section(&input, 4);
        let _ = grammar::content_length(&input);
        let _ = ranges::select(&input, 100);
    }

    #[test]
    fn any_table_of_redirects_is_safe_to_follow(input in table()) {
        website::check_table(&input);
    }

    #[test]
    fn any_bytes_are_a_form(input in table()) {
        website::check_form(&input);
        let mut elsewhere = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(&input).into_owned() {
            elsewhere.entry(name).or_insert(value);
        }
        prop_assert_eq!(form::values(&input, b""), elsewhere);
    }

    /// What a browser makes of names and values, the server reads back.
    #[test]
    fn a_form_is_read_as_it_was_meant(pairs in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..5)) {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        prop_assert_eq!(form::values(encoded.as_bytes(), b""), pairs);
    }

    /// An independent library agrees, where it knows as much: from 1970 on.
    #[test]
    fn a_date_is_written_and_read_as_elsewhere(seconds in 0..253_402_300_800u64, nanoseconds in 0..1_000_000_000u32) {
        let time = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        let text = date::format(time);
        prop_assert_eq!(&text, &httpdate::fmt_http_date(time));
        prop_assert_eq!(date::parse(text.as_bytes(), UNIX_EPOCH), Some(date::whole_seconds(time)));
    }

    #[test]
    fn any_time_that_is_written_is_read_again(seconds in -62_167_219_200..253_402_300_800i64) {
        let duration = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { UNIX_EPOCH - duration } else { UNIX_EPOCH + duration };
        prop_assert_eq!(date::parse(date::format(time).as_bytes(), UNIX_EPOCH), Some(time));
    }

    #[test]
    fn a_date_means_the_same_elsewhere_or_is_none_there_too(text in date_text()) {
        // It knows no leap seconds.
        prop_assume!(!text.contains("23:59:60"));
        prop_assert_eq!(date::parse(text.as_bytes(), SystemTime::now()), httpdate::parse_http_date(&text).ok());
    }

    /// What anybody writes with two digits within 50 years before or after now, is meant.
    #[test]
    fn two_digits_of_a_year_are_enough(now in 2_000_000_000..4_000_000_000u64, days in -18_260..18_260i64) {
        let now = UNIX_EPOCH + Duration::from_secs(now);
        let days_off = Duration::from_secs(days.unsigned_abs() * 86_400);
        let time = if days < 0 { now - days_off } else { now + days_off };
        let text = date::format(time);
        let long = [("Tue,", "Tues"), ("Wed,", "Wednes"), ("Thu,", "Thurs"), ("Sat,", "Satur")];
        let day = long.iter().find(|(short, _)| text.starts_with(short)).map_or(&text[..3], |(_, long)| long);
        let text = format!("{day}day, {}-{}-{}{}", &text[5..7], &text[8..11], &text[14..16], &text[16..]);
        prop_assert_eq!(date::parse(text.as_bytes(), now), Some(time), "{}", text);
    }

    #[test]
    fn any_bytes_are_a_date_or_none(input in stream(), text in any::<String>()) {
        let _ = date::parse(&input, SystemTime::now());
        let _ = date::parse(text.as_bytes(), SystemTime::now());
    }

    #[test]
    fn any_template_becomes_a_page_or_an_error_with_a_line(input in template()) {
        website::check_template(&input);
    }
}
