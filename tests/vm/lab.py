# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side of the lab: guests and the switch between them."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import machine
from machine import CannotRun, Unfinished

HERE, TOP = machine.HERE, machine.TOP
SWITCH = os.path.join(TOP, "build", "vm", "vsockswitch")

ENCLAVE_CID, PARENT_CID, BLACK_HOLE_CID = 16, 3, 4242
GUEST_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# A guest has a tmpfs of its own there; what it needs to see below is mounted
# again, but not these themselves.
HIDDEN = ("/tmp", "/run", "/dev/shm")
# in 6.1; later kernels have IPv6 built in, as enclaves' kernels do
IPV6_MODULES = ("crc-ccitt", "ipv6")
MODULES = ("vsock", "vmw_vsock_virtio_transport_common")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 128 + signal.SIGTERM  # status of a parent script ended by us
class Work:
    """The run's private directory: sockets, logs, the control directory."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="vsockwrap-vm.")
        # Paths of unix sockets are limited to 107 bytes (unix(7)); UML makes
        # one at <work>/<name>/mconsole.
        if len(self.path) > 80 or " " in self.path:
            os.rmdir(self.path)
            raise CannotRun(f"{self.path} is too long or has a blank: "
                            "set TMPDIR to a short path")
        self.control = self.file("control")
        os.mkdir(self.control)

    def file(self, name):
        return os.path.join(self.path, name)

    def tail(self, name, lines=15):
        try:
            with open(self.file(name), encoding="utf-8", errors="replace") as f:
                text = f.read().splitlines()
        except FileNotFoundError:
            return ""
        return "".join(f"  {line}\n" for line in text[-lines:] if line.strip())

    def told(self, name):
        """The text of a file in the control directory, None without one."""
        try:
            with open(os.path.join(self.control, name), encoding="ascii") as f:
                return f.read().strip()
        except FileNotFoundError:
            return None

    def tell(self, name):
        with open(os.path.join(self.control, name), "w", encoding="ascii"):
            pass

    def remove(self):
        shutil.rmtree(self.path)


class Relay(threading.Thread):
    """Copies one output of a guest to ours, each line prefixed."""

    def __init__(self, reader, out, prefix):
        super().__init__(daemon=True)
        self.reader, self.out, self.prefix = reader, out, prefix.encode()
        self.start()

    def run(self):
        with open(self.reader, "rb", buffering=0) as source:
            middle = False  # of a line
            while data := source.read(65536):
                if self.prefix:
                    whole = data.endswith(b"\n")
                    body = data[:-1] if whole else data
                    body = body.replace(b"\n", b"\n" + self.prefix)
                    data = (b"" if middle else self.prefix) + body + \
                        (b"\n" if whole else b"")
                    middle = not whole
                try:
                    self.out.write(data)
                    self.out.flush()
                except (BrokenPipeError, ValueError):
                    pass  # nobody reads us: the guest goes on all the same


class Child:
    """A process of ours, which dies with us: PR_SET_PDEATHSIG, see prctl(2)."""

    def __init__(self, argv, **options):
        argv = ["setpriv", "--pdeathsig", "TERM", *argv]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                        start_new_session=True, **options)

    def ended(self):
        """Leaves it as a zombie, so that its process group keeps its name."""
        return self.process.returncode is not None or os.waitid(
            os.P_PID, self.process.pid,
            os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self):
        """Ends it and all of its children, for certain."""
        if not self.ended():
            self.process.terminate()
        deadline = time.monotonic() + 2
        while not self.ended() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Switch(Child):
    """tests/vm/switch.c, run between the guests of the given CIDs."""

    def __init__(self, work, cids):
        if not os.access(SWITCH, os.X_OK):
            raise FileNotFoundError(
                f"{SWITCH} is missing: run make build/vm/vsockswitch")
        self.sockets = {cid: work.file(f"cid{cid}") for cid in cids}
        trace = ["-v"] if os.environ.get("VM_TRACE") else []
        with open(work.file("switch.log"), "wb") as log:
            super().__init__(
                [SWITCH, *trace, "-b", str(BLACK_HOLE_CID),
                 *(f"{cid}={path}" for cid, path in self.sockets.items())],
                stdout=subprocess.PIPE, stderr=log)
        # It says "ready" as soon as its sockets can be connected to.
        with self.process.stdout as ready:
            if ready.readline() != b"ready\n":
                raise Unfinished("the switch did not start:\n" +
                                 work.tail("switch.log"))


class Guest(Child):
    """A guest named "alone", "enclave" or "parent" that runs one script."""

    def __init__(self, lab, name, script, device=None):
        self.lab, self.name = lab, name
        work, kernel = lab.work, lab.kernel
        names = MODULES + (("vmw_vsock_virtio_transport",) if device
                           else ("vsock_loopback",))
        names += tuple(m for m in IPV6_MODULES if os.path.exists(
            os.path.join(kernel, "modules", f"{m}.ko")))
        script = os.path.realpath(script)
        if os.path.dirname(script) in HIDDEN:
            shutil.copy(script, work.file(f"control/{name}.script"))
            script = f"/run/vm/{name}.script"
        conf = {
            "name": name,
            "script": script,
            "top": TOP,
            "out": lab.out,
            "control": work.control,
            "hide": HIDDEN,
            "show": [TOP, os.path.dirname(script)],
            "modules": [os.path.join(kernel, "modules", f"{m}.ko")
                        for m in names],
            "loopback": name != "enclave",
            "env": {"PATH": GUEST_PATH, "HOME": "/run/home", "TMPDIR": "/tmp",
                    "LANG": "C.UTF-8", "OUT": lab.out, "TOP": TOP,
                    "VM_GUEST": name, "VM_KERNEL": lab.version,
                    "VM_LIB": os.path.join(HERE, "guest-lib.sh"), **lab.env},
        }
        with open(work.file(f"{name}.json"), "w", encoding="utf-8") as f:
            json.dump(conf, f)
        init = work.file(f"{name}.init")
        with open(init, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec /usr/bin/python3 -I "
                    f"{shlex.quote(HERE)}/guest_init.py {f.name[:-5]}.json\n")
        os.chmod(init, 0o755)
        self.start(init, device)

    def start(self, init, device):
        """Starts the kernel.  Its own messages go to a log; the script's
        output comes by two serial lines, through pipes, as UML makes the far
        ends non-blocking, which our own stdout must not become."""
        lab, work = self.lab, self.lab.work
        out, out_guest = os.pipe()
        err, err_guest = os.pipe()
        # By env(1), so that only the kernel itself gets that C library.
        libc = ["env", "LD_LIBRARY_PATH=lib"] if os.path.isdir(
            os.path.join(lab.kernel, "lib")) else []
        argv = [
            "taskset", "-c", str(lab.next_cpu()), *libc, "./linux",
            f"mem={lab.memory}", "rootfstype=hostfs", "ro", f"init={init}",
            "quiet", "con0=null,fd:1", "con=null",
            f"ssl0=null,fd:{out_guest}", f"ssl1=null,fd:{err_guest}", "ssl=null",
            f"uml_dir={work.path}", f"umid={self.name}",
        ]
        if lab.version != "6.1":
            argv.append("seccomp=auto")  # twice as fast as ptrace, where allowed
        if device:
            argv.append(f"virtio_uml.device={device}:19")  # 19: VIRTIO_ID_VSOCK
        env = {"PATH": GUEST_PATH, "HOME": work.path, "TMPDIR": lab.memory_dir}
        with open(work.file(f"{self.name}.log"), "wb") as log:
            # The working directory matters: see set_interpreter in
            # fetch-kernel.
            super().__init__(argv, cwd=lab.kernel, env=env, stdout=log,
                             stderr=log, pass_fds=(out_guest, err_guest))
        os.close(out_guest)
        os.close(err_guest)
        prefix = "parent: " if self.name == "parent" else ""
        self.relays = [Relay(out, sys.stdout.buffer, prefix),
                       Relay(err, sys.stderr.buffer, prefix)]

    def booted(self):
        return self.lab.work.told(f"{self.name}.booted") is not None

    def status(self):
        """The exit status of its script, None if there is none (yet)."""
        text = self.lab.work.told(f"{self.name}.status")
        return int(text) if text else None

    def finish(self, deadline):
        """Waits for its power off; raises if it never ran its script."""
        while not self.ended():
            if time.monotonic() > deadline:
                raise Unfinished(f"{self.name}: not finished in time:\n" +
                                 self.tail())
            time.sleep(0.01)
        for relay in self.relays:
            relay.join(2)
        if not self.booted():
            raise CannotRun(f"{self.name}: the kernel did not start:\n" +
                            self.tail())
        if self.status() is None:
            raise Unfinished(f"{self.name}: died before its script ended:\n" +
                             self.tail())
        return self.status()

    def tail(self):
        return self.lab.work.tail(f"{self.name}.log") or "  (no output)\n"


class Lab:
    """One run: a context manager that leaves nothing behind."""

    def __init__(self, version=None, memory="1G", out=None, env=None):
        self.kernel, self.version = machine.find_kernel(version)
        self.memory, self.env = memory, env or {}
        self.children = []
        # Each guest has its own CPU if there are several (unpinned, the
        # cross-CPU wake-ups of its processes make it several times slower);
        # runs side by side start at different ones.
        self.cpus = sorted(os.sched_getaffinity(0))
        self.cpu = os.getpid()
        if out:
            os.makedirs(out, exist_ok=True)
        self.work = Work()
        self.out = os.path.realpath(out or self.work.file("out"))
        os.makedirs(self.out, exist_ok=True)
        self.memory_dir = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # This must not be interrupted half way.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self.children):
            child.kill()
        self.work.remove()

    def release(self):
        with open(os.path.join(self.kernel, "complete"), encoding="ascii") as f:
            return f.read().strip()

    def next_cpu(self):
        self.cpu += 1
        return self.cpus[self.cpu % len(self.cpus)]

    def require_memory(self, guests):
        self.memory_dir = machine.memory_directory(
            self.work.path, guests, machine.parse_size(self.memory))

    def add(self, child):
        self.children.append(child)
        return child

    def run(self, enclave, parent, timeout):
        """Runs the scripts; returns the exit statuses of both (the second is
        None without a parent)."""
        deadline = time.monotonic() + timeout
        self.require_memory(2 if parent else 1)
        if not parent:
            return self.add(Guest(self, "alone", enclave)).finish(deadline), None
        switch = self.add(Switch(self.work, (PARENT_CID, ENCLAVE_CID)))
        second = self.add(Guest(self, "parent", parent,
                                switch.sockets[PARENT_CID]))
        first = self.add(Guest(self, "enclave", enclave,
                               switch.sockets[ENCLAVE_CID]))
        status = first.finish(deadline)
        if switch.ended():
            raise Unfinished("the switch died:\n" + self.work.tail("switch.log"))
        self.work.tell("stop")
        return status, second.finish(max(deadline, time.monotonic() + 10))
