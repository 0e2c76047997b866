//! What the protocol costs, in memory: parse, connection, response, gzip. `cargo bench`

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http_server::{
    content::{
        gzip::gzip,
        response::{Content, Response},
    },
    http::{
        connection::{Connection, Event},
        grammar::{chunk_line, request_head, request_target},
        limits::Limits,
    },
};

const SHORT: &str = "GET / HTTP/1.1\r\nHost: localhost:4221\r\n\r\n";
const CURL: &str = "GET /echo/abc HTTP/1.1\r\nHost: localhost:4221\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n";
const BROWSER: &str = "GET /echo/abc HTTP/1.1\r\n\
    Host: localhost:4221\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=3b1f8e0c5d7a49f2b6e4c8d0a1f35297; theme=dark\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: none\r\n\
    Priority: u=0, i\r\n\r\n";
const HEADS: [(&str, &str); 3] = [("short", SHORT), ("curl", CURL), ("browser", BROWSER)];

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, head) in HEADS {
        group.throughput(Throughput::Bytes(head.len() as u64));
        group.bench_with_input(BenchmarkId::new("request_head", name), head.as_bytes(), |bencher, head| {
            bencher.iter(|| request_head(black_box(head), 100).unwrap());
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("request_target", |bencher| {
        bencher.iter(|| request_target(black_box(b"/echo/a%20text?with=query")).unwrap());
    });
    group.bench_function("chunk_line", |bencher| bencher.iter(|| chunk_line(black_box(b"1f40\r\n")).unwrap()));
    group.finish();
}

/// From a request's bytes to its event and to the head of its response, on a connection that persists.
fn connection(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("connection");
    let response = Response::ok("text/plain", Content::Bytes(b"abc"[..].into()));
    for (name, head) in HEADS {
        let mut connection = Connection::new(Limits::default());
        let mut out = Vec::new();
        group.bench_with_input(BenchmarkId::new("request", name), head.as_bytes(), |bencher, head| {
            bencher.iter(|| {
                assert!(matches!(connection.receive(black_box(head)).event, Event::Head(_)));
                assert_eq!(connection.receive(b"").event, Event::End);
                out.clear();
                connection.respond(&response.head, response.content.length(), None, &mut out);
            });
        });
    }
    let mut chunked = b"POST /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..1000 {
        chunked.extend_from_slice(b"10\r\n0123456789abcdef\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    group.throughput(Throughput::Bytes(chunked.len() as u64));
    group.bench_function("a thousand small chunks", |bencher| {
        bencher.iter(|| {
            let mut connection = Connection::new(Limits::default());
            let mut rest = &chunked[..];
            loop {
                let step = connection.receive(black_box(rest));
                rest = &rest[step.consumed..];
                if step.event == Event::End {
                    break;
                }
            }
        });
    });
    group.finish();
}

/// The head of a response: from the response to its bytes.
fn response(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("response");
    for (name, fields) in [("without fields", 0), ("with two fields", 2), ("with eight fields", 8)] {
        let mut response = Response::ok("text/plain", Content::Bytes(b"abc"[..].into()));
        for _ in 0..fields {
            response = response.with("Vary", "Accept-Encoding");
        }
        let mut connection = Connection::new(Limits::default());
        let mut out = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                connection.respond(black_box(&response.head), response.content.length(), None, &mut out);
            });
        });
    }
    group.finish();
}

fn compress(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gzip");
    // Words in an order without a period that deflate could see.
    let words = ["the ", "server ", "answers ", "a ", "request ", "with ", "content ", "of ", "its ", "own "];
    let text: String = (0u64..20_000).map(|n| words[(n * n * 31 / 7 % 10) as usize]).collect();
    for length in [20, 1000, 4000, 64_000] {
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_with_input(BenchmarkId::from_parameter(length), &text.as_bytes()[..length], |bencher, text| {
            bencher.iter(|| gzip(black_box(text)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, parse, connection, response, compress);
criterion_main!(benches);
