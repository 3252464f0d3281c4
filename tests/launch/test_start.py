# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, exit statuses, and what the program inherits."""
from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import Place, TOP

ROUTE = "route kms.*.amazonaws.com:443 vsock:3:8000"


def test_program_runs_and_stdout_is_its_own(place: Place, hello: Path) -> None:
    r = place.run(hello)
    assert (r.status, r.out, r.err) == (0, "hello\n", "")


@pytest.mark.parametrize("status", [0, 1, 124, 125, 126, 127, 255])
def test_exit_status_is_the_programs(place: Place, status: int) -> None:
    assert place.run("sh", "-c", f"exit {status}").status == status


def test_death_by_signal_is_the_programs(place: Place) -> None:
    assert place.run("sh", "-c", "kill -TERM $$").status == -signal.SIGTERM


def test_version(place: Place) -> None:
    r = place.run("--version")
    makefile = (TOP / "Makefile").read_text()
    version = makefile.split("VERSION := ")[1].split()[0]
    assert (r.status, r.out, r.err) == (0, f"vsockwrap {version}\n", "")


def test_help(place: Place) -> None:
    r = place.run("--help")
    assert r.status == 0 and r.err == ""
    assert r.out.startswith("usage: vsockwrap ")
    assert f"{place.root}/etc/vsockwrap.conf" in r.out
    assert all(len(line) <= 80 for line in r.out.splitlines()
               if str(place.root) not in line)


def test_output_to_a_full_disk_is_a_failure(place: Place) -> None:
    with open("/dev/full", "w", encoding="ascii") as full:
        r = subprocess.run([place.launcher, "--version"], stdout=full,
                           stderr=subprocess.PIPE, check=False)
    assert r.returncode == 125 and b"cannot write" in r.stderr


@pytest.mark.parametrize("args, says", [
    ([], "no command given"),
    (["--explain"], "no HOST given"),
    (["--nonsense", "true"], "unrecognized option"),
    (["-x", "true"], "invalid option"),
    (["-r"], "requires an argument"),
    (["-c", "", "true"], "-c: the file's name is empty"),
])
def test_usage_errors_are_125(place: Place, args: list[str],
                              says: str) -> None:
    r = place.run(*args)
    assert r.status == 125 and says in r.err and r.out == ""


def test_options_end_at_the_command(place: Place) -> None:
    r = place.run("echo", "-r", "--version", "--", "x")
    assert (r.status, r.out) == (0, "-r --version -- x\n")


def test_double_dash(place: Place, work: Path) -> None:
    (work / "-v").write_text("#!/bin/sh\necho dash\n")
    (work / "-v").chmod(0o755)
    r = place.run("--", "-v", env={"PATH": f"{work}:/bin"})
    assert (r.status, r.out) == (0, "dash\n")


# Which file runs, and 126 and 127

@pytest.mark.parametrize("command", [
    "no-such-command", "./no-such-command", "/no/such/command", "",
])
def test_not_found_is_127(place: Place, command: str) -> None:
    r = place.run(command)
    assert r.status == 127
    assert r.lines() == [f"vsockwrap: {command}: No such file or directory"]


def test_not_executable_is_126(place: Place, work: Path) -> None:
    (work / "data").write_text("x")
    for path in (work / "data", work):
        r = place.run(path)
        assert r.status == 126 and "Permission denied" in r.err


def test_component_is_no_directory_is_126(place: Place, hello: Path) -> None:
    r = place.run(f"{hello}/x")
    assert r.status == 126 and "Not a directory" in r.err


def test_missing_interpreter_is_127(place: Place, work: Path) -> None:
    (work / "s").write_text("#!/no/such/interpreter\n")
    (work / "s").chmod(0o755)
    r = place.run(work / "s")
    assert r.status == 127
    assert r.lines() == [f"vsockwrap: {work}/s: its interpreter or loader "
                         "does not exist"]


def test_path_search_goes_past_what_cannot_run(place: Place,
                                               work: Path) -> None:
    for name, mode in (("a", 0o644), ("b", 0o755)):
        (work / name).mkdir()
        (work / name / "cmd").write_text(f"#!/bin/sh\necho {name}\n")
        (work / name / "cmd").chmod(mode)
    assert place.run("cmd", env={"PATH": f"{work}/a:{work}/b"}).out == "b\n"
    r = place.run("cmd", env={"PATH": f"{work}/a:/nowhere"})
    assert r.status == 126 and "cmd: Permission denied" in r.err


@pytest.mark.parametrize("path", ["", ":/bin", "/bin::/usr/bin", "/nowhere:"])
def test_empty_part_of_path_is_the_directory(place: Place, work: Path,
                                             path: str) -> None:
    (work / "here").write_text("#!/bin/sh\necho here\n")
    (work / "here").chmod(0o755)
    r = place.run("here", env={"PATH": path}, cwd=work)
    assert (r.status, r.out) == (0, "here\n")


def test_without_path(place: Place) -> None:
    r = place.run("echo", "x", before=("env", "-u", "PATH"))
    assert (r.status, r.out) == (0, "x\n")


def test_script_without_first_line(place: Place, work: Path) -> None:
    (work / "s").write_text('echo "$0:$1:$#"\n')
    (work / "s").chmod(0o755)
    r = place.run(work / "s", "a b", "c")
    assert (r.status, r.out) == (0, f"{work}/s:a b:2\n")


# What the program inherits

def test_argv0_is_as_typed(place: Place) -> None:
    script = 'printf "%s|" "$0"; tr "\\0" "|" </proc/$$/cmdline'
    r = place.run("sh", "-c", script)
    assert r.out.split("|")[1] == "sh"


def test_the_process_is_the_same(place: Place) -> None:
    child = subprocess.Popen([place.launcher, "sh", "-c", "echo $$"],
                             stdout=subprocess.PIPE, text=True,
                             env=place.clean_env())
    assert child.communicate(timeout=30)[0] == f"{child.pid}\n"


def prepare() -> None:
    os.umask(0o037)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


def test_umask_and_signals_stay(place: Place) -> None:
    show = ["grep", "-E", "^(Umask|Sig(Blk|Ign|Cgt)):", "/proc/self/status"]
    bare = subprocess.run(show, capture_output=True, text=True, check=True,
                          preexec_fn=prepare)
    r = place.run(*show, preexec_fn=prepare)
    assert r.status == 0 and "0037" in r.out and r.out == bare.stdout


def test_descriptors_stay_and_none_is_added(place: Place) -> None:
    read, write = os.pipe()
    show = ["ls", "/proc/self/fd"]
    bare = subprocess.run(show, capture_output=True, text=True, check=True,
                          pass_fds=(read,))
    r = place.run("-r", ROUTE, *show, pass_fds=(read,))
    os.close(read)
    os.close(write)
    assert r.out == bare.stdout and str(read) in r.out.split()


def test_environment_is_otherwise_untouched(place: Place) -> None:
    r = place.run("env", env={"KEEP": "me"})
    assert sorted(r.out.splitlines()) == sorted(
        f"{k}={v}" for k, v in place.clean_env(
            KEEP="me", LD_PRELOAD=str(place.library)).items())


def test_set_uid_launcher_refuses(place: Place, work: Path,
                                  root_only: None) -> None:
    copy = work / "vsockwrap"
    copy.write_bytes(place.launcher.read_bytes())
    os.chown(copy, 65534, -1)
    copy.chmod(0o4755)
    if os.statvfs(work).f_flag & os.ST_NOSUID:
        pytest.skip(f"{work} is mounted nosuid")
    r = place.run("true", launcher=copy)
    assert r.status == 125 and "refusing to run set-uid" in r.err
