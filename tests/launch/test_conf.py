# SPDX-License-Identifier: GPL-3.0-or-later
"""-c, -r, -v and the VSOCKWRAP_ variables: precedence, errors, hand-over."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import Place

HOST = "kms.us-east-1.amazonaws.com"


def rule(port: int) -> str:
    return f"route {HOST} vsock:3:{port}"


def port_of(place: Place, *args: str, **kwargs: object) -> int:
    """The vsock port that HOST is routed to."""
    r = place.run(*args, "--explain", HOST, **kwargs)
    assert r.status == 0, r.err
    return int(r.out.split("CID 3, port ")[1].split()[0])


# What counts

def test_default_rule(place: Place) -> None:
    assert port_of(place) == 8000


def test_default_file(place: Place, config: Path) -> None:
    config.write_text(rule(1))
    assert port_of(place) == 1


def test_named_file_replaces_default(place: Place, config: Path,
                                     work: Path) -> None:
    config.write_text(rule(1))
    (work / "a").write_text(rule(2))
    (work / "b").write_text(rule(3))
    env = {"VSOCKWRAP_CONFIG": str(work / "a")}
    assert port_of(place, env=env) == 2
    assert port_of(place, "-c", str(work / "b"), env=env) == 3


def test_rules_come_before_the_file(place: Place, config: Path) -> None:
    config.write_text(rule(1))
    env = {"VSOCKWRAP_ROUTES": rule(4) + ";" + rule(5)}
    assert port_of(place, env=env) == 4
    assert port_of(place, "-r", rule(6), "-r", rule(7), env=env) == 6
    assert port_of(place, "-r", "pass other", env=env) == 4
    assert port_of(place, "-r", "pass other") == 1


def test_empty_variables_are_as_none(place: Place, config: Path) -> None:
    config.write_text(rule(1))
    assert port_of(place, env={"VSOCKWRAP_CONFIG": "", "VSOCKWRAP_LOG": "",
                               "VSOCKWRAP_ROUTES": "",
                               "VSOCKWRAP_LOG_FILE": ""}) == 1


# What the library is told

def test_nothing_is_set_without_need(place: Place) -> None:
    assert "VSOCKWRAP_" not in place.run("env").out


def test_rules_are_handed_over_in_order(place: Place) -> None:
    r = place.run("-r", rule(1), "--rule", rule(2), "env")
    assert r.env("VSOCKWRAP_ROUTES") == rule(1) + ";" + rule(2)


def test_nested_rules_come_first(place: Place) -> None:
    r = place.run("-r", rule(1), place.launcher, "-r", rule(2), "-r", rule(3),
                  "env")
    assert r.env("VSOCKWRAP_ROUTES") == ";".join(map(rule, (2, 3, 1)))
    assert r.env("LD_PRELOAD") == str(place.library)


def test_comment_in_a_rule_ends_with_it(place: Place) -> None:
    r = place.run("-r", "pass a # comment", "-r", rule(2), place.launcher,
                  "--explain", HOST)
    assert "port 2\n" in r.out


@pytest.mark.parametrize("given", ["-c", "VSOCKWRAP_CONFIG"])
def test_file_becomes_absolute(place: Place, work: Path, given: str) -> None:
    (work / "my.conf").write_text(rule(1))
    if given == "-c":
        r = place.run("-c", "my.conf", "env", cwd=work)
    else:
        r = place.run("env", cwd=work, env={"VSOCKWRAP_CONFIG": "my.conf"})
    assert r.env("VSOCKWRAP_CONFIG") == f"{work}/my.conf"


def test_directory_that_is_gone(place: Place, work: Path) -> None:
    """A relative file cannot be there; an absolute one does not care."""
    (work / "my.conf").write_text(rule(1))
    for file, status in (("my.conf", 125), (str(work / "my.conf"), 0)):
        gone = work / "gone"
        gone.mkdir()
        r = place.run("-c", file, "true", before=(
            "sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$@"', "sh"))
        assert r.status == status, r.err


@pytest.mark.parametrize("flags, level", [
    (["-v"], "info"), (["-vv"], "debug"), (["-v", "--verbose"], "debug"),
    (["-vvv"], "debug"),
])
def test_verbose(place: Place, flags: list[str], level: str) -> None:
    r = place.run(*flags, "env", env={"VSOCKWRAP_LOG": "off"})
    assert r.env("VSOCKWRAP_LOG") == level


# Refusals

@pytest.mark.parametrize("rules, says", [
    (["pass a", "rout b vsock:3:1"], "-r 2: column 1: "),
    (["route b vsock:3:x"], "-r 1: column 17: "),
    (["pass a;pass b"], "-r 1: column 7: ';' ends a rule"),
    (["pass a", "x\npass b"], "-r 2: column 2: newline ends a rule"),
    (["route a vsock:3:1 tls=pinned"], "-r 1: column 19: "),
])
def test_bad_rule(place: Place, rules: list[str], says: str) -> None:
    flags = [word for one in rules for word in ("-r", one)]
    for rest in (["true"], ["--explain", "a"]):
        r = place.run(*flags, *rest)
        assert r.status == 125 and r.out == ""
        assert len(r.lines()) == 1
        assert r.lines()[0].startswith("vsockwrap: " + says)


def test_bad_line_of_a_file(place: Place, config: Path) -> None:
    config.write_text("# comment\n\n  route a vsock:three:1\n")
    r = place.run("true")
    assert r.status == 125
    assert r.lines()[0].startswith(f"vsockwrap: {config}:3:17: ")


def test_bad_variable(place: Place) -> None:
    r = place.run("true", env={"VSOCKWRAP_ROUTES": "pass a; pas b"})
    assert r.status == 125
    assert r.lines()[0].startswith("vsockwrap: VSOCKWRAP_ROUTES:1:9: ")


@pytest.mark.parametrize("name, value, says", [
    ("VSOCKWRAP_LOG", "loud", "expected off, error, info or debug"),
    ("VSOCKWRAP_LOG_FILE", "log", "expected an absolute path"),
])
def test_bad_log_variable(place: Place, name: str, value: str,
                          says: str) -> None:
    r = place.run("true", env={name: value})
    assert r.status == 125
    assert r.lines()[0].startswith(f"vsockwrap: {name}={value}: {says}")


def refused(place: Place, path: Path, says: str, **kwargs: object) -> None:
    for r in (place.run("-c", path, "true", **kwargs),
              place.run("true", env={"VSOCKWRAP_CONFIG": str(path)},
                        **kwargs)):
        assert r.status == 125
        assert r.lines() == [f"vsockwrap: {path}: {says}"]


def test_file_that_is_missing(place: Place, work: Path) -> None:
    refused(place, work / "none", "cannot open it: no such file")
    (work / "file").write_text("")
    refused(place, work / "file/x", "cannot open it: no such file")


def test_file_that_is_none(place: Place, work: Path) -> None:
    refused(place, work, "a directory, not a file")
    os.mkfifo(work / "fifo")
    refused(place, work / "fifo",
            "not a regular file; a pipe can be read only once, and each "
            "started program reads it")


def test_file_that_is_too_large(place: Place, work: Path) -> None:
    (work / "fits").write_bytes(b"#" * 1023 + (b"\n" + b"#" * 1023) * 1023)
    assert place.run("-c", work / "fits", "true").status == 0
    (work / "big").write_bytes(b"#" * (1024 * 1024 + 1))
    refused(place, work / "big", "larger than 1 MiB")


def test_file_that_may_not_be_read(place: Place, work: Path, config: Path,
                                   as_nobody: tuple[str, ...]) -> None:
    (work / "secret").write_text("")
    (work / "secret").chmod(0o600)
    refused(place, work / "secret", "cannot open it: permission denied",
            before=as_nobody)
    # the default one is optional only while it is not there
    config.write_text("")
    config.chmod(0o600)
    r = place.run("true", before=as_nobody)
    assert r.status == 125 and "permission denied" in r.err


def test_file_larger_than_its_size_says(place: Place) -> None:
    """Files of /proc say 0; what is read past that is not dropped silently."""
    refused(place, Path("/proc/filesystems"),
            "grew while it was read; try again")


def test_empty_file(place: Place, work: Path) -> None:
    (work / "empty").write_text("")
    assert port_of(place, "-c", str(work / "empty")) == 8000


def test_no_newline_at_the_end_and_crlf(place: Place, work: Path) -> None:
    (work / "dos").write_bytes(b"pass other\r\n" + rule(9).encode())
    assert port_of(place, "-c", str(work / "dos")) == 9
