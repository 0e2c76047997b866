//! The server that the reports are about: right, or with one flaw.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process, thread,
    time::Duration,
};

/// What the server does.
pub(crate) fn serve(flaw: &str, port: u16, directory: &str) -> ! {
    if flaw == "dies-at-once" {
        eprintln!("no configuration");
        process::exit(7);
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    loop {
        let (stream, _) = listener.accept().expect("a client");
        let (flaw, directory) = (flaw.to_owned(), directory.to_owned());
        thread::spawn(move || client(stream, &flaw, &directory));
    }
}

fn client(mut stream: TcpStream, flaw: &str, directory: &str) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            let mut piece = [0; 4096];
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return,
                Ok(count) => buffer.extend_from_slice(&piece[..count]),
            }
        };
        let head = String::from_utf8(buffer.drain(..end).collect()).expect("a head of ASCII");
        let length =
            head.split_once("Content-Length: ").and_then(|(_, rest)| rest.lines().next()?.parse::<usize>().ok());
        while buffer.len() < length.unwrap_or(0) {
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).expect("the rest of the body");
            buffer.extend_from_slice(&piece[..count]);
        }
        let body: Vec<u8> = buffer.drain(..length.unwrap_or(0)).collect();
        if !answer(&mut stream, flaw, directory, &head, &body) {
            return;
        }
    }
}

/// Answers one request. `false`: it was the last.
fn answer(stream: &mut TcpStream, flaw: &str, directory: &str, head: &str, body: &[u8]) -> bool {
    let target = head.split(' ').nth(1).expect("a target");
    if let Some(name) = target.strip_prefix("/files/") {
        fs::write(format!("{directory}/{name}"), body).expect("a file");
        if flaw == "debris" {
            fs::write(format!("{directory}/debris"), "x").expect("a file");
        }
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").expect("an answer");
        return true;
    }
    let name = target.strip_prefix("/greet/").expect("a name");
    let close = head.contains("Connection: close");
    let text = format!("Hello, {name}!");
    let mut response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{}\r\n{text}",
        text.len(),
        if close { "Connection: close\r\n" } else { "" }
    );
    match flaw {
        "dies" => {
            eprintln!("a bug, \x1b[2J and a \t tab");
            process::exit(3);
        }
        "small-letters" => response = response.replace("Hello", "hello"),
        "line-feeds" => response = response.replace("\r\n", "\n"),
        "no-type" => response = response.replace("Content-Type: text/plain\r\n", ""),
        "one-more" => response.push('\n'),
        "capital-type" => response = response.replace("text/plain", "Text/Plain"),
        "silent" => thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
    // The tester may have left already: it has seen enough.
    let _ = stream.write_all(response.as_bytes());
    !(close && flaw != "stays-open")
}
