/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device's side of a split virtqueue.
 *
 * The rings lie in memory that a guest can change at any time.  So each value
 * is read once, checked, and used from our own copy.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_ring.h>

#include "ring.h"

/* Virtio's numbers are little-endian, and so are these machines. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian only");

/**
 * ring_place() - Learn where a ring lies
 * @r:		the ring, whose @num is known
 * @m:		the guest's memory
 * @desc:	address of the descriptors in the guest's process
 * @avail:	address of the available ring
 * @used:	address of the used ring
 *
 * Return: 0; -EINVAL if one of them is misaligned or not wholly in memory
 */
int ring_place(struct ring *r, const struct memory *m, uint64_t desc,
	       uint64_t avail, uint64_t used)
{
	if (r->num == 0 || desc % 16 || avail % 2 || used % 4)
		return -EINVAL;
	r->desc = memory_user(m, desc, sizeof(*r->desc) * r->num);
	r->avail = memory_user(m, avail,
			       sizeof(*r->avail) + sizeof(uint16_t) * r->num);
	r->used = memory_user(m, used,
			      sizeof(*r->used) +
				      sizeof(struct vring_used_elem) * r->num);
	if (!r->desc || !r->avail || !r->used) {
		ring_displace(r);
		return -EINVAL;
	}
	r->used_idx = r->used->idx;
	return 0;
}

/**
 * ring_displace() - Forget where a ring lies, as its memory goes away
 * @r:		the ring
 */
void ring_displace(struct ring *r)
{
	r->desc = NULL;
	r->avail = NULL;
	r->used = NULL;
}

/**
 * ring_ready() - Can buffers be taken from this ring?
 * @r:		the ring
 */
bool ring_ready(const struct ring *r)
{
	return r->enabled && r->desc;
}

/**
 * ring_peek() - Look at the next chain that the guest offers
 * @r:		the ring
 * @m:		the guest's memory
 * @writable:	the chain must be for us to write to; else to read from
 * @c:		the chain; ring_give_back() takes it off the ring
 *
 * Return: 1; 0 if there is none; -EINVAL if the chain is bad (it has to be
 * given back all the same); -EPROTO if the ring itself is beyond use
 */
int ring_peek(const struct ring *r, const struct memory *m, bool writable,
	      struct ring_chain *c)
{
	uint16_t waiting, i;

	if (!ring_ready(r))
		return 0;
	waiting = __atomic_load_n(&r->avail->idx, __ATOMIC_ACQUIRE) - r->next;
	if (waiting == 0)
		return 0;
	i = __atomic_load_n(&r->avail->ring[r->next % r->num],
			    __ATOMIC_RELAXED);
	if (waiting > r->num || i >= r->num)
		return -EPROTO;

	c->head = i;
	c->count = 0;
	c->total = 0;
	for (;;) {
		struct ring_segment *s = &c->segment[c->count];
		struct vring_desc d;

		/* More segments than descriptors: the chain is a circle. */
		if (i >= r->num || c->count == r->num)
			return -EINVAL;
		memcpy(&d, &r->desc[i], sizeof(d));
		/* What the compiler must not fetch a second time. */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		/* Indirect tables are not among the features we offer. */
		if (d.flags & VRING_DESC_F_INDIRECT ||
		    !(d.flags & VRING_DESC_F_WRITE) == writable)
			return -EINVAL;
		s->base = memory_guest(m, d.addr, d.len);
		s->len = d.len;
		if (!s->base)
			return -EINVAL;
		c->total += d.len;
		c->count++;
		if (!(d.flags & VRING_DESC_F_NEXT))
			return 1;
		i = d.next;
	}
}

/**
 * ring_give_back() - Take a chain off the ring and hand it to the guest
 * @r:		the ring
 * @c:		the chain that ring_peek() showed
 * @written:	bytes that we wrote to it
 */
void ring_give_back(struct ring *r, const struct ring_chain *c,
		    uint32_t written)
{
	struct vring_used_elem *e = &r->used->ring[r->used_idx % r->num];

	e->id = c->head;
	e->len = written;
	__atomic_store_n(&r->used->idx, ++r->used_idx, __ATOMIC_RELEASE);
	r->next++;
	r->dirty = true;
}

/**
 * ring_notify() - Tell the guest of the chains it got back, if it cares
 * @r:		the ring
 */
void ring_notify(struct ring *r)
{
	const uint64_t one = 1;

	if (!r->dirty || !r->avail)
		return;
	r->dirty = false;
	/* The index must be out before we look whether it is waited for. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&r->avail->flags, __ATOMIC_RELAXED) &
	    VRING_AVAIL_F_NO_INTERRUPT)
		return;
	/*
	 * This is an eventfd or a pipe, non-blocking.  Full, it will wake the
	 * guest anyway; without a reader, the guest is about to go.
	 */
	if (r->call >= 0 && write(r->call, &one, sizeof(one)) < 0)
		return;
}

/**
 * ring_copy() - Copy from one chain to another
 * @to:		chain that is written to
 * @to_offset:	bytes of @to to leave alone
 * @from:	chain that is read
 * @from_offset: bytes of @from to skip
 * @len:	bytes to copy
 *
 * Return: bytes copied, fewer if a chain is too short
 */
size_t ring_copy(struct ring_chain *to, size_t to_offset,
		 const struct ring_chain *from, size_t from_offset, size_t len)
{
	unsigned int t = 0, f = 0;
	size_t copied = 0;

	while (t < to->count && to_offset >= to->segment[t].len)
		to_offset -= to->segment[t++].len;
	while (f < from->count && from_offset >= from->segment[f].len)
		from_offset -= from->segment[f++].len;

	while (copied < len && t < to->count && f < from->count) {
		size_t n = len - copied;

		if (n > to->segment[t].len - to_offset)
			n = to->segment[t].len - to_offset;
		if (n > from->segment[f].len - from_offset)
			n = from->segment[f].len - from_offset;
		/* The chains may be of one guest, and then overlap. */
		memmove(to->segment[t].base + to_offset,
			from->segment[f].base + from_offset, n);
		copied += n;
		to_offset += n;
		from_offset += n;
		if (to_offset == to->segment[t].len) {
			to_offset = 0;
			t++;
		}
		if (from_offset == from->segment[f].len) {
			from_offset = 0;
			f++;
		}
	}
	return copied;
}

/* A chain of one segment, which is our own memory. */
static void ring_chain_of(struct ring_chain *c, void *buf, size_t len)
{
	c->count = 1;
	c->segment[0].base = buf;
	c->segment[0].len = len;
}

/**
 * ring_read() - Copy from a chain into our memory
 * @c:		the chain
 * @offset:	bytes to skip
 * @buf:	where to
 * @len:	bytes
 *
 * Return: bytes copied
 */
size_t ring_read(const struct ring_chain *c, size_t offset, void *buf,
		 size_t len)
{
	struct ring_chain to;

	ring_chain_of(&to, buf, len);
	return ring_copy(&to, 0, c, offset, len);
}

/**
 * ring_write() - Copy from our memory into a chain
 * @c:		the chain
 * @offset:	bytes of it to leave alone
 * @buf:	where from
 * @len:	bytes
 *
 * Return: bytes copied
 */
size_t ring_write(struct ring_chain *c, size_t offset, const void *buf,
		  size_t len)
{
	struct ring_chain from;

	ring_chain_of(&from, (void *)(uintptr_t)buf, len);
	return ring_copy(c, offset, &from, 0, len);
}
