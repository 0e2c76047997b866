//! Real clients get right responses: curl, and a browser. Where one is missing, its tests are listed as ignored.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod harness;

use std::{
    fs,
    process::{Command, Stdio},
};

use harness::{Server, trial};
use libtest_mimic::Arguments;

fn main() {
    let has = |program: &str| {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    let (curl, chromium) = (has("curl"), has("chromium"));
    let with_curl = |name, test: fn()| trial(name, "needs curl", curl, test);
    let with_chromium = |name, test: fn()| trial(name, "needs chromium", chromium, test);
    let trials = vec![
        with_curl("curl_gets_every_endpoint", curl_gets_every_endpoint),
        with_curl("curl_uploads_in_every_way", curl_uploads_in_every_way),
        with_curl("curl_decompresses", curl_decompresses),
        with_curl("curl_asks_for_parts_and_for_changes", curl_asks_for_parts_and_for_changes),
        with_curl("curl_uses_a_connection_again", curl_uses_a_connection_again),
        with_curl("curl_speaks_http_1_0", curl_speaks_http_1_0),
        with_chromium("a_browser_shows_what_it_gets", a_browser_shows_what_it_gets),
        with_chromium("a_browser_shows_pages_well", a_browser_shows_pages_well),
        with_chromium("a_browser_sends_forms_and_follows_redirects", a_browser_sends_forms_and_follows_redirects),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Bytes of a picture of 1280 by 800 that shows nothing, and some more.
const BLANK: usize = 5000;

/// What curl writes to standard output. It must succeed.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["--silent", "--show-error", "--max-time", "20"]).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "curl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The URL of a target on this server.
fn url(server: &Server, target: &str) -> String {
    format!("http://{}{target}", server.address)
}

fn curl_gets_every_endpoint() {
    let server = Server::start(&[]);
    fs::write(server.path("a file"), "contents").unwrap();
    let get = |target: &str| curl(&[&url(&server, target), "--write-out", "\n%{http_code} %{content_type}"]);
    assert_eq!(get("/"), "\n200 ");
    assert_eq!(get("/echo/abc%20d"), "abc d\n200 text/plain");
    assert_eq!(get("/files/a%20file"), "contents\n200 application/octet-stream");
    assert_eq!(get("/files/none"), "\n404 ");
    assert_eq!(get("/none"), "\n404 ");
    assert_eq!(curl(&[&url(&server, "/user-agent"), "--user-agent", "pear/1.0"]), "pear/1.0");
    let head = curl(&[&url(&server, "/echo/abc"), "--head"]);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Content-Length: 3\r\n"), "{head}");
    let options = curl(&[&url(&server, "/files/a"), "--include", "--request", "OPTIONS"]);
    assert!(options.contains("Allow: GET, HEAD, POST, OPTIONS\r\n"), "{options}");
}

fn curl_uploads_in_every_way() {
    let server = Server::start(&[]);
    // More than curl sends without asking for 100 Continue.
    let contents: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let local = tempfile::NamedTempFile::new().unwrap();
    fs::write(local.path(), &contents).unwrap();
    let data = format!("@{}", local.path().display());
    let ways: [(&str, &[&str]); 4] = [
        ("length", &[]),
        ("chunked", &["--header", "Transfer-Encoding: chunked"]),
        ("continue", &["--header", "Expect: 100-continue"]),
        ("old", &["--http1.0"]),
    ];
    for (name, options) in ways {
        let target = url(&server, &format!("/files/{name}"));
        let status = curl(&[&[&target, "--data-binary", &data, "--write-out", "%{http_code}"], options].concat());
        assert_eq!(status, "201", "{name}");
        assert!(fs::read(server.path(name)).unwrap() == contents, "{name}");
    }
}

fn curl_decompresses() {
    let server = Server::start(&[]);
    let text = "some text\n".repeat(100_000);
    fs::write(server.path("text.txt"), &text).unwrap();
    assert_eq!(curl(&[&url(&server, "/echo/abc"), "--compressed"]), "abc");
    assert!(curl(&[&url(&server, "/files/text.txt"), "--compressed"]) == text);
    let head = curl(&[&url(&server, "/files/text.txt"), "--compressed", "--head"]);
    assert!(head.contains("Content-Encoding: gzip\r\n"), "{head}");
}

fn curl_asks_for_parts_and_for_changes() {
    let server = Server::start(&[]);
    fs::write(server.path("digits"), "0123456789").unwrap();
    let target = url(&server, "/files/digits");
    assert_eq!(curl(&[&target, "--range", "2-4", "--write-out", " %{http_code}"]), "234 206");
    let etags = tempfile::NamedTempFile::new().unwrap();
    let etags = etags.path().to_str().unwrap();
    assert_eq!(curl(&[&target, "--etag-save", etags]), "0123456789");
    assert_eq!(curl(&[&target, "--etag-compare", etags, "--write-out", "%{http_code}"]), "304");
    server.post("/files/digits", "9876543210");
    assert_eq!(curl(&[&target, "--etag-compare", etags, "--write-out", " %{http_code}"]), "9876543210 200");
}

fn curl_uses_a_connection_again() {
    let server = Server::start(&[]);
    let urls = [url(&server, "/echo/a"), url(&server, "/none"), url(&server, "/user-agent")];
    let each = "%{http_code} %{num_connects}\n";
    let printed = curl(&[&urls[0], &urls[1], &urls[2], "--user-agent", "b", "--write-out", each]);
    assert_eq!(printed, "a200 1\n404 0\nb200 0\n");
}

fn curl_speaks_http_1_0() {
    let server = Server::start(&[]);
    assert_eq!(curl(&["--http1.0", &url(&server, "/echo/abc"), "--write-out", " %{http_code}"]), "abc 200");
}

/// Runs a browser without a window, which ends when it has shown the page. Gives what it prints.
fn chromium(arguments: &[&str], url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        // The sandbox does not work for root; what is shown here is our own.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(url)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn a_browser_shows_what_it_gets() {
    let server = Server::start(&[]);
    let shown = |target: &str| chromium(&["--dump-dom"], &url(&server, target));
    // It asks for gzip, and a page of plain text comes wrapped in <pre>.
    assert!(shown("/echo/shown%20in%20a%20browser").contains(">shown in a browser</pre>"));
    assert!(shown("/user-agent").contains("Chrome/"));
    let log = server.log();
    assert!(log.contains("GET /echo/shown%20in%20a%20browser 200"), "{log}");
}

/// A web site with something of everything.
fn site() -> (Server, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, contents: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    write("kittens.html", "<!-- template -->\n<!doctype html>\n<title>Kittens</title>\n<h1>{{ name }}</h1>\n");
    let form = "<!doctype html><form method=post action=kittens.html><input name=name value='Tom & \"J\" <b>'></form>\
                <script>document.forms[0].submit()</script>";
    write("form.html", form);
    let frame = "<!-- template -->\n<!doctype html>\n<iframe src='{{ target }}' width=360 height=700></iframe>\n";
    write("frame.html", frame);
    write("broken.html", "<!-- template -->\n{{");
    write("_redirects", "/moved /kittens.html 308\n");
    for name in ["photos/b c.txt", "photos/<i>\"x\"?#%.txt", "photos/older/x", "photos/café"] {
        write(name, &name.repeat(500));
    }
    let long = format!("photos/{}.txt", "a-long-name-".repeat(12));
    write(&long, "x");
    (Server::start_without_directory(&["--root", root.path().to_str().unwrap()]), root)
}

fn a_browser_shows_pages_well() {
    let (server, _root) = site();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    for (name, target, parts) in [
        (
            "listing",
            "/photos/",
            // As the browser has understood the page: what was escaped is text.
            &[
                "<title>Index of /photos/</title>",
                "<a href=\"%3Ci%3E%22x%22%3F%23%25.txt\">&lt;i&gt;\"x\"?#%.txt</a>",
                "<a href=\"older/\">older/</a>",
                "<a href=\"caf%C3%A9\">café</a>",
                "<td>6.8 KiB</td>",
            ][..],
        ),
        ("error", "/nothing", &["<h1>404 Not Found</h1>", "There is nothing at this address."]),
        ("broken", "/broken.html", &["<h1>500 Internal Server Error</h1>"]),
        ("template", "/kittens.html?name=%3Cb%3Ebold+%26+sure", &["<h1>&lt;b&gt;bold &amp; sure</h1>"]),
    ] {
        let dom = chromium(&["--dump-dom"], &url(&server, target));
        for part in parts {
            assert!(dom.contains(part), "no {part} in {dom}");
        }
        // A window is never as narrow as a phone, but a frame in it can be.
        let frame = format!("/frame.html?target={}", target.replace('?', "%3F").replace('&', "%26"));
        for (width, device, target) in [(1280, "desktop", target), (500, "phone", &frame)] {
            let picture = folder.join(format!("{name}-{device}.png"));
            let _ = fs::remove_file(&picture);
            let screenshot = format!("--screenshot={}", picture.display());
            let size = format!("--window-size={width},800");
            chromium(&["--hide-scrollbars", &screenshot, &size], &url(&server, target));
            server.wait_for_log(&format!("GET {target} "));
            is_no_blank_picture(&picture, width);
        }
    }
}

/// A page of one colour compresses to next to nothing; letters do not.
fn is_no_blank_picture(path: &std::path::Path, width: u32) {
    let png = fs::read(path).unwrap_or_else(|error| panic!("no screenshot {}: {error}", path.display()));
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", path.display());
    assert_eq!(png[16..20], width.to_be_bytes(), "the width of {}", path.display());
    assert!(png.len() > BLANK, "{} has {} bytes, like a blank page", path.display(), png.len());
}

fn a_browser_sends_forms_and_follows_redirects() {
    let (server, _root) = site();
    let shown = |target: &str| chromium(&["--virtual-time-budget=10000", "--dump-dom"], &url(&server, target));
    let dom = shown("/form.html");
    assert!(dom.contains("<h1>Tom &amp; \"J\" &lt;b&gt;</h1>"), "{dom}");
    server.wait_for_log("POST /kittens.html 200");
    assert!(shown("/moved?name=moved+on").contains("<h1>moved on</h1>"));
    assert!(shown("/photos").contains("<title>Index of /photos/</title>"));
}
