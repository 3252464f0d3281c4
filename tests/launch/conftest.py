# SPDX-License-Identifier: GPL-3.0-or-later
"""A launcher of our own to test: same sources, private /etc and lib directory.

Layout of the `place`, which every user may read:
    bin/vsockwrap, bin/libvsockwrap.so   the launcher, a library beside it
    lib/                                 LIBDIR, empty
    etc/                                 SYSCONFDIR, empty
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

TOP = Path(__file__).resolve().parents[2]
NOBODY = 65534

HELLO_C = 'int puts(const char *);\nint main(void) { return puts("hello") < 0; }\n'


@dataclass
class Result:
    status: int
    out: str
    err: str

    def lines(self) -> list[str]:
        return self.err.splitlines()

    def env(self, name: str) -> str | None:
        """The variable as a wrapped env(1) printed it."""
        for line in self.out.splitlines():
            if line.startswith(name + "="):
                return line.split("=", 1)[1]
        return None


@dataclass
class Place:
    root: Path

    @property
    def launcher(self) -> Path:
        return self.root / "bin/vsockwrap"

    @property
    def library(self) -> Path:
        return self.root / "bin/libvsockwrap.so"

    def clean_env(self, **extra: str) -> dict[str, str]:
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **extra}

    def run(self, *args: str | Path, env: dict[str, str] | None = None,
            launcher: Path | None = None, before: tuple[str, ...] = (),
            **kwargs: object) -> Result:
        """Run the launcher, behind the words of `before`."""
        argv = [*before, str(launcher or self.launcher), *map(str, args)]
        done = subprocess.run(argv, env=self.clean_env(**(env or {})),
                              capture_output=True, text=True, timeout=30,
                              check=False, **kwargs)
        return Result(done.returncode, done.stdout, done.stderr)


def compile_c(source: str, out: Path, *flags: str) -> Path:
    subprocess.run(["gcc", "-x", "c", "-", "-o", str(out), *flags],
                   input=source, text=True, check=True)
    return out


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    root = Path(tempfile.mkdtemp(prefix="vsockwrap-launch."))
    root.chmod(0o755)
    for name in ("bin", "lib", "etc", "programs"):
        (root / name).mkdir()
    target = root / "build/vsockwrap"
    made = subprocess.run(
        ["make", "-C", str(TOP), f"B={root}/build", f"LIBDIR={root}/lib",
         f"SYSCONFDIR={root}/etc", str(target)],
        capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.copy(target, root / "bin/vsockwrap")
    compile_c("", root / "bin/libvsockwrap.so", "-shared", "-fPIC")
    yield Place(root)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def hello(place: Place) -> Path:
    """An ordinary program, which prints hello."""
    return compile_c(HELLO_C, place.root / "programs/hello")


@pytest.fixture
def work() -> Iterator[Path]:
    """A directory for one test; unlike tmp_path open to every user."""
    path = Path(tempfile.mkdtemp(prefix="vsockwrap-launch."))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def config(place: Place) -> Iterator[Path]:
    """The default configuration file, removed afterwards."""
    path = place.root / "etc/vsockwrap.conf"
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def root_only() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: changes owners, users or mounts")


@pytest.fixture
def as_nobody(root_only: None) -> tuple[str, ...]:
    """Words that start a command as an unprivileged user."""
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            "--clear-groups", "--")
