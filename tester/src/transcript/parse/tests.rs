//! Tables of transcripts and of mistakes in them.

use std::time::Duration;

use super::*;
use crate::transcript::{
    BodyRule, FieldRule, Part,
    causes::{Cause, Codes, Match, Selector, When},
};

#[test]
fn the_whole_notation_is_read() {
    let text = "#!/usr/bin/env x\n# comment\n\nargs --directory {dir}/ --root {root}\n\
        let word, other\nlet blob bytes 1MiB\nlet page text 4KiB\nlet agent = {word}/{other}\nlet lines =\n| one {word}\n|\n| {'{{ x }}'}\n\
        file {dir}/{word} = {blob}\nfile {root}/a/b =\n| text\nfile {root}/empty/\nsymlink {dir}/l -> ../{other}\n\
        connect a, b\nconnect c*3\n\
        a cut 7 5ms\na times 3\na> POST /x HTTP/1.1\na> Content-Length: {len}\na>\na> {page}\na>---\na> GET / HTTP/1.1\na>\na>> {'\\x00'}tail\n\
        a< HTTP/1.1 100 Continue\na<\na<---\na< HTTP/1.1 200 OK\na< ETag: {*tag}\na< Location: /a | /b\na< Date: *\na< !Vary\na<\na< {gzip page}\n\
        c> GET /{i} HTTP/1.1\nc>\nc2< HTTP/1.1 400|404|closed *\nc2<\nc2< *\n\
        b< HTTP/1.1 404 *\nb< ?Allow: *\nb< ?Location: /a | /b\nb<\nb< * one | {other}\nb< !* <{word}>\n\
        a open\na open 200ms\nb closed 5s\na half-close\na close\nb abort\nwait 10ms\n\
        saved {dir}/{word} = {tag}\nsaved {dir}/y =\n| z\nsaved none\nbeyond\n";
    let transcript = parse(text).unwrap();
    assert_eq!((transcript.lets.len(), transcript.fixtures.len(), transcript.group("c")), (6, 4, Some(3)));
    let actions: Vec<&Action> = transcript.steps.iter().map(|step| &step.action).collect();
    let Action::Write(write) = actions[2] else { panic!("{:?}", actions[2]) };
    assert_eq!((write.cut, write.times, write.parts.len()), (Some((7, Duration::from_millis(5))), 3, 3));
    let Part::Message(message) = &write.parts[0] else { panic!("{:?}", write.parts[0]) };
    assert_eq!((message.head.len(), message.body.as_ref().map(Vec::len)), (2, Some(1)));
    let Action::Expect(interim) = actions[3] else { panic!("{:?}", actions[3]) };
    assert_eq!(interim.statuses, [100]);
    let Action::Expect(expect) = actions[4] else { panic!("{:?}", actions[4]) };
    assert!(matches!(&expect.fields[1].rule, FieldRule::OneOf(all) if all.len() == 2));
    assert!(matches!(expect.fields[2].rule, FieldRule::Any) && matches!(expect.fields[3].rule, FieldRule::Absent));
    let Action::Expect(expect) = actions[6] else { panic!("{:?}", actions[6]) };
    assert_eq!((expect.statuses.as_slice(), expect.or_closed), ([400, 404].as_slice(), true));
    assert!(matches!(expect.body, BodyRule::Any));
    let Action::Expect(expect) = actions[7] else { panic!("{:?}", actions[7]) };
    assert!(matches!(&expect.fields[0].rule, FieldRule::Maybe(all) if all.is_empty()));
    assert!(matches!(&expect.fields[1].rule, FieldRule::Maybe(all) if all.len() == 2));
    let BodyRule::Contains(held) = &expect.body else { panic!("{:?}", expect.body) };
    assert_eq!([(held[0].absent, held[0].texts.len()), (held[1].absent, held[1].texts.len())], [(false, 2), (true, 1)]);
    assert!(transcript.stands_for("c", "c3") && !transcript.stands_for("c", "c4"));
    assert_eq!(transcript.steps.last().unwrap().line, text.lines().count());
}

#[test]
fn a_mistake_names_its_place_and_what_to_do() {
    let connected = "let w\nconnect a\nconnect g*2\n";
    for (text, at, what) in [
        ("nonsense\n", "4:1", "this is not a directive"),
        ("a dance\n", "4:3", "a connection cannot"),
        ("a> GET / \n", "4:9", "ends in white space"),
        ("z> GET\n", "4:1", "`z` is not connected"),
        ("a> {\n", "4:5", "cannot be understood"),
        ("a> {nope}\n", "4:5", "`nope` has no value"),
        ("a> {i}\n", "4:4", "outside a group"),
        ("g3> x\n", "4:1", "`g3` is not connected"),
        ("a>> {len}\n", "4:5", "outside a message"),
        ("a> {*w2}\n", "4:4", "can be remembered"),
        ("a< HTTP/1.1 200 OK\n", "4:4", "does not end"),
        ("a< HTTP/1.1 20 OK\na<\n", "4:13", "not a status line"),
        ("a< HTTP/1.1 closed *\na<\n", "4:13", "no status"),
        ("a< HTTP/1.1 200|404 OK\na<\n", "4:21", "one reason phrase"),
        ("a< HTTP/1.1 200 OK\na< A b\na<\n", "5:4", "not a field"),
        ("a< HTTP/1.1 200 OK\na< A: b\na< a: c\na<\n", "6:4", "listed already"),
        ("a< HTTP/1.1 200 OK\na<\na< x{gzip w}\n", "6:4", "gzip inside a body"),
        ("a< HTTP/1.1 200 OK\na< ?A\na<\n", "5:4", "not a field"),
        ("a< HTTP/1.1 200 OK\na<\na< x\na< * y\n", "6:4", "a line of a body among texts"),
        ("a< HTTP/1.1 200 OK\na<\na< * {gzip w}\n", "6:4", "in a text"),
        ("a< HTTP/1.1 200 OK\na<\na< * {len}\n", "6:4", "in a text"),
        ("a< HTTP/1.1 200 OK\na< A: {*w}\na<\n", "5:9", "is a value already"),
        ("let w\n", "4:5", "is a value already"),
        ("let len\n", "4:5", "cannot be the name"),
        ("let b bytes lots\n", "4:7", "unknown kind"),
        ("let b bytes 65MiB\n", "4:7", "unknown kind"),
        ("let x = {y}\n", "4:10", "`y` has no value"),
        ("connect a\n", "4:9", "is one already"),
        ("connect let\n", "4:9", "cannot be the name"),
        ("connect h*0\n", "4:9", "a group without members"),
        ("connect h*99999\n", "4:9", "too large"),
        ("wait long\n", "4:6", "not a time"),
        ("file /etc/passwd = x\n", "4:6", "could be anywhere"),
        ("file {dir}/x\n", "4:6", "without contents"),
        ("symlink {dir}/x\n", "4:9", "without a target"),
        ("| text\n", "4:1", "contents that belong to nothing"),
        ("args x\nargs y\n", "5:1", "a second `args`"),
        ("beyond\nbeyond\n", "5:1", "a second `beyond`"),
        ("a cut 3\n", "4:1", "no write on `a` follows"),
        ("a times 0\n", "4:9", "without a number"),
        ("a cut 0\n", "4:7", "without a number"),
    ] {
        let mistake = parse(&format!("{connected}{text}")).expect_err(text).to_string();
        assert!(mistake.starts_with(&format!("{at}: ")) && mistake.contains(what), "{text:?}: {mistake}");
    }
    let mistake = parse("connect a\na< HTTP/1.1 200 OK\na< T: {*t}\na<\nlet x = {t}\n").unwrap_err().to_string();
    assert!(mistake.contains("only while the stage runs"), "{mistake}");
}

#[test]
fn causes_stand_behind_what_they_explain() {
    let text = "let w\nconnect a\nconnect g*2\n\
        a< HTTP/1.1 403|404 *\na< Allow: GET\na<\na< !* {w}\n\
        a? [hidden-name] status 2xx|301: a name that begins with a dot\n# why\na? value Allow PUT | {': '}: what {w} says: no\n\
        a<---\na< HTTP/1.1 200 OK\na<\na< {w}\na? body starts {w[..2]}: cut\na? status 404 with Age: nothing\n\
        a open\na? surplus: too much\na? closed: gone\n\
        g closed\ng? open: member {i} stays\n\
        saved {dir}/x = {w}\nsaved? [not-there] file missing: not saved\nsaved none\nsaved? file: more\n";
    let transcript = parse(text).unwrap();
    let causes: Vec<Vec<&Cause>> = transcript.steps.iter().map(|step| step.causes.iter().collect()).collect();
    assert_eq!(causes.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 2, 2, 2, 1, 1, 1]);
    assert_eq!((causes[2][0].id.as_str(), causes[2][0].line, causes[2][1].id.as_str()), ("hidden-name", 8, "10"));
    assert_eq!(causes[2][0].when, When::Status(vec![Codes::Class(2), Codes::One(301)], None));
    assert!(matches!(&causes[2][1].when, When::Value(name, texts) if name == "Allow" && texts.len() == 2));
    assert_eq!(causes[2][1].text.names().collect::<Vec<_>>(), ["w"]);
    assert!(matches!(&causes[3][0].when, When::Body(Match::Starts(texts)) if texts.len() == 1));
    assert_eq!((&causes[5][0].when, &causes[6][0].when), (&When::Open, &When::File(Match::Missing)));
}

#[test]
fn causes_of_a_track_select_what_they_explain() {
    let text = "# Conditions.\n304 If-None-Match: !Range: ? [in-list] status 200: one of: the tags\n\
        ? [any] missing ETag: no tag\nPOST /files/* *?* 4xx pipelined ? [most] file is {'x'}: so\n";
    let all = shared(text).unwrap();
    assert_eq!(all.iter().map(|shared| shared.selectors.len()).collect::<Vec<_>>(), [3, 0, 5]);
    assert_eq!(all[0].selectors[2], Selector::Field { name: "Range".into(), absent: true });
    assert_eq!((all[0].cause.id.as_str(), all[0].cause.line), ("in-list", 2));
    for (text, at, what) in [
        ("nonsense\n", "1:1", "this is not a cause"),
        ("get ? [a] short: x\n", "1:1", "`get` selects nothing"),
        ("? short: x\n", "1:1", "without a name"),
        ("? [a] short: {w}\n", "1:15", "not known to its track"),
        ("? [a] short: x \n", "1:15", "white space"),
    ] {
        let mistake = shared(text).expect_err(text).to_string();
        assert!(mistake.starts_with(&format!("{at}: ")) && mistake.contains(what), "{text:?}: {mistake}");
    }
}

#[test]
fn a_mistake_in_a_cause_names_its_place() {
    let connected = "connect a\na< HTTP/1.1 200 OK\na<\n";
    for (text, at, what) in [
        ("a? status 404\n", "4:4", "without a text"),
        ("a? status 404:\n", "4:4", "without a text"),
        ("a? status 4x: no\n", "4:4", "not a way"),
        ("a? stats 404: no\n", "4:4", "not a way"),
        ("a? status 404 with : no\n", "4:4", "not a way"),
        ("a? missing A B: no\n", "4:4", "not a way"),
        ("a? body was x: no\n", "4:4", "not a way"),
        ("a? short 1: no\n", "4:4", "not a way"),
        ("a? [Name] short: no\n", "4:4", "not a name for a cause"),
        ("a? short: no.\n", "4:11", "full stop"),
        ("a? short: {w}\n", "4:12", "`w` has no value"),
        ("a? short: {len}\n", "4:11", "outside a message"),
        ("a? short: {i}\n", "4:11", "outside a group"),
        ("a? short: no\na< X: y\n", "5:1", "after its causes"),
        ("a close\na? short: no\n", "5:1", "no expectation of `a`"),
        ("connect b\nb? short: no\n", "5:1", "no expectation of `b`"),
        ("saved? file: no\n", "4:1", "no expectation of `saved`"),
        ("z? short: no\n", "4:1", "`z` is not connected"),
    ] {
        let mistake = parse(&format!("{connected}{text}")).expect_err(text).to_string();
        assert!(mistake.starts_with(&format!("{at}: ")) && mistake.contains(what), "{text:?}: {mistake}");
    }
}

#[test]
fn any_text_is_a_transcript_or_a_mistake() {
    let whole = "let w\nconnect a\na> GET /{w} HTTP/1.1\na>\na< HTTP/1.1 200 OK\na< A: {*t}\na<\na< {t[1..-1]}é\n";
    for (cut, _) in whole.char_indices() {
        let _ = parse(&whole[..cut]);
        let _ = parse(&whole[cut..]);
    }
    let mut random = fastrand::Rng::with_seed(1);
    let words = [
        "a>",
        "a<",
        " ",
        "{",
        "}",
        "'",
        "\\",
        "[",
        "..",
        "let",
        "w",
        "\n",
        "connect",
        "a",
        "|",
        "=",
        "é",
        "*",
        "HTTP/1.1 200 OK",
        ">---",
    ];
    for _ in 0..20_000 {
        let text: String = (0..random.usize(..20)).map(|_| words[random.usize(..words.len())]).collect();
        let _ = parse(&text);
    }
}
