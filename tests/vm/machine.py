# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine has for the lab: kernels, memory, and what it lacks."""

import os
import platform
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get("VM_CACHE", os.path.join(TOP, "build", "vm"))
# What a guest that runs Python and a client really touches of its memory.
MIN_MEMORY = 256 << 20


class CannotRun(Exception):
    """This machine cannot run the lab; the text says why."""


class Unfinished(Exception):
    """A guest was started but did not come to its end."""


def parse_size(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    if text[-1:].upper() in units:
        return int(text[:-1]) * units[text[-1].upper()]
    return int(text)


def find_kernel(version):
    """The directory of the kernel asked for (None: the best), fetched if need
    be, and its version ("7.2" or "6.1")."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise CannotRun("User-Mode Linux needs Linux on x86_64, this is "
                        f"{platform.system()} on {platform.machine()}")
    fetch = os.path.join(HERE, "fetch-kernel")
    done = subprocess.run([fetch, version or "best"], check=False)
    if done.returncode:
        raise CannotRun(f"no {version or ''} kernel, see above".replace("  ", " "))
    if version is None:
        asked = subprocess.run([fetch, "--which"], check=True,
                               stdout=subprocess.PIPE, text=True)
        version = asked.stdout.strip()
    return os.path.join(CACHE, f"kernel-{version}"), version


def available_memory():
    """Bytes that can be had without swapping, cgroup limits included."""
    with open("/proc/meminfo", encoding="ascii") as f:
        fields = dict(line.split(":") for line in f)
    free = int(fields["MemAvailable"].split()[0]) << 10
    for limit, used in (
            ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes",
             "/sys/fs/cgroup/memory/memory.usage_in_bytes")):
        try:
            with open(limit, encoding="ascii") as f, \
                    open(used, encoding="ascii") as g:
                free = min(free, int(f.read()) - int(g.read()))
        except (OSError, ValueError):
            pass  # no such cgroup version, or its limit is "max"
    return free


def memory_directory(work, guests, size):
    """Where the memory files of so many guests of that size go: they are
    mapped executable, so the file system must allow that; a tmpfs is best.
    Raises CannotRun if this machine has not got the memory."""
    total = guests * size
    need = guests * min(size, MIN_MEMORY)
    free = available_memory()
    if free < need:
        raise CannotRun(f"{guests} guest(s) need {need >> 20} MiB of memory, "
                        f"{free >> 20} are free")
    for directory in ("/dev/shm", work):
        try:
            st = os.statvfs(directory)
        except OSError:
            continue
        room = st.f_bavail * st.f_frsize
        if not st.f_flag & os.ST_NOEXEC and room >= total and \
                os.access(directory, os.W_OK):
            return directory
    raise CannotRun(f"neither /dev/shm nor {work} has room for {total >> 20} MiB "
                    "of guest memory on a file system without noexec")
