//! What goes wrong: crashes, interruptions, crowds, and clients that try things.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Stdio},
    thread,
};

use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use crate::{
    learner::{Learner, Said},
    support::until,
};

/// A commit that was graded stays, also when a forced push replaces it.
pub(crate) fn history() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.push(&["origin", "main"])?.expect(0, &[])?;
    let old = learner.git(&["rev-parse", "HEAD"])?;
    learner.git(&["commit", "--quiet", "--amend", "-m", "Another"])?;
    learner.push(&["--force", "origin", "main"])?.expect(0, &["Grading "])?;
    learner.git_in(&learner.remote(), &["gc", "--quiet", "--prune=now"])?;
    learner.git_in(&learner.remote(), &["cat-file", "-e", &old]).map(drop)
}

pub(crate) fn forged_notes() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let forged = r#"{"time":"2025-11-14T22:13:20Z","commit":"COMMIT","branch":"main","counts":true,"seed":7,"tier":"none","verdict":"passed","why":null,"asked":["on1"],"stages":[{"number":1,"id":"on1","track":"base","milliseconds":7,"verdict":"passed","why":null}],"milliseconds":50}"#;
    let forged = forged.replace("COMMIT", &learner.git(&["rev-parse", "main"])?);
    learner.git(&["checkout", "--quiet", "--orphan", "forged"])?;
    learner.git(&["commit", "--quiet", "-m", "Grade it: passed", "-m", &forged])?;
    learner.git(&["checkout", "--quiet", "main"])?;
    // Also before there are any notes; and git takes the last two for the notes then.
    let try_all = || -> Result<(), Failed> {
        for name in [
            "notes/grading",
            "notes/grading-too",
            "replace/COMMIT",
            "heads/refs/notes/grading",
            "tags/refs/notes/grading",
        ] {
            let name = name.replace("COMMIT", &learner.git(&["rev-parse", "main"])?);
            learner.push(&["--force", "origin", &format!("forged:refs/{name}")])?.expect(1, &["hidden ref"])?;
        }
        // A remote of an earlier version, or one whose configuration somebody has changed.
        learner.git_in(&learner.remote(), &["config", "--unset-all", "receive.hideRefs"])?;
        for name in ["refs/notes/grading-too", "refs/heads/refs/notes/grading", "refs/odd/one"] {
            let refused = format!("Not pushed: {name} cannot be saved here; push a branch or a tag.");
            learner.push(&["origin", &format!("forged:{name}")])?.expect(1, &[&refused])?;
        }
        learner.stages(&["remote", "--sandbox", "none"])?.expect(0, &["is up to date"])
    };
    try_all()?;
    learner.push(&["origin", "main"])?.expect(0, &[])?;
    let before = learner.git_in(&learner.remote(), &["rev-parse", "refs/notes/grading"])?;
    try_all()?;
    let after = learner.git_in(&learner.remote(), &["for-each-ref", "--format=%(refname) %(objectname)"])?;
    let main = learner.git(&["rev-parse", "main"])?;
    if after == format!("refs/heads/main {main}\nrefs/notes/grading {before}") {
        return Ok(());
    }
    Err(format!("the notes were {before}, and now there are {after}").into())
}

pub(crate) fn late_notes() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let lock = learner.remote().join("refs/notes/grading.lock");
    fs::create_dir_all(lock.parent().ok_or("no folder")?)?;
    fs::write(&lock, "")?;
    learner.level(1)?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(
        0,
        &["The result is recorded, but not yet in the notes that you can fetch: ", "Stage #ON1 passed.  Next: #TW2"],
    )?;
    fs::remove_file(lock)?;
    learner.commit("Again")?;
    learner.push(&["origin", "main"])?.expect(0, &[])?;
    let notes = learner.git_in(&learner.remote(), &["notes", "--ref", "grading", "list"])?;
    if notes.lines().count() == 2 { Ok(()) } else { Err(notes.into()) }
}

pub(crate) fn no_grader() -> Result<(), Failed> {
    let learner = Learner::new()?;
    for hook in ["pre-receive", "proc-receive", "post-receive"] {
        let path = learner.remote().join("grading/hooks").join(hook);
        let text = fs::read_to_string(&path)?;
        fs::write(&path, text.replace(crate::learner::STAGES, "/no/such/stages"))?;
    }
    learner.push(&["origin", "main"])?.expect(
        0,
        &[
            "The grader is missing: there is no /no/such/stages. What you pushed to a branch is saved, but not graded.",
            "stages remote --bare --at",
        ],
    )?;
    if learner.references()? != "refs/heads/main" {
        return Err("it is not saved".into());
    }
    learner.push(&["origin", "main:refs/for/current"])?.expect(1, &["The grader is missing"])?;
    // As the message says.
    let remote = learner.remote();
    learner.stages(&["remote", "--bare", "--at", remote.to_str().ok_or("a path")?])?.expect(0, &[])?;
    learner.push(&["origin", "main:refs/for/current"])?.expect(1, &["(stage #ON1: "])
}

pub(crate) fn broken_configuration() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.configure(&[("sandbox", "bubble".into())])?;
    learner.push(&["origin", "main"])?.expect(
        0,
        &["What you pushed is saved, but not graded. The grader failed: ", "grading/config.json cannot be understood"],
    )?;
    learner.push(&["origin", "main:refs/for/current"])?.expect(1, &["Nothing was tested. The grader failed"])?;
    if learner.references()? != "refs/heads/main" || !learner.record()?.is_empty() {
        return Err("it is not saved, or was graded".into());
    }
    // As the message says; here without a sandbox, since the program is this test.
    let config = learner.remote().join("grading/config.json");
    for broken in ["", "{", "{\"sandbox\": \"bubble\"}", "\u{feff}{}"] {
        fs::write(&config, broken)?;
        learner.commit("Again")?;
        learner.push(&["origin", "main"])?.expect(0, &["is saved, but not graded", "call `stages remote`"])?;
        learner
            .stages(&["--stages", crate::learner::FOLDER, "remote", "--sandbox", "none"])?
            .expect(0, &["is up to date"])?;
        if fs::read_to_string(config.with_extension("json.broken"))? != broken {
            return Err("what the file said is lost".into());
        }
    }
    learner.commit("Again")?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(0, &["Stage #ON1 failed."])
}

/// A stage that cannot be read.
pub(crate) fn fault() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let stage = learner.home.path().join("stages/01-one");
    fs::create_dir_all(&stage)?;
    fs::write(stage.join("README.md"), "# One\n\nid: on1 · level: easy · track: base\n")?;
    fs::write(stage.join("tester.http"), "nonsense\n")?;
    let folder = learner.home.path().join("stages");
    learner.configure(&[("stages", folder.to_str().ok_or("a path")?.into())])?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(
        0,
        &[
            "The grader itself failed, which is not your program's fault: ",
            "The grader itself failed, so this does not count as an attempt. Your work is saved.",
            "git commit --allow-empty -m 'Grade again'",
        ],
    )?;
    learner.push(&["origin", "main:refs/for/current"])?.expect(1, &["(The grader itself failed"])?;
    let json = learner.stages(&["status", "--format", "json"])?;
    json.expect(0, &["\"attempts\": 0"])
}

pub(crate) fn no_program() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.git(&["rm", "--quiet", "-r", "your_program.sh", ".codecrafters"])?;
    learner.commit("Remove it")?;
    learner
        .push(&["-o", "plain", "origin", "main"])?
        .expect(0, &["Not graded: ", "your_program.sh", "Current: #ON1 One (stages show 1)"])?;
    learner.stages(&["status", "--format", "json"])?.expect(0, &["\"attempts\": 0"])
}

pub(crate) fn large() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let file = fs::File::create(learner.work().join("blob"))?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut block = vec![0; 4 << 20];
    // Random once, and then different enough in each block that nothing can be packed.
    random.fill(&mut block);
    for index in 0..50_u8 {
        use std::io::Write as _;
        block.iter_mut().step_by(16).for_each(|byte| *byte = byte.wrapping_add(index | 1));
        (&file).write_all(&block)?;
    }
    learner.git(&["config", "core.compression", "0"])?;
    learner.commit("Something large")?;
    learner.push(&["origin", "main"])?.expect(1, &["pack exceeds maximum allowed size"])?;
    let objects = learner.git_in(&learner.remote(), &["count-objects", "-v"])?;
    // Whatever of it had come is gone.
    if learner.references()?.is_empty() && objects.contains("size: 0") && objects.contains("size-garbage: 0") {
        return Ok(());
    }
    Err(objects.into())
}

pub(crate) fn two_at_once() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    let branches = ["main", "a", "b", "c"];
    let learner = &learner;
    let said: Vec<_> = thread::scope(|scope| {
        let pushes: Vec<_> = branches
            .iter()
            .map(|branch| scope.spawn(move || learner.push(&["origin", &format!("HEAD:refs/heads/{branch}")])))
            .collect();
        pushes.into_iter().map(|push| push.join().map_err(|_| Failed::from("a push panicked"))).collect()
    });
    for said in said {
        said??.expect(0, &["passed"])?;
    }
    let mut graded: Vec<_> =
        learner.record()?.iter().map(|entry| entry["branch"].as_str().unwrap_or_default().to_owned()).collect();
    graded.sort();
    let notes = learner.git_in(&learner.remote(), &["rev-list", "--count", "refs/notes/grading"])?;
    if graded != ["a", "b", "c", "main"] || notes != "4" {
        return Err(format!("{graded:?}, {notes} notes").into());
    }
    learner.git_in(&learner.remote(), &["fsck", "--strict"]).map(drop)
}

pub(crate) fn ten_at_once() -> Result<(), Failed> {
    let learners = (0..10).map(|_| Learner::new()).collect::<Result<Vec<_>, _>>()?;
    for (learner, level) in learners.iter().zip(0..) {
        learner.level(level % 4)?;
    }
    let said: Vec<_> = thread::scope(|scope| {
        let push = |learner| move || Learner::push(learner, &["-o", "plain", "-o", "all", "origin", "main"]);
        let pushes: Vec<_> = learners.iter().map(|learner| scope.spawn(push(learner))).collect();
        pushes.into_iter().map(|push| push.join().map_err(|_| Failed::from("a push panicked"))).collect()
    });
    for ((said, learner), level) in said.into_iter().zip(&learners).zip(0..) {
        let expected = match level % 4 {
            0 => "Stage #ON1 failed.",
            1 => "Stage #ON1 passed.  Stage #TW2 failed.",
            2 => "Stages #ON1, #TW2 passed.  Stage #TH3 failed.",
            _ => "Stages #ON1, #TW2, #TH3 passed.",
        };
        said??.expect(0, &[expected])?;
        if learner.record()?.len() != 1 {
            return Err("not one grading".into());
        }
    }
    Ok(())
}

/// A program that says that it runs, and waits for leave to serve. It writes the pid of its shell to `here`.
fn patient(learner: &Learner, level: u32) -> Result<(), Failed> {
    let home = learner.home.path().display();
    let test = std::env::current_exe()?;
    let text = format!(
        "touch '{home}/here'\nwhile [ ! -e '{home}/go' ]; do sleep 0.02; touch '{home}/beat'; done\nexec '{}' --serve {level}",
        test.display()
    );
    learner.script(".codecrafters/run.sh", &text)?;
    learner.commit("Be patient")
}

/// The sandbox that a remote is made with is the only one that it grades in.
pub(crate) fn no_sandbox() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let trace = learner.home.path().join("owned");
    learner.script(".codecrafters/compile.sh", &format!("touch '{}'", trace.display()))?;
    learner.level(1)?;
    // A machine that has lost its bubblewrap.
    learner.configure(&[("sandbox", "bubblewrap".into())])?;
    let programs = learner.home.path().join("programs");
    fs::create_dir(&programs)?;
    let path = std::env::var_os("PATH").ok_or("no PATH")?;
    let git =
        std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.is_file()).ok_or("no git")?;
    std::os::unix::fs::symlink(git, programs.join("git"))?;
    let mut push = learner.command("git");
    push.env("PATH", &programs).args(["push", "-o", "plain", "origin", "main"]);
    Said::of(&push.output()?).expect(
        0,
        &[
            "Sandbox: bubblewrap does not work",
            "Not graded: the sandbox bubblewrap does not work: bwrap is not on the PATH",
            "Nothing was run.",
            "This does not count as an attempt. Your work is saved.",
            "`stages doctor` says what is wrong; `stages remote` in the repository",
            "git commit --allow-empty -m 'Grade again'",
        ],
    )?;
    let mut push = learner.command("git");
    push.env("PATH", &programs).args(["push", "origin", "main:refs/for/1"]);
    Said::of(&push.output()?).expect(1, &["(Not graded: the sandbox does not work)"])?;
    let verdicts: Vec<_> = learner.record()?.iter().map(|entry| entry["verdict"].clone()).collect();
    if verdicts != ["no-sandbox"] || trace.exists() || learner.references()? != "refs/heads/main" {
        return Err(format!("{verdicts:?}, run outside: {}", trace.exists()).into());
    }
    learner.stages(&["status", "--format", "json"])?.expect(0, &["\"attempts\": 0"])
}

/// A remote from before a sandbox was chosen when a remote is made: never none, whatever the machine can do.
pub(crate) fn earlier_configuration() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let trace = learner.home.path().join("owned");
    learner.script(".codecrafters/compile.sh", &format!("touch '{}'", trace.display()))?;
    learner.level(1)?;
    for (index, earlier) in ["best", "require"].into_iter().enumerate() {
        learner.configure(&[("sandbox", earlier.into())])?;
        learner.commit(&format!("Number {index}"))?;
        learner.push(&["origin", "main"])?.expect(
            0,
            &[
                "What you pushed is saved, but not graded. The grader failed: no sandbox is chosen for ",
                "`stages remote`",
            ],
        )?;
        learner.push(&["origin", "main:refs/for/1"])?.expect(1, &["no sandbox is chosen for "])?;
        learner.stages(&["status"])?.expect(0, &["0 of 3 done"])?;
    }
    if !learner.record()?.is_empty() || trace.exists() {
        return Err("something was graded".into());
    }
    // As the message says; here without a sandbox, since the program is this test.
    learner.stages(&["remote", "--sandbox", "none"])?.expect(0, &["is up to date", "graded without a sandbox"])?;
    learner.commit("Again")?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(0, &["Stage #ON1 passed."])?;
    // What was asked for by name stays.
    learner.stages(&["remote"])?.expect(0, &["graded without a sandbox"])
}

/// A new version of the command is installed while a push is graded: by `mv`, or by `rm` and `cp`.
pub(crate) fn replaced() -> Result<(), Failed> {
    for renamed in [true, false] {
        let learner = Learner::new()?;
        let installed = learner.home.path().join("stages");
        // A file that was just written may still be open for writing in something that another test has started.
        let install = || -> Result<(), Failed> {
            fs::copy(crate::learner::STAGES, &installed)?;
            until("it can be started", || learner.command(&installed).arg("--version").output().is_ok())
        };
        install()?;
        Said::of(&learner.command(&installed).args(["--stages", crate::learner::FOLDER, "remote"]).output()?)
            .expect(0, &["is up to date"])?;
        patient(&learner, 3)?;
        let mut push = learner.command("git");
        let push = push.args(["push", "-o", "plain", "-o", "all", "origin", "main"]);
        let push = push.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        until("the program runs", || learner.home.path().join("beat").exists())?;
        if renamed {
            let new = learner.home.path().join("new");
            fs::copy(crate::learner::STAGES, &new)?;
            fs::rename(new, &installed)?;
        } else {
            fs::remove_file(&installed)?;
            install()?;
        }
        fs::write(learner.home.path().join("go"), "")?;
        Said::of(&push.wait_with_output()?).expect(0, &["Stages #ON1, #TW2, #TH3 passed."])?;
        learner.commit("With the new one")?;
        learner.push(&["-o", "plain", "origin", "main"])?.expect(0, &["All passed: 3 stages."])?;
    }
    Ok(())
}

fn push_in_background(learner: &Learner, what: &str) -> Result<Child, Failed> {
    let mut command = learner.command("git");
    command.args(["push", "origin", what]).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// The hook that grades for `learner`.
fn hook(learner: &Learner) -> Option<Pid> {
    let remote = fs::canonicalize(learner.remote()).ok()?;
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let of_hook = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        line.ends_with(b"\0hook\0post-receive\0") && fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd == remote)
    };
    let mut found = processes.filter(|entry| of_hook(&entry.path()));
    found.find_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// The program no longer runs: it would make its file anew.
fn program_is_gone(learner: &Learner) -> Result<(), Failed> {
    let beat = learner.home.path().join("beat");
    until("the program is gone", || {
        let _ = fs::remove_file(&beat);
        // The program's own pace is 20 ms.
        (0..30).all(|_| {
            thread::sleep(std::time::Duration::from_millis(10));
            !beat.exists()
        })
    })
}

pub(crate) fn killed() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.push(&["origin", "main"])?.expect(0, &[])?;
    let before = learner.record()?;
    patient(&learner, 1)?;
    let mut push = push_in_background(&learner, "main")?;
    until("the program runs", || learner.home.path().join("beat").exists())?;
    kill_process(hook(&learner).ok_or("no hook")?, Signal::KILL)?;
    push.wait()?;
    program_is_gone(&learner)?;
    if learner.record()? != before || learner.references()? != "refs/heads/main" {
        return Err("the record was changed, or the branch is not there".into());
    }
    fs::write(learner.home.path().join("go"), "")?;
    learner.commit("Grade again")?;
    learner.push(&["-o", "plain"])?.expect(0, &["Stage #ON1 passed."])?;
    if learner.record()?.len() == 2 { Ok(()) } else { Err("not two gradings".into()) }
}

/// Ctrl-C reaches everything that the terminal has started. The work is saved by then, and the grading is finished.
pub(crate) fn interrupted() -> Result<(), Failed> {
    let learner = Learner::new()?;
    patient(&learner, 1)?;
    let mut push = push_in_background(&learner, "main")?;
    until("the program runs", || learner.home.path().join("beat").exists())?;
    let hook = hook(&learner).ok_or("no hook")?;
    kill_process_group(Pid::from_child(&push), Signal::INT)?;
    // The tester waits for the program, but not for ever.
    fs::write(learner.home.path().join("go"), "")?;
    push.wait()?;
    until("the result is written down", || learner.record().is_ok_and(|record| record.len() == 1))?;
    until("the hook is gone", || test_kill_process(hook).is_err())?;
    program_is_gone(&learner)?;
    let verdicts: Vec<_> =
        learner.record()?.iter().map(|entry| (entry["verdict"].clone(), entry["why"].clone())).collect();
    if verdicts != [("passed".into(), serde_json::Value::Null)] {
        return Err(format!("{verdicts:?}").into());
    }
    Said::of(&learner.command(crate::learner::STAGES).arg("status").output()?).expect(0, &["1 of 3 done"])
}

/// A grader that is asked to end, as when its machine shuts down, says so, and it is no attempt.
pub(crate) fn ended() -> Result<(), Failed> {
    let learner = Learner::new()?;
    patient(&learner, 1)?;
    let mut push = push_in_background(&learner, "main")?;
    until("the program runs", || learner.home.path().join("beat").exists())?;
    kill_process(hook(&learner).ok_or("no hook")?, Signal::TERM)?;
    push.wait()?;
    program_is_gone(&learner)?;
    let verdicts: Vec<_> = learner.record()?.iter().map(|entry| entry["verdict"].clone()).collect();
    if verdicts != ["grader-fault"] {
        return Err(format!("{verdicts:?}").into());
    }
    learner.stages(&["status", "--format", "json"])?.expect(0, &["\"attempts\": 0"])
}

/// Nothing is saved by a test, so nothing is to be finished.
pub(crate) fn interrupted_test() -> Result<(), Failed> {
    let learner = Learner::new()?;
    patient(&learner, 1)?;
    let mut push = push_in_background(&learner, "main:refs/for/current")?;
    until("the program runs", || learner.home.path().join("beat").exists())?;
    kill_process_group(Pid::from_child(&push), Signal::INT)?;
    if push.wait()?.success() {
        return Err("an interrupted push succeeds".into());
    }
    program_is_gone(&learner)?;
    if learner.record()?.is_empty() { Ok(()) } else { Err("a test was recorded".into()) }
}

/// A tag with the name of the default branch does not keep the learner from advancing.
pub(crate) fn tag_like_the_branch() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.git(&["tag", "main"])?;
    learner.push(&["origin", "refs/tags/main"])?.expect(0, &[])?;
    learner.level(1)?;
    learner.push(&["-o", "plain", "origin", "refs/heads/main"])?.expect(0, &["Stage #ON1 passed.  Next: #TW2"])
}
