# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the library is looked for, and LD_PRELOAD."""
from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Iterator

import pytest

from conftest import Place


@pytest.fixture
def alone(place: Place, work: Path) -> Path:
    """A launcher without a library beside it."""
    return Path(shutil.copy(place.launcher, work / "vsockwrap"))


@pytest.fixture
def installed(place: Place) -> Iterator[Path]:
    path = place.root / "lib/libvsockwrap.so"
    shutil.copy(place.library, path)
    yield path
    path.unlink()


def preload(place: Place, launcher: Path, **kwargs: object) -> str | None:
    r = place.run("env", launcher=launcher, **kwargs)
    assert r.status == 0, r.err
    return r.env("LD_PRELOAD")


def test_it_is_loaded(place: Place) -> None:
    r = place.run("cat", "/proc/self/maps")
    assert str(place.library) in r.out and r.err == ""


def test_beside_wins(place: Place, installed: Path) -> None:
    assert preload(place, place.launcher) == str(place.library)


def test_beside_the_real_file(place: Place, work: Path,
                              installed: Path) -> None:
    (work / "vsockwrap").symlink_to(place.launcher)
    assert preload(place, work / "vsockwrap") == str(place.library)


def test_installed(place: Place, alone: Path, installed: Path) -> None:
    assert preload(place, alone) == str(installed)


@pytest.mark.parametrize("make", [
    lambda p: p.write_text("not a library"),
    lambda p: p.write_bytes(b"\x7fELF"),
    lambda p: p.mkdir(),
    lambda p: p.symlink_to("/nowhere"),
])
def test_useless_beside(place: Place, alone: Path, installed: Path,
                        make: object) -> None:
    make(alone.parent / "libvsockwrap.so")
    assert preload(place, alone) == str(installed)


def test_nowhere(place: Place, alone: Path) -> None:
    r = place.run("true", launcher=alone)
    assert r.status == 125 and len(r.lines()) == 1
    for path in (alone.parent, place.root / "lib"):
        assert f"{path}/libvsockwrap.so: No such file" in r.err


def test_never_from_the_working_directory(place: Place, alone: Path,
                                          tmp_path: Path) -> None:
    shutil.copy(place.library, tmp_path)
    env = {"LD_LIBRARY_PATH": str(tmp_path)}
    assert place.run("true", launcher=alone, cwd=tmp_path).status == 125
    assert place.run("true", launcher=alone, env=env).status == 125
    # nor where argv[0] points to
    r = place.run("true", launcher=alone, before=(
        "bash", "-c", f'exec -a "{tmp_path}/vsockwrap" "$@"', "bash"))
    assert r.status == 125


def test_explain_needs_no_library(place: Place, alone: Path) -> None:
    assert place.run("--explain", "kms.eu-west-1.amazonaws.com",
                     launcher=alone).status == 0


def test_without_proc(place: Place, alone: Path, installed: Path,
                      root_only: None) -> None:
    """A chroot or a jail without /proc: only the installed one counts."""
    shutil.copy(place.library, alone.parent)
    r = place.run("env", launcher=alone, before=(
        "unshare", "-m", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"))
    assert r.status == 0, r.err
    assert r.env("LD_PRELOAD") == str(installed)


def test_without_proc_and_library(place: Place, alone: Path,
                                  root_only: None) -> None:
    r = place.run("env", launcher=alone, before=(
        "unshare", "-m", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"))
    assert r.status == 125 and "/proc is not mounted" in r.err


@pytest.mark.parametrize("name", ["a b", "a:b", "a\tb", "$LIB"])
def test_directory_that_preload_cannot_say(place: Place, work: Path,
                                           name: str) -> None:
    directory = work / name
    directory.mkdir()
    for path in (place.launcher, place.library):
        shutil.copy(path, directory)
    r = place.run("true", launcher=directory / "vsockwrap")
    assert r.status == 125 and "LD_PRELOAD cannot hold a path" in r.err


def test_library_on_noexec(place: Place, alone: Path,
                           root_only: None) -> None:
    """As /tmp and /run are in an enclave; the loader would only complain."""
    lib = place.root / "lib"
    r = place.run("true", launcher=alone, before=(
        "unshare", "-m", "sh", "-c",
        f'mount -t tmpfs -o noexec none "{lib}" && '
        f'cp "{place.library}" "{lib}" && exec "$@"', "sh"))
    assert r.status == 125 and "mounted noexec" in r.err


# LD_PRELOAD

@pytest.mark.parametrize("before, after", [
    ("", "{own}"),
    ("libother.so", "{own}:libother.so"),
    ("/a/x.so:/b/y.so", "{own}:/a/x.so:/b/y.so"),
    ("/a/x.so  /b/y.so :", "{own}:/a/x.so:/b/y.so"),
    ("{own}", "{own}"),
    ("/a/x.so:{own}", "{own}:/a/x.so"),
    ("{own}:/a/x.so:{own}", "{own}:/a/x.so"),
    ("/elsewhere/libvsockwrap.so:/a/x.so", "{own}:/a/x.so"),
    ("{link}:/a/x.so", "{own}:/a/x.so"),
])
def test_preload_is_kept(place: Place, work: Path, before: str,
                         after: str) -> None:
    link = work / "shim.so"
    link.symlink_to(place.library)
    names = {"own": place.library, "link": link}
    r = place.run("env", env={"LD_PRELOAD": before.format(**names)})
    assert r.env("LD_PRELOAD") == after.format(**names)


def test_nested_launchers_load_it_once(place: Place) -> None:
    r = place.run(place.launcher, place.launcher, "env")
    assert r.env("LD_PRELOAD") == str(place.library)


def test_unreadable_library(place: Place, alone: Path,
                            as_nobody: tuple[str, ...]) -> None:
    library = Path(shutil.copy(place.library, alone.parent))
    os.chmod(library, 0o700)
    r = place.run("true", launcher=alone, before=as_nobody)
    assert r.status == 125
    assert f"{library}: Permission denied" in r.err
