//! What a connection makes of a stream of bytes, for the property tests and the fuzz targets.

use http_server::http::{
    connection::{Connection, Event},
    limits::Limits,
    rejection::Rejection,
    response_head::ResponseHead,
    status::Status,
};

/// The events of a connection that answers each request as soon as it is complete, as text. Pieces of
/// content are joined, since where they end is where the bytes were cut.
pub(crate) fn events(input: &[u8], cuts: &[usize]) -> Vec<String> {
    let limits = Limits { head: 300, target: 60, fields: 8, content: Some(400) };
    let mut connection = Connection::new(limits);
    let mut log: Vec<String> = Vec::new();
    let mut content = Vec::new();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(input.len());
    let mut begin = 0;
    for end in ends {
        loop {
            let unread = &input[begin..end];
            let step = connection.receive(unread);
            assert!(step.consumed <= unread.len());
            begin += step.consumed;
            match step.event {
                Event::NeedMore => break,
                Event::Body(piece) => {
                    assert!(!piece.is_empty());
                    content.extend_from_slice(piece);
                }
                Event::Head(request) => log.push(format!("{request:?}")),
                Event::End => {
                    log.push(format!("content {:?} end", std::mem::take(&mut content)));
                    let mut out = Vec::new();
                    connection.respond(&ResponseHead::new(Status::OK), Some(0), None, &mut out);
                    log.push(out.escape_ascii().to_string());
                }
                Event::Reject(rejection) => {
                    log.push(format!("content {:?} {rejection:?}", std::mem::take(&mut content)));
                    connection.respond(&ResponseHead::new(rejection.status()), Some(0), None, &mut Vec::new());
                }
                Event::Closed => {
                    log.push("closed".to_owned());
                    return log;
                }
            }
        }
    }
    let last = connection.interrupt(&input[begin..], Rejection::Incomplete);
    log.push(format!("content {content:?} {last:?}"));
    log
}
