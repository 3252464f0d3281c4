/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device's side of a split virtqueue (Virtual I/O Device 1.2, section 2.7).
 */
#ifndef VM_RING_H
#define VM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

#define RING_MAX 256 /* descriptors that we allow a ring to have */

struct vring_desc;
struct vring_avail;
struct vring_used;

/**
 * struct ring - a ring
 * @num:	descriptors, a power of two; 0 until the guest has said
 * @desc:	the guest's descriptors, NULL until ring_place()
 * @avail:	what the guest offers
 * @used:	what we gave back
 * @next:	the next chain of @avail that we shall take
 * @used_idx:	our own copy of the index in @used: the guest could change that
 * @call:	written to when chains were given back, owned; -1 if none
 * @enabled:	the guest wants this ring served
 * @dirty:	chains were given back since the last ring_notify()
 */
struct ring {
	unsigned int num;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next;
	uint16_t used_idx;
	int call;
	bool enabled;
	bool dirty;
};

/**
 * struct ring_chain - one buffer of the guest's, in segments
 * @head:	names it to the guest
 * @count:	segments
 * @total:	bytes of all segments
 * @segment:	the segments
 */
struct ring_chain {
	uint16_t head;
	unsigned int count;
	size_t total;
	struct ring_segment {
		char *base;
		size_t len;
	} segment[RING_MAX];
};

int ring_place(struct ring *r, const struct memory *m, uint64_t desc,
	       uint64_t avail, uint64_t used);
void ring_displace(struct ring *r);
bool ring_ready(const struct ring *r);
int ring_peek(const struct ring *r, const struct memory *m, bool writable,
	      struct ring_chain *c);
void ring_give_back(struct ring *r, const struct ring_chain *c,
		    uint32_t written);
void ring_notify(struct ring *r);

size_t ring_read(const struct ring_chain *c, size_t offset, void *buf,
		 size_t len);
size_t ring_write(struct ring_chain *c, size_t offset, const void *buf,
		  size_t len);
size_t ring_copy(struct ring_chain *to, size_t to_offset,
		 const struct ring_chain *from, size_t from_offset, size_t len);

#endif
