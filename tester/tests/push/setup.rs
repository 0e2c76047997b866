//! `stages new`, `stages remote` and `stages status`, as far as they need no grading.

use std::{env, fs, os::unix::fs::symlink};

use libtest_mimic::Failed;

use crate::learner::{Learner, STAGES, Said};

/// A home without anything.
fn home() -> Result<Learner, Failed> {
    let learner = Learner { home: tempfile::tempdir()? };
    fs::create_dir(learner.work())?;
    Ok(learner)
}

pub(crate) fn each_language() -> Result<(), Failed> {
    let learner = home()?;
    for language in stages::stage::starters::languages() {
        let said = learner.stages(&["new", language.name, "--language", language.name, "--sandbox", "none"])?;
        said.expect(
            0,
            &[
                &format!("is a repository with the {} starter", language.title),
                "The first stage is open: #AT4 Bind to a port (stages show 1).",
                &format!("$EDITOR {}", language.source),
                "git push origin main",
            ],
        )?;
        let folder = learner.work().join(language.name);
        let remote = learner.work().join(format!("{}.git", language.name));
        for (folder, command, expected) in [
            (&folder, &["status", "--porcelain"][..], ""),
            (&folder, &["symbolic-ref", "HEAD"], "refs/heads/main"),
            (&folder, &["log", "--format=%an %s"], "Ada Begin with the starter"),
            (&folder, &["remote", "get-url", "origin"], remote.to_str().ok_or("a path")?),
            (&remote, &["symbolic-ref", "HEAD"], "refs/heads/main"),
            (&remote, &["rev-parse", "--is-bare-repository"], "true"),
        ] {
            let found = learner.git_in(folder, command)?;
            if found != expected {
                return Err(format!("{}: git {command:?} says {found}", language.name).into());
            }
        }
    }
    Ok(())
}

pub(crate) fn without_toolchain() -> Result<(), Failed> {
    let learner = home()?;
    // A machine that has git, and no compiler.
    let programs = learner.home.path().join("programs");
    fs::create_dir(&programs)?;
    let path = env::var_os("PATH").ok_or("no PATH")?;
    let git = env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.is_file()).ok_or("no git")?;
    symlink(git, programs.join("git"))?;
    let new = |language: &str| -> Result<Said, Failed> {
        let mut command = learner.command(STAGES);
        Ok(Said::of(
            &command.env("PATH", &programs).args(["new", language, "-l", language, "--sandbox", "none"]).output()?,
        ))
    };
    new("java")?
        .expect(0, &["git push origin main", "Java needs programs that are not on your PATH: `javac` and `java`."])?;
    fs::write(programs.join("go"), "")?;
    let said = new("go")?;
    if said.code == Some(0) && !said.text.contains("needs") { Ok(()) } else { Err(said.text.into()) }
}

pub(crate) fn mistakes() -> Result<(), Failed> {
    let learner = home()?;
    fs::write(learner.work().join("file"), "mine")?;
    fs::create_dir(learner.work().join("taken.git"))?;
    fs::write(learner.work().join("taken.git/file"), "mine")?;
    let before = fs::read_dir(learner.work())?.count();
    for (arguments, parts) in [
        (
            &["new", "a", "-l", "cobol"][..],
            &["no starter for `cobol`, only for c, go, java, javascript, python, rust"][..],
        ),
        (&["new", "a"], &["--language"]),
        (&["new", ".", "-l", "c"], &["already exists and is not empty"]),
        (&["new", "file", "-l", "c"], &["already exists and is not a folder"]),
        (&["new", "taken", "-l", "c"], &["taken.git already exists and is not empty"]),
        (&["new", "a", "-l", "c", "--remote", "file"], &["is not a folder"]),
    ] {
        learner.stages(arguments)?.expect(2, parts)?;
    }
    if fs::read_dir(learner.work())?.count() != before {
        return Err("something was left behind".into());
    }
    let output = learner.command(STAGES).args(["new", "a", "-l", "c"]).env("PATH", "/nowhere").output()?;
    Said::of(&output).expect(2, &["git cannot be started; install it"])
}

/// Git that does not know the learner refuses to commit.
pub(crate) fn nobody() -> Result<(), Failed> {
    let learner = home()?;
    let mut command = learner.command(STAGES);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env_remove(format!("GIT_{role}_NAME")).env_remove(format!("GIT_{role}_EMAIL"));
    }
    let said = Said::of(&command.args(["new", "a", "-l", "c", "--sandbox", "none"]).output()?);
    said.expect(0, &["git config --global user.name 'Your Name'", "Git does not know your name yet"])?;
    let author = learner.git_in(&learner.work().join("a"), &["log", "--format=%an"])?;
    if author == "stages" { Ok(()) } else { Err(author.into()) }
}

pub(crate) fn existing() -> Result<(), Failed> {
    let learner = home()?;
    learner.git(&["init", "--quiet", "--initial-branch", "trunk"])?;
    learner.git(&["remote", "add", "origin", "https://example.org/x.git"])?;
    let below = learner.work().join("below");
    fs::create_dir(&below)?;
    let output = learner.command(STAGES).args(["remote", "--sandbox", "none"]).current_dir(&below).output()?;
    Said::of(&output).expect(
        0,
        &[
            "work.git is the grading remote `stages` of ",
            "pushes to trunk open stages",
            "There is no your_program.sh yet",
            "git push stages trunk",
        ],
    )?;
    // Again, it renews; what was configured stays.
    learner.git_in(&learner.remote(), &["config", "receive.maxInputSize", "1g"])?;
    fs::remove_file(learner.remote().join("grading/hooks/post-receive"))?;
    learner
        .stages(&["remote", "--name", "stages", "--sandbox", "none"])?
        .expect(0, &["grading remote `stages`", "Pushes are graded without a sandbox"])?;
    let config = fs::read_to_string(learner.remote().join("grading/config.json"))?;
    let size = learner.git_in(&learner.remote(), &["config", "receive.maxInputSize"])?;
    let hook = learner.remote().join("grading/hooks/post-receive").is_file();
    if size != "1g" || !hook || !config.contains("\"sandbox\": \"none\"") {
        return Err(format!("{size} {hook} {config}").into());
    }
    // Without a name it is the one that the repository has, wherever that is.
    let moved = learner.home.path().join("moved.git");
    fs::rename(learner.remote(), &moved)?;
    learner.git(&["remote", "set-url", "stages", "../moved.git"])?;
    // As in a clone, which does not fetch the notes.
    learner.git(&["config", "--unset", "remote.stages.fetch", "notes"])?;
    learner.stages(&["remote"])?.expect(0, &["moved.git is up to date with this command"])?;
    if !learner.git(&["config", "--get-all", "remote.stages.fetch"])?.contains("refs/notes/grading") {
        return Err("the notes are not fetched".into());
    }
    fs::rename(moved, learner.remote())?;
    // Its objects are named as those of the repository.
    let newer = learner.home.path().join("newer");
    fs::create_dir(&newer)?;
    learner.git_in(&newer, &["init", "--quiet", "--object-format", "sha256"])?;
    learner
        .stages(&["remote", newer.to_str().ok_or("a path")?, "--sandbox", "none"])?
        .expect(0, &["newer.git is the grading remote `origin`"])?;
    learner.git_in(&newer, &["commit", "--quiet", "--allow-empty", "-m", "x"])?;
    let output = learner.command("git").current_dir(&newer).args(["push", "origin", "HEAD"]).output()?;
    Said::of(&output).expect(0, &["Not graded: "])?;
    // For a remote on another machine: there the one, here the other.
    let bare = learner.home.path().join("class/ada.git");
    let bare = bare.to_str().ok_or("a path")?;
    learner
        .stages(&["remote", "--bare", "--at", bare, "--sandbox", "none"])?
        .expect(0, &["is a grading remote; pushes to main open"])?;
    learner
        .stages(&["remote", "--name", "class", "--at", "ssh://host/ada.git"])?
        .expect(0, &["git push class trunk"])?;
    let fetch = learner.git(&["config", "--get-all", "remote.class.fetch"])?;
    if fetch.contains("refs/notes/grading") { Ok(()) } else { Err(fetch.into()) }
}

/// A remote is made with the best sandbox that works, and `stages remote` chooses anew.
pub(crate) fn best_sandbox() -> Result<(), Failed> {
    let learner = home()?;
    let doctor = learner.stages(&["doctor"])?;
    let works = |tier: &&str| doctor.text.lines().any(|line| line.contains(tier) && line.contains(" works"));
    let best = ["bubblewrap", "unshare"].into_iter().find(works).ok_or("no sandbox")?;
    let said = format!("Pushes are graded in the sandbox {best}.");
    learner.stages(&["new", "a", "-l", "c"])?.expect(0, &[&said])?;
    let remote = learner.work().join("a.git");
    let path = remote.join("grading/config.json");
    let written = || -> Result<serde_json::Value, Failed> {
        Ok(serde_json::from_slice::<serde_json::Value>(&fs::read(&path)?)?["sandbox"].clone())
    };
    if written()? != best {
        return Err(written()?.to_string().into());
    }
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
    config["sandbox"] = "best".into();
    fs::write(&path, config.to_string())?;
    learner.stages(&["remote", "--bare", "--at", remote.to_str().ok_or("a path")?])?.expect(0, &[&said])?;
    if written()? == best { Ok(()) } else { Err(written()?.to_string().into()) }
}

pub(crate) fn remote_mistakes() -> Result<(), Failed> {
    let learner = home()?;
    learner.stages(&["remote"])?.expect(2, &["is not in a git repository; go to yours"])?;
    learner.stages(&["remote", "nowhere"])?.expect(2, &["there is no folder nowhere"])?;
    learner.stages(&["remote", "--bare"])?.expect(2, &["--at"])?;
    learner.stages(&["remote", "--bare", "--at", "ssh://host/x"])?.expect(2, &["is on another machine"])?;
    learner.git(&["init", "--quiet"])?;
    learner.git(&["remote", "add", "origin", "../x.git"])?;
    learner
        .stages(&["remote", "--name", "origin"])?
        .expect(2, &["already has a remote `origin`, ../x.git; choose another name"])?;
    learner.stages(&["--stages", "nowhere", "remote"])?.expect(2, &["nowhere cannot be read"])
}

pub(crate) fn status_mistakes() -> Result<(), Failed> {
    let learner = home()?;
    learner.stages(&["status"])?.expect(2, &["is not in a git repository"])?;
    learner.git(&["init", "--quiet"])?;
    learner.stages(&["status"])?.expect(2, &["has no grading remote on this machine", "`stages remote` makes one"])
}
