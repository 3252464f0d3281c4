# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the switch: the control protocol, and machines that break it."""

import os
import struct
import time

import frontend as fe
from frontend import A, EVIL, HOLE


def test_config(w):
    """the CID is in the device's configuration"""
    w.a.send(fe.GET_CONFIG, struct.pack("<IIIQ", 0, 8, 0, 0))
    assert struct.unpack("<IIIQ", w.a.reply())[3] == A


def rejected(w, request, payload, fds=0, **options):
    """A message that must end the connection."""
    e = w.evil()
    e.send(request, payload, fds=[e.fd] * fds, **options)
    assert e.gone(), (request, payload)
    e.close()


def test_bad_memory_table(w):
    """memory tables that are wrong in number, size or place"""
    region = struct.pack("<QQQQ", fe.GUEST, fe.SIZE, fe.USER, 0)
    for count, regions, fds in ((1, region, 0), (2, region, 1), (9, b"", 0),
                                (0xFFFFFFFF, region, 1), (1, b"", 1)):
        rejected(w, fe.SET_MEM_TABLE, struct.pack("<II", count, 0) + regions, fds)
    rejected(w, fe.SET_MEM_TABLE, struct.pack("<II", 8, 0) + region * 8, 9)
    for fields in ((fe.GUEST, fe.SIZE + 1, fe.USER, 0),
                   (fe.GUEST, fe.SIZE, fe.USER, 1),
                   (fe.GUEST, 0, fe.USER, 0),
                   (0, 2**64 - 1, 0, 2),
                   (2**64 - 4096, fe.SIZE, fe.USER, 0),
                   (fe.GUEST, fe.SIZE, 2**64 - 4096, 0)):
        rejected(w, fe.SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, *fields), 1)


def test_bad_rings(w):
    """rings of wrong number, size, place or alignment"""
    for num in (0, 3, 512, 0x10000, 0xFFFFFFFF):
        rejected(w, fe.SET_VRING_NUM, struct.pack("<II", fe.TX, num))
    for request in (fe.SET_VRING_NUM, fe.SET_VRING_BASE, fe.SET_VRING_ENABLE):
        rejected(w, request, struct.pack("<II", 3, 8))
    for base in (0, fe.GUEST, fe.USER - 16, fe.USER + fe.SIZE - 2048,
                 fe.USER + 8, 2**64 - 4096):
        e = w.evil()
        e.place(fe.TX, base)
        assert e.gone(), hex(base)
        e.close()
    e = w.evil(setup=False)
    e.features()
    e.memory()
    e.place(fe.TX)  # its size was never told
    assert e.gone()
    e.close()


def test_size_after_place(w):
    """a ring made larger after its place was checked is not used"""
    e = w.evil()
    e.acked(fe.SET_VRING_NUM, struct.pack("<II", fe.TX, 256))
    e.transmit(fe.header((EVIL, 1), (HOLE, 2)))
    assert e.returned(fe.TX, 0.1) is None
    e.close()


def test_memory_taken_away(w):
    """rings whose memory was replaced are not used any more"""
    e = w.evil()
    e.acked(fe.SET_MEM_TABLE, struct.pack("<II", 0, 0))
    e.transmit(fe.header((EVIL, 1), (HOLE, 2)))
    w.a.buffers(44)
    w.a.transmit(fe.header((A, 1), (EVIL, 2)))
    assert w.a.received()[0][6] == fe.RST
    e.close()


def test_bad_messages(w):
    """messages of wrong version, size, kind, or with wrong descriptors"""
    rejected(w, fe.GET_FEATURES, b"", flags=2)
    rejected(w, fe.GET_FEATURES, bytes(4096))
    rejected(w, fe.GET_FEATURES, b"", size=0xFFFFFFFF)
    rejected(w, 99, b"")
    rejected(w, fe.SET_FEATURES, struct.pack("<Q", 2**64 - 1))
    rejected(w, fe.SET_VRING_KICK, struct.pack("<Q", fe.TX))
    rejected(w, fe.SET_VRING_CALL, struct.pack("<Q", 3), 1)
    rejected(w, fe.SET_VRING_CALL, struct.pack("<Q", fe.TX), 2)
    rejected(w, fe.SET_VRING_CALL, struct.pack("<Q", fe.TX), 20)
    rejected(w, fe.GET_CONFIG, struct.pack("<IIIQ", 4, 8, 0, 0))
    rejected(w, fe.GET_CONFIG, struct.pack("<IIIQ", 0, 2**32 - 1, 0, 0))


def test_kick_taken_back(w):
    """a kick descriptor that was taken back is not listened to any more"""
    e = w.evil()
    e.acked(fe.SET_VRING_KICK, struct.pack("<Q", fe.TX | 1 << 8))
    with open(f"/proc/{w.switch.pid}/stat", encoding="ascii") as f:
        before = f.read().split()[13:15]
        os.eventfd_write(e.kick[fe.TX], 1)
        time.sleep(0.3)
        f.seek(0)
        assert f.read().split()[13:15] == before, "it keeps spinning"
    e.close()


def test_half_message(w):
    """who sends half a message holds the others up for a moment at most"""
    e = w.evil()
    e.sock.sendall(b"\1\0\0\0")
    assert e.gone()
    e.close()


def test_descriptors_closed(w):
    """all that guests sent has been closed again"""
    before = len(os.listdir(f"/proc/{w.switch.pid}/fd"))
    for _ in range(50):
        w.evil().close()
        rejected(w, 99, b"", 3)
    e = w.evil()
    e.acked(fe.SET_OWNER)
    during = len(os.listdir(f"/proc/{w.switch.pid}/fd"))
    e.close()
    assert during <= before + 7, (before, during)
