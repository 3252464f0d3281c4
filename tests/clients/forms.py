# SPDX-License-Identifier: GPL-3.0-or-later
"""The three forms in which a case runs, and the world they share.

bare    a network namespace with lo up, a hosts file that names the endpoints
        as 127.0.0.1, and the stand-in on 127.0.0.1:443. Shows that a case is
        right without the shim.
unix    a namespace with nothing in it, not even lo; the client runs under
        vsockwrap, whose routes lead to the stand-in's unix sockets.
vsock   the enclave guest of the lab; the stand-in listens on vsock in the
        parent guest. All cases in one boot.

bare and unix ask the same stand-in: it stands in bare's namespace, and a unix
socket's path leads there from any namespace.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
from typing import Optional

import cases

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
AWS = TOP / "tests" / "aws"
sys.path.insert(0, str(AWS))

from standin import sigv4                               # noqa: E402
from standin.cloud import DEFAULT_CREDENTIALS           # noqa: E402

PYTHON = "/usr/bin/python3"
LAUNCHER = TOP / "build" / "vsockwrap"
START_S = 60
FILES = {"DATA": (1 << 20) + 17, "SECRET": 1024, "BIG": 64 << 20}


def launcher(target_tls: str, target_plain: str) -> list[str]:
    """vsockwrap with the routes of a test: AWS and IMDS, nothing else."""
    rules = [f"route @aws:443 {target_tls}", f"route @aws:80 {target_plain}",
             f"route @imds:80 {target_plain}", "deny *"]
    return [str(LAUNCHER)] + [word for rule in rules for word in ("-r", rule)]


class World:
    """Certificates, random files and a stand-in, in one directory."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.certs = directory / "certs"
        self.facts = {"key": DEFAULT_CREDENTIALS.access_key}
        subprocess.run([AWS / "certs", self.certs], check=True)
        for name, size in FILES.items():
            data = os.urandom(size)
            (directory / name).write_bytes(data)
            self.facts[name.lower()] = hashlib.sha256(data).hexdigest()
        self._server: Optional[subprocess.Popen] = None

    def standin(self, where: pathlib.Path, tls: list[str],
                plain: list[str]) -> list[str]:
        """The stand-in's command line; WHERE gets its log and ready file."""
        words = [PYTHON, str(AWS / "standin"), "--certs", str(self.certs),
                 "--bucket", cases.BUCKET, "--access-log",
                 str(where / "access.log"), "--ready", str(where / "ready")]
        for option, addresses in (("--tls", tls), ("--plain", plain)):
            words += [word for a in addresses for word in (option, a)]
        return words

    def server(self) -> subprocess.Popen:
        """The stand-in of bare and unix, started at first need."""
        if self._server is None:
            command = self.standin(
                self.directory,
                ["tcp:127.0.0.1:443", f"unix:{self.directory}/tls.sock"],
                ["tcp:127.0.0.1:80", "tcp:169.254.169.254:80",
                 f"unix:{self.directory}/plain.sock"])
            self._server = subprocess.Popen(
                ["unshare", "-n", "sh", "-ec", "ip link set lo up\n"
                 "ip addr add 169.254.169.254/32 dev lo\nexec \"$@\"", "sh"]
                + command)
            self._wait(self.directory / "ready")
        return self._server

    def _wait(self, ready: pathlib.Path) -> None:
        deadline = time.monotonic() + START_S
        while not ready.exists():
            if self._server.poll() is not None:
                raise RuntimeError("the stand-in did not start; see above")
            if time.monotonic() > deadline:
                raise RuntimeError(f"no stand-in after {START_S} s")
            time.sleep(0.02)

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)

    def plan(self, directory: pathlib.Path, form: str, wrap: list[str],
             names: list[str]) -> None:
        """DIRECTORY/plan.json: all that runner.py has to know."""
        directory.mkdir(exist_ok=True)
        with open(directory / "plan.json", "w", encoding="utf-8") as file:
            json.dump({
                "wrap": wrap, "ca": str(self.certs / "ca.pem"),
                "region": cases.REGION,
                "key": DEFAULT_CREDENTIALS.access_key,
                "secret_key": DEFAULT_CREDENTIALS.secret,
                "programs": str(HERE / "programs"),
                "files": {n: str(self.directory / n) for n in FILES},
                "urls": {n: urls(f"{form}-{n}") for n in names}}, file)


def urls(key: str) -> dict[str, str]:
    def sign(method: str, scheme: str) -> str:
        return sigv4.presign(method,
                             f"{scheme}://{cases.BUCKET_HOST}/{key}",
                             DEFAULT_CREDENTIALS, cases.REGION)
    return {"PUT_URL": sign("PUT", "https"), "GET_URL": sign("GET", "https"),
            "PUT_HTTP": sign("PUT", "http"), "GET_HTTP": sign("GET", "http")}


def requests_between(log: pathlib.Path, start: float,
                     end: float) -> list[dict]:
    """The stand-in's record of what it was asked in that time."""
    with open(log, encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    return [e for e in entries if start <= e["time"] <= end]


class Namespace:
    """bare and unix: one case at a time, in a namespace."""

    def __init__(self, world: World, name: str):
        self.world = world
        self.name = name
        self.directory = world.directory / name
        self.log = world.directory / "access.log"

    def run(self, case: cases.Case) -> dict:
        server = self.world.server()
        self.world.plan(self.directory, self.name, self._wrap(), [case.name])
        hosts = self.directory / "hosts"
        hosts.write_text(self._hosts())
        subprocess.run(
            self._enter(server.pid) + [
                "sh", "-ec", 'mount --bind "$1" /etc/hosts\nshift\nexec "$@"',
                "sh", str(hosts), PYTHON, str(HERE / "runner.py"),
                str(self.directory), case.name], check=True)
        result = self.directory / f"{case.name}.json"
        return json.loads(result.read_text())


class Bare(Namespace):
    def _wrap(self) -> list[str]:
        return []

    def _hosts(self) -> str:
        return f"127.0.0.1 localhost {' '.join(cases.NAMES)}\n"

    def _enter(self, pid: int) -> list[str]:
        return ["nsenter", f"--net=/proc/{pid}/ns/net", "unshare", "-m"]


class Unix(Namespace):
    def _wrap(self) -> list[str]:
        return launcher(f"unix:{self.world.directory}/tls.sock",
                        f"unix:{self.world.directory}/plain.sock")

    def _hosts(self) -> str:
        return ""

    def _enter(self, pid: int) -> list[str]:
        return ["unshare", "-n", "-m"]


class Unwrapped(Unix):
    """Where unix runs, but without vsockwrap."""

    def _wrap(self) -> list[str]:
        return []


class Lab:
    """vsock: all cases in one boot of the two guests of tests/vm."""

    TLS_PORT, PLAIN_PORT = 8000, 8001
    CANNOT_RUN = 77             # tests/vm/run's way to say so
    SECONDS = 300

    def __init__(self, world: World, kernel: str):
        self.world = world
        self.kernel = kernel
        self.name = f"vsock-{kernel}"
        self.directory = world.directory / self.name
        self.log = self.directory / "access.log"
        self._output = ""

    def boot(self, names: list[str]) -> Optional[str]:
        """Run these cases; returns why that is impossible here, or None.

        The guests see the machine's files; the world's directory is the one
        that they may write to.
        """
        wrap = launcher(f"vsock:3:{self.TLS_PORT}",
                        f"vsock:3:{self.PLAIN_PORT}")
        self.world.plan(self.directory, self.name, wrap, names)
        server = self.world.standin(self.directory,
                                    [f"vsock:{self.TLS_PORT}"],
                                    [f"vsock:{self.PLAIN_PORT}"])
        parent = self.directory / "parent.sh"
        parent.write_text(f"exec {shlex.join(server)}\n")
        enclave = self.directory / "enclave.sh"
        runner = [PYTHON, str(HERE / "runner.py"), str(self.directory)]
        enclave.write_text(
            f"until [ -e {shlex.quote(str(self.directory / 'ready'))} ]; do\n"
            f"\tsleep 0.05\ndone\nexec {shlex.join(runner + names)}\n")
        done = subprocess.run(
            [str(TOP / "tests" / "vm" / "run"), "-k", self.kernel,
             "-t", str(self.SECONDS), "-o", str(self.world.directory),
             str(enclave), str(parent)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self._output = f"tests/vm/run: status {done.returncode}\n{done.stdout}"
        return self._output if done.returncode == self.CANNOT_RUN else None

    def run(self, case: cases.Case) -> dict:
        """What the boot brought for this case."""
        result = self.directory / f"{case.name}.json"
        if not result.exists():
            raise RuntimeError(f"no result from the guest\n{self._output}")
        return json.loads(result.read_text())
