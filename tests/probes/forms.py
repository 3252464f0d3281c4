# SPDX-License-Identifier: GPL-3.0-or-later
"""The worlds in which the probes run: names, addresses, routes.

    tcp          bare, over TCP, in a network namespace of its own
    tcp-wrapped  the same, under vsockwrap with a route that matches nothing
    unix         wrapped, over unix sockets; no network, lo down
    vsock-7.2, vsock-6.1
                 wrapped, over AF_VSOCK, in the enclave guest of the lab,
                 on that kernel
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

NAME = "echo.probe.example"
IP4 = "203.0.113.7"
IP6 = "2001:db8::7"
DENIED_NAME = "denied.probe.example"
DENIED_IP4 = "203.0.113.66"

# As ports.h; what is not here is nobody's.
PORTS = (7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009, 7010, 7012,
         7013, 7014)
HOLES = {7003: " connect-timeout=1", 7013: " connect-timeout=3", 7014: ""}
HOLES_MS = "1000 3000 10000"

PARENT_CID = 3
SILENT_CID = 4242  # the lab's switch drops what is sent there

# TCP: a SYN and one more after a second, and two seconds more.
TCP_SYSCTLS = {
    "tcp_syn_retries": 1,
    "tcp_syn_linear_timeouts": 0,  # Linux 6.5 and newer
    "tcp_tw_reuse": 1,
    "ip_local_port_range": "10240 65000",
}
TCP_HOLES_MS = "3000 3000 3000"

HOSTS = "127.0.0.1 localhost\n::1 localhost\n203.0.113.99 other.probe.example\n"
RESOLV = "nameserver 192.0.2.1\noptions timeout:1 attempts:1\n"


def target(form: str, port: int, sockets: Path) -> str:
    """What stands behind a port in a wrapped form."""
    if form == "unix":
        return f"unix:{sockets}/{port}"
    return f"vsock:{SILENT_CID if port in HOLES else PARENT_CID}:{port}"


def routes(form: str, sockets: Path) -> str:
    """The configuration of a wrapped form."""
    if form == "tcp-wrapped":
        return "route nothing.example unix:/nonexistent\n"
    https = f"route {NAME}:443 {target(form, 7001, sockets)}\n"
    policy = f"deny {DENIED_NAME}\ndeny {DENIED_IP4}\n"
    return policy + https + "".join(
        f"route {dest}:{port} {target(form, port, sockets)}"
        f"{HOLES.get(port, '')}\n"
        for port in PORTS
        for dest in (NAME, IP4, f"[{IP6}]"))


def environment(form: str, build: Path) -> dict[str, str]:
    """The whole environment of a probe."""
    tcp = form.startswith("tcp")
    kind, _, kernel = form.partition("-")
    return {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "LC_ALL": "C",
        "PROBE_FORM": kind,
        "PROBE_KERNEL": kernel,
        "PROBE_CASE_SECONDS": "240" if kind == "vsock" else "60",
        "PROBE_NAME": NAME,
        "PROBE_IP4": IP4,
        "PROBE_IP6": IP6,
        "PROBE_HOLES_MS": TCP_HOLES_MS if tcp else HOLES_MS,
        "PROBE_DIR": str(build / "probes"),
    }


def configuration(form: str, scratch: Path) -> Path | None:
    """Writes the configuration of a form that is wrapped."""
    if form == "tcp":
        return None
    conf = scratch / "routes.conf"
    conf.write_text(routes(form, scratch))
    return conf


def wrapper(build: Path, conf: Path | None) -> list[str]:
    """The words before the probe's own."""
    return [str(build / "vsockwrap"), "-c", str(conf), "--"] if conf else []


def sysctl(name: str, value: object) -> None:
    path = Path("/proc/sys/net/ipv4") / name
    if path.exists():
        path.write_text(f"{value}\n")


def bind_file(text: str, over: str, scratch: Path) -> None:
    source = scratch / Path(over).name
    source.write_text(text)
    subprocess.run(["mount", "--bind", source, over], check=True)


def furnish(form: str, scratch: Path) -> None:
    """Make the namespace or guest that we are in what the form says."""
    tcp = form.startswith("tcp")
    hosts = HOSTS + (f"{IP4} {NAME}\n{IP6} {NAME}\n" if tcp else "")
    bind_file(hosts, "/etc/hosts", scratch)
    bind_file(RESOLV, "/etc/resolv.conf", scratch)
    if not tcp:
        return
    for words in ("link set lo up", f"addr add {IP4}/32 dev lo",
                  f"addr add {IP6}/128 dev lo nodad"):
        subprocess.run(["ip", *words.split()], check=True)
    for name, value in TCP_SYSCTLS.items():
        sysctl(name, value)


def unshared(argv: list[str]) -> list[str]:
    """@argv in network and mount namespaces of its own."""
    if os.geteuid() != 0:
        argv = ["--map-root-user", *argv]
    return ["unshare", "--net", "--mount", *argv]
