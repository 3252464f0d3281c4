/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest's memory: mapping it, and the only way from an address that a guest
 * gave to a pointer.  What comes out of here lies wholly within memory that
 * the guest shared.  The file is a guest machine's, not the guest's: only the
 * process that runs the guest could still cut it short under us.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "memory.h"

/**
 * memory_add() - Map one more region
 * @m:		the guest's memory
 * @fd:		file that holds it, borrowed
 * @guest:	address in the guest
 * @user:	address in the guest's process
 * @size:	bytes
 * @offset:	of the region in the file
 *
 * Return: 0, or a negative errno; -EINVAL for a region that is not wholly in
 * the file or that wraps around.
 */
int memory_add(struct memory *m, int fd, uint64_t guest, uint64_t user,
	       uint64_t size, uint64_t offset)
{
	struct memory_region *r = &m->region[m->count];
	uint64_t end, unused;
	struct stat st;

	if (m->count == MEMORY_REGIONS)
		return -ENOSPC;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (size == 0 || __builtin_add_overflow(offset, size, &end) ||
	    end > (uint64_t)st.st_size ||
	    __builtin_add_overflow(guest, size, &unused) ||
	    __builtin_add_overflow(user, size, &unused))
		return -EINVAL;

	/* From the file's start: the offset need not be a page's. */
	r->map = mmap(NULL, end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->map == MAP_FAILED)
		return -errno;
	r->map_len = end;
	r->base = (char *)r->map + offset;
	r->guest = guest;
	r->user = user;
	r->size = size;
	m->count++;
	return 0;
}

/**
 * memory_clear() - Unmap everything
 * @m:		the guest's memory; pointers into it become invalid
 */
void memory_clear(struct memory *m)
{
	for (unsigned int i = 0; i < m->count; i++)
		munmap(m->region[i].map, m->region[i].map_len);
	memset(m, 0, sizeof(*m));
}

static void *memory_at(const struct memory *m, bool user, uint64_t addr,
		       uint64_t len)
{
	for (unsigned int i = 0; i < m->count; i++) {
		const struct memory_region *r = &m->region[i];
		uint64_t start = user ? r->user : r->guest;

		/* In this order, none of it can wrap around. */
		if (addr >= start && len <= r->size &&
		    addr - start <= r->size - len)
			return r->base + (addr - start);
	}
	return NULL;
}

/**
 * memory_guest() - Find memory by its address in the guest
 * @m:		the guest's memory
 * @addr:	address, as in a descriptor
 * @len:	bytes needed
 *
 * Return: pointer valid for @len bytes until memory_clear(), or NULL
 */
void *memory_guest(const struct memory *m, uint64_t addr, uint64_t len)
{
	return memory_at(m, false, addr, len);
}

/**
 * memory_user() - Find memory by its address in the guest's process
 * @m:		the guest's memory
 * @addr:	address, as in VHOST_USER_SET_VRING_ADDR
 * @len:	bytes needed
 *
 * Return: pointer valid for @len bytes until memory_clear(), or NULL
 */
void *memory_user(const struct memory *m, uint64_t addr, uint64_t len)
{
	return memory_at(m, true, addr, len);
}
