# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest without a guest: speaks vhost-user to the switch as a machine does
and fills in its rings byte by byte, rightly or wrongly."""

import array
import mmap
import os
import select
import socket
import struct
import subprocess
import tempfile

RX, TX, EVENT = 0, 1, 2
NUM = 8  # descriptors of each ring
F_NEXT, F_WRITE, F_INDIRECT = 1, 2, 4
STREAM, SEQPACKET = 1, 2
REQUEST, RESPONSE, RST, SHUTDOWN, RW = 1, 2, 3, 4, 5

SIZE = 1 << 20
GUEST, USER = 0x10000000, 0x700000000000  # where it claims its memory is
BUFFERS = 0x10000
A, B, EVIL = 16, 3, 66  # the CIDs of two that behave and one that does not
HOLE, UNKNOWN = 4242, 77
HEADER = struct.Struct("<QQIIIHHIII")

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE = 8, 9, 10
SET_VRING_KICK, SET_VRING_CALL = 12, 13
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES = 15, 16
SET_VRING_ENABLE, GET_CONFIG = 18, 24


def header(src, dst, op=REQUEST, length=0, kind=STREAM, flags=0):
    return HEADER.pack(src[0], dst[0], src[1], dst[1], length, kind, op, flags,
                       0x40000, 0)


class Frontend:
    def __init__(self, path, setup=True):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect(path)
        self.fd = os.memfd_create("guest")
        os.ftruncate(self.fd, SIZE)
        self.mem = mmap.mmap(self.fd, SIZE)
        self.kick = [os.eventfd(0) for _ in range(3)]
        self.call = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
        self.avail = [0, 0, 0]
        self.used = [0, 0, 0]
        if setup:
            self.setup()

    def close(self):
        self.sock.close()
        self.mem.close()
        for fd in [self.fd, *self.kick, *self.call]:
            os.close(fd)

    # The control protocol

    def send(self, request, payload=b"", fds=(), size=None, flags=1):
        head = struct.pack("<III", request, flags,
                           len(payload) if size is None else size)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        self.sock.sendmsg([head, payload], rights if fds else [])

    def reply(self):
        _, flags, size = struct.unpack("<III", self.sock.recv(12))
        assert flags == 5, flags
        return self.sock.recv(size)

    def acked(self, *message, **options):
        """Sends a message and waits until it has been dealt with."""
        self.send(*message, flags=9, **options)
        return self.reply()

    def gone(self):
        """Whether the switch has ended the connection."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False

    def features(self):
        self.send(GET_FEATURES)
        features, = struct.unpack("<Q", self.reply())
        self.send(SET_FEATURES, struct.pack("<Q", features))
        self.send(GET_PROTOCOL_FEATURES)
        self.send(SET_PROTOCOL_FEATURES, self.reply())
        self.acked(SET_OWNER)

    def memory(self, size=SIZE, count=1):
        region = struct.pack("<QQQQ", GUEST, size, USER, 0)
        self.send(SET_MEM_TABLE, struct.pack("<II", count, 0) + region * count,
                  fds=[self.fd] * count)

    def place(self, ring, base=None):
        """Ring number `ring` is at ring * 4 KiB of the memory."""
        base = USER + ring * 4096 if base is None else base
        self.send(SET_VRING_ADDR, struct.pack("<IIQQQQ", ring, 0, base,
                                              base + 1024, base + 2048, 0))

    def setup(self):
        self.features()
        self.memory()
        for ring in (RX, TX, EVENT):
            self.send(SET_VRING_NUM, struct.pack("<II", ring, NUM))
            self.send(SET_VRING_BASE, struct.pack("<II", ring, 0))
            self.place(ring)
            self.send(SET_VRING_CALL, struct.pack("<Q", ring),
                      fds=[self.call[ring]])
            self.send(SET_VRING_KICK, struct.pack("<Q", ring),
                      fds=[self.kick[ring]])
            self.acked(SET_VRING_ENABLE, struct.pack("<II", ring, 1))

    # The rings

    def describe(self, ring, index, offset, length, flags, following=0):
        """Fills in a descriptor; the offset is one into our memory."""
        struct.pack_into("<QIHH", self.mem, ring * 4096 + index * 16,
                         (GUEST + offset) % 2**64, length, flags, following)

    def offer(self, ring, head, advance=1):
        at = ring * 4096 + 1024 + 1024  # the available ring
        struct.pack_into("<H", self.mem, at + 4 + self.avail[ring] % NUM * 2,
                         head)
        self.avail[ring] = (self.avail[ring] + advance) % 65536
        struct.pack_into("<H", self.mem, at + 2, self.avail[ring])
        os.eventfd_write(self.kick[ring], 1)

    def returned(self, ring, timeout=2.0):
        """The next chain that came back: (head, bytes written), or None."""
        at = ring * 4096 + 1024
        while struct.unpack_from("<H", self.mem, at + 2)[0] == self.used[ring]:
            if not select.select([self.call[ring]], [], [], timeout)[0]:
                return None
            os.eventfd_read(self.call[ring])
        slot = at + 4 + self.used[ring] % NUM * 8
        self.used[ring] = (self.used[ring] + 1) % 65536
        return struct.unpack_from("<II", self.mem, slot)

    def transmit(self, *parts):
        """Offers a packet in so many descriptors."""
        offset = BUFFERS
        for i, part in enumerate(parts):
            self.mem[offset:offset + len(part)] = part
            last = i == len(parts) - 1
            self.describe(TX, i, offset, len(part), 0 if last else F_NEXT, i + 1)
            offset += len(part)
        self.offer(TX, 0)

    def buffers(self, *sizes):
        """Offers one receive buffer of each size, each in two descriptors if
        there is more than a header in it."""
        for size in sizes:
            slot = self.avail[RX] * 2 % NUM
            offset = BUFFERS + 0x40000 + slot * 0x8000
            first = min(size, HEADER.size)
            more = size - first
            self.describe(RX, slot, offset, first,
                          F_WRITE | (F_NEXT if more else 0), slot + 1)
            self.describe(RX, slot + 1, offset + first, more, F_WRITE)
            self.offer(RX, slot)

    def received(self, timeout=2.0):
        """The next packet that came: (header's fields, payload), or None."""
        back = self.returned(RX, timeout)
        if back is None:
            return None
        slot, length = back
        offset = BUFFERS + 0x40000 + slot * 0x8000
        data = self.mem[offset:offset + length]
        return HEADER.unpack(data[:HEADER.size]), data[HEADER.size:]


class World:
    """A switch, two guests that behave, and the path for one that does not."""

    def __init__(self, program, directory):
        self.paths = {cid: os.path.join(directory, str(cid))
                      for cid in (A, B, EVIL)}
        # Its standard input could pass for memory, were it taken for a
        # descriptor that came with a message.
        with tempfile.TemporaryFile() as memory:
            memory.truncate(SIZE)
            self.start(program, memory)
        assert self.switch.stdout.readline() == b"ready\n"
        self.a = Frontend(self.paths[A])
        self.b = Frontend(self.paths[B])

    def start(self, program, stdin):
        self.switch = subprocess.Popen(
            [program, "-b", str(HOLE),
             *(f"{cid}={path}" for cid, path in self.paths.items())],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def evil(self, **options):
        return Frontend(self.paths[EVIL], **options)

    def works(self):
        """A packet still goes from A to B."""
        sent = header((A, 1), (B, 2), RW, 5)
        self.b.buffers(1000)
        self.a.transmit(sent, b"hello")
        assert self.a.returned(TX) == (0, 0)
        got = self.b.received()
        assert got == (HEADER.unpack(sent), b"hello"), got

    def end(self):
        self.switch.terminate()
        errors = self.switch.communicate()[1].decode()
        assert self.switch.returncode == -15, self.switch.returncode
        return errors
