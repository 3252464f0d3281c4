# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the switch: packets, and rings that lie."""

import os

import frontend as fe
from frontend import A, B, EVIL, HOLE, UNKNOWN


def test_cut_to_size(w):
    """a packet is cut to the receiver's buffers, and waits for them"""
    data = os.urandom(20000)
    got = b""
    w.a.transmit(fe.header((A, 1), (B, 2), fe.RW, 20000), data[:9000],
                 data[9000:])
    assert w.a.returned(fe.TX, 0.1) is None
    while len(got) < len(data):
        w.b.buffers(4044)
        head, part = w.b.received()
        assert head[4] == len(part) <= 4000
        got += part
    assert got == data and w.a.returned(fe.TX)


def test_unknown(w):
    """an unknown CID is answered by a reset"""
    w.a.buffers(44)
    w.a.transmit(fe.header((A, 1), (UNKNOWN, 2)))
    head, rest = w.a.received()
    assert head[:7] == (UNKNOWN, A, 2, 1, 0, fe.STREAM, fe.RST) and not rest


def test_absent(w):
    """a guest that is not there (yet) is answered for by a reset"""
    w.a.buffers(44)
    w.a.transmit(fe.header((A, 1), (EVIL, 2)))
    assert w.a.received()[0][6] == fe.RST


def test_reset_not_answered(w):
    """a reset to nowhere is not answered"""
    w.a.transmit(fe.header((A, 1), (UNKNOWN, 2), fe.RST))
    assert w.a.returned(fe.TX)
    w.a.buffers(44)
    assert w.a.received(0.1) is None
    w.a.transmit(fe.header((A, 1), (UNKNOWN, 2)))  # uses that buffer up
    assert w.a.received()


def test_black_hole(w):
    """packets to the black hole vanish"""
    w.a.transmit(fe.header((A, 1), (HOLE, 2)))
    assert w.a.returned(fe.TX)


def test_seqpacket(w):
    """another type than stream, which is not offered, is refused"""
    w.a.buffers(44)
    w.a.transmit(fe.header((A, 1), (B, 2), kind=fe.SEQPACKET))
    assert w.a.received()[0][6] == fe.RST


def test_forged_source(w):
    """a packet that claims to be another guest's is dropped"""
    e = w.evil()
    w.b.buffers(44)
    e.transmit(fe.header((A, 1), (B, 2)))
    assert e.returned(fe.TX)
    assert w.b.received(0.1) is None
    w.a.transmit(fe.header((A, 1), (B, 2)))
    assert w.a.returned(fe.TX) and w.b.received()[0][0] == A
    e.close()


def bad_transmit(w, *descriptors, head=0):
    """A transmit chain that must come back without any effect.  (Were it taken
    for a packet, it would wait for a buffer of B's and not come back.)"""
    e = w.evil()
    e.mem[fe.BUFFERS:fe.BUFFERS + 44] = fe.header((EVIL, 1), (B, 2), fe.RW, 99)
    for index, descriptor in enumerate(descriptors):
        e.describe(fe.TX, index, *descriptor)
    e.offer(fe.TX, head)
    assert e.returned(fe.TX), "the chain was not given back"
    e.close()


def test_outside(w):
    """descriptor outside of the memory"""
    bad_transmit(w, (fe.SIZE, 44, 0))
    bad_transmit(w, (-44, 44, 0))
    bad_transmit(w, (fe.SIZE - 43, 44, 0))


def test_wrapping(w):
    """descriptor whose end wraps around"""
    bad_transmit(w, (-fe.GUEST - 16, 44, 0))
    bad_transmit(w, (fe.BUFFERS, 0xFFFFFFFF, 0))


def test_circle(w):
    """chain that leads back to itself"""
    bad_transmit(w, (fe.BUFFERS, 44, fe.F_NEXT, 0))
    bad_transmit(w, (fe.BUFFERS, 44, fe.F_NEXT, 1), (0, 1, fe.F_NEXT, 0))


def test_next_outside(w):
    """chain that leads out of the ring"""
    good = (fe.BUFFERS + 44, 99, 0)  # just behind the ring's last
    bad_transmit(w, (fe.BUFFERS, 44, fe.F_NEXT, fe.NUM), *[good] * fe.NUM)
    bad_transmit(w, (fe.BUFFERS, 44, fe.F_NEXT, 0xFFFF))


def test_wrong_flags(w):
    """indirect table, and a transmit buffer that is for writing"""
    bad_transmit(w, (fe.BUFFERS, 44 + 99, fe.F_INDIRECT))
    bad_transmit(w, (fe.BUFFERS, 44 + 99, fe.F_WRITE))


def test_short(w):
    """packet shorter than a header, or than its header says"""
    bad_transmit(w, (fe.BUFFERS, 43, 0))
    bad_transmit(w, (fe.BUFFERS, 0, 0))
    bad_transmit(w, (fe.BUFFERS, 44 + 98, 0))


def test_impossible_ring(w):
    """head outside of the ring, index that ran ahead: disconnected"""
    for ring, head, advance in ((fe.TX, fe.NUM, 1), (fe.TX, 0, fe.NUM + 1),
                                (fe.TX, 0xFFFF, 1)):
        e = w.evil()
        e.offer(ring, head, advance)
        assert e.gone()
        e.close()


def test_impossible_receive_ring(w):
    """the same in the receive ring, while it is sent to, also by itself"""
    for sender in ("a", "self"):
        e = w.evil()
        e.offer(fe.RX, 0, fe.NUM + 1)
        if sender == "a":
            w.a.transmit(fe.header((A, 1), (EVIL, 2)))
            assert w.a.returned(fe.TX)
        else:
            e.transmit(fe.header((EVIL, 1), (EVIL, 2)))
        assert e.gone()
        e.close()


def test_bad_receive_buffers(w):
    """receive buffers that are no good are given back, the next one is used"""
    e = w.evil()
    e.describe(fe.RX, 0, fe.BUFFERS, 4096, 0)  # not for writing
    e.offer(fe.RX, 0)
    e.describe(fe.RX, 1, fe.SIZE, 4096, fe.F_WRITE)
    e.offer(fe.RX, 1)
    e.buffers(44)  # no room for payload
    e.buffers(100)
    w.a.transmit(fe.header((A, 1), (EVIL, 2), fe.RW, 5), b"hello")
    assert w.a.returned(fe.TX)
    assert [e.returned(fe.RX)[1] for _ in range(4)] == [0, 0, 0, 49]
    e.close()


def test_endless_sender(w):
    """who never stops sending does not keep others from it"""
    e = w.evil()
    for _ in range(2000):
        e.transmit(fe.header((EVIL, 1), (HOLE, 2)))
        assert e.returned(fe.TX)
        if e.avail[fe.TX] % 500 == 0:
            w.works()
    e.close()
