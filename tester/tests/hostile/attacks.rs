//! The attacks, each with the verdict that it must come to.

use std::{net::TcpListener, os::unix::ffi::OsStrExt as _};

use crate::push::{Push, SERVER};

/// An attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Makes the commit.
    pub(crate) commit: fn(&Push),
    /// Arguments of `stages grade`; without `--stage`, stage 1 is graded.
    pub(crate) arguments: &'static [&'static str],
    pub(crate) verdict: &'static str,
    /// What the report says.
    pub(crate) says: &'static [&'static str],
    /// Whether it does no harm without a sandbox.
    pub(crate) harmless: bool,
}

const fn attack(name: &'static str, commit: fn(&Push), verdict: &'static str) -> Attack {
    Attack { name, commit, arguments: &[], verdict, says: &[], harmless: false }
}

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        arguments: &["--processes", "100"],
        says: &["no more processes after ", "exit code 3"],
        ..attack("fork_bomb", fork_bomb, "not-started")
    },
    Attack {
        arguments: &["--memory", "200"],
        says: &["used more memory than it is allowed: 200 MiB"],
        ..attack("memory_bomb", memory_bomb, "out-of-memory")
    },
    Attack {
        arguments: &["--memory", "200"],
        says: &["used more memory than it is allowed: 200 MiB"],
        ..attack("memory_bomb_of_many_processes", memory_bomb_of_many, "out-of-memory")
    },
    Attack {
        arguments: &["--memory", "200"],
        says: &["used more memory than it is allowed: 200 MiB"],
        ..attack("memory_bomb_of_files_without_names", memory_bomb_of_files, "out-of-memory")
    },
    Attack {
        arguments: &["--memory", "200"],
        says: &["used more memory than it is allowed: 200 MiB"],
        ..attack("memory_bomb_of_shared_pages", memory_bomb_of_shared, "out-of-memory")
    },
    Attack {
        arguments: &["--disk", "64"],
        says: &["filled the disk space it was given: 64 MiB"],
        ..attack("disk_filler", disk_filler, "out-of-disk")
    },
    Attack {
        arguments: &["--disk", "16", "--stage", "7"],
        says: &["filled the disk space it was given: 16 MiB"],
        ..attack("build_leaves_no_room", build_leaves_no_room, "out-of-disk")
    },
    Attack {
        arguments: &["--disk", "1"],
        says: &["the files of the commit take 2 MiB", "of the 1 MiB of disk"],
        harmless: true,
        ..attack("a_tree_without_room", tree_without_room, "refused")
    },
    Attack {
        says: &["printed far more than is shown"],
        harmless: true,
        ..attack("endless_output", endless_output, "too-much-output")
    },
    Attack {
        says: &["\\x1B[2J\\x1B]0;owned\\x07", "\\xC2\\x9B31m"],
        harmless: true,
        ..attack("terminal_escapes", terminal_escapes, "not-started")
    },
    Attack {
        says: &[".codecrafters/run.sh is a symbolic link that leads out of the repository"],
        harmless: true,
        ..attack("run_script_is_a_link_to_outside", run_script_is_a_link, "refused")
    },
    attack("build_turns_run_script_into_a_link", build_makes_links, "not-started"),
    Attack { harmless: true, ..attack("a_file_in_dot_git", dot_git, "refused") },
    Attack {
        says: &["evil\\x1B[31m is a submodule and is left out"],
        harmless: true,
        ..attack("submodules_filters_and_hooks", git_tricks, "passed")
    },
    Attack {
        says: &["the commit has more than 100000 files and folders"],
        harmless: true,
        ..attack("a_tree_of_ten_thousand_million_folders", git_bomb, "refused")
    },
    Attack { harmless: true, ..attack("a_tree_of_eleven_hundred_levels", deep_tree, "passed") },
    Attack {
        says: &["the commit has a path of 4021 bytes"],
        harmless: true,
        ..attack("a_path_that_is_too_long", long_path, "refused")
    },
    Attack { harmless: true, ..attack("export_ignore", export_ignore, "passed") },
    Attack { says: &["[compile] searched everything"], ..attack("build_looks_around", build_looks_around, "passed") },
    Attack { harmless: true, ..attack("daemonises_itself", daemonises, "passed") },
    Attack { says: &["exit code 7"], ..attack("kills_what_it_can_see", kills, "not-started") },
    Attack {
        arguments: &["--stage", "2"],
        says: &["No response within 10 s"],
        harmless: true,
        ..attack("never_answers", never_answers, "timed-out")
    },
    Attack {
        arguments: &["--stage", "2"],
        says: &["Your program sent more than 128 MiB"],
        harmless: true,
        ..attack("answers_without_end", endless_answer, "wrong")
    },
    Attack {
        arguments: &["--stage", "2"],
        says: &["nothing more came"],
        harmless: true,
        ..attack("answers_a_byte_at_a_time", slow_answer, "timed-out")
    },
    Attack {
        says: &["could not be started"],
        harmless: true,
        ..attack("build_turns_run_script_into_a_pipe", build_makes_pipes, "not-started")
    },
    Attack { harmless: true, ..attack("attributes_that_convert_files", attributes, "passed") },
    Attack { harmless: true, ..attack("listens_and_hangs", hangs, "passed") },
    Attack { says: &["exit code 5"], harmless: true, ..attack("writes_a_fake_verdict", fake_verdict, "not-started") },
    Attack { harmless: true, ..attack("file_name_with_control_characters", control_characters, "passed") },
    Attack {
        arguments: &["--compile-timeout", "2"],
        says: &["did not compile within 2 s"],
        harmless: true,
        ..attack("build_never_ends", build_never_ends, "timed-out")
    },
    Attack {
        arguments: &["--total-timeout", "4"],
        says: &["The grading took longer than 4 s in all"],
        harmless: true,
        ..attack("nothing_ever_happens", nothing_happens, "timed-out")
    },
    Attack { arguments: &["--stage", "8"], ..attack("a_saved_file_is_a_link_to_outside", saved_link, "wrong") },
    Attack { says: &["no your_program.sh"], harmless: true, ..attack("no_program", no_program, "refused") },
];

fn fork_bomb(push: &Push) {
    push.python(
        "import os, time\ncount = 0\nwhile True:\n    try:\n        if os.fork() == 0:\n            time.sleep(1000)\n    \
         except OSError:\n        break\n    count += 1\n    if count > 120: os._exit(9)\nprint('no more processes after', \
         count)\nos.kill(1, 9)\nfor name in os.listdir('/proc'):\n    if name.isdigit() and int(name) not in (1, \
         os.getpid()):\n        os.kill(int(name), 9)\nos._exit(3)\n",
    );
}

fn memory_bomb(push: &Push) {
    push.python("held = []\nwhile True:\n    held.append(bytearray(b'x') * (4 << 20))\n");
}

fn memory_bomb_of_many(push: &Push) {
    push.python(
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        held = bytearray(b'x') * (40 << 20)\n        \
         time.sleep(1000)\ntime.sleep(1000)\n",
    );
}

fn memory_bomb_of_files(push: &Push) {
    push.python(
        "import os, time\nfile = os.memfd_create('x')\nfor _ in range(300): os.write(file, b'x' * (1 << 20))\n\
         time.sleep(1000)\n",
    );
}

/// Shared pages that no process has in its tables are resident nowhere, and there all the same.
fn memory_bomb_of_shared(push: &Push) {
    push.python(
        "import mmap, time\nheld = []\nfor _ in range(300):\n    pages = mmap.mmap(-1, 1 << 20)\n    \
         pages.write(b'x' * (1 << 20))\n    pages.madvise(mmap.MADV_DONTNEED)\n    held.append(pages)\n\
         time.sleep(1000)\n",
    );
}

fn disk_filler(push: &Push) {
    push.python(
        "import itertools\nfor number in itertools.count():\n    with open(f'/tmp/{number}', 'wb') as file:\n        \
         for _ in range(8): file.write(b'x' * (1 << 20))\n",
    );
}

/// The build succeeds, and what it leaves is full to the last byte.
fn build_leaves_no_room(push: &Push) {
    push.python(SERVER);
    push.file(".codecrafters/compile.sh", "#!/bin/sh\ncat /dev/zero > full 2> /dev/null\nexit 0\n");
}

/// A few bytes each, and a page of the disk.
fn tree_without_room(push: &Push) {
    push.python(SERVER);
    for number in 0..400 {
        push.file(&format!("many/{number}"), "x");
    }
}

fn endless_output(push: &Push) {
    push.file("your_program.sh", "#!/bin/sh\nexec sh -c 'exec yes MARKER' MARKER\n");
    push.file(".codecrafters/run.sh", "#!/bin/sh\nexec sh -c 'exec yes MARKER' MARKER\n");
}

fn terminal_escapes(push: &Push) {
    push.python("import sys\nsys.stdout.buffer.write(b'\\x1b[2J\\x1b]0;owned\\x07\\xc2\\x9b31m\\x1b[8m\\r\\x08\\n')\n");
}

fn run_script_is_a_link(push: &Push) {
    push.python(SERVER);
    std::fs::remove_file(push.path("repository/.codecrafters/run.sh")).unwrap();
    std::os::unix::fs::symlink(push.path("other/notes"), push.path("repository/.codecrafters/run.sh")).unwrap();
}

fn build_makes_links(push: &Push) {
    push.python(SERVER);
    push.file(".codecrafters/compile.sh", "#!/bin/sh\nln -sf FOLDER/other/notes .codecrafters/run.sh\n");
}

fn build_makes_pipes(push: &Push) {
    push.python(SERVER);
    push.file(
        ".codecrafters/compile.sh",
        "#!/bin/sh\nrm .codecrafters/run.sh your_program.sh\nmkfifo .codecrafters/run.sh your_program.sh\n\
         chmod 755 .codecrafters/run.sh your_program.sh\n",
    );
}

/// The files are committed as they are; whoever obeys the attributes makes others of them.
fn attributes(push: &Push) {
    push.python(SERVER);
    push.git(&["add", "--all"]);
    push.file(".gitattributes", "*.sh eol=crlf\nrun.sh crlf=input ident\nserver.py working-tree-encoding=UTF-16\n");
    push.git(&["add", ".gitattributes"]);
    push.git(&["commit", "--quiet", "--message", "x"]);
}

/// Commits a tree that git itself would not make. `entries` are lines of `git mktree`; `BLOB` is a blob.
fn tree(push: &Push, entries: &str) {
    push.python(SERVER);
    push.git(&["add", "--all"]);
    let blob = push.git(&["hash-object", "-w", "server.py"]);
    let listing = push.git(&["write-tree"]);
    let listing = push.git(&["ls-tree", &listing]);
    let made = mktree(push, &format!("{listing}\n{}\n", entries.replace("BLOB", &blob)));
    let commit = push.git(&["commit-tree", &made, "-m", "x"]);
    push.git(&["update-ref", "refs/heads/main", &commit]);
}

fn mktree(push: &Push, lines: &str) -> String {
    std::fs::write(push.path("tree"), lines).unwrap();
    let mut mktree = std::process::Command::new("git");
    mktree.arg("mktree").current_dir(push.path("repository"));
    mktree.stdin(std::fs::File::open(push.path("tree")).unwrap());
    let output = mktree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Ten folders in each of ten folders, ten levels deep, in eleven objects.
fn git_bomb(push: &Push) {
    push.python(SERVER);
    push.git(&["add", "--all"]);
    let mut entry = format!("040000 tree {}", mktree(push, ""));
    for _ in 0..10 {
        let lines: String = (0..10).map(|number| format!("{entry}\tf{number}\n")).collect();
        entry = format!("040000 tree {}", mktree(push, &lines));
    }
    let commit = push.git(&["commit-tree", entry.rsplit(' ').next().unwrap(), "-m", "x"]);
    push.git(&["update-ref", "refs/heads/main", &commit]);
}

/// A program that passes, and a file of this path beside it.
fn beside(push: &Push, path: &str) {
    push.python(SERVER);
    push.git(&["add", "--all"]);
    push.git(&["commit", "--quiet", "--message", "x"]);
    let head = "commit refs/heads/main\ncommitter A <a@example.com> 0 +0000\ndata 1\nx\nfrom refs/heads/main^0\n";
    std::fs::write(push.path("stream"), format!("{head}M 644 inline {path}\ndata 1\nx\n")).unwrap();
    let mut import = std::process::Command::new("git");
    import.args(["fast-import", "--quiet"]).current_dir(push.path("repository"));
    let status = import.stdin(std::fs::File::open(push.path("stream")).unwrap()).status().unwrap();
    assert!(status.success(), "git fast-import: {status}");
}

fn deep_tree(push: &Push) {
    beside(push, &format!("{}x", "d/".repeat(1100)));
}

/// The system takes it where it begins with the tree, and not where it begins with the machine's root.
fn long_path(push: &Push) {
    beside(push, &format!("{}x", format!("{}/", "l".repeat(200)).repeat(20)));
}

fn dot_git(push: &Push) {
    tree(push, "100644 blob BLOB\t.git");
}

fn git_tricks(push: &Push) {
    push.python(SERVER);
    push.file(".gitattributes", "*.py filter=evil diff=evil\n*.sh filter=lfs\n");
    push.file(".gitmodules", "[submodule \"../../x\"]\n\tpath = evil\n\turl = ext::sh -c touch% FOLDER/other/owned\n");
    push.git(&["config", "filter.evil.smudge", "echo broken"]);
    push.git(&["config", "core.hooksPath", "hooks"]);
    push.file("hooks/post-checkout", "#!/bin/sh\ntouch FOLDER/other/owned\n");
    push.git(&["add", "--all"]);
    let link = "160000,0123456789012345678901234567890123456789,evil\x1b[31m";
    push.git(&["update-index", "--add", "--cacheinfo", link]);
    push.git(&["commit", "--quiet", "--message", "x"]);
    push.git(&["config", "--unset", "core.hooksPath"]);
}

fn export_ignore(push: &Push) {
    push.python(SERVER);
    push.file(".gitattributes", "server.py export-ignore\n");
}

/// The build fails if it gets at anything; and the grading repository holds a path with a secret in it.
fn build_looks_around(push: &Push) {
    push.python(SERVER);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    // It listens as long as the test runs.
    std::mem::forget(listener);
    let code = r#"
import os, socket, sys
bad = []
def reach(what, attempt):
    try:
        attempt()
        bad.append(what)
    except OSError:
        pass
for path in ['FOLDER/other/notes', 'FOLDER/repository/.git/HEAD', '/etc/shadow', '/home', '/.task', '/sys/kernel']:
    reach(path, lambda: open(path) if not os.path.isdir(path) else os.listdir(path))
for path in ['/usr/owned', '/etc/owned', '/owned', '/dev/owned', '/run/owned', '/.stages', '/proc/sys/kernel/core_pattern']:
    reach('writing ' + path, lambda: open(path, 'w'))
reach('the network', lambda: socket.create_connection(('192.0.2.1', 80), 1))
reach('the loopback of the machine', lambda: socket.create_connection(('127.0.0.1', PORT), 1))
reach('the terminal', lambda: open('/dev/tty', 'w'))
status = open('/proc/self/status').read()
if 'CapEff:\t0000000000000000' not in status or 'NoNewPrivs:\t1' not in status: bad.append('rights: ' + status)
if os.getuid() == 0: bad.append('root')
if 'SECRET' in str(os.environ) or 'A_SECRET' in os.environ: bad.append('the environment')
for name in filter(str.isdigit, os.listdir('/proc')):
    try: line = open(f'/proc/{name}/cmdline').read().replace('\0', ' ')
    except OSError: continue
    if 'sandbox work' in line or 'supervise' in line: bad.append(line)
    for part in ['root', 'cwd', 'environ', 'mem']:
        if name == '1': reach('the first process: ' + part, lambda: open(f'/proc/1/{part}').read(1) if part in ('environ', 'mem') else os.listdir(f'/proc/1/{part}'))
import ctypes, platform
keyctl = {'x86_64': 250, 'aarch64': 219}.get(platform.machine())
keys = ctypes.create_string_buffer(4096)
# KEYCTL_READ of KEY_SPEC_SESSION_KEYRING: the ids of the keys in it.
if keyctl and ctypes.CDLL(None).syscall(keyctl, ctypes.c_long(11), ctypes.c_long(-3), keys, ctypes.c_long(4096)) > 0:
    bad.append('keys of the session')
for descriptor in range(3, 1024):
    try: os.fstat(descriptor)
    except OSError: continue
    if not os.readlink(f'/proc/self/fd/{descriptor}').startswith('/'): bad.append('descriptor ' + os.readlink(f'/proc/self/fd/{descriptor}'))
print('searched everything' if not bad else 'FOUND ' + '; '.join(bad))
sys.exit(len(bad))
"#;
    push.file("search.py", &code.replace("PORT", &port));
    push.file(".codecrafters/compile.sh", "#!/bin/sh\nexec python3 search.py MARKER\n");
}

fn daemonises(push: &Push) {
    push.python(
        "import os, http.server, signal\nfor _ in range(2):\n    if os.fork(): os._exit(0)\n    os.setsid()\n\
         signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n\
         http.server.test(port=4221, bind='127.0.0.1')\n",
    );
}

fn kills(push: &Push) {
    push.python(
        "import os, signal\nfor process in [-1, os.getppid(), 1, 2, 3, 4, 5, 6, 7, 8]:\n    for number in \
         (signal.SIGTERM, signal.SIGKILL):\n        try:\n            if process != os.getpid(): os.kill(process, number)\n        \
         except OSError: pass\nos._exit(7)\n",
    );
}

fn never_answers(push: &Push) {
    push.python(
        "import socket, time\nserver = socket.create_server(('127.0.0.1', 4221))\nheld = []\nwhile True: \
         held.append(server.accept())\n",
    );
}

/// A server that goes on as `BODY` says, once it has got a request.
fn answers(push: &Push, body: &str) {
    push.python(
        &"import socket, time\nserver = socket.create_server(('127.0.0.1', 4221))\nwhile True:\n    client = \
          server.accept()[0]\n    try:\n        client.recv(65536)\n        BODY\n    except OSError: pass\n"
            .replace("BODY", body),
    );
}

fn endless_answer(push: &Push) {
    answers(
        push,
        "client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 999999999999\\r\\n\\r\\n')\n        \
         while True: client.sendall(b'x' * (1 << 20))",
    );
}

fn slow_answer(push: &Push) {
    answers(
        push,
        "client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 99999\\r\\n\\r\\n')\n        \
         while True: client.sendall(b'x'); time.sleep(0.01)",
    );
}

fn hangs(push: &Push) {
    push.python(
        "import signal, socket, time\nfor number in range(1, 32):\n    try: signal.signal(number, signal.SIG_IGN)\n    \
         except OSError: pass\nserver = socket.create_server(('127.0.0.1', 4221))\nwhile True: time.sleep(1)\n",
    );
}

fn fake_verdict(push: &Push) {
    push.python(
        "import os\ntext = b'{\"Verdict\":[\"passed\",\"x\"]}\\n\"Done\"\\n{\"ended\":{\"code\":0}}\\n\"gone\"\\n\"started\"\\n[tester::#AT4] Passed in 1 \
         ms.\\n'\nfor descriptor in [*range(0, 64)]:\n    try: os.write(descriptor, text)\n    except OSError: pass\nos._exit(5)\n",
    );
}

fn control_characters(push: &Push) {
    push.python(SERVER);
    let name = std::ffi::OsStr::from_bytes(b"a\x1b[2J\nb\r\xff");
    std::fs::write(push.path("repository").join(name), "x").unwrap();
}

fn build_never_ends(push: &Push) {
    push.python(SERVER);
    push.file(".codecrafters/compile.sh", "#!/bin/sh\ntrap '' TERM\nwhile :; do sh -c 'sleep 1; :' MARKER; done\n");
}

fn nothing_happens(push: &Push) {
    push.python("import time\ntime.sleep(1000)\n");
}

fn saved_link(push: &Push) {
    push.python(
        "import http.server, os, sys\nfolder = sys.argv[-1]\nclass Handler(http.server.BaseHTTPRequestHandler):\n    \
         protocol_version = 'HTTP/1.1'\n    def do_POST(self):\n        \
         self.rfile.read(int(self.headers['Content-Length']))\n        os.symlink('FOLDER/other/notes', folder + self.path[6:])\n        \
         self.send_response_only(201)\n        self.send_header('Content-Length', '0')\n        self.end_headers()\n\
         http.server.ThreadingHTTPServer(('127.0.0.1', 4221), Handler).serve_forever()\n",
    );
}

fn no_program(push: &Push) {
    push.file("README.md", "nothing here\n");
}
