//! A repository with a commit, the command that grades it, and what must be as it was when that is over.

use std::{
    cell::RefCell,
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt as _, chown, lchown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

use crate::{attacks::Attack, support};

/// An unprivileged user on every system.
pub(crate) const NOBODY: u32 = 65534;
/// How long what was killed may take to be gone.
const GONE: Duration = Duration::from_secs(10);
/// Enough for stage 1.
pub(crate) const SERVER: &str = "import http.server\nhttp.server.test(port=4221, bind='127.0.0.1')\n";
/// What the grader's environment holds, and pushed code must not see.
pub(crate) const SECRET: &str = "correct-horse-battery-staple";

/// Who grades.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Caller,
    Nobody,
}

impl Who {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Who::Caller => "caller",
            Who::Nobody => "ordinary_user",
        }
    }
}

/// A learner's push, in folders of its own.
pub(crate) struct Push {
    pub(crate) folder: TempDir,
    who: Who,
    /// The graded repository before it was graded.
    before: RefCell<Vec<(PathBuf, u64, SystemTime)>>,
}

/// What came of it.
pub(crate) struct Graded {
    pub(crate) output: Output,
    pub(crate) grade: Value,
    pub(crate) report: String,
}

impl Push {
    pub(crate) fn new(who: Who) -> Push {
        let folder = tempfile::Builder::new().prefix("hostile-").tempdir().unwrap();
        let push = Push { folder, who, before: RefCell::default() };
        for name in ["", "repository", "other", "temporary"] {
            let path = push.folder.path().join(name);
            let _ = fs::create_dir(&path);
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(push.path("other/notes"), SECRET).unwrap();
        push.git(&["init", "--quiet", "--initial-branch=main"]);
        push
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A word that is on the command line of every process that an attack starts.
    pub(crate) fn marker(&self) -> String {
        self.folder.path().file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Adds an executable file to the commit. `MARKER`, `FOLDER` and `SECRET` in it are replaced.
    pub(crate) fn file(&self, name: &str, text: &str) {
        let text = text
            .replace("MARKER", &self.marker())
            .replace("FOLDER", self.folder.path().to_str().unwrap())
            .replace("SECRET", SECRET);
        support::executable(&self.path("repository").join(name), &text).unwrap();
    }

    /// A program in Python, with a script that starts it.
    pub(crate) fn python(&self, code: &str) {
        self.file("server.py", code);
        let start = |path: &str| format!("#!/bin/sh\nexec python3 -u \"$(dirname \"$0\")/{path}\" MARKER \"$@\"\n");
        self.file("your_program.sh", &start("server.py"));
        self.file(".codecrafters/run.sh", &start("../server.py"));
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = support::git(&self.path("repository"))
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "safe.directory=*"])
            .args(arguments)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The command that grades the last commit, after all files were committed.
    pub(crate) fn command(&self, tier: &str, arguments: &[&str]) -> Command {
        if !self.path("repository/.git/refs/heads/main").exists() {
            self.git(&["add", "--all"]);
            self.git(&["commit", "--quiet", "--message", "x"]);
        }
        let commit = self.git(&["rev-parse", "HEAD"]);
        if self.who == Who::Nobody {
            give(self.folder.path());
        }
        self.before.replace(snapshot(&self.path("repository")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_stages"));
        command
            .arg("grade")
            .arg(self.path("repository"))
            .arg(commit)
            .args(["--seed", "1", "--format", "json", "--sandbox", tier])
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null());
        if !arguments.contains(&"--stage") {
            command.args(["--stage", "1"]);
        }
        self.as_grader(&mut command);
        command
    }

    /// Gives a command the environment and the user of this push's grader.
    pub(crate) fn as_grader(&self, command: &mut Command) {
        command.env("TMPDIR", self.path("temporary")).env("A_SECRET", SECRET);
        if self.who == Who::Nobody {
            // The folders of toolchains may lie where only root looks.
            command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/nonexistent").uid(NOBODY).gid(NOBODY);
            for name in ["RUSTUP_HOME", "CARGO_HOME", "PYENV_ROOT"] {
                command.env_remove(name);
            }
        }
    }

    pub(crate) fn grade(&self, tier: &str, arguments: &[&str]) -> Graded {
        Graded::of(self.command(tier, arguments).output().expect("the command starts"))
    }

    /// Nothing of the grading is left: no process, no mount, no file; and what was there is as it was.
    pub(crate) fn nothing_left(&self) -> Result<(), Failed> {
        let deadline = Instant::now() + GONE;
        while let Some(left) = self.processes().first() {
            if Instant::now() >= deadline {
                return Err(format!("a process is left: {left}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        if mounts.contains(&self.marker()) {
            return Err(format!("a mount is left:\n{mounts}").into());
        }
        let left: Vec<_> = fs::read_dir(self.path("temporary"))?.flatten().map(|entry| entry.path()).collect();
        if !left.is_empty() {
            return Err(format!("files are left: {left:?}").into());
        }
        if fs::read_to_string(self.path("other/notes"))? != SECRET {
            return Err("another repository was changed".into());
        }
        if snapshot(&self.path("repository")) == *self.before.borrow() {
            Ok(())
        } else {
            Err("the graded repository was changed".into())
        }
    }

    /// The command lines that hold the marker, except the grader's own; and those of the grader's helpers, which have it in
    /// their environment.
    pub(crate) fn processes(&self) -> Vec<String> {
        let marker = self.marker();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| {
                let text = fs::read(entry.path().join(name)).unwrap_or_default();
                String::from_utf8_lossy(&text).replace('\0', " ")
            };
            let line = read("cmdline");
            let helper = line.starts_with("stages sandbox ") && read("environ").contains(&marker);
            if helper || (line.contains(&marker) && !line.contains(" grade ")) {
                found.push(line);
            }
        }
        found
    }
}

impl Graded {
    pub(crate) fn of(output: Output) -> Graded {
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        let grade = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Graded { output, grade, report }
    }

    pub(crate) fn check(&self, attack: &Attack) -> Result<(), Failed> {
        let fail = |what: String| {
            let report: String = self.report.chars().take(6000).collect();
            Err(Failed::from(format!("{what}\n{}\n{report}", self.grade)))
        };
        if self.grade["verdict"] != attack.verdict {
            return fail(format!("the verdict is {}, not {}", self.grade["verdict"], attack.verdict));
        }
        let code = match attack.verdict {
            "passed" => 0,
            "no-sandbox" | "grader-fault" => 2,
            _ => 1,
        };
        if self.output.status.code() != Some(code) {
            return fail(format!("{}, not {code}", self.output.status));
        }
        for said in attack.says {
            if !self.report.contains(said) {
                return fail(format!("the report does not say: {said}"));
            }
        }
        // Colour is taken away where nobody sees it; then no control character is left but the ends of lines, and tabs.
        if let Some(found) = self.report.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return fail(format!("the report holds the control character {found:?}"));
        }
        if self.report.contains(SECRET) {
            return fail("the report tells what is none of the program's business".to_owned());
        }
        Ok(())
    }
}

/// The session in which a grader is started may have keys (session-keyring(7)); pushed code must not get at them.
pub(crate) fn put_a_secret_into_the_keyring() {
    // Where there are no keyrings, there is nothing to get at.
    if let Ok(mut keyring) = keyutils::Keyring::join_anonymous_session() {
        keyring.add_key::<keyutils::keytypes::User, _, _>("secret of the grader", SECRET.as_bytes()).unwrap();
    }
}

/// Whether this is root, and of a system that has other users: a container may have none.
pub(crate) fn can_become_nobody() -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    chown(file.path(), Some(NOBODY), Some(NOBODY)).is_ok()
}

/// Whether a tier works here, found out by grading a commit that is not there.
pub(crate) fn tier_works(tier: &str, who: Who) -> bool {
    let push = Push::new(who);
    push.file("your_program.sh", "#!/bin/sh\n");
    let graded = push.grade(tier, &[]);
    graded.grade["verdict"] != "no-sandbox"
}

/// The processes that descend from one, with their command lines.
pub(crate) fn processes_below(process: u32) -> Vec<(i32, String)> {
    let mut all: Vec<(i32, i32)> = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        all.extend(parent.map(|parent| (id, parent)));
    }
    let mut found = vec![i32::try_from(process).unwrap()];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    let line = |id: &i32| fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    found[1..].iter().map(|id| (*id, String::from_utf8_lossy(&line(id)).replace('\0', " "))).collect()
}

/// Every file below a folder, with its length and time.
fn snapshot(folder: &Path) -> Vec<(PathBuf, u64, SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let data = entry.metadata().unwrap();
        found.push((entry.path(), data.len(), data.modified().unwrap()));
        if data.is_dir() {
            found.extend(snapshot(&entry.path()));
        }
    }
    found.sort();
    found
}

fn give(folder: &Path) {
    lchown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            give(&entry.path());
        } else {
            lchown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}
