# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the lab's self test that runs inside of guests.

    selftest_guest.py server            listens on vsock and, for bulk, on TCP
    selftest_guest.py client CID KIND   tries what must work; KIND is "alone"
                                        or "enclave"; one TAP line a test

Never to be run outside of a guest.
"""

import errno
import fcntl
import hashlib
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

ECHO, BULK, NOBODY = 7001, 7002, 7999
BULK_TCP = 7102
UNKNOWN_CID, BLACK_HOLE_CID = 77, 4242
IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7B9
SIZE = 64 << 20
DATA = random.Random(16).randbytes(SIZE)
DIGEST = hashlib.sha256(DATA).hexdigest()


def serve(listener, handle):
    def one(connection, peer):
        with connection:
            try:
                handle(connection, peer)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client fails and says so itself

    while True:
        threading.Thread(target=one, args=listener.accept(), daemon=True).start()


def echo(connection, peer):
    """First who it is that connected, then whatever comes."""
    connection.sendall(f"{peer[0]}\n".encode())
    while data := connection.recv(65536):
        connection.sendall(data)


def receive_all(connection):
    digest = hashlib.sha256()
    while data := connection.recv(65536):
        digest.update(data)
    return digest.hexdigest()


def bulk(connection, _):
    """'u': take what comes, answer its digest.  'd': send the data."""
    way = connection.recv(1)
    if way == b"u":
        connection.sendall(receive_all(connection).encode())
    elif way == b"d":
        connection.sendall(DATA)


def server():
    """Echo straight on vsock; bulk behind socat, as behind a vsock-proxy."""
    tcp = socket.create_server(("127.0.0.1", BULK_TCP))
    threading.Thread(target=serve, args=(tcp, bulk), daemon=True).start()
    vsock = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    vsock.bind((socket.VMADDR_CID_ANY, ECHO))
    vsock.listen(64)
    with subprocess.Popen(["/usr/bin/socat", "-b", "65536",
                           f"VSOCK-LISTEN:{BULK},fork",
                           f"TCP:127.0.0.1:{BULK_TCP}"]):
        serve(vsock, echo)


def connect(cid, port):
    s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    s.connect((cid, port))
    return s


def failure(cid, port):
    """The name of the error that connecting comes to, and the seconds."""
    began = time.monotonic()
    try:
        connect(cid, port).close()
        name = "connected"
    except OSError as e:
        name = errno.errorcode[e.errno]
    return name, time.monotonic() - began


def expect(seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{seen!r}, not {wanted!r}")


class Client:
    def __init__(self, cid, kind):
        self.cid, self.kind = cid, kind

    def test_echo(self):
        with connect(self.cid, ECHO) as s, s.makefile("rb") as f:
            own = {"alone": 1, "enclave": 16}[self.kind]
            expect(f.readline(), b"%d\n" % own)
            s.sendall(b"to the parent and back\n")
            expect(f.readline(), b"to the parent and back\n")
            expect(s.getpeername(), (self.cid, ECHO))
            s.shutdown(socket.SHUT_WR)
            expect(f.read(), b"")
        return f"server sees CID {own}"

    def test_many_connections(self):
        began = time.monotonic()
        for _ in range(200):
            with connect(self.cid, ECHO) as s:
                expect(s.recv(64)[-1:], b"\n")
        return f"{(time.monotonic() - began) / 200 * 1e3:.2f} ms each"

    def test_refused(self):
        name, seconds = failure(self.cid, NOBODY)
        expect(name, "ECONNRESET")
        expect(seconds < 1, True)
        return name

    def test_bulk_up(self):
        began = time.monotonic()
        with connect(self.cid, BULK) as s:
            s.sendall(b"u")
            s.sendall(DATA)
            s.shutdown(socket.SHUT_WR)
            expect(s.makefile().read(), DIGEST)
        return f"{64 / (time.monotonic() - began):.0f} MiB/s through socat"

    def test_bulk_down(self):
        began = time.monotonic()
        with connect(self.cid, BULK) as s:
            s.sendall(b"d")
            expect(receive_all(s), DIGEST)
        return f"{64 / (time.monotonic() - began):.0f} MiB/s through socat"

    def test_own_cid(self):
        with open("/dev/vsock", "rb") as f:
            answer = fcntl.ioctl(f, IOCTL_VM_SOCKETS_GET_LOCAL_CID, b"\0" * 4)
        cid = struct.unpack("I", answer)[0]
        expect(cid, {"alone": 1, "enclave": 16}[self.kind])
        return f"CID {cid}"

    def test_files(self):
        for directory in ("/tmp", "/run", "/dev/shm", os.environ["HOME"],
                          os.environ["OUT"]):
            path = os.path.join(directory, "selftest")
            with open(path, "w", encoding="ascii") as f:
                f.write("x")
            os.unlink(path)
        for directory in ("/usr", os.environ["TOP"]):
            try:
                os.mkdir(os.path.join(directory, "selftest"))
            except OSError as e:
                expect(errno.errorcode[e.errno], "EROFS")
            else:
                raise AssertionError(f"{directory} can be written to")
        expect(os.path.isfile(__file__), True)

    # Only with a switch between two guests

    def test_unknown_cid(self):
        name, _ = failure(UNKNOWN_CID, ECHO)
        expect(name, "ECONNRESET")
        return name

    def test_black_hole(self):
        name, seconds = failure(BLACK_HOLE_CID, ECHO)
        expect(name, "ETIMEDOUT")
        expect(1.5 < seconds < 5, True)
        return f"{name} after {seconds:.1f} s"

    def test_no_network(self):
        expect([name for _, name in socket.if_nameindex()], ["lo"])
        with open("/sys/class/net/lo/operstate", encoding="ascii") as f:
            expect(f.read(), "down\n")
        with socket.socket() as s:
            expect(errno.errorcode[s.connect_ex(("127.0.0.1", 80))],
                   "ENETUNREACH")

    def test_no_dns(self):
        try:
            socket.getaddrinfo("kms.us-east-1.amazonaws.com", 443)
        except socket.gaierror as e:
            return e.strerror
        raise AssertionError("a name was resolved")

    def run(self):
        names = ["own_cid", "files", "echo", "many_connections", "refused",
                 "bulk_up", "bulk_down"]
        if self.kind == "enclave":
            names += ["unknown_cid", "black_hole", "no_network", "no_dns"]
        failed = 0
        for name in names:
            try:
                note = getattr(self, f"test_{name}")()
                print("ok", name, f"({note})" if note else "", flush=True)
            except (AssertionError, OSError) as e:
                failed += 1
                print(f"not ok {name}: {e}", flush=True)
        return 1 if failed else 0


if "VM_GUEST" not in os.environ or not os.path.isdir("/run/vm"):
    sys.exit("selftest_guest.py: not in a guest of tests/vm/run")
if sys.argv[1] == "server":
    server()
else:
    sys.exit(Client(int(sys.argv[2]), sys.argv[3]).run())
