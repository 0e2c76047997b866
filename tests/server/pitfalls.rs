//! What public solutions of the challenge get wrong: a test for each defect.

use crate::harness::Server;

#[test]
fn garbage_in_the_request_line_gets_400() {
    let server = Server::start(&[]);
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"\xff\xfe\xfd \x80 \x90\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1 again\r\nHost: a\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b" / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"{\"json\": true}\r\n\r\n",
    ] {
        let response = server.once(garbage);
        assert_eq!(response.status, 400, "{}", garbage.escape_ascii());
        assert!(response.closes());
    }
}
