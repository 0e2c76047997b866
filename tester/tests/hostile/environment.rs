//! An environment of the grader's that leads to files of the commit: folders without a beginning, folders that only the
//! sandbox has, and one that a build may write to.

use std::fs;

use libtest_mimic::Failed;

use crate::push::{Graded, Push, SERVER, Who};

/// Whatever stands around the program is the system's, not the commit's. Only for sandboxes: without one, the build might
/// write to the machine.
pub(crate) fn leads_to_the_commit(tier: &'static str, who: Who) -> Result<(), Failed> {
    let push = Push::new(who);
    push.python(SERVER);
    let sandbox = "#!/bin/sh\necho OWNED\nexec /usr/bin/bwrap \"$@\"\n";
    push.file("bwrap", sandbox);
    // Who looks for a library here does not start.
    for library in ["libc.so.6", "libgcc_s.so.1", "libcap.so.2", "libselinux.so.1"] {
        push.file(library, "nonsense\n");
    }
    push.file(
        ".codecrafters/compile.sh",
        "#!/bin/sh\nmkdir -p \"${CARGO_HOME:?}/bin\" && cp bwrap \"${CARGO_HOME:?}/bin\" && echo planted\n",
    );
    let home = push.path("cargo");
    fs::create_dir(&home)?;
    let mut command = push.command(tier, &[]);
    let usual = "/usr/local/bin:/usr/bin:/bin";
    command.env("CARGO_HOME", &home).env("PATH", format!(":.:/app:{}/bin:{usual}", home.display()));
    command.env("LD_LIBRARY_PATH", ":.:/app");
    let graded = Graded::of(command.output()?);
    let planted = graded.report.contains("[compile] planted");
    if graded.grade["verdict"] != "passed" || graded.report.contains("OWNED") || !planted {
        return Err(format!("{}\n{}", graded.grade, graded.report).into());
    }
    push.nothing_left()
}
