#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's subprocess closes every descriptor in a vfork child, which shares
the parent's memory; the parent's connections must not notice."""

import os
import socket
import subprocess
import sys

PEER = (os.environ.get("PROBE_IP4", "203.0.113.7"), 7001)


def live(conn: socket.socket) -> None:
    assert conn.getpeername() == PEER, conn.getpeername()
    conn.sendall(b"ping")
    assert conn.recv(4, socket.MSG_WAITALL) == b"ping"


def one_child() -> None:
    with socket.create_connection(PEER) as conn:
        subprocess.run(["true"], check=True, close_fds=True)
        live(conn)


def many_children() -> None:
    conns = [socket.create_connection(PEER) for _ in range(20)]
    for _ in range(20):
        out = subprocess.run(["ls", "/proc/self/fd"], check=True,
                             capture_output=True, close_fds=True).stdout
        assert len(out.split()) <= 4, out
    for conn in conns:
        live(conn)
        conn.close()


def passed_on() -> None:
    with socket.create_connection(PEER) as conn:
        code = ("import socket, sys; s = socket.socket(fileno=%d);"
                "s.sendall(b'child'); assert s.recv(5) == b'child'")
        subprocess.run([sys.executable, "-c", code % conn.fileno()],
                       check=True, pass_fds=[conn.fileno()])
        live(conn)


def as_socket() -> None:
    """socket.socket(fileno=) and socket.dup() ask for the kind of socket."""
    with socket.create_connection(PEER) as conn:
        with socket.socket(fileno=os.dup(conn.fileno())) as again:
            assert again.family == socket.AF_INET, again.family
            assert again.type == socket.SOCK_STREAM, again.type
            assert again.proto == socket.IPPROTO_TCP, again.proto
            live(again)
        with conn.dup() as twin:
            live(twin)
        live(conn)


def resolved_by_parent() -> None:
    """An address means the same after exec, where the name is not known."""
    name = os.environ.get("PROBE_NAME", "echo.probe.example")
    code = ("import socket, sys; s = socket.create_connection("
            "(sys.argv[1], 7001)); s.sendall(b'child');"
            "assert s.recv(5) == b'child'")
    for *_, address in socket.getaddrinfo(name, 7001,
                                          type=socket.SOCK_STREAM):
        subprocess.run([sys.executable, "-c", code, address[0]], check=True)


CASES = [("one child", one_child), ("many children", many_children),
         ("an address of the parent's, connected in the child",
          resolved_by_parent),
         ("a connection passed on with pass_fds", passed_on),
         ("socket.dup() and socket.socket(fileno=)", as_socket)]


def main() -> int:
    first = int(os.environ.get("PROBE_FROM", "1"))
    bad = 0
    if first == 1:
        print(f"1..{len(CASES)}", flush=True)
    for number, (name, case) in enumerate(CASES, 1):
        if number < first:
            continue
        print(f"# running {number} - {name}", flush=True)
        try:
            case()
            print(f"ok {number} - {name}", flush=True)
        except Exception as err:  # whatever it is, the case has failed
            bad = 1
            print(f"# {type(err).__name__}: {err}\nnot ok {number} - {name}",
                  flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
