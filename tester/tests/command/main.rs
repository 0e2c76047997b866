//! The command as its users see it: golden files of its reports, exit codes, and that nothing survives it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p stages --test command` writes the golden files anew. The test program is also the
//! server that is tested: `command --serve FLAW PORT [--directory DIR]`.

#![allow(clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};
use rustix::process::{Pid, Signal, kill_process};

use crate::{repository::Repository, support::until};

mod help;
mod readme;
mod repository;
mod server;

#[path = "../support/mod.rs"]
mod support;

/// An unprivileged user on every system.
const NOBODY: u32 = 65534;

/// Name of a golden file, flaw of the server, arguments.
const GOLDEN: [(&str, &str, &[&str]); 17] = [
    ("passes", "none", &[]),
    ("passes-in-turn", "none", &["--in-turn"]),
    ("passes-debug", "none", &["--debug", "1"]),
    ("passes-quiet", "none", &["--quiet"]),
    ("dies-at-once", "dies-at-once", &["1"]),
    ("dies", "dies", &["1"]),
    ("small-letters", "small-letters", &["--keep-going"]),
    ("line-feeds", "line-feeds", &["--quiet"]),
    ("no-type", "no-type", &["gr1"]),
    ("one-more", "one-more", &["greeting"]),
    ("stays-open", "stays-open", &["1"]),
    ("silent", "silent", &["1", "--timeout", "1"]),
    ("debris", "debris", &["2"]),
    ("capital-type", "capital-type", &["1"]),
    ("capital-type-compat", "capital-type", &["1", "--compat"]),
    ("tap", "no-type", &["--keep-going", "--format", "tap"]),
    ("json", "no-type", &["--keep-going", "--format", "json"]),
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, flaw, port, rest @ ..] = &args[..]
        && flag == "--serve"
    {
        let directory = rest.iter().skip_while(|arg| *arg != "--directory").nth(1);
        server::serve(flaw, port.parse().expect("a port"), directory.map_or("", |directory| directory));
    }
    let mut trials: Vec<Trial> = GOLDEN
        .into_iter()
        .map(|(name, flaw, arguments)| {
            Trial::test(format!("golden::{name}"), move || {
                let repository = Repository::new(flaw);
                golden(name, &repository.normal(&repository.test(arguments)))
            })
        })
        .collect();
    trials.extend(help::trials());
    trials.extend(readme::trials());
    let root = rustix::process::geteuid().is_root();
    trials.extend([
        Trial::test("golden::junit", junit),
        Trial::test("golden::does_not_compile", does_not_compile),
        Trial::test("golden::port_is_taken", port_is_taken),
        Trial::test("usage_errors_exit_with_2", usage_errors),
        Trial::test("colour_is_for_terminals", colour),
        Trial::test("a_seed_repeats_a_run", seed),
        Trial::test("a_script_runs_from_anywhere", script_from_anywhere),
        Trial::test("list_show_and_check", list_show_and_check),
        Trial::test("descriptors_are_raised_for_the_tester_alone", descriptors),
        Trial::test("an_interrupt_leaves_nothing", || leaves_nothing(Signal::INT)),
        Trial::test("a_kill_leaves_nothing", || leaves_nothing(Signal::KILL)),
        // Elsewhere the other tests run as an ordinary user already.
        Trial::test("an_ordinary_user_can_test", ordinary_user).with_ignored_flag(!root),
        Trial::test("the_server_of_this_repository_passes", reference).with_ignored_flag(!server_binary().is_file()),
    ]);
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Compares with a golden file.
fn golden(name: &str, found: &str) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/golden").join(format!("{name}.txt"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found)?;
        return Ok(());
    }
    let expected =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}; run with UPDATE_GOLDEN=1", path.display()))?;
    if expected == found {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&expected, found).unified_diff().header("golden", "found").to_string();
    Err(format!("{} differs:\n{diff}", path.display()).into())
}

fn junit() -> Result<(), Failed> {
    let repository = Repository::new("one-more");
    golden("junit", &repository.normal(&repository.test(&["--keep-going", "--format", "junit"])))
}

fn does_not_compile() -> Result<(), Failed> {
    let repository = Repository::new("none");
    repository.script(".codecrafters/compile.sh", "echo 'error: expected `;`' >&2; exit 101");
    golden("does-not-compile", &repository.normal(&repository.test(&[])))
}

fn port_is_taken() -> Result<(), Failed> {
    let repository = Repository::new("none");
    let _holder = TcpListener::bind(("127.0.0.1", repository.port))?;
    let output = repository.test(&["1", "--in-turn"]);
    let me = fs::read_to_string("/proc/self/comm")?;
    let holder = format!("{} (process {})", me.trim_end(), std::process::id());
    golden("port-is-taken", &repository.normal(&output).replace(&holder, "HOLDER"))
}

fn usage_errors() -> Result<(), Failed> {
    let repository = Repository::new("none");
    for (arguments, what) in [
        (vec!["nosuch"], "there is no stage `nosuch`"),
        (vec!["9..12"], "there is no stage `9..12`"),
        (vec!["--port", "0"], "--port"),
        (vec!["--nonsense"], "--nonsense"),
        (vec!["no/such/tester.http"], "there is no no/such/tester.http"),
    ] {
        let output = repository.test(&arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(2) || !text.contains(what) {
            return Err(format!("{arguments:?}: {} {text}", output.status).into());
        }
    }
    let folder = tempfile::tempdir()?;
    let stage = folder.path().join("01-broken");
    fs::create_dir(&stage)?;
    fs::write(stage.join("README.md"), "# Broken\n\nid: br1 · level: easy · track: base\n")?;
    fs::write(stage.join("tester.http"), "connect a\na> GET /{nope} HTTP/1.1\na>\n")?;
    let output = Command::new(env!("CARGO_BIN_EXE_stages"))
        .args(["test", "--stages"])
        .arg(folder.path())
        .arg("--program")
        .arg(repository.folder.path())
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let right = output.status.code() == Some(2)
        && text.contains("01-broken/tester.http:2:10: `nope` has no value yet; put `let nope` above");
    if right { Ok(()) } else { Err(text.into()) }
}

fn colour() -> Result<(), Failed> {
    let repository = Repository::new("none");
    let coloured = |name: &str, value: &str| -> Result<bool, Failed> {
        let output = repository.command(&["1"]).env(name, value).output()?;
        Ok(output.stdout.contains(&0x1b))
    };
    // Standard output is a pipe here.
    if coloured("X", "")? || coloured("NO_COLOR", "1")? || !coloured("CLICOLOR_FORCE", "1")? {
        return Err("colour where it should not be, or none where it was asked for".into());
    }
    Ok(())
}

fn seed() -> Result<(), Failed> {
    let repository = Repository::new("none");
    let run = |seed: &str| -> Result<String, Failed> {
        let output = repository.command(&["1", "--seed", seed]).output()?;
        Ok(repository.normal(&output))
    };
    let (first, again, other) = (run("1")?, run("1")?, run("2")?);
    if first != again || first == other {
        return Err(format!("{first}\n{again}\n{other}").into());
    }
    Ok(())
}

/// A copy of a stage's folder, without the workspace, run by its first line with an installed `stages`.
fn script_from_anywhere() -> Result<(), Failed> {
    let repository = Repository::new("none");
    let (here, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir()?);
    let stage = folder.path().join("01-greeting");
    fs::create_dir(&stage)?;
    for file in ["README.md", "tester.http"] {
        fs::copy(here.join("tests/command/stages/01-greeting").join(file), stage.join(file))?;
    }
    fs::copy(here.join("../stages/run"), folder.path().join("run"))?;
    let link = folder.path().join("a link");
    std::os::unix::fs::symlink(stage.join("tester.http"), &link)?;
    let tools = Path::new(env!("CARGO_BIN_EXE_stages")).parent().ok_or("no folder")?;
    let path = format!("{}:/usr/bin:/bin", tools.display());
    for (script, options) in [(stage.join("tester.http"), &["--debug"][..]), (stage.join("tester.http"), &[])] {
        let output = Command::new(&script)
            .args(options)
            .args(["--port", &repository.port.to_string()])
            // The repository is found from where the script is called.
            .current_dir(repository.folder.path().join(".codecrafters"))
            .env("PATH", &path)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !text.contains("1 of 1 passed.") || text.contains("a> GET") == options.is_empty()
        {
            return Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    let output = Command::new(&link).current_dir("/").env("PATH", &path).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let right = output.status.code() == Some(2) && text.contains("there is no your_program.sh here");
    if right { Ok(()) } else { Err(text.into()) }
}

fn list_show_and_check() -> Result<(), Failed> {
    let run = |arguments: &[&str]| -> Result<(Option<i32>, String), Failed> {
        let output = Command::new(env!("CARGO_BIN_EXE_stages")).args(arguments).output()?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let in_order = (Some(0), "All folders, pages and transcripts are in order.\n".to_owned());
    if run(&["check"])? != in_order
        || run(&["check", "--stages", concat!(env!("CARGO_MANIFEST_DIR"), "/../stages")])? != in_order
    {
        return Err(run(&["check", "--stages", concat!(env!("CARGO_MANIFEST_DIR"), "/../stages")])?.1.into());
    }
    let (code, list) = run(&["list"])?;
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../stages/04-respond-with-body/README.md"))?;
    if code != Some(0) || !list.contains("   4  cn2  Respond with body") || run(&["show", "cn2"])? != (Some(0), page) {
        return Err(list.into());
    }
    // The stages of these tests have pages that say next to nothing.
    let (code, problems) = run(&["check", "--stages", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/stages")])?;
    if code != Some(1) || !problems.contains("01-greeting/README.md: no section `## Hints`") {
        return Err(problems.into());
    }
    Ok(())
}

/// A crowd of connections needs more descriptors than most systems grant at first.
fn descriptors() -> Result<(), Failed> {
    let repository = Repository::new("none");
    let folder = tempfile::tempdir()?;
    let stage = folder.path().join("01-crowd");
    fs::create_dir(&stage)?;
    fs::write(stage.join("README.md"), "# Crowd\n\nid: cr1 · level: easy · track: base\n")?;
    fs::write(stage.join("tester.http"), "connect c*100\n")?;
    let binary = env!("CARGO_BIN_EXE_stages");
    let run = |limit: &str| {
        Command::new("sh")
            .args(["-c", &format!("ulimit {limit}; exec \"$@\""), "sh", binary, "test", "--port"])
            .arg(repository.port.to_string())
            .arg("--stages")
            .arg(folder.path())
            .arg("--program")
            .arg(repository.folder.path())
            .output()
    };
    let server = format!("exec '{}' --serve none {}", env::current_exe()?.display(), repository.port);
    repository.script(".codecrafters/run.sh", &format!("echo \"limit $(ulimit -n)\"; ulimit -n 1000; {server}"));
    let output = run("-S -n 64")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !text.contains("[your_program] limit 64") {
        return Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}

/// A tester that is ended in the middle of a stage takes with it the program, a child that has left the program's
/// process group and ignores SIGTERM, and the temporary folder.
fn leaves_nothing(signal: Signal) -> Result<(), Failed> {
    let mark = tempfile::tempdir()?;
    let port = support::free_port()?;
    let script = format!(
        "echo \"$2\" > '{0}/folder'\nsetsid sh -c 'trap \"\" TERM; echo $$ > {0}/pid.new; mv {0}/pid.new {0}/daemon; while :; do sleep 0.05; touch {0}/beat; done' &\nexec sleep 1000",
        mark.path().display()
    );
    let repository = Repository::with_script(&script, port);
    let mut tester = repository.command(&["2"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(tester.stdout.take().ok_or("no output")?).lines();
    lines.next();
    let beat = mark.path().join("beat");
    until("the program runs", || beat.exists())?;
    let folder = PathBuf::from(fs::read_to_string(mark.path().join("folder"))?.trim_end());
    if !folder.is_dir() {
        return Err(format!("{} is not there while the stage runs", folder.display()).into());
    }
    let pid = Pid::from_child(&tester);
    kill_process(pid, signal)?;
    let status = tester.wait()?;
    if signal == Signal::INT && status.code() != Some(130) {
        return Err(format!("an interrupted tester ends with {status}").into());
    }
    until("the temporary folder is gone", || !folder.exists())?;
    // A daemon that is alive would make its file anew.
    until("the daemon is gone", || {
        let _ = fs::remove_file(&beat);
        let deadline = Instant::now() + Duration::from_millis(300);
        while Instant::now() < deadline {
            if beat.exists() {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    })
}

fn ordinary_user() -> Result<(), Failed> {
    let repository = Repository::new("none");
    for arguments in [&["--quiet"][..], &["--quiet", "--in-turn"]] {
        let output = repository.command(arguments).uid(NOBODY).gid(NOBODY).current_dir("/").output()?;
        let text = repository.normal(&output);
        if text != "2 of 2 passed.\nexit code 0\n" {
            return Err(text.into());
        }
    }
    Ok(())
}

/// The server's binary, which cargo puts beside this crate's when it builds the whole workspace.
fn server_binary() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_stages")).with_file_name("http-server")
}

/// All stages, in exact mode, against the real server; and nobody's port is needed for it.
fn reference() -> Result<(), Failed> {
    let port = support::free_port()?;
    let repository =
        Repository::with_script(&format!("exec '{}' --port {port} \"$@\"", server_binary().display()), port);
    for mode in [&[][..], &["--compat"], &["--in-turn"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_stages"))
            .args(["test", "all", "--keep-going", "--quiet", "--port", &port.to_string()])
            .args(["--stages", concat!(env!("CARGO_MANIFEST_DIR"), "/../stages"), "--program"])
            .arg(repository.folder.path())
            .args(mode)
            .output()?;
        if !output.status.success() {
            return Err(repository.normal(&output).into());
        }
    }
    Ok(())
}
