# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a lab guest.

Started by the guest's kernel with the path of a JSON file (see lab.Guest),
it mounts what a program expects, loads the vsock modules, runs one script
with its output on two serial lines, leaves the script's exit status in the
control directory and switches the machine off.  It uses system calls rather
than mount(8), ip(8) and insmod(8): nothing but Python need be installed.
"""

import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import termios
import time
import traceback
import tty

CONTROL = "/run/vm"
STOP_GRACE = 3.0  # seconds between SIGTERM and SIGKILL for a parent's script

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND = 1, 2, 4, 4096
SYS_FINIT_MODULE = 313  # x86_64; see syscalls(2)
RB_POWER_OFF = 0x4321FEDC  # reboot(2)

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")


def mount(kind, source, target, flags=0, data=None):
    def text(s):
        return None if s is None else os.fsencode(s)

    os.makedirs(target, exist_ok=True)
    check(libc.mount(text(source), text(target), text(kind),
                     ctypes.c_ulong(flags), text(data)), f"mount {target}")


def mount_host(directory, target, flags):
    """Shows a directory of the host's at target."""
    mount("hostfs", "none", target, flags, directory)


def mount_file(source, target):
    check(libc.mount(os.fsencode(source), os.fsencode(target), None,
                     ctypes.c_ulong(MS_BIND), None), f"mount {target}")


def mount_all(conf):
    mount("proc", "proc", "/proc")
    mount("sysfs", "sys", "/sys")
    if not os.path.exists("/dev/ttyS0"):
        mount("devtmpfs", "dev", "/dev")
    mount("devpts", "pts", "/dev/pts")
    for directory in conf["hide"]:
        mount("tmpfs", "tmp", directory, MS_NOSUID | MS_NODEV, "mode=1777")
    mount_host(conf["control"], CONTROL, 0)
    # What the tmpfs now covers but the script needs, in its old place.
    hidden = tuple(f"{directory}/" for directory in conf["hide"])
    for directory in conf["show"]:
        if directory.startswith(hidden) and directory != CONTROL:
            mount_host(directory, directory, MS_RDONLY)
    mount_host(conf["out"], conf["out"], 0)
    # An enclave has no resolver; a name that escapes must fail, not be sent
    # to whatever server this machine happens to use.
    if os.path.isfile("/etc/resolv.conf"):
        with open("/run/resolv.conf", "w", encoding="ascii"):
            pass
        mount_file("/run/resolv.conf", "/etc/resolv.conf")


def load_modules(paths):
    for path in paths:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        check(libc.syscall(SYS_FINIT_MODULE, fd, b"", 0), f"load {path}")
        os.close(fd)


def raise_loopback():
    """ip link set lo up, by netdevice(7)."""
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, siocgifflags, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack_from("16sH", request)[1]
        fcntl.ioctl(s, siocsifflags,
                    struct.pack("16sH22x", b"lo", flags | iff_up))


def open_line(path):
    """A serial line to the host, which passes every byte unchanged."""
    fd = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    tty.setraw(fd)
    return fd


class Script:
    """The script, and the two pipes from it to the serial lines.

    It gets pipes and not the lines themselves because programs behave
    differently on a terminal (pagers, colours, prompts).
    """

    def __init__(self, conf):
        self.lines = {}  # read end of a pipe -> serial line
        self.poll = select.poll()
        self.status = None
        self.term_sent = None
        writers = []
        for path in ("/dev/ttyS0", "/dev/ttyS1"):
            reader, writer = os.pipe()
            self.lines[reader] = open_line(path)
            self.poll.register(reader, select.POLLIN)
            writers.append(writer)
        self.pid = os.fork()
        if self.pid == 0:
            self.become(conf, writers)
        for fd in writers:
            os.close(fd)

    @staticmethod
    def become(conf, writers):
        try:
            os.setsid()
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(writers[0], 1)
            os.dup2(writers[1], 2)
            os.chdir(conf["top"])
            os.execve("/bin/bash", ["bash", conf["script"]], conf["env"])
        except OSError:
            traceback.print_exc()
        os._exit(126)

    def pump(self, milliseconds):
        """Passes on what the script wrote; returns whether it may go on."""
        for fd, _ in self.poll.poll(milliseconds):
            data = os.read(fd, 65536)
            line = self.lines[fd]
            while data:
                data = data[os.write(line, data):]
                if not data:
                    break
            else:
                termios.tcdrain(line)
                self.poll.unregister(fd)
                del self.lines[fd]
        return bool(self.lines)

    def reap(self):
        """Collects children; everything orphaned here is a child of ours."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.status = code if code >= 0 else 128 - code
        except ChildProcessError:
            pass

    def stop_if_told(self):
        """Ends the script itself; its children go when it has ended."""
        if not os.path.exists(f"{CONTROL}/stop") or self.status is not None:
            return
        now = time.monotonic()
        if self.term_sent is None:
            self.term_sent = now
            os.kill(self.pid, signal.SIGTERM)
        elif now - self.term_sent > STOP_GRACE:
            os.kill(self.pid, signal.SIGKILL)

    def run(self, role):
        """Runs the script to its end and returns its exit status."""
        while self.status is None:
            if not self.pump(50):
                time.sleep(0.02)  # it closed its output and goes on
            self.reap()
            if role == "parent":
                self.stop_if_told()
        # Whatever it left running would keep the pipes open for ever.
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        while self.pump(50):
            self.reap()
        return self.status


def write_control(name, text):
    with open(f"{CONTROL}/{name}.new", "w", encoding="ascii") as f:
        f.write(text)
    os.rename(f"{CONTROL}/{name}.new", f"{CONTROL}/{name}")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        conf = json.load(f)
    load_modules(conf["modules"])
    mount_all(conf)
    with open("/proc/sys/kernel/hostname", "w", encoding="ascii") as f:
        f.write(conf["name"])
    if conf["loopback"]:
        raise_loopback()
    os.makedirs(conf["env"]["HOME"], mode=0o700, exist_ok=True)
    write_control(f"{conf['name']}.booted", "")
    status = Script(conf).run(conf["name"])
    write_control(f"{conf['name']}.status", f"{status}\n")


try:
    main()
except Exception:  # whatever it is: process 1 must not just die of it
    traceback.print_exc()
sys.stderr.flush()
os.sync()
libc.reboot(RB_POWER_OFF)
