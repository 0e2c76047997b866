//! The server that is pushed: it does what the first stages of these tests ask, and no more.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// Serves for ever. Stage N asks for `/N/…`, and gets it up to `level`.
pub(crate) fn serve(level: u32) -> ! {
    let listener = TcpListener::bind("127.0.0.1:4221").expect("port 4221 is free");
    loop {
        let (stream, _) = listener.accept().expect("a connection");
        thread::spawn(move || client(stream, level));
    }
}

fn client(stream: TcpStream, level: u32) {
    let mut reader = BufReader::new(&stream);
    loop {
        let mut line = String::new();
        if !matches!(reader.read_line(&mut line), Ok(count) if count > 0) {
            return;
        }
        let stage = line.split('/').nth(1).and_then(|number| number.parse::<u32>().ok()).unwrap_or(u32::MAX);
        while !matches!(line.as_str(), "\r\n" | "") {
            line.clear();
            if reader.read_line(&mut line).is_err() {
                return;
            }
        }
        let status = if stage <= level { "200 OK" } else { "404 Not Found" };
        if write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}
